"""Several warehouses: who keeps which, from which goods are taken, what goes between them and what is counted there."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.contracts.inventory import (
    ChangeWarehouse,
    CountedUnit,
    OpenWarehouse,
    ReceiveStock,
    ReceiveTransfer,
    ReconcileStock,
    ReserveStock,
    SendTransfer,
    ShortageClosed,
    ShortageOpened,
    StockReconciled,
    StockReserved,
    StockShort,
    TransferReceived,
    TransferSent,
    WarehouseChanged,
    WarehouseOpened,
)
from argosy.domains.inventory.domain.reservation import Reservation
from argosy.domains.inventory.domain.stock import NoSuchStockUnit, NoSuchWarehouse, StockItem, stock_item_id
from argosy.domains.inventory.domain.transfer import (
    MoreThanWasSent,
    NoSuchTransfer,
    NotEnoughToSend,
    StockTransfer,
    TransferHasArrived,
    transfer_id,
)
from argosy.domains.inventory.domain.warehouse import (
    NoSuchWarehouseOfYours,
    Warehouse,
    WarehouseCodeTaken,
    WarehouseIsClosed,
    warehouse_id,
)
from argosy.engine.work import Actor
from argosy.shared_kernel.errors import Several
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Message
from tests.domains.inventory.staging import (
    BUYER,
    OTHER,
    SELLER,
    STAFF,
    STRANGER,
    UNIT,
    check_books,
    commit,
    described,
    inventory_stage,
    release,
    reserve,
)
from tests.support import Stage, an_id


def opening(code: str, country: str = "PT", **more: Any) -> OpenWarehouse:
    return OpenWarehouse(**{"code": code, "name": code.title(), "country": country} | more)


def put_in(code: str, pieces: int, unit: Id = UNIT, reference: str = "first") -> ReceiveStock:
    return ReceiveStock(stock_unit_id=unit, quantity=pieces, reference_id=reference, warehouse=code)


def sending(pieces: int, reference: str = "lorry 1", **more: Any) -> SendTransfer:
    wanted = {"stock_unit_id": UNIT, "from_warehouse": "porto", "to_warehouse": "berlin", "quantity": pieces}
    return SendTransfer(**wanted | {"reference_id": reference} | more)


def counting(*counts: tuple[Id, int], warehouse: str = "porto", reference: str = "monday") -> ReconcileStock:
    return ReconcileStock(
        warehouse=warehouse,
        reference_id=reference,
        counts=tuple(CountedUnit(stock_unit_id=unit, counted=counted) for unit, counted in counts),
    )


def two_places(porto: int = 10, berlin: int = 10, policy: str = "fewest_parcels") -> Stage:
    stage = inventory_stage(policy)
    stage.send(described(UNIT, OTHER))
    stage.send(opening("porto", "PT", serves=("ES", "FR"), parcel_cost=500, abroad_cost=1_500), actor=SELLER)
    stage.send(opening("berlin", "DE", serves=("FR", "PL"), parcel_cost=300, abroad_cost=2_000), actor=SELLER)
    for code, pieces in (("porto", porto), ("berlin", berlin)):
        if pieces:
            stage.send(put_in(code, pieces), actor=SELLER)
    return stage


def there(stage: Stage, code: str, unit: Id = UNIT) -> StockItem:
    return stage.one(StockItem, stock_item_id(unit, code))


def taken(stage: Stage, name: str) -> dict[str, int]:
    """From which warehouses a reservation takes how many pieces."""
    places = {item.id: item.warehouse for item in stage.all(StockItem)}
    found: dict[str, int] = {}
    for line in stage.one(Reservation, an_id(name)).lines:
        found[places[line.stock_item_id]] = found.get(places[line.stock_item_id], 0) + line.quantity
    return found


def bound_for(command: ReserveStock, country: str) -> ReserveStock:
    return ReserveStock(**{name: getattr(command, name) for name in command.__struct_fields__} | {"ships_to": country})


def refused(stage: Stage, message: Message, kind: type[Any], actor: Actor = SELLER) -> dict[str, Any]:
    before = len(stage.store.log.records)
    with pytest.raises(kind) as caught:
        stage.send(message, actor=actor)
    assert len(stage.store.log.records) == before
    details: dict[str, Any] = caught.value.details
    return details


# Who keeps which warehouse.


def test_a_warehouse_is_opened_once_and_told() -> None:
    stage = inventory_stage()
    id = warehouse_id(SELLER.seller_id, "porto")
    assert stage.send(opening("porto"), actor=SELLER) == [
        WarehouseOpened(warehouse_id=id, seller_id=Id(SELLER.seller_id), code="porto", country="PT")
    ]
    assert stage.send(opening("porto"), actor=SELLER) == []
    assert stage.result == id
    refused(stage, opening("porto", "ES"), WarehouseCodeTaken)
    # Another seller's codes, and the marketplace's, are their own.
    assert len(stage.send(opening("porto", "ES"), actor=STRANGER)) == 1
    assert len(stage.send(opening("porto", "FR"), actor=STAFF)) == 1
    assert stage.undeclared_loads == 0


def test_all_that_is_wrong_with_a_warehouse_is_said_at_once() -> None:
    wrong = opening("Porto!", "Portugal", name=" ", serves=("ES", "es"), parcel_cost=-1, priority=1_001)
    with pytest.raises(Several) as caught:
        inventory_stage().send(wrong, actor=SELLER)
    assert [(fault.code, fault.details.get("field")) for fault in caught.value.faults] == [
        ("malformed_warehouse_code", "code"),
        ("text_not_readable", "name"),
        ("not_a_country", "country"),
        ("not_a_country", "serves.1"),
        ("quantity_out_of_bounds", "parcel_cost"),
        ("quantity_out_of_bounds", "priority"),
    ]


def test_only_its_owner_changes_a_warehouse() -> None:
    stage = two_places()
    for actor in (STRANGER, STAFF):
        assert refused(stage, ChangeWarehouse(code="porto", is_open=False), NoSuchWarehouseOfYours, actor) == {
            "code": "porto"
        }
    assert stage.send(ChangeWarehouse(code="porto", name="Oporto", is_open=False), actor=SELLER) == [
        WarehouseChanged(
            warehouse_id=warehouse_id(SELLER.seller_id, "porto"),
            seller_id=Id(SELLER.seller_id),
            code="porto",
            country="PT",
            is_open=False,
        )
    ]
    kept = stage.one(Warehouse, warehouse_id(SELLER.seller_id, "porto"))
    assert (kept.name, kept.serves, kept.is_open) == ("Oporto", ("ES", "FR"), False)
    assert stage.send(ChangeWarehouse(code="porto", name="Oporto"), actor=SELLER) == []


def test_stock_comes_only_into_warehouses_of_its_seller_or_of_the_marketplace() -> None:
    stage = inventory_stage()
    stage.send(opening("porto"), actor=STRANGER)
    stage.send(described(UNIT))
    assert refused(stage, put_in("porto", 5), NoSuchWarehouse) == {"warehouse": "porto", "default": "main"}
    stage.send(opening("hub"), actor=STAFF)
    stage.send(put_in("hub", 5), actor=SELLER)
    assert there(stage, "hub").warehouse_id == warehouse_id(None, "hub")
    stage.send(ChangeWarehouse(code="hub", is_open=False), actor=STAFF)
    assert refused(stage, put_in("hub", 5, reference="second"), WarehouseIsClosed) == {"warehouse": "hub"}
    check_books(stage)


def test_nobody_puts_stock_of_another_seller_anywhere() -> None:
    """Else a stranger's empty promise would be sold as this seller's goods."""
    stage = two_places()
    stage.send(opening("porto"), actor=STRANGER)
    for code in ("porto", "main"):
        assert refused(stage, put_in(code, 5, reference="mine"), NoSuchStockUnit, STRANGER) == {"stock_unit_id": UNIT}
    assert [item.warehouse for item in stage.all(StockItem)] == ["main", "main", "porto", "berlin"]


# From which warehouses goods are taken.


@pytest.mark.parametrize(
    ("policy", "country", "expected"),
    [
        ("nearest", "PT", {"porto": 4}),
        ("nearest", "DE", {"berlin": 4}),
        ("nearest", "PL", {"berlin": 4}),
        ("nearest", "ES", {"porto": 4}),
        ("nearest", "FR", {"berlin": 4}),
        ("cheapest", "DE", {"berlin": 4}),
        ("cheapest", "PT", {"porto": 4}),
        ("cheapest", "PL", {"porto": 4}),
        ("fewest_parcels", "DE", {"berlin": 4}),
    ],
)
def test_goods_are_taken_where_the_policy_says(policy: str, country: str, expected: dict[str, int]) -> None:
    stage = two_places(policy=policy)
    stage.send(bound_for(reserve(stage, "a", (UNIT, 4)), country))
    assert taken(stage, "a") == expected
    check_books(stage)


def test_the_order_of_their_owner_counts_where_the_policy_is_priority() -> None:
    stage = two_places(policy="priority")
    stage.send(ChangeWarehouse(code="berlin", priority=9), actor=SELLER)
    stage.send(bound_for(reserve(stage, "a", (UNIT, 12)), "DE"))
    assert taken(stage, "a") == {"porto": 10, "berlin": 2}


def test_the_nearest_is_emptied_first_and_the_fewest_parcels_are_fewer() -> None:
    near, few = two_places(3, 10, "nearest"), two_places(3, 10, "fewest_parcels")
    for stage in (near, few):
        stage.send(bound_for(reserve(stage, "a", (UNIT, 4)), "PT"))
        check_books(stage)
    assert taken(near, "a") == {"porto": 3, "berlin": 1}
    assert taken(few, "a") == {"berlin": 4}


def test_the_fewest_parcels_hold_all_units_of_a_seller_together() -> None:
    stage = two_places(10, 10)
    stage.send(put_in("berlin", 5, OTHER), actor=SELLER)
    stage.send(bound_for(reserve(stage, "a", (UNIT, 4), (OTHER, 2)), "PT"))
    assert taken(stage, "a") == {"berlin": 6}
    check_books(stage)


def test_nothing_is_promised_from_a_closed_warehouse() -> None:
    stage = two_places(10, 3)
    stage.send(ChangeWarehouse(code="porto", is_open=False), actor=SELLER)
    (answer,) = stage.send(reserve(stage, "a", (UNIT, 4)))
    assert isinstance(answer, StockShort)
    assert [(one.asked, one.available) for one in answer.shortages] == [(4, 3)]
    stage.send(reserve(stage, "b", (UNIT, 3)))
    assert taken(stage, "b") == {"berlin": 3}
    check_books(stage)


def test_a_purchase_over_two_warehouses_ends_in_both() -> None:
    stage = two_places(3, 3)
    assert isinstance(stage.send(reserve(stage, "a", (UNIT, 5)))[0], StockReserved)
    stage.send(commit("a"))
    assert (there(stage, "porto").allocated, there(stage, "berlin").allocated) == (2, 3)
    stage.send(reserve(stage, "b", (UNIT, 1)), release("b"))
    assert (there(stage, "porto").available, there(stage, "berlin").available) == (1, 0)
    check_books(stage)


# What goes from one to another.


def test_a_transfer_is_in_neither_warehouse_while_it_is_on_its_way() -> None:
    stage = two_places(10, 0)
    id = transfer_id(UNIT, "lorry 1")
    told = stage.send(sending(4), actor=SELLER)
    whose = {"transfer_id": id, "stock_unit_id": UNIT, "seller_id": SELLER.seller_id}
    assert TransferSent(**whose, from_warehouse="porto", to_warehouse="berlin", quantity=4) in told
    assert (there(stage, "porto").on_hand, there(stage, "berlin").on_hand) == (6, 0)
    assert stage.send(sending(4), actor=SELLER) == []
    assert stage.result == id
    told = stage.send(ReceiveTransfer(transfer_id=id, quantity=3), actor=SELLER)
    assert TransferReceived(**whose, to_warehouse="berlin", quantity=3, lost=1) in told
    assert (there(stage, "porto").on_hand, there(stage, "berlin").on_hand) == (6, 3)
    assert stage.send(ReceiveTransfer(transfer_id=id, quantity=3), actor=SELLER) == []
    assert refused(stage, ReceiveTransfer(transfer_id=id, quantity=4), TransferHasArrived)["received"] == 3
    assert stage.one(StockTransfer, id).status == "RECEIVED"
    check_books(stage)


def test_what_is_promised_is_not_sent_away() -> None:
    stage = two_places(10, 0)
    stage.send(reserve(stage, "a", (UNIT, 7)))
    assert refused(stage, sending(4), NotEnoughToSend) == {"stock_unit_id": UNIT, "available": 3}
    stage.send(sending(3), actor=SELLER)
    check_books(stage)


def test_no_more_arrives_than_was_sent_and_strangers_see_no_transfer() -> None:
    stage = two_places(10, 0)
    stage.send(sending(4), actor=SELLER)
    id = transfer_id(UNIT, "lorry 1")
    assert refused(stage, ReceiveTransfer(transfer_id=id, quantity=5), MoreThanWasSent)["sent"] == 4
    unknown = refused(stage, ReceiveTransfer(transfer_id=an_id("none"), quantity=1), NoSuchTransfer, STRANGER)
    foreign = refused(stage, ReceiveTransfer(transfer_id=id, quantity=1), NoSuchTransfer, STRANGER)
    assert (unknown, foreign) == ({"transfer_id": an_id("none")}, {"transfer_id": id})
    assert refused(stage, sending(1, "mine"), NoSuchStockUnit, STRANGER) == {"stock_unit_id": UNIT}


# What is counted.


def test_a_count_corrects_what_differs_once() -> None:
    stage = two_places(10, 0)
    stage.send(put_in("porto", 5, OTHER), actor=SELLER)
    told = stage.send(counting((UNIT, 8), (OTHER, 5)), actor=SELLER)
    said = StockReconciled(
        count_id=stage.result,
        warehouse="porto",
        reference_id="monday",
        units=2,
        differing=1,
        seller_id=Id(SELLER.seller_id),
    )
    assert said in told
    assert there(stage, "porto").on_hand == 8
    stage.send(put_in("porto", 2, reference="second"), actor=SELLER)
    assert stage.send(counting((UNIT, 8), (OTHER, 5)), actor=SELLER) == []
    assert there(stage, "porto").on_hand == 10
    check_books(stage)


def test_a_count_below_what_is_promised_opens_a_shortage_that_goods_close() -> None:
    stage = two_places(10, 0)
    stage.send(reserve(stage, "a", (UNIT, 6)), commit("a"), reserve(stage, "b", (UNIT, 3)))
    told = stage.send(counting((UNIT, 5)), actor=SELLER)
    where = {"stock_item_id": stock_item_id(UNIT, "porto"), "stock_unit_id": UNIT, "warehouse": "porto"}
    assert ShortageOpened(**where, seller_id=Id(SELLER.seller_id), missing=4) in told
    item = there(stage, "porto")
    assert (item.on_hand, item.missing, item.missing_since) == (5, 4, stage.clock.now())
    assert isinstance(stage.send(reserve(stage, "c", (UNIT, 1)))[0], StockShort)
    stage.send(release("b"))
    assert there(stage, "porto").missing == 1
    told = stage.send(put_in("porto", 1, reference="second"), actor=SELLER)
    assert ShortageClosed(**where, seller_id=Id(SELLER.seller_id)) in told
    assert there(stage, "porto").missing_since is None
    check_books(stage)


def test_a_count_with_a_unit_that_is_not_there_changes_nothing_and_names_all_of_them() -> None:
    stage = two_places(10, 0)
    with pytest.raises(Several) as caught:
        stage.send(counting((UNIT, 1), (OTHER, 1), (an_id("third"), 1)), actor=SELLER)
    assert [fault.details["stock_unit_id"] for fault in caught.value.faults] == [OTHER, an_id("third")]
    assert refused(stage, counting((UNIT, 1)), NoSuchStockUnit, STRANGER) == {"stock_unit_id": UNIT}
    with pytest.raises(Several) as caught:
        stage.send(counting((UNIT, -1), (UNIT, 2), warehouse="Ü", reference=""), actor=SELLER)
    assert [fault.code for fault in caught.value.faults] == [
        "malformed_warehouse_code",
        "text_not_readable",
        "quantity_out_of_bounds",
        "unit_is_counted_twice",
    ]
    assert there(stage, "porto").on_hand == 10


def test_buyers_keep_no_warehouses() -> None:
    stage = two_places()
    for message in (opening("x"), sending(1), counting((UNIT, 1)), ChangeWarehouse(code="porto")):
        with pytest.raises(Exception, match="may_not_count_stock"):
            stage.send(message, actor=BUYER)
