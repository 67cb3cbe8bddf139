"""Whoever begins many purchases of the same goods holds them for no more than a few: others can still buy."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from argosy.contracts.inventory import ReceiveStock, ReserveStock, StockReserved
from argosy.domains.inventory.domain.reservation import OPEN_HOLDS_MAX, OPEN_HOLDS_OF_BUYER_MAX, Reservation
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Message, Refused
from tests.domains.inventory.staging import (
    OTHER,
    SELLER,
    UNIT,
    check_books,
    commit,
    counts,
    inventory_stage,
    release,
    reserve,
    stocked,
)
from tests.support import Stage, an_id


def hold(stage: Stage, name: str, unit: Id = UNIT, buyer: str = "hoarder") -> ReserveStock:
    return reserve(stage, name, (unit, 2), buyer=buyer)


def refusals(told: Sequence[Message]) -> list[str]:
    return [one.code for one in told if isinstance(one, Refused)]


@pytest.mark.parametrize("is_at_once", [True, False])
def test_many_purchases_of_one_buyer_hold_no_more_than_a_few(is_at_once: bool) -> None:
    stage = stocked(100)
    asked = [hold(stage, str(number)) for number in range(20)]
    if is_at_once:
        told = stage.send(*asked)
    else:
        told = [answer for one in asked for answer in stage.send(one)]
    assert refusals(told) == ["too_many_open_holds"] * (20 - OPEN_HOLDS_MAX)
    assert counts(stage) == (100, 2 * OPEN_HOLDS_MAX, 0)
    (others,) = stage.send(reserve(stage, "other", (UNIT, 70), buyer="somebody else"))
    assert isinstance(others, StockReserved)
    check_books(stage)


def test_a_refusal_names_the_goods_and_a_hold_that_ends_makes_room() -> None:
    stage = stocked(100, UNIT, OTHER)
    for number in range(OPEN_HOLDS_MAX):
        stage.send(hold(stage, str(number)))
    (refused,) = stage.send(reserve(stage, "more", (OTHER, 1), (UNIT, 1), buyer="hoarder"))
    assert isinstance(refused, Refused)
    assert refused.details["stock_unit_ids"] == [UNIT]
    assert isinstance(stage.send(hold(stage, "other goods", OTHER))[0], StockReserved)
    # Asked again, a hold that stands is answered as before.
    assert isinstance(stage.send(hold(stage, "0"))[0], StockReserved)
    stage.send(commit("0"), release("1"))
    assert refusals(stage.send(hold(stage, "a"), hold(stage, "b"), hold(stage, "c"))) == ["too_many_open_holds"]
    assert stage.one(Reservation, an_id("0")).held_by is None
    check_books(stage)


def test_a_hold_of_nobody_known_is_not_counted() -> None:
    stage = stocked(100)
    for number in range(OPEN_HOLDS_MAX + 2):
        assert isinstance(stage.send(reserve(stage, str(number), (UNIT, 1)))[0], StockReserved)
    check_books(stage)


def test_the_operator_says_how_many_and_all_holds_of_a_buyer_are_bounded() -> None:
    stage = inventory_stage(open_holds_max=1)
    units = [an_id(f"unit {number}") for number in range(OPEN_HOLDS_OF_BUYER_MAX + 1)]
    for unit in units:
        stage.send(ReceiveStock(stock_unit_id=unit, quantity=9, reference_id="first", seller_id=Id(SELLER.seller_id)))
    assert refusals(stage.send(hold(stage, "a", units[0]), hold(stage, "b", units[0]))) == ["too_many_open_holds"]
    for number, unit in enumerate(units[1:-1]):
        assert refusals(stage.send(hold(stage, str(number), unit))) == []
    assert refusals(stage.send(hold(stage, "one more", units[-1]))) == ["too_many_open_holds"]
    check_books(stage)


def test_where_the_operator_sets_no_bound_there_is_none() -> None:
    stage = inventory_stage(open_holds_max=0)
    goods = ReceiveStock(stock_unit_id=UNIT, quantity=200, reference_id="first", seller_id=Id(SELLER.seller_id))
    stage.send(goods)
    told = stage.send(*[hold(stage, str(number)) for number in range(OPEN_HOLDS_OF_BUYER_MAX + 1)])
    assert refusals(told) == []
    check_books(stage)
