"""Carts over HTTP: one's own, and nobody else's can be named."""

from __future__ import annotations

from argosy.contracts.carts import (
    AddToCart,
    ApplyCoupon,
    ChangeQuantity,
    EmptyCart,
    ForgetSaved,
    MoveToCart,
    RemoveCoupon,
    SaveForLater,
)
from argosy.domains.carts.adapters.outbound.queries import OwnCart, cart_of_buyer
from argosy.domains.carts.application.carts import CartContents
from argosy.domains.carts.domain.cart import cart_id_of
from argosy.platform.auth import buyer
from argosy.platform.rest import Asked, delete, get, post, put
from argosy.shared_kernel.ids import Id


def my_cart(asked: Asked) -> OwnCart:
    """What you mean to buy; empty where you have put nothing in yet."""
    buyer_id = Id(asked.actor.id)
    return cart_of_buyer(buyer_id) or OwnCart(cart_id=cart_id_of(buyer_id))


endpoints = [
    get("carts/mine", my_cart, allow=buyer, answers=OwnCart),
    post("carts/mine/lines", AddToCart, allow=buyer, answers=CartContents),
    put("carts/mine/lines/{variant_id}", ChangeQuantity, allow=buyer, answers=CartContents),
    delete(
        "carts/mine/lines/{variant_id}",
        ChangeQuantity,
        allow=buyer,
        answers=CartContents,
        called="RemoveFromCart",
        fill=lambda asked: {"quantity": 0},
        filled=("quantity",),
    ),
    delete("carts/mine/lines", EmptyCart, allow=buyer, answers=CartContents),
    post("carts/mine/lines/{variant_id}/save", SaveForLater, allow=buyer, answers=CartContents),
    post("carts/mine/saved/{variant_id}/move", MoveToCart, allow=buyer, answers=CartContents),
    delete("carts/mine/saved/{variant_id}", ForgetSaved, allow=buyer, answers=CartContents),
    post("carts/mine/coupons", ApplyCoupon, allow=buyer, answers=CartContents),
    delete("carts/mine/coupons/{code}", RemoveCoupon, allow=buyer, answers=CartContents),
]
