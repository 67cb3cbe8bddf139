"""What delivery of each line costs: templates, parcels, restrictions put together.

A parcel is all that one seller sends by one method. Its charge (base and band) is on its first line, the pieces' part
on each line, so that charges can be summed over any lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from argosy.contracts.shipping import DeliveryCharge, OfferedLine, ParcelLine
from argosy.domains.shipping.domain.faults import (
    AmountOutOfBounds,
    CountryNotReadable,
    LinesNotReadable,
    NoDelivery,
    QuantityOutOfBounds,
    WeightOutOfBounds,
)
from argosy.domains.shipping.domain.freight import GRAMS_MAX, MM3_MAX, Terms, chargeable_grams
from argosy.domains.shipping.domain.places import Destination, is_country
from argosy.domains.shipping.domain.policy import Policy, restriction_of
from argosy.domains.shipping.domain.rate import ShippingRate
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.money import UnknownCurrency, exponent

GOODS_AMOUNT_MAX = 2**53 - 1
QUANTITY_MAX = 100_000
LINES_MAX = 500

NO_RATE, NO_RATE_IN_CURRENCY, NOT_THERE, NOT_TO_THIS_PLACE, RESTRICTED = (
    "no_rate",
    "no_rate_in_currency",
    "not_to_this_country",
    "not_to_this_place",
    "restricted",
)

FindRate = Callable[[str, str], ShippingRate | str]
"""The template of a seller and method, or why there is none."""


class Parcel:
    """All that one seller sends by one method, and the terms by which it goes."""

    __slots__ = ("band_amount", "grams", "lines", "mm3", "rate", "reason", "terms", "weighed")

    def __init__(self, found: ShippingRate | str, where: Destination) -> None:
        rate = self.rate = None if isinstance(found, str) else found
        self.terms: Terms | None = rate.terms_for(where) if rate is not None else None
        self.reason = found if isinstance(found, str) else ""
        if rate is not None and self.terms is None:
            is_told_by_country = bool(rate.countries) and where.country not in rate.countries
            self.reason = NOT_THERE if is_told_by_country else NOT_TO_THIS_PLACE
        self.grams = self.mm3 = self.band_amount = self.weighed = 0
        self.lines = 0

    def add(self, line: ParcelLine) -> None:
        self.grams += line.weight_grams * line.quantity
        self.mm3 += line.volume_mm3 * line.quantity

    def close(self) -> None:
        """Weigh it, once all lines are in."""
        rate, terms = self.rate, self.terms
        if rate is None or terms is None or not terms.bands:
            return
        self.weighed = chargeable_grams(self.grams, self.mm3, rate.volumetric_divisor)
        amount = terms.band_amount(self.weighed, self.mm3)
        if isinstance(amount, str):
            self.reason = amount
        else:
            self.band_amount = amount


class Charging:
    """One quote being made: `find_rate` gives the template of a seller and method, `policies` what sellers said."""

    def __init__(
        self,
        where: Destination,
        now: datetime,
        find_rate: FindRate,
        policies: Callable[[str], Policy],
        platform: Policy,
    ) -> None:
        self.where = where
        self.now = now
        self._find_rate = find_rate
        self._policies = policies
        self._platform = platform
        self._dates: dict[tuple[Policy, int, int], tuple[date, date]] = {}

    def charges(self, lines: Sequence[ParcelLine]) -> tuple[DeliveryCharge, ...]:
        """What delivery of each line costs; refused with every line that cannot be delivered so."""
        found, refused = self.priced(lines)
        if refused:
            raise NoDelivery(country=self.where.country, lines=refused)
        return tuple(found)

    def priced(self, lines: Sequence[ParcelLine]) -> tuple[list[DeliveryCharge], list[dict[str, Any]]]:
        """The charges of what can be delivered, and what cannot with the reason."""
        goods: dict[str, int] = {}
        parcels: dict[tuple[str, str], Parcel] = {}
        for line in lines:
            goods[line.seller_id] = goods.get(line.seller_id, 0) + line.amount
            key = (line.seller_id, line.method)
            parcel = parcels.get(key)
            if parcel is None:
                parcel = parcels[key] = Parcel(self._find_rate(*key), self.where)
            parcel.add(line)
        for parcel in parcels.values():
            parcel.close()
        charged: list[DeliveryCharge] = []
        refused: list[dict[str, Any]] = []
        for line in lines:
            parcel = parcels[line.seller_id, line.method]
            why = self._refusal(line, parcel)
            if why is not None:
                told = {"line_no": line.line_no, "seller_id": line.seller_id, "method": line.method}
                refused.append({**told, **why})
                continue
            charged.append(self._charge(line, parcel, goods[line.seller_id]))
        return charged, refused

    def arrives(self, seller_id: str, days_min: int, days_max: int) -> tuple[date, date]:
        """On which days what is ordered now arrives."""
        policy = self._policy_of(seller_id)
        key = (policy, days_min, days_max)
        known = self._dates.get(key)
        if known is None:
            known = self._dates[key] = policy.arrives(self.now, days_min, days_max)
        return known

    def _policy_of(self, seller_id: str) -> Policy:
        own = self._policies(seller_id)
        return own if own.is_said else self._platform

    def _refusal(self, line: ParcelLine, parcel: Parcel) -> dict[str, str] | None:
        if parcel.reason:
            return {"reason": parcel.reason}
        assert parcel.rate is not None
        for restrictions in (
            parcel.rate.restrictions,
            self._policies(line.seller_id).restrictions,
            self._platform.restrictions,
        ):
            if restrictions:
                one = restriction_of(restrictions, line.category, self.where)
                if one is not None:
                    return {"reason": RESTRICTED, "why": one.reason}
        return None

    def _charge(self, line: ParcelLine, parcel: Parcel, goods_amount: int) -> DeliveryCharge:
        rate, terms = parcel.rate, parcel.terms
        assert rate is not None
        assert terms is not None
        amount = 0
        if not terms.is_free(goods_amount):
            amount = rate.item_part(line, terms)
            if not parcel.lines:
                amount += terms.base_amount + parcel.band_amount
        parcel.lines += 1
        earliest = latest = None
        if self._policy_of(line.seller_id).is_said:
            earliest, latest = self.arrives(line.seller_id, terms.days_min, terms.days_max)
        return DeliveryCharge(
            line_no=line.line_no,
            seller_id=line.seller_id,
            method=line.method,
            amount=amount,
            days_min=terms.days_min,
            days_max=terms.days_max,
            rate_id=rate.id,
            zone=terms.zone,
            chargeable_grams=parcel.weighed,
            arrives_from=earliest,
            arrives_to=latest,
        )


def line_faults(
    lines: Sequence[ParcelLine] | Sequence[OfferedLine], country: str, currency: str
) -> Iterator[DomainError]:
    """What no checkout could have meant, all of it."""
    try:
        exponent(currency)
    except UnknownCurrency as fault:
        yield fault
    if not is_country(country):
        yield CountryNotReadable(countries=[country[:2]])
    if not 0 < len(lines) <= LINES_MAX or len({line.line_no for line in lines}) < len(lines):
        yield LinesNotReadable(lines=len(lines), lines_max=LINES_MAX)
    wrong = [line.line_no for line in lines if not 0 < line.quantity <= QUANTITY_MAX]
    if wrong:
        yield QuantityOutOfBounds(quantity_max=QUANTITY_MAX, lines=wrong)
    wrong = [line.line_no for line in lines if not 0 <= line.amount <= GOODS_AMOUNT_MAX]
    if wrong:
        yield AmountOutOfBounds(amount_max=GOODS_AMOUNT_MAX, lines=wrong)
    wrong = [
        line.line_no for line in lines if not (0 <= line.weight_grams <= GRAMS_MAX and 0 <= line.volume_mm3 <= MM3_MAX)
    ]
    if wrong:
        yield WeightOutOfBounds(lines=wrong, weight_grams_max=GRAMS_MAX, volume_mm3_max=MM3_MAX)
