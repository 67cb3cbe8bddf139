"""A context's outbox for whoever sends all of it on."""

from __future__ import annotations

from typing import Protocol

from argosy.engine.log import START, Page, Position, Record
from argosy.engine.store import StoreUnavailable
from argosy.platform.sql_log import SqlLog

_NOTHING = ("",)
_SEGMENTS_AT_ONCE = 64


class Outbox(Protocol):
    """Everything that a context has told, whatever its type, in the order of its log."""

    def read(self, after: Position, limit: int) -> Page:
        """At most `limit` records behind a position, and how far the log was looked through."""
        ...

    def head(self) -> Position: ...


class SqlOutbox:
    """The table, and what was archived of it. Types that this program does not know are sent on like any other."""

    def __init__(self, log: SqlLog) -> None:
        self.log = log

    def head(self) -> Position:
        return self.log.head()

    def read(self, after: Position, limit: int) -> Page:
        looked = self.log.read(after, _NOTHING, 1)
        if looked.scanned_to <= after:
            # A new life of the log in which nothing is told yet stands before everything that will be.
            has_new_life = looked.is_whole and after.epoch < self.log.epoch()
            return Page([], max(after, self._birth()) if has_new_life else after, looked.is_whole)
        records = self.log.all(after, looked.scanned_to, limit)
        # Asked after the rows were: what is deleted was listed before, so rows that are gone are seen to be archived.
        archived = self.log.segments.last()
        if archived is not None and after < archived.last:
            return self._archived(after, limit)
        if len(records) == limit:
            return Page(records, records[-1].position)
        return Page(records, looked.scanned_to, looked.is_whole)

    def _birth(self) -> Position:
        head = self.log.head()
        return head if head.xid == 0 else START

    def _archived(self, after: Position, limit: int) -> Page:
        archive, found, reached = self.log.archive, list[Record](), after
        if archive is None:
            raise StoreUnavailable(f"{self.log.table} is archived up to beyond {tuple(after)}, and nobody said where")
        for segment in archive.listed.after(after, _SEGMENTS_AT_ONCE):
            found += [record for record in archive.records(segment) if record.position > after]
            reached = segment.last
            if len(found) >= limit:
                return Page(found[:limit], found[limit - 1].position)
        return Page(found, reached)
