"""Carts over HTTP: one's own, and nobody else's can be named.

What needs the shop window beside it (a cart with its notices, and whatever puts something in) is declared by the API.
"""

from __future__ import annotations

from argosy.contracts.carts import (
    AcknowledgeNotice,
    AddToWishlist,
    ApplyCoupon,
    ChangeQuantity,
    EmptyCart,
    ForgetSaved,
    RemoveCoupon,
    RemoveFromWishlist,
    SaveForLater,
)
from argosy.domains.carts.application.carts import CartContents
from argosy.domains.carts.application.wishlists import WishlistContents
from argosy.platform.auth import buyer
from argosy.platform.rest import delete, post

endpoints = [
    delete(
        "carts/mine/lines/{variant_id}",
        ChangeQuantity,
        allow=buyer,
        answers=CartContents,
        called="RemoveFromCart",
        fill=lambda asked: {"quantity": 0},
        filled=("quantity", "seen"),
    ),
    post("carts/mine/lines/{variant_id}/acknowledge", AcknowledgeNotice, allow=buyer, answers=CartContents),
    delete("carts/mine/lines", EmptyCart, allow=buyer, answers=CartContents),
    post("carts/mine/lines/{variant_id}/save", SaveForLater, allow=buyer, answers=CartContents),
    delete("carts/mine/saved/{variant_id}", ForgetSaved, allow=buyer, answers=CartContents),
    post("carts/mine/coupons", ApplyCoupon, allow=buyer, answers=CartContents),
    post("wishlists/mine/items", AddToWishlist, allow=buyer, answers=WishlistContents),
    delete("wishlists/mine/items/{variant_id}", RemoveFromWishlist, allow=buyer, answers=WishlistContents),
    delete("carts/mine/coupons/{code}", RemoveCoupon, allow=buyer, answers=CartContents),
]
