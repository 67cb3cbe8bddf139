"""The shop window: pages by product, listings by category and seller, counts by category."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from argosy.contracts.products import CollectionRule
from argosy.read_models.catalogue.projector import (
    CategoryCount,
    ProductDetail,
    ProductListing,
    StockUnitLevel,
    category_id,
)
from argosy.read_models.slots import live_table, search
from argosy.read_models.stored import ROWS_MAX, Listed, Stored, document
from argosy.shared_kernel.ids import Id, is_id

VIEW = "catalogue"

Place = tuple[datetime | int, Id]
"""Where a listing goes on: after the product of this time (newest first) or price (by price), and id."""


class Category(NamedTuple):
    """A category with the number of its products on sale."""

    category: str
    products: int


def product_page(product_id: str) -> Stored | None:
    """None for a product that is not on sale. One that is withheld is shown, and says so."""
    return document(VIEW, ProductDetail, "product_id = ? AND is_published", product_id)


def product_of_order(product_id: str) -> Stored | None:
    """The page of a product that was ever on sale, for whoever has bought it."""
    return document(VIEW, ProductDetail, "product_id = ?", product_id)


def products_of_orders(product_ids: Collection[str]) -> dict[str, bytes]:
    """The same of several, by their ids, with one look; text that is no id finds none."""
    wanted = [product_id for product_id in product_ids if is_id(product_id)]
    if not wanted:
        return {}
    dialect = search()
    rows = dialect.query(
        f"SELECT {dialect.selected('product_id', 'uuid')}, body FROM {live_table(VIEW, ProductDetail)} "
        f"WHERE product_id IN ({', '.join('?' for _ in wanted)})",
        tuple(wanted),
    )
    return {product_id: body.encode() for product_id, body in rows}


def newest(
    *,
    category: str = "",
    below: Sequence[Id] = (),
    seller_id: str = "",
    after: Place | None = None,
    limit: int = 20,
) -> list[Listed]:
    """Cards of products on sale, newest first: all, or of a category and (by their ids) of those `below` it."""
    return _cards((category, below), seller_id, "listed_at", after, limit)


def by_price(
    *,
    category: str = "",
    below: Sequence[Id] = (),
    seller_id: str = "",
    after: Place | None = None,
    limit: int = 20,
) -> list[Listed]:
    """Cards of products on sale, lowest price first: all, or of a category and (by their ids) of those `below` it."""
    return _cards((category, below), seller_id, "price_from", after, limit)


def chosen(product_ids: list[Id]) -> list[Listed]:
    """Cards of those of these products that are on sale and listed, in this order."""
    if not product_ids:
        return []
    dialect = search()
    marks = ", ".join("?" for _ in product_ids)
    rows = dialect.query(
        f"SELECT card, price_from, {dialect.selected('product_id', 'uuid')} FROM {live_table(VIEW, ProductListing)} "
        f"WHERE is_published AND product_id IN ({marks})",
        tuple(product_ids),
    )
    found = {id: Listed(msgspec.Raw(card.encode()), (price_from, id)) for card, price_from, id in rows}
    return [found[id] for id in product_ids if id in found]


def found_by_rule(
    rule: CollectionRule,
    *,
    below: Sequence[Id] = (),
    seller_id: str = "",
    after: Place | None = None,
    limit: int = 20,
) -> list[Listed]:
    """Cards of products on sale that a collection's rule finds, lowest price first."""
    more: list[tuple[str, Any]] = []
    if rule.currency:
        more.append(("currency = ?", rule.currency))
    if rule.price_from is not None:
        more.append(("price_from >= ?", rule.price_from))
    if rule.price_to is not None:
        more.append(("price_from <= ?", rule.price_to))
    if rule.is_reduced:
        # A card is our own text. Its quotes are escaped in titles, so that no title can look like this member; cards
        # of before there were sales lack it.
        more.append(("card LIKE ?", '%"was_from":%'))
        more.append(("card NOT LIKE ?", '%"was_from":null%'))
    return _cards((rule.category, below), seller_id, "price_from", after, limit, more)


def categories() -> list[Category]:
    """Every category that has products on sale, by name."""
    return [
        Category(*row)
        for row in search().query(
            f"SELECT category, products FROM {live_table(VIEW, CategoryCount)} WHERE products > 0 ORDER BY category"
        )
    ]


def units_left(stock_unit_id: str) -> int | None:
    """What was last told of a stock unit over all warehouses; None where nothing was. Above ten it is not exact."""
    if not is_id(stock_unit_id):
        return None
    rows = search().query(
        f"SELECT available FROM {live_table(VIEW, StockUnitLevel)} WHERE stock_unit_id = ?", (stock_unit_id,)
    )
    return rows[0][0] if rows else None


def _cards(
    categories: tuple[str, Sequence[Id]],
    seller_id: str,
    order: str,
    after: Place | None,
    limit: int,
    more: Sequence[tuple[str, Any]] = (),
) -> list[Listed]:
    if seller_id and not is_id(seller_id):
        return []
    dialect = search()
    conditions, parameters = ["is_published"], list[Any]()
    category, below = categories
    if category:
        ids = (category_id(category), *below)
        conditions.append(f"category_id IN ({', '.join('?' for _ in ids)})")
        parameters += ids
    if seller_id:
        conditions.append("seller_id = ?")
        parameters.append(seller_id)
    for condition, value in more:
        conditions.append(condition)
        parameters.append(value)
    is_by_time = order == "listed_at"
    if after is not None:
        at, id = after
        conditions.append(f"({order}, product_id) {'<' if is_by_time else '>'} (?, ?)")
        parameters += [dialect.instant(at) if isinstance(at, datetime) else at, id]
    direction = "DESC" if is_by_time else "ASC"
    rows = dialect.query_at_once(
        f"SELECT card, {order}, {dialect.selected('product_id', 'uuid')} FROM {live_table(VIEW, ProductListing)} "
        f"WHERE {' AND '.join(conditions)} ORDER BY {order} {direction}, product_id {direction} LIMIT ?",
        (*parameters, min(limit, ROWS_MAX)),
        ("card", order, "product_id"),
    )
    rows.sort(key=itemgetter(1, 2), reverse=is_by_time)
    return [
        Listed(msgspec.Raw(card.encode()), (dialect.to_instant(value) if is_by_time else value, id))
        for card, value, id in rows
    ]
