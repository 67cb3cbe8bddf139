"""The log: what a context has told, in the order in which it was committed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, Protocol
from zlib import crc32

import msgspec

LANES = 16
"""Lanes of every log, fixed for its life: a key's lane is stored in its rows."""


class Position(NamedTuple):
    """Where a row stands in its log. `xid` is 0 on SQLite, where one writer makes `id` order commit order; on
    PostgreSQL only rows below the oldest running transaction are shown, sorted by (xid, id)."""

    epoch: int
    xid: int
    id: int


START = Position(0, 0, 0)


class Record(msgspec.Struct, gc=False, omit_defaults=True):
    """One row of a log. `message` is what `payload` says, where this process has it at hand."""

    message_id: str
    wire_name: str
    version: int
    key: str
    lane: int
    sequence: int
    payload: str
    correlation_id: str
    cause_id: str
    subject: str
    created_at: datetime
    position: Position = START
    message: Any = None


class Page(NamedTuple):
    """Records after a cursor, and how far the log was looked through to find them. Without any, there are none.

    Not whole: more is committed, and held back until an older transaction ends; nobody will ring for it again.
    """

    records: list[Record]
    scanned_to: Position
    is_whole: bool = True


class Log(Protocol):
    """One context's log as its consumers see it."""

    def read(self, after: Position, wire_names: Collection[str], limit: int) -> Page:
        """At most `limit` records of these types after a position, in log order."""
        ...

    def head(self) -> Position:
        """The last position that a reader may see."""
        ...


@lru_cache(4096)
def lane_of(key: str) -> int:
    """CRC-32 (IEEE 802.3) of the key, modulo the number of lanes."""
    return crc32(key.encode()) % LANES
