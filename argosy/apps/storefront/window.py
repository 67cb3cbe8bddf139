"""The shop window: categories, listings and products, for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
from django.http import HttpResponse, HttpResponsePermanentRedirect

from argosy.apps.storefront.pages import Visit
from argosy.apps.storefront.reader import shown_to
from argosy.apps.storefront.stores import store_name, store_names, store_shown
from argosy.apps.storefront.tags import listing_address
from argosy.apps.storefront.words import spoken
from argosy.domains.accounts.adapters.outbound.queries import store_by_slug as seller_with_slug
from argosy.domains.products.adapters.outbound.queries import below_code, category_places
from argosy.domains.products.adapters.outbound.queries import product_by_slug as product_with_slug
from argosy.platform.bodies import IdText
from argosy.platform.languages import marketplace_language
from argosy.platform.pages import PageQuery, cursor
from argosy.platform.problems import Problem, not_found
from argosy.read_models.catalogue import queries as catalogue
from argosy.read_models.catalogue.page import Card, ProductPage, VariantShown, read_page
from argosy.read_models.stored import Listed
from argosy.read_models.stores.projector import StoreDocument
from argosy.shared_kernel.ids import is_id
from argosy.shared_kernel.money import AMOUNT_MAX

NEWEST_SHOWN = 8
CATEGORIES_SHOWN = 14
PAGE_SIZE = 24
FILTER_LETTERS_MAX = 200
SORTS = {"newest": "Newest first", "price": "Lowest price first"}

_PLACES: dict[str, Any] = {
    "newest": tuple[Annotated[datetime, msgspec.Meta(tz=True)], IdText],
    "price": tuple[Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MAX)], IdText],
}
_read_card = msgspec.json.Decoder(Card).decode


@dataclass(frozen=True)
class CardShown:
    """A product in a listing, with its seller's name."""

    card: Card
    store: str


@dataclass(frozen=True)
class CategoryShown:
    """A category with its name in the reader's language, and how many products are on sale in and below it."""

    category: str
    products: int
    name: str


@dataclass(frozen=True)
class Choice:
    """A variant as it can be chosen."""

    variant: VariantShown
    name: str
    is_chosen: bool


def home(visit: Visit) -> HttpResponse:
    """Where everybody comes in: the largest categories and the newest things."""
    largest = sorted(_categories(visit), key=lambda one: (-one.products, one.category))[:CATEGORIES_SHOWN]
    newest = catalogue.newest(limit=NEWEST_SHOWN, reader=visit.reader)
    is_elsewhere = not newest and catalogue.is_sold_elsewhere(visit.reader)
    return visit.show("home", categories=largest, cards=_shown(visit, newest), is_elsewhere=is_elsewhere)


def listing(visit: Visit) -> HttpResponse:
    """Products on sale: all, or of one category. Those of a seller are on their store's page."""
    seller_id = visit.asked("seller")
    if seller_id:
        if not is_id(seller_id) or store_shown(seller_id) is None:
            raise not_found()
        kept = {name: visit.asked(name)[:FILTER_LETTERS_MAX] for name in ("category", "sort", "after")}
        return HttpResponsePermanentRedirect(listing_address(seller=seller_id, **kept))
    return _listed(visit, None)


def store(visit: Visit) -> HttpResponse:
    """A store: who sells there, whether they are there, and what is on sale. 404 for what was never opened."""
    shown = store_shown(visit["seller_id"], visit.reader.languages)
    if shown is None:
        raise not_found()
    return _listed(visit, shown)


def store_by_slug(visit: Visit) -> HttpResponse:
    """A store by its readable address; an earlier one leads to the one of today, for good."""
    seller_id = seller_with_slug(visit["slug"])
    shown = store_shown(seller_id, visit.reader.languages) if seller_id else None
    if shown is None:
        raise not_found()
    if shown.slug and shown.slug != visit["slug"]:
        return HttpResponsePermanentRedirect(f"/s/{shown.slug}")
    return _listed(visit, shown)


def _listed(visit: Visit, store: StoreDocument | None) -> HttpResponse:
    category, seller_id = visit.asked("category"), store.seller_id if store is not None else ""
    sort = visit.asked("sort") if visit.asked("sort") in SORTS else "newest"
    if len(category) > FILTER_LETTERS_MAX:
        raise not_found()
    find = catalogue.by_price if sort == "price" else catalogue.newest
    below = below_code(category)
    found = find(
        category=category,
        below=below,
        seller_id=seller_id,
        after=_place(visit.asked("after"), sort),
        limit=PAGE_SIZE + 1,
        reader=visit.reader,
    )
    shown = found[:PAGE_SIZE]
    categories = _categories(visit, seller_id)
    name = next((one.name for one in categories if one.category == category), spoken(category))
    return visit.show(
        "listing" if store is None else "store",
        title=store.name if store is not None else name or "All products",
        category=category,
        seller=seller_id,
        store=store,
        sort=sort,
        sorts=SORTS.items(),
        cards=_shown(visit, shown),
        is_elsewhere=not shown
        and catalogue.is_sold_elsewhere(visit.reader, category=category, below=below, seller_id=seller_id),
        categories=categories,
        after=cursor(*shown[-1].place) if len(found) > PAGE_SIZE else "",
        is_first=not visit.asked("after"),
    )


def product(visit: Visit) -> HttpResponse:
    """One product, with what is needed to put it in the cart."""
    return product_shown(visit, visit["product_id"], visit.asked("variant"), visit.asked("quantity"))


def product_by_slug(visit: Visit) -> HttpResponse:
    """A product by its readable address; an earlier one leads to the one of today, for good."""
    product_id = product_with_slug(visit["slug"])
    found = product_on_sale(product_id) if product_id else None
    if found is None:
        raise not_found()
    if found.slug and found.slug != visit["slug"]:
        return HttpResponsePermanentRedirect(f"/p/{found.slug}")
    return product_shown(visit, found.product_id, visit.asked("variant"), visit.asked("quantity"))


def product_shown(
    visit: Visit,
    product_id: str,
    variant_id: str = "",
    quantity: str = "",
    fault: str = "",
) -> HttpResponse:
    """The page of a product, with what was chosen, and with what was wrong with that."""
    page = shown_to(visit.reader, product_on_sale(product_id))
    chosen = page.variant(variant_id) or next((one for one in page.variants if one.in_stock), page.variants[0])
    currency = visit.reader.currency
    return visit.show(
        "product",
        language=page.locale or marketplace_language(),
        status=422 if fault else 200,
        page=page,
        chosen=chosen,
        store=store_name(page.seller_id),
        choices=[Choice(one, variant_name(one), one is chosen) for one in page.variants],
        quantity=quantity[:20] or "1",
        category_name=_category_name(visit, page.category),
        is_priced=any(one.currency == currency for one in page.variants) if currency else True,
        fault=fault,
    )


def product_on_sale(product_id: str) -> ProductPage:
    """404 for what is not on sale, whether it ever was or not."""
    stored = catalogue.product_page(product_id) if is_id(product_id) else None
    page: ProductPage | None = read_page(stored.body) if stored else None
    if page is None or not page.variants:
        raise not_found()
    return page


def variant_name(variant: VariantShown) -> str:
    """What tells it from its sisters."""
    return ", ".join(attribute.value for attribute in variant.attributes) or variant.sku


def _categories(visit: Visit, seller_id: str = "") -> list[CategoryShown]:
    """Those in which, or below which, there is something on sale, of one seller's where one is named."""
    places = category_places(visit.reader.languages)
    above = {code: place.above for code, place in places.items()}
    found = (
        catalogue.categories_of_seller(seller_id, above, visit.reader.currency)
        if seller_id
        else catalogue.categories(above)
    )
    return [
        CategoryShown(
            one.category,
            one.products,
            places[one.category].name if one.category in places else spoken(one.category),
        )
        for one in found
    ]


def _category_name(visit: Visit, code: str) -> str:
    place = category_places(visit.reader.languages).get(code)
    return place.name if place is not None else spoken(code)


def _shown(visit: Visit, found: Sequence[Listed]) -> list[CardShown]:
    cards = [_read_card(one.body).in_currency(visit.reader.currency) for one in found]
    names = store_names(card.seller_id for card in cards)
    return [CardShown(card, names.get(card.seller_id, "")) for card in cards]


def _place(text: str, sort: str) -> Any:
    """Where a listing goes on. An address with another place than we gave is no address of ours."""
    if len(text) > FILTER_LETTERS_MAX:
        raise not_found()
    try:
        return PageQuery(after=text).position(_PLACES[sort])
    except Problem:
        raise not_found() from None
