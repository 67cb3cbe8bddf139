"""As whom somebody acts on an order; whoever is nobody to it is told that there is none."""

from __future__ import annotations

from argosy.domains.orders.domain.order import Order
from argosy.domains.orders.domain.policies import BUYER, SELLER, STAFF
from argosy.engine.work import Actor
from argosy.shared_kernel.errors import NotFound
from argosy.shared_kernel.ids import Id


class NoSuchOrder(NotFound):
    """There is no such order."""


def as_whom(order: Order | None, actor: Actor, order_id: Id) -> tuple[Order, str]:
    """The order, and whether it is its buyer, its seller or one of the staff who asks."""
    if order is not None:
        if actor.has("staff") or actor.has("system"):
            return order, STAFF
        if actor.seller_id and actor.seller_id == order.seller_id:
            return order, SELLER
        if order.is_bought_by(actor.id):
            return order, BUYER
    raise NoSuchOrder(order_id=order_id)
