"""What delivery costs: quoted for a flow by the methods that were chosen, or offered with all methods there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from argosy.contracts.shipping import (
    MethodOffered,
    OfferedLine,
    OfferShipping,
    ParcelLine,
    QuoteShipping,
    SellerOffers,
    ShippingOffers,
    ShippingQuoted,
)
from argosy.domains.shipping.domain.charging import NO_RATE, NO_RATE_IN_CURRENCY, Charging, FindRate, line_faults
from argosy.domains.shipping.domain.places import Destination
from argosy.domains.shipping.domain.policy import NOTHING_SAID, Policy
from argosy.domains.shipping.domain.rate import PLATFORM, ShippingRate, policy_id, rate_id
from argosy.engine.reads import By, by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import refuse
from argosy.shared_kernel.ids import Id

OFFERS_MAX = 20
"""Of one seller's methods, the cheapest so many are offered."""
REFUSED_MAX = 100


def _wanted(command: QuoteShipping) -> Iterator[Id]:
    yield policy_id(PLATFORM)
    for line in command.lines:
        yield rate_id(line.seller_id, line.method, command.currency)
        yield rate_id(PLATFORM, line.method, command.currency)
        yield policy_id(line.seller_id)


def _templates(command: OfferShipping) -> Iterator[Any]:
    for seller_id in dict.fromkeys((*(line.seller_id for line in command.lines), PLATFORM)):
        yield by("seller_id", seller_id)
        yield policy_id(seller_id)


class ShippingQuotes:
    """A quote counts with the templates of its moment and writes nothing but its answer; an offer writes nothing."""

    def __init__(self, work: UnitOfWork, rates: Repository[ShippingRate]) -> None:
        self.work = work
        self.rates = rates

    @reads(rates=_wanted)
    @then_reads(rates=lambda self, command: self._of_whom_there_is_none(command))
    def quote_shipping(self, command: QuoteShipping) -> None:
        """Price delivery of every line, or refuse with every line that cannot be delivered so."""
        refuse(line_faults(command.lines, command.country, command.currency))
        where = Destination.of(command.country, command.region, command.postal_code)

        def find(seller_id: str, method: str) -> ShippingRate | str:
            return self._chosen(seller_id, method, command.currency) or self._why_none(seller_id, method)

        charging = self._charging(where, find)
        self.work.announce(ShippingQuoted(flow_id=command.flow_id, charges=charging.charges(command.lines)))

    @reads(rates=_templates)
    def offer_shipping(self, command: OfferShipping) -> ShippingOffers:
        """Every method by which each seller delivers all of their lines there, cheapest first."""
        refuse(line_faults(command.lines, command.country, command.currency))
        lines: dict[Id, list[OfferedLine]] = {}
        for line in command.lines:
            lines.setdefault(line.seller_id, []).append(line)
        offered = {seller_id: self._offered(seller_id, command.currency) for seller_id in lines}
        where = Destination.of(command.country, command.region, command.postal_code)
        charging = self._charging(where, lambda seller_id, method: offered[Id(seller_id)].get(method, NO_RATE))
        sellers = [_offers(charging, seller_id, lines[seller_id], offered[seller_id]) for seller_id in lines]
        return ShippingOffers(currency=command.currency, sellers=tuple(sellers))

    def _chosen(self, seller_id: str, method: str, currency: str) -> ShippingRate | None:
        """The seller's template of a method, else the platform's."""
        for owner in (seller_id, PLATFORM):
            rate = self.rates.find(rate_id(owner, method, currency))
            if rate is not None and not rate.is_ended:
                return rate
        return None

    def _of_whom_there_is_none(self, command: QuoteShipping) -> list[By | Id]:
        """Where a template is missing, all of its seller's are looked at to tell why."""
        meant = {(line.seller_id, line.method) for line in command.lines}
        missing = {seller_id for seller_id, method in meant if not self._chosen(seller_id, method, command.currency)}
        return [by("seller_id", Id(owner)) for owner in sorted({*missing, PLATFORM})] if missing else []

    def _why_none(self, seller_id: str, method: str) -> str:
        """A template counts in its own currency alone."""
        known = [rate for owner in (seller_id, PLATFORM) for rate in self.rates.all_by("seller_id", owner)]
        is_elsewhere = any(rate.method == method and not rate.is_ended for rate in known)
        return NO_RATE_IN_CURRENCY if is_elsewhere else NO_RATE

    def _offered(self, seller_id: Id, currency: str) -> dict[str, ShippingRate]:
        """By method: the seller's templates, and the platform's for methods of which they have none."""
        own = {rate.method: rate for rate in self._live(seller_id, currency)}
        for rate in self._live(PLATFORM, currency):
            own.setdefault(rate.method, rate)
        return {method: rate for method, rate in own.items() if rate.is_offered}

    def _live(self, seller_id: Id, currency: str) -> list[ShippingRate]:
        return [
            rate
            for rate in self.rates.all_by("seller_id", seller_id)
            if rate.method and rate.currency == currency and not rate.is_ended
        ]

    def _charging(self, where: Destination, find: FindRate) -> Charging:
        return Charging(where, self.work.now, find, self._policy, self._policy(PLATFORM))

    def _policy(self, seller_id: str) -> Policy:
        row = self.rates.find(policy_id(seller_id))
        return NOTHING_SAID if row is None else row.policy


def _offers(
    charging: Charging, seller_id: Id, lines: Sequence[OfferedLine], templates: Mapping[str, ShippingRate]
) -> SellerOffers:
    """The methods that deliver all of these lines, cheapest first, or why none does."""
    found: list[MethodOffered] = []
    refused: list[dict[str, Any]] = []
    for method, rate in templates.items():
        charges, not_so = charging.priced([_parcel_line(line, method) for line in lines])
        if not_so:
            refused += not_so
            continue
        days_min, days_max = charges[0].days_min, charges[0].days_max
        earliest, latest = charging.arrives(seller_id, days_min, days_max)
        found.append(
            MethodOffered(
                method=method,
                label=rate.label or method.replace("_", " ").replace("-", " ").capitalize(),
                amount=sum(charge.amount for charge in charges),
                days_min=days_min,
                days_max=days_max,
                arrives_from=earliest,
                arrives_to=latest,
                rate_id=rate.id,
            )
        )
    found.sort(key=lambda offer: (offer.amount, offer.arrives_to, offer.method))
    return SellerOffers(
        seller_id=seller_id, methods=tuple(found[:OFFERS_MAX]), refused=() if found else tuple(refused[:REFUSED_MAX])
    )


def _parcel_line(line: OfferedLine, method: str) -> ParcelLine:
    return ParcelLine(
        line_no=line.line_no,
        seller_id=line.seller_id,
        method=method,
        quantity=line.quantity,
        weight_grams=line.weight_grams,
        volume_mm3=line.volume_mm3,
        amount=line.amount,
        category=line.category,
    )
