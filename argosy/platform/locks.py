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


class FileLock:
    """One per database file and process; made again after a fork."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._mutex = threading.Lock()
        self._descriptor = -1
        self._process = 0

    @contextmanager
    def held(self, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
        """Hold the lock; LockTimeout after `wait_seconds`."""
        give_up = time.monotonic() + wait_seconds
        if self._process != os.getpid():
            self._reopen()
        if not self._mutex.acquire(timeout=wait_seconds):
            raise LockTimeout(self.path)
        try:
            self._lock_file(give_up)
            try:
                yield
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        finally:
            self._mutex.release()

    def _lock_file(self, give_up: float) -> None:
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() >= give_up:
                    raise LockTimeout(self.path) from None
                time.sleep(POLL_SECONDS)

    def _reopen(self) -> None:
        self._mutex = threading.Lock()
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._process = os.getpid()
