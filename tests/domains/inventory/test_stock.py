"""Counting stock: what is there is what moved, and only its owner says so."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.contracts.inventory import AdjustStock, AvailabilityChanged, ReceiveStock, StockAdjusted
from argosy.contracts.products import ListedVariant, ProductPublished
from argosy.domains.inventory.domain.stock import (
    BelowWhatIsPromised,
    MayNotCountStock,
    NoSuchStockUnit,
    NoSuchWarehouse,
    NotAnId,
    QuantityOutOfBounds,
    ReasonIsReserved,
    ReferenceAlreadyUsed,
    StockItem,
    StockLevel,
    StockMovement,
    TextNotReadable,
    TooManyPieces,
    stock_item_id,
)
from argosy.engine.work import SYSTEM, Actor
from argosy.shared_kernel.errors import DomainError, Several
from argosy.shared_kernel.ids import Id
from tests.domains.inventory.staging import (
    BUYER,
    OTHER,
    SELLER,
    STAFF,
    STRANGER,
    UNIT,
    check_books,
    commit,
    counts,
    described,
    inventory_stage,
    item_of,
    reserve,
    stocked,
)
from tests.support import an_id


def receipt(quantity: int = 5, reference: str = "delivery 1", **more: Any) -> ReceiveStock:
    return ReceiveStock(**{"stock_unit_id": UNIT, "quantity": quantity, "reference_id": reference} | more)


def adjustment(change: int, reference: str = "count 1", **more: Any) -> AdjustStock:
    return AdjustStock(
        **{"stock_unit_id": UNIT, "change": change, "reason": "counted", "reference_id": reference} | more
    )


def published(*variants: tuple[str, Id], seller: str = SELLER.seller_id, product: str = "product") -> ProductPublished:
    return ProductPublished(
        product_id=an_id(product),
        seller_id=Id(seller),
        sku="S",
        title="T",
        description="",
        category="c",
        images=(),
        attributes=(),
        variants=tuple(
            ListedVariant(
                variant_id=an_id(name),
                sku=name,
                amount=100,
                currency="EUR",
                attributes=(),
                stock_unit_id=unit,
                units_each=1,
                weight_grams=1,
            )
            for name, unit in variants
        ),
    )


def test_receiving_opens_the_item_writes_the_movement_and_tells() -> None:
    stage = inventory_stage()
    assert stage.send(receipt(12, seller_id=SELLER.seller_id, product_id=an_id("product"))) == [
        StockAdjusted(
            stock_item_id=stock_item_id(UNIT), stock_unit_id=UNIT, change=12, reason="receipt", on_hand=12, available=12
        ),
        AvailabilityChanged(
            stock_item_id=stock_item_id(UNIT), stock_unit_id=UNIT, product_id=an_id("product"), available=12
        ),
    ]
    assert stage.result == StockLevel(
        stock_item_id=stock_item_id(UNIT),
        stock_unit_id=UNIT,
        warehouse="main",
        on_hand=12,
        reserved=0,
        allocated=0,
        available=12,
    )
    (movement,) = stage.all(StockMovement)
    assert (movement.change, movement.reason, movement.reference_id, movement.created_at) == (
        12,
        "receipt",
        "delivery 1",
        stage.clock.now(),
    )
    check_books(stage)


def test_the_same_delivery_counts_once() -> None:
    stage = inventory_stage()
    stage.send(receipt(5))
    assert stage.send(receipt(5)) == []
    assert stage.result.on_hand == 5
    with pytest.raises(ReferenceAlreadyUsed) as refused:
        stage.send(receipt(6))
    assert refused.value.details == {"reference_id": "delivery 1", "change": 5}
    stage.send(receipt(5, "delivery 2"), receipt(5, "delivery 2"))
    assert counts(stage) == (10, 0, 0)
    check_books(stage)


def test_a_correction_counts_once_and_may_be_negative() -> None:
    stage = stocked(10)
    assert stage.send(adjustment(-3))[0] == StockAdjusted(
        stock_item_id=stock_item_id(UNIT), stock_unit_id=UNIT, change=-3, reason="counted", on_hand=7, available=7
    )
    assert stage.send(adjustment(-3)) == []
    stage.send(adjustment(2, "count 2"))
    assert counts(stage) == (9, 0, 0)
    check_books(stage)


def test_a_correction_never_goes_below_what_is_promised() -> None:
    stage = stocked(10)
    stage.send(reserve(stage, "a", (UNIT, 2)), commit("a"), reserve(stage, "b", (UNIT, 3)))
    with pytest.raises(BelowWhatIsPromised) as refused:
        stage.send(adjustment(-6))
    assert refused.value.details == {"stock_unit_id": UNIT, "on_hand": 10, "change": -6, "promised": 5}
    assert counts(stage) == (10, 3, 2)
    stage.send(adjustment(-5))
    assert counts(stage) == (5, 3, 2)
    check_books(stage)


def test_a_stock_item_counts_so_many_pieces_and_no_more() -> None:
    stage = stocked(1_000_000_000)
    with pytest.raises(TooManyPieces):
        stage.send(receipt(1))
    assert counts(stage) == (1_000_000_000, 0, 0)


def test_a_stock_item_that_is_not_there_cannot_be_corrected() -> None:
    stage = inventory_stage()
    with pytest.raises(NoSuchStockUnit):
        stage.send(adjustment(1))
    assert stage.all(StockItem) == []


@pytest.mark.parametrize("actor", [SELLER, STAFF, SYSTEM])
def test_the_owner_and_our_own_people_count(actor: Actor) -> None:
    stage = stocked(10)
    stage.send(receipt(1), adjustment(1), actor=actor)
    assert counts(stage) == (12, 0, 0)


@pytest.mark.parametrize("command", [receipt(1), adjustment(-1)])
def test_a_stranger_gets_the_answer_for_a_unit_that_is_not_there(command: ReceiveStock | AdjustStock) -> None:
    stage = stocked(10)
    with pytest.raises(NoSuchStockUnit) as foreign:
        stage.send(command, actor=STRANGER)
    assert foreign.value.details == {"stock_unit_id": UNIT}
    with pytest.raises(NoSuchStockUnit) as missing:
        inventory_stage().send(adjustment(-1), actor=STRANGER)
    assert (missing.value.code, missing.value.details) == (foreign.value.code, foreign.value.details)
    assert counts(stage) == (10, 0, 0)
    assert len(stage.all(StockMovement)) == 1


@pytest.mark.parametrize("actor", [BUYER, Actor(), Actor(id="x", roles=frozenset({"seller"}))])
def test_whoever_is_no_seller_may_not_count_at_all(actor: Actor) -> None:
    stage = inventory_stage()
    for command in (receipt(), adjustment(1)):
        with pytest.raises(MayNotCountStock):
            stage.send(command, actor=actor)
    assert stage.all(StockItem) == []


def test_a_seller_receives_for_units_of_their_own_products_alone_whatever_they_claim() -> None:
    stage = inventory_stage()
    claim = receipt(seller_id=an_id("somebody else"), product_id=an_id("foreign product"))
    with pytest.raises(NoSuchStockUnit):
        stage.send(claim, actor=SELLER)
    stage.send(described(UNIT))
    with pytest.raises(NoSuchStockUnit):
        stage.send(claim, actor=STRANGER)
    stage.send(claim, actor=SELLER)
    assert (item_of(stage).seller_id, item_of(stage).product_id) == (SELLER.seller_id, an_id("product"))
    assert stage.undeclared_loads == 0


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        (receipt(0), QuantityOutOfBounds),
        (receipt(-1), QuantityOutOfBounds),
        (receipt(10**9 + 1), QuantityOutOfBounds),
        (adjustment(0), QuantityOutOfBounds),
        (adjustment(-(2**63)), QuantityOutOfBounds),
        (receipt(reference=""), TextNotReadable),
        (receipt(reference="x" * 101), TextNotReadable),
        (receipt(reference="a\0b"), TextNotReadable),
        (adjustment(1, reason=" "), TextNotReadable),
        (adjustment(1, reason="receipt"), ReasonIsReserved),
        (receipt(stock_unit_id="unit"), NotAnId),
        (receipt(seller_id="1"), NotAnId),
        (receipt(product_id=""), NotAnId),
        (receipt(stock_unit_id=UNIT.upper()), NotAnId),
        (receipt(warehouse="moon"), NoSuchWarehouse),
    ],
)
def test_what_no_warehouse_could_mean_is_refused(command: Any, fault: type[DomainError]) -> None:
    stage = stocked(10)
    with pytest.raises(fault):
        stage.send(command)
    assert counts(stage) == (10, 0, 0)
    assert len(stage.all(StockMovement)) == 1


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(Several) as refused:
        inventory_stage().send(receipt(0, "", warehouse="moon", stock_unit_id="?"))
    assert [fault.code for fault in refused.value.faults] == [
        "not_an_id",
        "no_such_warehouse",
        "quantity_out_of_bounds",
        "text_not_readable",
    ]


def test_publishing_opens_an_empty_item_per_stock_unit_and_leaves_counted_ones_alone() -> None:
    stage = inventory_stage()
    event = published(("red", UNIT), ("blue", OTHER), ("red, six", UNIT))
    assert stage.send(event) == []
    stage.send(receipt(5), actor=SELLER)
    stage.send(event)
    assert (counts(stage), counts(stage, OTHER)) == ((5, 0, 0), (0, 0, 0))
    item = item_of(stage)
    assert (item.product_id, item.variant_id, item.seller_id, item.warehouse) == (
        an_id("product"),
        an_id("red"),
        SELLER.seller_id,
        "main",
    )
    assert len(stage.all(StockItem)) == 2
    check_books(stage)


def test_an_item_received_before_it_was_published_learns_its_product() -> None:
    stage = inventory_stage()
    stage.send(receipt(5), published(("red", UNIT)), published(("pack", UNIT), product="pack"))
    item = item_of(stage)
    assert (item.on_hand, item.product_id, item.variant_id, item.seller_id) == (
        5,
        an_id("product"),
        an_id("red"),
        SELLER.seller_id,
    )


def test_publishing_takes_no_item_from_its_owner() -> None:
    stage = stocked(10)
    stage.send(published(("thief's", UNIT), seller=STRANGER.seller_id))
    item = item_of(stage)
    assert (item.seller_id, item.product_id, item.variant_id) == (SELLER.seller_id, None, None)
    with pytest.raises(NoSuchStockUnit):
        stage.send(adjustment(-1), actor=STRANGER)
