"""How stock stands is told by a sweep: of what has changed, each unit once, and whole."""

from __future__ import annotations

import pytest

from argosy.contracts.inventory import ReceiveStock, SetStockRules, StockTold, TellStock
from argosy.contracts.products import ProductPublished
from argosy.domains.inventory.application import telling
from argosy.shared_kernel.ids import Id
from tests.domains.inventory.staging import OTHER, SELLER, UNIT, commit, described, inventory_stage, reserve, stocked
from tests.read_models.staging import listed, published
from tests.support import Stage, an_id


def told(stage: Stage, *commands: TellStock) -> list[StockTold]:
    return [one for one in stage.send(*(commands or (TellStock(),))) if isinstance(one, StockTold)]


def test_what_has_changed_is_told_once_however_often_it_changed() -> None:
    stage = stocked(50, UNIT, OTHER)
    (first,) = told(stage)
    assert sorted(unit.stock_unit_id for unit in first.units) == sorted([UNIT, OTHER])
    for name in ("one", "two", "three"):
        stage.send(reserve(stage, name, (UNIT, 2)))
    stage.send(commit("one"))
    (news,) = told(stage)
    (unit,) = news.units
    (shelf,) = unit.shelves
    assert (unit.stock_unit_id, unit.seller_id, unit.available) == (UNIT, SELLER.seller_id, 44)
    assert (shelf.on_hand, shelf.reserved, shelf.allocated, shelf.promisable) == (50, 4, 2, 44)
    assert told(stage) == [], "nothing has changed since"
    assert stage.undeclared_loads == 0


def test_two_sweeps_at_once_tell_no_more_than_one() -> None:
    assert len(told(stocked(), TellStock(), TellStock())) == 1


def test_a_unit_is_told_in_all_its_warehouses_and_rules_count() -> None:
    stage = stocked()
    stage.send(SetStockRules(stock_unit_id=UNIT, safety_stock=4, low_at=6))
    ((unit,),) = (one.units for one in told(stage))
    assert (unit.available, unit.promisable, unit.shelves[0].low_at) == (10, 6, 6)


def test_what_products_say_of_a_unit_is_told_and_only_what_is_new() -> None:
    stage = inventory_stage()
    stage.send(described(UNIT))
    ((unit,),) = (one.units for one in told(stage))
    assert (unit.sku, unit.product_id, unit.available) == ("", an_id("product"), 0)
    offer = listed("lamp", unit="unit")
    publication = ProductPublished(
        **{
            **{name: getattr(published("product"), name) for name in ProductPublished.__struct_fields__},
            "seller_id": Id(SELLER.seller_id),
            "variants": (type(offer)(**{**_fields(offer), "variant_id": UNIT}),),
        }
    )
    stage.send(publication)
    ((unit,),) = (one.units for one in told(stage))
    assert unit.sku == "lamp"
    stage.send(publication)
    assert told(stage) == [], "told again, it says nothing new"


def test_many_are_told_in_parts_until_all_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "UNITS_MAX", 2)
    monkeypatch.setattr(telling, "UNITS_PER_MESSAGE", 1)
    units = [an_id(f"unit {number}") for number in range(3)]
    stage = inventory_stage()
    stage.send(*(ReceiveStock(stock_unit_id=unit, quantity=1, reference_id="r") for unit in units))
    news = stage.send(TellStock())
    assert [type(one) for one in news] == [StockTold, StockTold, TellStock]
    (rest,) = told(stage, news[-1])  # type: ignore[arg-type]
    parts = [one for one in (*news, rest) if isinstance(one, StockTold)]
    assert [unit.stock_unit_id for part in parts for unit in part.units] == sorted(units)


def _fields(value: object) -> dict[str, object]:
    return {name: getattr(value, name) for name in value.__struct_fields__}  # type: ignore[attr-defined]
