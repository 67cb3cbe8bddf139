"""Calls to the outside in a bounded pool of threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from argosy.engine.store import Due
from argosy.platform.crash_points import reached
from argosy.shared_kernel.messages import Command

THREADS = 64


class ThreadPool:
    """Runs calls side by side; `wake` is called when one has finished. Each bounds its own time."""

    def __init__(self, wake: Callable[[], None], threads: int = THREADS) -> None:
        self._threads = threads
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="call")
        self._finished: deque[tuple[Due, Command | Exception]] = deque()
        self._running = 0
        self._wake = wake

    def submit(self, due: Due, run: Callable[[], Command]) -> None:
        self._running += 1
        self._executor.submit(self._run, due, run)

    def room(self) -> int:
        return self._threads * 4 - self._running

    def is_idle(self) -> bool:
        return self._running == 0

    def finished(self) -> list[tuple[Due, Command | Exception]]:
        done = []
        while self._finished:
            done.append(self._finished.popleft())
        self._running -= len(done)
        if done:
            reached("call.collected")
        return done

    def close(self) -> None:
        """Wait for what runs; what has not begun is found again by its lease."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _run(self, due: Due, run: Callable[[], Command]) -> None:
        try:
            outcome: Command | Exception = run()
        except Exception as error:  # noqa: BLE001 - told to the unit of work that waits for it
            outcome = error
        reached("call.answered")
        self._finished.append((due, outcome))
        self._wake()
