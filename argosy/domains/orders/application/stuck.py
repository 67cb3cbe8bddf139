"""What sees to it that a person hears of orders that do not move on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from argosy.contracts.orders import FindStuckOrders, OrderIsStuck
from argosy.engine.work import UnitOfWork
from argosy.shared_kernel.ids import Id

STUCK_MAX = 200
"""How many are told of at one look; the next look tells of the rest."""


class StuckOrder(NamedTuple):
    """An order that has been in a status since then, and should not be any more."""

    id: Id
    seller_id: Id
    status: str
    since: datetime
    what: str


class StuckOrders(Protocol):
    """Finds orders that are in a status for longer than their rule allows."""

    def __call__(self, now: datetime, limit: int) -> Sequence[StuckOrder]:
        """At most `limit`, those that wait longest first."""
        ...


class StuckOrderWatch:
    """Tells and never acts: whether a seller forgot, or a carrier lost a parcel, is for a person to find out."""

    def __init__(self, work: UnitOfWork, stuck: StuckOrders) -> None:
        self.work = work
        self.stuck = stuck

    def find_stuck_orders(self, command: FindStuckOrders) -> None:
        """One alarm for each, at every look: an alarm that nobody answers goes on."""
        for found in self.stuck(self.work.now, STUCK_MAX):
            self.work.announce(
                OrderIsStuck(
                    order_id=found.id,
                    seller_id=found.seller_id,
                    status=found.status,
                    since=found.since,
                    what=found.what,
                )
            )
