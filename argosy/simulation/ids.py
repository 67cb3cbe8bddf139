"""Ids of what is born outside: time-ordered, never repeated, the same in each run of a seed."""

from __future__ import annotations

from argosy.shared_kernel.ids import Id
from argosy.simulation.scheduler import Scheduler

_BEGIN_MILLISECONDS = 1_767_225_600_000


class NumberedIds:
    """UUIDv7 in shape: the virtual time, the maker's number, and a count."""

    def __init__(self, scheduler: Scheduler, maker: int) -> None:
        self.scheduler = scheduler
        self.maker = maker
        self._count = 0

    def new(self) -> Id:
        self._count += 1
        time = f"{_BEGIN_MILLISECONDS + self.scheduler.time // 1000:012x}"
        return Id(f"{time[:8]}-{time[8:]}-7{self.maker & 0xFFF:03x}-8000-{self._count:012x}")
