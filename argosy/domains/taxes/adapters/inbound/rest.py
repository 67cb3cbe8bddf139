"""Taxes over HTTP: rules, terms, zones and thresholds for staff; sellers say where they are registered and see how they
stand to the thresholds, buyers say their VAT id."""

from __future__ import annotations

import os
from typing import Annotated, Any, Literal

import msgspec

from argosy.contracts.taxes import (
    EndTaxExemption,
    EndTaxRule,
    GrantTaxExemption,
    PreviewTax,
    SetBuyerTaxes,
    SetSellerTaxes,
    SetTaxRule,
    SetTaxTerms,
    SetTaxZone,
)
from argosy.contracts.taxes_thresholds import EndTaxThreshold, SetTaxThreshold
from argosy.domains.taxes.adapters.outbound.queries import (
    BuyerTaxes,
    RuleShown,
    SellerTaxes,
    ZoneShown,
    buyer_taxes,
    rule_shown,
    rules_listed,
    seller_taxes,
    terms_listed,
    zone_shown,
    zones_listed,
)
from argosy.domains.taxes.adapters.outbound.thresholds import (
    ThresholdShown,
    standings_listed,
    threshold_shown,
    thresholds_listed,
)
from argosy.domains.taxes.application.thresholds import is_watching
from argosy.domains.taxes.domain.explanation import TaxPreview
from argosy.platform.auth import buyer, merchant, staff
from argosy.platform.bodies import ID_PATTERN, IdText, matching
from argosy.platform.pages import Page, PageQuery, cursor, page
from argosy.platform.rest import PREFIX, Asked, Made, get, post, put
from argosy.platform.runtime import runtime

_MaybeId = Annotated[str, matching(rf"^(?:{ID_PATTERN[1:-1]})?(?![\s\S])")]
_Code = Annotated[str, msgspec.Meta(max_length=32)]


class RulesQuery(PageQuery, kw_only=True, frozen=True):
    """Which rules: all, or those of a country or zone."""

    country: str = ""
    zone: str = ""


class TermsQuery(PageQuery, kw_only=True, frozen=True):
    """Whose terms: everybody's, or those of a country and its regions."""

    country: str = ""


class StandingsQuery(PageQuery, kw_only=True, frozen=True):
    """Whose standings: everybody's or a seller's, to all thresholds or one, on all levels or one."""

    seller_id: _MaybeId = ""
    code: str = ""
    level: Literal["", "below", "near", "crossed"] = ""


def tax_rules(asked: Asked) -> Page:
    """The rules, with all versions of each and what counts now."""
    query: RulesQuery = asked.query
    found = rules_listed(runtime().clock.now(), query.country, query.zone, _after(query), query.limit)
    return _paged(found, query, "taxes/rules", [rule.rule_id for rule in found], country=query.country, zone=query.zone)


def tax_rule(asked: Asked) -> RuleShown | None:
    """One rule, with all its versions."""
    return rule_shown(asked["rule_id"], runtime().clock.now())


def tax_terms(asked: Asked) -> Page:
    """The terms of countries and regions, where somebody has said any."""
    query: TermsQuery = asked.query
    found = terms_listed(query.country, _after(query), query.limit)
    return _paged([terms for _, terms in found], query, "taxes/terms", [id for id, _ in found], country=query.country)


def tax_zones(asked: Asked) -> Page:
    """The zones with their places."""
    query: PageQuery = asked.query
    found = zones_listed(_after(query, _Code), query.limit)
    return _paged(found, query, "taxes/zones", [zone.code for zone in found])


def tax_zone(asked: Asked) -> ZoneShown | None:
    """One zone with its places."""
    return zone_shown(asked["code"])


def tax_thresholds(asked: Asked) -> Page:
    """The registration thresholds, with all versions of each and what counts now."""
    query: PageQuery = asked.query
    found = thresholds_listed(runtime().clock.now(), is_watching(os.environ), _after(query, _Code), query.limit)
    return _paged(found, query, "taxes/thresholds", [threshold.code for threshold in found])


def tax_threshold(asked: Asked) -> ThresholdShown | None:
    """One threshold, with all its versions."""
    return threshold_shown(asked["code"], runtime().clock.now(), is_watching(os.environ))


def tax_standings(asked: Asked) -> Page:
    """How sellers stand to the thresholds, and where they have sold without being registered."""
    query: StandingsQuery = asked.query
    filters = {"seller_id": query.seller_id, "code": query.code, "level": query.level}
    found = standings_listed(_after(query), query.limit, **filters)
    return _paged([shown for _, shown in found], query, "taxes/standings", [id for id, _ in found], **filters)


def seller_thresholds(asked: Asked) -> Page | None:
    """How a seller stands to the thresholds: their own affair, and our staff's."""
    seller_id, query = asked["seller_id"], asked.query
    if not asked.actor.has("staff") and asked.actor.seller_id != seller_id:
        return None
    found = standings_listed(_after(query), query.limit, seller_id)
    path = f"taxes/sellers/{seller_id}/thresholds"
    return _paged([shown for _, shown in found], query, path, [id for id, _ in found])


def seller_tax_profile(asked: Asked) -> SellerTaxes | None:
    """Where a seller is established and registered: their own affair, and our staff's."""
    seller_id = asked["seller_id"]
    if not asked.actor.has("staff") and asked.actor.seller_id != seller_id:
        return None
    return seller_taxes(seller_id)


def my_tax_profile(asked: Asked) -> BuyerTaxes:
    """The VAT id that you buy with, and your exemptions."""
    return buyer_taxes(asked.actor.id)


def buyer_tax_profile(asked: Asked) -> BuyerTaxes:
    """A buyer's VAT id and exemptions."""
    return buyer_taxes(asked["buyer_id"])


def _paged(items: list[Any], query: PageQuery, path: str, keys: list[Any], **filters: str) -> Page:
    """`keys` are what the lists are in order of."""
    after = cursor(keys[min(len(keys), query.limit) - 1]) if keys else ""
    return page(items, query, PREFIX + path, after, **filters)


def _after(query: PageQuery, key: Any = IdText) -> str:
    """The key that the page begins behind."""
    position = query.position(tuple[key])
    return position[0] if position else ""


endpoints = [
    post("taxes/rules", SetTaxRule, allow=staff, status=201, answers=Made),
    get("taxes/rules", tax_rules, allow=staff, parameters=RulesQuery, answers=Page),
    get("taxes/rules/{rule_id}", tax_rule, allow=staff, answers=RuleShown),
    post("taxes/rules/{rule_id}/end", EndTaxRule, allow=staff, answers=Made),
    put("taxes/terms", SetTaxTerms, allow=staff, answers=Made),
    get("taxes/terms", tax_terms, allow=staff, parameters=TermsQuery, answers=Page),
    get("taxes/zones", tax_zones, allow=staff, parameters=PageQuery, answers=Page),
    get("taxes/zones/{code}", tax_zone, allow=staff, answers=ZoneShown),
    put("taxes/zones/{code}", SetTaxZone, allow=staff, answers=Made),
    post("taxes/preview", PreviewTax, allow=staff, answers=TaxPreview, takes_key=False),
    get("taxes/thresholds", tax_thresholds, allow=staff, parameters=PageQuery, answers=Page),
    get("taxes/thresholds/{code}", tax_threshold, allow=staff, answers=ThresholdShown),
    put("taxes/thresholds/{code}", SetTaxThreshold, allow=staff, answers=Made),
    post("taxes/thresholds/{code}/end", EndTaxThreshold, allow=staff, answers=Made),
    get("taxes/standings", tax_standings, allow=staff, parameters=StandingsQuery, answers=Page),
    get("taxes/sellers/{seller_id}/thresholds", seller_thresholds, allow=merchant, parameters=PageQuery, answers=Page),
    get("taxes/sellers/{seller_id}", seller_tax_profile, allow=merchant, answers=SellerTaxes),
    put("taxes/sellers/{seller_id}", SetSellerTaxes, allow=merchant, answers=Made),
    get("taxes/profile", my_tax_profile, allow=buyer, answers=BuyerTaxes, area="accounts"),
    put("taxes/profile", SetBuyerTaxes, allow=buyer, area="accounts"),
    get("taxes/buyers/{buyer_id}", buyer_tax_profile, allow=staff, answers=BuyerTaxes),
    post("taxes/buyers/{buyer_id}/exemptions", GrantTaxExemption, allow=staff, status=201, answers=Made),
    post("taxes/buyers/{buyer_id}/exemptions/{exemption_id}/end", EndTaxExemption, allow=staff),
]
