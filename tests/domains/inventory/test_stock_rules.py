"""How much may be promised: safety stock, backorders, preorders, and when stock runs low."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from argosy.contracts.inventory import (
    AdjustStock,
    AvailabilityChanged,
    EndPreorder,
    ReceiveStock,
    SetStockRules,
    StockRanLow,
    StockReserved,
    StockShort,
)
from argosy.domains.inventory.domain.stock import NoSuchStockUnit, NotAnOversell, ReasonContradictsChange, stock_item_id
from argosy.shared_kernel.errors import Several
from argosy.shared_kernel.ids import Id
from tests.domains.inventory.staging import (
    SELLER,
    STRANGER,
    UNIT,
    check_books,
    commit,
    item_of,
    release,
    reserve,
    stocked,
)
from tests.support import Stage


def rules(**said: Any) -> SetStockRules:
    return SetStockRules(stock_unit_id=UNIT, **said)


def promised(stage: Stage, name: str, pieces: int) -> bool:
    (answer,) = [
        told
        for told in stage.send(reserve(stage, name, (UNIT, pieces)))
        if isinstance(told, StockReserved | StockShort)
    ]
    check_books(stage)
    return isinstance(answer, StockReserved)


def test_safety_stock_is_never_promised() -> None:
    stage = stocked(10)
    stage.send(rules(safety_stock=4), actor=SELLER)
    assert not promised(stage, "a", 7)
    assert promised(stage, "b", 6)
    assert not promised(stage, "c", 1)
    assert item_of(stage).available == 4


def test_backorders_are_promised_up_to_their_limit_and_covered_by_what_comes_in() -> None:
    stage = stocked(3)
    told = stage.send(rules(oversell="backorder", oversell_max=5), actor=SELLER)
    assert told == [
        AvailabilityChanged(
            stock_item_id=stock_item_id(UNIT), stock_unit_id=UNIT, product_id=None, available=8, is_oversold=True
        )
    ]
    assert promised(stage, "a", 5)
    assert (item_of(stage).backordered, item_of(stage).missing) == (2, 0)
    assert not promised(stage, "b", 4)
    assert promised(stage, "c", 3)
    stage.send(commit("a"))
    stage.send(ReceiveStock(stock_unit_id=UNIT, quantity=4, reference_id="second"))
    assert item_of(stage).backordered == 1
    stage.send(release("c"))
    assert (item_of(stage).backordered, item_of(stage).available) == (0, 2)
    check_books(stage)


def test_backorders_that_are_switched_off_keep_their_promises() -> None:
    stage = stocked(1)
    stage.send(rules(oversell="backorder", oversell_max=5), actor=SELLER)
    assert promised(stage, "a", 4)
    stage.send(rules(), actor=SELLER)
    assert not promised(stage, "b", 1)
    assert item_of(stage).backordered == 3
    stage.send(commit("a"))
    check_books(stage)


def test_a_preorder_ends_on_its_day() -> None:
    stage = stocked(1)
    day = stage.clock.now() + timedelta(days=3)
    stage.send(rules(oversell="preorder", oversell_max=5, expected_at=day), actor=SELLER)
    (due,) = stage.due().values()
    assert due.due_at == day
    assert promised(stage, "a", 3)
    stage.clock.tick(days=3)
    ending = EndPreorder(stock_item_id=stock_item_id(UNIT), expected_at=day)
    (told,) = stage.send(ending)
    assert isinstance(told, AvailabilityChanged)
    assert (told.available, told.is_oversold) == (0, False)
    assert not promised(stage, "b", 1)
    assert stage.send(ending) == []


def test_a_preorder_that_was_moved_does_not_end_on_its_first_day() -> None:
    stage = stocked(1)
    first, second = (stage.clock.now() + timedelta(days=days) for days in (3, 9))
    stage.send(rules(oversell="preorder", oversell_max=5, expected_at=first), actor=SELLER)
    stage.send(rules(oversell="preorder", oversell_max=5, expected_at=second), actor=SELLER)
    assert [due.due_at for due in stage.due().values()] == [second]
    assert stage.send(EndPreorder(stock_item_id=stock_item_id(UNIT), expected_at=first)) == []
    assert item_of(stage).oversell == "preorder"
    stage.send(rules(), actor=SELLER)
    assert stage.due() == {}


def test_stock_that_runs_low_is_told_once_each_time() -> None:
    stage = stocked(20)
    stage.send(rules(low_at=5), actor=SELLER)
    low = StockRanLow(
        stock_item_id=stock_item_id(UNIT),
        stock_unit_id=UNIT,
        warehouse="main",
        seller_id=Id(SELLER.seller_id),
        available=4,
        low_at=5,
    )
    assert low in stage.send(reserve(stage, "a", (UNIT, 16)))
    assert not [told for told in stage.send(reserve(stage, "b", (UNIT, 1))) if isinstance(told, StockRanLow)]
    stage.send(release("a"))
    assert [
        told.available for told in stage.send(reserve(stage, "c", (UNIT, 19))) if isinstance(told, StockRanLow)
    ] == [0]


def test_stock_that_nobody_watches_runs_out_silently() -> None:
    stage = stocked(1)
    assert not [told for told in stage.send(reserve(stage, "a", (UNIT, 1))) if isinstance(told, StockRanLow)]


def test_all_that_is_wrong_with_rules_is_said_at_once() -> None:
    stage = stocked(1)
    wrong = rules(safety_stock=-1, low_at=-1, oversell="always", expected_at=stage.clock.now().replace(tzinfo=None))
    with pytest.raises(Several) as caught:
        stage.send(wrong, actor=SELLER)
    assert [fault.details["field"] for fault in caught.value.faults] == [
        "safety_stock",
        "low_at",
        "oversell",
        "expected_at",
    ]
    for said in (
        {"oversell": "backorder"},
        {"oversell_max": 3},
        {"oversell": "preorder", "oversell_max": 3},
        {"oversell": "preorder", "oversell_max": 3, "expected_at": stage.clock.now()},
    ):
        with pytest.raises(NotAnOversell):
            stage.send(rules(**said), actor=SELLER)


def test_strangers_rule_nothing() -> None:
    stage = stocked(1)
    with pytest.raises(NoSuchStockUnit) as caught:
        stage.send(rules(safety_stock=1), actor=STRANGER)
    assert caught.value.details == {"stock_unit_id": UNIT}


@pytest.mark.parametrize(("reason", "change"), [("damaged", 1), ("lost", 2), ("found", -1), ("returned", -1)])
def test_a_reason_says_in_which_direction_it_goes(reason: str, change: int) -> None:
    stage = stocked(5)
    adjust = AdjustStock(stock_unit_id=UNIT, change=change, reason=reason, reference_id="r")
    with pytest.raises(ReasonContradictsChange) as caught:
        stage.send(adjust, actor=SELLER)
    assert caught.value.details == {"reason": reason, "change": change}
    stage.send(AdjustStock(stock_unit_id=UNIT, change=-change, reason=reason, reference_id="r"), actor=SELLER)
    assert item_of(stage).on_hand == 5 - change
