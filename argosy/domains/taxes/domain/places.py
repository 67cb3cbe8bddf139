"""Where something is taxed: countries, their regions, postal codes, and zones of several of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from argosy.contracts.taxes import SetTaxZone, TaxPlace, TaxZoneSet
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import DomainError, Invalid, RuleBroken
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.messages import Value

PLACES_MAX = 5_000
NAME_LETTERS_MAX = 100
NOWHERE = ""
"""The country of rules that belong to a zone: its code stands where a region does."""

_COUNTRY = re.compile(r"[A-Z]{2}")
_REGION = re.compile(r"[A-Z0-9][A-Z0-9 .'-]{0,49}")
_ZONE = re.compile(r"[A-Z][A-Z0-9_-]{0,31}")
_POSTAL = re.compile(r"[A-Z0-9]{1,10}")
_NOT_POSTAL = re.compile(r"[^A-Z0-9]")


class CountryNotReadable(Invalid):
    """Countries are two capital letters (ISO 3166-1)."""


class RegionNotReadable(Invalid):
    """A rule's region is a short code or name in basic Latin letters."""


class ZoneNotReadable(Invalid):
    """A zone is named by a code of capital letters, digits, - and _, and has a name of 1 to 100 letters."""


class PlacesNotReadable(Invalid):
    """A zone's places are countries, regions or beginnings of postal codes, each of them once."""


class PlaceIsInAnotherZone(RuleBroken):
    """A place is in one zone at most."""


class PlaceIsOfRuleOrZone(Invalid):
    """A rule is for a zone or for a country, not for both."""


@lru_cache(maxsize=4_096)
def rule_id(country: str, region: str, category: str) -> Id:
    return named_id("tax", country, region, category)


def place_id(country: str, region: str) -> Id:
    """Under which the terms of a place and its zones are kept, among the rules of it."""
    return rule_id(country, region, "")


@lru_cache(maxsize=1_024)
def zone_id(code: str) -> Id:
    return named_id("tax-zone", code)


def region_of(text: str) -> str:
    """How a region is compared: people write it in an address."""
    return " ".join(text.split()).upper()


def postal_of(text: str) -> str:
    """How a postal code is compared: capital letters and digits, without what stands between them."""
    return _NOT_POSTAL.sub("", text.upper())[:10]


def is_country(text: str) -> bool:
    return _COUNTRY.fullmatch(text) is not None


def is_region(text: str) -> bool:
    return _REGION.fullmatch(text) is not None


def is_zone(text: str) -> bool:
    return _ZONE.fullmatch(text) is not None


class Destination(Value, frozen=True):
    """Where the goods go; `region` and `postal_code` as they are compared."""

    country: str
    region: str = ""
    postal_code: str = ""

    @classmethod
    def of(cls, country: str, region: str, postal_code: str) -> Destination:
        return cls(country=country, region=region_of(region), postal_code=postal_of(postal_code))


@dataclass(kw_only=True, eq=False)
class TaxZone(Aggregate):
    """Places that share rules."""

    code: str
    name: str = ""
    places: tuple[TaxPlace, ...] = ()

    def become(self, name: str, places: tuple[TaxPlace, ...]) -> None:
        """Hold these places and no others; the same again tells nothing."""
        if self.sequence and (self.name, self.places) == (name, places):
            return
        self.name, self.places = name, places
        self.record(TaxZoneSet(zone_id=self.id, code=self.code, name=name, places=places))


def places_of(command: SetTaxZone) -> tuple[TaxPlace, ...]:
    """The places as they are compared, in one order."""
    places = {
        (place.country, region_of(place.region), postal_of(place.postal_prefix)): None for place in command.places
    }
    return tuple([TaxPlace(country=where[0], region=where[1], postal_prefix=where[2]) for where in sorted(places)])


def zone_faults(command: SetTaxZone) -> Iterator[DomainError]:
    """What is wrong with a zone, all of it."""
    if not is_zone(command.code) or not (
        command.name.isprintable() and 0 < len(command.name.strip()) <= NAME_LETTERS_MAX
    ):
        yield ZoneNotReadable(code=command.code[:32])
    bad = [number for number, place in enumerate(command.places, 1) if not _is_place(place)]
    if bad or len(command.places) > PLACES_MAX or len(places_of(command)) < len(command.places):
        yield PlacesNotReadable(places=bad[:10], places_max=PLACES_MAX)


def _is_place(place: TaxPlace) -> bool:
    region, postal = region_of(place.region), postal_of(place.postal_prefix)
    if not is_country(place.country) or (place.region and not is_region(region)):
        return False
    # Postal codes are a country's own, whatever its regions.
    return not place.postal_prefix or (not region and _POSTAL.fullmatch(postal) is not None)
