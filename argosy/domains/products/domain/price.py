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

AMOUNT_MAX = 10_000_000_000
"""The dearest thing for sale, in minor units: 200 lines of 1,000 of it can still be added up exactly."""


class PriceInThePast(RuleBroken):
    """A price cannot be in force from a time that has passed."""


class FirstPriceStartsNow(RuleBroken):
    """The first price of a variant is in force at once; only a change can be planned."""


class OtherCurrency(RuleBroken):
    """This variant is priced in another currency."""


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


def price_at(versions: Sequence[Price], instant: datetime) -> Price | None:
    """The version of one variant's prices that is (was, will be) in force at an instant. There is at most one."""
    return next((version for version in versions if version.is_in_force(instant)), None)


def add_version(versions: Sequence[Price], new: Price, now: datetime) -> Price:
    """Put a version into a variant's history: it ends the one in force at its start, and lasts until the next.

    Gives the version that counts: the one in force already, where it says the same as the new one.
    """
    before = price_at(versions, new.effective_from)
    if before is not None and (before.amount, before.currency) == (new.amount, new.currency):
        return before
    if before is None and new.effective_from > now:
        raise FirstPriceStartsNow(variant_id=new.variant_id)
    if new.effective_from < now:
        raise PriceInThePast(effective_from=new.effective_from.isoformat(), now=now.isoformat())
    if before is not None:
        if before.currency != new.currency:
            raise OtherCurrency(variant_id=new.variant_id, currency=before.currency)
        new.effective_to = before.effective_to
        before.effective_to = new.effective_from
    return new


def money_faults(amount: int, currency: str, *, least: int = 1) -> list[DomainError | None]:
    """What is wrong with an amount of a currency."""
    faults = [number_fault("amount", amount, least=least, most=AMOUNT_MAX)]
    try:
        exponent(currency)
    except UnknownCurrency as fault:
        faults.append(fault)
    return faults
