"""For whom: first orders and buyers of a group, as they were when the quote was made."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from argosy.contracts.accounts import PersonErased
from argosy.contracts.orders import OrderConfirmed
from argosy.contracts.promotions import (
    AssignBuyerGroups,
    ConsumeCoupons,
    CouponsReserved,
    CouponTerms,
    CreateCoupon,
    ExpireCouponUses,
    PromotionTerms,
    ReleaseCoupons,
    ReserveCoupons,
)
from argosy.domains.promotions.application.buyers import MayNotGroupBuyers
from argosy.domains.promotions.domain.buyer import Buyer, BuyerGroupsMalformed
from argosy.shared_kernel.messages import Refused
from tests.domains.promotions.coupons import ANNA, BUYER, FLOW, NOW, PURCHASE, STAFF, promotions_stage, reserve
from tests.domains.promotions.test_promotions import LINE, make, quote
from tests.domains.promotions.test_redemptions import reasons
from tests.support import Stage, an_id

ORDERED = OrderConfirmed(order_id=an_id("order"), buyer_id=BUYER, seller_id=ANNA.seller_id)
FIRST = PromotionTerms(effect="percentage", basis_points=1_000, is_first_order=True)
FOR_VIPS = PromotionTerms(effect="percentage", basis_points=1_000, buyer_group="vip")
VIP = CreateCoupon(code="VIP", basis_points=500, terms=CouponTerms(buyer_group="vip"))
HELLO = CreateCoupon(code="HELLO", basis_points=500, terms=CouponTerms(is_first_order=True))


def assign(*groups: str) -> AssignBuyerGroups:
    return AssignBuyerGroups(buyer_id=BUYER, groups=groups)


def take_over(stage: Stage, uses: Any, flow: str = "flow", codes: tuple[str, ...] = ()) -> Any:
    (answer,) = stage.send(
        ReserveCoupons(
            flow_id=an_id(flow), buyer_id=BUYER, codes=codes, currency="EUR", lines=(), expires_at=NOW, quoted=uses
        )
    )
    return answer


def test_a_promotion_for_first_orders_counts_until_one_is_confirmed() -> None:
    stage = promotions_stage()
    stage.send(make(terms=FIRST), actor=STAFF)
    (discount,) = quote(stage).discounts
    assert discount.explanation == "Sale: 10.00 % for a first order of 1000 is 100; 100 on 1000; paid by platform"
    stage.send(ORDERED)
    assert quote(stage).discounts == ()
    assert len(quote(stage, buyer_id=an_id("new")).discounts) == 1
    version = stage.one(Buyer, BUYER).version
    stage.send(ORDERED)
    assert stage.one(Buyer, BUYER).version == version
    assert stage.undeclared_loads == 0


def test_a_first_order_is_had_once_also_by_two_checkouts_at_once() -> None:
    stage = promotions_stage()
    stage.send(make(terms=FIRST), actor=STAFF)
    one, two = quote(stage).uses, quote(stage, flow_id=an_id("two")).uses
    assert one == two and one[0].rule_id == an_id("Sale")
    assert take_over(stage, one).holds_uses
    refused = take_over(stage, two, "two")
    assert isinstance(refused, Refused) and refused.code == "price_changed"
    assert refused.details == {"codes": [{"rule_id": an_id("Sale"), "reason": "used_up_by_you"}]}
    assert quote(stage, flow_id=an_id("three")).discounts == ()
    assert stage.undeclared_loads == 0


def test_two_promotions_for_first_orders_are_not_had_in_two_checkouts_at_once() -> None:
    """By whichever rules: one of the two can be the first. What is undone leaves the first order to the next."""
    stage = promotions_stage()
    for name in ("Sale", "Other"):
        terms = replace(FIRST, product_ids=(an_id(name),))
        stage.send(make(name=name, terms=terms), actor=STAFF)
    one, two = (
        quote(stage, flow_id=an_id(name), lines=(replace(LINE, product_id=an_id(name)),)).uses
        for name in ("Sale", "Other")
    )
    stage.send(HELLO, actor=STAFF)
    assert take_over(stage, one, "one").holds_uses and take_over(stage, one, "one").holds_uses
    refused = take_over(stage, two, "two")
    assert isinstance(refused, Refused) and refused.code == "price_changed"
    assert refused.details == {"codes": [{"rule_id": an_id("Other"), "reason": "first_order_taken"}]}
    assert reasons(stage, reserve("HELLO", flow_id=an_id("three"))) == [("HELLO", "first_order_taken")]
    assert quote(stage, flow_id=an_id("four"), lines=(replace(LINE, product_id=an_id("Other")),)).discounts == ()
    stage.send(ReleaseCoupons(flow_id=an_id("one")))
    assert take_over(stage, two, "two").holds_uses
    stage.clock.tick(minutes=2)
    stage.send(ExpireCouponUses())
    assert stage.one(Buyer, BUYER).first_order_flow is None
    assert isinstance(stage.send(reserve("HELLO", flow_id=an_id("five")))[0], CouponsReserved)
    assert stage.undeclared_loads == 0


def test_one_checkout_has_all_that_is_for_a_first_order_and_keeps_it_once_bought() -> None:
    stage = promotions_stage()
    stage.send(make(terms=FIRST), HELLO, actor=STAFF)
    (answer,) = stage.send(reserve("HELLO", lines=(LINE,)))
    assert [one.code for one in answer.discounts] == ["HELLO", ""]
    stage.send(ConsumeCoupons(flow_id=FLOW, purchase_id=PURCHASE))
    assert stage.one(Buyer, BUYER).first_order_flow == FLOW
    assert quote(stage, flow_id=an_id("two")).discounts == ()
    assert stage.undeclared_loads == 0


def test_what_a_buyer_was_in_the_quote_counts_however_they_change() -> None:
    stage = promotions_stage()
    stage.send(make(terms=FIRST), VIP, assign("vip"), actor=STAFF)
    uses = quote(stage, "VIP").uses
    stage.send(assign(), ORDERED, actor=STAFF)
    assert take_over(stage, uses, codes=("VIP",)) == CouponsReserved(flow_id=FLOW, discounts=(), holds_uses=True)
    stage.send(ConsumeCoupons(flow_id=FLOW, purchase_id=PURCHASE))
    assert reasons(stage, reserve("VIP", flow_id=an_id("later"))) == [("VIP", "not_for_you")]
    assert stage.undeclared_loads == 0


def test_a_group_has_its_own_promotions_and_coupons() -> None:
    stage = promotions_stage()
    stage.send(make(terms=FOR_VIPS), VIP, actor=STAFF)
    assert quote(stage).discounts == ()
    assert reasons(stage, reserve("VIP")) == [("VIP", "not_for_you")]
    stage.send(assign("vip", "early-bird"), actor=STAFF)
    assert [one.amount for one in quote(stage, "VIP").discounts] == [50, 95]
    stage.send(PersonErased(user_id=BUYER))
    assert quote(stage).discounts == () and stage.all(Buyer) == []
    assert stage.undeclared_loads == 0


def test_a_coupon_for_first_orders_is_used_once_by_each_buyer() -> None:
    stage = promotions_stage()
    stage.send(HELLO, HELLO, actor=STAFF)
    assert isinstance(stage.send(reserve("HELLO", lines=(LINE,)))[0], CouponsReserved)
    assert reasons(stage, reserve("HELLO", flow_id=an_id("two"))) == [("HELLO", "used_up_by_you")]
    stage.send(OrderConfirmed(order_id=an_id("o"), buyer_id=an_id("old"), seller_id=ANNA.seller_id))
    old = reserve("HELLO", flow_id=an_id("three"), buyer_id=an_id("old"))
    assert reasons(stage, old) == [("HELLO", "not_first_order")]


def test_only_staff_put_buyers_into_groups_that_can_be_read() -> None:
    stage = promotions_stage()
    with pytest.raises(MayNotGroupBuyers):
        stage.send(assign("vip"), actor=ANNA)
    for groups in (("",), ("VIP",), ("a b",), tuple(f"g{number}" for number in range(21))):
        with pytest.raises(BuyerGroupsMalformed):
            stage.send(assign(*groups), actor=STAFF)
    with pytest.raises(BuyerGroupsMalformed):
        stage.send(CreateCoupon(code="X", basis_points=5, terms=CouponTerms(buyer_group="No Group")), actor=STAFF)
    assert stage.all(Buyer) == []
