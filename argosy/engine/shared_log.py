"""One reading of a log for all consumers of a process: what one has read, the others need not read again, and what the
process has told itself need not be read at all."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence

from argosy.engine.log import START, Log, Page, Position, Record

KEPT_BYTES = 4_000_000
RECORD_BYTES = 1_000
"""Of a record beside its payload: its ids, times and position, as Python keeps them."""


class SharedLog:
    """Keeps the newest records of a log that anybody here is interested in, and serves pages from them.

    A reader further behind than what is kept is served by the log itself. `limit` is about how many bytes are kept, and
    never more than twice that. Where `is_rung`, somebody calls `news` whenever there may be more than was `told`: it is
    not looked at in between.
    """

    def __init__(
        self, log: Log, wire_names: Collection[str], limit: int = KEPT_BYTES, *, is_rung: bool = False
    ) -> None:
        self.log = log
        self.wire_names = frozenset(wire_names)
        self.limit = limit
        self.is_rung = is_rung
        self._has_news = True
        self._records: list[Record] = []
        self._positions: list[Position] = []
        self._size = 0
        self._from = START
        self._to = START
        self._is_whole = True

    def news(self) -> None:
        """There may be more than was read and told."""
        self._has_news = True

    def told(self, records: Sequence[Record]) -> None:
        """What this process has just committed. Where the log's next rows are these, they need not be read; where
        their positions are not known, or others have told something in between, they are."""
        if not records:
            return
        first = records[0].position
        if first.epoch == self._to.epoch and first.xid == self._to.xid and first.id == self._to.id + 1:
            self._to = records[-1].position
            self._add([record for record in records if record.wire_name in self.wire_names])
        else:
            self._has_news = True

    def read(self, after: Position, wire_names: Collection[str], limit: int) -> Page:
        if after == self._to and self.is_rung and not self._has_news:
            return Page([], after, self._is_whole)
        if after < self._from:
            return self.log.read(after, wire_names, limit)
        if after > self._to:
            # Somebody stands further on than anything read here: begin anew from there.
            self._records, self._positions, self._size = [], [], 0
            self._from = self._to = after
            self._has_news = True
        found: list[Record] = []
        while True:
            has_more = (self._has_news or not self.is_rung) and self._read_on(limit)
            if after < self._from:
                return self.log.read(after, wire_names, limit)
            for index in range(bisect_right(self._positions, after), len(self._records)):
                record = self._records[index]
                if record.wire_name in wire_names:
                    found.append(record)
                    if len(found) == limit:
                        return Page(found, record.position, self._is_whole)
            after = max(self._to, after)
            if found or not has_more:
                return Page(found, after, self._is_whole)

    def head(self) -> Position:
        return self.log.head()

    def _read_on(self, limit: int) -> bool:
        """Read what comes next; whether there may be more at once: a short page is one behind which nothing is."""
        page = self.log.read(self._to, self.wire_names, 4 * limit)
        self._to = max(page.scanned_to, self._to)
        self._is_whole = page.is_whole
        has_more = len(page.records) >= 4 * limit
        self._has_news = has_more or not page.is_whole
        self._add(page.records)
        return has_more

    def _add(self, records: Sequence[Record]) -> None:
        if not records:
            return
        self._records += records
        self._positions += [record.position for record in records]
        self._size += sum(map(_bytes, records))
        if self._size > 2 * self.limit:
            self._let_go()

    def _let_go(self) -> None:
        gone = 0
        while self._size > self.limit:
            self._size -= _bytes(self._records[gone])
            gone += 1
        self._from = self._positions[gone - 1]
        del self._records[:gone], self._positions[:gone]


def _bytes(record: Record) -> int:
    """Of what is kept: the text, and what it says as Python keeps it."""
    return RECORD_BYTES + 3 * len(record.payload)
