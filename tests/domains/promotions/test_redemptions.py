"""Uses of coupons: held, consumed or given back, never more than allowed, whatever the order of events."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from argosy.contracts.promotions import (
    ConsumeCoupons,
    CouponConsumed,
    CouponsConsumed,
    CouponsReleased,
    CouponsReserved,
    CouponTerms,
    CreateCoupon,
    DisableCoupon,
    Discount,
    ExpireCouponUses,
    ReleaseCoupons,
)
from argosy.domains.promotions.domain.coupon import Coupon
from argosy.domains.promotions.domain.redemption import BuyerUse, Redemption
from argosy.shared_kernel.ids import named_id
from argosy.shared_kernel.messages import Refused
from tests.domains.promotions.coupons import (
    BUYER,
    CONSUME,
    FLOW,
    NOW,
    PURCHASE,
    RELEASE,
    STAFF,
    coupon,
    line,
    promotions_stage,
    reserve,
    with_coupons,
)
from tests.support import Stage, an_id

EXPIRE = ExpireCouponUses()
NOTHING_OFF = CouponsReserved(flow_id=FLOW, discounts=())


def everything(stage: Stage) -> list[Any]:
    return [row.__dict__ for kind in (Coupon, Redemption, BuyerUse) for row in stage.all(kind)]


def refusal(stage: Stage, command: Any) -> Refused:
    """The one answer, which must be a refusal, and must have left no trace."""
    before = everything(stage)
    (answer,) = stage.send(command)
    assert isinstance(answer, Refused)
    assert everything(stage) == before
    return answer


def reasons(stage: Stage, command: Any) -> list[tuple[str, str]]:
    answer = refusal(stage, command)
    assert answer.code == "coupons_not_valid"
    return [(fault["code"], fault["reason"]) for fault in answer.details["codes"]]


def test_without_codes_it_answers_at_once_and_writes_nothing() -> None:
    stage = promotions_stage()
    assert stage.send(reserve()) == [NOTHING_OFF]
    assert stage.send(CONSUME) == [CouponsConsumed(flow_id=FLOW)]
    assert everything(stage) == []
    assert stage.undeclared_loads == 0


def test_a_coupon_takes_its_share_spread_over_all_lines_and_explains_it() -> None:
    stage = with_coupons("TEN")
    (answer,) = stage.send(reserve(" ten "))
    common = {"coupon_id": named_id("coupon", "TEN"), "code": "TEN", "funded_by": "platform"}
    assert answer == CouponsReserved(
        flow_id=FLOW,
        discounts=(
            Discount(
                line_no=1,
                amount=200,
                explanation="TEN: 10.00 % of 2500 is 250; 200 on 1999; paid by platform",
                **common,
            ),
            Discount(
                line_no=2, amount=50, explanation="TEN: 10.00 % of 2500 is 250; 50 on 501; paid by platform", **common
            ),
        ),
        holds_uses=True,
    )
    (use,) = stage.all(Redemption)
    assert (use.status, use.discount_amount, use.currency, use.user_id) == ("RESERVED", 250, "EUR", BUYER)
    assert (coupon(stage, "TEN").uses_reserved, coupon(stage, "TEN").uses_consumed) == (1, 0)
    assert stage.all(BuyerUse) == []


def test_coupons_stack_on_what_is_left_sellers_first() -> None:
    stage = with_coupons("ALL", basis_points=1000)
    stage.send(CreateCoupon(code="ANNA", basis_points=5000, funded_by=an_id("seller anna")), actor=STAFF)
    (answer,) = stage.send(reserve("ALL", "ANNA", lines=(line(1, 1000), line(2, 500, "seller bert"))))
    assert [(off.code, off.line_no, off.amount, off.funded_by) for off in answer.discounts] == [
        ("ANNA", 1, 500, an_id("seller anna")),
        ("ALL", 1, 50, "platform"),
        ("ALL", 2, 50, "platform"),
    ]


def test_a_coupon_of_everything_takes_all_and_not_more() -> None:
    stage = with_coupons("ALL", "MORE", basis_points=10_000)
    (answer,) = stage.send(reserve("ALL", "MORE"))
    assert [(off.code, off.amount) for off in answer.discounts] == [("ALL", 1999), ("ALL", 501)]


def test_a_selected_coupon_takes_from_what_it_selects_alone() -> None:
    stage = with_coupons("TEA", terms=CouponTerms(category="tea", seller_ids=(an_id("seller bert"),)))
    (answer,) = stage.send(reserve("TEA"))
    assert [(off.line_no, off.amount) for off in answer.discounts] == [(2, 50)]
    other = reserve("TEA", flow_id=an_id("two"), lines=(line(1, 1_000),))
    assert reasons(stage, other) == [("TEA", "not_for_these_goods")]


def test_a_sellers_coupon_is_not_for_goods_of_others() -> None:
    stage = with_coupons("ANNA", funded_by=an_id("seller anna"))
    assert reasons(stage, reserve("ANNA", lines=(line(1, 100, "seller bert"),))) == [("ANNA", "not_for_these_goods")]


def test_every_code_that_does_not_count_is_told_at_once() -> None:
    stage = with_coupons("GOOD", "OFF")
    for code, terms in {
        "SOON": {"valid_from": NOW + timedelta(days=1)},
        "LATE": {"valid_to": NOW + timedelta(hours=1)},
        "ONE": {"max_uses": 1},
        "MINE": {"max_uses_per_buyer": 1},
    }.items():
        stage.send(CreateCoupon(code=code, basis_points=100, **terms), actor=STAFF)
    stage.send(DisableCoupon(code="OFF"), actor=STAFF)
    stage.send(reserve("ONE", "MINE", flow_id=an_id("earlier flow")))
    stage.clock.tick(hours=1)
    codes = ("GOOD", "NONE", "SOON", "LATE", "ONE", "MINE", "OFF", "good", "\0'; --")
    assert reasons(stage, reserve(*codes)) == [
        ("NONE", "unknown_coupon"),
        ("SOON", "not_yet_valid"),
        ("LATE", "expired"),
        ("ONE", "used_up"),
        ("MINE", "used_up_by_you"),
        ("OFF", "disabled"),
        ("good", "duplicate"),
        ("\0'; --", "unknown_coupon"),
    ]
    assert coupon(stage, "GOOD").uses_reserved == 0
    assert stage.undeclared_loads == 0


def test_a_coupon_of_a_fixed_amount_counts_in_its_currency_from_its_minimum_on() -> None:
    stage = with_coupons("FIVE", basis_points=0, terms=CouponTerms(amount=500, currency="EUR", min_amount=2_500))
    stage.send(CreateCoupon(code="HALF", basis_points=5_000), actor=STAFF)
    assert reasons(stage, reserve("FIVE", currency="USD")) == [("FIVE", "other_currency")]
    assert reasons(stage, reserve("FIVE", "NONE", lines=(line(1, 2_499),))) == [
        ("NONE", "unknown_coupon"),
        ("FIVE", "below_minimum"),
    ]
    assert reasons(stage, reserve("HALF", "FIVE")) == [("FIVE", "below_minimum")], "what HALF left is not enough"
    for _ in range(2):
        (answer,) = stage.send(reserve("FIVE"))
        assert [(off.line_no, off.amount) for off in answer.discounts] == [(1, 400), (2, 100)]
    (held,) = stage.all(Redemption)
    assert (held.discount_amount, held.basis_points, held.terms.amount) == (500, 0, 500)
    assert stage.undeclared_loads == 0


def test_a_coupon_is_valid_from_its_first_instant_to_before_its_last() -> None:
    stage = with_coupons("SALE", valid_from=NOW, valid_to=NOW + timedelta(hours=1))
    stage.clock.time = NOW - timedelta(microseconds=1)
    assert reasons(stage, reserve("SALE")) == [("SALE", "not_yet_valid")]
    stage.clock.time = NOW + timedelta(hours=1)
    assert reasons(stage, reserve("SALE")) == [("SALE", "expired")]
    stage.clock.time = NOW
    assert isinstance(stage.send(reserve("SALE"))[0], CouponsReserved)


def test_more_than_ten_codes_are_refused() -> None:
    assert refusal(promotions_stage(), reserve(*[f"C{index}" for index in range(11)])).code == "too_many_codes"


MALFORMED = [
    {"lines": ()},
    {"lines": (line(1, 1), line(1, 2))},
    {"lines": (line(1, -1),)},
    {"lines": (replace(line(1, 1), quantity=0),)},
    {"lines": (line(1, 2**53),)},
    {"buyer_id": "me"},
    {"lines": tuple(line(number, 1) for number in range(201))},
]


@pytest.mark.parametrize("changes", MALFORMED)
def test_holds_nothing_for_lines_that_cannot_be_read(changes: dict[str, Any]) -> None:
    assert refusal(with_coupons("TEN"), reserve("TEN", **changes)).code == "lines_are_malformed"


def test_reserving_again_gives_the_same_discounts_and_holds_nothing_more() -> None:
    stage = with_coupons("TEN", "SIX", max_uses_per_buyer=1)
    first = stage.send(reserve("TEN", "SIX"))
    assert (
        stage.send(
            reserve("TEN", "SIX"),
        )
        == first
    )
    assert [coupon(stage, code).uses_reserved for code in ("TEN", "SIX")] == [1, 1]
    assert [count.uses for count in stage.all(BuyerUse)] == [1, 1]
    stage.send(CONSUME)
    assert stage.send(reserve("TEN", "SIX")) == first
    assert stage.undeclared_loads == 0


@pytest.mark.parametrize(
    "other",
    [reserve("TEN"), reserve("TEN", "SIX", buyer_id=an_id("another")), reserve("TEN", "SIX", lines=(line(1, 9),))],
)
def test_a_checkout_holds_one_set_of_coupons(other: Any) -> None:
    stage = with_coupons("TEN", "SIX")
    stage.send(reserve("TEN", "SIX"))
    assert refusal(stage, other).code == "other_coupons_are_held"


def test_a_held_use_survives_the_end_of_its_coupon() -> None:
    stage = with_coupons("TEN", valid_to=NOW + timedelta(minutes=1))
    first = stage.send(reserve("TEN"))
    stage.send(DisableCoupon(code="TEN"), actor=STAFF)
    stage.clock.tick(minutes=5)
    assert stage.send(reserve("TEN")) == first
    assert isinstance(stage.send(CONSUME)[0], CouponConsumed)


def test_consuming_counts_the_use_for_good_and_tells_it_once() -> None:
    stage = with_coupons("TEN")
    stage.send(reserve("TEN"))
    assert stage.send(replace(CONSUME, order_id=an_id("order"))) == [
        CouponConsumed(coupon_id=named_id("coupon", "TEN"), code="TEN", buyer_id=BUYER, purchase_id=PURCHASE),
        CouponsConsumed(flow_id=FLOW),
    ]
    assert stage.send(CONSUME) == [CouponsConsumed(flow_id=FLOW)]
    assert (coupon(stage, "TEN").uses_reserved, coupon(stage, "TEN").uses_consumed) == (0, 1)
    (use,) = stage.all(Redemption)
    assert (use.status, use.purchase_id, use.order_id, use.redeemed_at) == ("CONSUMED", PURCHASE, an_id("order"), NOW)
    assert stage.undeclared_loads == 0


def test_a_released_use_is_free_for_the_next() -> None:
    stage = with_coupons("ONE", max_uses=1, max_uses_per_buyer=1)
    stage.send(reserve("ONE"))
    other = reserve("ONE", flow_id=an_id("flow 2"), buyer_id=an_id("another"))
    assert reasons(stage, other) == [("ONE", "used_up")]
    assert stage.send(RELEASE) == [CouponsReleased(flow_id=FLOW)]
    assert stage.send(RELEASE) == [CouponsReleased(flow_id=FLOW)]
    assert isinstance(stage.send(other)[0], CouponsReserved)
    assert coupon(stage, "ONE").uses_reserved == 1
    assert stage.undeclared_loads == 0


def test_the_last_use_goes_to_the_first_of_a_batch() -> None:
    stage = with_coupons("ONE", max_uses=1)
    answers = stage.send(*[reserve("ONE", flow_id=an_id(f"flow {index}")) for index in range(5)])
    assert [type(answer) for answer in answers] == [CouponsReserved, *[Refused] * 4]
    assert coupon(stage, "ONE").uses_reserved == 1


def test_a_checkout_undone_to_the_end_gives_its_consumed_use_back() -> None:
    stage = with_coupons("ONE", max_uses=1, max_uses_per_buyer=1)
    stage.send(reserve("ONE"))
    stage.send(CONSUME)
    assert stage.send(RELEASE) == [CouponsReleased(flow_id=FLOW)]
    assert coupon(stage, "ONE").live_uses == 0
    assert [count.uses for count in stage.all(BuyerUse)] == [0]


def test_a_released_checkout_neither_consumes_nor_reserves() -> None:
    stage = with_coupons("TEN")
    stage.send(reserve("TEN"))
    stage.send(RELEASE)
    assert refusal(stage, CONSUME).code == "coupons_were_released"
    assert refusal(stage, reserve("TEN")).code == "coupons_were_released"
    assert coupon(stage, "TEN").live_uses == 0


def test_a_release_that_came_first_is_remembered() -> None:
    stage = with_coupons("TEN")
    assert stage.send(RELEASE) == [CouponsReleased(flow_id=FLOW)]
    assert stage.send(RELEASE) == [CouponsReleased(flow_id=FLOW)]
    assert refusal(stage, reserve("TEN")).code == "coupons_were_released"
    assert refusal(stage, CONSUME).code == "coupons_were_released"
    assert coupon(stage, "TEN").live_uses == 0
    assert stage.undeclared_loads == 0


def test_a_use_is_given_back_a_minute_after_its_time() -> None:
    stage = with_coupons("TEN", max_uses_per_buyer=2)
    stage.send(reserve("TEN"))
    stage.clock.tick(minutes=25, seconds=59)
    stage.send(EXPIRE)
    assert coupon(stage, "TEN").uses_reserved == 1
    stage.clock.tick(seconds=1)
    assert stage.send(EXPIRE) == []
    assert coupon(stage, "TEN").uses_reserved == 0
    assert [use.status for use in stage.all(Redemption)] == ["RELEASED"]
    assert [count.uses for count in stage.all(BuyerUse)] == [0]
    assert refusal(stage, CONSUME).code == "coupons_were_released"
    stage.send(EXPIRE, EXPIRE)
    assert coupon(stage, "TEN").live_uses == 0
    assert stage.undeclared_loads == 0


def test_a_consumed_use_does_not_expire() -> None:
    stage = with_coupons("TEN")
    stage.send(reserve("TEN"))
    stage.send(CONSUME)
    stage.clock.tick(days=1)
    stage.send(EXPIRE)
    assert coupon(stage, "TEN").uses_consumed == 1


def test_a_use_that_is_consumed_beside_its_expiry_stays_consumed() -> None:
    stage = with_coupons("TEN")
    stage.send(reserve("TEN"))
    stage.clock.tick(minutes=30)
    stage.send(CONSUME, EXPIRE)
    assert (coupon(stage, "TEN").uses_reserved, coupon(stage, "TEN").uses_consumed) == (0, 1)
    assert [use.status for use in stage.all(Redemption)] == ["CONSUMED"]


def test_a_consumed_use_still_counts_against_both_limits() -> None:
    stage = with_coupons("ONE", max_uses=1)
    stage.send(CreateCoupon(code="MINE", basis_points=100, max_uses_per_buyer=1), actor=STAFF)
    stage.send(reserve("ONE", "MINE"))
    stage.send(CONSUME)
    assert reasons(stage, reserve("ONE", "MINE", flow_id=an_id("flow 2"))) == [
        ("ONE", "used_up"),
        ("MINE", "used_up_by_you"),
    ]


FLOWS = st.integers(0, 3)
STEPS = st.one_of(
    st.tuples(st.just("reserve"), FLOWS, st.sampled_from([("ONE",), ("TWO",), ("FREE", "ONE"), ("TWO", "FREE"), ()])),
    st.tuples(st.just("consume"), FLOWS, st.just(())),
    st.tuples(st.just("release"), FLOWS, st.just(())),
    st.tuples(st.just("wait"), FLOWS, st.just(())),
)


def step_command(stage: Stage, name: str, flow: int, codes: tuple[str, ...]) -> Any:
    flow_id = an_id(f"flow {flow}")
    if name == "reserve":
        return reserve(
            *codes,
            flow_id=flow_id,
            buyer_id=an_id(f"buyer {flow % 2}"),
            expires_at=stage.clock.now() + timedelta(minutes=1),
        )
    if name == "consume":
        return ConsumeCoupons(flow_id=flow_id, purchase_id=PURCHASE)
    if name == "release":
        return ReleaseCoupons(flow_id=flow_id)
    stage.clock.tick(minutes=1)
    return EXPIRE


@settings(max_examples=300)
@given(st.lists(st.lists(STEPS, min_size=1, max_size=4), max_size=12))
def test_limits_hold_under_any_interleaving(batches: list[list[tuple[str, int, tuple[str, ...]]]]) -> None:
    stage = promotions_stage()
    for code, terms in {"ONE": {"max_uses": 1}, "TWO": {"max_uses": 2, "max_uses_per_buyer": 1}, "FREE": {}}.items():
        stage.send(CreateCoupon(code=code, basis_points=500, **terms), actor=STAFF)
    for batch in batches:
        stage.send(*[step_command(stage, *step) for step in batch])
        uses = stage.all(Redemption)
        for row in stage.all(Coupon):
            mine = [use for use in uses if use.coupon_id == row.id]
            assert row.uses_reserved == sum(use.status == "RESERVED" for use in mine)
            assert row.uses_consumed == sum(use.status == "CONSUMED" for use in mine)
            live = [use for use in mine if use.is_live]
            assert row.max_uses == 0 or len(live) <= row.max_uses
            for buyer in {use.user_id for use in mine}:
                count = sum(use.user_id == buyer for use in live)
                assert row.max_uses_per_buyer == 0 or count <= row.max_uses_per_buyer
                kept = [use.uses for use in stage.all(BuyerUse) if (use.coupon_id, use.user_id) == (row.id, buyer)]
                assert kept == ([count] if row.has_buyer_limit else [])
    assert stage.undeclared_loads == 0
