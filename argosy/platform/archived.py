"""What is archived of a log: its list of segments, walked and changed under the lease on the archive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from argosy.engine.log import START
from argosy.engine.segments import Segment
from argosy.engine.store import Changes, Fence
from argosy.platform.dialects import Write
from argosy.platform.runtime import Runtime

_PAGE = 64


def commit_fenced(store: Any, fence: Fence, *writes: Write) -> None:
    """One transaction, refused where the lease was lost."""
    store.dialect.commit([*store.engine_writes(Changes(fence=fence)), *writes])


def segments_of(runtime: Runtime, source: str) -> Iterator[Segment]:
    """All listed segments of a log, in order."""
    listed, after = runtime.stores[source].log.segments, START
    while found := listed.after(after, _PAGE):
        yield from found
        after = found[-1].last


def tidy(runtime: Runtime, source: str) -> None:
    """Remove files that nobody lists: a crash left them, or a newer revision is in their place. Under the lease."""
    listed = {segment.name for segment in segments_of(runtime, source)}
    for name in runtime.segments.names(source):
        if name not in listed:
            runtime.segments.remove(source, name)
