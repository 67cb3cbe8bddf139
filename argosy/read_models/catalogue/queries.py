"""The shop window: pages by product, listings by category and seller, counts by category."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from argosy.contracts.products import CollectionRule
from argosy.read_models.catalogue.projector import (
    CategoryCount,
    PriceBeside,
    ProductDetail,
    ProductListing,
    StockUnitLevel,
    category_id,
)
from argosy.read_models.editions import edition
from argosy.read_models.slots import live_table, search
from argosy.read_models.stored import ROWS_MAX, Listed, Stored, document, document_for
from argosy.shared_kernel.ids import Id, is_id

VIEW = "catalogue"

Place = tuple[datetime | int, Id]
"""Where a listing goes on: after the product of this time (newest first) or price (by price), and id."""


class Reader(NamedTuple):
    """Who looks: the languages that they take, dearest first, and the currency in which they buy ("": any)."""

    languages: Sequence[str] = ()
    currency: str = ""


ANYBODY = Reader()


class Category(NamedTuple):
    """A category with the number of its products on sale."""

    category: str
    products: int


def product_page(product_id: str, wanted: Sequence[str] = ()) -> Stored | None:
    """None for a product that is not on sale. One that is withheld is shown, and says so."""
    condition = "product_id = ? AND is_published"
    if wanted:
        return document_for(wanted, VIEW, ProductDetail, condition, product_id)
    return document(VIEW, ProductDetail, condition, product_id)


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
    reader: Reader = ANYBODY,
) -> list[Listed]:
    """Cards of products on sale, newest first: all, or of a category and (by their ids) of those `below` it; only
    what is sold in the reader's currency."""
    return _cards(_Wanted((category, below), seller_id, "listed_at", reader), after, limit)


def by_price(
    *,
    category: str = "",
    below: Sequence[Id] = (),
    seller_id: str = "",
    after: Place | None = None,
    limit: int = 20,
    reader: Reader = ANYBODY,
) -> list[Listed]:
    """Cards of products on sale, lowest price first: all, or of a category and (by their ids) of those `below` it; only
    what is sold in the reader's currency, and by its price in that."""
    return _cards(_Wanted((category, below), seller_id, "price_from", reader), after, limit)


def is_sold_elsewhere(reader: Reader, *, category: str = "", below: Sequence[Id] = (), seller_id: str = "") -> bool:
    """Whether there is something on sale, in whatever currency, where there is nothing in the reader's."""
    return bool(reader.currency and newest(category=category, below=below, seller_id=seller_id, limit=1))


def unsold(currencies: Sequence[str]) -> list[str]:
    """Those of these currencies in which nothing is on sale, where anything is."""
    if not newest(limit=1):
        return []
    return [one for one in currencies if not newest(limit=1, reader=Reader(currency=one))]


def chosen(product_ids: list[Id], languages: Sequence[str] = ()) -> list[Listed]:
    """Cards of those of these products that are on sale and listed, in this order."""
    if not product_ids:
        return []
    dialect = search()
    marks = ", ".join("?" for _ in product_ids)
    rows = dialect.query(
        f"SELECT card, price_from, {dialect.selected('product_id', 'uuid')}, editions "
        f"FROM {live_table(VIEW, ProductListing)} WHERE is_published AND product_id IN ({marks})",
        tuple(product_ids),
    )
    found = {
        id: Listed(_spoken(card, editions, languages), (price_from, id)) for card, price_from, id, editions in rows
    }
    return [found[id] for id in product_ids if id in found]


def found_by_rule(
    rule: CollectionRule,
    *,
    below: Sequence[Id] = (),
    seller_id: str = "",
    after: Place | None = None,
    limit: int = 20,
    languages: Sequence[str] = (),
) -> list[Listed]:
    """Cards of products on sale that a collection's rule finds, lowest price first; of a rule with a currency, by
    their prices in it."""
    more: list[tuple[str, Any]] = []
    if rule.price_from is not None:
        more.append(("price_from >= ?", rule.price_from))
    if rule.price_to is not None:
        more.append(("price_from <= ?", rule.price_to))
    wanted = _Wanted((rule.category, below), seller_id, "price_from", Reader(languages, rule.currency), more)
    return _cards(wanted._replace(is_reduced=rule.is_reduced), after, limit)


def categories(above: Mapping[str, Sequence[str]] = MappingProxyType({})) -> list[Category]:
    """Every category in or below which products are on sale, by code; `above` are the categories above each."""
    rows = search().query(f"SELECT category, products FROM {live_table(VIEW, CategoryCount)} WHERE products > 0")
    return _counted(rows, above)


def categories_of_seller(
    seller_id: str, above: Mapping[str, Sequence[str]] = MappingProxyType({}), currency: str = ""
) -> list[Category]:
    """The same of one seller's products: as many as a listing of theirs shows to whoever buys in this currency ("":
    any)."""
    if not is_id(seller_id):
        return []
    table = live_table(VIEW, ProductListing)
    condition, parameters = "s.is_published AND s.seller_id = ?", [seller_id]
    if currency:
        condition += (
            f" AND (s.currency = ? OR EXISTS (SELECT 1 FROM {live_table(VIEW, PriceBeside)} p "
            "WHERE p.product_id = s.product_id AND p.currency = ?))"
        )
        parameters += [currency, currency]
    rows = search().query(
        f"SELECT s.category, count(*) FROM {table} s WHERE {condition} GROUP BY s.category", tuple(parameters)
    )
    return _counted(rows, above)


def _counted(rows: list[tuple[Any, ...]], above: Mapping[str, Sequence[str]]) -> list[Category]:
    counts: Counter[str] = Counter()
    for category, products in rows:
        for counted in (category, *above.get(category, ())):
            counts[counted] += products
    return [Category(*one) for one in sorted(counts.items())]


def units_left(stock_unit_id: str) -> int | None:
    """What was last told of a stock unit over all warehouses; None where nothing was. Above ten it is not exact."""
    if not is_id(stock_unit_id):
        return None
    rows = search().query(
        f"SELECT available FROM {live_table(VIEW, StockUnitLevel)} WHERE stock_unit_id = ?", (stock_unit_id,)
    )
    return rows[0][0] if rows else None


class _Wanted(NamedTuple):
    """Which cards, and in which order."""

    categories: tuple[str, Sequence[Id]]
    seller_id: str
    order: str
    reader: Reader
    more: Sequence[tuple[str, Any]] = ()
    is_reduced: bool = False


# A card is our own text. Its quotes are escaped in titles, so that no title can look like these members, of which the
# card's own comes last; cards of before there were sales lack it.
_REDUCED = (("card LIKE ?", '%"was_from":%'), ("card NOT LIKE ?", '%"was_from":null%'))


def _cards(wanted: _Wanted, after: Place | None, limit: int) -> list[Listed]:
    """What is sold in a currency is what has it as its own, and what is priced in it beside its own."""
    table, currency = live_table(VIEW, ProductListing), wanted.reader.currency
    if not currency:
        return _found(table, wanted, _REDUCED if wanted.is_reduced else (), after, limit)
    own = _found(table, wanted, [("currency = ?", currency), *(_REDUCED if wanted.is_reduced else ())], after, limit)
    priced = (
        "(SELECT s.card, s.editions, s.category_id, s.seller_id, s.listed_at, s.is_published, p.currency, "
        f"p.product_id, p.price_from, p.was_from FROM {live_table(VIEW, PriceBeside)} p "
        f"JOIN {table} s ON s.product_id = p.product_id) priced"
    )
    reduced = [("was_from > ?", 0)] if wanted.is_reduced else []
    beside = _found(priced, wanted, [("currency = ?", currency), *reduced], after, limit)
    both = sorted(own + beside, key=lambda one: one.stored, reverse=wanted.order == "listed_at")
    return both[:limit]


def _found(
    rows_of: str, wanted: _Wanted, also: Sequence[tuple[str, Any]], after: Place | None, limit: int
) -> list[Listed]:
    if wanted.seller_id and not is_id(wanted.seller_id):
        return []
    dialect = search()
    conditions, parameters = ["is_published"], list[Any]()
    category, below = wanted.categories
    if category:
        ids = (category_id(category), *below)
        conditions.append(f"category_id IN ({', '.join('?' for _ in ids)})")
        parameters += ids
    if wanted.seller_id:
        conditions.append("seller_id = ?")
        parameters.append(wanted.seller_id)
    for condition, value in (*wanted.more, *also):
        conditions.append(condition)
        parameters.append(value)
    order = wanted.order
    is_by_time = order == "listed_at"
    if after is not None:
        at, id = after
        conditions.append(f"({order}, product_id) {'<' if is_by_time else '>'} (?, ?)")
        parameters += [dialect.instant(at) if isinstance(at, datetime) else at, id]
    direction = "DESC" if is_by_time else "ASC"
    languages = wanted.reader.languages
    columns = ("card", order, "product_id", "editions") if languages else ("card", order, "product_id")
    rows = dialect.query_at_once(
        f"SELECT card, {order}, {dialect.selected('product_id', 'uuid')}{', editions' if languages else ''} "
        f"FROM {rows_of} "
        f"WHERE {' AND '.join(conditions)} ORDER BY {order} {direction}, product_id {direction} LIMIT ?",
        (*parameters, min(limit, ROWS_MAX)),
        columns,
    )
    rows.sort(key=itemgetter(1, 2), reverse=is_by_time)
    read = dialect.to_instant if is_by_time else None
    if languages:
        return [Listed(_spoken(card, editions, languages), (at, id), read) for card, at, id, editions in rows]
    return [Listed(msgspec.Raw(card.encode()), (at, id), read) for card, at, id in rows]


def _spoken(card: str, editions: str, languages: Sequence[str]) -> msgspec.Raw:
    """The card in the language that fits best."""
    return msgspec.Raw((edition(editions, languages)[1] or card).encode())
