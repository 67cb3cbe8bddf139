"""What buyers read of their own carts."""

from __future__ import annotations

from typing import Any

from argosy.domains.carts.adapters.outbound.models import CartCouponRow, CartItemRow, CartRow
from argosy.shared_kernel.ids import Id


def cart_of_buyer(buyer_id: Id) -> dict[str, Any] | None:
    """A buyer's own cart with its version, or None where they have put nothing into one yet."""
    cart = CartRow.objects.filter(user_id=buyer_id).first()
    if cart is None:
        return None
    items = CartItemRow.objects.filter(cart_id=cart.id).order_by("added_at", "id")
    coupons = CartCouponRow.objects.filter(cart_id=cart.id).order_by("applied_at", "id")
    return {
        "cart_id": cart.id, "version": cart.version, "updated_at": cart.updated_at,
        "lines": list(items.values("product_id", "variant_id", "quantity")),
        "coupons": list(coupons.values_list("code", flat=True)),
    }
