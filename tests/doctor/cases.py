"""A violation to be planted, and the check that is to find it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from argosy.shared_kernel.ids import named_id
from tests.doctor.planting import write
from tests.marketplace import Marketplace

Plant = Callable[[Marketplace], None]

OTHER = named_id("doctor", "other")
OLD = "2020-01-01 00:00:00.000001"


class Case(NamedTuple):
    check: str
    what: str
    plant: Plant
    later: float = 0
    also: tuple[str, ...] = ()
    """Other checks that see it too: what is wrong in one place is not what another shows."""


def sql(label: str, table: str, *statements: str) -> Plant:
    """Statements against one unguarded table."""

    def plant(place: Marketplace) -> None:
        for statement in statements:
            write(place, label, table, statement)

    return plant
