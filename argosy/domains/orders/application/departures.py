"""Whether a buyer may be forgotten, as far as their orders go."""

from __future__ import annotations

from argosy.contracts.orders import BuyerHeld, BuyerReleased, ReleaseBuyer
from argosy.domains.orders.domain.order import Order
from argosy.domains.orders.domain.purchase import Purchase
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork


class Departures:
    """Lets buyers go who are owed nothing. The orders themselves stay as they were recorded."""

    def __init__(self, work: UnitOfWork, purchases: Repository[Purchase], orders: Repository[Order]) -> None:
        self.work = work
        self.purchases = purchases
        self.orders = orders

    @reads(purchases=lambda command: [by("buyer_id", id) for id in (command.buyer_id, *command.guest_ids)])
    @then_reads(orders=lambda self, command: [by("purchase_id", id) for id in self._purchases(command)])
    def release_buyer(self, command: ReleaseBuyer) -> None:
        """Held while any order is open: a parcel, a refund or a dispute may still need its buyer."""
        orders = [order for id in self._purchases(command) for order in self.orders.all_by("purchase_id", id)]
        still_open = sum(1 for order in orders if order.is_open)
        self.work.announce(
            BuyerHeld(flow_id=command.flow_id, buyer_id=command.buyer_id, open_orders=still_open)
            if still_open
            else BuyerReleased(flow_id=command.flow_id, buyer_id=command.buyer_id, guest_ids=command.guest_ids)
        )

    def _purchases(self, command: ReleaseBuyer) -> list[str]:
        buyers = (command.buyer_id, *command.guest_ids)
        return [purchase.id for id in buyers for purchase in self.purchases.all_by("buyer_id", id)]
