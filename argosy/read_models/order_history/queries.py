"""Orders by owner, newest first, and what a seller has sold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

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
    """None for an order that is not there, or not (yet) here, or somebody else's: neither bought nor claimed."""
    return document(
        VIEW, OrderSummary, "order_id = ? AND (buyer_id = ? OR claimed_by = ?)", order_id, buyer_id, buyer_id
    )


def order_of_seller(order_id: str, seller_id: str) -> Stored | None:
    """None for an order that is not there, or not (yet) here, or another seller's."""
    return document(VIEW, OrderSummary, "order_id = ? AND seller_id = ?", order_id, seller_id)


class Which(NamedTuple):
    """Which orders: in a status, created from a time on and before another, of a seller, with a number, in a currency;
    the newest first or the oldest."""

    status: str = ""
    created_from: datetime | None = None
    created_before: datetime | None = None
    is_oldest_first: bool = False
    seller_id: str = ""
    number: str = ""
    currency: str = ""


ALL = Which()


def orders_of_buyer(buyer_id: str, after: Place | None = None, limit: int = 20, which: Which = ALL) -> list[Listed]:
    """Those that they have bought, and those that they have claimed."""
    return _orders(("buyer_id", "claimed_by"), buyer_id, after, limit, which)


def orders_of_seller(seller_id: str, after: Place | None = None, limit: int = 20, which: Which = ALL) -> list[Listed]:
    return _orders(("seller_id",), seller_id, after, limit, which)


def all_orders(after: Place | None = None, limit: int = 20, which: Which = ALL) -> list[Listed]:
    """Whoever's they are."""
    return _orders((), "", after, limit, which)


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


def _orders(owners: Sequence[str], owner_id: str, after: Place | None, limit: int, which: Which) -> list[Listed]:
    """One list of the orders in which one of these columns names the owner. Each column is looked through by itself,
    by its own index, and their first ones are put together."""
    if (owners and not is_id(owner_id)) or (which.seller_id and not is_id(which.seller_id)):
        return []
    dialect = search()
    order = "ASC" if which.is_oldest_first else "DESC"
    condition, parameters = _condition(which, after)
    most = min(limit, ROWS_MAX)
    looks = [
        f"SELECT body, created_at, {dialect.selected('order_id', 'uuid')} AS shown_id, order_id AS place "
        f"FROM {live_table(VIEW, OrderSummary)} WHERE {f'{owner} = ?' if owner else '1 = 1'}{condition} "
        f"ORDER BY created_at {order}, order_id {order} LIMIT ?"
        for owner in owners or ("",)
    ]
    asked = [value for owner in owners or ("",) for value in (*([owner_id] if owner else []), *parameters, most)]
    sql = looks[0]
    if len(looks) > 1:
        sql = " UNION ALL ".join(f"SELECT * FROM ({look}) AS part_{number}" for number, look in enumerate(looks))
        sql += f" ORDER BY created_at {order}, place {order} LIMIT ?"
        asked.append(most)
    return [
        Listed(msgspec.Raw(body.encode()), (dialect.to_instant(created_at), order_id))
        for body, created_at, order_id, _ in dialect.query(sql, asked)
    ]


def _condition(which: Which, after: Place | None) -> tuple[str, list[Any]]:
    dialect, beyond = search(), ">" if which.is_oldest_first else "<"
    condition, parameters = "", list[Any]()
    if after is not None:
        condition += f" AND (created_at, order_id) {beyond} (?, ?)"
        parameters += [dialect.instant(after[0]), after[1]]
    for column, value in (
        ("status", which.status),
        ("seller_id", which.seller_id),
        ("order_number", which.number),
        ("currency", which.currency),
    ):
        if value:
            condition += f" AND {column} = ?"
            parameters.append(value)
    for compared, instant in ((">=", which.created_from), ("<", which.created_before)):
        if instant is not None:
            condition += f" AND created_at {compared} ?"
            parameters.append(dialect.instant(instant))
    return condition, parameters
