"""How a payment is split loses no minor unit, and gives back no more than it has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.contracts.payments import SellerShare
from argosy.domains.payments.domain.ledger import capture_postings, covered, mirrored, refund_postings
from argosy.domains.payments.domain.shares import (
    OrderIsSharedTwice,
    Rate,
    Rates,
    ShareIsWrong,
    SharesDoNotAddUp,
    after,
    before,
    check,
    freeze,
    take_back,
)
from argosy.shared_kernel.errors import Several
from tests.domains.payments.counter import ANNA, BEN, SHARES, a_share
from tests.support import an_id

AMOUNTS = st.integers(0, 10**9)


@st.composite
def shares(draw: st.DrawFn) -> tuple[SellerShare, ...]:
    """One to five sellers, of whom two may be the same, who are paid something."""
    count = draw(st.integers(1, 5))
    found = tuple(
        SellerShare(
            order_id=an_id(f"order {index}"),
            seller_id=an_id(f"seller {draw(st.integers(0, 3))}"),
            goods_amount=draw(AMOUNTS),
            shipping_amount=draw(AMOUNTS),
            tax_amount=draw(AMOUNTS),
            subsidy_amount=draw(AMOUNTS),
        )
        for index in range(count)
    )
    if total(found) == 0:
        return (a_share(ANNA, 1),)
    return found


def total(found: tuple[SellerShare, ...]) -> int:
    return sum(one.goods_amount + one.shipping_amount + one.tax_amount for one in found)


def flat(basis_points: int) -> Rates:
    """The same rate for everybody's goods."""
    return lambda seller_id, category: Rate(basis_points)


def test_a_share_splits_into_seller_commission_and_tax() -> None:
    frozen = freeze(SHARES, flat(500))
    assert [(one.seller_amount, one.commission_amount, one.tax_amount) for one in frozen] == [
        (6_200, 300, 600),
        (2_540, 120, 240),
    ]


@given(shares(), st.integers(0, 10_000))
def test_sellers_commission_and_tax_are_what_was_captured_and_subsidised(
    found: tuple[SellerShare, ...],
    basis_points: int,
) -> None:
    postings = capture_postings("test", freeze(found, flat(basis_points)))
    assert sum(postings.values()) == 0
    assert postings["clearing:test"] == total(found)
    assert postings.get("promotions", 0) == sum(one.subsidy_amount for one in found)
    assert all(amount < 0 for name, amount in postings.items() if name not in ("clearing:test", "promotions"))
    assert 0 not in postings.values()


@given(shares(), st.data())
def test_refunds_give_back_exactly_what_was_taken_and_no_part_more_than_it_had(
    found: tuple[SellerShare, ...],
    data: st.DataObject,
) -> None:
    frozen = now = freeze(found, flat(500))
    booked = dict(capture_postings("test", frozen))
    left = total(found)
    while left:
        amount = data.draw(st.integers(1, left)) if data.draw(st.integers(0, 3)) else left
        parts = take_back(now, amount)
        postings = refund_postings("test", now, parts)
        assert sum(postings.values()) == 0
        assert postings["clearing:test"] == -amount
        if data.draw(st.booleans()):
            assert before(after(now, parts), parts) == now
        now = after(now, parts)
        assert all(min(one.left()) >= 0 and 0 <= one.refunded_subsidy <= one.subsidy_amount for one in now)
        for name, posted in postings.items():
            booked[name] = booked.get(name, 0) + posted
        left -= amount
    assert all(one.left() == (0, 0, 0) and one.refunded_subsidy == one.subsidy_amount for one in now)
    assert set(booked.values()) == {0}, "refunded in full, every account is where it was"


@given(shares(), st.data())
def test_what_an_escrow_lacks_is_claimed_and_the_rest_is_as_before(
    found: tuple[SellerShare, ...],
    data: st.DataObject,
) -> None:
    frozen = freeze(found, flat(500))
    postings = refund_postings("test", frozen, take_back(frozen, total(found)))
    balances = {name: data.draw(st.integers(0, 10**9)) for name in postings if name.startswith("escrow:")}
    paid = covered(postings, balances)
    assert sum(paid.values()) == 0
    assert all(paid.get(name, 0) <= balance for name, balance in balances.items())
    assert paid["clearing:test"] == postings["clearing:test"]
    assert sum(mirrored(paid).values()) == 0


def test_shares_that_are_not_the_amount_are_refused() -> None:
    for amount in (9_999, 10_001):
        with pytest.raises(SharesDoNotAddUp) as refused:
            check(SHARES, amount)
        assert refused.value.details == {"shares": 10_000, "amount": amount}
    check(SHARES, 10_000)


def test_subsidies_are_no_part_of_what_the_buyer_paid() -> None:
    with pytest.raises(SharesDoNotAddUp):
        check(SHARES, 11_000)


@pytest.mark.parametrize("amount", [-1, 2**53, True, 1.0])
def test_an_amount_that_is_none_is_refused(amount: int) -> None:
    with pytest.raises(ShareIsWrong):
        check((a_share(ANNA, amount),), 1)


def test_all_faults_of_the_shares_are_told_at_once() -> None:
    with pytest.raises(Several) as refused:
        check((a_share(ANNA, 1), a_share(ANNA, 1), a_share(BEN, -1)), 3)
    assert [type(fault) for fault in refused.value.faults] == [OrderIsSharedTwice, ShareIsWrong]


def test_the_subsidy_goes_back_in_step_with_the_refund() -> None:
    frozen = freeze((a_share(ANNA, 1_000, subsidy=100),), flat(0))
    half = take_back(frozen, 500)
    assert half[0].subsidy == 50
    assert take_back(after(frozen, half), 500)[0].subsidy == 50


def test_a_share_that_its_coupon_paid_for_gives_the_subsidy_back_at_the_end() -> None:
    frozen = freeze((a_share(ANNA, 1_000), a_share(BEN, 0, subsidy=700)), flat(500))
    half = take_back(frozen, 400)
    assert half[1].subsidy == 0
    assert take_back(after(frozen, half), 600)[1].subsidy == 700
