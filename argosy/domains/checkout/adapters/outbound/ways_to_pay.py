"""Which ways to pay a shop offers, by its settings."""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured

from argosy.domains.checkout.domain.request import PAYMENT_METHODS


def payment_methods() -> tuple[str, ...]:
    """The ways to pay that are offered, some of `PAYMENT_METHODS`, by the setting ARGOSY_PAYMENT_METHODS."""
    named = tuple(os.environ.get("ARGOSY_PAYMENT_METHODS", " ".join(PAYMENT_METHODS)).split())
    if not named or not set(named) <= set(PAYMENT_METHODS):
        raise ImproperlyConfigured(
            f"ARGOSY_PAYMENT_METHODS is {' '.join(named)!r}; it is one or more of {', '.join(PAYMENT_METHODS)}, with "
            "blanks between them"
        )
    return named


def bank_account() -> str:
    """Where buyers transfer money to, as they are told it, by the setting ARGOSY_BANK_ACCOUNT."""
    return os.environ.get("ARGOSY_BANK_ACCOUNT", "").strip()
