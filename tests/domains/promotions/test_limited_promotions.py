"""Flash deals: so many units in all, held while the buyer pays, never one too many, and over with the last."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from argosy.contracts.promotions import (
    ConsumeCoupons,
    CouponsReserved,
    EndPromotion,
    ExpireCouponUses,
    ExpirePromotions,
    PromotionEnded,
    PromotionTerms,
    ReleaseCoupons,
    ReserveCoupons,
)
from argosy.domains.promotions.domain.promotion import Promotion
from argosy.domains.promotions.domain.redemption import Redemption
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.messages import Refused
from tests.domains.promotions.coupons import BUYER, NOW, PURCHASE, STAFF, promotions_stage
from tests.domains.promotions.test_buyers import take_over
from tests.domains.promotions.test_promotions import LINE, make, quote
from tests.support import Stage, an_id

FLASH = PromotionTerms(effect="percentage", basis_points=5_000, units_max=5)
SALE = an_id("Sale")


def flash(**terms: Any) -> Stage:
    stage = promotions_stage()
    stage.send(make(terms=replace(FLASH, **terms)), actor=STAFF)
    return stage


def pieces(quantity: int) -> Any:
    return (replace(LINE, quantity=quantity, amount=1_000 * quantity),)


def reserve(flow: str, quantity: int, **changes: Any) -> ReserveCoupons:
    fields = {
        "flow_id": an_id(flow),
        "buyer_id": BUYER,
        "codes": (),
        "currency": "EUR",
        "lines": pieces(quantity),
        "expires_at": NOW + timedelta(minutes=1),
    }
    return ReserveCoupons(**{**fields, **changes})


def off(stage: Stage, flow: str, quantity: int) -> int:
    (answer,) = stage.send(reserve(flow, quantity))
    assert isinstance(answer, CouponsReserved), answer
    assert answer.holds_uses == bool(answer.discounts)
    return sum(one.amount for one in answer.discounts)


def test_units_are_held_sold_and_given_back_and_the_last_one_ends_it() -> None:
    stage = flash()
    assert off(stage, "one", 2) == 1_000
    assert off(stage, "one", 2) == 1_000, "a repeat holds nothing more"
    assert off(stage, "two", 9) == 1_500, "three pieces are left"
    assert off(stage, "three", 1) == 0
    (row,) = stage.all(Promotion)
    assert (row.units_reserved, row.units_sold) == (5, 0)
    stage.send(ReleaseCoupons(flow_id=an_id("one")))
    assert off(stage, "four", 2) == 1_000
    sold = [ConsumeCoupons(flow_id=an_id(flow), purchase_id=PURCHASE) for flow in ("two", "four")]
    assert PromotionEnded(promotion_id=SALE) in stage.send(*sold)
    assert stage.all(Promotion) == []
    assert off(stage, "five", 1) == 0
    stage.send(ReleaseCoupons(flow_id=an_id("four")))
    assert stage.undeclared_loads == 0


def test_quoted_units_are_held_as_they_were_quoted_or_not_at_all() -> None:
    stage = flash()
    uses = quote(stage, lines=pieces(3)).uses
    assert [(use.quantity, use.amount, use.code) for use in uses] == [(3, 1_500, "")]
    assert take_over(stage, uses) == take_over(stage, uses)
    assert stage.all(Promotion)[0].units_reserved == 3
    refused = take_over(stage, uses, "later")
    assert isinstance(refused, Refused) and refused.code == "price_changed"
    assert refused.details == {"codes": [{"rule_id": SALE, "reason": "sold_out"}]}
    stage.send(EndPromotion(promotion_id=SALE), actor=STAFF)
    refused = take_over(stage, uses, "later")
    assert refused.details == {"codes": [{"rule_id": SALE, "reason": "ended"}]}
    stage.send(ConsumeCoupons(flow_id=an_id("flow"), purchase_id=PURCHASE))
    assert [use.status for use in stage.all(Redemption)] == ["CONSUMED"]
    assert stage.undeclared_loads == 0


def test_units_that_a_quote_counted_with_can_be_held_for_as_long_as_it_stands() -> None:
    stage = flash()
    stage.clock.tick(hours=24, minutes=-1)
    uses = quote(stage).uses
    stage.clock.tick(minutes=14)
    stage.send(ExpirePromotions())
    assert quote(stage, flow_id=an_id("two")).discounts == ()
    assert isinstance(take_over(stage, uses), CouponsReserved)
    stage.clock.tick(minutes=2)
    assert stage.send(ExpirePromotions()) == [PromotionEnded(promotion_id=SALE)]


@pytest.mark.parametrize(
    "terms",
    [
        {"units_max": -1},
        {"units_max": 2**62},
        {"buyer_group": "No Group"},
    ],
)
def test_strange_limits_are_refused(terms: dict[str, Any]) -> None:
    with pytest.raises(DomainError):
        flash(**terms)


STEPS = st.tuples(
    st.sampled_from(["reserve", "reserve", "quoted", "consume", "release", "wait"]),
    st.integers(0, 4),
    st.integers(1, 4),
)


def step_command(stage: Stage, step: tuple[str, int, int], quoted: Any) -> Any:
    name, flow, quantity = step
    flow_id, until = an_id(f"flow {flow}"), stage.clock.now() + timedelta(minutes=1)
    if name == "reserve":
        return reserve(f"flow {flow}", quantity, expires_at=until)
    if name == "quoted":
        return reserve(f"flow {flow}", 1, expires_at=until, lines=(), quoted=quoted)
    if name == "consume":
        return ConsumeCoupons(flow_id=flow_id, purchase_id=PURCHASE)
    if name == "release":
        return ReleaseCoupons(flow_id=flow_id)
    stage.clock.tick(minutes=1)
    return ExpireCouponUses()


@settings(max_examples=200)
@given(st.lists(st.lists(STEPS, min_size=1, max_size=4), max_size=12))
def test_no_unit_too_many_under_any_interleaving(batches: list[list[tuple[str, int, int]]]) -> None:
    stage = flash()
    quoted = quote(stage, lines=pieces(2)).uses
    for batch in batches:
        stage.send(*[step_command(stage, step, quoted) for step in batch])
        uses = stage.all(Redemption)
        sold = sum(use.quantity for use in uses if use.status == "CONSUMED")
        held = sum(use.quantity for use in uses if use.status == "RESERVED")
        assert sold + held <= 5
        for row in stage.all(Promotion):
            assert (row.units_reserved, row.units_sold) == (held, sold)
    assert stage.undeclared_loads == 0
