"""Time comes in through this port, always in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The one source of time: an aware datetime in UTC, microseconds at best."""

    def now(self) -> datetime: ...
