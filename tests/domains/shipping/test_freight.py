"""Freight templates: zones, bands, volume, restrictions, days of arrival, and what is offered."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.contracts.shipping import (
    DeliveryCharge,
    EndShippingRate,
    FreightBand,
    FreightZone,
    GoodsRestriction,
    OfferedLine,
    OfferShipping,
    ParcelLine,
    QuoteShipping,
    SellerOffers,
    SetDeliveryPolicy,
    SetShippingRate,
    ShippingOffers,
    ShippingPlace,
    ShippingQuoted,
    ShippingRateEnded,
)
from argosy.domains.shipping.context import SERVICES, build
from argosy.domains.shipping.domain.faults import MayNotSetRates, NoSuchRate
from argosy.domains.shipping.domain.policy import Policy
from argosy.domains.shipping.domain.rate import ShippingRate, rate_id
from argosy.engine.work import SYSTEM, Actor
from argosy.shared_kernel.errors import Several
from argosy.shared_kernel.messages import Command, Refused
from tests.support import Stage, an_id

SELLER, OTHER = an_id("seller"), an_id("other seller")
OWNER = Actor(id=an_id("owner"), roles=frozenset({"buyer", "seller"}), seller_id=SELLER)
RIVAL = Actor(id=an_id("rival"), roles=frozenset({"buyer", "seller"}), seller_id=OTHER)
STAFF = Actor(id=an_id("staff"), roles=frozenset({"staff"}))
BANDS = (FreightBand(up_to_grams=1_000, amount=400), FreightBand(up_to_grams=5_000, amount=700))


def shipping(*said: Command) -> Stage:
    stage = Stage(SERVICES, build)
    for command in said:
        stage.send(command)
    return stage


def rate(**terms: Any) -> SetShippingRate:
    return SetShippingRate(**{"method": "standard", "currency": "EUR", "seller_id": SELLER} | terms)


def line(number: int = 1, **more: Any) -> ParcelLine:
    values = {
        "line_no": number,
        "seller_id": SELLER,
        "method": "standard",
        "quantity": 1,
        "weight_grams": 100,
        "volume_mm3": 0,
        "amount": 1_000,
        "category": "books",
    }
    return ParcelLine(**values | more)


def asked(stage: Stage, *lines: ParcelLine, **where: str) -> Any:
    values: dict[str, str] = {"country": "DE", "region": "", "currency": "EUR", **where}
    (answer,) = stage.send(QuoteShipping(flow_id=an_id("flow"), lines=lines or (line(),), **values))  # type: ignore[arg-type]
    assert stage.undeclared_loads == 0
    return answer


def charges(stage: Stage, *lines: ParcelLine, **where: str) -> tuple[DeliveryCharge, ...]:
    answer = asked(stage, *lines, **where)
    assert isinstance(answer, ShippingQuoted), answer
    return answer.charges


def amounts(stage: Stage, *lines: ParcelLine, **where: str) -> list[int]:
    return [charge.amount for charge in charges(stage, *lines, **where)]


def refusals(stage: Stage, *lines: ParcelLine, **where: str) -> list[tuple[int, str]]:
    answer = asked(stage, *lines, **where)
    assert isinstance(answer, Refused)
    assert answer.code == "no_delivery"
    return [(one["line_no"], one["reason"]) for one in answer.details["lines"]]


def places(*texts: str) -> tuple[ShippingPlace, ...]:
    """DE, US/CA or US:941."""
    found = []
    for text in texts:
        place, _, postal = text.partition(":")
        country, _, region = place.partition("/")
        found.append(ShippingPlace(country=country, region=region, postal_prefix=postal))
    return tuple(found)


def zone(name: str, *where: str, **terms: Any) -> FreightZone:
    return FreightZone(name=name, places=places(*where), **terms)


# Bands.


@pytest.mark.parametrize(("grams", "amount"), [(0, 400), (1_000, 400), (1_001, 700), (5_000, 700)])
def test_a_parcel_costs_what_the_band_of_its_weight_says(grams: int, amount: int) -> None:
    stage = shipping(rate(bands=BANDS, base_amount=50, item_amount=7))
    (charge,) = charges(stage, line(weight_grams=grams))
    assert (charge.amount, charge.chargeable_grams) == (amount + 57, grams)


def test_all_that_a_seller_sends_by_one_method_is_one_parcel_and_its_band_is_on_the_first_line() -> None:
    stage = shipping(rate(bands=BANDS))
    assert amounts(stage, line(1, quantity=6), line(2, quantity=5)) == [700, 0]
    assert amounts(stage, line(1, quantity=6), line(2, quantity=4)) == [400, 0]


def test_above_the_last_band_each_begun_part_costs_extra_or_nothing_is_sent() -> None:
    stage = shipping(rate(bands=BANDS, extra_grams=500, extra_amount=90))
    assert [amounts(stage, line(weight_grams=grams))[0] for grams in (5_001, 5_500, 5_501)] == [790, 790, 880]
    assert refusals(shipping(rate(bands=BANDS)), line(1), line(2, weight_grams=5_000)) == [
        (1, "too_heavy"),
        (2, "too_heavy"),
    ]


def test_a_big_parcel_is_weighed_by_its_volume_where_that_is_more() -> None:
    stage = shipping(rate(bands=BANDS, volumetric_divisor=5_000))
    light = line(volume_mm3=5_000_001)
    assert [(charge.amount, charge.chargeable_grams) for charge in charges(stage, light)] == [(700, 1_001)]
    heavy = line(volume_mm3=5_000, weight_grams=900)
    assert [(charge.amount, charge.chargeable_grams) for charge in charges(stage, heavy)] == [(400, 900)]
    assert amounts(shipping(rate(bands=BANDS)), light) == [400], "without a divisor its weight alone counts"


def test_a_band_may_be_of_volume_too_and_what_fits_none_is_too_big() -> None:
    small, big = (
        FreightBand(up_to_grams=1_000, amount=300, up_to_mm3=1_000),
        FreightBand(up_to_grams=2_000, amount=600, up_to_mm3=8_000),
    )
    stage = shipping(rate(bands=(small, big), extra_grams=100, extra_amount=1))
    assert [amounts(stage, line(volume_mm3=mm3))[0] for mm3 in (1_000, 1_001, 8_000)] == [300, 600, 600]
    assert refusals(stage, line(volume_mm3=8_001)) == [(1, "too_big")]
    assert refusals(stage, line(volume_mm3=8_001, weight_grams=9_000)) == [(1, "too_big")]


def test_a_free_parcel_is_free_of_its_band_and_of_its_pieces_too() -> None:
    stage = shipping(rate(bands=BANDS, base_amount=5, item_amount=7, free_from_amount=2_000))
    assert amounts(stage, line(1), line(2)) == [0, 0]
    assert amounts(stage, line(1), line(2, amount=999)) == [412, 7]


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 900), st.integers(0, 10**7)), min_size=1, max_size=12),
    st.sampled_from([0, 4_000, 5_000, 6_000]),
    st.integers(1, 700),
)
def test_a_parcels_charge_is_base_band_and_pieces_by_the_weight_that_is_more(
    pieces: list[tuple[int, int, int]], divisor: int, extra: int
) -> None:
    stage = shipping(
        rate(
            bands=BANDS,
            base_amount=11,
            item_amount=3,
            extra_grams=extra,
            extra_amount=17,
            volumetric_divisor=divisor,
        )
    )
    lines = [
        line(number, quantity=quantity, weight_grams=grams, volume_mm3=mm3)
        for number, (quantity, grams, mm3) in enumerate(pieces, 1)
    ]
    grams = sum(quantity * grams for quantity, grams, _ in pieces)
    mm3 = sum(quantity * mm3 for quantity, _, mm3 in pieces)
    while divisor and grams * divisor < mm3:
        grams = mm3 // divisor + (mm3 % divisor > 0)
    band = 400 if grams <= 1_000 else 700 if grams <= 5_000 else 700 + ((grams - 5_001) // extra + 1) * 17
    found = amounts(stage, *lines)
    assert sum(found) == 11 + band + 3 * sum(quantity for quantity, _, _ in pieces)
    assert min(found) >= 0
    assert found[1:] == [3 * quantity for quantity, _, _ in pieces[1:]]


# Zones.


@pytest.mark.parametrize("step", [1, -1], ids=["in order", "backwards"])
def test_the_terms_of_the_nearest_zone_count_in_whatever_order_they_were_said(step: int) -> None:
    zones = (
        zone("Home", "DE", base_amount=1),
        zone("Bavaria", "DE/by", "AT", base_amount=2, days_min=1, days_max=2),
        zone("Islands", "DE:25", "DE:2599", base_amount=3),
        zone("Sylt", "DE:25 980", base_amount=4),
        zone("World", base_amount=5, bands=BANDS),
    )
    stage = shipping(rate(base_amount=9_999, zones=zones[::step]))
    assert amounts(stage) == [1]
    assert [(charge.amount, charge.zone, charge.days_max) for charge in charges(stage, region="By")] == [
        (2, "Bavaria", 2)
    ]
    assert [amounts(stage, region="BY", postal_code=code)[0] for code in ("25899", "25980", "80331")] == [3, 4, 2]
    assert amounts(stage, country="FR") == [405]


def test_where_no_zone_is_near_nothing_is_sent_and_countries_bound_zones_too() -> None:
    stage = shipping(rate(zones=(zone("Home", "DE"),)))
    assert refusals(stage, country="FR") == [(1, "not_to_this_place")]
    stage = shipping(rate(zones=(zone("World"),), countries=("DE",)))
    assert refusals(stage, country="FR") == [(1, "not_to_this_country")]


# Restrictions.


def test_goods_that_may_not_go_there_are_named_with_the_reason_and_others_go() -> None:
    knives = GoodsRestriction(reason="Blades by road only", categories=("knives",), places=places("DE/HH", "FR"))
    stage = shipping(rate(restrictions=(knives,)), rate(method="road"))
    assert amounts(stage, line(category="knives")) == [0]
    answer = asked(stage, line(1), line(2, category="knives"), line(3, category="knives", method="road"), country="FR")
    assert answer.details["lines"] == [
        {
            "line_no": 2,
            "seller_id": SELLER,
            "method": "standard",
            "reason": "restricted",
            "why": "Blades by road only",
        }
    ]
    assert refusals(stage, line(category="knives"), region="hh") == [(1, "restricted")]


def test_what_the_platform_forbids_nobody_sends_and_what_a_seller_forbids_only_they_do_not() -> None:
    stage = shipping(rate(), rate(seller_id=OTHER))
    stage.send(SetDeliveryPolicy(restrictions=(GoodsRestriction(reason="By law", categories=("arms",)),)), actor=STAFF)
    stage.send(SetDeliveryPolicy(restrictions=(GoodsRestriction(reason="Not I", places=places("FR")),)), actor=OWNER)
    both = (line(1), line(2, seller_id=OTHER))
    assert refusals(stage, line(1, category="arms"), line(2, category="arms", seller_id=OTHER)) == [
        (1, "restricted"),
        (2, "restricted"),
    ]
    assert refusals(stage, *both, country="FR") == [(1, "restricted")]
    assert amounts(stage, *both) == [0, 0]


# Days.

FRIDAY_NOON = datetime(2026, 1, 2, 11, 0, tzinfo=UTC)  # 12:00 in Berlin


@pytest.mark.parametrize(
    ("now", "changes", "expected"),
    [
        (datetime(2026, 1, 2, 10, 59, tzinfo=UTC), {}, date(2026, 1, 2)),
        (FRIDAY_NOON, {}, date(2026, 1, 5)),
        (datetime(2026, 1, 3, 5, 0, tzinfo=UTC), {}, date(2026, 1, 5)),
        (datetime(2026, 1, 4, 23, 30, tzinfo=UTC), {}, date(2026, 1, 5)),
        (FRIDAY_NOON, {"holidays": (date(2026, 1, 5), date(2026, 1, 6))}, date(2026, 1, 7)),
        (FRIDAY_NOON, {"handling_days": 2}, date(2026, 1, 7)),
        (FRIDAY_NOON, {"workdays": (1, 2, 3, 4, 5, 6)}, date(2026, 1, 3)),
        (FRIDAY_NOON, {"cut_off_minutes": 1_440}, date(2026, 1, 2)),
        (datetime(2026, 7, 3, 10, 0, tzinfo=UTC), {}, date(2026, 7, 6)),  # Summer time: noon there already.
    ],
)
def test_a_parcel_leaves_on_the_next_working_day_after_the_cut_off(
    now: datetime, changes: dict[str, Any], expected: date
) -> None:
    policy = Policy(**{"timezone": "Europe/Berlin", "cut_off_minutes": 720, "is_said": True, **changes})
    assert policy.leaves_on(now) == expected


def test_days_of_a_policy_are_working_days_and_those_of_no_policy_any_days() -> None:
    assert Policy(is_said=True).arrives(FRIDAY_NOON, 1, 5) == (date(2026, 1, 5), date(2026, 1, 9))
    assert Policy().arrives(FRIDAY_NOON, 1, 5) == (date(2026, 1, 3), date(2026, 1, 7))


def test_a_quote_tells_the_days_where_a_policy_is_said_a_sellers_before_the_platforms() -> None:
    stage = shipping(rate(days_min=1, days_max=2), rate(seller_id=OTHER, days_min=1, days_max=2))
    assert charges(stage)[0].arrives_from is None
    stage.send(SetDeliveryPolicy(), actor=STAFF)  # Thursday, midnight in UTC
    stage.send(SetDeliveryPolicy(handling_days=1), actor=OWNER)
    found = charges(stage, line(1), line(2, seller_id=OTHER))
    assert [(charge.arrives_from, charge.arrives_to) for charge in found] == [
        (date(2026, 1, 5), date(2026, 1, 6)),
        (date(2026, 1, 2), date(2026, 1, 5)),
    ]


# Who may say what.


def test_a_template_that_ends_gives_way_to_the_platforms_and_may_come_back() -> None:
    stage = shipping(rate(base_amount=1), rate(base_amount=9, seller_id=None))
    mine = rate_id(SELLER, "standard", "EUR")
    assert amounts(stage) == [1]
    ended = ShippingRateEnded(rate_id=mine, seller_id=SELLER, method="standard", currency="EUR")
    assert stage.send(EndShippingRate(rate_id=mine), actor=OWNER) == [ended]
    assert stage.send(EndShippingRate(rate_id=mine), actor=OWNER) == []
    assert amounts(stage) == [9]
    assert len(stage.send(rate(base_amount=1), actor=OWNER)) == 1, "the same terms, and they count again"
    assert amounts(stage) == [1]


def test_somebody_elses_template_is_answered_like_one_that_is_not_there() -> None:
    stage = shipping(rate(base_amount=1))
    stage.send(SetDeliveryPolicy(), actor=OWNER)
    policy = next(row.id for row in stage.all(ShippingRate) if not row.method)
    for id, actor in (
        (rate_id(SELLER, "standard", "EUR"), RIVAL),
        (an_id("none"), RIVAL),
        (an_id("none"), OWNER),
        (policy, OWNER),
    ):
        with pytest.raises(NoSuchRate) as refused:
            stage.send(EndShippingRate(rate_id=id), actor=actor)
        assert refused.value.details == {}
    assert amounts(stage) == [1]


def test_nobody_says_the_policy_of_another_seller_or_of_the_platform() -> None:
    stage = shipping()
    for actor, seller_id in ((RIVAL, SELLER), (Actor(id="b", roles=frozenset({"buyer"})), None), (Actor(), None)):
        with pytest.raises(MayNotSetRates):
            stage.send(SetDeliveryPolicy(seller_id=seller_id), actor=actor)
    assert stage.all(ShippingRate) == []
    assert len(stage.send(SetDeliveryPolicy(), actor=OWNER)) == 1
    assert stage.send(SetDeliveryPolicy(workdays=(5, 4, 3, 2, 1)), actor=OWNER) == [], "the same again"


def test_all_faults_of_a_template_are_told_at_once() -> None:
    wrong = rate(
        method="A",
        bands=(FreightBand(up_to_grams=5, amount=-1), FreightBand(up_to_grams=5, amount=1)),
        extra_amount=-1,
        zones=(zone("x", "Germany"), zone("x", base_amount=-1, days_min=5, days_max=4, extra_grams=5)),
        restrictions=(GoodsRestriction(reason=""),),
        volumetric_divisor=-1,
    )
    with pytest.raises(Several) as refused:
        shipping().send(wrong, actor=OWNER)
    assert [(fault.code, fault.details.get("field")) for fault in refused.value.faults] == [
        ("method_not_readable", None),
        ("bands_not_readable", "bands"),
        ("amount_out_of_bounds", "bands"),
        ("amount_out_of_bounds", "extra_amount"),
        ("zones_not_readable", None),
        ("amount_out_of_bounds", "zones[2].base_amount"),
        ("bands_not_readable", "zones[2].extra_grams"),
        ("days_out_of_bounds", None),
        ("restrictions_not_readable", None),
        ("divisor_out_of_bounds", None),
    ]


@pytest.mark.parametrize(
    "zones",
    [
        (zone("a"), zone("b")),
        (zone("a", "DE"), zone("b", "DE")),
        (zone(" ", "DE"),),
        (zone("a", "DE/BY:80"),),
        (zone("a", "DE:--"),),
    ],
    ids=["two for everywhere", "a place in two", "no name", "region and postal code", "no postal code"],
)
def test_zones_that_contradict_each_other_or_name_no_place_are_refused(zones: tuple[FreightZone, ...]) -> None:
    with pytest.raises(Exception, match="zones_not_readable"):
        shipping(rate(zones=zones))


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../../etc/passwd", "/etc/passwd", "Europe", "x" * 65, "\u00c4/B"]
)
def test_a_time_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(Exception, match="policy_not_readable"):
        shipping(SetDeliveryPolicy(timezone=name))


def test_all_faults_of_a_policy_are_told_at_once() -> None:
    with pytest.raises(Several) as refused:
        shipping(SetDeliveryPolicy(timezone="x", cut_off_minutes=-1, handling_days=61, workdays=(), seller_id="me"))  # type: ignore[arg-type]
    assert [fault.details.get("field", fault.code) for fault in refused.value.faults] == [
        "seller_not_readable",
        "timezone",
        "cut_off_minutes",
        "handling_days",
        "workdays",
    ]


# Offers.


def offers(stage: Stage, *lines: OfferedLine, country: str = "DE") -> tuple[SellerOffers, ...]:
    before = len(stage.store.log.records)
    wanted = lines or (OfferedLine(line_no=1, seller_id=SELLER, quantity=2, amount=1_000, weight_grams=400),)
    stage.send(OfferShipping(country=country, currency="EUR", lines=wanted), actor=Actor())
    assert len(stage.store.log.records) == before
    assert stage.undeclared_loads == 0
    found: ShippingOffers = stage.result
    return found.sellers


def test_every_method_of_a_seller_and_of_the_platform_is_offered_cheapest_first() -> None:
    stage = shipping(
        rate(bands=BANDS, label="By post"),
        rate(method="express-air", base_amount=1_500, days_min=1, days_max=2),
        rate(method="pickup", seller_id=None, item_amount=5),
        rate(method="standard", seller_id=None, base_amount=1),
        rate(method="freight-77", is_offered=False),
        rate(method="drone", currency="USD"),
        rate(method="boat", countries=("PT",)),
    )
    (found,) = offers(stage)
    assert [(one.method, one.label, one.amount, one.arrives_from) for one in found.methods] == [
        ("pickup", "Pickup", 10, date(2026, 1, 4)),
        ("standard", "By post", 400, date(2026, 1, 4)),
        ("express-air", "Express air", 1_500, date(2026, 1, 2)),
    ]
    assert found.refused == ()
    assert amounts(stage, line(method="freight-77")) == [0], "what is not offered can still be chosen"


def test_what_is_offered_is_what_a_quote_then_charges() -> None:
    stage = shipping(rate(bands=BANDS, base_amount=9, item_amount=2), rate(method="express", base_amount=70))
    wanted = [
        OfferedLine(line_no=number, seller_id=SELLER, quantity=number, amount=10, weight_grams=300)
        for number in (1, 2, 3)
    ]
    (found,) = offers(stage, *wanted)
    for one in found.methods:
        quoted = amounts(
            stage, *[line(number, quantity=number, weight_grams=300, method=one.method) for number in (1, 2, 3)]
        )
        assert sum(quoted) == one.amount


def test_a_seller_who_cannot_deliver_at_all_offers_nothing_and_says_why() -> None:
    stage = shipping(rate(bands=BANDS), rate(method="express", countries=("PT",)))
    (found,) = offers(stage, OfferedLine(line_no=1, seller_id=SELLER, quantity=1, amount=1, weight_grams=9_999))
    assert found.methods == ()
    assert sorted(one["reason"] for one in found.refused) == ["not_to_this_country", "too_heavy"]


def test_no_more_than_twenty_methods_are_offered() -> None:
    stage = shipping(*[rate(method=f"m{number}", base_amount=100 - number) for number in range(30)])
    (found,) = offers(stage)
    assert [one.amount for one in found.methods] == list(range(71, 91))


def test_a_quote_of_two_hundred_lines_loads_only_what_it_declares_and_is_fast() -> None:
    sellers = [an_id(f"seller {number}") for number in range(40)]
    zones = tuple(zone(f"z{number}", f"DE:{number}", bands=BANDS, extra_grams=9) for number in range(10, 60))
    stage = shipping(*[rate(seller_id=seller, zones=zones) for seller in sellers])
    for seller in sellers:
        stage.send(SetDeliveryPolicy(seller_id=seller, holidays=(date(2026, 1, 1),)), actor=SYSTEM)
    lines = [line(number, seller_id=sellers[number % 40]) for number in range(1, 201)]
    began = time.perf_counter()
    found = charges(stage, *lines, postal_code="59000")
    took = time.perf_counter() - began
    assert {charge.zone for charge in found} == {"z59"}
    assert not stage.due()
    assert took < 0.5
