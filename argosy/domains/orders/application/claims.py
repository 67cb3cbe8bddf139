"""Orders of guests that become an account's as well."""

from __future__ import annotations

from argosy.contracts.accounts import GuestPurchaseClaimed
from argosy.domains.orders.domain.order import Order
from argosy.domains.orders.domain.purchase import Purchase
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id


class OrderClaims:
    """Accounts say whose a guest's purchase is; told again, nothing changes."""

    def __init__(self, work: UnitOfWork, purchases: Repository[Purchase], orders: Repository[Order]) -> None:
        self.work = work
        self.purchases = purchases
        self.orders = orders

    @reads(purchases=lambda event: [by("flow_id", event.checkout_id)])
    @then_reads(orders=lambda self, event: [by("purchase_id", id) for id in self._bought(event)])
    def claim_orders(self, event: GuestPurchaseClaimed) -> None:
        """All orders of the purchase, and of no other buyer's."""
        for id in self._bought(event):
            self.purchases.get(id).claim(event.user_id)
            for order in self.orders.all_by("purchase_id", id):
                order.claim(event.user_id)

    def _bought(self, event: GuestPurchaseClaimed) -> list[Id]:
        found = self.purchases.all_by("flow_id", event.checkout_id)
        return [purchase.id for purchase in found if purchase.buyer_id == event.guest_id]
