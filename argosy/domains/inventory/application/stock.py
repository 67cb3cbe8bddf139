"""What warehouses and sellers ask of inventory: open, receive, correct, and how much may be promised."""

from __future__ import annotations

from argosy.contracts.inventory import AdjustStock, AdjustStocks, EndPreorder, ReceiveStock, SetStockRules, StockChange
from argosy.contracts.products import ProductCreated, ProductPublished, VariantsAdded
from argosy.domains.inventory.application.keeping import StockKeeping, counting_seller
from argosy.domains.inventory.domain.stock import (
    ADDS,
    BACKORDER,
    LESSENS,
    MAIN_WAREHOUSE,
    OVERSELLS,
    PIECES_MAX,
    PREORDER,
    RECEIPT,
    RESERVED_REASONS,
    NoSuchStockUnit,
    NoSuchWarehouse,
    NotAnId,
    NotAnOversell,
    QuantityOutOfBounds,
    ReasonContradictsChange,
    ReasonIsReserved,
    StockItem,
    StockLevel,
    StockMovement,
    TextNotReadable,
    check_text,
    movement_id,
    stock_item_id,
)
from argosy.domains.inventory.domain.warehouse import Warehouse, code_fault
from argosy.engine.reads import By, by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.bulk import BULK_MAX, BulkAnswer, each
from argosy.shared_kernel.errors import DomainError, refuse
from argosy.shared_kernel.ids import Id, is_id

VALUE_SHOWN_MAX = 40


def _item_id(command: ReceiveStock | AdjustStock | StockChange | SetStockRules) -> Id:
    return stock_item_id(command.stock_unit_id, command.warehouse)


def _item_and_siblings(command: ReceiveStock) -> list[Id | By]:
    siblings = [by("stock_unit_id", command.stock_unit_id)] if is_id(command.stock_unit_id) else []
    return [_item_id(command), *siblings]


def _reason(command: ReceiveStock | AdjustStock | StockChange) -> str:
    return RECEIPT if isinstance(command, ReceiveStock) else command.reason


def _movement_id(command: ReceiveStock | AdjustStock | StockChange) -> Id:
    return movement_id(_item_id(command), _reason(command), command.reference_id)


class Stock:
    """What is there is the sum of what moved: no count changes without its movement.

    Changes come from the owning seller, from staff or from the system; a stranger cannot tell a foreign stock unit
    from one that does not exist.
    """

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
        self.keeping = StockKeeping(work, items, movements, warehouses)

    @reads(items=_item_and_siblings, movements=lambda command: [_movement_id(command)])
    @then_reads(warehouses=lambda self, command: self._places(command))
    def receive_stock(self, command: ReceiveStock) -> StockLevel:
        """Count goods that came in, once per reference; the stock item is opened where there is none yet."""
        _check(command, self._place_fault(command))
        seller_id = counting_seller(self.work.actor)
        item = self.items.find(_item_id(command))
        if item is None:
            item = self._open(command, seller_id)
        elif seller_id is not None and item.seller_id != seller_id:
            raise NoSuchStockUnit(stock_unit_id=command.stock_unit_id)
        self.keeping.be_open(item)
        self.keeping.move(item, command.quantity, RECEIPT, command.reference_id)
        return item.level()

    @reads(items=lambda command: [_item_id(command)], movements=lambda command: [_movement_id(command)])
    def adjust_stock(self, command: AdjustStock) -> StockLevel:
        """Correct the count, once per reason and reference; never below what is promised."""
        return self._adjust(command).level()

    @reads(
        items=lambda command: [_item_id(one) for one in command.items[:BULK_MAX]],
        movements=lambda command: [_movement_id(one) for one in command.items[:BULK_MAX]],
    )
    def adjust_stocks(self, command: AdjustStocks) -> BulkAnswer:
        """Each by the same rules as one alone; the ids are those of stock items."""
        return each(command.items, _movement_id, lambda one: self._adjust(one).id)

    def _adjust(self, command: AdjustStock | StockChange) -> StockItem:
        _check(command)
        item = self.keeping.owned(command.stock_unit_id, command.warehouse)
        self.keeping.move(item, command.change, command.reason, command.reference_id)
        return item

    @reads(items=lambda command: [_item_id(command)])
    def set_stock_rules(self, command: SetStockRules) -> StockLevel:
        """Promise by these rules from now on. A preorder ends by itself on its day."""
        _check_rules(command)
        item = self.keeping.owned(command.stock_unit_id, command.warehouse)
        now = self.work.now
        if command.oversell == PREORDER and (command.expected_at is None or command.expected_at <= now):
            raise NotAnOversell(field="expected_at", expected_at=None)
        before = item.promisable
        if item.rule(command.safety_stock, command.low_at, command.oversell, command.oversell_max, command.expected_at):
            self._plan_end(item)
            item.tell_availability(before, now)
        return item.level()

    @reads(items=lambda command: [command.stock_item_id])
    def end_preorder(self, command: EndPreorder) -> None:
        """The day has come. A preorder that was moved or ended meanwhile takes no notice."""
        item = self.items.find(command.stock_item_id)
        if item is None or item.oversell != PREORDER or item.expected_at != command.expected_at:
            return
        before = item.promisable
        item.rule(item.safety_stock, item.low_at, "", 0, None)
        item.tell_availability(before, self.work.now)

    @reads(items=lambda event: [stock_item_id(variant.stock_unit_id) for variant in event.variants])
    def open_stock_items(self, event: ProductCreated | VariantsAdded | ProductPublished) -> None:
        """Every stock unit that a product draws on has a stock item, empty to begin with, from the day on which it is
        described. One that is there keeps its owner; it learns its product where our own people received it before."""
        for variant in event.variants:
            id = stock_item_id(variant.stock_unit_id)
            item = self.items.find(id)
            if item is None:
                item = StockItem(id=id, stock_unit_id=variant.stock_unit_id, updated_at=self.work.now)
                self.items.add(item)
            item.learn(variant, event.product_id, event.seller_id)

    def _open(self, command: ReceiveStock, seller_id: Id | None) -> StockItem:
        """Whose a stock unit is, is learned from products alone: a seller receives for what is known to be theirs.
        Stock of one unit belongs to one seller, in whichever warehouse."""
        siblings = self.items.all_by("stock_unit_id", command.stock_unit_id)
        known = siblings[0] if siblings else None
        if seller_id is not None and (known is None or known.seller_id != seller_id):
            raise NoSuchStockUnit(stock_unit_id=command.stock_unit_id)
        owner = self._owner(command)
        place = self.keeping.place(command.warehouse, owner)
        item = StockItem(
            id=_item_id(command),
            stock_unit_id=command.stock_unit_id,
            warehouse=command.warehouse,
            warehouse_id=place.id if place else None,
            product_id=known.product_id if known else command.product_id,
            variant_id=known.variant_id if known else None,
            seller_id=owner,
            sku=known.sku if known else "",
            updated_at=self.work.now,
        )
        self.items.add(item)
        return item

    def _owner(self, command: ReceiveStock) -> Id | None:
        """Whose stock comes in: the seller's who says so, or whose it is known to be."""
        actor, known = self.work.actor, self.items.all_by("stock_unit_id", command.stock_unit_id)
        if not (actor.has("system") or actor.has("staff")) and actor.seller_id:
            return Id(actor.seller_id)
        return command.seller_id or (known[0].seller_id if known else None)

    def _place_fault(self, command: ReceiveStock) -> DomainError | None:
        """Whether its warehouse is none that its owner may use."""
        if not is_id(command.stock_unit_id):
            return None if command.warehouse == MAIN_WAREHOUSE else NoSuchWarehouse(warehouse=command.warehouse)
        try:
            self.keeping.place(command.warehouse, self._owner(command))
        except NoSuchWarehouse as fault:
            return fault
        return None

    def _plan_end(self, item: StockItem) -> None:
        if item.oversell == PREORDER and item.expected_at is not None:
            self.work.later(
                "preorder", item.id, item.expected_at, EndPreorder(stock_item_id=item.id, expected_at=item.expected_at)
            )
        else:
            self.work.never_mind("preorder", item.id)

    def _places(self, command: ReceiveStock) -> list[Id]:
        items = self.items.all_by("stock_unit_id", command.stock_unit_id) if is_id(command.stock_unit_id) else []
        owners = {item.seller_id for item in items} | {command.seller_id, self.work.actor.seller_id or None}
        return self.keeping.place_ids(command.warehouse, owners)


def _check(command: ReceiveStock | AdjustStock | StockChange, place_fault: DomainError | None = None) -> None:
    """Refuse what no warehouse could have meant, all of it at once."""
    faults: list[DomainError] = []
    owners = (command.product_id, command.seller_id) if isinstance(command, ReceiveStock) else ()
    faults += [
        NotAnId(value=id[:VALUE_SHOWN_MAX])
        for id in (command.stock_unit_id, *owners)
        if id is not None and not is_id(id)
    ]
    faults += [fault for fault in [code_fault("warehouse", command.warehouse) or place_fault] if fault is not None]
    pieces = command.quantity if isinstance(command, ReceiveStock) else abs(command.change)
    if not 0 < pieces <= PIECES_MAX:
        faults.append(QuantityOutOfBounds(quantity=pieces, quantity_max=PIECES_MAX))
    if not isinstance(command, ReceiveStock):
        if command.reason in RESERVED_REASONS:
            faults.append(ReasonIsReserved(reasons=sorted(RESERVED_REASONS)))
        if command.reason in (LESSENS if command.change > 0 else ADDS):
            faults.append(ReasonContradictsChange(reason=command.reason, change=command.change))
    for name, text in (("reference_id", command.reference_id), ("reason", _reason(command))):
        try:
            check_text(name, text)
        except TextNotReadable as fault:
            faults.append(fault)
    refuse(faults)


def _check_rules(command: SetStockRules) -> None:
    faults: list[DomainError] = []
    if not is_id(command.stock_unit_id):
        faults.append(NotAnId(value=command.stock_unit_id[:VALUE_SHOWN_MAX]))
    faults += [fault for fault in [code_fault("warehouse", command.warehouse)] if fault is not None]
    for field in ("safety_stock", "low_at", "oversell_max"):
        number = getattr(command, field)
        if not 0 <= number <= PIECES_MAX:
            faults.append(QuantityOutOfBounds(field=field, quantity=number, quantity_max=PIECES_MAX))
    if command.oversell not in OVERSELLS:
        faults.append(NotAnOversell(field="oversell", known=[BACKORDER, PREORDER]))
    elif bool(command.oversell) != bool(command.oversell_max):
        faults.append(NotAnOversell(field="oversell_max"))
    if command.expected_at is not None and (not command.oversell or command.expected_at.tzinfo is None):
        faults.append(NotAnOversell(field="expected_at"))
    refuse(faults)
