"""Coupons and campaigns that are disabled, many at once: nobody starts to use them, and what is held stays good."""

from __future__ import annotations

import pytest

from argosy.contracts.promotions import (
    CouponCampaignDisabled,
    CouponDisabled,
    CouponsConsumed,
    CouponsReserved,
    DisableCouponCampaign,
    DisableCoupons,
    GenerateMoreCoupons,
)
from argosy.domains.promotions.application.coupons import CodesOutOfRange
from argosy.domains.promotions.domain.campaign import NoSuchCampaign
from argosy.domains.promotions.domain.coupon import Coupon, NoSuchCoupon
from argosy.shared_kernel.messages import Refused
from tests.domains.promotions.coupons import ANNA, CONSUME, STAFF, coupon, promotions_stage, reserve, with_coupons
from tests.domains.promotions.test_buyers import take_over
from tests.domains.promotions.test_campaigns import generate, worked_off
from tests.domains.promotions.test_promotions import quote
from tests.domains.promotions.test_redemptions import reasons
from tests.support import an_id

STOP = DisableCouponCampaign(campaign_id=an_id("c"))


def test_of_a_campaign_that_is_disabled_no_code_counts_any_more_but_for_held_uses() -> None:
    stage = promotions_stage()
    worked_off(stage, generate(count=3))
    held, quoted, later = (one.code for one in stage.all(Coupon))
    (answer,) = stage.send(reserve(held))
    assert isinstance(answer, CouponsReserved)
    uses = quote(stage, quoted, flow_id=an_id("two")).uses
    written = [one.version for one in stage.all(Coupon)]
    assert stage.send(STOP, STOP, actor=STAFF) == [CouponCampaignDisabled(campaign_id=an_id("c"))]
    assert [one.version for one in stage.all(Coupon)] == written, "however many codes there are, one row is written"
    assert reasons(stage, reserve(later, flow_id=an_id("three"))) == [(later, "disabled")]
    refused = take_over(stage, uses, "two", (quoted,))
    assert isinstance(refused, Refused) and refused.code == "price_changed"
    assert refused.details == {"codes": [{"code": quoted, "reason": "disabled"}]}
    assert CouponsConsumed(flow_id=CONSUME.flow_id) in stage.send(CONSUME)
    assert stage.undeclared_loads == 0


def test_a_campaign_that_is_disabled_makes_no_more_codes() -> None:
    stage = promotions_stage()
    stage.send(generate(count=1_000), actor=STAFF)
    stage.send(GenerateMoreCoupons(campaign_id=an_id("c")))
    stage.send(STOP, actor=STAFF)
    assert stage.send(GenerateMoreCoupons(campaign_id=an_id("c"))) == []
    assert len(stage.all(Coupon)) == 500


def test_a_stranger_cannot_tell_a_campaign_from_one_that_is_not_there() -> None:
    stage = promotions_stage()
    stage.send(generate(), actor=STAFF)
    for command in (STOP, DisableCouponCampaign(campaign_id=an_id("none"))):
        with pytest.raises(NoSuchCampaign):
            stage.send(command, actor=ANNA)


def test_codes_are_disabled_all_at_once_or_not_at_all() -> None:
    stage = with_coupons("ONE", "TWO", "THREE")
    with pytest.raises(NoSuchCoupon) as refused:
        stage.send(DisableCoupons(codes=("ONE", "none", "not a code")), actor=STAFF)
    assert refused.value.details == {"codes": ["none", "not a code"]}
    assert coupon(stage, "ONE").status == "ACTIVE"
    told = stage.send(DisableCoupons(codes=("one", "TWO", "TWO")), actor=STAFF)
    assert told == [CouponDisabled(coupon_id=coupon(stage, code).id) for code in ("ONE", "TWO")]
    assert [coupon(stage, code).status for code in ("ONE", "TWO", "THREE")] == ["DISABLED", "DISABLED", "ACTIVE"]
    assert reasons(stage, reserve("TWO")) == [("TWO", "disabled")]
    for codes in ((), ("ONE",) * 501):
        with pytest.raises(CodesOutOfRange):
            stage.send(DisableCoupons(codes=codes), actor=STAFF)
    with pytest.raises(NoSuchCoupon):
        stage.send(DisableCoupons(codes=("THREE",)), actor=ANNA)
    assert stage.undeclared_loads == 0
