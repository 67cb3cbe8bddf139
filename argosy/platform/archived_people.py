"""Erased people leave the archive, too: segments that tell of them are written anew without them.

A cursor of its own says up to which erasure a log's archive was gone through; all lanes stand together. The next
revision of a segment is on the disk before it is listed in place of the one before, which is then removed: whoever
reads meanwhile finds one or the other, and whoever comes after a crash goes through the same segments again, finding
less to do.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from argosy.contracts.accounts import PersonErased
from argosy.engine.log import LANES, START, Position
from argosy.engine.people import blanked_record, people_of, tells_of
from argosy.engine.segments import Segment, pack
from argosy.engine.store import Changes, CursorMove, Fence
from argosy.platform.archived import commit_fenced, segments_of
from argosy.platform.runtime import Runtime
from argosy.shared_kernel.codec import decode

SOURCE = "accounts"
_PAGE = 256


def archive_subscription(source: str) -> str:
    """The name that its cursors bear."""
    return f"{source}.archive"


def erased_since(runtime: Runtime, after: Position) -> tuple[set[str], Position]:
    """People whose erasure was told behind a position, and how far was looked."""
    people: set[str] = set()
    while True:
        page = runtime.logs[SOURCE].read(after, {PersonErased.wire_name}, _PAGE)
        for record in page.records:
            event = decode(record.wire_name, record.version, record.payload)
            assert isinstance(event, PersonErased)
            people.add(event.user_id)
        after = page.scanned_to
        if len(page.records) < _PAGE:
            return people, after


def is_behind(runtime: Runtime, source: str) -> bool:
    """Whether a log's table may still tell of people whose erasure is told: then none of it is archived yet."""
    cursors = runtime.stores[source].cursors(people_of(source).name)
    reached = {lane: cursor.high for (_, lane), cursor in cursors.items()}
    after = min((reached.get(lane, START) for lane in range(LANES)), default=START)
    while True:
        page = runtime.logs[SOURCE].read(after, {PersonErased.wire_name}, _PAGE)
        if any(record.position > reached.get(record.lane, START) for record in page.records):
            return True
        after = page.scanned_to
        if len(page.records) < _PAGE:
            return False


def must_forget(runtime: Runtime, source: str) -> bool:
    """Whether people were erased since this log's archive was gone through; nobody, where nothing is archived."""
    if runtime.stores[source].log.segments.last() is None:
        return False
    return bool(erased_since(runtime, min(_gone_through(runtime, source).values()))[0])


def _gone_through(runtime: Runtime, source: str) -> dict[int, Position]:
    cursors = runtime.stores[source].cursors(archive_subscription(source))
    return {lane: cursors[SOURCE, lane].position if (SOURCE, lane) in cursors else START for lane in range(LANES)}


def forget(runtime: Runtime, source: str, fence: Fence, keep: Callable[[], None]) -> int:
    """Write anew what tells of people erased since this was done last; how many segments that were. `keep` is called
    now and then, to hold on to the lease."""
    store, name = runtime.stores[source], archive_subscription(source)
    was = _gone_through(runtime, source)
    people, reached = erased_since(runtime, min(was.values()))
    rewritten = 0
    if people:
        for segment in list(segments_of(runtime, source)):
            keep()
            rewritten += segment.has_subjects and _rewrite(runtime, source, fence, segment, people)
    moves = [CursorMove(name, SOURCE, lane, at, reached, reached) for lane, at in was.items() if reached != at]
    if moves and reached.id:
        store.commit(Changes(cursors=moves, fence=fence))
    return rewritten


def _rewrite(runtime: Runtime, source: str, fence: Fence, segment: Segment, people: set[str]) -> bool:
    store = runtime.stores[source]
    assert store.log.archive is not None
    records = store.log.archive.records(segment)
    if not any(tells_of(record, people) for record in records):
        return False
    blanked = [
        blanked_record(one) if one.subject in people else msgspec.structs.replace(one, message=None) for one in records
    ]
    again, content = pack(blanked, segment.revision + 1)
    runtime.segments.put(source, again.name, content)
    commit_fenced(store, fence, store.log.segments.replaced(again, segment.revision))
    runtime.segments.remove(source, segment.name)
    return True
