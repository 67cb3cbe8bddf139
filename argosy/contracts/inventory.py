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
