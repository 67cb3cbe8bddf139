"""Orders over HTTP: one's own, as a buyer or guest; calling them off, as their buyer, a seller or staff. Lists of them
are documents of the order history."""

from __future__ import annotations

from typing import Any

from argosy.contracts.orders import Address, CancellationAccepted, CancelOrder, ChangeDelivery, RecordMoney
from argosy.domains.orders.adapters.inbound.shown import OrderEligibility, WholeOrder, WholePurchase
from argosy.domains.orders.adapters.outbound.queries import (
    buyer_of,
    eligibility_of,
    explanation_of,
    order_of_buyer,
    purchase_of_buyer,
)
from argosy.domains.orders.application.standing import NoSuchOrder
from argosy.domains.orders.domain.explanation import OrderExplained
from argosy.platform.auth import shopper, staff
from argosy.platform.owned import Owned, buyer_asking, seller_asking
from argosy.platform.rest import Asked, get, patch, post
from argosy.platform.runtime import runtime
from argosy.shared_kernel.ids import Id


def order(asked: Asked) -> dict[str, Any] | None:
    """One of your orders, whole."""
    return order_of_buyer(asked["order_id"], Id(asked.actor.id))


def purchase(asked: Asked) -> dict[str, Any] | None:
    """One of your purchases, and how each of its orders stands."""
    return purchase_of_buyer(asked["purchase_id"], Id(asked.actor.id))


def explain_order(asked: Asked) -> OrderExplained | None:
    """How an order came to cost what it costs: price version, discounts and who pays for them, tax rule, rounding.

    For its buyer, its seller and staff; from what was frozen with it, so that the answer never changes.
    """
    return explanation_of(asked["order_id"], asked.actor)


def refund_eligibility(asked: Asked) -> OrderEligibility | None:
    """Line by line, whether its money may be asked back now without anybody's leave."""
    found = eligibility_of(asked["order_id"], asked.actor, runtime().clock.now())
    if found is None:
        return None
    return {
        "order_id": asked["order_id"],
        "lines": [
            {
                "line_no": line_no,
                "category": category,
                "is_eligible": one.is_eligible,
                "until": one.until,
                "why": one.why,
            }
            for line_no, category, one in found
        ],
    }


_OWNERS = {"buyer_id": buyer_asking, "claimed_by": buyer_asking, "seller_id": seller_asking}
# Theirs to change: as their buyer, their seller, or staff.
_changed: dict[str, Any] = {
    "allow": shopper,
    "owned": (Owned("orders", "order_id", _OWNERS, NoSuchOrder),),
    "is_for_staff_too": True,
    "whom": lambda asked: buyer_of(asked["order_id"]),
}

endpoints = [
    get("orders/{order_id}", order, allow=shopper, answers=WholeOrder),
    get("orders/{order_id}/explain", explain_order, allow=shopper, answers=OrderExplained),
    get("orders/{order_id}/refund-eligibility", refund_eligibility, allow=shopper, answers=OrderEligibility),
    post("orders/{order_id}/cancel", CancelOrder, status=202, answers=CancellationAccepted, **_changed),
    post("orders/{order_id}/money", RecordMoney, allow=staff, status=202, whom=_changed["whom"]),
    patch("orders/{order_id}/delivery", ChangeDelivery, answers=Address, **_changed),
    get("purchases/{purchase_id}", purchase, allow=shopper, answers=WholePurchase),
]
