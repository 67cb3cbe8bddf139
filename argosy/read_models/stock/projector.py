"""Stock as those who keep it see it: how much of each SKU there is, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from argosy.contracts.inventory import ShelfLevel, StockTold, UnitLevel
from argosy.engine.reads import reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.read_models.documents import Document, told_at
from argosy.shared_kernel.ids import Id


class SkuAvailability(msgspec.Struct, kw_only=True, frozen=True):
    """How much of one stock unit there was in all warehouses together `as_of` a moment. `available` is there and
    promised to nobody; `promisable` may still be promised by its rules, there or not."""

    stock_unit_id: Id
    sku: str
    product_id: Id | None
    variant_id: Id | None
    on_hand: int
    reserved: int
    allocated: int
    available: int
    promisable: int
    missing: int
    warehouses: list[str]
    as_of: str


class WarehouseStock(msgspec.Struct, kw_only=True, frozen=True):
    """One stock unit in one warehouse `as_of` a moment; `updated_at` is when it last changed."""

    warehouse: str
    stock_item_id: Id
    stock_unit_id: Id
    sku: str
    on_hand: int
    reserved: int
    allocated: int
    available: int
    promisable: int
    missing: int
    safety_stock: int
    low_at: int
    updated_at: datetime
    as_of: str


@dataclass(kw_only=True, eq=False)
class SkuLevel(Document):
    """One per stock unit."""

    seller_id: Id | None = None
    sku: str = ""
    available: int = 0
    is_low: bool = False


@dataclass(kw_only=True, eq=False)
class Shelf(Document):
    """One per stock unit and warehouse."""

    stock_unit_id: Id
    warehouse: str
    seller_id: Id | None = None
    sku: str = ""
    on_hand: int = 0
    available: int = 0
    is_low: bool = False
    is_short: bool = False


class StockProjector:
    """What inventory has told last, of each unit whole."""

    def __init__(self, work: UnitOfWork, skus: Repository[SkuLevel], shelves: Repository[Shelf]) -> None:
        self.work = work
        self.skus = skus
        self.shelves = shelves

    @reads(
        skus=lambda event: [unit.stock_unit_id for unit in event.units],
        shelves=lambda event: [shelf.stock_item_id for unit in event.units for shelf in unit.shelves],
    )
    def show(self, event: StockTold) -> None:
        as_of = told_at(self.work)
        for unit in event.units:
            self._show_unit(unit, as_of)
            for shelf in unit.shelves:
                self._show_shelf(unit, shelf, as_of)

    def _show_unit(self, unit: UnitLevel, as_of: str) -> None:
        row = self.skus.find(unit.stock_unit_id)
        if row is None:
            row = SkuLevel(id=unit.stock_unit_id)
            self.skus.add(row)
        row.seller_id, row.sku = unit.seller_id, unit.sku
        row.available = sum(shelf.available for shelf in unit.shelves)
        row.is_low = any(map(_is_low, unit.shelves))
        row.show(
            SkuAvailability(
                stock_unit_id=unit.stock_unit_id,
                sku=unit.sku,
                product_id=unit.product_id,
                variant_id=unit.variant_id,
                on_hand=sum(shelf.on_hand for shelf in unit.shelves),
                reserved=sum(shelf.reserved for shelf in unit.shelves),
                allocated=sum(shelf.allocated for shelf in unit.shelves),
                available=row.available,
                promisable=sum(shelf.promisable for shelf in unit.shelves),
                missing=sum(shelf.missing for shelf in unit.shelves),
                warehouses=[shelf.warehouse for shelf in unit.shelves],
                as_of=as_of,
            )
        )

    def _show_shelf(self, unit: UnitLevel, shelf: ShelfLevel, as_of: str) -> None:
        row = self.shelves.find(shelf.stock_item_id)
        if row is None:
            row = Shelf(id=shelf.stock_item_id, stock_unit_id=unit.stock_unit_id, warehouse=shelf.warehouse)
            self.shelves.add(row)
        row.seller_id, row.sku = unit.seller_id, unit.sku
        row.on_hand, row.available = shelf.on_hand, shelf.available
        row.is_low, row.is_short = _is_low(shelf), shelf.missing > 0
        row.show(
            WarehouseStock(
                warehouse=shelf.warehouse,
                stock_item_id=shelf.stock_item_id,
                stock_unit_id=unit.stock_unit_id,
                sku=unit.sku,
                on_hand=shelf.on_hand,
                reserved=shelf.reserved,
                allocated=shelf.allocated,
                available=shelf.available,
                promisable=shelf.promisable,
                missing=shelf.missing,
                safety_stock=shelf.safety_stock,
                low_at=shelf.low_at,
                updated_at=shelf.updated_at,
                as_of=as_of,
            )
        )


def _is_low(shelf: ShelfLevel) -> bool:
    return shelf.low_at > 0 and shelf.promisable <= shelf.low_at
