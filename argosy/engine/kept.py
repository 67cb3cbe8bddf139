"""Aggregates kept in a worker between batches, so that a flow's state is not read again at each of its turns.

Only for kinds that say `is_kept`. A kept copy that somebody else has outdated is found out by its version: compared on
write where it was changed, and checked in the same transaction where it was only looked at (a refusal, or a message
that found nothing to do, is a decision too). Then all is read afresh and done again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from argosy.shared_kernel.aggregate import Aggregate

KEPT_MAX = 2_048


class Kept:
    """The most recently written aggregates of each kept kind, at most KEPT_MAX of each.

    Taking one out hands it over: it comes back only with the commit that wrote it, so that whatever a failed unit of
    work has done to it is forgotten with it.
    """

    def __init__(self, limit: int = KEPT_MAX) -> None:
        self.limit = limit
        self._kinds: dict[type[Aggregate], dict[str, Aggregate]] = {}

    def take(self, kind: type[Aggregate], ids: list[Any]) -> list[Aggregate]:
        """Those of these ids that are here."""
        here = self._kinds.get(kind)
        if not here:
            return []
        return [here.pop(id) for id in ids if id in here]

    def put(self, kind: type[Aggregate], aggregates: Iterable[Aggregate]) -> None:
        here = self._kinds.setdefault(kind, {})
        for aggregate in aggregates:
            here[aggregate.id] = aggregate
        while len(here) > self.limit:
            del here[next(iter(here))]

    def clear(self) -> None:
        self._kinds.clear()
