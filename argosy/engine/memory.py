"""A store in memory: one context's database for tests and for the simulator, with the same promises as a real one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from argosy.engine.log import START, Page, Position, Record
from argosy.engine.people import blanked_record, blanked_timer
from argosy.engine.store import CALL, TIMER, Changes, Cursor, Due, Fence, IdempotencyKey, Parked, VersionConflict
from argosy.shared_kernel.aggregate import Aggregate

A = TypeVar("A", bound=Aggregate)


class MemoryLog:
    """A log whose positions are counted from 1."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def read(self, after: Position, wire_names: Collection[str], limit: int) -> Page:
        found: list[Record] = []
        index = after.id
        while index < len(self.records) and len(found) < limit:
            record = self.records[index]
            if record.wire_name in wire_names:
                found.append(record)
            index += 1
        return Page(found, Position(1, 0, index))

    def head(self) -> Position:
        return Position(1, 0, len(self.records))

    def append(self, record: Record) -> None:
        position = Position(1, 0, len(self.records) + 1)
        self.records.append(msgspec.structs.replace(record, position=position, message=None))


class MemoryStore:
    """`fail_next` makes the next commits fail with what it holds; `unique` are column groups that may not repeat."""

    def __init__(self, context: str, unique: Sequence[tuple[type[Aggregate], tuple[str, ...]]] = ()) -> None:
        self.context = context
        self.log = MemoryLog()
        self.rows: dict[type[Aggregate], dict[str, Aggregate]] = {}
        self.logged: dict[tuple[type[Aggregate], str], list[Any]] = {}
        self.unique = tuple(unique)
        self.commits = 0
        self.fail_next: list[Exception] = []
        self.before_commit: Callable[[], None] = lambda: None
        self.due_rows: dict[str, Due] = {}
        self._log_fields: dict[type[Aggregate], tuple[str, ...]] = {}
        self._cursors: dict[tuple[str, str, int], Cursor] = {}
        self._parked: dict[tuple[str, str, Position], Parked] = {}
        self._handled: dict[str, dict[str, int]] = {}
        self._leases: dict[str, tuple[str, int, datetime]] = {}
        self._answers: dict[tuple[str, str, str], IdempotencyKey] = {}

    def keep_logs(self, kind: type[Aggregate], *fields: str) -> None:
        """Treat list fields as append-only parts: empty after a load, what is appended is kept in `logged`."""
        self._log_fields[kind] = fields

    def load(self, kind: type[A], column: str, values: Collection[Any]) -> list[A]:
        rows = self.rows.get(kind, {})
        if column == "id":
            found = [rows[value] for value in values if value in rows]
        else:
            wanted = set(values)
            found = [row for row in rows.values() if getattr(row, column) in wanted]
        return [row.copy() for row in found]  # type: ignore[misc]

    def commit(self, changes: Changes) -> None:  # noqa: PLR0912 - a branch for each kind of change
        self.before_commit()
        if self.fail_next:
            raise self.fail_next.pop(0)
        self._check(changes)
        for kind, aggregates in changes.deletes.items():
            for aggregate in aggregates:
                del self.rows[kind][aggregate.id]
        for kind, pairs in changes.updates.items():
            for aggregate, _ in pairs:
                self._write(kind, aggregate)
        for kind, aggregates in changes.inserts.items():
            for aggregate in aggregates:
                self._write(kind, aggregate)
        for record in changes.records:
            self.log.append(record)
        for id, _ in changes.finished:
            del self.due_rows[id]
        for id in changes.cancelled:
            self.due_rows.pop(id, None)
        self._plan(changes)
        for move in changes.cursors:
            self._cursors[move.subscription, move.source, move.lane] = Cursor(move.now, move.high)
        for parked in changes.unparked:
            del self._parked[parked.subscription, parked.source, parked.record.position]
        for parked in changes.parked:
            self._parked[parked.subscription, parked.source, parked.record.position] = parked
        self._handled.update(changes.handled)
        self._blank(changes.erased)
        key = changes.idempotency_key
        if key is not None:
            self._answers[key.actor, key.route, key.key] = key
        self.commits += 1

    def send(self, changes: Changes) -> Callable[[], None]:
        return lambda: self.commit(changes)

    def _plan(self, changes: Changes) -> None:
        finished, begun = dict(changes.finished), []
        keys = {due.key for due in self.due_rows.values() if due.kind == CALL} if changes.due else set()
        for due in changes.due.values():
            known = self.due_rows.get(due.id)
            if known is None:
                row = msgspec.structs.replace(due, token=finished.get(due.id, due.token))
                if row.lease_until is not None and row.key in keys:
                    row.lease_until, row.attempts = None, 0
                elif row.lease_until is not None:
                    begun.append(row.id)
                self.due_rows[due.id] = row
            elif due.kind == TIMER:
                self.due_rows[due.id] = msgspec.structs.replace(due, token=known.token + 1)
        changes.begun = frozenset(begun)

    def _blank(self, people: Sequence[str]) -> None:
        told = self.log.records
        told[:] = [blanked_record(one) if one.subject in people else one for one in told]
        for parked in self._parked.values():
            if parked.record.subject in people:
                parked.record = blanked_record(parked.record)
        for due in self.due_rows.values():
            if due.kind == TIMER:
                due.payload = blanked_timer(due, people)
        for where in [where for where in self._answers if where[0] in people]:
            del self._answers[where]

    def _check(self, changes: Changes) -> None:  # noqa: PLR0912 - a branch for each kind of change
        """Every compare that a database makes, before anything is written."""
        for kind, aggregates in changes.inserts.items():
            gone = {aggregate.id for aggregate in changes.deletes.get(kind, [])}
            for aggregate in aggregates:
                if aggregate.id in self.rows.get(kind, {}) and aggregate.id not in gone:
                    raise VersionConflict(f"{kind.__name__} {aggregate.id} exists")
        for kind, pairs in changes.updates.items():
            for _, original in pairs:
                stored = self.rows.get(kind, {}).get(original["id"])
                if stored is None or stored.version != original["version"]:
                    raise VersionConflict(f"{kind.__name__} {original['id']}")
        for kind, aggregates in changes.deletes.items():
            for aggregate in aggregates:
                stored = self.rows.get(kind, {}).get(aggregate.id)
                if stored is None or stored.version != aggregate.version:
                    raise VersionConflict(f"{kind.__name__} {aggregate.id}")
        for kind, aggregates in changes.verified.items():
            for aggregate in aggregates:
                stored = self.rows.get(kind, {}).get(aggregate.id)
                if stored is None or stored.version != aggregate.version:
                    raise VersionConflict(f"{kind.__name__} {aggregate.id}")
        for id, token in changes.finished:
            row = self.due_rows.get(id)
            if row is None or row.token != token:
                raise VersionConflict(f"due {id}")
        fence = changes.fence
        if fence is not None and self._leases[fence.lease][1] != fence.token:
            raise VersionConflict(f"lease {fence.lease}")
        for move in changes.cursors:
            known = self._cursors.get((move.subscription, move.source, move.lane))
            if (known.position if known else START) != move.was:
                raise VersionConflict(f"cursor {move.subscription} {move.source} {move.lane}")
        again = {(p.subscription, p.source, p.record.position) for p in changes.parked}
        for parked in changes.unparked:
            where = (parked.subscription, parked.source, parked.record.position)
            there = self._parked.get(where)
            is_as_seen = there is not None and (there.tries, there.next_try) == (parked.tries, parked.next_try)
            if there is None or (where in again and not is_as_seen):
                raise VersionConflict(f"parked {parked.record.message_id}")
        key = changes.idempotency_key
        if key is not None and (key.actor, key.route, key.key) in self._answers:
            raise VersionConflict("idempotency key")
        self._check_unique(changes)

    def _check_unique(self, changes: Changes) -> None:
        for kind, columns in self.unique:
            fresh = [*changes.inserts.get(kind, []), *(now for now, _ in changes.updates.get(kind, []))]
            ids = {aggregate.id for aggregate in fresh}
            taken = (
                {
                    tuple(getattr(row, column) for column in columns)
                    for row in self.rows.get(kind, {}).values()
                    if row.id not in ids
                }
                if fresh
                else set()
            )
            for aggregate in fresh:
                value = tuple(getattr(aggregate, column) for column in columns)
                if value in taken:
                    raise VersionConflict(f"{kind.__name__}{columns} repeats {value}")
                taken.add(value)

    def _write(self, kind: type[Aggregate], aggregate: Aggregate) -> None:
        stored = aggregate.copy()
        for name in self._log_fields.get(kind, ()):
            self.logged.setdefault((kind, name), []).extend(getattr(stored, name))
            setattr(stored, name, [])
        self.rows.setdefault(kind, {})[aggregate.id] = stored

    def settle(self, kind: type[Aggregate], aggregates: Collection[Aggregate]) -> None:
        for name in self._log_fields.get(kind, ()):
            for aggregate in aggregates:
                setattr(aggregate, name, [])

    def cursors(self, subscription: str) -> dict[tuple[str, int], Cursor]:
        return {
            (source, lane): Cursor(cursor.position, cursor.high)
            for (name, source, lane), cursor in self._cursors.items()
            if name == subscription
        }

    def parked(self, subscription: str) -> list[Parked]:
        return [parked for (name, _, _), parked in self._parked.items() if name == subscription]

    def handled(self, subscription: str) -> dict[str, int]:
        return self._handled.get(subscription, {})

    def due(self, kind: str, until: datetime, limit: int) -> list[Due]:
        ready = sorted(
            (due for due in self.due_rows.values() if due.kind == kind and due.due_at <= until),
            key=lambda due: (due.due_at, due.id),
        )
        if kind == CALL:
            first = {due.key: due for due in reversed(ready)}
            ready = [
                due for due in ready if first[due.key] is due and (due.lease_until is None or due.lease_until <= until)
            ]
        return [msgspec.structs.replace(due) for due in ready[:limit]]

    def next_due(self) -> datetime | None:
        times = [due.lease_until or due.due_at for due in self.due_rows.values()]
        return min(times) if times else None

    def lease(self, work: Sequence[Due], until: datetime) -> list[Due]:
        taken = []
        for due in work:
            stored = self.due_rows.get(due.id)
            if stored is not None and stored.token == due.token:
                stored.token, stored.attempts, stored.lease_until = stored.token + 1, stored.attempts + 1, until
                taken.append(msgspec.structs.replace(stored))
        return taken

    def release(self, work: Due, until: datetime) -> None:
        stored = self.due_rows.get(work.id)
        if stored is not None and stored.token == work.token:
            stored.lease_until = until

    def take_lease(
        self,
        name: str,
        holder: str,
        now: datetime,
        until: datetime,
        is_dead: Callable[[str], bool] = lambda holder: False,
    ) -> Fence | None:
        held_by, token, expires_at = self._leases.get(name, ("", 0, now))
        if held_by not in ("", holder) and expires_at > now and not is_dead(held_by):
            return None
        self._leases[name] = (holder, token + 1, until)
        return Fence(name, token + 1)

    def keep_lease(self, fence: Fence, until: datetime) -> bool:
        holder, token, _ = self._leases[fence.lease]
        if token == fence.token:
            self._leases[fence.lease] = (holder, token, until)
        return token == fence.token

    def answer(self, actor: str, route: str, key: str) -> IdempotencyKey | None:
        return self._answers.get((actor, route, key))
