"""What the operator has set for buying."""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured

from argosy.domains.checkout.adapters.outbound.ways_to_pay import payment_methods
from argosy.domains.checkout.domain.request import ShopTerms


def shop_terms() -> ShopTerms:
    return ShopTerms(payment_methods(), sells_to_guests())


def sells_to_guests() -> bool:
    """Whether who has no account may buy, by the setting ARGOSY_GUEST_CHECKOUT."""
    said = os.environ.get("ARGOSY_GUEST_CHECKOUT", "yes")
    if said not in ("yes", "no"):
        raise ImproperlyConfigured(f"ARGOSY_GUEST_CHECKOUT is {said!r}; it is yes or no")
    return said == "yes"
