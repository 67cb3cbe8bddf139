"""Campaigns of codes: as many as were asked for, each for one use, that nobody can guess and no log tells."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from argosy.contracts.promotions import (
    CouponCampaignCreated,
    CouponsReserved,
    CouponTerms,
    GenerateCoupons,
    GenerateMoreCoupons,
)
from argosy.domains.promotions.application.coupons import CouponsAreNotYoursToMake
from argosy.domains.promotions.domain.campaign import Campaign, CampaignIdIsTaken, code_from
from argosy.domains.promotions.domain.coupon import Coupon
from argosy.engine.work import Actor
from argosy.shared_kernel.codec import encode
from argosy.shared_kernel.errors import DomainError, Several
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Message
from tests.domains.promotions.coupons import ANNA, NOW, STAFF, promotions_stage, reserve
from tests.domains.promotions.test_redemptions import reasons
from tests.support import Stage, an_id


def generate(**terms: Any) -> GenerateCoupons:
    return GenerateCoupons(**{"name": "Spring", "count": 3, "basis_points": 1000, "campaign_id": an_id("c"), **terms})


def worked_off(stage: Stage, command: GenerateCoupons, actor: Actor = STAFF) -> list[Message]:
    """Everything that was told until nothing more was asked."""
    told = list(stage.send(command, actor=actor))
    for message in told:
        if isinstance(message, GenerateMoreCoupons):
            told += stage.send(message)
    assert stage.undeclared_loads == 0
    return told


def test_a_campaign_makes_its_codes_a_few_hundred_at_a_time_and_tells_none() -> None:
    stage = promotions_stage()
    told = worked_off(stage, generate(count=1_201, prefix="spring"))
    coupons = stage.all(Coupon)
    assert len({one.code for one in coupons}) == 1_201
    assert all(one.code.startswith("SPRING-") and len(one.code) == 23 and one.max_uses == 1 for one in coupons)
    assert [type(one) for one in told] == [CouponCampaignCreated, *[GenerateMoreCoupons] * 3]
    written = b"".join(encode(one) for one in told).decode()
    assert not any(one.code in written for one in coupons)
    stage.send(GenerateMoreCoupons(campaign_id=an_id("c")))
    assert (len(stage.all(Coupon)), stage.one(Campaign, an_id("c")).made) == (1_201, 1_201)


def test_a_code_takes_what_its_campaign_says_once() -> None:
    stage = promotions_stage()
    terms = CouponTerms(amount=250, currency="EUR", min_amount=1_000)
    worked_off(stage, generate(basis_points=0, terms=terms))
    code = stage.all(Coupon)[0].code
    (answer,) = stage.send(reserve(code.lower()))
    assert isinstance(answer, CouponsReserved)
    assert sum(off.amount for off in answer.discounts) == 250
    assert reasons(stage, reserve(code, flow_id=an_id("another"))) == [(code, "used_up")]


def test_codes_have_eighty_bits_of_chance() -> None:
    assert code_from("", bytes(10)) == "A" * 16
    assert code_from("X", b"\xff" * 10) == "X-" + "7" * 16


def test_the_same_terms_again_are_the_same_campaign() -> None:
    stage = promotions_stage()
    worked_off(stage, generate())
    assert stage.send(generate(), actor=STAFF) == []
    with pytest.raises(CampaignIdIsTaken):
        stage.send(generate(count=4), actor=STAFF)
    assert len(stage.all(Coupon)) == 3


def test_sellers_make_campaigns_of_their_own_only() -> None:
    stage = promotions_stage()
    for funder in ("platform", an_id("seller bert")):
        with pytest.raises(CouponsAreNotYoursToMake):
            stage.send(generate(funded_by=funder), actor=ANNA)
    worked_off(stage, generate(funded_by=ANNA.seller_id), ANNA)
    assert {one.funded_by for one in stage.all(Coupon)} == {ANNA.seller_id}


@pytest.mark.parametrize(
    "terms",
    [
        {"count": 0},
        {"count": 100_001},
        {"name": ""},
        {"name": "x\0"},
        {"prefix": "A B"},
        {"prefix": "A" * 21},
        {"basis_points": 0},
        {"campaign_id": Id("1")},
        {"terms": CouponTerms(min_amount=5)},
        {"valid_to": NOW - timedelta(days=1)},
        {"valid_to": datetime(2027, 1, 1)},  # noqa: DTZ001
    ],
)
def test_strange_campaigns_are_refused(terms: dict[str, Any]) -> None:
    stage = promotions_stage()
    with pytest.raises(DomainError):
        stage.send(generate(**terms), actor=STAFF)
    assert stage.all(Campaign) == []


def test_every_fault_of_a_campaign_is_told_at_once() -> None:
    with pytest.raises(Several) as refused:
        promotions_stage().send(generate(count=0, prefix="?", basis_points=0, funded_by="x"), actor=STAFF)
    assert [fault.code for fault in refused.value.faults] == [
        "campaign_out_of_range",
        "campaign_out_of_range",
        "percentage_out_of_range",
        "funder_unknown",
    ]
