"""Calls to the outside on virtual time: sent, answered, late, twice, or never."""

from __future__ import annotations

from collections.abc import Callable

from argosy.engine.store import Due
from argosy.shared_kernel.messages import Command
from argosy.simulation.faults import Faults
from argosy.simulation.scheduler import SECOND, Scheduler, microseconds

ROOM = 256


class Hung(Exception):
    """A call did not come back within its lease."""


class SimulatedPool:
    """One worker's calls. What was sent arrives, whether its worker lives to hear of it or not."""

    def __init__(self, scheduler: Scheduler, faults: Faults, wake: Callable[[], None], skew: int) -> None:
        self.scheduler = scheduler
        self.faults = faults
        self.wake = wake
        self.skew = skew
        self._running: dict[int, Due] = {}
        self._number = 0
        self._finished: list[tuple[Due, Command | Exception]] = []
        self._random = faults.stream("gateway slow")

    def room(self) -> int:
        return ROOM - len(self._running)

    def submit(self, due: Due, run: Callable[[], Command]) -> None:
        self._number += 1
        number = self._number
        self._running[number] = due
        there = int((0.02 + 0.2 * self._random.random()) * SECOND)
        self.scheduler.after(there, "outside", lambda: self._make(number, due, run))

    def finished(self) -> list[tuple[Due, Command | Exception]]:
        """An answer that came twice is told twice, one time after the other."""
        done = {(one[0].id, one[0].token): one for one in self._finished}
        told = list(done.values())
        self._finished = [one for one in self._finished if not any(one is another for another in told)]
        if self._finished:
            self.wake()
        return told

    def _make(self, number: int, due: Due, run: Callable[[], Command]) -> None:
        try:
            outcome: Command | Exception = run()
        except Exception as error:  # noqa: BLE001 - told to the unit of work that waits for it
            outcome = error
        back = int((0.02 + 0.2 * self._random.random()) * SECOND)
        if due.lease_until is not None and self.faults.strikes("gateway slow"):
            over = microseconds(due.lease_until) - self.skew
            self.scheduler.at(over + 1, "outside", lambda: self._come_back(number, due, Hung(due.id)))
            return
        self.scheduler.after(back, "outside", lambda: self._come_back(number, due, outcome))
        if self.faults.strikes("gateway repeats"):
            late = back + self.faults.between("gateway repeats", 0, 30 * SECOND)
            self.scheduler.after(late, "outside", lambda: self._come_again(due, outcome))

    def _come_back(self, number: int, due: Due, outcome: Command | Exception) -> None:
        if self._running.pop(number, None) is not None:
            self._finished.append((due, outcome))
            self.wake()

    def _come_again(self, due: Due, outcome: Command | Exception) -> None:
        self._finished.append((due, outcome))
        self.wake()
