"""A failing run made smaller: fewer rushes, fewer faults, fewer buyers, and the same invariant still broken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from argosy.simulation.faults import KINDS
from argosy.simulation.run import Outcome, Plan, simulate

T = TypeVar("T")
RUNS_MAX = 150


class Shrinking:
    """Removes what a failure has no need of, half by half. `tried` counts the runs that it took."""

    def __init__(self, failing: Outcome, run: Callable[[Plan], Outcome] = simulate) -> None:
        assert failing.violations, "only what fails can be shrunk"
        self.invariant = failing.violations[0].id
        self.smallest = failing
        self.tried = 0
        self._run = run

    def shrink(self) -> Outcome:
        """The smallest failing run that was found."""
        plan = self.smallest.plan
        self._fewer(plan.rushes, lambda rushes: replace(self.smallest.plan, rushes=tuple(rushes)))
        possible = [kind for kind in KINDS if kind not in plan.without]
        self._fewer(
            possible,
            lambda kept: replace(self.smallest.plan, without=tuple(kind for kind in KINDS if kind not in kept)),
        )
        self._fewer(self.smallest.plan.buyers, lambda buyers: replace(self.smallest.plan, buyers=tuple(buyers)))
        self._fewer(self.smallest.plan.rushes, lambda rushes: replace(self.smallest.plan, rushes=tuple(rushes)))
        return self.smallest

    def _fewer(self, items: Sequence[T], plan_of: Callable[[Sequence[T]], Plan]) -> None:
        """Delta debugging (Zeller): leave out ever smaller parts, as long as it fails without them."""
        kept, parts = list(items), 2
        while len(kept) > 1 and self.tried < RUNS_MAX:
            size = -(-len(kept) // parts)
            for first in range(0, len(kept), size):
                rest = kept[:first] + kept[first + size :]
                if rest and self._fails(plan_of(rest)):
                    kept, parts = rest, max(2, parts - 1)
                    break
            else:
                if size == 1:
                    return
                parts = min(len(kept), 2 * parts)

    def _fails(self, plan: Plan) -> bool:
        self.tried += 1
        outcome = self._run(plan)
        if any(violation.id == self.invariant for violation in outcome.violations):
            self.smallest = outcome
            return True
        return False
