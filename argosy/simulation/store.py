"""A context's database in memory, and all that can go wrong with one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from argosy.engine.log import Page, Position, Record
from argosy.engine.memory import MemoryStore
from argosy.engine.store import Changes, Due, StoreUnavailable, VersionConflict
from argosy.shared_kernel.aggregate import Aggregate
from argosy.simulation.faults import Crash, Faults
from argosy.simulation.scheduler import MINUTE, SECOND, Scheduler

A = TypeVar("A", bound=Aggregate)
EPOCH = 1


BEFORE_COMMIT: tuple[tuple[str, type[BaseException], str], ...] = (
    ("commit lost", StoreUnavailable, "the connection broke before COMMIT"),
    ("commit refused", VersionConflict, "could not serialize access"),
    ("crash before commit", Crash, "before COMMIT"),
)
AFTER_COMMIT: tuple[tuple[str, type[BaseException], str], ...] = (
    ("crash after commit", Crash, "after COMMIT"),
    ("commit unknown", StoreUnavailable, "the connection broke at COMMIT"),
)


class Unreadable(Exception):
    """What was asked for cannot be read. Nobody foresaw this."""


class SimulatedLog:
    """What a context has told, whole and in order; processes see it through a transport."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def read(self, after: Position, wire_names: Collection[str], limit: int) -> Page:
        records = self.records
        index, end = after.id, len(records)
        if index >= end:
            return Page([], after if index else Position(EPOCH, 0, end))
        found = [record for record in records[index:] if record.wire_name in wire_names]
        if len(found) >= limit:
            found = found[:limit]
            end = found[-1].position.id
        return Page(found, Position(EPOCH, 0, end))

    def head(self) -> Position:
        return Position(EPOCH, 0, len(self.records))

    def append(self, record: Record) -> None:
        """Whoever told it learns its position; what is kept is what was written, and no more."""
        record.position = Position(EPOCH, 0, len(self.records) + 1)
        self.records.append(msgspec.structs.replace(record, message=None))


class SimulatedStore(MemoryStore):
    """Commits, loses, conflicts, goes away and dies as the seed has it. `watch` is shown every commit."""

    def __init__(
        self,
        context: str,
        unique: Sequence[tuple[type[Aggregate], tuple[str, ...]]],
        scheduler: Scheduler,
        faults: Faults,
    ) -> None:
        super().__init__(context, unique)
        self.log: SimulatedLog = SimulatedLog()  # type: ignore[assignment]
        self.scheduler = scheduler
        self.faults = faults
        self.watch: Callable[[SimulatedStore, Changes], None] = lambda store, changes: None
        self.pausing: Callable[[], bool] = lambda: False
        self.pause: Callable[[], None] = lambda: None
        self.unheard: Callable[[Changes], None] = lambda changes: None
        """Shown what was written and nobody was rung for: whoever polls finds it."""
        self.has_faults = False
        self.away_until = 0
        # A seed has about half of these; the others are not asked after at every commit.
        self._before = [one for one in BEFORE_COMMIT if faults.rates[one[0]]]
        self._after = [one for one in AFTER_COMMIT if faults.rates[one[0]]]
        self._goes_away = faults.rates["store away"] > 0
        self._has_poison = faults.rates["poison"] > 0
        self._poisoned: dict[str, int] = {}
        self._found: dict[tuple[type[Aggregate], str], dict[Any, dict[str, None]]] = {}
        self._unique_of: dict[type[Aggregate], list[tuple[tuple[str, ...], dict[Any, str]]]] = {}
        for kind, columns in unique:
            self._unique_of.setdefault(kind, []).append((columns, {}))

    # Reading.

    def load(self, kind: type[A], column: str, values: Collection[Any]) -> list[A]:
        if self.has_faults:
            self.scheduler.interleave()
            self._be_there()
            self._be_readable(values)
        rows = self.rows.get(kind)
        if rows is None:
            return []
        if column == "id":
            return [rows[value].copy() for value in values if value in rows]  # type: ignore[misc]
        index = self._index(kind, column)
        ids = dict.fromkeys(id for value in values for id in index.get(value, ()))
        return [rows[id].copy() for id in ids]  # type: ignore[misc]

    def due(self, kind: str, until: datetime, limit: int) -> list[Due]:
        if self.has_faults:
            self._be_there()
        return super().due(kind, until, limit)

    def answer(self, actor: str, route: str, key: str) -> Any:
        if self.has_faults:
            self._be_there()
        return super().answer(actor, route, key)

    def all(self, kind: type[A]) -> list[A]:
        """Every row, as it is stored: for those who check, and who change nothing."""
        return list(self.rows.get(kind, {}).values())  # type: ignore[arg-type]

    def parts(self, kind: type[Aggregate], field: str) -> list[Any]:
        """Every append-only part that was written, as (its owner's id, the part)."""
        return self.logged.get((kind, field), [])

    def parked_everywhere(self) -> list[Any]:
        return list(self._parked.values())

    def close(self) -> None:
        """Nothing is asked of it any more."""
        self.rows.clear()
        self.logged.clear()
        self.due_rows.clear()
        self.log.records.clear()
        self._answers.clear()
        self._cursors.clear()
        self._found.clear()
        self._unique_of.clear()

    # Writing.

    def commit(self, changes: Changes) -> None:
        if not self.has_faults:
            self._write_all(changes)
            return
        faults = self.faults
        self.scheduler.interleave()
        if self.pausing() and faults.strikes("worker paused"):
            self.pause()
        self._be_there()
        for kind, failure, why in self._before:
            if faults.strikes(kind):
                raise failure(why)
        self._write_all(changes)
        if changes.begun and faults.strikes("crash after lease"):
            self.unheard(changes)
            raise Crash("with calls in hand")
        for kind, failure, why in self._after:
            if faults.strikes(kind):
                self.unheard(changes)
                raise failure(why)

    def lease(self, work: Sequence[Due], until: datetime) -> list[Due]:
        if self.has_faults:
            self._be_there()
        taken = super().lease(work, until)
        if taken and self.has_faults and self.faults.strikes("crash after lease"):
            raise Crash("with calls in hand")
        return taken

    def release(self, work: Due, until: datetime) -> None:
        if self.has_faults:
            self._be_there()
        super().release(work, until)

    def redrive(self, parked: Any, at: datetime) -> None:
        """An operator has it tried at once."""
        parked.next_try = at

    def _write_all(self, changes: Changes) -> None:
        super().commit(changes)
        for kind, gone in changes.deletes.items():
            for aggregate in gone:
                self._lose(kind, aggregate)
        for kind, made in changes.inserts.items():
            for aggregate in made:
                self._find_by_columns(kind, aggregate)
        self.watch(self, changes)

    def _blank(self, people: Sequence[str]) -> None:
        """Hardly any commit erases anybody: the whole log is not gone through for nobody."""
        if people:
            super()._blank(people)

    def _write(self, kind: type[Aggregate], aggregate: Aggregate) -> None:
        # What a worker does not keep is nobody's once it is written: it need not be copied.
        stored = aggregate.copy() if kind.is_kept else aggregate
        for name in self._log_fields.get(kind, ()):
            parts = getattr(stored, name)
            if parts:
                self.logged.setdefault((kind, name), []).extend([(stored.id, part) for part in parts])
                setattr(stored, name, [])
        self.rows.setdefault(kind, {})[aggregate.id] = stored

    # Columns that rows are found by, and that may not repeat.

    def _index(self, kind: type[Aggregate], column: str) -> dict[Any, dict[str, None]]:
        index = self._found.get((kind, column))
        if index is None:
            index = self._found[kind, column] = {}
            for row in self.rows.get(kind, {}).values():
                index.setdefault(getattr(row, column), {})[row.id] = None
        return index

    def _find_by_columns(self, kind: type[Aggregate], aggregate: Aggregate) -> None:
        for (indexed, column), index in self._found.items():
            if indexed is kind:
                index.setdefault(getattr(aggregate, column), {})[aggregate.id] = None
        for columns, taken in self._unique_of.get(kind, ()):
            taken[tuple(getattr(aggregate, column) for column in columns)] = aggregate.id

    def _lose(self, kind: type[Aggregate], aggregate: Aggregate) -> None:
        for (indexed, column), index in self._found.items():
            if indexed is kind:
                index.get(getattr(aggregate, column), {}).pop(aggregate.id, None)
        for columns, taken in self._unique_of.get(kind, ()):
            taken.pop(tuple(getattr(aggregate, column) for column in columns), None)

    def _check(self, changes: Changes) -> None:
        super()._check(changes)
        if len(dict(changes.finished)) < len(changes.finished):
            raise VersionConflict("the second end of one call finds nothing to end")

    def _check_unique(self, changes: Changes) -> None:
        for kind, made in changes.inserts.items():
            gone = {aggregate.id for aggregate in changes.deletes.get(kind, ())}
            for columns, taken in self._unique_of.get(kind, ()):
                for aggregate in made:
                    value = tuple(getattr(aggregate, column) for column in columns)
                    if None not in value and taken.get(value, aggregate.id) not in (aggregate.id, *gone):
                        raise VersionConflict(f"{kind.__name__}{columns} repeats {value}")

    # What goes wrong.

    def _be_there(self) -> None:
        if not self._goes_away:
            return
        now = self.scheduler.time
        if self.away_until <= now and self.faults.strikes("store away"):
            self.away_until = now + self.faults.between("store away", SECOND, 5 * MINUTE)
        if self.away_until > now and not self.faults.is_over:
            raise StoreUnavailable(f"{self.context}'s database is away")

    def _be_readable(self, values: Collection[Any]) -> None:
        if not self._has_poison:
            return
        if values and self.faults.strikes("poison"):
            until = self.scheduler.time + self.faults.between("poison", SECOND, 20 * MINUTE)
            self._poisoned[str(next(iter(values)))] = until
        if self._poisoned and not self.faults.is_over:
            for value in values:
                until = self._poisoned.get(str(value), 0)
                if until > self.scheduler.time:
                    raise Unreadable(f"a page of {self.context}'s database")
                if until:
                    del self._poisoned[str(value)]
