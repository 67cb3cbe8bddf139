"""Warehouses, what goes from one to another, and what is counted in them."""

from __future__ import annotations

from argosy.contracts.inventory import (
    ChangeWarehouse,
    OpenWarehouse,
    ReceiveTransfer,
    ReconcileStock,
    SendTransfer,
    StockReconciled,
)
from argosy.domains.inventory.application.keeping import StockKeeping, counting_seller
from argosy.domains.inventory.domain.stock import (
    COUNT,
    LINES_MAX,
    PIECES_MAX,
    TRANSFER_IN,
    TRANSFER_OUT,
    NoSuchStockUnit,
    NotAnId,
    NothingWasCounted,
    QuantityOutOfBounds,
    StockItem,
    TextNotReadable,
    UnitIsCountedTwice,
    check_text,
    movement_id,
    stock_item_id,
)
from argosy.domains.inventory.domain.transfer import (
    RECEIVED,
    NoSuchTransfer,
    NotEnoughToSend,
    SameWarehouse,
    StockCount,
    StockTransfer,
    TransferHasArrived,
    count_id,
    transfer_id,
)
from argosy.domains.inventory.domain.warehouse import (
    NoSuchWarehouseOfYours,
    Place,
    Warehouse,
    WarehouseCodeTaken,
    code_fault,
    place_faults,
    warehouse_id,
)
from argosy.engine.reads import By, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import DomainError, refuse
from argosy.shared_kernel.ids import Id, is_id


class Warehouses:
    """A seller keeps warehouses of their own; staff keep the marketplace's, where stock of every seller may lie."""

    def __init__(self, work: UnitOfWork, warehouses: Repository[Warehouse]) -> None:
        self.work = work
        self.warehouses = warehouses

    @then_reads(warehouses=lambda self, command: [self._id(command.code)])
    def open_warehouse(self, command: OpenWarehouse) -> Id:
        """A place to keep stock. Asked again in the same words, it changes nothing."""
        seller_id = counting_seller(self.work.actor)
        place = Place(
            name=command.name,
            country=command.country,
            serves=command.serves,
            parcel_cost=command.parcel_cost,
            abroad_cost=command.abroad_cost,
            priority=command.priority,
        )
        refuse([code_fault("code", command.code), *place_faults(place)])
        there = self.warehouses.find(warehouse_id(seller_id, command.code))
        if there is not None:
            if there.place != place:
                raise WarehouseCodeTaken(code=command.code)
            return there.id
        made = Warehouse.open(seller_id, command.code, place, self.work.now)
        self.warehouses.add(made)
        return made.id

    @then_reads(warehouses=lambda self, command: [self._id(command.code)])
    def change_warehouse(self, command: ChangeWarehouse) -> None:
        """Say something else of a warehouse, close it, or open it again."""
        there = self.warehouses.find(self._id(command.code))
        if there is None:
            raise NoSuchWarehouseOfYours(code=command.code)
        now = there.place
        place = Place(
            name=now.name if command.name is None else command.name,
            country=now.country if command.country is None else command.country,
            serves=now.serves if command.serves is None else command.serves,
            parcel_cost=now.parcel_cost if command.parcel_cost is None else command.parcel_cost,
            abroad_cost=now.abroad_cost if command.abroad_cost is None else command.abroad_cost,
            priority=now.priority if command.priority is None else command.priority,
            is_open=now.is_open if command.is_open is None else command.is_open,
        )
        refuse(list(place_faults(place)))
        there.change(place, self.work.now)

    def _id(self, code: str) -> Id:
        return warehouse_id(counting_seller(self.work.actor), code)


def _ends(command: SendTransfer) -> list[Id | By]:
    unit_id = command.stock_unit_id
    if not is_id(unit_id):
        return []
    return [stock_item_id(unit_id, command.from_warehouse), stock_item_id(unit_id, command.to_warehouse)]


class Transfers:
    """Pieces leave one warehouse when they are sent and come into the other when they arrive: never in both, and on
    their way in neither."""

    def __init__(self, keeping: StockKeeping, transfers: Repository[StockTransfer]) -> None:
        self.keeping = keeping
        self.work = keeping.work
        self.items = keeping.items
        self.movements = keeping.movements
        self.warehouses = keeping.warehouses
        self.transfers = transfers

    @reads(
        items=_ends,
        transfers=lambda command: [transfer_id(command.stock_unit_id, command.reference_id)],
        movements=lambda command: [
            movement_id(
                stock_item_id(command.stock_unit_id, command.from_warehouse),
                TRANSFER_OUT,
                transfer_id(command.stock_unit_id, command.reference_id),
            )
        ],
    )
    @then_reads(warehouses=lambda self, command: self._places(command))
    def send_transfer(self, command: SendTransfer) -> Id:
        """Free pieces leave for another warehouse. Asked again with its reference, it changes nothing."""
        _check_transfer(command)
        origin = self.keeping.owned(command.stock_unit_id, command.from_warehouse)
        id = transfer_id(command.stock_unit_id, command.reference_id)
        earlier = self.transfers.find(id)
        if earlier is not None:
            return earlier.id
        if command.quantity > origin.available:
            raise NotEnoughToSend(stock_unit_id=origin.stock_unit_id, available=origin.available)
        target = self.items.find(stock_item_id(command.stock_unit_id, command.to_warehouse))
        if target is None:
            target = self._open(origin, command.to_warehouse)
        self.keeping.be_open(target)
        self.keeping.move(origin, -command.quantity, TRANSFER_OUT, id)
        now = self.work.now
        transfer = StockTransfer(
            id=id,
            stock_unit_id=origin.stock_unit_id,
            seller_id=origin.seller_id,
            from_item_id=origin.id,
            to_item_id=target.id,
            from_warehouse=origin.warehouse,
            to_warehouse=target.warehouse,
            quantity=command.quantity,
            reference_id=command.reference_id,
            created_at=now,
            updated_at=now,
        )
        transfer.send()
        self.transfers.add(transfer)
        return transfer.id

    @reads(transfers=lambda command: [command.transfer_id] if is_id(command.transfer_id) else [])
    @then_reads(
        items=lambda self, command: [one.to_item_id for one in self._found(command)],
        movements=lambda self, command: [
            movement_id(one.to_item_id, TRANSFER_IN, one.id) for one in self._found(command)
        ],
    )
    def receive_transfer(self, command: ReceiveTransfer) -> None:
        """What has arrived is on hand. Asked again with the same number, it changes nothing."""
        seller_id = counting_seller(self.work.actor)
        found = self._found(command)
        if not found or (seller_id is not None and found[0].seller_id != seller_id):
            raise NoSuchTransfer(transfer_id=command.transfer_id)
        (transfer,) = found
        if not 0 <= command.quantity <= PIECES_MAX:
            raise QuantityOutOfBounds(quantity=command.quantity, quantity_max=PIECES_MAX)
        if transfer.status == RECEIVED:
            if transfer.received != command.quantity:
                raise TransferHasArrived(transfer_id=transfer.id, received=transfer.received)
            return
        transfer.receive(command.quantity, self.work.now)
        if command.quantity:
            self.keeping.move(self.items.get(transfer.to_item_id), command.quantity, TRANSFER_IN, transfer.id)

    def _open(self, origin: StockItem, warehouse: str) -> StockItem:
        place = self.keeping.place(warehouse, origin.seller_id)
        target = StockItem(
            id=stock_item_id(origin.stock_unit_id, warehouse),
            stock_unit_id=origin.stock_unit_id,
            warehouse=warehouse,
            warehouse_id=place.id if place else None,
            product_id=origin.product_id,
            variant_id=origin.variant_id,
            seller_id=origin.seller_id,
            sku=origin.sku,
            updated_at=self.work.now,
        )
        self.items.add(target)
        return target

    def _found(self, command: ReceiveTransfer) -> list[StockTransfer]:
        transfer = self.transfers.find(command.transfer_id) if is_id(command.transfer_id) else None
        return [] if transfer is None else [transfer]

    def _places(self, command: SendTransfer) -> list[Id]:
        unit_id = command.stock_unit_id
        origin = self.items.find(stock_item_id(unit_id, command.from_warehouse)) if is_id(unit_id) else None
        return self.keeping.place_ids(command.to_warehouse, [origin.seller_id]) if origin is not None else []


class Counting:
    """What was counted is what is there: the shelf is right, and the books follow."""

    def __init__(self, keeping: StockKeeping, counts: Repository[StockCount]) -> None:
        self.keeping = keeping
        self.work = keeping.work
        self.items = keeping.items
        self.movements = keeping.movements
        self.counts = counts

    @reads(
        items=lambda command: [
            stock_item_id(one.stock_unit_id, command.warehouse) for one in command.counts[:LINES_MAX]
        ]
    )
    @then_reads(
        counts=lambda self, command: self._count_ids(command),
        movements=lambda self, command: [
            movement_id(stock_item_id(one.stock_unit_id, command.warehouse), COUNT, command.reference_id)
            for one in command.counts[:LINES_MAX]
        ],
    )
    def reconcile_stock(self, command: ReconcileStock) -> Id:
        """Correct all that differs, or nothing where something in the list cannot be. Where less is there than is
        promised, a shortage is opened. Asked again with its reference, it changes nothing."""
        seller_id = counting_seller(self.work.actor)
        _check_counts(command)
        unknown = [
            one.stock_unit_id for one in command.counts if self._item(one.stock_unit_id, command, seller_id) is None
        ]
        refuse([NoSuchStockUnit(stock_unit_id=id) for id in unknown])
        id = count_id(seller_id, command.warehouse, command.reference_id)
        if self.counts.find(id) is not None:
            return id
        differing = 0
        for one in command.counts:
            item = self._item(one.stock_unit_id, command, seller_id)
            assert item is not None
            change = one.counted - item.on_hand
            if change:
                differing += 1
                self.keeping.move(item, change, COUNT, command.reference_id, may_uncover=True)
        self.counts.add(
            StockCount(
                id=id,
                warehouse=command.warehouse,
                seller_id=seller_id,
                reference_id=command.reference_id,
                units=len(command.counts),
                differing=differing,
                created_at=self.work.now,
            )
        )
        self.work.announce(
            StockReconciled(
                count_id=id,
                warehouse=command.warehouse,
                reference_id=command.reference_id,
                units=len(command.counts),
                differing=differing,
                seller_id=seller_id,
            )
        )
        return id

    def _item(self, stock_unit_id: Id, command: ReconcileStock, seller_id: Id | None) -> StockItem | None:
        item = self.items.find(stock_item_id(stock_unit_id, command.warehouse))
        return item if item is not None and seller_id in (None, item.seller_id) else None

    def _count_ids(self, command: ReconcileStock) -> list[Id]:
        return [count_id(counting_seller(self.work.actor), command.warehouse, command.reference_id)]


def _check_transfer(command: SendTransfer) -> None:
    faults: list[DomainError | None] = [
        None if is_id(command.stock_unit_id) else NotAnId(field="stock_unit_id"),
        code_fault("from_warehouse", command.from_warehouse),
        code_fault("to_warehouse", command.to_warehouse),
        SameWarehouse() if command.from_warehouse == command.to_warehouse else None,
        _text_fault("reference_id", command.reference_id),
    ]
    if not 0 < command.quantity <= PIECES_MAX:
        faults.append(QuantityOutOfBounds(quantity=command.quantity, quantity_max=PIECES_MAX))
    refuse(faults)


def _check_counts(command: ReconcileStock) -> None:
    counts = command.counts
    if not 0 < len(counts) <= LINES_MAX:
        raise NothingWasCounted(units=len(counts), units_max=LINES_MAX)
    faults: list[DomainError | None] = [
        code_fault("warehouse", command.warehouse),
        _text_fault("reference_id", command.reference_id),
    ]
    seen: set[str] = set()
    for index, one in enumerate(counts):
        if not is_id(one.stock_unit_id):
            faults.append(NotAnId(field=f"counts.{index}.stock_unit_id"))
        if not 0 <= one.counted <= PIECES_MAX:
            faults.append(
                QuantityOutOfBounds(field=f"counts.{index}.counted", quantity=one.counted, quantity_max=PIECES_MAX)
            )
        if one.stock_unit_id in seen:
            faults.append(UnitIsCountedTwice(field=f"counts.{index}.stock_unit_id"))
        seen.add(one.stock_unit_id)
    refuse(faults)


def _text_fault(name: str, text: str) -> DomainError | None:
    try:
        check_text(name, text)
    except TextNotReadable as fault:
        return fault
    return None
