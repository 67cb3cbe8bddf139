"""A second look at what a context has told: once each, when it has become old enough to judge what came of it.

How far the look has come is a cursor in the context's own database, written with its effects like any other; so a job
that finds what was forgotten needs no index on a hot table, and passes over nothing after a crash or a pause.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from argosy.engine.log import LANES, START, Record
from argosy.engine.store import CursorMove
from argosy.engine.work import UnitOfWork


class Lookback:
    """One such look, named as its cursor is. Made for each unit of work."""

    def __init__(self, work: UnitOfWork, name: str) -> None:
        self.work = work
        self.name = name
        self._page: list[Record] | None = None
        self._was = self._end = START

    def records(self, wire_names: Collection[str], seconds: float, limit: int) -> list[Record]:
        """At most so many records of these types that were told longer ago than that, and were not looked at yet; the
        same ones however often it is asked in one unit of work."""
        if self._page is None:
            store = self.work.store
            known = store.cursors(self.name).get((store.context, 0))
            self._was = known.position if known else START
            page = store.log.read(self._was, wire_names, limit)
            until = self.work.now - timedelta(seconds=seconds)
            self._page = [record for record in page.records if record.created_at <= until]
            self._end = page.scanned_to
            if len(self._page) < len(page.records):
                self._end = self._page[-1].position if self._page else START
        return self._page

    def pass_on(self) -> None:
        """These were looked at: they are not seen again, once what came of it is written."""
        if self._end.id > 0 and self._end > self._was:
            self.work.once_kept(self._move)

    def _move(self) -> None:
        """All lanes together: whoever archives the log goes by the lane that is furthest behind."""
        moves = self.work.changes.cursors
        if not any(move.subscription == self.name for move in moves):
            source, was, end = self.work.store.context, self._was, self._end
            moves += [CursorMove(self.name, source, lane, was=was, now=end, high=end) for lane in range(LANES)]
