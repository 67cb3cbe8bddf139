"""Virtual time: what happens next, decided by the seed alone."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

SECOND = 1_000_000
"""Times are whole microseconds since BEGIN."""

MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
NESTED_MAX = 2
LOOKED_AT_MAX = 6
STEPS_MAX = 150_000


class NoEnd(Exception):
    """A run takes ten times as many steps as any should: somebody does the same thing over and over."""


class Event(NamedTuple):
    """`draw` decides between what is due at one instant; `owner` is whose thread of work it is."""

    at: int
    draw: float
    number: int
    owner: str
    run: Callable[[], None]


class Scheduler:
    """One queue for everything that any process or person does.

    `interleave` runs somebody else's next step in the middle of one: between what a process has read and what it
    writes. A step that is interrupted so sees the world changed under it, like a thread that was put to sleep.
    """

    def __init__(self, seed: int) -> None:
        self.time = 0
        self.steps = 0
        self.interleaved = 0
        self.interleaving = 0.0
        self.reach = 50_000
        self._random = Random(f"{seed}:scheduler")
        self._draw = self._random.random
        self._queue: list[Event] = []
        self._number = 0
        self._running: list[str] = []

    def at(self, time: int, owner: str, run: Callable[[], None]) -> None:
        """Have it run at a time; now, where that has passed."""
        self._number += 1
        time = max(time, self.time)
        heapq.heappush(self._queue, Event(time, self._draw(), self._number, owner, run))

    def after(self, delay: int, owner: str, run: Callable[[], None]) -> None:
        self.at(self.time + delay, owner, run)

    def run_until(self, end: int) -> None:
        """Everything that is due until then, in order of time."""
        queue = self._queue
        while queue and queue[0].at <= end:
            event = heapq.heappop(queue)
            self.time = max(self.time, event.at)
            self._run(event)
        self.time = max(self.time, end)

    def end(self) -> None:
        """Nothing that was planned comes about any more, and what it would have been about may be forgotten."""
        self._queue.clear()

    def is_running(self, owner: str) -> bool:
        return owner in self._running

    @property
    def running(self) -> str:
        """Whose step it is; "" outside of any."""
        return self._running[-1] if self._running else ""

    @property
    def is_alone(self) -> bool:
        """Whether nobody was interrupted for whoever is running."""
        return len(self._running) == 1

    def pause(self, length: int) -> None:
        """Stop whoever is running, in the middle of it, and let everybody else go on meanwhile."""
        end, waiting, queue = self.time + length, [], self._queue
        while queue and queue[0].at <= end:
            event = heapq.heappop(queue)
            if event.owner in self._running:
                waiting.append(event)
                continue
            self.time = max(self.time, event.at)
            self._run(event)
        self.time = max(self.time, end)
        for event in waiting:
            heapq.heappush(queue, event)

    def interleave(self) -> None:
        """Perhaps let somebody else's next step happen first."""
        if not self.interleaving or len(self._running) > NESTED_MAX or self._draw() >= self.interleaving:
            return
        near = heapq.nsmallest(LOOKED_AT_MAX, self._queue)
        others = [event for event in near if event.at <= self.time + self.reach and event.owner not in self._running]
        if not others:
            return
        event = others[int(self._draw() * len(others))]
        self._queue.remove(event)
        heapq.heapify(self._queue)
        self.interleaved += 1
        self._run(event)

    def _run(self, event: Event) -> None:
        self.steps += 1
        if self.steps > STEPS_MAX:
            raise NoEnd(f"{event.owner} is at it for the {self.steps:,}th time")
        self._running.append(event.owner)
        try:
            event.run()
        finally:
            self._running.pop()


class SimulatedClock:
    """One process's idea of the time: `skew` microseconds off."""

    def __init__(self, scheduler: Scheduler, skew: int = 0) -> None:
        self.scheduler = scheduler
        self.skew = skew
        self._at = -1
        self._now = BEGIN

    def now(self) -> datetime:
        at = self.scheduler.time + self.skew
        if at != self._at:
            self._at = at
            self._now = BEGIN + timedelta(microseconds=at)
        return self._now


def moment(time: int) -> datetime:
    """A time of the scheduler's, as the world has it."""
    return BEGIN + timedelta(microseconds=time)


def microseconds(instant: datetime) -> int:
    """A time as the scheduler counts it."""
    return (instant - BEGIN) // timedelta(microseconds=1)
