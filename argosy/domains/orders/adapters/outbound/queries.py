"""What owners read of their own orders. Every look-up carries the id and its owner in one statement, so that a
stranger's answer is the answer for an order that does not exist."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, get_type_hints

import msgspec
from django.db.models import Q

from argosy.domains.orders.adapters.outbound.models import (
    CancellationRow,
    OrderItemRow,
    OrderPaymentRow,
    OrderRow,
    OrderStatusHistoryRow,
    PurchaseRow,
)
from argosy.domains.orders.application.stuck import StuckOrder
from argosy.domains.orders.domain.explanation import Frozen, OrderExplained, explain
from argosy.domains.orders.domain.order import OrderItem, ProductSnapshot
from argosy.domains.orders.domain.order_status import DELIVERED, NOTHING
from argosy.domains.orders.domain.policies import (
    CANCELLING_DAYS,
    NOT_PAID_BACK,
    STUCK,
    Eligibility,
    refund_eligibility,
)
from argosy.engine.work import Actor
from argosy.shared_kernel.ids import Id

_ITEM = [name for name in get_type_hints(OrderItem) if name != "product_snapshot"]
_SHOWN = ("sku", "title", "price_id", "tax_basis_points", "shipping_method", "discounts")
"""Of a line's snapshot; the rest is told by its explanation."""


def order_of_buyer(order_id: Id, buyer_id: Id) -> dict[str, Any] | None:
    """A buyer's own order, whole, or None."""
    return _whole(OrderRow.objects.filter(_bought_by(buyer_id), id=order_id).first())


def order_of_seller(order_id: Id, seller_id: Id) -> dict[str, Any] | None:
    """A seller's own order, whole, or None."""
    return _whole(OrderRow.objects.filter(id=order_id, seller_id=seller_id).first())


def purchase_of_buyer(purchase_id: Id, buyer_id: Id) -> dict[str, Any] | None:
    """A buyer's own purchase and where its orders stand, or None."""
    purchase = PurchaseRow.objects.filter(_bought_by(buyer_id), id=purchase_id).first()
    if purchase is None:
        return None
    orders = OrderRow.objects.filter(_bought_by(buyer_id), purchase_id=purchase_id).order_by("seller_id")
    return {
        "purchase_id": purchase.id,
        "checkout_id": purchase.flow_id,
        "currency": purchase.currency,
        "total_amount": purchase.total_amount,
        "payment_method": purchase.payment_method,
        "created_at": purchase.created_at,
        "orders": [_head(order) for order in orders],
    }


def checkout_of_order(order_id: Id, buyer_id: Id) -> str:
    """The checkout by which a buyer's own order was placed; empty for what is not theirs."""
    order = OrderRow.objects.filter(id=order_id, buyer_id=buyer_id).values_list("purchase_id", flat=True).first()
    flow_id = PurchaseRow.objects.filter(id=order).values_list("flow_id", flat=True).first() if order else None
    return str(flow_id or "")


def explanation_of(order_id: Id, actor: Actor) -> OrderExplained | None:
    """How an order of theirs came to cost what it costs, or None."""
    order = _order_of(order_id, actor)
    if order is None:
        return None
    purchase = PurchaseRow.objects.only("snapshot_hash").get(id=order.purchase_id)
    frozen = Frozen(
        order_id=order.id,
        order_number=order.order_number,
        placed_at=order.created_at,
        currency=order.currency,
        snapshot_hash=purchase.snapshot_hash,
        total_amount=order.total_amount,
    )
    return explain(frozen, [_item(row) for row in OrderItemRow.objects.filter(order_id=order.id)])


def eligibility_of(order_id: Id, actor: Actor, now: datetime) -> list[tuple[int, str, Eligibility]] | None:
    """Line by line, with its category, whether its money may be asked back; None for what is not theirs."""
    order = _order_of(order_id, actor)
    if order is None:
        return None
    received = OrderStatusHistoryRow.objects.filter(order_id=order.id, to_status=DELIVERED).first()
    received_at = received.changed_at if received is not None else None
    found = []
    for row in OrderItemRow.objects.filter(order_id=order.id).order_by("line_no"):
        category = str(row.product_snapshot_json.get("category", ""))
        found.append((row.line_no, category, refund_eligibility(order.status, category, received_at, now)))
    return found


class PaidOrder(NamedTuple):
    """What an order costs, how it is paid, and by which payment, once it is; `is_of_buyer`: who asks has bought it."""

    order_id: Id
    seller_id: Id
    currency: str
    total_amount: int
    payment_method: str
    payment_id: Id | None
    paid_at: datetime | None
    is_of_buyer: bool


def paid_order_of(order_id: Id, actor: Actor) -> PaidOrder | None:
    """How an order of theirs is paid, or None."""
    order = _order_of(order_id, actor)
    if order is None:
        return None
    paid = OrderPaymentRow.objects.filter(order_id=order.id, status="CAPTURED").order_by("created_at").first()
    return PaidOrder(
        order_id=order.id,
        seller_id=order.seller_id,
        currency=order.currency,
        total_amount=order.total_amount,
        payment_method=PurchaseRow.objects.only("payment_method").get(id=order.purchase_id).payment_method,
        payment_id=order.payment_id,
        paid_at=paid.created_at if paid is not None else None,
        is_of_buyer=actor.id in (order.buyer_id, order.claimed_by),
    )


def buyer_of(order_id: str) -> str | None:
    """Who bought it."""
    return OrderRow.objects.filter(id=order_id).values_list("buyer_id", flat=True).first()


def sold_items(order_id: Id) -> Sequence[OrderItem]:
    """The lines of an order, as sold."""
    return [_item(row) for row in OrderItemRow.objects.filter(order_id=order_id).order_by("line_no")]


def stuck_orders(now: datetime, limit: int) -> Sequence[StuckOrder]:
    """Orders that are in a status for longer than they may, those that wait longest first."""
    found: list[StuckOrder] = []
    for rule in STUCK:
        rows = OrderRow.objects.filter(
            status=rule.status,
            order_type=rule.order_type,
            updated_at__lt=now - timedelta(days=rule.days),
            is_being_cancelled=False,
        ).order_by("updated_at", "id")[:limit]
        found += [StuckOrder(Id(row.id), Id(row.seller_id), row.status, row.updated_at, rule.what) for row in rows]
    late = CancellationRow.objects.filter(status="REFUNDING", asked_at__lt=now - timedelta(days=CANCELLING_DAYS))
    asked = {row.id: row.asked_at for row in late.order_by("asked_at")[:limit]}
    for row in OrderRow.objects.filter(id__in=list(asked)):
        found.append(StuckOrder(Id(row.id), Id(row.seller_id), row.status, asked[row.id], NOT_PAID_BACK))
    return sorted(found, key=lambda one: (one.since, one.id))[:limit]


def _order_of(order_id: Id, actor: Actor) -> OrderRow | None:
    """An order of this buyer's or of this seller's store; any order for staff."""
    own = _bought_by(actor.id)
    if actor.seller_id:
        own |= Q(seller_id=actor.seller_id)
    rows = OrderRow.objects.filter(id=order_id)
    return (rows if actor.has("staff") else rows.filter(own)).first()


def _bought_by(buyer_id: str) -> Q:
    """With this id, or claimed by it."""
    return Q(buyer_id=buyer_id) | Q(claimed_by=buyer_id)


def _item(row: OrderItemRow) -> OrderItem:
    sold = msgspec.convert(row.product_snapshot_json, ProductSnapshot)
    return OrderItem(product_snapshot=sold, **{name: getattr(row, name) for name in _ITEM})


def _head(order: OrderRow) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "order_number": order.order_number,
        "purchase_id": order.purchase_id,
        "seller_id": order.seller_id,
        "status": order.status,
        "order_type": order.order_type,
        "currency": order.currency,
        "total_amount": order.total_amount,
        "is_being_cancelled": order.is_being_cancelled,
        "pay_by": order.pay_by,
        "created_at": order.created_at,
        "updated_at": order.updated_at,
    }


def _whole(order: OrderRow | None) -> dict[str, Any] | None:
    if order is None:
        return None
    return {**_head(order), "address": order.address_json, "lines": _lines(order.id), "history": _history(order.id)}


def _lines(order_id: Id) -> list[dict[str, Any]]:
    columns = (
        "line_no",
        "product_id",
        "variant_id",
        "quantity",
        "discount_amount",
        "tax_amount",
        "tax_on_top",
        "total_amount",
        "shipping_amount",
        "shipping_tax_amount",
        "shipping_tax_on_top",
    )
    items = OrderItemRow.objects.filter(order_id=order_id).order_by("line_no")
    return [
        {
            **{name: getattr(item, name) for name in columns},
            "unit_amount": item.price_snapshot,
            **{name: value for name, value in item.product_snapshot_json.items() if name in _SHOWN},
        }
        for item in items
    ]


def _history(order_id: Id) -> list[dict[str, Any]]:
    """The steps in the order in which they were taken: each goes on where the one before it ended, and no status is
    come to twice. Times do not tell the order, since steps taken together share theirs."""
    columns = ("from_status", "to_status", "reason", "changed_by", "changed_at")
    steps = {
        step["from_status"]: step for step in OrderStatusHistoryRow.objects.filter(order_id=order_id).values(*columns)
    }
    path, at = [], NOTHING
    while at in steps:
        path.append(steps.pop(at))
        at = path[-1]["to_status"]
    return path
