"""Who collects what where: zones, terms of destinations, registrations, businesses, exemptions."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from argosy.contracts.accounts import PersonErased
from argosy.contracts.taxes import (
    BuyerTaxesSet,
    EndTaxExemption,
    GrantTaxExemption,
    SetBuyerTaxes,
    SetSellerTaxes,
    SetTaxTerms,
    SetTaxZone,
    TaxPlace,
    TaxRegistration,
)
from argosy.domains.taxes.domain.party import NoSuchExemption, NoSuchSeller, TaxParty
from argosy.domains.taxes.domain.places import PlaceIsInAnotherZone, TaxZone
from argosy.domains.taxes.domain.rule import MayNotSetTaxes, TaxRule
from argosy.engine.work import Actor
from argosy.shared_kernel.errors import DomainError, Several
from argosy.shared_kernel.messages import Command
from tests.domains.taxes.desk import BUYER, OTHER, SELLER, STAFF, quote, reasons, rule, stage_with, taxed
from tests.support import Stage, an_id

AS_BUYER = Actor(id=BUYER, roles=frozenset({"buyer"}))
AS_SELLER = Actor(id=an_id("her"), roles=frozenset({"buyer", "seller"}), seller_id=SELLER)
SALE = ("standard", 11_900)


def zone(code: str, *places: str) -> SetTaxZone:
    """Places as DE, US/CA or US:941."""
    found = []
    for text in places:
        place, _, postal = text.partition(":")
        country, _, region = place.partition("/")
        found.append(TaxPlace(country=country, region=region, postal_prefix=postal))
    return SetTaxZone(code=code, name=code.title(), places=tuple(found))


def points(stage: Stage, *, category: str = "standard", **where: str) -> int:
    return taxed(stage, quote((category, 10_000), **where))[0].basis_points  # type: ignore[arg-type]


def test_a_zones_rule_counts_in_all_its_places_and_nowhere_else() -> None:
    stage = stage_with(zone("EU", "DE", "FR"), rule(1_500, "", zone="EU"))
    assert [points(stage, country=country) for country in ("DE", "FR", "CH")] == [1_500, 1_500, 0]


def test_the_nearest_place_counts_postal_code_then_region_then_its_zone_then_country_then_its_zone() -> None:
    said: list[tuple[Command, dict[str, str], int]] = [
        (rule(1, "", zone="AMERICAS"), {}, 1),
        (rule(2, "US"), {}, 2),
        (rule(3, "", zone="WEST"), {"region": "CA"}, 3),
        (rule(4, "US", region="CA"), {"region": "ca"}, 4),
        (rule(5, "", zone="BAY"), {"region": "CA", "postal_code": "94107-1234"}, 5),
    ]
    stage = stage_with(zone("AMERICAS", "US", "CA"), zone("WEST", "US/CA", "US/NV"), zone("BAY", "US:941", "US:94"))
    for command, where, expected in said:
        stage.send(command)
        assert points(stage, country="US", **where) == expected
    assert points(stage, country="US", region="NV") == 3
    assert points(stage, country="US", region="NV", postal_code="89101") == 3
    assert points(stage, country="US", region="CA", postal_code="90001") == 4


def test_the_longest_beginning_of_a_postal_code_counts() -> None:
    stage = stage_with(
        zone("WIDE", "US:9"), zone("CITY", "US:94107"), rule(1, "", zone="WIDE"), rule(2, "", zone="CITY")
    )
    assert points(stage, country="US", postal_code="94107") == 2
    assert points(stage, country="US", postal_code="94108") == 1
    assert points(stage, country="US", postal_code="10001") == 0


def test_a_zone_that_is_said_again_holds_just_what_was_said_last() -> None:
    stage = stage_with(zone("EU", "DE", "FR", "ES:35"), rule(1_500, "", zone="EU"))
    stage.send(zone("EU", "FR", "PT"))
    assert [points(stage, country=country) for country in ("DE", "FR", "PT")] == [0, 1_500, 1_500]
    assert points(stage, country="ES", postal_code="35001") == 0
    assert stage.send(zone("EU", "PT", "FR")) == [], "in whatever order"
    assert stage.undeclared_loads == 0


def test_a_place_is_in_one_zone_at_most_and_a_refusal_changes_nothing() -> None:
    stage = stage_with(zone("EU", "DE", "FR"))
    with pytest.raises(PlaceIsInAnotherZone) as refused:
        stage.send(zone("DACH", "AT", "DE"))
    assert refused.value.details["places"] == [{"country": "DE", "region": "", "postal_prefix": ""}]
    assert [found.code for found in stage.all(TaxZone)] == ["EU"]
    stage.send(zone("EU", "FR"))
    stage.send(zone("DACH", "AT", "DE"))


def test_all_faults_of_a_zone_are_told_at_once() -> None:
    with pytest.raises(Several) as refused:
        stage_with(zone("eu", "DE", "DE", "Germany", "US/CA:941"))
    assert [fault.code for fault in refused.value.faults] == ["zone_not_readable", "places_not_readable"]
    assert refused.value.faults[1].details["places"] == [3, 4]


def test_a_rule_is_of_a_zone_or_of_a_country() -> None:
    with pytest.raises(DomainError) as refused:
        stage_with(rule(1, "DE", zone="EU"))
    assert refused.value.code == "place_is_of_rule_or_zone"


NEXUS = SetTaxTerms(country="US", checks_registrations=True)


def test_a_seller_collects_only_where_they_are_registered() -> None:
    stage = stage_with(
        NEXUS,
        rule(725, "US", region="CA", is_inclusive=False),
        rule(400, "US", region="NY", is_inclusive=False),
        SetSellerTaxes(seller_id=SELLER, country="US", registrations=(TaxRegistration(country="US", region="ca"),)),
    )
    lines = (("standard", 10_000), ("standard", 10_000, OTHER))
    assert reasons(stage, quote(*lines, country="US", region="CA")) == [("rule", 725), ("not_registered", 0)]
    assert reasons(stage, quote(*lines, country="US", region="NY")) == [("not_registered", 0)] * 2


def test_a_marketplace_facilitator_collects_for_everybody() -> None:
    stage = stage_with(
        SetTaxTerms(country="US", checks_registrations=True, is_facilitator=True),
        rule(725, "US", region="CA", is_inclusive=False),
    )
    (line,) = taxed(stage, quote(("standard", 10_000), country="US", region="CA"))
    assert (line.reason, line.amount, line.collected_by) == ("rule", 725, "platform")


def test_a_registration_of_a_whole_zone_counts_in_its_places_and_within_its_time() -> None:
    shop = TaxRegistration(zone="EU", number="EU372", valid_from=date(2026, 1, 1), valid_to=date(2026, 6, 30))
    stage = stage_with(
        zone("EU", "DE", "FR"),
        rule(1_900, "", zone="EU"),
        *[SetTaxTerms(country=country, checks_registrations=True) for country in ("DE", "CH")],
        rule(810, "CH"),
        SetSellerTaxes(seller_id=SELLER, country="PT", registrations=(shop,)),
    )
    assert reasons(stage, quote(SALE)) == [("rule", 1_900)]
    assert reasons(stage, quote(SALE, country="CH")) == [("not_registered", 0)]
    stage.clock.time = datetime(2026, 7, 1, tzinfo=UTC)
    assert reasons(stage, quote(SALE)) == [("not_registered", 0)]


def business(vat_id: str = "DE136695976", seller_country: str = "PT") -> Stage:
    stage = stage_with(rule(1_900), SetTaxTerms(country="DE", reverse_charge=True))
    stage.send(SetSellerTaxes(seller_id=SELLER, country=seller_country))
    if vat_id:
        stage.send(SetBuyerTaxes(vat_id=vat_id), actor=AS_BUYER)
    return stage


def test_between_businesses_of_two_countries_the_buyer_owes_the_tax() -> None:
    assert reasons(business(), quote(SALE)) == [("reverse_charge", 0)]


@pytest.mark.parametrize(
    "stage",
    [business(vat_id=""), business(seller_country="DE"), business(vat_id="ATU13585627")],
    ids=["a consumer", "within one country", "a business of a third country"],
)
def test_nobody_else_is_spared_the_tax(stage: Stage) -> None:
    assert reasons(stage, quote(SALE)) == [("rule", 1_900)]


def test_a_seller_of_whom_nothing_is_known_collects_from_businesses_too() -> None:
    assert reasons(business(), quote((*SALE, OTHER))) == [("rule", 1_900)]


def test_a_number_that_is_taken_away_or_a_country_without_the_term_spares_nobody() -> None:
    stage = business()
    stage.send(SetBuyerTaxes(vat_id=""), actor=AS_BUYER)
    assert reasons(stage, quote(SALE)) == [("rule", 1_900)]
    stage.send(SetBuyerTaxes(vat_id="de 136 695 976"), actor=AS_BUYER)
    assert reasons(stage, quote(SALE)) == [("reverse_charge", 0)]
    stage.send(SetTaxTerms(country="DE"))
    assert reasons(stage, quote(SALE)) == [("rule", 1_900)]


def exemption(**other: object) -> GrantTaxExemption:
    values: dict[str, object] = {"buyer_id": BUYER, "country": "US", "certificate": "ST-101"}
    return GrantTaxExemption(**{**values, **other})  # type: ignore[arg-type]


def test_an_exempt_buyer_pays_no_tax_there_for_what_the_certificate_covers() -> None:
    stage = stage_with(
        rule(400, "US", is_inclusive=False),
        SetTaxTerms(country="US", allows_exemptions=True),
        exemption(region="ny", categories=("books",), valid_to=date(2026, 3, 31)),
    )
    lines = (("books", 1_000), ("standard", 1_000))
    assert reasons(stage, quote(*lines, country="US", region="NY")) == [("exempt", 0), ("rule", 40)]
    assert reasons(stage, quote(*lines, country="US", region="NJ")) == [("rule", 40)] * 2
    assert reasons(stage, quote(*lines, country="US", region="NY", buyer_id=an_id("x"))) == [("rule", 40)] * 2
    stage.clock.time = datetime(2026, 4, 1, tzinfo=UTC)
    assert reasons(stage, quote(*lines, country="US", region="NY")) == [("rule", 40)] * 2


def test_an_exemption_that_ends_counts_no_more_and_one_that_is_none_is_not_found() -> None:
    stage = stage_with(rule(400, "US"), SetTaxTerms(country="US", allows_exemptions=True), exemption())
    id = stage.result
    assert reasons(stage, quote(SALE, country="US")) == [("exempt", 0)]
    for buyer_id, exemption_id in ((BUYER, an_id("other")), (an_id("nobody"), id)):
        with pytest.raises(NoSuchExemption):
            stage.send(EndTaxExemption(buyer_id=buyer_id, exemption_id=exemption_id))
    stage.send(EndTaxExemption(buyer_id=BUYER, exemption_id=id))
    assert reasons(stage, quote(SALE, country="US"))[0][0] == "rule"


def test_what_is_told_of_a_buyer_holds_no_number_and_no_certificate() -> None:
    stage = stage_with()
    assert stage.send(SetBuyerTaxes(vat_id="DE136695976"), actor=AS_BUYER) == [
        BuyerTaxesSet(buyer_id=BUYER, has_vat_id=True, exemptions=0)
    ]
    assert stage.send(SetBuyerTaxes(vat_id="DE136695976"), actor=AS_BUYER) == []
    assert stage.send(exemption()) == [BuyerTaxesSet(buyer_id=BUYER, has_vat_id=True, exemptions=1)]


def test_of_a_person_who_is_erased_nothing_stays() -> None:
    stage = business()
    stage.send(exemption())
    stage.send(PersonErased(user_id=BUYER))
    assert [party.role for party in stage.all(TaxParty)] == ["seller"]
    assert reasons(stage, quote(SALE)) == [("rule", 1_900)]
    assert stage.send(PersonErased(user_id=an_id("somebody unknown"))) == []


def test_a_seller_says_this_of_themselves_and_a_strangers_answer_is_that_for_nobody() -> None:
    stage = stage_with()
    stage.send(SetSellerTaxes(seller_id=SELLER, country="PT", vat_id="PT501964843"), actor=AS_SELLER)
    with pytest.raises(NoSuchSeller):
        stage.send(SetSellerTaxes(seller_id=OTHER, country="PT"), actor=AS_SELLER)
    assert [party.vat_id for party in stage.all(TaxParty)] == ["PT501964843"]
    assert stage.send(SetSellerTaxes(seller_id=SELLER, country="PT", vat_id="PT 501 964 843"), actor=AS_SELLER) == []


def test_all_faults_of_what_a_seller_says_are_told_at_once() -> None:
    said = SetSellerTaxes(
        seller_id=SELLER,
        country="Portugal",
        vat_id="PT501964844",
        registrations=(
            TaxRegistration(country="DE", zone="EU"),
            TaxRegistration(country="DE"),
            TaxRegistration(country="FR", valid_from=date(2026, 2, 1), valid_to=date(2026, 1, 1)),
        ),
    )
    with pytest.raises(Several) as refused:
        stage_with().send(said, actor=AS_SELLER)
    assert [fault.code for fault in refused.value.faults] == [
        "country_not_readable",
        "vat_id_not_readable",
        "registrations_not_readable",
    ]
    assert refused.value.faults[2].details["registrations"] == [1, 3]


@pytest.mark.parametrize(
    "command",
    [NEXUS, zone("EU", "DE"), exemption(), EndTaxExemption(buyer_id=BUYER, exemption_id=an_id("x"))],
    ids=lambda command: type(command).__name__,
)
def test_only_staff_say_how_a_destination_taxes(command: Command) -> None:
    stage = stage_with()
    for actor in (AS_BUYER, AS_SELLER, Actor()):
        with pytest.raises(MayNotSetTaxes):
            stage.send(command, actor=actor)
    assert not stage.all(TaxRule)
    assert not stage.all(TaxZone)
    if not isinstance(command, EndTaxExemption):
        stage.send(command, actor=STAFF)


def test_all_faults_of_terms_are_told_at_once() -> None:
    said = SetTaxTerms(
        country="usa", region="<b>", rounding="never", rounding_mode="", delivery="free", service="nobody"
    )
    with pytest.raises(Several) as refused:
        stage_with(said)
    assert [(fault.code, fault.details.get("field")) for fault in refused.value.faults] == [
        ("country_not_readable", None),
        ("region_not_readable", None),
        ("terms_not_readable", "rounding"),
        ("terms_not_readable", "rounding_mode"),
        ("terms_not_readable", "delivery"),
        ("tax_service_unknown", None),
    ]


def test_a_region_without_terms_of_its_own_has_those_of_its_country() -> None:
    stage = stage_with(
        rule(1_000, "US", is_inclusive=False),
        SetTaxTerms(country="US", rounding_mode="up"),
        SetTaxTerms(country="US", region="CA", rounding_mode="down"),
        zone("EAST", "US/NY"),
    )
    found = [
        taxed(stage, quote(("standard", 11), country="US", region=region))[0].amount for region in ("NY", "CA", "")
    ]
    assert found == [2, 1, 2]


def test_a_rule_of_a_zone_without_places_counts_nowhere() -> None:
    assert points(stage_with(rule(1, "", zone="EU")), country="DE") == 0
