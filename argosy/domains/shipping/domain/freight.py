"""What a parcel costs by the terms of its destination: bands of weight and volume, and what is above them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from argosy.contracts.shipping import FreightBand, FreightZone, ShippingPlace
from argosy.domains.shipping.domain.faults import (
    AmountOutOfBounds,
    BandsNotReadable,
    DaysOutOfBounds,
    ZonesNotReadable,
)
from argosy.domains.shipping.domain.places import NOT_THERE, Destination, compared, is_place
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.messages import Value

RATE_AMOUNT_MAX = 10**10
DAYS_MAX = 365
BANDS_MAX = 100
ZONES_MAX = 100
PLACES_MAX = 1_000
NAME_LETTERS_MAX = 100
GRAMS_MAX = 10**9
MM3_MAX = 10**13

TOO_HEAVY, TOO_BIG = "too_heavy", "too_big"


class Terms(Value, frozen=True):
    """What counts in one place; `zone` names it where the template has several."""

    base_amount: int
    item_amount: int
    free_from_amount: int
    bands: tuple[FreightBand, ...]
    extra_grams: int
    extra_amount: int
    days_min: int
    days_max: int
    zone: str = ""

    def is_free(self, goods_amount: int) -> bool:
        return 0 < self.free_from_amount <= goods_amount

    def band_amount(self, grams: int, mm3: int) -> int | str:
        """What a parcel costs beside base and pieces; or why it is not taken at all."""
        if not self.bands:
            return 0
        for band in self.bands:
            if grams <= band.up_to_grams and (not band.up_to_mm3 or mm3 <= band.up_to_mm3):
                return band.amount
        last = self.bands[-1]
        if grams <= last.up_to_grams or (last.up_to_mm3 and mm3 > last.up_to_mm3):
            return TOO_BIG
        if not self.extra_grams:
            return TOO_HEAVY
        begun = -(-(grams - last.up_to_grams) // self.extra_grams)
        return last.amount + begun * self.extra_amount


def terms_of_zone(zone: FreightZone) -> Terms:
    return Terms(
        base_amount=zone.base_amount,
        item_amount=zone.item_amount,
        free_from_amount=zone.free_from_amount,
        bands=zone.bands,
        extra_grams=zone.extra_grams,
        extra_amount=zone.extra_amount,
        days_min=zone.days_min,
        days_max=zone.days_max,
        zone=zone.name,
    )


def nearest(zones: Sequence[FreightZone], where: Destination) -> FreightZone | None:
    """The zone with the nearest place; the one without places where no place is near; None where there is none."""
    best, found = NOT_THERE, None
    elsewhere = None
    for zone in zones:
        if not zone.places:
            elsewhere = zone
        for place in zone.places:
            near = where.nearness(place)
            if near > best:
                best, found = near, zone
    return found or elsewhere


def chargeable_grams(grams: int, mm3: int, divisor: int) -> int:
    """What a parcel is weighed at: its weight, or its volume by the divisor where that is more, begun grams whole."""
    return max(grams, -(-mm3 // divisor)) if divisor else grams


def zones_compared(zones: Sequence[FreightZone]) -> tuple[FreightZone, ...]:
    """Zones as they are kept: the same terms, places as they are compared."""
    return tuple(
        [
            FreightZone(
                name=" ".join(zone.name.split()),
                places=compared(zone.places),
                base_amount=zone.base_amount,
                item_amount=zone.item_amount,
                free_from_amount=zone.free_from_amount,
                bands=zone.bands,
                extra_grams=zone.extra_grams,
                extra_amount=zone.extra_amount,
                days_min=zone.days_min,
                days_max=zone.days_max,
            )
            for zone in zones
        ]
    )


def band_faults(bands: Sequence[FreightBand], extra: tuple[int, int], where: str) -> Iterator[DomainError]:
    """What is wrong with bands and what is above them; `extra` are grams and amount."""
    weights = [band.up_to_grams for band in bands]
    is_upwards = all(before < after for before, after in pairwise(weights))
    is_bounded = all(0 < band.up_to_grams <= GRAMS_MAX and 0 <= band.up_to_mm3 <= MM3_MAX for band in bands)
    if not is_upwards or not is_bounded or len(bands) > BANDS_MAX or not 0 <= extra[0] <= GRAMS_MAX:
        yield BandsNotReadable(field=f"{where}bands", bands_max=BANDS_MAX)
    elif extra[0] and not bands:
        yield BandsNotReadable(field=f"{where}extra_grams")
    if not all(0 <= band.amount <= RATE_AMOUNT_MAX for band in bands):
        yield AmountOutOfBounds(field=f"{where}bands", amount_max=RATE_AMOUNT_MAX)
    if not 0 <= extra[1] <= RATE_AMOUNT_MAX:
        yield AmountOutOfBounds(field=f"{where}extra_amount", amount_max=RATE_AMOUNT_MAX)


def zone_faults(zones: Sequence[FreightZone]) -> Iterator[DomainError]:
    """What is wrong with zones, all of it."""
    names = [" ".join(zone.name.split()) for zone in zones]
    places: list[ShippingPlace] = [place for zone in zones for place in zone.places]
    if (
        len(zones) > ZONES_MAX
        or len(places) > PLACES_MAX
        or not all(name and len(name) <= NAME_LETTERS_MAX and name.isprintable() for name in names)
        or len(set(names)) < len(names)
        or sum(not zone.places for zone in zones) > 1
        or not all(is_place(place) for place in places)
        or sum(len(compared(zone.places)) for zone in zones) > len(compared(places))
    ):
        yield ZonesNotReadable(zones_max=ZONES_MAX, places_max=PLACES_MAX)
    for number, zone in enumerate(zones, 1):
        where = f"zones[{number}]."
        for name in ("base_amount", "item_amount", "free_from_amount"):
            if not 0 <= getattr(zone, name) <= RATE_AMOUNT_MAX:
                yield AmountOutOfBounds(field=where + name, amount_max=RATE_AMOUNT_MAX)
        yield from band_faults(zone.bands, (zone.extra_grams, zone.extra_amount), where)
        if not 0 <= zone.days_min <= zone.days_max <= DAYS_MAX:
            yield DaysOutOfBounds(days_min=zone.days_min, days_max=zone.days_max, days_limit=DAYS_MAX)
