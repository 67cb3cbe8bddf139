"""Calls to the outside in a bounded pool of threads."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from queue import SimpleQueue

from argosy.engine.store import Due
from argosy.platform.crash_points import reached
from argosy.platform.system import SystemClock
from argosy.shared_kernel.clock import Clock
from argosy.shared_kernel.messages import Command

THREADS = 64
CLOSE_SECONDS = 30.0


class Hung(Exception):
    """A call did not come back within its lease. Its answer, should it still come, is nobody's."""


class NotBegun(Exception):
    """The pool was closed before the call's turn came."""


class _Call:
    """One call on its way through the pool."""

    __slots__ = ("due", "is_given_up", "owner", "run")

    def __init__(self, due: Due, run: Callable[[], Command], owner: object = None) -> None:
        self.due = due
        self.owner = owner
        self.run = run
        self.is_given_up = False


class ThreadPool:
    """Runs calls side by side; `wake` is called when one has finished. Each bounds its own time; one that does not is
    given up when its lease ends, and another thread takes its thread's place.

    A batch's calls come together. Were each to wake a thread of its own, dozens would queue for the interpreter at
    once, against the worker and each other. So only one thread is called, and whoever takes a call first calls another
    for the next one: answers that come at once are made by few threads, and those that are waited for soon have all.
    """

    def __init__(self, wake: Callable[[], None], threads: int = THREADS) -> None:
        self._threads = threads
        self._queue: deque[_Call] = deque()
        self._turns: SimpleQueue[bool] = SimpleQueue()
        """Each has one thread look at the queue; False has it end."""
        self._is_called = False
        """Whether a turn was given that no thread has taken yet."""
        self._finished: deque[tuple[_Call, Command | Exception]] = deque()
        self._running: dict[_Call, datetime] = {}
        self._come: dict[object, list[tuple[Due, Command | Exception]]] = {}
        self._alive = 0
        self._wake = wake
        self.clock: Clock = SystemClock()
        """By which calls are leased."""

    def submit(self, due: Due, run: Callable[[], Command], owner: object = None) -> None:
        call = _Call(due, run, owner)
        self._running[call] = due.lease_until or datetime.max.replace(tzinfo=UTC)
        self._queue.append(call)
        self._call_one()
        if self._alive < min(self._threads, len(self._running)):
            self._start()

    def room(self) -> int:
        return self._threads * 4 - len(self._running)

    def is_idle(self) -> bool:
        return not self._running and not any(self._come.values())

    def finished(self, owner: object = None) -> list[tuple[Due, Command | Exception]]:
        """Outcomes of this owner's calls that have come since it asked last."""
        while self._finished:
            call, outcome = self._finished.popleft()
            if self._running.pop(call, None) is not None:
                self._come.setdefault(call.owner, []).append((call.due, outcome))
        self._give_up(self.clock.now())
        done = self._come.pop(owner, [])
        if done:
            reached("call.collected")
        return done

    def close(self) -> None:
        """Wait for what runs, but not for ever; what has not begun is given back."""
        while (call := self._next()) is not None:
            self._finished.append((call, NotBegun(call.due.id)))
        waiting = time.monotonic() + CLOSE_SECONDS
        while len(self._finished) < len(self._running) and time.monotonic() < waiting:
            time.sleep(0.005)
        for _ in range(self._alive):
            self._turns.put(False)
        self._alive = 0

    def _give_up(self, now: datetime) -> None:
        late = [call for call, until in self._running.items() if until < now]
        for call in late:
            call.is_given_up = True
            del self._running[call]
            self._start()
            self._come.setdefault(call.owner, []).append((call.due, Hung(call.due.id)))

    def _start(self) -> None:
        """Daemons: a call that hangs does not keep the process from ending."""
        self._alive += 1
        threading.Thread(target=self._work, name="call", daemon=True).start()

    def _call_one(self) -> None:
        """Have a thread look at the queue, after something has come: one that was called and has not looked yet finds
        it as well."""
        if not self._is_called:
            self._is_called = True
            self._turns.put(True)

    def _next(self) -> _Call | None:
        try:
            return self._queue.popleft()
        except IndexError:
            return None

    def _work(self) -> None:
        while self._turns.get():
            self._is_called = False
            while (call := self._next()) is not None:
                if self._queue:
                    self._call_one()
                try:
                    outcome: Command | Exception = call.run()
                except Exception as error:  # noqa: BLE001 - told to the unit of work that waits for it
                    outcome = error
                if call.is_given_up:
                    return
                reached("call.answered")
                self._finished.append((call, outcome))
                self._wake()


class Share:
    """One context's part of a pool that several use: what it submits comes back to it and to nobody else."""

    def __init__(self, pool: ThreadPool) -> None:
        self._pool = pool

    def submit(self, due: Due, run: Callable[[], Command]) -> None:
        self._pool.submit(due, run, self)

    def room(self) -> int:
        return self._pool.room()

    def finished(self) -> list[tuple[Due, Command | Exception]]:
        return self._pool.finished(self)
