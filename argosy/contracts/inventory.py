"""What inventory accepts and announces: promises on stock."""

from __future__ import annotations

from datetime import datetime

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Value


class ReceiveStock(Command):
    """Goods came in. `reference_id` makes the receipt repeatable: the same reference counts once."""

    stock_unit_id: Id
    quantity: int
    reference_id: str
    product_id: Id | None = None
    seller_id: Id | None = None
    warehouse: str = "main"


class AdjustStock(Command):
    """Correct the count by `change` (may be negative) for a stated reason; never below what is promised."""

    stock_unit_id: Id
    change: int
    reason: str
    reference_id: str
    warehouse: str = "main"


class StockChange(Value):
    """Correct one count by `change`, as AdjustStock does."""

    stock_unit_id: Id
    change: int
    reason: str
    reference_id: str
    warehouse: str = "main"


class AdjustStocks(Command):
    """Correct up to 200 counts, each corrected or refused by itself; answers BulkAnswer. Who knows what lies there, and
    not how much it differs, sends a count."""

    items: tuple[StockChange, ...]


class OpenWarehouse(Command):
    """A place where stock is kept, by a code of your own. `country` and `serves` (other countries that are near,
    nearest first) say how near it is to a buyer, `parcel_cost` and `abroad_cost` what a parcel from there costs
    within its country and out of it, and the lowest `priority` goes first where nothing else decides."""

    code: str
    name: str
    country: str
    serves: tuple[str, ...] = ()
    parcel_cost: int = 0
    abroad_cost: int = 0
    priority: int = 0


class ChangeWarehouse(Command):
    """Change what is given; None leaves a field as it is. Nothing more is promised from one that `is_open` no more."""

    code: str
    name: str | None = None
    country: str | None = None
    serves: tuple[str, ...] | None = None
    parcel_cost: int | None = None
    abroad_cost: int | None = None
    priority: int | None = None
    is_open: bool | None = None


class SetStockRules(Command):
    """How much of a stock item may be promised. `safety_stock` pieces are never promised. `oversell` is empty,
    "backorder" or "preorder": up to `oversell_max` pieces may be promised beyond what is there, preorders until
    `expected_at`. At `low_at` pieces or fewer it is told that stock runs low; 0 tells nothing."""

    stock_unit_id: Id
    warehouse: str = "main"
    safety_stock: int = 0
    low_at: int = 0
    oversell: str = ""
    oversell_max: int = 0
    expected_at: datetime | None = None


class EndPreorder(Command, key="stock_item_id"):
    """The day of a preorder has come: nothing more is promised beyond what is there. Sent by inventory itself."""

    stock_item_id: Id
    expected_at: datetime


class SendTransfer(Command):
    """Send free pieces of a stock unit from one warehouse to another, once per reference; on their way, they are
    nowhere on hand."""

    stock_unit_id: Id
    from_warehouse: str
    to_warehouse: str
    quantity: int
    reference_id: str


class ReceiveTransfer(Command):
    """So many pieces of a transfer have arrived; the rest is lost. It ends the transfer."""

    transfer_id: Id
    quantity: int


class CountedUnit(Value):
    """So many pieces of a stock unit were counted."""

    stock_unit_id: Id
    counted: int


class ReconcileStock(Command):
    """What was counted in a warehouse is what is there, once per reference. Where that is less than what is promised,
    a shortage is opened."""

    warehouse: str
    reference_id: str
    counts: tuple[CountedUnit, ...]


class StockLine(Value):
    """`quantity` pieces of a stock unit for one order."""

    order_id: Id
    stock_unit_id: Id
    quantity: int


class ReserveStock(Command, key="flow_id"):
    """Hold every line until `expires_at`, or none; answered by StockReserved or StockShort."""

    flow_id: Id
    reservation_id: Id
    lines: tuple[StockLine, ...]
    expires_at: datetime
    ships_to: str = ""
    """The country of the buyer, where it is known: which warehouses are near and cheap depends on it."""
    buyer_id: Id | None = None
    """For whom it is held. One buyer has only so many open holds on one stock unit, so that others can buy too."""


class ExtendReservation(Command, key="flow_id"):
    """Hold on until `expires_at` (a new payment attempt); never shortens; answered by StockReserved, or Refused once
    the hold has ended."""

    flow_id: Id
    reservation_id: Id
    expires_at: datetime


class CommitReservation(Command, key="flow_id"):
    """Turn the hold into an allocation; answered by ReservationConfirmed, or Refused once it has ended."""

    flow_id: Id
    reservation_id: Id


class ReleaseReservation(Command, key="flow_id"):
    """Let the hold go; answered by ReservationReleased, also where there never was one: a request that comes after
    its own cancellation is refused."""

    flow_id: Id
    reservation_id: Id


class Restock(Command, key="flow_id"):
    """Take back a committed reservation whose goods never left; answered by StockRestocked, also where there is
    nothing to take back. With `order_ids` only what was sold to these orders, and the rest stays committed."""

    flow_id: Id
    reservation_id: Id
    order_ids: tuple[Id, ...] = ()


class ExpireReservations(Command, key="job"):
    """Look for reservations whose time has passed, and ask for the end of each. Sent by inventory's own schedule."""

    job: str = "expire-reservations"


class ExpireReservation(Command, key="reservation_id"):
    """End one reservation if its time has passed; told to its flow by ReservationExpired. Sent by inventory itself."""

    reservation_id: Id


class TellStock(Command, key="job"):
    """Tell how all stock units stand that have changed since they were last told of, by id behind `after`. Sent by
    inventory's own schedule, and by itself to go on."""

    job: str = "tell-stock"
    after: Id | None = None


class StockReserved(Event, key="flow_id"):
    """Every line is held until `expires_at`; also the answer to ExtendReservation, with the time that now counts."""

    flow_id: Id
    reservation_id: Id
    expires_at: datetime


class Shortage(Value):
    stock_unit_id: Id
    asked: int
    available: int


class StockShort(Event, key="flow_id"):
    """Nothing is held; `shortages` names every unit that there was too little of."""

    flow_id: Id
    reservation_id: Id
    shortages: tuple[Shortage, ...]


class ReservationConfirmed(Event, key="flow_id"):
    flow_id: Id
    reservation_id: Id


class ReservationReleased(Event, key="flow_id"):
    flow_id: Id
    reservation_id: Id


class ReservationExpired(Event, key="flow_id"):
    """The hold ran out before it was committed; its stock is free again."""

    flow_id: Id
    reservation_id: Id


class StockRestocked(Event, key="flow_id"):
    flow_id: Id
    reservation_id: Id


class StockAdjusted(Event, key="stock_item_id"):
    """The count of one stock item changed by something other than a sale."""

    stock_item_id: Id
    stock_unit_id: Id
    change: int
    reason: str
    on_hand: int
    available: int


class AvailabilityChanged(Event, key="stock_item_id", is_latest_only=True):
    """What can still be promised of a stock item, told whenever a shop window must know: each change at or below ten
    pieces, and the step across. Above ten only "more than ten" is known, so that deep shelves stay silent."""

    stock_item_id: Id
    stock_unit_id: Id
    product_id: Id | None
    available: int
    is_oversold: bool = False
    """Some or all of `available` is promised beyond what is there: by backorder, or by preorder until `expected_at`."""
    expected_at: datetime | None = None


class WarehouseOpened(Event, key="warehouse_id"):
    warehouse_id: Id
    seller_id: Id | None
    code: str
    country: str


class WarehouseChanged(Event, key="warehouse_id"):
    warehouse_id: Id
    seller_id: Id | None
    code: str
    country: str
    is_open: bool


class TransferSent(Event, key="transfer_id"):
    transfer_id: Id
    stock_unit_id: Id
    from_warehouse: str
    to_warehouse: str
    quantity: int
    seller_id: Id | None = None


class TransferReceived(Event, key="transfer_id"):
    """The pieces that arrived are on hand; `lost` ones did not arrive."""

    transfer_id: Id
    stock_unit_id: Id
    to_warehouse: str
    quantity: int
    lost: int
    seller_id: Id | None = None


class StockReconciled(Event, key="count_id"):
    """A warehouse was counted: how many stock units, and how many of them differed."""

    count_id: Id
    warehouse: str
    reference_id: str
    units: int
    differing: int
    seller_id: Id | None = None
    """Who counted their own; None for staff and warehouse systems, who count everybody's."""


class ShortageOpened(Event, key="stock_item_id"):
    """`missing` pieces that are promised are not there: somebody must find some, or tell buyers. Told again when more
    are missing."""

    stock_item_id: Id
    stock_unit_id: Id
    warehouse: str
    seller_id: Id | None
    missing: int


class ShortageClosed(Event, key="stock_item_id"):
    """All that is promised is there again."""

    stock_item_id: Id
    stock_unit_id: Id
    warehouse: str
    seller_id: Id | None


class StockRanLow(Event, key="stock_item_id"):
    """No more than `low_at` pieces can still be promised: time to order."""

    stock_item_id: Id
    stock_unit_id: Id
    warehouse: str
    seller_id: Id | None
    available: int
    low_at: int


class ShelfLevel(Value):
    """How a stock unit stands in one warehouse. `available` is there and promised to nobody; `promisable` may still be
    promised by its rules, there or not; `missing` is promised and was not found."""

    stock_item_id: Id
    warehouse: str
    on_hand: int
    reserved: int
    allocated: int
    available: int
    promisable: int
    missing: int
    safety_stock: int
    low_at: int
    updated_at: datetime


class UnitLevel(Value):
    """How a stock unit stands, in all of its warehouses."""

    stock_unit_id: Id
    seller_id: Id | None
    sku: str
    product_id: Id | None
    variant_id: Id | None
    shelves: tuple[ShelfLevel, ...]

    @property
    def available(self) -> int:
        """What is there, anywhere, and promised to nobody."""
        return sum(shelf.available for shelf in self.shelves)

    @property
    def promisable(self) -> int:
        """What may still be promised, there or not."""
        return sum(shelf.promisable for shelf in self.shelves)


class StockTold(Event, key="job"):
    """How stock units stand, of those that have changed since they were last told of. However often one changes, it is
    told of once in fifteen seconds: a flash sale tells no more than a quiet hour."""

    job: str
    units: tuple[UnitLevel, ...]
