"""What all changes of a count have in common: whose stock it is, in which warehouse, and the movement written."""

from __future__ import annotations

from collections.abc import Collection

from argosy.domains.inventory.domain.stock import (
    MAIN_WAREHOUSE,
    MayNotCountStock,
    NoSuchStockUnit,
    NoSuchWarehouse,
    ReferenceAlreadyUsed,
    StockItem,
    StockMovement,
    movement_id,
    stock_item_id,
)
from argosy.domains.inventory.domain.warehouse import Warehouse, WarehouseIsClosed, warehouse_id
from argosy.engine.work import Actor, Repository, UnitOfWork
from argosy.shared_kernel.ids import Id, is_id


def counting_seller(actor: Actor) -> Id | None:
    """The seller whose stock items alone may be counted; None for those who may count every one."""
    if actor.has("system") or actor.has("staff"):
        return None
    if not actor.has("seller") or not actor.seller_id:
        raise MayNotCountStock()
    return Id(actor.seller_id)


class StockKeeping:
    """Shared by the services that change what is there."""

    def __init__(
        self,
        work: UnitOfWork,
        items: Repository[StockItem],
        movements: Repository[StockMovement],
        warehouses: Repository[Warehouse],
    ) -> None:
        self.work = work
        self.items = items
        self.movements = movements
        self.warehouses = warehouses

    def owned(self, stock_unit_id: str, warehouse: str) -> StockItem:
        """The stock item, for those who may count it."""
        seller_id = counting_seller(self.work.actor)
        item = self.items.find(stock_item_id(stock_unit_id, warehouse)) if is_id(stock_unit_id) else None
        if item is None or (seller_id is not None and item.seller_id != seller_id):
            raise NoSuchStockUnit(stock_unit_id=stock_unit_id)
        return item

    def place_ids(self, code: str, owners: Collection[str | None]) -> list[Id]:
        """Where to look for the warehouse that this code means to any of these owners; nothing for `main`."""
        if code == MAIN_WAREHOUSE:
            return []
        return sorted({warehouse_id(owner, code) for owner in (*owners, None)})

    def place(self, code: str, owner: Id | None) -> Warehouse | None:
        """The owner's warehouse of this code, or else the marketplace's. None for `main`, which need not be
        described."""
        if code == MAIN_WAREHOUSE:
            return None
        found = self.warehouses.find(warehouse_id(owner, code)) if owner is not None else None
        found = found or self.warehouses.find(warehouse_id(None, code))
        if found is None:
            raise NoSuchWarehouse(warehouse=code, default=MAIN_WAREHOUSE)
        return found

    def be_open(self, item: StockItem) -> None:
        """Refuse to put something into a warehouse that is closed."""
        if item.warehouse == MAIN_WAREHOUSE:
            return
        place = self.place(item.warehouse, item.seller_id)
        if place is not None and not place.is_open:
            raise WarehouseIsClosed(warehouse=item.warehouse)

    def move(self, item: StockItem, change: int, reason: str, reference_id: str, *, may_uncover: bool = False) -> None:
        """Count `change` and write its movement; once per reason and reference."""
        id = movement_id(item.id, reason, reference_id)
        earlier = self.movements.find(id)
        if earlier is not None:
            if earlier.change != change:
                raise ReferenceAlreadyUsed(reference_id=reference_id, change=earlier.change)
            return
        item.count(change, reason, self.work.now, may_uncover=may_uncover)
        self.movements.add(
            StockMovement(
                id=id,
                stock_item_id=item.id,
                change=change,
                reason=reason,
                reference_id=reference_id,
                created_at=self.work.now,
            )
        )
