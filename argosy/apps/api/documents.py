"""What is read from the views: the shop window, a cart with its titles and prices, lists of orders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from argosy.domains.accounts.adapters.outbound.queries import store_by_slug as seller_with_slug
from argosy.domains.checkout.adapters.outbound.shop_terms import currencies
from argosy.domains.checkout.domain.request import CurrencyNotTaken
from argosy.domains.orders.adapters.inbound.shown import WholeOrder
from argosy.domains.orders.adapters.outbound.queries import order_of_seller
from argosy.domains.products.adapters.outbound.queries import below_code, category_places, collection
from argosy.domains.products.adapters.outbound.queries import product_by_slug as product_with_slug
from argosy.platform.auth import buyer, public, seller, shopper, staff
from argosy.platform.bodies import IdText, MaybeIdText, matching
from argosy.platform.languages import Locale, Spoken, wanted
from argosy.platform.pages import Fields, Page, PageQuery, cursor, page, sparse
from argosy.platform.rest import PREFIX, Asked, Document, document, get
from argosy.platform.runtime import runtime
from argosy.read_models.active_promotions import queries as promotions
from argosy.read_models.audit.queries import FILTERS, acts
from argosy.read_models.cart_summary import queries as carts
from argosy.read_models.cart_summary.projector import CartDocument
from argosy.read_models.catalogue import queries as catalogue
from argosy.read_models.catalogue.page import ProductPage, read_page
from argosy.read_models.order_history import queries as history
from argosy.read_models.order_history.projector import OrderDocument
from argosy.read_models.stored import Listed, Stored
from argosy.read_models.stores import queries as stores
from argosy.read_models.stores.projector import StoreDocument
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.money import AMOUNT_MAX, exponent

_Text = Annotated[str, msgspec.Meta(max_length=200)]

# What a cursor may hold: whatever else it says, it is none of ours.
_Amount = Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MAX)]
_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


_Currency = Annotated[
    str,
    matching(
        "^([A-Z]{3})?$",
        max_length=3,
        description="Only what is sold in this currency, one of those of this shop; by price: by the price in it.",
    ),
]


_OrderCurrency = Annotated[str, matching("^([A-Z]{3})?$", max_length=3)]


class SpokenPageQuery(PageQuery, kw_only=True, frozen=True):
    """Which page of a list, in which language."""

    locale: Locale = ""


class ListingQuery(SpokenPageQuery, kw_only=True, frozen=True):
    """Which products, in which order."""

    category: _Text = ""
    seller_id: _Text = ""
    sort: Literal["newest", "price"] = "newest"
    currency: _Currency = ""


class OrdersQuery(PageQuery, kw_only=True, frozen=True):
    """Which orders: in one state, created from a time on and before another; the newest first, or the oldest. `fields`:
    only these of each."""

    status: Literal["", "CREATED", "CONFIRMED", "PAID", "SHIPPED", "DELIVERED", "CLOSED", "CANCELLED", "REFUNDED"] = ""
    created_from: _Instant | None = None
    created_before: _Instant | None = None
    sort: Literal["newest", "oldest"] = "newest"
    fields: Fields = ""


class AllOrdersQuery(OrdersQuery, kw_only=True, frozen=True):
    """Which of everybody's orders: also of a seller, of a buyer (whose claimed ones are theirs too), with a number, in
    a currency. `created_from` and `created_before` are when they were placed."""

    seller_id: MaybeIdText = ""
    buyer_id: MaybeIdText = ""
    order_number: Annotated[str, msgspec.Meta(max_length=20)] = ""
    currency: _OrderCurrency = ""


class ActivePromotionsQuery(PageQuery, kw_only=True, frozen=True):
    """Of a product, of a seller, or where neither is named the platform's."""

    product_id: _Text = ""
    seller_id: _Text = ""


class AuditQuery(PageQuery, kw_only=True, frozen=True):
    """Which acts: of who did it (`operator`), what it was done to (`about`), what was done (`what`, an operation's
    name), where, as whom, and from `since` on until before `until`."""

    operator: _Text = ""
    about: _Text = ""
    what: _Text = ""
    context: _Text = ""
    acted_as: Literal["", "staff", "member", "operator"] = ""
    since: _Instant | None = None
    until: _Instant | None = None


class Categories(msgspec.Struct, kw_only=True):
    items: list[catalogue.Category]


def product(asked: Asked) -> Document | None:
    """A product on sale, with its variants and prices, in the language that fits best."""
    return _sent(catalogue.product_page(asked["product_id"], _languages(asked)), is_public=True)


def product_by_slug(asked: Asked) -> Document | None:
    """A product on sale by a slug that it has or had; `slug` in the answer is the one that it has."""
    product_id = product_with_slug(asked["slug"])
    return None if product_id is None else _sent(catalogue.product_page(product_id, _languages(asked)), is_public=True)


def products_of_collection(asked: Asked) -> Document | None:
    """What is on sale of a collection: in its own order, or the cheapest first where a rule finds it."""
    query: SpokenPageQuery = asked.query
    found = collection(asked["collection_id"])
    if found is None:
        return None
    if found.rule is None:
        chosen = catalogue.chosen(found.product_ids, _languages(asked))
        return _spoken(Page(items=[one.body for one in chosen], next=None))
    cards = catalogue.found_by_rule(
        found.rule,
        below=below_code(found.rule.category),
        seller_id=found.seller_id or "",
        after=query.position(tuple[_Amount, IdText]),
        limit=query.limit + 1,
        languages=_languages(asked),
    )
    return _spoken(_page(cards, query, f"{PREFIX}collections/{found.collection_id}/products", locale=query.locale))


def products(asked: Asked) -> Document:
    """Products on sale: all, or of one category (and those below it) or seller, or what is sold in a currency; the
    newest or the cheapest first, each in the language that fits best."""
    query: ListingQuery = asked.query
    _expect_sold_in(query.currency)
    place: Any = tuple[_Amount, IdText] if query.sort == "price" else tuple[_Instant, IdText]
    listing = catalogue.by_price if query.sort == "price" else catalogue.newest
    found = listing(
        category=query.category,
        below=below_code(query.category),
        seller_id=query.seller_id,
        after=query.position(place),
        limit=query.limit + 1,
        reader=catalogue.Reader(_languages(asked), query.currency),
    )
    shown = _page(
        found,
        query,
        f"{PREFIX}products",
        category=query.category,
        seller_id=query.seller_id,
        sort=query.sort,
        currency=query.currency,
        locale=query.locale,
    )
    return _spoken(shown)


def _expect_sold_in(currency: str) -> None:
    """Refuse a currency in which nothing can be sold here: an empty page would say that nothing is on sale."""
    if not currency:
        return
    exponent(currency)
    known = currencies()
    if known and currency not in known:
        raise CurrencyNotTaken(field="currency", known=list(known))


def categories(asked: Asked) -> Categories:
    """Every category in which, or below which, there are products on sale, and how many: as many as a listing of it
    shows."""
    return Categories(items=catalogue.categories({code: place.above for code, place in category_places().items()}))


def active_promotions(asked: Asked) -> Page:
    """Promotions that run now: those that a product could get, those of a seller, or the platform's."""
    query: ActivePromotionsQuery = asked.query
    now, position = runtime().clock.now(), query.position(tuple[Literal[""], IdText])
    after = position[1] if position else ""
    if not query.product_id:
        found = promotions.given_by(query.seller_id or promotions.PLATFORM, now, after, query.limit + 1)
    else:
        stored = catalogue.product_page(query.product_id)
        shown = None if stored is None else read_page(stored.body.decode())
        found = (
            []
            if shown is None
            else promotions.of_product(shown.product_id, shown.seller_id, shown.category, now, after, query.limit + 1)
        )
    path = f"{PREFIX}promotions/active"
    return _page(found, query, path, product_id=query.product_id, seller_id=query.seller_id)


def store(asked: Asked) -> Document | None:
    """A store that was ever opened: what it is called, where it is, and what it says of itself in the language that
    fits best."""
    return _sent(stores.store(asked["seller_id"], _languages(asked)), is_public=True)


def store_by_slug(asked: Asked) -> Document | None:
    """A store by a slug that it has or had; `slug` in the answer is the one that it has."""
    seller_id = seller_with_slug(asked["slug"])
    return None if seller_id is None else _sent(stores.store(seller_id, _languages(asked)), is_public=True)


def my_cart_summary(asked: Asked) -> Document | None:
    """Your cart with titles and prices as they were when it last changed; the cart itself is `carts/mine`."""
    return _sent(carts.cart_summary(asked.actor.id, _languages(asked)))


def my_orders(asked: Asked) -> Page:
    """Your orders, the newest first."""
    return _orders(asked, history.orders_of_buyer, asked.actor.id, "orders")


def orders_of_my_store(asked: Asked) -> Page:
    """What was bought of your store, the newest first."""
    return _orders(asked, history.orders_of_seller, asked.actor.seller_id, "stores/mine/orders")


def all_orders(asked: Asked) -> Page:
    """Everybody's orders, the newest first."""
    query: AllOrdersQuery = asked.query
    which = _which(query)._replace(seller_id=query.seller_id, number=query.order_number, currency=query.currency)
    position, limit = query.position(tuple[_Instant, IdText]), query.limit + 1
    if query.buyer_id:
        found = history.orders_of_buyer(query.buyer_id, position, limit, which)
    else:
        found = history.all_orders(position, limit, which)
    return _page_of_orders(
        found,
        query,
        "marketplace/orders",
        seller_id=query.seller_id,
        buyer_id=query.buyer_id,
        order_number=query.order_number,
        currency=query.currency,
    )


def _orders(asked: Asked, listing: Callable[..., list[Listed]], owner: str, path: str) -> Page:
    query: OrdersQuery = asked.query
    found = listing(owner, query.position(tuple[_Instant, IdText]), query.limit + 1, _which(query))
    return _page_of_orders(found, query, path)


def _which(query: OrdersQuery) -> history.Which:
    return history.Which(query.status, query.created_from, query.created_before, query.sort == "oldest")


def _page_of_orders(found: list[Listed], query: OrdersQuery, path: str, **filters: str) -> Page:
    last = found[query.limit - 1].place if len(found) > query.limit else ()
    return page(
        sparse([one.body for one in found], query.fields, OrderDocument),
        query,
        f"{PREFIX}{path}",
        cursor(*last),
        status=query.status,
        created_from=query.created_from.isoformat() if query.created_from else "",
        created_before=query.created_before.isoformat() if query.created_before else "",
        sort=query.sort if query.sort != "newest" else "",
        fields=query.fields,
        **filters,
    )


def order_of_my_store(asked: Asked) -> dict[str, Any] | None:
    """One order of your store, whole."""
    return order_of_seller(asked["order_id"], Id(asked.actor.seller_id))


def _languages(asked: Asked) -> tuple[str, ...]:
    """Those that the asker takes, the dearest first."""
    said, locale = asked.request.META.get("HTTP_ACCEPT_LANGUAGE", ""), asked.query.locale
    return wanted(said, locale) if said or locale else ()


def _sent(stored: Stored | None, *, is_public: bool = False) -> Document | None:
    return None if stored is None else Document(stored.body, stored.etag, is_public=is_public, speaks=stored.locale)


def _spoken(found: Page) -> Document:
    """Things of a list may be in several languages."""
    body, etag, *_ = document(found)
    return Document(body, etag, speaks="")


def _page(found: list[Listed], query: PageQuery, path: str, **filters: str) -> Page:
    last = found[query.limit - 1].place if len(found) > query.limit else ()
    return page([one.body for one in found], query, path, cursor(*last), **filters)


def audit(asked: Asked) -> Page:
    """What staff, members of stores' teams and operators have done, the newest first: by who did it, to what it was
    done, what was done, in which context, as whom, and when."""
    query: AuditQuery = asked.query
    filters = {name: getattr(query, name) for name in FILTERS}
    found = acts(filters, query.since, query.until, query.position(tuple[_Instant, IdText]), query.limit + 1)
    times = {name: at.isoformat() for name in ("since", "until") if (at := getattr(query, name))}
    return _page(found, query, f"{PREFIX}audit", **filters, **times)


# By the tag that they are described under: the context whose things they show.
endpoints = {
    "accounts": [
        get("audit", audit, allow=staff, parameters=AuditQuery, answers=Page),
        get("stores/{seller_id}", store, allow=public, parameters=Spoken, answers=StoreDocument),
        get("store-slugs/{slug}", store_by_slug, allow=public, parameters=Spoken, answers=StoreDocument),
    ],
    "products": [
        get("products", products, allow=public, parameters=ListingQuery, answers=Page),
        get("products/{product_id}", product, allow=public, parameters=Spoken, answers=ProductPage),
        get(
            "collections/{collection_id}/products",
            products_of_collection,
            allow=public,
            parameters=SpokenPageQuery,
            answers=Page,
        ),
        get("slugs/{slug}", product_by_slug, allow=public, parameters=Spoken, answers=ProductPage),
        get("categories", categories, allow=public, answers=Categories),
    ],
    "promotions": [
        get("promotions/active", active_promotions, allow=public, parameters=ActivePromotionsQuery, answers=Page)
    ],
    "carts": [get("carts/mine/summary", my_cart_summary, allow=buyer, parameters=Spoken, answers=CartDocument)],
    "orders": [
        get("orders", my_orders, allow=shopper, parameters=OrdersQuery, answers=Page),
        get("stores/mine/orders", orders_of_my_store, allow=seller, parameters=OrdersQuery, answers=Page),
        get("marketplace/orders", all_orders, allow=staff, parameters=AllOrdersQuery, answers=Page),
        get("stores/mine/orders/{order_id}", order_of_my_store, allow=seller, answers=WholeOrder),
    ],
}
