"""What shipping accepts and announces: delivery quotes now, parcels later."""

from __future__ import annotations

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Value


class SetShippingRate(Command):
    """What a seller charges for delivery by `method`: `base_amount` per order and `item_amount` per piece, in minor
    units. `countries` empty means everywhere; free from `free_from_amount` of goods (0: never)."""

    method: str
    currency: str
    base_amount: int = 0
    item_amount: int = 0
    countries: tuple[str, ...] = ()
    free_from_amount: int = 0
    days_min: int = 3
    days_max: int = 10
    seller_id: Id | None = None


class ParcelLine(Value):
    """One line to deliver by `method` (each line may choose its own)."""

    line_no: int
    seller_id: Id
    method: str
    quantity: int
    weight_grams: int
    volume_mm3: int
    amount: int


class QuoteShipping(Command, key="flow_id"):
    """Price delivery of these lines to a destination; answered by ShippingQuoted, or Refused with every line that
    cannot be delivered so."""

    flow_id: Id
    country: str
    region: str
    currency: str
    lines: tuple[ParcelLine, ...]


class DeliveryCharge(Value):
    """What delivery of one line costs, and in how many days it arrives. A charge per order is on its first line."""

    line_no: int
    seller_id: Id
    method: str
    amount: int
    days_min: int
    days_max: int
    rate_id: Id


class ShippingQuoted(Event, key="flow_id"):
    flow_id: Id
    charges: tuple[DeliveryCharge, ...]


class ShippingRateSet(Event, key="rate_id"):
    rate_id: Id
    seller_id: Id
    method: str
    currency: str
    base_amount: int
    item_amount: int
    countries: tuple[str, ...]
    free_from_amount: int
    days_min: int
    days_max: int
