"""How far a checkout is: one look-up by checkout and buyer."""

from __future__ import annotations

from argosy.read_models.checkout_progress.projector import CheckoutProgress
from argosy.read_models.stored import Stored, document


def checkout_progress(checkout_id: str, buyer_id: str) -> Stored | None:
    """None for a checkout that is not there, or not (yet) here, or somebody else's."""
    return document("checkout_progress", CheckoutProgress, "checkout_id = ? AND buyer_id = ?", checkout_id, buyer_id)
