"""Carts over HTTP where they need the shop window beside them: what it showed when a line was put in, and what has
moved since. All that a cart does by itself is declared by its context."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from argosy.apps.offers import cart_notices, offer_in_cart, offer_seen
from argosy.contracts.carts import AddToCart, ChangeQuantity, MoveToCart
from argosy.domains.carts.adapters.outbound.queries import OwnCart, cart_of_buyer
from argosy.domains.carts.application.carts import CartContents
from argosy.domains.carts.domain.cart import cart_id_of
from argosy.platform.auth import buyer
from argosy.platform.rest import Asked, get, post, put
from argosy.shared_kernel.ids import Id


def my_cart(asked: Asked) -> OwnCart:
    """What you mean to buy; empty where you have put nothing in yet. `notices` say which prices and what availability
    have moved since you put a line in, changed it or acknowledged the notice."""
    buyer_id = Id(asked.actor.id)
    cart = cart_of_buyer(buyer_id) or OwnCart(cart_id=cart_id_of(buyer_id))
    cart.notices = cart_notices(cart)
    return cart


def _seen_now(asked: Asked) -> Mapping[str, Any]:
    return {"seen": offer_seen(asked.sent["product_id"], asked.sent["variant_id"])}


def _seen_in_cart(asked: Asked) -> Mapping[str, Any]:
    return {"seen": offer_in_cart(asked.actor.id, asked["variant_id"])}


endpoints = [
    get("carts/mine", my_cart, allow=buyer, answers=OwnCart),
    post("carts/mine/lines", AddToCart, allow=buyer, fill=_seen_now, filled=("seen",), answers=CartContents),
    put(
        "carts/mine/lines/{variant_id}",
        ChangeQuantity,
        allow=buyer,
        fill=_seen_in_cart,
        filled=("seen",),
        answers=CartContents,
    ),
    post(
        "carts/mine/saved/{variant_id}/move",
        MoveToCart,
        allow=buyer,
        fill=_seen_in_cart,
        filled=("seen",),
        answers=CartContents,
    ),
]
