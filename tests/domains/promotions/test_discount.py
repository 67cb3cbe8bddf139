"""What coupons take off, to the minor unit; and the table of a use's moves."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import argosy.domains.promotions
from argosy.contracts.promotions import NO_TERMS, CouponTerms, PricedLine
from argosy.domains.promotions.domain.discount import STACKING, discounts_of
from argosy.domains.promotions.domain.redemption import MOVES, STATUSES, CouponsWereReleased, Redemption
from argosy.shared_kernel.money import AMOUNT_MAX, share
from tests.domains.promotions.coupons import NOW, line
from tests.support import an_id

README = Path(argosy.domains.promotions.__file__).with_name("README.md").read_text(encoding="utf-8")


def use(
    code: str,
    basis_points: int = 0,
    funded_by: str = "platform",
    status: str = "RESERVED",
    terms: CouponTerms = NO_TERMS,
) -> Redemption:
    return Redemption(
        id=an_id(code),
        flow_id=an_id("flow"),
        coupon_id=an_id(code),
        user_id=an_id("buyer"),
        status=status,
        code=code,
        basis_points=basis_points,
        funded_by=funded_by,
        expires_at=NOW + timedelta(minutes=1),
        terms=terms,
    )


def fixed(amount: int, **terms: Any) -> CouponTerms:
    return CouponTerms(amount=amount, currency="EUR", **terms)


SELLERS = ["seller anna", "seller bert", "seller carl"]
LINES = st.lists(
    st.tuples(st.one_of(st.integers(0, 20), st.integers(0, AMOUNT_MAX // 10)), st.sampled_from(SELLERS)),
    min_size=1,
    max_size=8,
)
SHARES = st.tuples(
    st.integers(1, 10_000), st.builds(CouponTerms, currency=st.just("EUR"), cap_amount=st.integers(0, 50))
)
AMOUNTS = st.tuples(
    st.just(0), st.builds(fixed, st.integers(1, AMOUNT_MAX), min_amount=st.one_of(st.just(0), st.integers(0, 100)))
)
USES = st.lists(
    st.tuples(st.one_of(SHARES, AMOUNTS), st.sampled_from(["platform", *map(an_id, SELLERS)])),
    max_size=5,
)


@given(LINES, USES)
def test_discounts_sum_exactly_and_never_take_more_than_there_is(
    goods: list[tuple[int, str]],
    terms: list[tuple[tuple[int, CouponTerms], str]],
) -> None:
    lines = [line(number, amount, seller) for number, (amount, seller) in enumerate(goods, 1)]
    uses = [use(f"C{index}", points, funder, terms=more) for index, ((points, more), funder) in enumerate(terms)]
    found = discounts_of(uses, lines)
    discounts = found.discounts
    left = {priced.line_no: priced.amount for priced in lines}
    for each in STACKING.in_order(uses):
        mine = [off for off in discounts if off.code == each.code]
        base = sum(left[priced.line_no] for priced in lines if may_take(each, priced))
        assert sum(off.amount for off in mine) == each.discount_amount == expected(each, base)
        assert (each in found.short) == (base < each.terms.min_amount)
        for off in mine:
            assert off.amount > 0
            assert may_take(each, lines[off.line_no - 1])
            left[off.line_no] -= off.amount
            assert left[off.line_no] >= 0
    assert all(discounts_of(uses, lines).discounts == discounts for _ in range(2))


def expected(each: Redemption, base: int) -> int:
    if base < each.terms.min_amount:
        return 0
    if each.terms.amount:
        return min(each.terms.amount, base)
    total = share(base, each.basis_points)
    return min(total, each.terms.cap_amount) if each.terms.cap_amount else total


def may_take(each: Redemption, priced: PricedLine) -> bool:
    return each.funded_by in ("platform", priced.seller_id)


def test_the_odd_unit_goes_to_the_largest_remainder() -> None:
    discounts = discounts_of([use("THIRD", 3333)], [line(1, 10), line(2, 10), line(3, 11)]).discounts
    assert [(off.line_no, off.amount) for off in discounts] == [(1, 3), (2, 3), (3, 4)]


def test_a_fixed_amount_is_spread_to_the_cent_and_explained() -> None:
    lines = [line(1, 10), line(2, 10), line(3, 10)]
    found = discounts_of([use("FIVE", terms=fixed(5))], lines).discounts
    assert [(off.line_no, off.amount) for off in found] == [(1, 2), (2, 2), (3, 1)]
    assert found[0].explanation == "FIVE: 5 off of 30 is 5; 2 on 10; paid by platform"
    capped = CouponTerms(currency="EUR", cap_amount=4)
    assert [off.amount for off in discounts_of([use("HALF", 5_000, terms=capped)], lines).discounts] == [2, 1, 1]


def test_the_readme_shows_the_moves_of_the_domain() -> None:
    rows = [
        tuple(cell.strip() for cell in row.strip("|").split("|"))
        for row in README.splitlines()
        if re.match(r"\|[ A-Z]*\| [A-Z]+ \|", row)
    ]
    assert rows == [tuple(move) for move in MOVES]


@pytest.mark.parametrize("step", list(product(STATUSES, STATUSES)))
def test_a_use_takes_exactly_the_moves_of_the_table(step: tuple[str, str]) -> None:
    each = use("CODE", 100, status=step[0])
    if step in {(move.from_status, move.to_status) for move in MOVES}:
        each.move_to(step[1])
        assert each.status == step[1]
    else:
        with pytest.raises(CouponsWereReleased):
            each.move_to(step[1])
        assert each.status == step[0]
