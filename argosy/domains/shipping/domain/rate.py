"""Freight templates: what one seller charges for one method in one currency."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from argosy.contracts.shipping import (
    DeliveryPolicySet,
    FreightBand,
    FreightZone,
    GoodsRestriction,
    ParcelLine,
    SetShippingRate,
    ShippingRateEnded,
    ShippingRateSet,
)
from argosy.domains.shipping.domain.faults import (
    AmountOutOfBounds,
    CountryNotReadable,
    DaysOutOfBounds,
    DivisorOutOfBounds,
    MethodNotReadable,
    SellerNotReadable,
)
from argosy.domains.shipping.domain.freight import (
    DAYS_MAX,
    NAME_LETTERS_MAX,
    RATE_AMOUNT_MAX,
    Terms,
    band_faults,
    nearest,
    terms_of_zone,
    zone_faults,
    zones_compared,
)
from argosy.domains.shipping.domain.places import Destination, is_country
from argosy.domains.shipping.domain.policy import NOTHING_SAID, Policy, restriction_faults, restrictions_compared
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id, is_id, named_id
from argosy.shared_kernel.money import UnknownCurrency, exponent

PLATFORM = named_id("platform")
"""Whose template counts where a seller has none of their own."""

COUNTRIES_MAX = 300
DIVISOR_MAX = 1_000_000

_METHOD = re.compile(r"[a-z][a-z0-9_-]{0,31}")


@lru_cache(maxsize=16_384)
def rate_id(seller_id: str, method: str, currency: str) -> Id:
    return named_id("rate", seller_id, method, currency)


@lru_cache(maxsize=16_384)
def policy_id(seller_id: str) -> Id:
    """Under which what holds for all methods of a seller is kept, among their templates."""
    return rate_id(seller_id, "", "")


@dataclass(kw_only=True, eq=False)
class ShippingRate(Aggregate):
    """See SetShippingRate. A row without a method is no template: it keeps the `policy` of its seller, so that a quote
    loads one kind of row."""

    seller_id: Id
    method: str
    currency: str
    base_amount: int = 0
    item_amount: int = 0
    countries: tuple[str, ...] = ()
    free_from_amount: int = 0
    days_min: int = 3
    days_max: int = 10
    label: str = ""
    zones: tuple[FreightZone, ...] = ()
    bands: tuple[FreightBand, ...] = ()
    extra_grams: int = 0
    extra_amount: int = 0
    volumetric_divisor: int = 0
    restrictions: tuple[GoodsRestriction, ...] = ()
    is_offered: bool = True
    is_ended: bool = False
    policy: Policy = field(default=NOTHING_SAID)

    def apply(self, command: SetShippingRate) -> None:
        """Become what the command says; the same again tells nothing."""
        terms: dict[str, Any] = {
            "base_amount": command.base_amount,
            "item_amount": command.item_amount,
            "countries": tuple(sorted(set(command.countries))),
            "free_from_amount": command.free_from_amount,
            "days_min": command.days_min,
            "days_max": command.days_max,
            "label": " ".join(command.label.split()),
            "zones": zones_compared(command.zones),
            "bands": command.bands,
            "extra_grams": command.extra_grams,
            "extra_amount": command.extra_amount,
            "volumetric_divisor": command.volumetric_divisor,
            "restrictions": restrictions_compared(command.restrictions),
            "is_offered": command.is_offered,
        }
        if self.sequence and not self.is_ended and all(getattr(self, name) == value for name, value in terms.items()):
            return
        self.is_ended = False
        for name, value in terms.items():
            setattr(self, name, value)
        self.record(
            ShippingRateSet(
                rate_id=self.id, seller_id=self.seller_id, method=self.method, currency=self.currency, **terms
            )
        )

    def end(self) -> None:
        """Count no more; again changes nothing."""
        if not self.is_ended:
            self.is_ended = True
            self.record(
                ShippingRateEnded(rate_id=self.id, seller_id=self.seller_id, method=self.method, currency=self.currency)
            )

    def set_policy(self, policy: Policy) -> None:
        """Hold this for all methods; the same again tells nothing."""
        if self.policy == policy:
            return
        self.policy = policy
        self.record(
            DeliveryPolicySet(
                policy_id=self.id,
                seller_id=self.seller_id,
                timezone=policy.timezone,
                cut_off_minutes=policy.cut_off_minutes,
                handling_days=policy.handling_days,
                workdays=policy.workdays,
                holidays=policy.holidays,
                restrictions=policy.restrictions,
            )
        )

    def terms_for(self, where: Destination) -> Terms | None:
        """What counts there; None where it does not deliver."""
        if self.countries and where.country not in self.countries:
            return None
        if self.zones:
            zone = nearest(self.zones, where)
            return None if zone is None else terms_of_zone(zone)
        return Terms(
            base_amount=self.base_amount,
            item_amount=self.item_amount,
            free_from_amount=self.free_from_amount,
            bands=self.bands,
            extra_grams=self.extra_grams,
            extra_amount=self.extra_amount,
            days_min=self.days_min,
            days_max=self.days_max,
        )

    def item_part(self, line: ParcelLine, terms: Terms) -> int:
        """What the pieces of one line cost, whatever else is in the order."""
        return terms.item_amount * line.quantity


def rate_faults(command: SetShippingRate) -> Iterator[DomainError]:
    """What no seller could have meant, all of it."""
    if command.seller_id is not None and not is_id(command.seller_id):
        yield SellerNotReadable()
    label = " ".join(command.label.split())
    if not _METHOD.fullmatch(command.method) or len(label) > NAME_LETTERS_MAX or not label.isprintable():
        yield MethodNotReadable(method=command.method[:32])
    try:
        exponent(command.currency)
    except UnknownCurrency as fault:
        yield fault
    for name in ("base_amount", "item_amount", "free_from_amount"):
        if not 0 <= getattr(command, name) <= RATE_AMOUNT_MAX:
            yield AmountOutOfBounds(field=name, amount_max=RATE_AMOUNT_MAX)
    unreadable = [country[:2] for country in command.countries if not is_country(country)]
    if unreadable or len(command.countries) > COUNTRIES_MAX:
        yield CountryNotReadable(countries=unreadable[:10], countries_max=COUNTRIES_MAX)
    if not 0 <= command.days_min <= command.days_max <= DAYS_MAX:
        yield DaysOutOfBounds(days_min=command.days_min, days_max=command.days_max, days_limit=DAYS_MAX)
    yield from band_faults(command.bands, (command.extra_grams, command.extra_amount), "")
    yield from zone_faults(command.zones)
    yield from restriction_faults(command.restrictions)
    if not 0 <= command.volumetric_divisor <= DIVISOR_MAX:
        yield DivisorOutOfBounds(divisor_max=DIVISOR_MAX)
