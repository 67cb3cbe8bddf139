"""Taxes over HTTP: rules, terms and zones for staff; sellers say where they are registered, buyers their VAT id."""

from __future__ import annotations

from typing import Any

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
from argosy.domains.taxes.domain.explanation import TaxPreview
from argosy.platform.auth import buyer, merchant, staff
from argosy.platform.pages import Page, PageQuery, cursor, page
from argosy.platform.rest import PREFIX, Asked, Made, get, post, put
from argosy.platform.runtime import runtime


class RulesQuery(PageQuery, kw_only=True, frozen=True):
    """Which rules: all, or those of a country or zone."""

    country: str = ""
    zone: str = ""


class TermsQuery(PageQuery, kw_only=True, frozen=True):
    """Whose terms: everybody's, or those of a country and its regions."""

    country: str = ""


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
    found = zones_listed(_after(query), query.limit)
    return _paged(found, query, "taxes/zones", [zone.code for zone in found])


def tax_zone(asked: Asked) -> ZoneShown | None:
    """One zone with its places."""
    return zone_shown(asked["code"])


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


def _after(query: PageQuery) -> str:
    """The key that the page begins behind."""
    position = query.position(tuple[str])
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
    get("taxes/sellers/{seller_id}", seller_tax_profile, allow=merchant, answers=SellerTaxes),
    put("taxes/sellers/{seller_id}", SetSellerTaxes, allow=merchant, answers=Made),
    get("taxes/profile", my_tax_profile, allow=buyer, answers=BuyerTaxes, area="accounts"),
    put("taxes/profile", SetBuyerTaxes, allow=buyer, area="accounts"),
    get("taxes/buyers/{buyer_id}", buyer_tax_profile, allow=staff, answers=BuyerTaxes),
    post("taxes/buyers/{buyer_id}/exemptions", GrantTaxExemption, allow=staff, status=201, answers=Made),
    post("taxes/buyers/{buyer_id}/exemptions/{exemption_id}/end", EndTaxExemption, allow=staff),
]
