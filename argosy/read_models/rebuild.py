"""Views made anew beside the live ones: every log replayed from its start into the other slot, then swapped in.

Readers and workers go on meanwhile. The swap is one UPDATE; workers see it when they next look at `view_versions`,
readers within a second, and until both have, whoever rebuilt keeps the new slot up to date.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from django.db.models import JSONField

from argosy.engine.consumer import Consumer
from argosy.engine.log import Position, Record
from argosy.engine.store import Changes, Cursor, Parked, StoreUnavailable
from argosy.platform.context import Subscription
from argosy.platform.engine_tables import Dialect
from argosy.platform.locks import LockTimeout
from argosy.platform.runtime import Runtime
from argosy.platform.sqlite import SqliteDialect
from argosy.read_models.context import SearchContext
from argosy.read_models.repositories import Kept, kept_of
from argosy.read_models.slots import Standing, search, standings, table_in
from argosy.read_models.views import View, view_named

CLAIM_SECONDS = 60
LOOK_SECONDS = 3.0
"""How long workers and readers may take to see a swap; the new slot is kept up to date by the rebuilder until then."""

_PAUSE_SECONDS = 0.0005
_TELL_EVERY_BATCHES = 8
_UNAVAILABLE_MAX = 20
_PAGE = 1_000
_LOOKS = 5
_BEHIND_SECONDS_MAX = 60.0

Progress = Callable[[int, float], None]
"""Told how many messages were replayed, and which part of the logs that is, from 0 to 1."""


class RebuildIsRunning(Exception):
    """Somebody else rebuilds this view at present."""


class RebuildIsIncomplete(Exception):
    """Messages could not be applied that the live view has applied: the live one stays. The text names the first."""


class ViewIsBehind(Exception):
    """The live view goes on, and is not yet where the rebuild was a minute ago: which rows are wrong cannot be told."""


class Difference(NamedTuple):
    """A row that is not as a rebuild makes it: missing, unexpected or different."""

    table: str
    id: str
    what: str


class _Pair(NamedTuple):
    """A row of the live view and the same one of the rebuild, with the versions of both; None where there is none."""

    live: tuple[Any, ...] | None
    fresh: tuple[Any, ...] | None


def rebuild(
    runtime: Runtime, view: str, progress: Progress = lambda messages, part: None, *, look_seconds: float = LOOK_SECONDS
) -> int:
    """Make a view anew and swap it in; how many messages were replayed."""
    shadow = Shadow(runtime, view_named(view))
    try:
        replayed = shadow.fill(progress)
        shadow.swap()
        return replayed + shadow.follow(look_seconds)
    finally:
        shadow.close()


def compare(
    runtime: Runtime,
    view: str,
    progress: Progress = lambda messages, part: None,
    *,
    patience_seconds: float = LOOK_SECONDS,
) -> list[Difference]:
    """Rows that differ from what a rebuild makes of the same logs (I38): none, or a bug. The live view stays.

    Either slot may be some messages ahead of the other. So a row is told only where two looks found both sides of it
    untouched, between which each side has read past everything that the other had applied at the first; a row that
    changes all the time is told when that ends. A live view that does not move for `patience_seconds` is taken as it
    stands. ViewIsBehind when it moves and still is behind after a minute.
    """
    shadow = Shadow(runtime, view_named(view))
    try:
        shadow.fill(progress)
        found = shadow.differences()
        for _ in range(_LOOKS):
            if not found:
                return []
            is_moving = shadow.wait_for_live(patience_seconds)
            again = shadow.differences()
            told = [difference for difference, pair in again.items() if not is_moving or found.get(difference) == pair]
            if told:
                return told
            found = again
        return []
    finally:
        shadow.close()


class Shadow:
    """The other slot of a view, claimed while it lives. Made empty; `close` always."""

    def __init__(self, runtime: Runtime, view: View) -> None:
        self.view = view
        self.runtime = runtime
        self.dialect = search()
        self.token = runtime.ids.new()
        self._claim()
        self.live = standings(self.dialect).get(view.name, Standing())
        self.standing = self.live.next
        self._keep_only(self.live)
        name, participant, self.store = self._subscription(self.standing)
        self.consumer = Consumer(participant, self.store, runtime.logs, runtime.clock, subscription=name)
        self.consumer.applied = self._note
        self._applied: dict[tuple[str, int], Position] = {}
        self._is_swapped = False

    def fill(self, progress: Progress) -> int:
        """Replay until there is nothing left; how many messages that were."""
        replayed = batches = 0
        while took := self._step():
            replayed += took
            batches += 1
            if batches % _TELL_EVERY_BATCHES == 0:
                self._renew()
                progress(replayed, self._part())
        progress(replayed, 1.0)
        return replayed

    def swap(self) -> None:
        """Let readers and workers change over to this slot."""
        self._refuse_holes()
        swapped = _write(
            self.dialect,
            "UPDATE view_versions SET live_slot = ?, generation = ? WHERE view = ? AND rebuilder = ? "
            "AND generation = ? RETURNING view",
            (self.standing.slot, self.standing.generation, self.view.name, self.token, self.live.generation),
        )
        if not swapped:
            raise RebuildIsRunning(f"{self.view.name}: another rebuild took over")
        self._is_swapped = True

    def follow(self, seconds: float) -> int:
        """Keep up with the logs for so long; how many messages came."""
        give_up = time.monotonic() + seconds
        came = 0
        while True:
            took = self._step()
            came += took
            if not took:
                if time.monotonic() >= give_up:
                    return came
                time.sleep(0.01)

    def differences(self) -> dict[Difference, _Pair]:
        """Row by row in the order of ids, a page at a time."""
        return {difference: pair for kind in self.view.kinds for difference, pair in self._differences(kept_of(kind))}

    def wait_for_live(self, patience_seconds: float) -> bool:
        """Until the live view has applied what this slot has applied by now, and this one all that there is then;
        False when the live one has not moved for that long."""
        target = dict(self._applied)
        live = self._subscription(self.live)
        began = moved = time.monotonic()
        before: Mapping[tuple[str, int], Cursor] = {}
        while True:
            cursors = live.store.cursors(live.name)
            self.follow(0)
            if all(lane in cursors and cursors[lane].position >= position for lane, position in target.items()):
                return True
            now = time.monotonic()
            if cursors != before:
                before, moved = cursors, now
            if now - moved >= patience_seconds:
                return False
            if now - began >= _BEHIND_SECONDS_MAX:
                raise ViewIsBehind(f"{self.view.name} is more than {_BEHIND_SECONDS_MAX} s behind its logs")
            self._renew()
            time.sleep(0.1)

    def close(self) -> None:
        """Leave only the live slot and its cursors behind. What somebody else has claimed meanwhile is theirs."""
        if self._is_mine():
            self._keep_only(self.standing if self._is_swapped else self.live)
            _write(
                self.dialect,
                "UPDATE view_versions SET rebuilder = '', rebuild_until = NULL WHERE view = ? AND rebuilder = ?",
                (self.view.name, self.token),
            )

    def _subscription(self, standing: Standing) -> Subscription:
        context = cast(SearchContext, self.runtime.contexts["search"])
        return context.subscription(self.runtime, self.view, standing)

    def _claim(self) -> None:
        now = self.runtime.clock.now()
        _write(
            self.dialect,
            "INSERT INTO view_versions (view, live_slot, generation, rebuilder) "
            "VALUES (?, ?, ?, '') ON CONFLICT (view) DO NOTHING",
            (self.view.name, *Standing()),
        )
        claimed = _write(
            self.dialect,
            "UPDATE view_versions SET rebuilder = ?, rebuild_until = ? WHERE view = ? "
            "AND (rebuild_until IS NULL OR rebuild_until < ?) RETURNING view",
            (self.token, self._until(), self.view.name, self.dialect.instant(now)),
        )
        if not claimed:
            raise RebuildIsRunning(f"{self.view.name} is being rebuilt by somebody else")

    def _renew(self) -> None:
        if not self._is_mine():
            raise RebuildIsRunning(f"{self.view.name}: another rebuild took over")

    def _is_mine(self) -> bool:
        """Whether the claim still stands; if so it is renewed."""
        return bool(
            _write(
                self.dialect,
                "UPDATE view_versions SET rebuild_until = ? WHERE view = ? AND rebuilder = ? RETURNING view",
                (self._until(), self.view.name, self.token),
            )
        )

    def _until(self) -> Any:
        return self.dialect.instant(self.runtime.clock.now() + timedelta(seconds=CLAIM_SECONDS))

    def _step(self) -> int:
        for _ in range(_UNAVAILABLE_MAX):
            try:
                took = self.consumer.step()
                break
            except StoreUnavailable:
                time.sleep(0.1)
        else:
            took = self.consumer.step()
        if took and self.dialect.vendor == "sqlite":
            time.sleep(_PAUSE_SECONDS)
        return took

    def _note(self, handled: Sequence[tuple[str, Record]], changes: Changes, began: datetime) -> None:
        self._applied.update({(source, record.lane): record.position for source, record in handled})

    def _part(self) -> float:
        """By positions: how far into all its sources together."""
        reached: dict[str, int] = {}
        for (source, _), cursor in self.store.cursors(self.consumer.subscription).items():
            reached[source] = max(cursor.position.id, reached.get(source, 0))
        ends = sum(self.runtime.logs[source].head().id for source in self.consumer.sources)
        return min(sum(reached.values()) / ends, 1.0) if ends else 1.0

    def _refuse_holes(self) -> None:
        """What the live view could not apply either is no reason to keep it."""
        live = self._subscription(self.live)
        known = {_where(parked) for parked in live.store.parked(live.name)}
        holes = [parked for parked in self.consumer.parked() if _where(parked) not in known]
        if holes:
            raise RebuildIsIncomplete(
                f"{self.view.name}: {len(holes)} messages could not be applied, first "
                f"{holes[0].record.wire_name} {holes[0].record.message_id}: {holes[0].error}"
            )

    def _keep_only(self, kept: Standing) -> None:
        """Empty the other slot, and forget every subscription of this view but the one that writes `kept`."""
        for table in ("search_cursors", "search_parked"):
            _write(
                self.dialect,
                f"DELETE FROM {table} WHERE subscription LIKE ? AND subscription <> ?",
                (f"{self.view.name}@%", f"{self.view.name}@{kept.generation}"),
            )
        verb = "DELETE FROM" if self.dialect.vendor == "sqlite" else "TRUNCATE"
        for kind in self.view.kinds:
            _write(self.dialect, f"{verb} {table_in(kept.next.slot, kind)}")

    def _differences(self, kept: Kept) -> Iterator[tuple[Difference, _Pair]]:
        name = table_in(self.live.slot, kept.kind)
        live, fresh = (
            _rows(self.dialect, table_in(slot, kept.kind), kept) for slot in (self.live.slot, self.standing.slot)
        )
        mine, made = next(live, None), next(fresh, None)
        while mine is not None or made is not None:
            if made is None or (mine is not None and mine[0] < made[0]):
                assert mine is not None
                yield Difference(name, mine[0], "unexpected"), _Pair(mine, None)
                mine = next(live, None)
            elif mine is None or made[0] < mine[0]:
                yield Difference(name, made[0], "missing"), _Pair(None, made)
                made = next(fresh, None)
            else:
                if mine[:-1] != made[:-1]:
                    yield Difference(name, mine[0], "different"), _Pair(mine, made)
                mine, made = next(live, None), next(fresh, None)


def _rows(dialect: Dialect, table: str, kept: Kept) -> Iterator[tuple[Any, ...]]:
    """Everything in a table that its events decide, by id, and last the version, which every write raises."""
    skipped = {kept.id_column, "version", "sequence", *kept.copied}
    names = [dialect.selected(kept.id_column, "uuid")]
    for column in kept.slots.a._meta.concrete_fields:
        if column.attname not in skipped:
            names.append(dialect.selected(column.attname, "jsonb" if isinstance(column, JSONField) else ""))
    names.append("version")
    after = "00000000-0000-0000-0000-000000000000"
    while True:
        page = dialect.query(
            f"SELECT {', '.join(names)} FROM {table} WHERE {kept.id_column} > ? "
            f"ORDER BY {kept.id_column} LIMIT {_PAGE}",
            (after,),
        )
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1][0]


def _write(dialect: Dialect, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """One statement that writes, in its turn among the writers."""
    if not isinstance(dialect, SqliteDialect):
        return dialect.query(sql, parameters)
    try:
        with dialect.lock.held():
            return dialect.query(sql, parameters)
    except LockTimeout as error:
        raise StoreUnavailable("search is busy: no turn to write within 2 s") from error


def _where(parked: Parked) -> tuple[str, Any]:
    return parked.source, parked.record.position
