"""A fair turn at writing one SQLite file, between threads and processes.

SQLite's own busy handler sleeps with growing pauses, so that a process that writes all the time starves the others
(measured: one second in the median). Every writer takes this lock first: a mutex among the threads of a process, then
`flock` on a file beside the database, asked for every 0.2 ms. A worker pauses 0.5 ms after each batch, so that whoever
waits gets its turn.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

POLL_SECONDS = 0.0002
WAIT_SECONDS = 2.0


class LockTimeout(Exception):
    """Nobody let us write within the time that a caller may be kept waiting."""


class _Opened:
    """One process's descriptor of a lock file, with the mutex before it. Taken and freed as one."""

    __slots__ = ("descriptor", "mutex")

    def __init__(self, path: str) -> None:
        self.mutex = threading.Lock()
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)


class FileLock:
    """One per database file and process; made again after a fork."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._opened: dict[int, _Opened] = {}

    @contextmanager
    def held(self, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
        """Hold the lock; LockTimeout after `wait_seconds`."""
        give_up = time.monotonic() + wait_seconds
        mine = self._opened.get(os.getpid()) or self._open()
        if not mine.mutex.acquire(timeout=wait_seconds):
            raise LockTimeout(self.path)
        try:
            self._lock_file(mine.descriptor, give_up)
            try:
                yield
            finally:
                fcntl.flock(mine.descriptor, fcntl.LOCK_UN)
        finally:
            mine.mutex.release()

    def _lock_file(self, descriptor: int, give_up: float) -> None:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() >= give_up:
                    raise LockTimeout(self.path) from None
                time.sleep(POLL_SECONDS)

    def _open(self) -> _Opened:
        """This process's own. Of threads that come first at once one wins, and all use what it opened; a parent's
        descriptor would keep the parent's lock after its death."""
        process, opened = os.getpid(), _Opened(self.path)
        mine = self._opened.setdefault(process, opened)
        if mine is not opened:
            os.close(opened.descriptor)
        for other in [other for other in list(self._opened) if other != process]:
            stale = self._opened.pop(other, None)
            if stale is not None:
                os.close(stale.descriptor)
        return mine
