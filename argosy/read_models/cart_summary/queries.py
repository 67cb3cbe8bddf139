"""A buyer's cart: one look-up by buyer."""

from __future__ import annotations

from argosy.read_models.cart_summary.projector import CartSummary
from argosy.read_models.stored import Stored, document


def cart_summary(buyer_id: str) -> Stored | None:
    """None for a buyer who never had a cart, or whose cart has not come here yet."""
    return document("catalogue", CartSummary, "buyer_id = ?", buyer_id)
