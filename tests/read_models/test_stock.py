"""Stock as those who keep it see it: what inventory told last, by SKU and shelf by shelf."""

from __future__ import annotations

from typing import Any

from argosy.contracts.inventory import ShelfLevel, StockTold, UnitLevel
from argosy.read_models.stock.projector import Shelf, SkuLevel
from argosy.read_models.views import CATALOGUE
from tests.read_models.staging import NOON, SELLER, body, rows_of, stage_of
from tests.support import an_id


def shelf(unit: str, warehouse: str, on_hand: int, **changes: Any) -> ShelfLevel:
    usual: dict[str, Any] = {
        "reserved": 0,
        "allocated": 0,
        "available": on_hand,
        "promisable": on_hand,
        "missing": 0,
        "safety_stock": 0,
        "low_at": 0,
    }
    return ShelfLevel(
        stock_item_id=an_id(f"{unit} in {warehouse}"),
        warehouse=warehouse,
        on_hand=on_hand,
        updated_at=NOON,
        **{**usual, **changes},
    )


def stock(unit: str, *shelves: ShelfLevel) -> StockTold:
    level = UnitLevel(
        stock_unit_id=an_id(unit),
        seller_id=SELLER,
        sku=unit,
        product_id=an_id("product"),
        variant_id=an_id("variant"),
        shelves=shelves,
    )
    return StockTold(job="tell-stock", units=(level,))


def test_a_sku_is_what_lies_in_all_its_warehouses() -> None:
    stage = stage_of(CATALOGUE)
    stage.send(
        stock(
            "lamp",
            shelf("lamp", "main", 10, reserved=2, allocated=1, available=7, promisable=5),
            shelf("lamp", "porto", 3, available=0, promisable=1, missing=2),
        )
    )
    shown = body(stage, SkuLevel, "lamp")
    assert (shown["sku"], shown["on_hand"], shown["reserved"], shown["allocated"]) == ("lamp", 13, 2, 1)
    assert (shown["available"], shown["promisable"], shown["missing"]) == (7, 6, 2)
    assert shown["warehouses"] == ["main", "porto"]
    assert shown["as_of"] == stage.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    porto = stage.one(Shelf, an_id("lamp in porto"))
    assert (porto.on_hand, porto.available, porto.is_short, porto.seller_id) == (3, 0, True, SELLER)
    assert stage.undeclared_loads == 0


def test_what_is_low_is_what_its_rule_says() -> None:
    stage = stage_of(CATALOGUE)
    stage.send(stock("lamp", shelf("lamp", "main", 5, promisable=3, low_at=3)))
    assert stage.one(SkuLevel, an_id("lamp")).is_low
    stage.send(stock("lamp", shelf("lamp", "main", 6, promisable=4, low_at=3)))
    assert not stage.one(SkuLevel, an_id("lamp")).is_low
    stage.send(stock("lamp", shelf("lamp", "main", 0, promisable=0)))
    assert not stage.one(Shelf, an_id("lamp in main")).is_low, "nobody asked to be told"


def test_events_that_come_again_change_nothing() -> None:
    stage = stage_of(CATALOGUE)
    news = stock("lamp", shelf("lamp", "main", 5))
    stage.send(news)
    before = rows_of(stage, CATALOGUE)
    stage.send(news)
    assert rows_of(stage, CATALOGUE) == before
