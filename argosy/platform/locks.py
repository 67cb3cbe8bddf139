"""A fair turn at writing one SQLite file, between threads and processes.

SQLite's own busy handler sleeps with growing pauses, so that a process that writes all the time starves the others
(measured: one second in the median). Every writer takes this lock first: a mutex among the threads of a process, then
`flock` on a file beside the database, asked for every 0.2 ms. Whoever must wait says so with a shared lock on a second
file, and a worker that finds one there after a batch pauses 0.5 ms, so that whoever waits gets its turn.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

POLL_SECONDS = 0.0002
WAIT_SECONDS = 2.0


class LockTimeout(Exception):
    """Nobody let us write within the time that a caller may be kept waiting."""


class _Opened:
    """One process's descriptors of a lock file and of the file of those who wait, with the mutex before them. Taken and
    freed as one."""

    __slots__ = ("descriptor", "mutex", "waiting")

    def __init__(self, path: str) -> None:
        self.mutex = threading.Lock()
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self.waiting = os.open(f"{path}.wait", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def close(self) -> None:
        os.close(self.descriptor)
        os.close(self.waiting)


class FileLock:
    """One per database file and process; made again after a fork."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.waited: Callable[[float], None] = lambda seconds: None
        """Told how long a writer waited, where it had to."""
        self._opened: dict[int, _Opened] = {}

    @contextmanager
    def held(self, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
        """Hold the lock; LockTimeout after `wait_seconds`."""
        give_up = time.monotonic() + wait_seconds
        mine = self._opened.get(os.getpid()) or self._open()
        if not mine.mutex.acquire(blocking=False):
            has_turn = mine.mutex.acquire(timeout=wait_seconds)
            self.waited(time.monotonic() - give_up + wait_seconds)
            if not has_turn:
                raise LockTimeout(self.path)
        try:
            self._lock_file(mine, give_up)
            try:
                yield
            finally:
                fcntl.flock(mine.descriptor, fcntl.LOCK_UN)
        finally:
            mine.mutex.release()

    def is_wanted(self) -> bool:
        """Whether another process waits for its turn."""
        mine = self._opened.get(os.getpid()) or self._open()
        if not _try(mine.waiting, fcntl.LOCK_EX):
            return True
        fcntl.flock(mine.waiting, fcntl.LOCK_UN)
        return False

    def _lock_file(self, mine: _Opened, give_up: float) -> None:
        if _try(mine.descriptor, fcntl.LOCK_EX):
            return
        began = time.monotonic()
        fcntl.flock(mine.waiting, fcntl.LOCK_SH)
        try:
            while not _try(mine.descriptor, fcntl.LOCK_EX):
                if time.monotonic() >= give_up:
                    raise LockTimeout(self.path)
                time.sleep(POLL_SECONDS)
        finally:
            fcntl.flock(mine.waiting, fcntl.LOCK_UN)
            self.waited(time.monotonic() - began)

    def _open(self) -> _Opened:
        """This process's own. Of threads that come first at once one wins, and all use what it opened; a parent's
        descriptor would keep the parent's lock after its death."""
        process, opened = os.getpid(), _Opened(self.path)
        mine = self._opened.setdefault(process, opened)
        if mine is not opened:
            opened.close()
        for other in [other for other in list(self._opened) if other != process]:
            stale = self._opened.pop(other, None)
            if stale is not None:
                stale.close()
        return mine


def _try(descriptor: int, kind: int) -> bool:
    """Take a lock at once, or not at all."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
