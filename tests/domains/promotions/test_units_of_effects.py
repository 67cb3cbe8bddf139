"""Units in all and limits per buyer, whatever a promotion takes off."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from argosy.contracts.promotions import (
    ConsumeCoupons,
    CouponsReserved,
    ExpireCouponUses,
    PromotionTerms,
    ReconcileUses,
    ReleaseCoupons,
    Tier,
    UsesReconciled,
)
from argosy.domains.promotions.domain.promotion import Promotion
from argosy.domains.promotions.domain.redemption import BuyerUse, Redemption
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.messages import Refused
from tests.domains.promotions.coupons import BUYER, PURCHASE, STAFF, promotions_stage
from tests.domains.promotions.test_buyers import take_over
from tests.domains.promotions.test_limited_promotions import off, pieces, reserve, step_command
from tests.domains.promotions.test_promotions import LINE, make, quote
from tests.domains.promotions.test_reconciling import write
from tests.support import Stage, an_id

PRODUCT, OTHER = LINE.product_id, an_id("other")
HALF = PromotionTerms(effect="percentage", basis_points=5_000)
FIXED = PromotionTerms(effect="fixed", amount=900, currency="EUR")
TIERED = PromotionTerms(effect="tiered", currency="EUR", tiers=(Tier(0, 1_000), Tier(4_000, 2_000)))
TWO_PLUS_ONE = PromotionTerms(effect="buy_x_get_y", buy=2, get=1, basis_points=10_000)
BUNDLE = PromotionTerms(effect="bundle", product_ids=(PRODUCT, OTHER), basis_points=1_000)
DELIVERY = PromotionTerms(effect="free_delivery")


def deal(terms: PromotionTerms, **changed: Any) -> Stage:
    stage = promotions_stage()
    stage.send(make(terms=replace(terms, **changed)), actor=STAFF)
    return stage


def drawn(stage: Stage) -> int:
    (row,) = stage.all(Promotion)
    return row.units_reserved


@pytest.mark.parametrize(
    ("terms", "units", "taken", "of_units", "words"),
    [
        (FIXED, 3, 900, 3, "900 off on 3 pieces of 3000 is 900"),
        (replace(FIXED, amount=5_000), 2, 2_000, 2, "5000 off on 2 pieces of 2000 is 2000"),
        (TIERED, 2, 400, 2, "20.00 % by tier on 2 pieces of 2000 is 400"),
        (TWO_PLUS_ONE, 1, 1_000, 1, "100.00 % on 1 of 2 + 1 of 1000 is 1000"),
        (TWO_PLUS_ONE, 9, 2_000, 2, "100.00 % on 2 of 2 + 1 of 2000 is 2000"),
        (BUNDLE, 5, 400, 4, "10.00 % on 2 sets of 4000 is 400"),
    ],
)
def test_every_effect_keeps_to_its_units_and_draws_those_that_are_cheaper(
    terms: PromotionTerms, units: int, taken: int, of_units: int, words: str
) -> None:
    stage = deal(terms, units_max=units)
    three = replace(LINE, quantity=3, amount=3_000)
    lines = (three, replace(three, line_no=2, product_id=OTHER))
    (answer,) = stage.send(reserve("one", 1, lines=lines))
    assert sum(one.amount for one in answer.discounts) == taken
    assert words in answer.discounts[0].explanation
    assert drawn(stage) == of_units
    (again,) = stage.send(reserve("one", 1, lines=lines))
    assert again == answer and drawn(stage) == of_units
    assert stage.undeclared_loads == 0


def test_of_free_delivery_a_unit_is_a_purchase() -> None:
    stage = deal(DELIVERY, units_max=1)
    (one,) = stage.send(reserve("one", 7))
    assert one.holds_uses and one.discounts[0].of_delivery and drawn(stage) == 1
    (two,) = stage.send(reserve("two", 1))
    assert (two.discounts, two.holds_uses) == ((), False)
    stage.send(ConsumeCoupons(flow_id=an_id("one"), purchase_id=PURCHASE))
    assert stage.all(Promotion) == []


def test_each_buyer_has_so_many_pieces_in_all_their_purchases() -> None:
    stage = deal(HALF, units_per_buyer=3)
    assert off(stage, "one", 2) == 1_000
    assert off(stage, "two", 5) == 500, "one piece is left for them"
    assert off(stage, "three", 1) == 0
    (her,) = stage.send(reserve("hers", 5, buyer_id=an_id("her")))
    assert sum(one.amount for one in her.discounts) == 1_500
    stage.send(ReleaseCoupons(flow_id=an_id("one")))
    assert off(stage, "four", 5) == 1_000
    stage.send(ConsumeCoupons(flow_id=an_id("two"), purchase_id=PURCHASE))
    assert off(stage, "five", 1) == 0, "what is bought counts for good"
    assert stage.undeclared_loads == 0


@pytest.mark.parametrize("terms", [HALF, FIXED, TIERED, DELIVERY])
def test_each_buyer_has_it_in_so_many_purchases(terms: PromotionTerms) -> None:
    stage = deal(terms, max_uses_per_buyer=2)
    for flow in ("one", "two"):
        (answer,) = stage.send(reserve(flow, 1))
        assert answer.holds_uses and len(answer.discounts) == 1
    (third,) = stage.send(reserve("three", 1))
    assert third.discounts == ()
    (guest,) = stage.send(reserve("guest", 1, buyer_id=an_id("guest"), is_guest=True))
    assert guest.discounts == ()
    stage.send(ReleaseCoupons(flow_id=an_id("two")))
    assert len(stage.send(reserve("four", 1))[0].discounts) == 1
    assert stage.undeclared_loads == 0


def test_what_a_quote_counted_with_is_refused_once_the_buyer_has_had_it() -> None:
    stage = deal(HALF, units_per_buyer=3)
    one, two = (quote(stage, lines=pieces(2), flow_id=an_id(flow)).uses for flow in ("one", "two"))
    assert isinstance(take_over(stage, one, "one"), CouponsReserved)
    refused = take_over(stage, two, "two")
    assert isinstance(refused, Refused) and refused.code == "price_changed"
    assert refused.details == {"codes": [{"rule_id": an_id("Sale"), "reason": "used_up_by_you"}]}


def test_counts_of_pieces_per_buyer_follow_the_uses() -> None:
    stage = deal(HALF, units_per_buyer=3)
    off(stage, "one", 2)
    write(stage, BuyerUse, uses=3)
    told = [one for one in stage.send(ReconcileUses()) if isinstance(one, UsesReconciled)]
    assert [(one.counted_held, one.held) for one in told] == [(3, 2)]
    assert stage.all(BuyerUse)[0].uses == 2


@pytest.mark.parametrize(
    "terms",
    [
        {"units_per_buyer": -1},
        {"max_uses_per_buyer": 2**62},
        {"max_uses_per_buyer": 1, "units_per_buyer": 1},
        {"max_uses_per_buyer": 1, "is_first_order": True},
    ],
)
def test_limits_that_cannot_be_read_are_refused(terms: dict[str, Any]) -> None:
    with pytest.raises(DomainError):
        deal(HALF, **terms)


STEPS = st.tuples(
    st.sampled_from(["reserve", "reserve", "quoted", "consume", "release", "wait"]),
    st.integers(0, 4),
    st.integers(1, 4),
)


@settings(max_examples=100)
@given(
    st.sampled_from([HALF, FIXED, TIERED, TWO_PLUS_ONE, DELIVERY]),
    st.lists(st.lists(STEPS, min_size=1, max_size=4), max_size=10),
)
def test_no_buyer_has_too_much_under_any_interleaving(
    terms: PromotionTerms, batches: list[list[tuple[str, int, int]]]
) -> None:
    stage = deal(terms, units_max=7, units_per_buyer=3)
    quoted = quote(stage, lines=pieces(3)).uses
    for batch in batches:
        stage.send(*[step_command(stage, step, quoted) for step in batch])
        stage.send(ExpireCouponUses())
        live = [use for use in stage.all(Redemption) if use.is_live]
        had = sum(use.quantity for use in live if use.user_id == BUYER)
        assert had <= 3
        assert sum(one.uses for one in stage.all(BuyerUse)) == had
    assert stage.undeclared_loads == 0
