"""Promotions in their time: made, counted with, tried, ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from argosy.contracts.promotions import (
    CouponsReserved,
    CreatePromotion,
    DiscountsQuoted,
    EndPromotion,
    ExpirePromotions,
    PricedLine,
    PromotionTerms,
    QuoteDiscounts,
    ReserveCoupons,
    SimulatePromotion,
)
from argosy.domains.promotions.application.coupons import CouponsAreNotYoursToMake
from argosy.domains.promotions.domain.coupon import Coupon
from argosy.domains.promotions.domain.promotion import NoSuchPromotion, Promotion, PromotionIdIsTaken
from argosy.engine.work import Actor
from argosy.shared_kernel.errors import DomainError, Several
from argosy.shared_kernel.messages import Refused
from tests.domains.promotions.coupons import ANNA, BUYER, FLOW, NOW, STAFF, promotions_stage, with_coupons
from tests.support import Stage, an_id

LINE = PricedLine(
    line_no=1, seller_id=ANNA.seller_id, product_id=an_id("p"), category="things", quantity=1, amount=1_000
)
TEN = PromotionTerms(effect="percentage", basis_points=1_000)


def make(name: str = "Sale", terms: PromotionTerms = TEN, **changed: Any) -> CreatePromotion:
    fields = {"name": name, "terms": terms, "ends_at": NOW + timedelta(days=1), "promotion_id": an_id(name)}
    return CreatePromotion(**{**fields, **changed})


def quote(stage: Stage, *codes: str, **changed: Any) -> DiscountsQuoted:
    fields = {"flow_id": FLOW, "buyer_id": BUYER, "codes": codes, "currency": "EUR", "lines": (LINE,)}
    (answer,) = stage.send(QuoteDiscounts(**{**fields, **changed}))
    assert isinstance(answer, DiscountsQuoted), answer
    return answer


def test_a_promotion_counts_in_its_time_alone() -> None:
    stage = promotions_stage()
    stage.send(make(starts_at=NOW + timedelta(hours=1)), actor=STAFF)
    assert quote(stage).discounts == ()
    stage.clock.tick(hours=1)
    (discount,) = quote(stage).discounts
    assert (discount.coupon_id, discount.amount, discount.funded_by) == (an_id("Sale"), 100, "platform")
    assert discount.explanation == "Sale: 10.00 % of 1000 is 100; 100 on 1000; paid by platform"
    stage.clock.tick(hours=23)
    assert quote(stage).discounts == ()
    assert stage.undeclared_loads == 0


def test_a_quote_and_a_checkout_of_its_own_count_alike() -> None:
    stage = with_coupons("TEN")
    stage.send(make(funded_by=ANNA.seller_id), actor=ANNA)
    quoted = quote(stage, "TEN")
    assert [one.amount for one in quoted.discounts] == [100, 90]
    assert [(use.code, use.amount) for use in quoted.uses] == [("TEN", 90)]
    (answer,) = stage.send(
        ReserveCoupons(flow_id=FLOW, buyer_id=BUYER, codes=("TEN",), currency="EUR", lines=(LINE,), expires_at=NOW)
    )
    assert answer.discounts == quoted.discounts  # type: ignore[attr-defined]
    assert stage.undeclared_loads == 0


def test_quoted_uses_are_held_as_they_were_quoted_or_not_at_all() -> None:
    stage = with_coupons("ONE", "TWO", max_uses=1)
    uses = quote(stage, "ONE", "TWO").uses
    ask = ReserveCoupons(
        flow_id=FLOW, buyer_id=BUYER, codes=("ONE", "TWO"), currency="EUR", lines=(), expires_at=NOW, quoted=uses
    )
    (answer,) = stage.send(replace(ask, quoted=(uses[0], replace(uses[1], terms="other"))))
    assert isinstance(answer, Refused)
    assert (answer.code, answer.details) == ("price_changed", {"codes": [{"code": "TWO", "reason": "terms_changed"}]})
    assert [one.uses_reserved for one in stage.all(Coupon)] == [0, 0]
    for _ in range(2):
        (answer,) = stage.send(ask)
        assert isinstance(answer, CouponsReserved) and answer.discounts == ()
    assert [one.uses_reserved for one in stage.all(Coupon)] == [1, 1]
    (answer,) = stage.send(replace(ask, flow_id=an_id("later")))
    assert isinstance(answer, Refused) and answer.code == "price_changed"
    assert [fault["reason"] for fault in answer.details["codes"]] == ["used_up", "used_up"]
    assert stage.undeclared_loads == 0


def test_a_promotion_is_found_by_what_it_is_for() -> None:
    for terms, funder in [
        (TEN, "platform"),
        (TEN, ANNA.seller_id),
        (PromotionTerms(effect="percentage", basis_points=1_000, product_ids=(LINE.product_id,)), "platform"),
        (PromotionTerms(effect="percentage", basis_points=1_000, category="things"), "platform"),
    ]:
        stage = promotions_stage()
        stage.send(make(terms=terms, funded_by=funder), actor=Actor(id="system", roles=frozenset({"system"})))
        assert [one.amount for one in quote(stage).discounts] == [100], terms
        other = PricedLine(
            line_no=1, seller_id=an_id("b"), product_id=an_id("q"), category="other", quantity=1, amount=1_000
        )
        assert len(quote(stage, lines=(other,)).discounts) == (terms == TEN and funder == "platform")


def test_sellers_decide_on_their_own_promotions_only() -> None:
    stage = promotions_stage()
    stage.send(make(), actor=STAFF)
    with pytest.raises(CouponsAreNotYoursToMake):
        stage.send(make("Mine"), actor=ANNA)
    for id in (an_id("Sale"), an_id("unknown")):
        with pytest.raises(NoSuchPromotion) as refused:
            stage.send(EndPromotion(promotion_id=id), actor=ANNA)
        assert refused.value.details == {}
    assert [one.amount for one in quote(stage).discounts] == [100]


def test_the_same_promotion_again_is_the_same() -> None:
    stage = promotions_stage()
    stage.send(make(), actor=STAFF)
    assert stage.send(make(), actor=STAFF) == []
    with pytest.raises(PromotionIdIsTaken):
        stage.send(make(name="Other", promotion_id=an_id("Sale")), actor=STAFF)


def test_what_is_ended_or_over_is_told_and_forgotten() -> None:
    stage = promotions_stage()
    stage.send(make("First"), actor=STAFF)
    stage.send(make("Second"), actor=STAFF)
    (told,) = stage.send(EndPromotion(promotion_id=an_id("First")), actor=STAFF)
    assert (type(told).__name__, told.promotion_id) == ("PromotionEnded", an_id("First"))  # type: ignore[attr-defined]
    assert stage.send(ExpirePromotions()) == []
    stage.clock.tick(days=1)
    (told,) = stage.send(ExpirePromotions())
    assert told.promotion_id == an_id("Second")  # type: ignore[attr-defined]
    assert stage.all(Promotion) == []


def test_a_promotion_is_tried_beside_all_that_runs_and_nothing_comes_of_it() -> None:
    stage = promotions_stage()
    stage.send(make(terms=PromotionTerms(effect="percentage", basis_points=5_000, priority=1)), actor=STAFF)
    told = stage.send(SimulatePromotion(name="Try", terms=TEN, currency="EUR", lines=(LINE,)), actor=STAFF)
    assert told == [] and len(stage.all(Promotion)) == 1
    assert [one.amount for one in stage.result.discounts] == [500, 50] and stage.result.total_amount == 550
    assert stage.undeclared_loads == 0


@pytest.mark.parametrize(
    "terms",
    [
        {"effect": "free"},
        {"effect": "free_delivery"},
        {"effect": "free_delivery", "basis_points": 0, "min_amount": 5},
        {"effect": "free_delivery", "basis_points": 0, "is_exclusive": True},
        {"basis_points": 10_001},
        {"basis_points": 0},
        {"amount": 5},
        {"effect": "fixed", "basis_points": 0, "amount": 100},
        {"effect": "fixed", "basis_points": 0, "amount": 0, "currency": "EUR"},
        {"effect": "fixed", "basis_points": 0, "amount": 2**63, "currency": "EUR"},
        {"effect": "buy_x_get_y", "buy": 0, "get": 1},
        {"effect": "tiered", "basis_points": 0, "currency": "EUR"},
        {"effect": "bundle", "product_ids": (an_id("p"),)},
        {"product_ids": ("no id",)},
        {"cap_amount": -1, "currency": "EUR"},
        {"cap_amount": 100},
        {"currency": "XXX"},
        {"min_quantity": 1_000},
        {"priority": 9_999},
    ],
)
def test_terms_that_cannot_be_read_make_no_promotion(terms: dict[str, Any]) -> None:
    stage = promotions_stage()
    wanted = PromotionTerms(**{"effect": "percentage", "basis_points": 1_000, **terms})
    with pytest.raises(DomainError):
        stage.send(make(terms=wanted), actor=STAFF)
    assert stage.all(Promotion) == []


def test_all_faults_of_a_promotion_are_told_at_once() -> None:
    wanted = PromotionTerms(effect="percentage", min_quantity=-1, priority=5_000)
    with pytest.raises(Several) as refused:
        promotions_stage().send(make(name=" ", terms=wanted), actor=STAFF)
    assert [fault.details["field"] for fault in refused.value.faults] == [
        "name",
        "min_quantity",
        "priority",
        "basis_points",
    ]
