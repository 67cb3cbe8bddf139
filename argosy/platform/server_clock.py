"""One clock for all machines of a marketplace: the database server's. A process whose own clock is wrong, or jumps,
neither lets anything end early nor holds it for ever, and takes no lease from somebody who lives."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from argosy.engine.store import StoreUnavailable
from argosy.platform import system
from argosy.shared_kernel.clock import Clock

LOOK_SECONDS = 20.0
NEAR = timedelta(seconds=0.5)
"""Closer than this the machine's own clock is as good."""
JUMP_SECONDS = 0.5

logger = logging.getLogger("argosy.clock")


class ServerClock:
    """The machine's own clock, corrected by how far it was from the server's at the last look. Between looks, and while
    the server is away, what was learnt counts on; a jump of the own clock is noticed and looked at once."""

    def __init__(self, ask: Callable[[], datetime], own: Clock | None = None) -> None:
        self._ask = ask
        self._own = own or system.SystemClock()
        self._correction = timedelta()
        self._look_at = 0.0
        self._steady = 0.0
        self._was: datetime | None = None
        self._turn = threading.Lock()

    def now(self) -> datetime:
        own, steady = self._own.now(), time.monotonic()
        was = self._was
        has_jumped = was is not None and abs((own - was).total_seconds() - (steady - self._steady)) > JUMP_SECONDS
        self._was, self._steady = own, steady
        if (steady >= self._look_at or has_jumped) and self._turn.acquire(blocking=False):
            try:
                self._look(steady)
            finally:
                self._turn.release()
        return self._own.now() + self._correction

    def _look(self, steady: float) -> None:
        self._look_at = steady + LOOK_SECONDS
        before = self._own.now()
        try:
            there = self._ask()
        except StoreUnavailable:
            self._look_at = steady + 1.0
            return
        took = self._own.now() - before
        correction = there - (before + took / 2)
        if abs(correction) <= NEAR + took / 2:
            correction = timedelta()
        if abs(correction - self._correction) > NEAR:
            logger.warning("this machine's clock is %.1f s off the database's", -correction.total_seconds())
        self._correction = correction


def server_time(query: Callable[[str], list[tuple[datetime]]]) -> Callable[[], datetime]:
    """What a PostgreSQL server takes it to be, also within a transaction."""

    def ask() -> datetime:
        [(now,)] = query("SELECT clock_timestamp()")
        return now.astimezone(UTC)

    return ask
