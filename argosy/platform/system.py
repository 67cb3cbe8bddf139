"""The machine's own clock and ids behind the ports."""

from __future__ import annotations

from datetime import UTC, datetime

from uuid_utils import uuid7

from argosy.shared_kernel.ids import Id


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class TimeOrderedIds:
    """UUIDv7 (RFC 9562)."""

    def new(self) -> Id:
        return Id(str(uuid7()))
