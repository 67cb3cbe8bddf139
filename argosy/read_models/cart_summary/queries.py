"""A buyer's cart: one look-up by buyer."""

from __future__ import annotations

from collections.abc import Sequence

from argosy.read_models.cart_summary.projector import CartSummary
from argosy.read_models.stored import Stored, document_for


def cart_summary(buyer_id: str, wanted: Sequence[str] = ()) -> Stored | None:
    """None for a buyer who never had a cart, or whose cart has not come here yet."""
    return document_for(wanted, "catalogue", CartSummary, "buyer_id = ?", buyer_id)
