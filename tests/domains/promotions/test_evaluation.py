"""What promotions and coupons take off together: exact, in order, never more than there is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.contracts.promotions import NO_TERMS, CouponTerms, Discount, PricedLine, PromotionTerms, Tier
from argosy.domains.promotions.domain.coupon import PLATFORM
from argosy.domains.promotions.domain.evaluation import evaluate
from argosy.domains.promotions.domain.promotion import (
    LEVELS,
    PLATFORM_COUPON,
    SELECTED_COUPON,
    STORE_COUPON,
    Promotion,
    scope_key_of,
)
from argosy.domains.promotions.domain.redemption import Redemption
from argosy.shared_kernel.money import AMOUNT_MAX
from tests.domains.promotions.coupons import NOW
from tests.support import an_id

SELLERS = (an_id("anna"), an_id("bert"))
PRODUCTS = tuple(an_id(f"product {number}") for number in range(4))


def promotion(name: str = "Sale", funded_by: str = PLATFORM, **terms: Any) -> Promotion:
    wanted = PromotionTerms(**{"effect": "percentage", **terms})
    return Promotion(
        id=an_id(name),
        name=name,
        scope_key=scope_key_of(wanted, funded_by),
        funded_by=funded_by,
        terms=wanted,
        starts_at=NOW,
        ends_at=NOW + timedelta(days=1),
        created_at=NOW,
    )


def line(number: int, amount: int, quantity: int = 1, seller: int = 0, product: int = 0) -> PricedLine:
    return PricedLine(
        line_no=number,
        seller_id=SELLERS[seller],
        product_id=PRODUCTS[product],
        category="things",
        quantity=quantity,
        amount=amount,
    )


def coupon(code: str, basis_points: int, funded_by: str, terms: CouponTerms = NO_TERMS) -> Redemption:
    return Redemption(
        id=an_id(code),
        flow_id=an_id("flow"),
        coupon_id=an_id(code),
        user_id=an_id("buyer"),
        status="RESERVED",
        code=code,
        basis_points=basis_points,
        funded_by=funded_by,
        expires_at=NOW,
        terms=terms,
    )


def off(lines: list[PricedLine], *promotions: Promotion) -> dict[int, int]:
    """What was taken off each line."""
    found: dict[int, int] = {}
    for discount in evaluate(lines, "EUR", promotions, []).discounts:
        found[discount.line_no] = found.get(discount.line_no, 0) + discount.amount
    return found


TERMS = st.one_of(
    st.builds(PromotionTerms, effect=st.just("percentage"), basis_points=st.integers(1, 10_000)),
    st.builds(PromotionTerms, effect=st.just("fixed"), amount=st.integers(1, AMOUNT_MAX), currency=st.just("EUR")),
    st.builds(
        PromotionTerms,
        effect=st.just("buy_x_get_y"),
        basis_points=st.integers(1, 10_000),
        buy=st.integers(1, 4),
        get=st.integers(1, 3),
    ),
    st.builds(
        PromotionTerms,
        effect=st.just("tiered"),
        currency=st.just("EUR"),
        tiers=st.just((Tier(from_amount=10, basis_points=500), Tier(from_amount=1_000, basis_points=9_000))),
    ),
    st.builds(
        PromotionTerms, effect=st.just("bundle"), basis_points=st.integers(1, 10_000), product_ids=st.just(PRODUCTS[:2])
    ),
)
PROMOTIONS = st.lists(
    st.tuples(
        TERMS,
        st.sampled_from([PLATFORM, *SELLERS]),
        st.integers(-3, 3),
        st.booleans(),
        st.sampled_from([0, 1, 500]),
        st.integers(0, 5),
    ),
    max_size=8,
)
LINES = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 50), st.integers(0, AMOUNT_MAX // 10)),
        st.integers(1, 9),
        st.integers(0, 1),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=8,
)
SELECTIONS = [NO_TERMS, CouponTerms(product_ids=PRODUCTS[:2]), CouponTerms(seller_ids=SELLERS[:1])]
COUPONS = st.lists(
    st.tuples(st.integers(1, 10_000), st.sampled_from([PLATFORM, *SELLERS]), st.sampled_from(SELECTIONS)), max_size=3
)


def rank(discount: Discount, promotions: dict[str, Promotion], terms: dict[str, CouponTerms]) -> int:
    if discount.code:
        ours = PLATFORM_COUPON if terms[discount.code] == NO_TERMS else SELECTED_COUPON
        return LEVELS.index(ours if discount.funded_by == PLATFORM else STORE_COUPON)
    return LEVELS.index(promotions[discount.coupon_id].level)


@given(LINES, PROMOTIONS, COUPONS)
def test_nothing_takes_more_than_there_is_and_levels_come_in_their_order(
    goods: list[Any], wanted: list[Any], codes: list[Any]
) -> None:
    from msgspec.structs import replace

    lines = [line(number, *one) for number, one in enumerate(goods, 1)]
    known = {}
    for number, (terms, funder, priority, is_exclusive, cap, pieces) in enumerate(wanted):
        made = promotion(f"P{number}", funder)
        made.terms = replace(
            terms, priority=priority, is_exclusive=is_exclusive, cap_amount=cap, currency="EUR", min_quantity=pieces
        )
        known[made.id] = made
    uses = [coupon(f"C{number}", *one) for number, one in enumerate(codes)]
    discounts = evaluate(lines, "EUR", known.values(), uses).discounts
    by_line = {priced.line_no: priced for priced in lines}
    left = {priced.line_no: priced.amount for priced in lines}
    taken: dict[str, int] = {}
    for discount in discounts:
        assert discount.amount > 0
        left[discount.line_no] -= discount.amount
        taken[discount.coupon_id] = taken.get(discount.coupon_id, 0) + discount.amount
        assert discount.funded_by in (PLATFORM, by_line[discount.line_no].seller_id)
        assert discount.explanation.endswith("paid by platform" if discount.funded_by == PLATFORM else "paid by seller")
    assert all(rest >= 0 for rest in left.values())
    terms_of = {use.code: use.terms for use in uses}
    ranks = [rank(discount, known, terms_of) for discount in discounts]
    assert ranks == sorted(ranks)
    for use in uses:
        assert taken.get(use.coupon_id or "", 0) == use.discount_amount
    for id, made in known.items():
        assert not made.terms.cap_amount or taken.get(id, 0) <= made.terms.cap_amount
        if made.terms.effect == "fixed":
            assert taken.get(id, 0) <= made.terms.amount
        if made.terms.is_exclusive:
            mine = {discount.line_no for discount in discounts if discount.coupon_id == id}
            others = {
                discount.line_no
                for discount in discounts
                if discount.coupon_id != id and not discount.code and known[discount.coupon_id].level == made.level
            }
            assert not mine & others, "an exclusive promotion shares no line with another of its level"


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"basis_points": 1_000}, {1: 100, 2: 60}),
        ({"effect": "fixed", "amount": 161, "currency": "EUR"}, {1: 101, 2: 60}),
        ({"effect": "fixed", "amount": 9_999, "currency": "EUR"}, {1: 1_000, 2: 600}),
        ({"effect": "fixed", "amount": 161, "currency": "USD"}, {}),
        ({"effect": "buy_x_get_y", "buy": 2, "get": 1, "basis_points": 10_000}, {2: 200}),
        ({"effect": "buy_x_get_y", "buy": 1, "get": 4, "basis_points": 5_000}, {1: 250, 2: 300}),
        (
            {
                "effect": "tiered",
                "currency": "EUR",
                "tiers": (
                    Tier(from_amount=100, basis_points=500),
                    Tier(from_amount=1_600, basis_points=1_000),
                    Tier(from_amount=1_601, basis_points=9_000),
                ),
            },
            {1: 100, 2: 60},
        ),
        ({"effect": "bundle", "basis_points": 5_000, "product_ids": PRODUCTS[:2]}, {1: 500, 2: 200}),
        ({"effect": "bundle", "basis_points": 5_000, "product_ids": PRODUCTS[1:3]}, {}),
        ({"basis_points": 1_000, "product_ids": PRODUCTS[1:2]}, {2: 60}),
        ({"basis_points": 1_000, "category": "other"}, {}),
        ({"basis_points": 1_000, "min_amount": 1_601, "currency": "EUR"}, {}),
        ({"basis_points": 1_000, "min_quantity": 6}, {}),
        ({"basis_points": 1_000, "cap_amount": 16, "currency": "EUR"}, {1: 10, 2: 6}),
    ],
)
def test_each_effect_takes_what_it_says(terms: dict[str, Any], expected: dict[int, int]) -> None:
    """Two things of 500 each, and three of 200 each."""
    lines = [line(1, 1_000, quantity=2, product=0), line(2, 600, quantity=3, product=1)]
    assert off(lines, promotion(**terms)) == expected


def test_delivery_is_free_from_a_threshold_on_for_the_lines_that_it_is_for() -> None:
    lines = [line(1, 600), line(2, 500), line(3, 400, seller=1)]
    hers = promotion("Hers", SELLERS[0], effect="free_delivery", min_amount=1_000, currency="EUR")
    ours = promotion("Ours", effect="free_delivery", min_amount=1_400, currency="EUR")
    ten = promotion("Ten", SELLERS[0], basis_points=1_000, priority=1)
    found = evaluate(lines, "EUR", [ours, hers], []).discounts
    assert [(one.line_no, one.amount, one.of_delivery, one.funded_by) for one in found] == [
        (1, 0, True, SELLERS[0]),
        (2, 0, True, SELLERS[0]),
        (3, 0, True, PLATFORM),
    ]
    assert found[0].explanation == "Hers: delivery is free, 1100 of goods reach 1000; paid by seller"
    less = [one for one in evaluate(lines, "EUR", [ours, hers, ten], []).discounts if one.of_delivery]
    assert less == [], "what Ten left of the goods reaches neither"
    assert evaluate(lines, "USD", [ours, hers], []).discounts == []


def test_later_levels_take_from_what_earlier_ones_left() -> None:
    item = promotion("Item", SELLERS[0], basis_points=5_000, product_ids=PRODUCTS[:1])
    store = promotion("Store", SELLERS[0], basis_points=5_000)
    everywhere = promotion("Platform", basis_points=5_000, priority=9)
    discounts = evaluate(
        [line(1, 3_200)],
        "EUR",
        [everywhere, store, item],
        [
            coupon("OURS", 5_000, PLATFORM),
            coupon("THESE", 5_000, PLATFORM, CouponTerms(product_ids=PRODUCTS[:1])),
            coupon("HERS", 5_000, SELLERS[0]),
        ],
    ).discounts
    assert [(one.explanation.partition(":")[0], one.amount) for one in discounts] == [
        ("Item", 1_600),
        ("Store", 800),
        ("HERS", 400),
        ("THESE", 200),
        ("OURS", 100),
        ("Platform", 50),
    ]


def test_the_higher_priority_of_a_level_comes_first_and_an_exclusive_one_shuts_the_others_out() -> None:
    low = promotion("Low", basis_points=1_000)
    high = promotion("High", basis_points=5_000, priority=1)
    only = promotion("Only", basis_points=2_000, priority=2, is_exclusive=True)
    assert off([line(1, 1_000)], low, high) == {1: 550}
    assert off([line(1, 1_000)], low, high, only) == {1: 200}
