"""Carts over HTTP: one's own, and nobody else's can be named. A guest sends the token of their cart as a bearer.

What needs the shop window beside it (a cart with its notices, and whatever puts something in) is declared by the API.
"""

from __future__ import annotations

from argosy.contracts.carts import (
    AcknowledgeNotice,
    AddToWishlist,
    ApplyCoupon,
    BeginGuestCart,
    ChangeQuantity,
    ChooseCurrency,
    EmptyCart,
    ForgetSaved,
    MergeGuestCart,
    RemoveCoupon,
    RemoveFromWishlist,
    SaveForLater,
)
from argosy.domains.carts.application.carts import CartContents
from argosy.domains.carts.application.guests import GuestCart, MergedCart
from argosy.domains.carts.application.wishlists import WishlistContents
from argosy.platform.auth import buyer, public, shopper
from argosy.platform.rest import delete, post, put

endpoints = [
    delete(
        "carts/mine/lines/{variant_id}",
        ChangeQuantity,
        allow=shopper,
        answers=CartContents,
        called="RemoveFromCart",
        fill=lambda asked: {"quantity": 0},
        filled=("quantity", "seen"),
    ),
    post("carts/mine/lines/{variant_id}/acknowledge", AcknowledgeNotice, allow=shopper, answers=CartContents),
    put("carts/mine/currency", ChooseCurrency, allow=shopper, answers=CartContents),
    delete("carts/mine/lines", EmptyCart, allow=shopper, answers=CartContents),
    post("carts/mine/lines/{variant_id}/save", SaveForLater, allow=shopper, answers=CartContents),
    delete("carts/mine/saved/{variant_id}", ForgetSaved, allow=shopper, answers=CartContents),
    post("carts/mine/coupons", ApplyCoupon, allow=shopper, answers=CartContents),
    post("wishlists/mine/items", AddToWishlist, allow=buyer, answers=WishlistContents),
    delete("wishlists/mine/items/{variant_id}", RemoveFromWishlist, allow=buyer, answers=WishlistContents),
    # Its answer holds the token, which is kept nowhere: so it takes no Idempotency-Key.
    post("carts/guest", BeginGuestCart, allow=public, status=201, takes_key=False, answers=GuestCart),
    post("carts/mine/merge", MergeGuestCart, allow=buyer, answers=MergedCart),
    delete("carts/mine/coupons/{code}", RemoveCoupon, allow=shopper, answers=CartContents),
]
