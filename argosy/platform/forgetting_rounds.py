"""Archives forget by themselves: a worker looks now and then whether people were erased since an archive was gone
through, and writes anew what tells of them."""

from __future__ import annotations

from collections.abc import Iterable

from argosy.observability import metrics
from argosy.platform.archived_people import forget, must_forget
from argosy.platform.archiving import ArchivingIsRunning, alone, keep
from argosy.platform.runtime import Runtime

JOB = "forget_archived_people"
EVERY_SECONDS = 600.0


class ForgettingRounds:
    """Of these contexts' archives. One goes through an archive at a time, under the lease that `argosy archive` takes,
    too; where somebody else has it, the next turn looks again."""

    def __init__(self, runtime: Runtime, labels: Iterable[str]) -> None:
        self.runtime = runtime
        self.labels = sorted(set(labels) & runtime.stores.keys())
        metrics.JOB_EVERY.labels(JOB).set(EVERY_SECONDS)

    def turn(self) -> int:
        """How many segments were written anew."""
        return sum(self._forget(label) for label in self.labels if must_forget(self.runtime, label))

    def give_back(self) -> None:
        """Nothing is held between turns."""

    def _forget(self, label: str) -> int:
        try:
            with alone(self.runtime, label) as fence:
                return forget(self.runtime, label, fence, lambda: keep(self.runtime, label, fence))
        except ArchivingIsRunning:
            return 0
