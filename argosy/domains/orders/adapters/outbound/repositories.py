"""How orders' aggregates become rows."""

from __future__ import annotations

from argosy.domains.orders.adapters.outbound.models import (
    CancellationRow,
    OrderItemRow,
    OrderPaymentRow,
    OrderRefundRow,
    OrderRow,
    OrderStatusHistoryRow,
    PurchaseRow,
)
from argosy.domains.orders.domain.cancellation import Cancellation
from argosy.domains.orders.domain.order import Order, OrderItem, OrderPayment, OrderRefund, StatusChange
from argosy.domains.orders.domain.purchase import Purchase
from argosy.platform.rows import Part, Rows

ROWS = (
    Rows(Purchase, PurchaseRow),
    Rows(
        Order,
        OrderRow,
        names={"address": "address_json"},
        parts={
            "items": Part(
                OrderItem,
                OrderItemRow,
                owner="order_id",
                is_log=True,
                names={"product_snapshot": "product_snapshot_json"},
                copies={
                    "seller_id": lambda order, item: order.seller_id,
                    "created_at": lambda order, item: order.created_at,
                },
            ),
            "history": Part(StatusChange, OrderStatusHistoryRow, owner="order_id", is_log=True),
            "payments": Part(OrderPayment, OrderPaymentRow, owner="order_id", is_log=True),
            "refunds": Part(OrderRefund, OrderRefundRow, owner="order_id", is_log=True),
        },
    ),
    Rows(Cancellation, CancellationRow),
)
