"""Identifiers: canonical lower-case UUID text, born here or derived from what caused them.

An id is text and not `uuid.UUID`: rows, messages and documents all carry it as text, and converting it twice for every
column was measured to cost more than the rest of a row (docs/decisions/0016-ids-are-text.md).
"""

from __future__ import annotations

import re
from datetime import datetime
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
    digest = blake2b("\x1f".join(parts).encode(), digest_size=16).digest()
    return _spell(int.from_bytes(digest, "big"))


class DerivedIds:
    """Ids of what one handling of one cause makes: a re-run makes the same ids in the same order.

    UUIDv8 of the cause's time (milliseconds, 48 bits), a hash of (cause, consumer) (58 bits) and an ordinal (16 bits).
    """

    __slots__ = ("_next", "_prefix")

    def __init__(self, cause: str, cause_time: datetime, consumer: str) -> None:
        milliseconds = int(cause_time.timestamp() * 1000) & 0xFFFF_FFFF_FFFF
        mixed = int.from_bytes(blake2b(f"{cause}\x1f{consumer}".encode(), digest_size=8).digest(), "big")
        bits = (milliseconds << 80) | ((mixed >> 52) << 64) | ((mixed & 0x3FFF_FFFF_FFFF) << 16)
        self._prefix = _spell(bits)[:-4]
        self._next = 0

    def new(self) -> Id:
        ordinal = self._next
        assert ordinal <= _ORDINALS_MAX, "one message made more than 65,536 ids"
        self._next = ordinal + 1
        return Id(f"{self._prefix}{ordinal:04x}")

    def mark(self) -> int:
        return self._next

    def reset(self, mark: int) -> None:
        self._next = mark


def _spell(bits: int) -> Id:
    """128 bits as canonical text, with version 8 and the RFC's variant set."""
    bits = (bits & ~(0xF << 76)) | (0x8 << 76)
    bits = (bits & ~(0x3 << 62)) | (0x2 << 62)
    digits = f"{bits:032x}"
    return Id(f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}")
