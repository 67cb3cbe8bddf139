"""Carts over HTTP where they need the shop window beside them: what it showed when a line was put in, and what has
moved since. All that a cart does by itself is declared by its context."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec

from argosy.apps.offers import cart_notices, offer_in_cart, offer_of, offer_seen, offer_wished, pages_of
from argosy.contracts.carts import AddToCart, ChangeQuantity, MoveFromWishlist, MoveToCart, OfferSeen
from argosy.domains.carts.adapters.outbound.queries import OwnCart, WishHeld, cart_of_buyer, wishes_of_buyer
from argosy.domains.carts.application.carts import CartContents
from argosy.domains.carts.domain.cart import cart_id_of
from argosy.engine.store import StoreUnavailable
from argosy.platform.auth import buyer, shopper
from argosy.platform.rest import Asked, get, post, put
from argosy.read_models.catalogue.page import ProductPage
from argosy.shared_kernel.ids import Id


def my_cart(asked: Asked) -> OwnCart:
    """What you mean to buy; empty where you have put nothing in yet. `notices` say which prices and what availability
    have moved since you put a line in, changed it or acknowledged the notice."""
    buyer_id = Id(asked.actor.id)
    cart = cart_of_buyer(buyer_id) or OwnCart(cart_id=cart_id_of(buyer_id))
    cart.notices = cart_notices(cart)
    return cart


class WishShown(msgspec.Struct, kw_only=True):
    """Something that is wished for, with what the shop shows of it now; `offer` is null where it shows nothing."""

    product_id: Id
    variant_id: Id
    added_at: datetime
    title: str = ""
    image: str = ""
    offer: OfferSeen | None = None


class OwnWishlist(msgspec.Struct, kw_only=True):
    items: list[WishShown]


def my_wishlist(asked: Asked) -> OwnWishlist:
    """What you wish for, the newest first."""
    wishes = wishes_of_buyer(Id(asked.actor.id))
    pages: dict[str, ProductPage] = {}
    with suppress(StoreUnavailable):
        pages = pages_of(wish.product_id for wish in wishes)
    return OwnWishlist(items=[_wish_shown(wish, pages.get(wish.product_id)) for wish in wishes])


def _wish_shown(wish: WishHeld, page: ProductPage | None) -> WishShown:
    shown = WishShown(product_id=wish.product_id, variant_id=wish.variant_id, added_at=wish.added_at)
    if page is not None:
        shown.title, shown.image = page.title, page.images[0] if page.images else ""
        shown.offer = offer_of(page, wish.variant_id)
    return shown


def _seen_wish(asked: Asked) -> Mapping[str, Any]:
    return {"seen": offer_wished(asked.actor.id, asked["variant_id"])}


def _seen_now(asked: Asked) -> Mapping[str, Any]:
    return {"seen": offer_seen(asked.sent["product_id"], asked.sent["variant_id"])}


def _seen_in_cart(asked: Asked) -> Mapping[str, Any]:
    return {"seen": offer_in_cart(asked.actor.id, asked["variant_id"])}


endpoints = [
    get("carts/mine", my_cart, allow=shopper, answers=OwnCart),
    post("carts/mine/lines", AddToCart, allow=shopper, fill=_seen_now, filled=("seen",), answers=CartContents),
    put(
        "carts/mine/lines/{variant_id}",
        ChangeQuantity,
        allow=shopper,
        fill=_seen_in_cart,
        filled=("seen",),
        answers=CartContents,
    ),
    post(
        "carts/mine/saved/{variant_id}/move",
        MoveToCart,
        allow=shopper,
        fill=_seen_in_cart,
        filled=("seen",),
        answers=CartContents,
    ),
    get("wishlists/mine", my_wishlist, allow=buyer, answers=OwnWishlist),
    post(
        "wishlists/mine/items/{variant_id}/move",
        MoveFromWishlist,
        allow=buyer,
        fill=_seen_wish,
        filled=("seen",),
        answers=CartContents,
    ),
]
