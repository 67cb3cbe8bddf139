"""Coupons for free delivery: said of lines, bounded where that is said, held like any coupon."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from argosy.contracts.promotions import (
    CouponTerms,
    CreateCoupon,
    PromotionTerms,
    ReleaseCoupons,
)
from argosy.domains.promotions.domain.coupon import Coupon
from argosy.shared_kernel.errors import DomainError
from tests.domains.promotions.coupons import ANNA, CONSUME, STAFF, promotions_stage, reserve
from tests.domains.promotions.test_buyers import take_over
from tests.domains.promotions.test_promotions import LINE, make, quote
from tests.domains.promotions.test_redemptions import reasons
from tests.support import Stage, an_id

FREE = CouponTerms(is_free_delivery=True, min_amount=900, cap_amount=300, currency="EUR")


def with_free(actor: Any = STAFF, **changed: Any) -> Stage:
    stage = promotions_stage()
    stage.send(CreateCoupon(**{"code": "FREE", "basis_points": 0, "terms": FREE, **changed}), actor=actor)
    return stage


def test_it_says_whose_delivery_is_free_up_to_how_much_and_who_pays() -> None:
    stage = with_free(funded_by=ANNA.seller_id, actor=ANNA)
    others = replace(LINE, line_no=2, seller_id=an_id("bert"))
    quoted = quote(stage, "FREE", lines=(LINE, others))
    (given,) = quoted.discounts
    assert (given.line_no, given.amount, given.of_delivery, given.cap_amount, given.code) == (1, 0, True, 300, "FREE")
    assert given.explanation == "FREE: delivery is free, at most 300 of it, 1000 of goods reach 900; paid by seller"
    assert [(use.code, use.amount) for use in quoted.uses] == [("FREE", 0)]
    assert stage.all(Coupon)[0].type == "FREE_DELIVERY"
    assert stage.undeclared_loads == 0


def test_its_uses_are_held_consumed_and_given_back_within_both_limits() -> None:
    stage = with_free(max_uses=2, max_uses_per_buyer=1)
    uses = quote(stage, "FREE").uses
    assert take_over(stage, uses, codes=("FREE",)).holds_uses
    assert reasons(stage, reserve("FREE", flow_id=an_id("mine"), lines=(LINE,))) == [("FREE", "used_up_by_you")]
    stage.send(reserve("FREE", flow_id=an_id("her"), buyer_id=an_id("her"), lines=(LINE,)))
    late = reserve("FREE", flow_id=an_id("his"), buyer_id=an_id("his"), lines=(LINE,))
    assert reasons(stage, late) == [("FREE", "used_up")]
    stage.send(CONSUME, ReleaseCoupons(flow_id=an_id("her")))
    coupon = stage.all(Coupon)[0]
    assert (coupon.uses_reserved, coupon.uses_consumed) == (0, 1)
    assert stage.undeclared_loads == 0


def test_the_minimum_is_looked_for_in_what_is_left_of_the_goods() -> None:
    stage = with_free()
    stage.send(
        make(funded_by=ANNA.seller_id, terms=PromotionTerms(effect="percentage", basis_points=1_100)), actor=ANNA
    )
    assert reasons(stage, reserve("FREE", lines=(LINE,))) == [("FREE", "below_minimum")]


def test_nobody_uses_up_a_coupon_for_a_delivery_that_a_seller_gives_already() -> None:
    stage = with_free()
    stage.send(make(funded_by=ANNA.seller_id, terms=PromotionTerms(effect="free_delivery")), actor=ANNA)
    assert reasons(stage, reserve("FREE", lines=(LINE,))) == [("FREE", "delivery_is_free")]
    both = (LINE, replace(LINE, line_no=2, seller_id=an_id("bert")))
    given = {one.line_no: one.code for one in quote(stage, "FREE", lines=both).discounts}
    assert given == {1: "", 2: "FREE"}


def test_a_held_one_is_told_again_as_it_was() -> None:
    stage = with_free()
    one, again = stage.send(reserve("FREE", lines=(LINE,)), reserve("FREE", lines=(LINE,)))
    assert one == again and one.discounts[0].of_delivery
    assert stage.all(Coupon)[0].uses_reserved == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"basis_points": 1},
        {"terms": replace(FREE, amount=5, cap_amount=0)},
        {"terms": replace(FREE, currency="")},
        {"terms": replace(FREE, cap_amount=-1)},
    ],
)
def test_it_takes_the_delivery_and_nothing_else(changed: dict[str, Any]) -> None:
    with pytest.raises(DomainError):
        with_free(**changed)
