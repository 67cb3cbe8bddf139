"""How a seller stands to a threshold: how much of it is reached, where they are not registered, and what was told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from argosy.contracts.taxes import TaxPlace
from argosy.contracts.taxes_thresholds import TaxThresholdCrossed, TaxThresholdNeared
from argosy.domains.taxes.domain.party import TaxParty
from argosy.domains.taxes.domain.quote import Surroundings
from argosy.domains.taxes.domain.sales import SalesSum, month_of
from argosy.domains.taxes.domain.threshold import (
    ALL,
    CALENDAR_YEAR,
    NET,
    NOT_ESTABLISHED,
    TWELVE_MONTHS,
    Limit,
    TaxThreshold,
)
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.ids import Id, named_id

BELOW, NEAR, CROSSED, NOT_CONCERNED = "below", "near", "crossed", "none"
LEVELS = (BELOW, NEAR, CROSSED)
PLACES_TOLD_MAX = 100

Around = Callable[[str, str], Surroundings]
"""What was said of a country and region."""


class Measure(NamedTuple):
    """What was sold in a period: `amount` in the threshold's currency, `others` in each other one."""

    period: str
    amount: int
    sales: int
    others: dict[str, int]
    percent: int
    sold_to: tuple[tuple[str, str], ...]


Missing = Callable[[Measure], tuple[TaxPlace, ...]]
"""Where that was sold to without a registration."""


def standing_id(seller_id: str, threshold_id: str) -> Id:
    return named_id("tax-standing", seller_id, threshold_id)


def looks_back_to(now: datetime) -> str:
    """The first month that any threshold may count now."""
    return f"{now.year - 1:04}-01"


def periods_of(limit: Limit, now: datetime) -> list[tuple[str, str, str]]:
    """The periods that count now, each by its name, first and last month."""
    year = f"{now.year:04}"
    if limit.period == TWELVE_MONTHS:
        return [(TWELVE_MONTHS, f"{now.year - 1:04}-{now.month:02}", month_of(now))]
    periods = [(year, f"{year}-01", f"{year}-12")]
    if limit.period != CALENDAR_YEAR:
        last = f"{now.year - 1:04}"
        periods.append((last, f"{last}-01", f"{last}-12"))
    return periods


def is_concerned(limit: Limit, seller: TaxParty | None, around: Around) -> bool:
    """Whether the threshold is one of this seller's. Who has not said where they are established is so nowhere."""
    if limit.concerns == ALL:
        return True
    at_home = bool(seller and seller.country) and _covers(limit, seller.country, seller.region, around)  # type: ignore[union-attr]
    return at_home != (limit.concerns == NOT_ESTABLISHED)


def measures(
    limit: Limit, sums: Sequence[SalesSum], seller: TaxParty | None, around: Around, now: datetime
) -> list[Measure]:
    """What the seller has sold in the period that is now, and in the one before where that counts and was enough."""
    home = seller.country if seller is not None and limit.concerns not in (ALL, NOT_ESTABLISHED) else None
    counted = [
        one
        for one in sums
        if one.country != home
        and not (one.is_business and limit.leaves_out_businesses)
        and _covers(limit, one.country, one.region, around)
    ]
    this, *before = [
        _measured(limit, name, [one for one in counted if first <= one.month <= last])
        for name, first, last in periods_of(limit, now)
    ]
    return [this, *[one for one in before if level_of(limit, one) == CROSSED]]


def unregistered(
    sold_to: Iterable[tuple[str, str]], seller: TaxParty | None, around: Around, now: datetime
) -> tuple[TaxPlace, ...]:
    """Of places, those where neither the seller is registered today nor the platform collects in everybody's place."""
    found = []
    for country, region in sold_to:
        there = around(country, region)
        is_registered = seller is not None and seller.is_registered(there.where, there.zones, now.date())
        if not (is_registered or there.terms.is_facilitator):
            found.append(TaxPlace(country=country, region=region))
    return tuple(found)


def _covers(limit: Limit, country: str, region: str, around: Around) -> bool:
    return limit.names(country, region) or bool(limit.zones and set(limit.zones) & set(around(country, region).zones))


def _measured(limit: Limit, period: str, sums: Sequence[SalesSum]) -> Measure:
    amounts: dict[str, int] = {}
    sales = 0
    for one in sums:
        gross, net, orders = one.gross, one.net, one.sales
        if limit.subtracts_refunds:
            gross, net, orders = gross - one.refunded_gross, net - one.refunded_net, orders - one.refunded_sales
        amounts[one.currency] = amounts.get(one.currency, 0) + (net if limit.counts == NET else gross)
        sales += orders
    amount = amounts.pop(limit.currency, 0)
    return Measure(
        period=period,
        amount=amount,
        sales=sales,
        others=dict(sorted(amounts.items())),
        percent=limit.percent(amount, sales),
        sold_to=tuple(sorted({(one.country, one.region) for one in sums})),
    )


@dataclass(kw_only=True, eq=False)
class ThresholdStanding(Aggregate):
    """One seller and one threshold. `told` keeps which periods were told of, and how far."""

    seller_id: Id
    threshold_id: Id
    code: str
    level: str = BELOW
    period: str = ""
    percent: int = 0
    amount: int = 0
    currency: str = ""
    sales: int = 0
    others: dict[str, int] = field(default_factory=dict)
    unregistered: tuple[TaxPlace, ...] = ()
    told: dict[str, str] = field(default_factory=dict)
    reached_at: datetime | None = None

    @classmethod
    def of(cls, seller_id: Id, threshold: TaxThreshold) -> ThresholdStanding:
        id = standing_id(seller_id, threshold.id)
        return cls(id=id, seller_id=seller_id, threshold_id=threshold.id, code=threshold.code)

    def leave(self) -> None:
        """The threshold is none of this seller's, or counts no more."""
        self.level, self.period, self.percent, self.amount, self.sales = NOT_CONCERNED, "", 0, 0, 0
        self.others, self.unregistered, self.reached_at = {}, (), None

    def stand(self, limit: Limit, found: Sequence[Measure], missing: Missing, now: datetime) -> None:
        """Stand so from now on, by the period in which most of the threshold is reached; each period in which one is
        near it, or beyond, without being registered is told once."""
        self.told = {period: level for period, level in self.told.items() if period in {one.period for one in found}}
        for one in found:
            self._tell(limit, one, missing)
        most = max(found, key=lambda one: one.percent)
        level = level_of(limit, most)
        if level != self.level or most.period != self.period:
            self.reached_at = None if level == BELOW else now
        self.level, self.period, self.percent = level, most.period, most.percent
        self.amount, self.currency, self.sales, self.others = most.amount, limit.currency, most.sales, most.others
        self.unregistered = missing(most)[:PLACES_TOLD_MAX]

    def _tell(self, limit: Limit, one: Measure, missing: Missing) -> None:
        level = level_of(limit, one)
        if level == BELOW:
            if one.period == TWELVE_MONTHS:
                # They have no end: whoever falls below may come near again.
                self.told.pop(TWELVE_MONTHS, None)
            return
        if self.told.get(one.period) in (level, CROSSED):
            return
        places = missing(one)
        if not places:
            return
        self.told[one.period] = level
        said: dict[str, Any] = {
            "seller_id": self.seller_id,
            "threshold_id": self.threshold_id,
            "code": self.code,
            "period": one.period,
            "percent": one.percent,
            "amount": one.amount,
            "currency": limit.currency,
            "sales": one.sales,
            "places": places[:PLACES_TOLD_MAX],
        }
        self.record(TaxThresholdCrossed(**said) if level == CROSSED else TaxThresholdNeared(**said))


def level_of(limit: Limit, measure: Measure) -> str:
    if measure.percent >= 100:
        return CROSSED
    return NEAR if measure.percent >= limit.near_percent else BELOW
