"""Delivery quotes: each line by its seller's rate, and every line that has none is named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.contracts.shipping import DeliveryCharge, ParcelLine, QuoteShipping, SetShippingRate, ShippingQuoted
from argosy.contracts.shipping import ShippingRateSet as RateSet
from argosy.domains.shipping.context import SERVICES, build
from argosy.domains.shipping.domain.faults import (
    AmountOutOfBounds,
    CountryNotReadable,
    DaysOutOfBounds,
    MayNotSetRates,
    MethodNotReadable,
    SellerNotReadable,
)
from argosy.domains.shipping.domain.rate import PLATFORM, ShippingRate, rate_id
from argosy.engine.work import SYSTEM, Actor
from argosy.shared_kernel.errors import DomainError, Several
from argosy.shared_kernel.messages import Refused
from argosy.shared_kernel.money import UnknownCurrency
from tests.support import Stage, an_id

SELLER, OTHER = an_id("seller"), an_id("other seller")
OWNER = Actor(id=an_id("owner"), roles=frozenset({"buyer", "seller"}), seller_id=SELLER)
STAFF = Actor(id=an_id("staff"), roles=frozenset({"staff"}))
FLOW = an_id("flow")


def shipping_stage(*rates: SetShippingRate) -> Stage:
    stage = Stage(SERVICES, build)
    for rate in rates:
        stage.send(rate)
    return stage


def rate(**terms: Any) -> SetShippingRate:
    return SetShippingRate(**{"method": "standard", "currency": "EUR", "seller_id": SELLER} | terms)


def line(number: int, quantity: int = 1, amount: int = 1_000, **more: Any) -> ParcelLine:
    return ParcelLine(
        **{
            "line_no": number,
            "seller_id": SELLER,
            "method": "standard",
            "quantity": quantity,
            "weight_grams": 100,
            "volume_mm3": 1_000,
            "amount": amount,
        }
        | more
    )


def quote(*lines: ParcelLine, country: str = "DE", currency: str = "EUR") -> QuoteShipping:
    return QuoteShipping(flow_id=FLOW, country=country, region="", currency=currency, lines=lines)


def amounts(stage: Stage, *lines: ParcelLine, **more: Any) -> list[int]:
    (answer,) = stage.send(quote(*lines, **more))
    assert isinstance(answer, ShippingQuoted)
    assert stage.undeclared_loads == 0
    return [charge.amount for charge in answer.charges]


def refusal(stage: Stage, *lines: ParcelLine, **more: Any) -> tuple[str, dict[str, Any]]:
    (answer,) = stage.send(quote(*lines, **more))
    assert isinstance(answer, Refused)
    return answer.code, answer.details


def test_charges_the_base_once_and_the_item_part_per_piece() -> None:
    stage = shipping_stage(rate(base_amount=300, item_amount=50, days_min=2, days_max=4))
    (answer,) = stage.send(quote(line(1, 2), line(2, 3)))
    id = rate_id(SELLER, "standard", "EUR")
    assert answer == ShippingQuoted(
        flow_id=FLOW,
        charges=(
            DeliveryCharge(
                line_no=1, seller_id=SELLER, method="standard", amount=400, days_min=2, days_max=4, rate_id=id
            ),
            DeliveryCharge(
                line_no=2, seller_id=SELLER, method="standard", amount=150, days_min=2, days_max=4, rate_id=id
            ),
        ),
    )
    assert stage.undeclared_loads == 0


def test_each_seller_and_method_has_its_own_base() -> None:
    stage = shipping_stage(
        rate(base_amount=300), rate(base_amount=900, method="express"), rate(base_amount=70, seller_id=OTHER)
    )
    lines = [line(1, method="express"), line(2), line(3, seller_id=OTHER), line(4, method="express"), line(5)]
    assert amounts(stage, *lines) == [900, 300, 70, 0, 0]


def test_delivery_is_free_from_a_threshold_of_the_sellers_goods() -> None:
    stage = shipping_stage(
        rate(base_amount=300, item_amount=10, free_from_amount=5_000),
        rate(base_amount=300, free_from_amount=5_000, seller_id=OTHER),
    )
    assert amounts(stage, line(1, amount=2_000), line(2, amount=2_999), line(3, amount=9_999, seller_id=OTHER)) == [
        310,
        10,
        0,
    ]
    assert amounts(stage, line(1, amount=2_000), line(2, amount=3_000), line(3, amount=4_999, seller_id=OTHER)) == [
        0,
        0,
        300,
    ]


def test_every_line_without_a_rate_is_named_and_nothing_is_quoted() -> None:
    stage = shipping_stage(rate(countries=("FR", "DE")), rate(method="express", countries=("FR",)))
    assert refusal(stage, line(1), line(2, method="express"), line(3, seller_id=OTHER)) == (
        "no_delivery",
        {
            "country": "DE",
            "lines": [
                {"line_no": 2, "seller_id": SELLER, "method": "express", "reason": "not_to_this_country"},
                {"line_no": 3, "seller_id": OTHER, "method": "standard", "reason": "no_rate"},
            ],
        },
    )
    assert refusal(stage, line(1), currency="USD")[0] == "no_delivery"


def test_the_platforms_rate_counts_where_a_seller_has_none_of_their_own() -> None:
    stage = shipping_stage(rate(seller_id=None, base_amount=500), rate(base_amount=0))
    assert amounts(stage, line(1), line(2, seller_id=OTHER), line(3, seller_id=OTHER)) == [0, 500, 0]
    (answer,) = stage.send(quote(line(1, seller_id=OTHER)))
    assert answer.charges[0].rate_id == rate_id(PLATFORM, "standard", "EUR")  # type: ignore[attr-defined]
    assert refusal(stage, line(1, seller_id=OTHER, method="express"))[0] == "no_delivery"


def test_a_seller_who_does_not_deliver_there_is_not_stood_in_for() -> None:
    stage = shipping_stage(rate(seller_id=None, base_amount=500), rate(countries=("FR",)))
    assert refusal(stage, line(1))[1]["lines"][0]["reason"] == "not_to_this_country"


@pytest.mark.parametrize(
    ("lines", "more", "code"),
    [
        ([line(1, 0)], {}, "quantity_out_of_bounds"),
        ([line(1, -1)], {}, "quantity_out_of_bounds"),
        ([line(1, 100_001)], {}, "quantity_out_of_bounds"),
        ([line(1, amount=-1)], {}, "amount_out_of_bounds"),
        ([line(1, amount=2**53)], {}, "amount_out_of_bounds"),
        ([], {}, "lines_not_readable"),
        ([line(1), line(1)], {}, "lines_not_readable"),
        ([line(1)], {"country": "de"}, "country_not_readable"),
        ([line(1)], {"currency": "XXX"}, "unknown_currency"),
    ],
)
def test_what_no_checkout_could_mean_is_refused(lines: list[ParcelLine], more: dict[str, str], code: str) -> None:
    assert refusal(shipping_stage(rate()), *lines, **more)[0] == code


def test_setting_a_rate_twice_tells_it_once_and_changing_it_tells_it_again() -> None:
    stage = shipping_stage()
    told = stage.send(rate(base_amount=5, countries=("FR", "DE", "FR")))
    assert told == [
        RateSet(
            rate_id=rate_id(SELLER, "standard", "EUR"),
            seller_id=SELLER,
            method="standard",
            currency="EUR",
            base_amount=5,
            item_amount=0,
            countries=("DE", "FR"),
            free_from_amount=0,
            days_min=3,
            days_max=10,
        )
    ]
    assert stage.result == rate_id(SELLER, "standard", "EUR")
    assert stage.send(rate(base_amount=5, countries=("DE", "FR"))) == []
    assert [event.base_amount for event in stage.send(rate(base_amount=6))] == [6]  # type: ignore[attr-defined]
    assert len(stage.all(ShippingRate)) == 1
    assert stage.undeclared_loads == 0


def test_a_free_rate_is_told_too() -> None:
    assert len(shipping_stage().send(rate())) == 1


@pytest.mark.parametrize("actor", [OWNER, STAFF, SYSTEM])
def test_the_seller_and_our_own_people_set_a_sellers_rate(actor: Actor) -> None:
    stage = shipping_stage()
    stage.send(rate(), actor=actor)
    assert [each.seller_id for each in stage.all(ShippingRate)] == [SELLER]


def test_a_seller_who_names_nobody_sets_their_own_rate_and_not_the_platforms() -> None:
    stage = shipping_stage()
    stage.send(rate(seller_id=None), actor=OWNER)
    assert [each.seller_id for each in stage.all(ShippingRate)] == [SELLER]


@pytest.mark.parametrize(
    ("actor", "seller_id"),
    [
        (OWNER, OTHER),
        (OWNER, PLATFORM),
        (Actor(), SELLER),
        (Actor(id="b", roles=frozenset({"buyer"})), None),
        (Actor(id="s", roles=frozenset({"seller"})), None),
    ],
)
def test_nobody_else_sets_a_rate(actor: Actor, seller_id: Any) -> None:
    stage = shipping_stage()
    with pytest.raises(MayNotSetRates):
        stage.send(rate(seller_id=seller_id), actor=actor)
    assert stage.all(ShippingRate) == []


@pytest.mark.parametrize(
    ("terms", "fault"),
    [
        ({"base_amount": -1}, AmountOutOfBounds),
        ({"item_amount": 10**10 + 1}, AmountOutOfBounds),
        ({"free_from_amount": -5}, AmountOutOfBounds),
        ({"currency": "eur"}, UnknownCurrency),
        ({"method": "By Air"}, MethodNotReadable),
        ({"method": ""}, MethodNotReadable),
        ({"countries": ("DE", "Germany")}, CountryNotReadable),
        ({"days_min": 5, "days_max": 4}, DaysOutOfBounds),
        ({"days_min": -1}, DaysOutOfBounds),
        ({"days_max": 366}, DaysOutOfBounds),
        ({"seller_id": "me"}, SellerNotReadable),
    ],
)
def test_a_rate_that_makes_no_sense_is_refused(terms: dict[str, Any], fault: type[DomainError]) -> None:
    stage = shipping_stage()
    with pytest.raises(fault):
        stage.send(rate(**terms))
    assert stage.all(ShippingRate) == []


def test_all_faults_of_a_rate_are_told_at_once() -> None:
    with pytest.raises(Several) as refused:
        shipping_stage().send(rate(base_amount=-1, currency="??", method="!", days_min=9, days_max=1))
    assert [fault.code for fault in refused.value.faults] == [
        "method_not_readable",
        "unknown_currency",
        "amount_out_of_bounds",
        "days_out_of_bounds",
    ]


LINES = st.lists(
    st.tuples(
        st.sampled_from([SELLER, OTHER]),
        st.sampled_from(["standard", "express"]),
        st.integers(1, 50),
        st.integers(0, 10_000),
    ),
    min_size=1,
    max_size=12,
)
TERMS = st.tuples(st.integers(0, 10**6), st.integers(0, 10**4), st.integers(0, 20_000))


@settings(max_examples=150, deadline=None)
@given(
    LINES,
    st.fixed_dictionaries(
        {(seller, method): TERMS for seller in (SELLER, OTHER) for method in ("standard", "express")}
    ),
)
def test_a_quote_is_the_sum_of_bases_and_pieces_for_every_seller_who_is_not_free(lines: Any, terms: Any) -> None:
    stage = shipping_stage(
        *(
            rate(seller_id=seller, method=method, base_amount=base, item_amount=item, free_from_amount=free)
            for (seller, method), (base, item, free) in terms.items()
        )
    )
    charged = amounts(
        stage,
        *(
            line(number, quantity, amount, seller_id=seller, method=method)
            for number, (seller, method, quantity, amount) in enumerate(lines)
        ),
    )
    goods = {seller: sum(amount for who, _, _, amount in lines if who == seller) for seller in (SELLER, OTHER)}
    expected = 0
    for (seller, method), (base, item, free) in terms.items():
        pieces = sum(quantity for who, how, quantity, _ in lines if (who, how) == (seller, method))
        if pieces and not (free and goods[seller] >= free):
            expected += base + item * pieces
    assert sum(charged) == expected
    assert min(charged) >= 0
