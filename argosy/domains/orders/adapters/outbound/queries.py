"""What owners read of their own orders. Every look-up carries the id and its owner in one statement, so that a
stranger's answer is the answer for an order that does not exist."""

from __future__ import annotations

from typing import Any

from argosy.domains.orders.adapters.outbound.models import OrderItemRow, OrderRow, OrderStatusHistoryRow, PurchaseRow
from argosy.domains.orders.domain.order_status import NOTHING
from argosy.shared_kernel.ids import Id


def order_of_buyer(order_id: Id, buyer_id: Id) -> dict[str, Any] | None:
    """A buyer's own order, whole, or None."""
    return _whole(OrderRow.objects.filter(id=order_id, buyer_id=buyer_id).first())


def order_of_seller(order_id: Id, seller_id: Id) -> dict[str, Any] | None:
    """A seller's own order, whole, or None."""
    return _whole(OrderRow.objects.filter(id=order_id, seller_id=seller_id).first())


def purchase_of_buyer(purchase_id: Id, buyer_id: Id) -> dict[str, Any] | None:
    """A buyer's own purchase and where its orders stand, or None."""
    purchase = PurchaseRow.objects.filter(id=purchase_id, buyer_id=buyer_id).first()
    if purchase is None:
        return None
    orders = OrderRow.objects.filter(purchase_id=purchase_id, buyer_id=buyer_id).order_by("seller_id")
    return {
        "purchase_id": purchase.id,
        "checkout_id": purchase.flow_id,
        "currency": purchase.currency,
        "total_amount": purchase.total_amount,
        "payment_method": purchase.payment_method,
        "created_at": purchase.created_at,
        "orders": [_head(order) for order in orders],
    }


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
            **item.product_snapshot_json,
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
