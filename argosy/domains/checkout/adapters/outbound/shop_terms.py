"""What the operator has set for buying."""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured

from argosy.domains.checkout.adapters.outbound.ways_to_pay import payment_methods
from argosy.domains.checkout.domain.request import ShopTerms
from argosy.shared_kernel.money import UnknownCurrency, exponent


def shop_terms() -> ShopTerms:
    return ShopTerms(payment_methods(), sells_to_guests(), currencies())


def currencies() -> tuple[str, ...]:
    """In which this shop sells, by the setting ARGOSY_CURRENCIES; the first is the default. Without any: in whatever
    things are priced in."""
    said = tuple(dict.fromkeys(os.environ.get("ARGOSY_CURRENCIES", "").replace(",", " ").split()))
    try:
        for currency in said:
            exponent(currency)
    except UnknownCurrency:
        raise ImproperlyConfigured(f"ARGOSY_CURRENCIES is {','.join(said)!r}; it lists currencies, EUR,USD") from None
    return said


def sells_to_guests() -> bool:
    """Whether who has no account may buy, by the setting ARGOSY_GUEST_CHECKOUT."""
    said = os.environ.get("ARGOSY_GUEST_CHECKOUT", "yes")
    if said not in ("yes", "no"):
        raise ImproperlyConfigured(f"ARGOSY_GUEST_CHECKOUT is {said!r}; it is yes or no")
    return said == "yes"
