"""Archiving: the oldest part of a log, which everybody has heard, moves from its table into segments.

Each step leaves something to go on from. A segment is on the disk before it is listed, and listed before its rows are
deleted; readers go by the list. Whoever archives next writes an unlisted segment again, byte for byte, and deletes what
is listed and still there. One archives a log at a time, under a lease that each of its commits carries.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

from argosy.engine.log import LANES, START, Position, Record
from argosy.engine.people import people_of
from argosy.engine.segments import pack
from argosy.engine.store import Fence
from argosy.platform.archived import commit_fenced, tidy
from argosy.platform.archived_people import forget, is_behind
from argosy.platform.dialects import Field, Write
from argosy.platform.leases import holder_name, is_dead
from argosy.platform.runtime import Runtime

LEASE = "archive"
LEASE_SECONDS = 60
SEGMENT_ROWS = 5_000
ROWS_AT_ONCE = 500
_PAUSE_SECONDS = 0.0005
_ID = (Field("id", "bigint"),)
_PUBLISHED = (Field("published_at", "timestamptz"),)

Progress = Callable[[int], None]
"""Told how many more messages were archived."""


class ArchivingIsRunning(Exception):
    """Somebody else archives this log, or rewrites its archive, at present."""


class Passed(NamedTuple):
    """How far everybody has come with a log, and who stands there with others still to come."""

    position: Position
    held_by: str


class Archived(NamedTuple):
    """What was archived of a log, or would be, and who keeps later messages from it (nobody: only their age does)."""

    messages: int
    segments: int
    held_by: str


def passed(runtime: Runtime, source: str) -> Passed:
    """The position that every lane of every subscription of this log has passed, also of those that are not known
    here: a view that is being rebuilt, or a subscription of another program."""
    end = runtime.logs[source].head()
    least, held_by = end, ""
    for context in runtime.contexts.values():
        store = runtime.stores.get(context.label) or context.subscriptions(runtime)[0].store
        reached: dict[str, dict[int, Position]] = {
            name: {} for name, participant, _ in context.subscriptions(runtime) if source in participant.wire_names()
        }
        for name, lane, *at in store.dialect.query(
            f"SELECT subscription, lane, epoch, xid, position FROM {context.table_prefix}_cursors WHERE source = ?",
            (source,),
        ):
            reached.setdefault(name, {})[lane] = Position(*at)
        for name, lanes in reached.items():
            for lane in range(LANES):
                if lanes.get(lane, START) < least:
                    least, held_by = lanes.get(lane, START), f"{name} lane {lane}"
    return Passed(least, held_by)


@contextmanager
def alone(runtime: Runtime, source: str) -> Iterator[Fence]:
    """The lease on a log's archive; ArchivingIsRunning where somebody else has it."""
    store, now = runtime.stores[source], runtime.clock.now()
    until = now + timedelta(seconds=LEASE_SECONDS)
    fence = store.take_lease(LEASE, holder_name(runtime.ids.new()), now, until, is_dead)
    if fence is None:
        raise ArchivingIsRunning(f"{source} is being archived by somebody else")
    try:
        yield fence
    finally:
        store.keep_lease(fence, now - timedelta(seconds=1))


def keep(runtime: Runtime, source: str, fence: Fence) -> None:
    """Hold on to that lease."""
    until = runtime.clock.now() + timedelta(seconds=LEASE_SECONDS)
    runtime.stores[source].keep_lease(fence, until)


class Archiver:
    """Archives one log. `told_before` is how old a message must be to go."""

    def __init__(self, runtime: Runtime, source: str, told_before: datetime) -> None:
        self.runtime = runtime
        self.source = source
        self.told_before = told_before
        self.store = runtime.stores[source]
        self.log = self.store.log
        self.segment_rows = SEGMENT_ROWS

    def count(self) -> Archived:
        """What `run` would archive now; nothing is changed."""
        until, messages, segments = passed(self.runtime, self.source), 0, 0
        after = self._archived_to()
        while records := self._old(after, until.position):
            messages += len(records)
            segments += 1
            after = records[-1].position
        return Archived(messages, segments, self._held_by(after, until))

    def run(self, progress: Progress = lambda messages: None) -> Archived:
        """Archive everything that is old enough and that everybody has passed, but for the log's last row."""
        until, messages, segments = passed(self.runtime, self.source), 0, 0
        with alone(self.runtime, self.source) as fence:
            tidy(self.runtime, self.source)
            self._delete(fence)
            if is_behind(self.runtime, self.source):
                until = Passed(START, people_of(self.source).name)
            while records := self._old(self._archived_to(), until.position):
                segment, content = pack(records)
                self.runtime.segments.put(self.source, segment.name, content)
                self._commit(fence, self.log.segments.added(segment))
                self._delete(fence)
                messages += len(records)
                segments += 1
                progress(len(records))
            forget(self.runtime, self.source, fence, lambda: self._keep(fence))
            self._stamp(fence, until.position)
        return Archived(messages, segments, self._held_by(self._archived_to(), until))

    def _archived_to(self) -> Position:
        last = self.log.segments.last()
        return START if last is None else last.last

    def _held_by(self, after: Position, until: Passed) -> str:
        """Who keeps the next message from going that is old enough."""
        return until.held_by if self._old(after, self.log.head()) else ""

    def _old(self, after: Position, until: Position) -> list[Record]:
        """The next segment's records: an unbroken run of old ones. The last row stays, so that the log's end can be
        seen in its table."""
        records = self.log.all(after, until, self.segment_rows)
        head = self.log.head()
        for index, record in enumerate(records):
            if record.created_at >= self.told_before or record.position >= head:
                return records[:index]
        return records

    def _delete(self, fence: Fence) -> None:
        """Rows of listed segments, a few at a time."""
        archived_to = self._archived_to()
        while ids := self.log.ids(START, archived_to, ROWS_AT_ONCE):
            self._commit(fence, Write("delete", self.log.table, (), [(id,) for id in ids], _ID))

    def _stamp(self, fence: Fence, until: Position) -> None:
        """Note what everybody has heard; nothing depends on it."""
        now = self.log.dialect.instant(self.runtime.clock.now())
        while ids := self.log.ids(START, until, ROWS_AT_ONCE, "published_at IS NULL"):
            self._commit(fence, Write("update", self.log.table, _PUBLISHED, [(now, id) for id in ids], _ID))

    def _commit(self, fence: Fence, write: Write) -> None:
        """Under the lease, which is kept; and others have their turn in between."""
        self._keep(fence)
        commit_fenced(self.store, fence, write)
        time.sleep(_PAUSE_SECONDS)

    def _keep(self, fence: Fence) -> None:
        keep(self.runtime, self.source, fence)
