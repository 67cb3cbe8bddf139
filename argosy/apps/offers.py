"""What the shop window tells of the things in a cart. Where it cannot be read, nothing is told, and carts go on."""

from __future__ import annotations

from collections.abc import Iterable

from argosy.contracts.carts import OfferSeen
from argosy.domains.carts.adapters.outbound.queries import OwnCart, cart_of_buyer, wishes_of_buyer
from argosy.domains.carts.domain.notices import Notice, notices_of
from argosy.engine.store import StoreUnavailable
from argosy.read_models.catalogue.page import ProductPage, read_page
from argosy.read_models.catalogue.queries import products_of_orders
from argosy.shared_kernel.ids import Id


def pages_of(product_ids: Iterable[str]) -> dict[str, ProductPage]:
    """The pages of these products, on sale or not, with one look; what was never on sale is left out."""
    return {product_id: read_page(body) for product_id, body in products_of_orders(set(product_ids)).items()}


def offer_of(page: ProductPage, variant_id: str, currency: str = "") -> OfferSeen:
    """What a page shows of one variant now, in this currency ("": its own)."""
    variant = page.variant(variant_id)
    if variant is None:
        return OfferSeen(is_on_sale=False)
    priced = variant.in_currency(currency or variant.currency)
    return OfferSeen(
        amount=priced.amount if priced is not None else None,
        currency=priced.currency if priced is not None else "",
        is_on_sale=page.is_published,
        left=variant.left if variant.in_stock else 0,
    )


def offer_seen(product_id: str, variant_id: str) -> OfferSeen | None:
    """What is shown of a variant of this product now; None where nothing is."""
    try:
        page = pages_of([product_id]).get(product_id)
    except StoreUnavailable:
        return None
    return offer_of(page, variant_id) if page is not None else None


def offer_in_cart(owner_id: str, variant_id: str) -> OfferSeen | None:
    """What is shown now of something that somebody has in their cart, or put aside."""
    cart = cart_of_buyer(Id(owner_id)) if owner_id else None
    product_id = cart.product_of(variant_id) if cart is not None else None
    return offer_seen(product_id, variant_id) if product_id is not None else None


def offer_wished(buyer_id: str, variant_id: str) -> OfferSeen | None:
    """What is shown now of something that a buyer wishes for."""
    wishes = wishes_of_buyer(Id(buyer_id))
    product_id = next((wish.product_id for wish in wishes if wish.variant_id == variant_id), None)
    return offer_seen(product_id, variant_id) if product_id is not None else None


def cart_notices(cart: OwnCart) -> list[Notice]:
    """What has moved of the lines of a cart since its buyer saw to them."""
    try:
        pages = pages_of(line.product_id for line in cart.lines)
    except StoreUnavailable:
        return []
    return notices_among(cart, pages)


def notices_among(cart: OwnCart, pages: dict[str, ProductPage]) -> list[Notice]:
    """The same, of pages that were read already; each price is compared in the currency in which it was seen."""
    offers = {
        line.variant_id: offer_of(pages[line.product_id], line.variant_id, line.seen.currency)
        for line in cart.lines
        if line.product_id in pages
    }
    return notices_of(cart.lines, offers)
