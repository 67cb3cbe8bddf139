"""What this process has told in a log of PostgreSQL itself: the server need not send it back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from threading import Lock
from typing import NamedTuple

from argosy.engine.log import Position, Record

KEPT_RECORDS = 5_000


class ToldAtOnce(NamedTuple):
    """Everything that one transaction has told, in order."""

    xid: int
    records: Sequence[Record]


class Told:
    """Records of whole transactions that are committed, until they were read or there are too many.

    It says nothing about what may be read: that is the server's to say, by how far a reader may look. Where nobody
    reads, nothing is kept.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: list[ToldAtOnce] = []
        self._count = 0
        self._is_read = False

    def add(self, records: Sequence[Record], last: Position) -> None:
        """Committed just now, one behind the other, the last at this position."""
        for id, record in enumerate(records, last.id - len(records) + 1):
            record.position = Position(last.epoch, last.xid, id)
        with self._lock:
            if not self._is_read:
                return
            self._kept.append(ToldAtOnce(last.xid, tuple(records)))
            self._count += len(records)
            while self._count > KEPT_RECORDS:
                self._count -= len(self._kept.pop(0).records)

    def behind(self, after: Position) -> list[ToldAtOnce]:
        """What begins behind a position; what ends before it is forgotten."""
        with self._lock:
            self._is_read = True
            self._kept = [told for told in self._kept if told.records[-1].position > after]
            self._count = sum(len(told.records) for told in self._kept)
            return [told for told in self._kept if told.records[0].position > after]

    def forget(self) -> None:
        """The server may be another one."""
        with self._lock:
            self._kept, self._count = [], 0


def merged(
    read: Sequence[Record],
    told: Sequence[ToldAtOnce],
    wire_names: Collection[str],
    up_to: Position,
    limit: int,
) -> list[Record]:
    """What was read without these transactions, and what they told as far as up to here, in order."""
    if len(read) == limit:
        up_to = read[-1].position
    mine = [
        record for one in told for record in one.records if record.wire_name in wire_names and record.position <= up_to
    ]
    if not mine:
        return list(read)
    return sorted([*read, *mine], key=lambda record: record.position)[:limit]
