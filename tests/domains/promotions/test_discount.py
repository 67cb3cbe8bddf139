"""What coupons take off, to the minor unit; and the table of a use's moves."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import argosy.domains.promotions
from argosy.contracts.promotions import PricedLine
from argosy.domains.promotions.domain.discount import STACKING, discounts_of
from argosy.domains.promotions.domain.redemption import MOVES, STATUSES, CouponsWereReleased, Redemption
from argosy.shared_kernel.money import AMOUNT_MAX, share
from tests.domains.promotions.coupons import NOW, line
from tests.support import an_id

README = Path(argosy.domains.promotions.__file__).with_name("README.md").read_text(encoding="utf-8")


def use(code: str, basis_points: int, funded_by: str = "platform", status: str = "RESERVED") -> Redemption:
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
    )


SELLERS = ["seller anna", "seller bert", "seller carl"]
LINES = st.lists(
    st.tuples(st.one_of(st.integers(0, 20), st.integers(0, AMOUNT_MAX // 10)), st.sampled_from(SELLERS)),
    min_size=1,
    max_size=8,
)
USES = st.lists(st.tuples(st.integers(1, 10_000), st.sampled_from(["platform", *map(an_id, SELLERS)])), max_size=5)


@given(LINES, USES)
def test_discounts_sum_exactly_and_never_take_more_than_there_is(
    goods: list[tuple[int, str]],
    terms: list[tuple[int, str]],
) -> None:
    lines = [line(number, amount, seller) for number, (amount, seller) in enumerate(goods, 1)]
    uses = [use(f"C{index}", basis_points, funder) for index, (basis_points, funder) in enumerate(terms)]
    discounts = discounts_of(uses, lines)
    left = {priced.line_no: priced.amount for priced in lines}
    for each in STACKING.in_order(uses):
        mine = [off for off in discounts if off.code == each.code]
        base = sum(left[priced.line_no] for priced in lines if may_take(each, priced))
        assert sum(off.amount for off in mine) == each.discount_amount == share(base, each.basis_points)
        for off in mine:
            assert off.amount > 0
            assert may_take(each, lines[off.line_no - 1])
            left[off.line_no] -= off.amount
            assert left[off.line_no] >= 0
    assert all(discounts_of(uses, lines) == discounts for _ in range(2))


def may_take(each: Redemption, priced: PricedLine) -> bool:
    return each.funded_by in ("platform", priced.seller_id)


def test_the_odd_unit_goes_to_the_largest_remainder() -> None:
    discounts = discounts_of([use("THIRD", 3333)], [line(1, 10), line(2, 10), line(3, 11)])
    assert [(off.line_no, off.amount) for off in discounts] == [(1, 3), (2, 3), (3, 4)]


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
