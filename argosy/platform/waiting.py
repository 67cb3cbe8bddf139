"""Waiting in a request's own thread, for the few who ask for it at an address that is not made for it.

A thread that waits serves nobody else (measured: 32 waits on request threads made a plain request take 5 s), so at
most WAITERS_MAX wait at a time; everybody beyond is answered at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Semaphore
from typing import TypeVar

WAITERS_MAX = 4
_FIRST_LOOK_SECONDS = 0.005
_LOOK_SECONDS_MAX = 0.1

_room = Semaphore(WAITERS_MAX)

T = TypeVar("T")


def poll(seconds: float, look: Callable[[], T], is_enough: Callable[[T], bool]) -> T | None:
    """What is there once it is enough, or when time is up; None where there is no room to wait."""
    if not _room.acquire(blocking=False):
        return None
    try:
        give_up, pause = time.monotonic() + seconds, _FIRST_LOOK_SECONDS
        while True:
            left = give_up - time.monotonic()
            time.sleep(max(min(pause, left), 0))
            found = look()
            if is_enough(found) or left <= pause:
                return found
            pause = min(pause * 1.5, _LOOK_SECONDS_MAX)
    finally:
        _room.release()
