"""Orders by owner, newest first, and what a seller has sold."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import msgspec

from argosy.read_models.order_history.projector import OrderSummary, SellerDashboard
from argosy.read_models.slots import live_table, search
from argosy.read_models.stored import ROWS_MAX, Listed, Stored, document
from argosy.shared_kernel.ids import Id, is_id

VIEW = "order_history"

Place = tuple[datetime, Id]
"""Where a list of orders goes on: after the order of this time and id."""


class Dashboard(NamedTuple):
    """What a seller has sold: `orders_json` counts orders by what became of them; money in minor units."""

    orders_json: str
    currency: str
    revenue: int
    other_revenue_json: str


def order_of_buyer(order_id: str, buyer_id: str) -> Stored | None:
    """None for an order that is not there, or not (yet) here, or somebody else's."""
    return document(VIEW, OrderSummary, "order_id = ? AND buyer_id = ?", order_id, buyer_id)


def order_of_seller(order_id: str, seller_id: str) -> Stored | None:
    """None for an order that is not there, or not (yet) here, or another seller's."""
    return document(VIEW, OrderSummary, "order_id = ? AND seller_id = ?", order_id, seller_id)


class Which(NamedTuple):
    """Which orders of an owner: in a status, created from a time on and before another; the newest first or the
    oldest."""

    status: str = ""
    created_from: datetime | None = None
    created_before: datetime | None = None
    is_oldest_first: bool = False


ALL = Which()


def orders_of_buyer(buyer_id: str, after: Place | None = None, limit: int = 20, which: Which = ALL) -> list[Listed]:
    return _orders("buyer_id", buyer_id, after, limit, which)


def orders_of_seller(seller_id: str, after: Place | None = None, limit: int = 20, which: Which = ALL) -> list[Listed]:
    return _orders("seller_id", seller_id, after, limit, which)


def seller_dashboard(seller_id: str) -> Dashboard | None:
    """None for a seller who has sold nothing yet."""
    if not is_id(seller_id):
        return None
    dialect = search()
    rows = dialect.query(
        f"SELECT {dialect.selected('orders_json', 'jsonb')}, currency, revenue, "
        f"{dialect.selected('other_revenue_json', 'jsonb')} FROM {live_table(VIEW, SellerDashboard)} "
        f"WHERE seller_id = ?",
        (seller_id,),
    )
    return Dashboard(*rows[0]) if rows else None


def _orders(owner: str, owner_id: str, after: Place | None, limit: int, which: Which) -> list[Listed]:
    if not is_id(owner_id):
        return []
    dialect = search()
    order, beyond = ("ASC", ">") if which.is_oldest_first else ("DESC", "<")
    condition, parameters = "", [owner_id]
    if after is not None:
        condition += f" AND (created_at, order_id) {beyond} (?, ?)"
        parameters += [dialect.instant(after[0]), after[1]]
    if which.status:
        condition += " AND status = ?"
        parameters.append(which.status)
    if which.created_from is not None:
        condition += " AND created_at >= ?"
        parameters.append(dialect.instant(which.created_from))
    if which.created_before is not None:
        condition += " AND created_at < ?"
        parameters.append(dialect.instant(which.created_before))
    rows = dialect.query(
        f"SELECT body, created_at, {dialect.selected('order_id', 'uuid')} FROM {live_table(VIEW, OrderSummary)} "
        f"WHERE {owner} = ?{condition} ORDER BY created_at {order}, order_id {order} LIMIT ?",
        (*parameters, min(limit, ROWS_MAX)),
    )
    return [
        Listed(msgspec.Raw(body.encode()), (dialect.to_instant(created_at), order_id))
        for body, created_at, order_id in rows
    ]
