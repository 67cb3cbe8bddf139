"""Identifiers: canonical lower-case UUID text, born here or derived from what caused them.

An id is text and not `uuid.UUID`: rows, messages and documents all carry it as text, and converting it twice for every
column was estimated at 20 to 30 % of a checkout's CPU (docs/decisions/ADR-016-ids-are-text.md).
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import NewType, Protocol

Id = NewType("Id", str)

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ORDINALS_MAX = 0xFFFF


class IdSource(Protocol):
    """Where ids of things born outside come from: time-ordered, never repeated (UUIDv7, RFC 9562)."""

    def new(self) -> Id: ...


def is_id(text: object) -> bool:
    """Whether `text` is an id in its one canonical spelling."""
    return isinstance(text, str) and len(text) == 36 and _CANONICAL.fullmatch(text) is not None


def named_id(*parts: str) -> Id:
    """The same parts always give the same id (UUIDv8, RFC 9562): for things whose identity is their business key."""
    digits = blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()
    return Id(f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:]}")


def child_id(parent: Id, *parts: str) -> Id:
    """The same parent and parts always give the same id, and children sort by time as their parents do: rows that are
    made together lie together, however large their table grows."""
    digits = blake2b("\x1f".join((parent, *parts)).encode(), digest_size=10).hexdigest()
    return Id(f"{parent[:13]}-8{digits[:3]}-{_VARIANT[digits[3]]}{digits[4:7]}-{digits[7:19]}")


class DerivedIds:
    """Ids of what one handling of one cause makes: a re-run makes the same ids in the same order.

    UUIDv8 of the cause's time (milliseconds, 48 bits), a hash of (cause, consumer) (58 bits) and an ordinal (16 bits).
    """

    __slots__ = ("_cause", "_cause_time", "_consumer", "_next", "_prefix")

    def __init__(self, cause: str, cause_time: datetime, consumer: str) -> None:
        self._cause, self._cause_time, self._consumer = cause, cause_time, consumer
        self._prefix = ""
        self._next = 0

    def new(self) -> Id:
        ordinal = self._next
        assert ordinal <= _ORDINALS_MAX, "one message made more than 65,536 ids"
        self._next = ordinal + 1
        return f"{self._prefix or self._spell_prefix()}{ordinal:04x}"  # type: ignore[return-value]

    def _spell_prefix(self) -> str:
        """All but the ordinal; most messages make nothing in most consumers, so it waits until it is asked for."""
        digits = blake2b(f"{self._cause}\x1f{self._consumer}".encode(), digest_size=8).hexdigest()
        time = _spell_time(self._cause_time)
        self._prefix = f"{time}-8{digits[:3]}-{_VARIANT[digits[3]]}{digits[4:7]}-{digits[7:15]}"
        return self._prefix


@lru_cache(256)
def _spell_time(at: datetime) -> str:
    """Milliseconds, 48 bits: what is told in one batch has one time."""
    digits = f"{int(at.timestamp() * 1000) & 0xFFFF_FFFF_FFFF:012x}"
    return f"{digits[:8]}-{digits[8:]}"


_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
"""RFC 9562's variant, two bits that every id carries at the same place."""
