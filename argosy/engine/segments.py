"""Segments: the oldest records of a log, packed into files outside of its database and read as part of it.

A segment holds every record from its first position to its last. The log's own database lists the segments that count,
in the transaction that every reader reads in: a file that is not listed is nothing, and a listed one is whole.
"""

from __future__ import annotations

import gzip
from bisect import bisect_right
from collections.abc import Collection, Sequence
from hashlib import sha256
from typing import Protocol

import msgspec

from argosy.engine.log import Position, Record
from argosy.engine.store import StoreUnavailable
from argosy.shared_kernel.codec import decoder, encode

LISTED_AT_ONCE = 64


class SegmentIsDamaged(StoreUnavailable):
    """A listed segment is not there, or is not what was written: its readers wait until it is put back."""


class Segment(msgspec.Struct, frozen=True, gc=False):
    """What is known of a segment without opening it. A rewritten one counts as its next revision."""

    first: Position
    last: Position
    rows: int
    wire_names: tuple[str, ...]
    has_subjects: bool
    digest: str
    revision: int = 1

    @property
    def name(self) -> str:
        first, last = (".".join(map(str, position)) for position in (self.first, self.last))
        revision = f".r{self.revision}" if self.revision > 1 else ""
        return f"{first}-{last}{revision}.jsonl.gz"


class SegmentFiles(Protocol):
    """Where segments are kept, by the context whose log they are of."""

    def put(self, source: str, name: str, content: bytes) -> None:
        """Keep it, whole and for good once this returns; nobody ever sees a part of it."""
        ...

    def get(self, source: str, name: str) -> bytes:
        """What was kept; FileNotFoundError where nothing was."""
        ...

    def remove(self, source: str, name: str) -> None:
        """Forget it; what is not there stays away."""
        ...

    def names(self, source: str) -> list[str]:
        """Everything that is kept, also what is not listed."""
        ...


class SegmentList(Protocol):
    """The list of a log's segments, in that log's database."""

    def after(self, position: Position, limit: int) -> list[Segment]:
        """Those that hold anything beyond a position, in order."""
        ...

    def ending(self, position: Position) -> Segment | None:
        """The one whose last record stands there."""
        ...


def pack(records: Sequence[Record], revision: int = 1) -> tuple[Segment, bytes]:
    """Records in their order as a segment: the same records make the same bytes."""
    lines = b"\n".join(encode(msgspec.structs.replace(record, message=None)) for record in records)
    content = gzip.compress(lines + b"\n", 6, mtime=0)
    segment = Segment(
        first=records[0].position,
        last=records[-1].position,
        rows=len(records),
        wire_names=tuple(sorted({record.wire_name for record in records})),
        has_subjects=any(record.subject for record in records),
        digest=sha256(content).hexdigest(),
        revision=revision,
    )
    return segment, content


def unpack(content: bytes) -> list[Record]:
    """What `pack` packed."""
    read = decoder(Record).decode
    return [read(line) for line in gzip.decompress(content).splitlines()]


class Archive:
    """One log's segments as its readers see them. The one that was read last stays in memory."""

    def __init__(self, listed: SegmentList, files: SegmentFiles, source: str) -> None:
        self.listed = listed
        self.files = files
        self.source = source
        self._opened: tuple[str, list[Record]] = ("", [])

    def read(self, after: Position, wire_names: Collection[str], limit: int) -> tuple[list[Record], Position]:
        """At most `limit` records of these types after a position, and how far was looked to find them."""
        found: list[Record] = []
        reached = after
        while segments := self.listed.after(reached, LISTED_AT_ONCE):
            for segment in segments:
                if not set(segment.wire_names).isdisjoint(wire_names):
                    records = self.records(segment)
                    for index in range(bisect_right(records, after, key=_position), len(records)):
                        record = records[index]
                        if record.wire_name in wire_names:
                            found.append(record)
                            if len(found) == limit:
                                return found, record.position
                reached = segment.last
        return found, reached

    def records(self, segment: Segment) -> list[Record]:
        """All that it holds."""
        name, records = self._opened
        if name != segment.name:
            records = self._open(segment)
            self._opened = (segment.name, records)
        return records

    def _open(self, segment: Segment) -> list[Record]:
        try:
            content = self.files.get(self.source, segment.name)
        except FileNotFoundError:
            # It may have been rewritten since it was listed: then another revision is, in its place.
            now = self.listed.ending(segment.last)
            if now is not None and now.revision > segment.revision:
                return self._open(now)
            raise SegmentIsDamaged(f"{self.source}'s archived segment {segment.name} is not there") from None
        if sha256(content).hexdigest() != segment.digest:
            raise SegmentIsDamaged(f"{self.source}'s archived segment {segment.name} is damaged: put its copy back")
        return unpack(content)


def _position(record: Record) -> Position:
    return record.position
