"""Sellers who sell as much as needs a registration are told so once a period, and nothing is taxed otherwise for it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from argosy.contracts.taxes import SetSellerTaxes, SetTaxTerms, SetTaxZone, TaxPlace, TaxRegistration
from argosy.contracts.taxes_thresholds import (
    EndTaxThreshold,
    ReviewThresholds,
    TaxThresholdCrossed,
    TaxThresholdEnded,
    TaxThresholdNeared,
    TaxThresholdSet,
)
from argosy.domains.taxes.application import thresholds as reviewing
from argosy.domains.taxes.domain.places import PlacesNotReadable, ZoneNotReadable
from argosy.domains.taxes.domain.rule import MayNotSetTaxes, VersionIsInThePast
from argosy.domains.taxes.domain.standing import BELOW, CROSSED, NEAR, NOT_CONCERNED, ThresholdStanding
from argosy.domains.taxes.domain.terms import TermsNotReadable
from argosy.domains.taxes.domain.threshold import (
    NoSuchThreshold,
    TaxThreshold,
    ThresholdNotReadable,
    ThresholdOutOfBounds,
    ThresholdWithoutMeasure,
    ZoneUnknown,
    threshold_id,
)
from argosy.engine.work import Actor
from argosy.shared_kernel.errors import DomainError, Several
from argosy.shared_kernel.money import UnknownCurrency
from tests.domains.taxes.desk import BUYER, OTHER, SELLER, STAFF, amounts, quote, rule
from tests.domains.taxes.sold import refunded, review, sell, stage_with, standing, threshold
from tests.support import Stage

TEXAS = TaxPlace(country="US", region="TX")
EU = SetTaxZone(
    code="EU", name="The union", places=(TaxPlace(country="DE"), TaxPlace(country="FR"), TaxPlace(country="PT"))
)
DISTANCE_SALES: dict[str, Any] = {
    "currency": "EUR",
    "amount": 1_000_000,
    "places": (),
    "zones": ("EU",),
    "period": "current_or_previous_year",
    "counts": "net",
    "concerns": "established",
    "leaves_out_businesses": True,
}


def at(stage: Stage, year: int, month: int, day: int = 1) -> None:
    stage.clock.time = datetime(year, month, day, tzinfo=UTC)


def told(stage: Stage) -> list[tuple[type, str, int]]:
    return [(type(one), one.period, one.percent) for one in review(stage)]


def test_who_comes_near_and_who_crosses_is_told_once_a_period_each() -> None:
    stage = stage_with(threshold(amount=10_000))
    sell(stage, "one", 7_999)
    assert told(stage) == []
    assert (standing(stage).level, standing(stage).percent) == (BELOW, 79)
    sell(stage, "two", 1)
    (near,) = review(stage)
    assert near == TaxThresholdNeared(
        seller_id=SELLER,
        threshold_id=threshold_id("TX"),
        code="TX",
        period="2026",
        percent=80,
        amount=8_000,
        currency="USD",
        sales=2,
        places=(TEXAS,),
    )
    assert told(stage) == []
    sell(stage, "three", 1_999)
    assert told(stage) == [], "one short of it"
    sell(stage, "four", 1)
    assert told(stage) == [(TaxThresholdCrossed, "2026", 100)]
    assert (standing(stage).level, standing(stage).unregistered) == (CROSSED, (TEXAS,))
    version = standing(stage).version
    assert told(stage) == []
    assert standing(stage).version == version, "what is as it was is not written"
    at(stage, 2027, 1)
    assert told(stage) == [] and standing(stage).level == BELOW, "a new year begins with nothing"
    sell(stage, "five", 10_000)
    assert told(stage) == [(TaxThresholdCrossed, "2027", 100)]


def test_whoever_is_registered_or_collected_for_is_told_nothing_and_stands_there_all_the_same() -> None:
    texas = TaxRegistration(country="US", region="TX", valid_to=date(2026, 6, 30))
    stage = stage_with(threshold(amount=10_000), SetSellerTaxes(seller_id=SELLER, country="PT", registrations=(texas,)))
    sell(stage, "one", 20_000)
    assert told(stage) == []
    assert (standing(stage).level, standing(stage).unregistered) == (CROSSED, ())
    at(stage, 2026, 7)
    assert told(stage) == [(TaxThresholdCrossed, "2026", 200)], "the registration has ended"

    facilitated = stage_with(threshold(amount=10_000), SetTaxTerms(country="US", is_facilitator=True))
    sell(facilitated, "one", 20_000)
    assert told(facilitated) == []
    assert (standing(facilitated).level, standing(facilitated).unregistered) == (CROSSED, ())


def test_crossing_changes_no_tax() -> None:
    stage = stage_with(
        threshold(amount=10_000),
        rule(825, "US", region="TX", is_inclusive=False),
        SetTaxTerms(country="US", region="TX", checks_registrations=True),
    )
    before = amounts(stage, quote(("standard", 10_000), country="US", region="TX"))
    sell(stage, "one", 20_000)
    assert told(stage) == [(TaxThresholdCrossed, "2026", 200)]
    assert amounts(stage, quote(("standard", 10_000), country="US", region="TX")) == before == [0]


@pytest.mark.parametrize(
    ("measure", "sales", "level"),
    [
        ({"amount": 10_000}, [10_000], CROSSED),
        ({"sales": 2}, [1], BELOW),
        ({"sales": 2}, [1, 1], CROSSED),
        ({"amount": 10_000, "sales": 2}, [1, 1], CROSSED),
        ({"amount": 10_000, "sales": 2, "needs_both": True}, [1, 1], BELOW),
        ({"amount": 10_000, "sales": 2, "needs_both": True}, [9_999, 1], CROSSED),
        ({"sales": 100, "near_percent": 1}, [1], NEAR),
    ],
)
def test_an_amount_a_number_of_sales_or_both_reach_it(measure: dict[str, Any], sales: list[int], level: str) -> None:
    stage = stage_with(threshold(**measure))
    for number, amount in enumerate(sales):
        sell(stage, f"order {number}", amount)
    review(stage)
    assert standing(stage).level == level


def test_a_union_has_one_threshold_for_sales_to_all_its_other_countries() -> None:
    stage = stage_with(
        EU,
        threshold("OSS", **DISTANCE_SALES),
        SetSellerTaxes(seller_id=SELLER, country="DE"),
        SetSellerTaxes(seller_id=OTHER, country="US"),
    )
    sell(stage, "home", 5_000_000, "DE", "", currency="EUR")
    sell(stage, "outside", 5_000_000, "CH", "", currency="EUR")
    sell(stage, "business", 5_000_000, "FR", "", currency="EUR", reason="reverse_charge")
    sell(stage, "france", 600_000, "FR", "", currency="EUR", tax=100_000)
    sell(stage, "portugal", 499_999, "PT", "LISBOA", currency="EUR")
    sell(stage, "foreigner", 9_000_000, "FR", "", currency="EUR", seller_id=OTHER)
    assert told(stage) == [(TaxThresholdNeared, "2026", 99)]
    sell(stage, "one more", 1, "PT", "", currency="EUR")
    (crossed,) = review(stage)
    assert (crossed.amount, crossed.sales) == (1_000_000, 3)
    places = (TaxPlace(country="FR"), TaxPlace(country="PT"), TaxPlace(country="PT", region="LISBOA"))
    assert crossed.places == places
    assert [one.seller_id for one in stage.all(ThresholdStanding)] == [SELLER], "others it does not concern"
    one_stop = (TaxRegistration(zone="EU"),)
    stage.send(SetSellerTaxes(seller_id=SELLER, country="DE", registrations=one_stop))
    assert told(stage) == []
    assert standing(stage, "OSS").unregistered == ()


def test_the_year_before_counts_where_it_was_enough() -> None:
    stage = stage_with(threshold(amount=10_000, period="current_or_previous_year"))
    sell(stage, "one", 10_000)
    assert told(stage) == [(TaxThresholdCrossed, "2026", 100)]
    at(stage, 2027, 12)
    assert told(stage) == [], "the year was told of"
    assert (standing(stage).level, standing(stage).period) == (CROSSED, "2026")
    at(stage, 2028, 1)
    assert told(stage) == [] and standing(stage).level == BELOW
    late = stage_with()
    sell(late, "near", 9_000)
    at(late, 2027, 1)
    late.send(threshold(amount=10_000, period="current_or_previous_year"))
    assert told(late) == [], "nobody comes nearer in a year that is over"


def test_twelve_months_are_this_one_and_twelve_before_and_who_falls_below_may_be_told_again() -> None:
    stage = stage_with(threshold(amount=10_000, period="twelve_months"))
    at(stage, 2026, 3, 31)
    sell(stage, "one", 10_000)
    assert told(stage) == [(TaxThresholdCrossed, "twelve_months", 100)]
    at(stage, 2027, 3, 31)
    assert told(stage) == [] and standing(stage).level == CROSSED
    at(stage, 2027, 4)
    assert told(stage) == [] and standing(stage).level == BELOW
    sell(stage, "two", 10_000)
    assert told(stage) == [(TaxThresholdCrossed, "twelve_months", 100)]


def test_what_was_paid_back_counts_unless_the_threshold_subtracts_it() -> None:
    stage = stage_with(threshold(amount=10_000), threshold("TX-NET", amount=10_000, subtracts_refunds=True))
    order = sell(stage, "one", 9_000)
    sell(stage, "two", 5_000)
    stage.send(refunded(order))
    review(stage)
    kept, subtracted = standing(stage), standing(stage, "TX-NET")
    assert (kept.amount, kept.sales, kept.level) == (14_000, 2, CROSSED)
    assert (subtracted.amount, subtracted.sales, subtracted.level) == (5_000, 1, BELOW)


def test_other_currencies_are_summed_beside_and_never_converted() -> None:
    stage = stage_with(threshold(amount=10_000, sales=3))
    sell(stage, "one", 5_000)
    sell(stage, "two", 900_000, currency="MXN")
    assert told(stage) == []
    stands = standing(stage)
    assert (stands.amount, stands.others, stands.sales, stands.percent) == (5_000, {"MXN": 900_000}, 2, 66)


def test_a_threshold_has_versions_and_ends() -> None:
    stage = stage_with(threshold(amount=10_000))
    sell(stage, "one", 9_000)
    later = datetime(2026, 3, 1, tzinfo=UTC)
    (said,) = stage.send(threshold(amount=5_000, valid_from=later))
    assert isinstance(said, TaxThresholdSet) and (said.amount, said.valid_from) == (5_000, later)
    assert stage.send(threshold(amount=5_000, valid_from=later)) == []
    assert stage.send(threshold(amount=10_000)) == [], "what counts already tells nothing"
    assert told(stage) == [(TaxThresholdNeared, "2026", 90)]
    at(stage, 2026, 3)
    assert told(stage) == [(TaxThresholdCrossed, "2026", 180)]
    at(stage, 2026, 3, 2)
    (ended,) = stage.send(EndTaxThreshold(code="TX"))
    assert isinstance(ended, TaxThresholdEnded)
    assert stage.send(EndTaxThreshold(code="TX")) == []
    assert told(stage) == [] and standing(stage).level == NOT_CONCERNED
    with pytest.raises(VersionIsInThePast):
        stage.send(threshold(amount=1, valid_from=datetime(2026, 1, 1, tzinfo=UTC)))
    with pytest.raises(NoSuchThreshold):
        stage.send(EndTaxThreshold(code="NONE"))
    assert len(stage.all(TaxThreshold)[0].versions) == 3


def test_all_sellers_are_looked_through_a_bounded_part_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviewing, "SELLERS_MAX", 2)
    stage = stage_with(threshold(amount=10_000))
    sellers = sorted((SELLER, OTHER, BUYER))
    for seller in sellers:
        sell(stage, f"of {seller}", 10_000, seller_id=seller)
    *first, further = review(stage)
    assert [one.seller_id for one in first] == sellers[:2]
    assert further == ReviewThresholds(after=sellers[1])
    (last,) = stage.send(further)
    assert last.seller_id == sellers[2]  # type: ignore[attr-defined]


def faults_of(stage: Stage, **wrong: Any) -> set[type[DomainError]]:
    with pytest.raises(DomainError) as refused:
        stage.send(threshold(**wrong))
    error = refused.value
    return {type(one) for one in error.faults} if isinstance(error, Several) else {type(error)}


def test_what_no_law_could_mean_is_refused_all_of_it_at_once() -> None:
    stage = stage_with(SetTaxZone(code="DALLAS", name="Dallas", places=(TaxPlace(country="US", postal_prefix="752"),)))
    assert faults_of(
        stage, code="tx", name="", currency="XXX", places=(), period="ever", amount=0, sales=2**63, near_percent=100
    ) == {ThresholdNotReadable, UnknownCurrency, PlacesNotReadable, TermsNotReadable, ThresholdOutOfBounds}
    assert faults_of(stage) == {ThresholdWithoutMeasure}
    assert faults_of(stage, amount=1, needs_both=True) == {ThresholdWithoutMeasure}
    for places in ((TaxPlace(country="us"),), (TEXAS, TEXAS), (TaxPlace(country="US", postal_prefix="752"),)):
        assert faults_of(stage, amount=1, places=places) == {PlacesNotReadable}
    assert faults_of(stage, amount=1, zones=("eu",)) == {ZoneNotReadable}
    assert faults_of(stage, amount=1, zones=("EU",)) == {ZoneUnknown}
    assert faults_of(stage, amount=1, zones=("DALLAS",)) == {ZoneUnknown}, "where a sale went is known no nearer"
    for who in (Actor(id=BUYER, roles=frozenset({"buyer"})), Actor(id=SELLER, seller_id=SELLER)):
        for command in (threshold(amount=1), EndTaxThreshold(code="TX")):
            with pytest.raises(MayNotSetTaxes):
                stage.send(command, actor=who)
    assert stage.all(TaxThreshold) == []
    stage.send(threshold(amount=1), actor=STAFF)
