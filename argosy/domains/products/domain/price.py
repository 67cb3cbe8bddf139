"""Prices: what a variant costs from when to when. A version once in force is never changed, only ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from argosy.domains.products.domain.texts import number_fault
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import DomainError, RuleBroken
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.money import UnknownCurrency, exponent

CURRENCIES_MAX = 20
"""In how many currencies a variant is priced at most, its own among them."""

AMOUNT_MAX = 10_000_000_000
"""The dearest thing for sale, in minor units: 200 lines of 1,000 of it can still be added up exactly."""


class PriceInThePast(RuleBroken):
    """A price cannot be in force from a time that has passed."""


class FirstPriceStartsNow(RuleBroken):
    """The first price of a variant is in force at once; only a change can be planned."""


class NoPriceInCurrency(RuleBroken):
    """This variant has no price in this currency."""


class OwnCurrencyStays(RuleBroken):
    """A variant goes on being priced in its own currency: archive the product, or take it off sale."""


class TooManyCurrencies(RuleBroken):
    """A variant is priced in at most so many currencies."""


@dataclass(kw_only=True, eq=False)
class Price(Aggregate):
    """One version: in force in [effective_from, effective_to); an end of None is not planned yet. Where both ends are
    the same instant, it was replaced before it was ever in force."""

    product_id: Id
    variant_id: Id
    base_price: int
    discount: int = 0
    currency: str
    effective_from: datetime
    effective_to: datetime | None = None

    @property
    def amount(self) -> int:
        """What a buyer pays for one, in minor units."""
        return self.base_price - self.discount

    def is_in_force(self, instant: datetime) -> bool:
        return self.effective_from <= instant and (self.effective_to is None or instant < self.effective_to)


def in_currency(versions: Sequence[Price], currency: str) -> list[Price]:
    """The history of a variant's price in one currency: no other has a part in it."""
    return [version for version in versions if version.currency == currency]


def price_at(versions: Sequence[Price], instant: datetime) -> Price | None:
    """The version of a variant's prices in one currency that is (was, will be) in force at an instant. There is at
    most one."""
    return next((version for version in versions if version.is_in_force(instant)), None)


def add_version(versions: Sequence[Price], new: Price, now: datetime) -> Price:
    """Put a version into a variant's history in its currency: it ends the one in force at its start, and lasts until
    the next.

    Gives the version that counts: the one in force already, where it says the same as the new one.
    """
    history = in_currency(versions, new.currency)
    before = price_at(history, new.effective_from)
    if before is not None and before.amount == new.amount:
        return before
    if before is None and new.effective_from > now:
        raise FirstPriceStartsNow(variant_id=new.variant_id)
    if new.effective_from < now:
        raise PriceInThePast(effective_from=new.effective_from.isoformat(), now=now.isoformat())
    if before is not None:
        new.effective_to = before.effective_to
        before.effective_to = new.effective_from
    return new


def end_versions(versions: Sequence[Price], now: datetime) -> None:
    """End a currency's history: the version in force ends now, and those that were planned are never in force."""
    for version in versions:
        if version.effective_to is None or version.effective_to > now:
            version.effective_to = max(now, version.effective_from)


def money_faults(amount: int, currency: str, *, least: int = 1) -> list[DomainError | None]:
    """What is wrong with an amount of a currency."""
    faults = [number_fault("amount", amount, least=least, most=AMOUNT_MAX)]
    try:
        exponent(currency)
    except UnknownCurrency as fault:
        faults.append(fault)
    return faults
