"""What an experiment is: the template, filled in, and the function that does the harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from argosy.apps.chaos.scene import Scene

LEVELS = {"L1": "single instance", "L2": "service", "L3": "dependency", "L4": "region"}

POSTGRES, POOLER, BROKER, SOURCE = "postgres", "pgbouncer", "kafka", "source"
WIRES = "postgres, redis, kafka"
"""All three, each behind a wire of its own."""

PASSED, FAILED, SKIPPED, WAITING = "passed", "FAILED", "skipped", "waiting"


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One experiment in the standard template. `proves` names the scenario or the row of the fault catalogue,
    `invariants` what is at stake most (the doctor looks at all of them). One that `waits_for` something is listed and
    not run; one that `needs` a service is skipped where it is not installed. `inject` does the harm under load; what
    it leaves broken is mended before anything is judged."""

    name: str
    level: str
    proves: str
    target: str
    failure: str
    expected: str
    rollback: str
    owner: str
    invariants: tuple[str, ...] = ()
    inject: Callable[[Scene], None] | None = None
    waits_for: str = ""
    needs: str = ""
    seconds: float = 12.0
    """How long the harm is done under load, in a full run of fifteen minutes."""
    is_short: bool = False
    """Whether it is in the short selection, at `short_seconds`."""
    short_seconds: float = 6.0
    is_alone: bool = False
    """Whether it measures what another beside it would spoil."""

    def __post_init__(self) -> None:
        assert self.level in LEVELS, self.level
        assert bool(self.inject) != bool(self.waits_for), f"{self.name}: something is done, or waited for"


class Outcome(msgspec.Struct, kw_only=True):
    """What became of one experiment. `faults` is empty where everything held."""

    name: str
    status: str
    injected: dict[str, int] = msgspec.field(default_factory=dict)
    seen: dict[str, int] = msgspec.field(default_factory=dict)
    measured: dict[str, float] = msgspec.field(default_factory=dict)
    faults: list[str] = msgspec.field(default_factory=list)
    seconds_to_calm: float | None = None
    seconds: float = 0.0
    reason: str = ""
