"""What staff read of rules, terms and zones, and sellers and buyers of themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from argosy.contracts.taxes import TaxPlace, TaxRegistration
from argosy.domains.taxes.adapters.outbound.models import TaxPartyRow, TaxRuleRow, TaxZoneRow
from argosy.domains.taxes.domain.explanation import percent
from argosy.domains.taxes.domain.party import BUYER, SELLER, Exemption, party_id
from argosy.domains.taxes.domain.places import NOWHERE
from argosy.domains.taxes.domain.rate import Rate, rate_in_force
from argosy.domains.taxes.domain.rule import TaxRule
from argosy.domains.taxes.domain.terms import PlaceTerms, Terms
from argosy.shared_kernel.ids import Id


class RuleShown(msgspec.Struct, frozen=True):
    """A rule with all its versions; `rate` is what counts now, in percent, or null where nothing does."""

    rule_id: Id
    country: str
    region: str
    zone: str
    category: str
    rate: str | None
    is_inclusive: bool
    versions: tuple[Rate, ...]


class TermsShown(msgspec.Struct, frozen=True):
    """The terms of a country or region, and the zone that it is in."""

    country: str
    region: str
    terms: Terms | None
    zone: str


class ZoneShown(msgspec.Struct, frozen=True):
    """A zone with its places."""

    code: str
    name: str
    places: tuple[TaxPlace, ...]


class VatCheckShown(msgspec.Struct, frozen=True):
    """What a register says of the number: `pending` and `invalid` ones were not found yet, or are none; empty where
    nobody was asked. `consultation` proves that it was asked, at `checked_at`."""

    outcome: str = ""
    register: str = ""
    consultation: str = ""
    checked_at: datetime | None = None


class SellerTaxes(msgspec.Struct, frozen=True):
    """Where a seller is established and registered."""

    seller_id: Id
    country: str
    vat_id: str
    registrations: tuple[TaxRegistration, ...]
    region: str = ""
    postal_code: str = ""
    vat_check: VatCheckShown = VatCheckShown()


class BuyerTaxes(msgspec.Struct, frozen=True):
    """The number that a buyer buys with, and their exemptions."""

    vat_id: str
    exemptions: tuple[Exemption, ...]
    vat_check: VatCheckShown = VatCheckShown()


_RULE_COLUMNS = ("id", "country", "region", "category", "basis_points", "hundredths", "is_inclusive", "versions")


def rules_listed(now: datetime, country: str, zone: str, after: str, limit: int) -> list[RuleShown]:
    """Rules in order of their ids, with one more than `limit`."""
    found = TaxRuleRow.objects.exclude(category="")
    if country:
        found = found.filter(country=country)
    if zone:
        found = found.filter(country=NOWHERE, region=zone)
    if after:
        found = found.filter(id__gt=after)
    return [_rule(row, now) for row in found.order_by("id").values_list(*_RULE_COLUMNS)[: limit + 1]]


def rule_shown(rule_id: str, now: datetime) -> RuleShown | None:
    row = TaxRuleRow.objects.filter(id=rule_id).exclude(category="").values_list(*_RULE_COLUMNS).first()
    return None if row is None else _rule(row, now)


def terms_listed(country: str, after: str, limit: int) -> list[tuple[str, TermsShown]]:
    """Ids with what was said of places, in order of ids."""
    found = TaxRuleRow.objects.filter(category="")
    if country:
        found = found.filter(country=country)
    if after:
        found = found.filter(id__gt=after)
    shown = []
    for id, where, region, place in found.order_by("id").values_list("id", "country", "region", "place")[: limit + 1]:
        said = msgspec.convert(place, PlaceTerms)
        shown.append((id, TermsShown(where, region, said.terms, said.zone)))
    return shown


def zones_listed(after: str, limit: int) -> list[ZoneShown]:
    found = TaxZoneRow.objects.filter(code__gt=after).order_by("code")
    return [_zone(row) for row in found.values_list("code", "name", "places")[: limit + 1]]


def zone_shown(code: str) -> ZoneShown | None:
    row = TaxZoneRow.objects.filter(code=code).values_list("code", "name", "places").first()
    return None if row is None else _zone(row)


def seller_taxes(seller_id: str) -> SellerTaxes | None:
    found = _party(SELLER, seller_id)
    if found is None:
        return None
    country, vat_id, registrations, _, check, region, postal_code = found
    return SellerTaxes(
        Id(seller_id), country, vat_id, _registrations(registrations), region, postal_code, _checked(check)
    )


def buyer_taxes(buyer_id: str) -> BuyerTaxes:
    """Somebody who said nothing has no number and no exemptions."""
    found = _party(BUYER, buyer_id)
    if found is None:
        return BuyerTaxes("", ())
    return BuyerTaxes(found[1], msgspec.convert(found[3], tuple[Exemption, ...]), _checked(found[4]))


def _checked(plain: Any) -> VatCheckShown:
    return msgspec.convert(plain, VatCheckShown)


def _party(role: str, id: str) -> tuple[Any, ...] | None:
    columns = ("country", "vat_id", "registrations", "exemptions", "vat_check", "region", "postal_code")
    return TaxPartyRow.objects.filter(id=party_id(role, id)).values_list(*columns).first()


def _registrations(plain: Sequence[Any]) -> tuple[TaxRegistration, ...]:
    return msgspec.convert(plain, tuple[TaxRegistration, ...])


def _zone(row: tuple[Any, ...]) -> ZoneShown:
    return ZoneShown(row[0], row[1], msgspec.convert(row[2], tuple[TaxPlace, ...]))


def _rule(row: tuple[Any, ...], now: datetime) -> RuleShown:
    values = dict(zip(_RULE_COLUMNS, row, strict=True))
    values["versions"] = msgspec.convert(values["versions"], tuple[Rate, ...])
    rule = TaxRule(**values)
    rate = rate_in_force(rule.rates, now)
    return RuleShown(
        rule_id=rule.id,
        country=rule.country,
        region="" if rule.zone else rule.region,
        zone=rule.zone,
        category=rule.category,
        rate=None if rate is None else percent(*rate.told),
        is_inclusive=rule.is_inclusive if rate is None else rate.is_inclusive,
        versions=rule.rates,
    )
