"""Sellers who are taxed by their own place: by its rules, under the destination's terms, and said so."""

from __future__ import annotations

import pytest

from argosy.contracts.taxes import PreviewTax, SetSellerTaxes, SetTaxTerms, SetTaxZone, TaxPlace
from argosy.domains.taxes.domain.party import PostalCodeNotReadable
from argosy.domains.taxes.domain.places import rule_id
from argosy.domains.taxes.domain.terms import TermsNotReadable
from tests.domains.taxes.desk import BUYER, OTHER, SELLER, STAFF, lines_of, quote, rule, stage_with, taxed
from tests.support import Stage

SALE = (("standard", 10_000), ("standard", 10_000, OTHER))


def texas(origin: str = "region") -> Stage:
    """Two cities with taxes of their own; one seller in Dallas, the other in another state."""
    return stage_with(
        rule(625, "US", region="TX", is_inclusive=False),
        rule(825, "", zone="DALLAS", is_inclusive=False),
        rule(775, "", zone="WACO", is_inclusive=False),
        rule(600, "US", region="FL", is_inclusive=False),
        SetTaxZone(code="DALLAS", name="Dallas", places=(TaxPlace(country="US", postal_prefix="752"),)),
        SetTaxZone(code="WACO", name="Waco", places=(TaxPlace(country="US", postal_prefix="767"),)),
        SetTaxTerms(country="US", region="TX", origin=origin),
        SetSellerTaxes(seller_id=SELLER, country="US", region="tx", postal_code="75201"),
        SetSellerTaxes(seller_id=OTHER, country="US", region="FL", postal_code="33101"),
    )


def test_a_seller_of_the_same_region_is_taxed_by_their_own_city() -> None:
    stage = texas()
    dallas, florida = taxed(stage, quote(*SALE, country="US", region="TX", postal_code="76701"))
    assert (dallas.amount, dallas.rule_id, dallas.by_origin) == (825, rule_id("", "DALLAS", "standard"), True)
    assert (florida.amount, florida.rule_id, florida.by_origin) == (775, rule_id("", "WACO", "standard"), False)


def test_a_seller_of_the_same_country_is_taxed_by_their_own_region() -> None:
    stage = texas("country")
    dallas, florida = taxed(stage, quote(*SALE, country="US", region="TX", postal_code="76701"))
    assert (dallas.amount, florida.amount) == (825, 600)
    assert florida.by_origin


def test_elsewhere_the_destination_decides() -> None:
    stage = texas()
    lines = taxed(stage, quote(*SALE, country="US", region="FL", postal_code="33101"))
    assert [(one.amount, one.by_origin) for one in lines] == [(600, False), (600, False)]
    unknown = taxed(stage, quote(("standard", 10_000, BUYER), country="US", region="TX", postal_code="76701"))
    assert [(one.amount, one.by_origin) for one in unknown] == [(775, False)]


def test_within_a_zone_a_seller_is_taxed_as_at_home_and_from_outside_by_the_destination() -> None:
    stage = stage_with(
        rule(1_900, "DE"),
        rule(2_000, "FR"),
        rule(2_500, "NO"),
        SetTaxZone(code="EU", name="The union", places=(TaxPlace(country="DE"), TaxPlace(country="FR"))),
        SetTaxTerms(country="FR", origin="zone"),
        SetSellerTaxes(seller_id=SELLER, country="DE"),
        SetSellerTaxes(seller_id=OTHER, country="NO"),
    )
    german, norwegian = taxed(stage, quote(("books", 12_000), ("books", 12_000, OTHER), country="FR"))
    assert (german.basis_points, german.by_origin) == (1_900, True)
    assert (norwegian.basis_points, norwegian.by_origin) == (2_000, False)


def test_the_explanation_says_that_it_is_the_sellers_place() -> None:
    stage = texas()
    stage.send(
        PreviewTax(country="US", region="TX", postal_code="76701", currency="USD", lines=lines_of(*SALE)), actor=STAFF
    )
    dallas, waco = (line.explanation for line in stage.result.lines)  # type: ignore[attr-defined]
    assert dallas == "8.25 % on top: standard in zone DALLAS, where the seller is, rounded halves up per line."
    assert waco == "7.75 % on top: standard in zone WACO, rounded halves up per line."
    assert stage.undeclared_loads == 0


def test_what_nobody_could_mean_is_refused() -> None:
    with pytest.raises(TermsNotReadable):
        stage_with(SetTaxTerms(country="US", origin="planet"))
    with pytest.raises(PostalCodeNotReadable):
        stage_with(SetSellerTaxes(seller_id=SELLER, country="US", postal_code="7" * 21))
