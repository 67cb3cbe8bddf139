"""What may become of an order: one table of legal moves, which the README repeats and a test compares."""

from __future__ import annotations

from typing import NamedTuple

CREATED, CONFIRMED, PAID, SHIPPED = "CREATED", "CONFIRMED", "PAID", "SHIPPED"
DELIVERED, CLOSED, CANCELLED, REFUNDED = "DELIVERED", "CLOSED", "CANCELLED", "REFUNDED"
STATUSES = (CREATED, CONFIRMED, PAID, SHIPPED, DELIVERED, CLOSED, CANCELLED, REFUNDED)

NOTHING = ""
"""Where every history begins."""

PREPAID, CASH_ON_DELIVERY = "PREPAID", "CASH_ON_DELIVERY"
ORDER_TYPES = (PREPAID, CASH_ON_DELIVERY)


class Move(NamedTuple):
    """Orders of these types may go from one status to another; `by` says what makes them."""

    from_status: str
    to_status: str
    order_types: tuple[str, ...]
    by: str


MOVES = (
    Move(NOTHING, CREATED, ORDER_TYPES, "PlaceOrders"),
    Move(CREATED, CONFIRMED, ORDER_TYPES, "ConfirmOrders"),
    Move(CREATED, CANCELLED, ORDER_TYPES, "CancelOrders, or ConfirmOrders of the others after CancelOrder"),
    Move(CONFIRMED, PAID, (PREPAID,), "ConfirmOrders, or the transfer came"),
    Move(CONFIRMED, SHIPPED, (CASH_ON_DELIVERY,), "first parcel dispatched"),
    Move(CONFIRMED, CANCELLED, ORDER_TYPES, "CancelOrders, CancelOrder, or not paid in time"),
    Move(PAID, SHIPPED, (PREPAID,), "first parcel dispatched"),
    Move(SHIPPED, DELIVERED, ORDER_TYPES, "last parcel delivered"),
    Move(DELIVERED, PAID, (CASH_ON_DELIVERY,), "cash received"),
    Move(DELIVERED, CLOSED, (PREPAID,), "escrow released"),
    Move(PAID, CLOSED, (CASH_ON_DELIVERY,), "escrow released"),
    Move(PAID, REFUNDED, ORDER_TYPES, "CancelOrders, or refunded whole after CancelOrder"),
    Move(SHIPPED, REFUNDED, (PREPAID,), "refunded whole after CancelOrder"),
    Move(DELIVERED, REFUNDED, (PREPAID,), "refunded whole after CancelOrder"),
    Move(CLOSED, REFUNDED, ORDER_TYPES, "refunded whole after CancelOrder"),
)

_LEGAL = frozenset((kind, move.from_status, move.to_status) for move in MOVES for kind in move.order_types)


def is_legal(order_type: str, from_status: str, to_status: str) -> bool:
    """Whether an order of this type may take this step."""
    return (order_type, from_status, to_status) in _LEGAL
