"""What warehouses and sellers ask of inventory: open, receive, correct."""

from __future__ import annotations

from argosy.contracts.inventory import AdjustStock, ReceiveStock
from argosy.contracts.products import ProductPublished
from argosy.domains.inventory.domain.stock import (
    MAIN_WAREHOUSE,
    PIECES_MAX,
    RECEIPT,
    RESERVED_REASONS,
    WAREHOUSES,
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
    check_text,
    movement_id,
    stock_item_id,
)
from argosy.engine.reads import reads
from argosy.engine.work import Actor, Repository, UnitOfWork
from argosy.shared_kernel.errors import DomainError, Several
from argosy.shared_kernel.ids import Id, is_id

VALUE_SHOWN_MAX = 40


def _item_id(command: ReceiveStock | AdjustStock) -> Id:
    return stock_item_id(command.stock_unit_id, command.warehouse)


def _reason(command: ReceiveStock | AdjustStock) -> str:
    return command.reason if isinstance(command, AdjustStock) else RECEIPT


def _movement_id(command: ReceiveStock | AdjustStock) -> Id:
    return movement_id(_item_id(command), _reason(command), command.reference_id)


class Stock:
    """What is there is the sum of what moved: no count changes without its movement.

    Changes come from the owning seller, from staff or from the system; a stranger cannot tell a foreign stock unit
    from one that does not exist.
    """

    def __init__(self, work: UnitOfWork, items: Repository[StockItem], movements: Repository[StockMovement]) -> None:
        self.work = work
        self.items = items
        self.movements = movements

    @reads(items=lambda command: [_item_id(command)], movements=lambda command: [_movement_id(command)])
    def receive_stock(self, command: ReceiveStock) -> StockLevel:
        """Count goods that came in, once per reference; the stock item is opened where there is none yet."""
        _check(command)
        actor = self.work.actor
        seller_id = _counting_seller(actor)
        item = self.items.find(_item_id(command))
        if item is None:
            item = self._open(command, seller_id)
        elif seller_id is not None and item.seller_id != seller_id:
            raise NoSuchStockUnit(stock_unit_id=command.stock_unit_id)
        return self._count(item, command, command.quantity)

    @reads(items=lambda command: [_item_id(command)], movements=lambda command: [_movement_id(command)])
    def adjust_stock(self, command: AdjustStock) -> StockLevel:
        """Correct the count, once per reason and reference; never below what is promised."""
        _check(command)
        seller_id = _counting_seller(self.work.actor)
        item = self.items.find(_item_id(command))
        if item is None or (seller_id is not None and item.seller_id != seller_id):
            raise NoSuchStockUnit(stock_unit_id=command.stock_unit_id)
        return self._count(item, command, command.change)

    @reads(items=lambda event: [stock_item_id(variant.stock_unit_id) for variant in event.variants])
    def open_stock_items(self, event: ProductPublished) -> None:
        """Every stock unit that is on sale has a stock item, empty to begin with. One that is there keeps its owner;
        it learns its product where it was received before it was published."""
        for variant in event.variants:
            item = self.items.find(stock_item_id(variant.stock_unit_id))
            if item is None:
                self.items.add(
                    StockItem(
                        id=stock_item_id(variant.stock_unit_id),
                        stock_unit_id=variant.stock_unit_id,
                        product_id=event.product_id,
                        variant_id=variant.variant_id,
                        seller_id=event.seller_id,
                        updated_at=self.work.now,
                    )
                )
            elif (
                item.variant_id is None
                and item.seller_id in (None, event.seller_id)
                and item.product_id in (None, event.product_id)
            ):
                item.product_id, item.variant_id, item.seller_id = (
                    event.product_id,
                    variant.variant_id,
                    event.seller_id,
                )

    def _open(self, command: ReceiveStock, seller_id: Id | None) -> StockItem:
        """A seller's word counts for the seller alone: the product is learned when it is published."""
        item = StockItem(
            id=_item_id(command),
            stock_unit_id=command.stock_unit_id,
            warehouse=command.warehouse,
            product_id=command.product_id if seller_id is None else None,
            seller_id=seller_id or command.seller_id,
            updated_at=self.work.now,
        )
        self.items.add(item)
        return item

    def _count(self, item: StockItem, command: ReceiveStock | AdjustStock, change: int) -> StockLevel:
        earlier = self.movements.find(_movement_id(command))
        if earlier is not None:
            if earlier.change != change:
                raise ReferenceAlreadyUsed(reference_id=command.reference_id, change=earlier.change)
            return item.level()
        item.count(change, _reason(command), self.work.now)
        self.movements.add(
            StockMovement(
                id=_movement_id(command),
                stock_item_id=item.id,
                change=change,
                reason=_reason(command),
                reference_id=command.reference_id,
                created_at=self.work.now,
            )
        )
        return item.level()


def _counting_seller(actor: Actor) -> Id | None:
    """The seller whose stock items alone may be counted; None for those who may count every one."""
    if actor.has("system") or actor.has("staff"):
        return None
    if not actor.has("seller") or not actor.seller_id:
        raise MayNotCountStock()
    return Id(actor.seller_id)


def _check(command: ReceiveStock | AdjustStock) -> None:
    """Refuse what no warehouse could have meant, all of it at once."""
    faults: list[DomainError] = []
    owners = (command.product_id, command.seller_id) if isinstance(command, ReceiveStock) else ()
    faults += [
        NotAnId(value=id[:VALUE_SHOWN_MAX])
        for id in (command.stock_unit_id, *owners)
        if id is not None and not is_id(id)
    ]
    if command.warehouse not in WAREHOUSES:
        faults.append(NoSuchWarehouse(warehouses=sorted(WAREHOUSES), default=MAIN_WAREHOUSE))
    pieces = command.quantity if isinstance(command, ReceiveStock) else abs(command.change)
    if not 0 < pieces <= PIECES_MAX:
        faults.append(QuantityOutOfBounds(quantity=pieces, quantity_max=PIECES_MAX))
    if isinstance(command, AdjustStock) and command.reason in RESERVED_REASONS:
        faults.append(ReasonIsReserved(reasons=sorted(RESERVED_REASONS)))
    for name, text in (("reference_id", command.reference_id), ("reason", _reason(command))):
        try:
            check_text(name, text)
        except TextNotReadable as fault:
            faults.append(fault)
    if faults:
        raise faults[0] if len(faults) == 1 else Several(faults)
