"""Sales: a lower price for a while, and the former price that may be shown beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from argosy.domains.products.domain.price import NoPriceInCurrency, Price, PriceInThePast, in_currency, price_at
from argosy.shared_kernel.errors import RuleBroken
from argosy.shared_kernel.ids import Id

LOOK_BACK = timedelta(days=30)
"""Directive 98/6/EC, article 6a, as of directive (EU) 2019/2161: the prior price is the lowest one that was applied in
no less than the 30 days before the reduction; of one that grows step by step, before its first step (paragraph 5)."""

SALE_DAYS_MAX = 365


class SaleEndsTooSoon(RuleBroken):
    """A sale ends after it begins, and within a year."""


class SaleLowersNothing(RuleBroken):
    """A sale price is lower than the price before it."""


class AnotherPriceIsPlanned(RuleBroken):
    """Another price of this variant begins during the sale."""


@dataclass(frozen=True, kw_only=True)
class Sale:
    """What is asked: this much less between these times, written down under these ids."""

    amount: int
    currency: str
    starts_at: datetime
    ends_at: datetime
    price_id: Id
    after_id: Id


def plan_sale(versions: Sequence[Price], sale: Sale, now: datetime) -> tuple[Price, Price]:
    """Put a sale into a variant's history in its currency: the version of the sale, and the one that follows it at the
    price before."""
    before = price_at(in_currency(versions, sale.currency), sale.starts_at)
    if sale.starts_at < now:
        raise PriceInThePast(effective_from=sale.starts_at.isoformat(), now=now.isoformat())
    if before is None:
        raise NoPriceInCurrency(currency=sale.currency)
    if not sale.starts_at < sale.ends_at <= sale.starts_at + timedelta(days=SALE_DAYS_MAX):
        raise SaleEndsTooSoon(days_max=SALE_DAYS_MAX)
    if before.effective_to is not None and before.effective_to < sale.ends_at:
        raise AnotherPriceIsPlanned(effective_from=before.effective_to.isoformat())
    if sale.amount >= before.amount:
        raise SaleLowersNothing(amount=before.amount)
    lowered = Price(
        id=sale.price_id,
        product_id=before.product_id,
        variant_id=before.variant_id,
        base_price=before.base_price,
        discount=before.base_price - sale.amount,
        currency=sale.currency,
        effective_from=sale.starts_at,
        effective_to=sale.ends_at,
    )
    after = Price(
        id=sale.after_id,
        product_id=before.product_id,
        variant_id=before.variant_id,
        base_price=before.base_price,
        discount=before.discount,
        currency=sale.currency,
        effective_from=sale.ends_at,
        effective_to=before.effective_to,
    )
    before.effective_to = sale.starts_at
    return lowered, after


def was_price(versions: Sequence[Price], price: Price) -> int | None:
    """The former price that may be shown beside a sale price, of the same currency: None where it is no sale, where
    nothing was sold before it, or where something was as cheap in the 30 days before."""
    if not price.discount:
        return None
    history = sorted(
        (
            one
            for one in in_currency(versions, price.currency)
            if one.effective_to is None or one.effective_from < one.effective_to
        ),
        key=lambda one: one.effective_from,
    )
    began, amount = price.effective_from, price.amount
    for one in reversed(history):
        if one.effective_to == began and one.discount and one.amount >= amount:
            began, amount = one.effective_from, one.amount
    earliest = began - LOOK_BACK
    applied = [
        one.amount
        for one in history
        if one.effective_from < began and (one.effective_to is None or one.effective_to > earliest)
    ]
    lowest = min(applied, default=None)
    return lowest if lowest is not None and lowest > price.amount else None
