"""Orders over HTTP: one's own, as a buyer. Lists of them are documents of the order history."""

from __future__ import annotations

from typing import Any

from argosy.domains.orders.adapters.inbound.shown import WholeOrder, WholePurchase
from argosy.domains.orders.adapters.outbound.queries import order_of_buyer, purchase_of_buyer
from argosy.platform.auth import buyer
from argosy.platform.rest import Asked, get
from argosy.shared_kernel.ids import Id


def order(asked: Asked) -> dict[str, Any] | None:
    """One of your orders, whole."""
    return order_of_buyer(asked["order_id"], Id(asked.actor.id))


def purchase(asked: Asked) -> dict[str, Any] | None:
    """One of your purchases, and how each of its orders stands."""
    return purchase_of_buyer(asked["purchase_id"], Id(asked.actor.id))


endpoints = [
    get("orders/{order_id}", order, allow=buyer, answers=WholeOrder),
    get("purchases/{purchase_id}", purchase, allow=buyer, answers=WholePurchase),
]
