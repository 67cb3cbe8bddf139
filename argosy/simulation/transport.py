"""How a process sees a log: late, in pieces, twice, lanes in another order. What is committed comes in the end."""

from __future__ import annotations

from collections.abc import Callable, Collection
from random import Random

from argosy.engine.log import Page, Position, Record
from argosy.simulation.faults import Faults
from argosy.simulation.scheduler import HOUR, MINUTE, SECOND, Scheduler
from argosy.simulation.store import EPOCH, SimulatedLog

AGAIN_MAX = 4


class Transport:
    """One process's view of one log.

    As `rows`, pages may be cut short behind an older transaction, or not arrive. As a `broker`, they may also be
    late, bring again what was read, and bring lanes in another order; each lane keeps its own.
    """

    def __init__(self, log: SimulatedLog, scheduler: Scheduler, faults: Faults, *, is_broker: bool) -> None:
        self.log = log
        self.scheduler = scheduler
        self.faults = faults
        self.is_broker = is_broker
        self.revealed: Callable[[int], None] = lambda at: None
        self._late_until = 0
        self._seen_to = 0
        self._random = Random(f"{faults.seed}:transport")

    def head(self) -> Position:
        return self.log.head()

    def read(self, after: Position, wire_names: Collection[str], limit: int) -> Page:
        log, faults = self.log, self.faults
        if after.id and after.id >= len(log.records):
            return Page([], after)
        if faults.is_over or not log.records:
            return log.read(after, wire_names, limit)
        if self.is_broker and self._is_late():
            page = log.read(after, wire_names, limit)
            return self._up_to(page, max(self._seen_to, after.id), is_whole=True)
        if faults.strikes("page dropped"):
            return Page([], after, is_whole=False)
        page = log.read(after, wire_names, limit)
        if faults.strikes("page hidden"):
            shown = after.id + int((page.scanned_to.id - after.id) * self._random.random())
            return self._up_to(page, shown, is_whole=False)
        return self._as_a_broker_brings(page, after, wire_names, limit) if self.is_broker else page

    def _is_late(self) -> bool:
        now = self.scheduler.time
        if self._late_until <= now and self.faults.strikes("page delayed"):
            longest = 6 * HOUR if self._random.random() < 0.1 else 3 * MINUTE
            self._late_until = now + self.faults.between("page delayed", SECOND, longest)
            self._seen_to = 0
            self.revealed(self._late_until)
        return self._late_until > now

    def _up_to(self, page: Page, last: int, *, is_whole: bool) -> Page:
        if page.scanned_to.id <= last:
            return page
        return Page(
            [record for record in page.records if record.position.id <= last], Position(EPOCH, 0, last), is_whole
        )

    def _as_a_broker_brings(self, page: Page, after: Position, wire_names: Collection[str], limit: int) -> Page:
        records = page.records
        if after.id and len(records) + AGAIN_MAX < limit and self.faults.strikes("page repeated"):
            first = max(0, after.id - 1 - self._random.randrange(3 * AGAIN_MAX))
            again = [record for record in self.log.records[first : after.id] if record.wire_name in wire_names]
            records = again[-AGAIN_MAX:] + records
        if len(records) > 1 and self.faults.strikes("page reordered"):
            order = {lane: self._random.random() for lane in sorted({record.lane for record in records})}
            records = sorted(records, key=lambda record: order[record.lane])
        return Page(records, page.scanned_to, page.is_whole)


def names_of(records: Collection[Record]) -> list[str]:
    """What was told, each name once, in the order of telling."""
    return list(dict.fromkeys([record.wire_name for record in records]))
