"""What taxes accepts and announces of registration thresholds: from which sales on a seller must be registered."""

from __future__ import annotations

from datetime import datetime

from argosy.contracts.taxes import TaxPlace
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event


class SetTaxThreshold(Command):
    """From which sales on a seller must be registered in these places: countries, regions and zones, all of them
    together. It counts from `valid_from`, or from now on; what counted before stays on record.

    It is reached by `amount` minor units of `currency` or by so many `sales`; with `needs_both` by both. Sales in other
    currencies are no part of the amount. `period` is `calendar_year`, `current_or_previous_year` or `twelve_months`
    (this month and the twelve before). `counts` is `gross` or `net` of tax. Orders that were paid back count, unless it
    `subtracts_refunds`; those of businesses under reverse charge too, unless it `leaves_out_businesses`. It `concerns`
    sellers who are `not_established` in any of its places, those `established` in one for their sales to its others,
    or `all`. A seller is warned at `near_percent`.
    """

    code: str
    name: str
    currency: str
    amount: int | None = None
    sales: int | None = None
    needs_both: bool = False
    places: tuple[TaxPlace, ...] = ()
    zones: tuple[str, ...] = ()
    period: str = "calendar_year"
    counts: str = "gross"
    subtracts_refunds: bool = False
    leaves_out_businesses: bool = False
    concerns: str = "not_established"
    near_percent: int = 80
    valid_from: datetime | None = None


class EndTaxThreshold(Command):
    """The threshold counts no more, from `valid_from` or from now on."""

    code: str
    valid_from: datetime | None = None


class ReviewThresholds(Command, key="job"):
    """See how sellers stand to the thresholds, some sellers at a time, behind the one named. Sent by taxes' own
    schedule."""

    after: Id | None = None
    job: str = "review-thresholds"


class SweepTaxSales(Command, key="job"):
    """Forget sales of months that no threshold counts any more. Sent by taxes' own schedule, and by itself to go on."""

    job: str = "sweep-tax-sales"


class TaxThresholdSet(Event, key="threshold_id"):
    threshold_id: Id
    code: str
    name: str
    currency: str
    amount: int | None
    sales: int | None
    needs_both: bool
    places: tuple[TaxPlace, ...]
    zones: tuple[str, ...]
    period: str
    counts: str
    subtracts_refunds: bool
    leaves_out_businesses: bool
    concerns: str
    near_percent: int
    valid_from: datetime | None


class TaxThresholdEnded(Event, key="threshold_id"):
    threshold_id: Id
    code: str
    valid_from: datetime


class TaxThresholdNeared(Event, key="seller_id"):
    """A seller sells nearly as much in a `period` as needs a registration, and has none in `places`; told once a
    period. `percent` is how much of the threshold is reached."""

    seller_id: Id
    threshold_id: Id
    code: str
    period: str
    percent: int
    amount: int
    currency: str
    sales: int
    places: tuple[TaxPlace, ...]


class TaxThresholdCrossed(Event, key="seller_id"):
    """A seller sells as much in a `period` as needs a registration, and has none in `places`; told once a period.
    Nothing is taxed otherwise for it: that is the terms' and the registrations' to say."""

    seller_id: Id
    threshold_id: Id
    code: str
    period: str
    percent: int
    amount: int
    currency: str
    sales: int
    places: tuple[TaxPlace, ...]
