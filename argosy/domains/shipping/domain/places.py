"""Where parcels go, and which of several places is the nearest."""

from __future__ import annotations

import re
from collections.abc import Iterable

from argosy.contracts.shipping import ShippingPlace
from argosy.shared_kernel.messages import Value

_COUNTRY = re.compile(r"[A-Z]{2}")
_REGION = re.compile(r"[A-Z0-9][A-Z0-9 .'-]{0,49}")
_NOT_POSTAL = re.compile(r"[^A-Z0-9]")

NOT_THERE = -1
"""How near a place is that the destination is not in; the nearest has the highest number."""


class Destination(Value, frozen=True):
    """Where a parcel goes; region and postal code as they are compared."""

    country: str
    region: str = ""
    postal_code: str = ""

    @classmethod
    def of(cls, country: str, region: str, postal_code: str) -> Destination:
        return cls(country=country, region=region_of(region), postal_code=postal_of(postal_code))

    def nearness(self, place: ShippingPlace) -> int:
        """Postal codes before regions, longer beginnings before shorter ones, regions before the country."""
        if place.country != self.country:
            return NOT_THERE
        if place.postal_prefix:
            return 1 + len(place.postal_prefix) if self.postal_code.startswith(place.postal_prefix) else NOT_THERE
        if place.region:
            return 1 if place.region == self.region else NOT_THERE
        return 0

    def is_in(self, places: Iterable[ShippingPlace]) -> bool:
        """Whether it is in one of these; in none of none."""
        return any(self.nearness(place) != NOT_THERE for place in places)


def region_of(text: str) -> str:
    """How a region is compared: people write it in an address."""
    return " ".join(text.split()).upper()


def postal_of(text: str) -> str:
    """How a postal code is compared: capital letters and digits, without what stands between them."""
    return _NOT_POSTAL.sub("", text.upper())[:10]


def is_country(text: str) -> bool:
    return _COUNTRY.fullmatch(text) is not None


def compared(places: Iterable[ShippingPlace]) -> tuple[ShippingPlace, ...]:
    """Places as they are compared, in one order, each once."""
    found = {(place.country, region_of(place.region), postal_of(place.postal_prefix)): None for place in places}
    return tuple([ShippingPlace(country=at[0], region=at[1], postal_prefix=at[2]) for at in sorted(found)])


def is_place(place: ShippingPlace) -> bool:
    """Whether it can be read. Postal codes are a country's own, whatever its regions."""
    if not is_country(place.country) or (place.region and not _REGION.fullmatch(region_of(place.region))):
        return False
    return not place.postal_prefix or (not place.region and bool(postal_of(place.postal_prefix)))
