"""How carts become rows."""

from __future__ import annotations

from argosy.domains.carts.adapters.outbound.models import (
    CartCouponRow,
    CartItemRow,
    CartRow,
    SavedItemRow,
    WishlistRow,
    WishRow,
)
from argosy.domains.carts.domain.cart import Cart, CartItem, NotedCoupon, SavedItem
from argosy.domains.carts.domain.wishlist import Wish, Wishlist
from argosy.platform.rows import Part, Rows

ROWS = (
    Rows(
        Cart,
        CartRow,
        parts={
            "items": Part(CartItem, CartItemRow, owner="cart_id"),
            "coupons": Part(NotedCoupon, CartCouponRow, owner="cart_id"),
            "saved": Part(SavedItem, SavedItemRow, owner="cart_id"),
        },
    ),
    Rows(Wishlist, WishlistRow, parts={"wishes": Part(Wish, WishRow, owner="wishlist_id")}),
)
