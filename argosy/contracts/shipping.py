"""What shipping accepts and announces: delivery quotes now, parcels later."""

from __future__ import annotations

from datetime import date
from typing import Any

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Personal, Value


class ShippingPlace(Value):
    """A country, a region of it, or what its postal codes begin with."""

    country: str
    region: str = ""
    postal_prefix: str = ""


class FreightBand(Value):
    """What a parcel costs up to so many grams, and up to so many cubic millimetres (0: whatever its volume)."""

    up_to_grams: int
    amount: int
    up_to_mm3: int = 0


class FreightZone(Value):
    """Terms for some places (none: for everywhere that no other zone names); see SetShippingRate."""

    name: str
    places: tuple[ShippingPlace, ...] = ()
    base_amount: int = 0
    item_amount: int = 0
    free_from_amount: int = 0
    bands: tuple[FreightBand, ...] = ()
    extra_grams: int = 0
    extra_amount: int = 0
    days_min: int = 3
    days_max: int = 10


class GoodsRestriction(Value):
    """Goods of these categories (none: all goods) are not delivered to these places (none: anywhere)."""

    reason: str
    categories: tuple[str, ...] = ()
    places: tuple[ShippingPlace, ...] = ()


class SetShippingRate(Command):
    """A freight template: what a seller charges for delivery by `method`, in minor units. `base_amount` per order,
    `item_amount` per piece, and the band of the parcel's weight; above the last band `extra_amount` for each
    `extra_grams` begun (0: no further). Free from `free_from_amount` of goods (0: never).

    With `zones`, the terms of the nearest zone count in their place. `countries` empty means everywhere. A parcel
    weighs no less than its cubic millimetres divided by `volumetric_divisor` (0: its weight alone counts; 5000 is
    usual). What is not offered can still be chosen by name.
    """

    method: str
    currency: str
    base_amount: int = 0
    item_amount: int = 0
    countries: tuple[str, ...] = ()
    free_from_amount: int = 0
    days_min: int = 3
    days_max: int = 10
    seller_id: Id | None = None
    label: str = ""
    zones: tuple[FreightZone, ...] = ()
    bands: tuple[FreightBand, ...] = ()
    extra_grams: int = 0
    extra_amount: int = 0
    volumetric_divisor: int = 0
    restrictions: tuple[GoodsRestriction, ...] = ()
    is_offered: bool = True


class EndShippingRate(Command):
    """The template counts no more: the platform's of that method, if there is one, counts in its place."""

    rate_id: Id


class SetDeliveryPolicy(Command):
    """What holds for all methods of a seller, or of the platform where no seller is named: when parcels leave, and
    which goods may not go where.

    An order that comes before `cut_off_minutes` of a working day (in `timezone`) counts as of that day; it leaves
    `handling_days` working days later. `workdays` are numbers from 1, Monday; `holidays` are no working days.
    """

    seller_id: Id | None = None
    timezone: str = "UTC"
    cut_off_minutes: int = 720
    handling_days: int = 0
    workdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    holidays: tuple[date, ...] = ()
    restrictions: tuple[GoodsRestriction, ...] = ()


class ParcelLine(Value):
    """One line to deliver by `method` (each line may choose its own). Weight and volume are of one piece."""

    line_no: int
    seller_id: Id
    method: str
    quantity: int
    weight_grams: int
    volume_mm3: int
    amount: int
    category: str = ""


class QuoteShipping(Command, key="flow_id", subject="buyer_id", version=2):
    """Price delivery of these lines to a destination; answered by ShippingQuoted, or Refused with every line that
    cannot be delivered so. The first version named neither the buyer nor the postal code."""

    flow_id: Id
    country: str
    region: str
    currency: str
    lines: tuple[ParcelLine, ...]
    postal_code: Personal[str] = ""
    buyer_id: Id = Id("")

    @classmethod
    def upcast(cls, version: int, fields: dict[str, Any]) -> dict[str, Any]:
        """What the first version left out stays empty."""
        return fields


class OfferedLine(Value):
    """One line that is to be delivered somehow. Weight and volume are of one piece."""

    line_no: int
    seller_id: Id
    quantity: int
    amount: int
    weight_grams: int = 0
    volume_mm3: int = 0
    category: str = ""


class OfferShipping(Command):
    """By which methods each seller would deliver these lines there, for how much and until when. Nothing is promised:
    a checkout quotes what was chosen again."""

    country: str
    currency: str
    lines: tuple[OfferedLine, ...]
    region: str = ""
    postal_code: str = ""


class MethodOffered(Value):
    """One method for all lines of a seller, with its price and the days on which it arrives."""

    method: str
    label: str
    amount: int
    days_min: int
    days_max: int
    arrives_from: date
    arrives_to: date
    rate_id: Id


class SellerOffers(Value):
    """The methods of one seller, cheapest first; `refused` names lines that none of them delivers, and why."""

    seller_id: Id
    methods: tuple[MethodOffered, ...]
    refused: tuple[dict[str, Any], ...] = ()


class ShippingOffers(Value):
    """What every seller offers."""

    currency: str
    sellers: tuple[SellerOffers, ...]


class DeliveryCharge(Value, omit_defaults=True):
    """What delivery of one line costs, and in how many days it arrives. A charge per order is on its first line.

    `zone` names the zone of the template that counted, `chargeable_grams` what the whole parcel was weighed at where
    bands or volume decided. The days of arrival are told where a policy says when parcels leave.
    """

    line_no: int
    seller_id: Id
    method: str
    amount: int
    days_min: int
    days_max: int
    rate_id: Id
    zone: str = ""
    chargeable_grams: int = 0
    arrives_from: date | None = None
    arrives_to: date | None = None


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
    label: str = ""
    zones: tuple[FreightZone, ...] = ()
    bands: tuple[FreightBand, ...] = ()
    extra_grams: int = 0
    extra_amount: int = 0
    volumetric_divisor: int = 0
    restrictions: tuple[GoodsRestriction, ...] = ()
    is_offered: bool = True


class ShippingRateEnded(Event, key="rate_id"):
    rate_id: Id
    seller_id: Id
    method: str
    currency: str


class DeliveryPolicySet(Event, key="policy_id"):
    policy_id: Id
    seller_id: Id
    timezone: str
    cut_off_minutes: int
    handling_days: int
    workdays: tuple[int, ...]
    holidays: tuple[date, ...]
    restrictions: tuple[GoodsRestriction, ...]
