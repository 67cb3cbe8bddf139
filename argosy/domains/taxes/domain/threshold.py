"""Registration thresholds: from which sales on a seller must be registered, and where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from argosy.contracts.taxes import TaxPlace
from argosy.contracts.taxes_thresholds import SetTaxThreshold, TaxThresholdEnded, TaxThresholdSet
from argosy.domains.taxes.domain.places import (
    NAME_LETTERS_MAX,
    PLACES_MAX,
    PlacesNotReadable,
    ZoneNotReadable,
    is_country,
    is_region,
    is_zone,
    region_of,
)
from argosy.domains.taxes.domain.rule import TooManyVersions, VersionIsInThePast
from argosy.domains.taxes.domain.terms import TermsNotReadable
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import DomainError, Invalid, NotFound
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.messages import Value
from argosy.shared_kernel.money import AMOUNT_MAX, exponent

CALENDAR_YEAR, CURRENT_OR_PREVIOUS_YEAR, TWELVE_MONTHS = "calendar_year", "current_or_previous_year", "twelve_months"
PERIODS = (CALENDAR_YEAR, CURRENT_OR_PREVIOUS_YEAR, TWELVE_MONTHS)
GROSS, NET = "gross", "net"
NOT_ESTABLISHED, ESTABLISHED, ALL = "not_established", "established", "all"
_KNOWN = {"period": PERIODS, "counts": (GROSS, NET), "concerns": (NOT_ESTABLISHED, ESTABLISHED, ALL)}
SALES_MAX = 1_000_000_000
PERCENT_MAX = 1_000_000
ZONES_MAX = 50
VERSIONS_MAX = 100

_with: Any = msgspec.structs.replace


class ThresholdNotReadable(Invalid):
    """A threshold is named by a code of capital letters, digits, - and _, and has a name of 1 to 100 letters."""


class ThresholdWithoutMeasure(Invalid):
    """A threshold is an amount, a number of sales, or both; of what needs both, both are said."""


class ThresholdOutOfBounds(Invalid):
    """A threshold is above zero and up to a limit; near is from 1 to 99 percent of it."""


class NoSuchThreshold(NotFound):
    """There is no such threshold."""


class ZoneUnknown(Invalid):
    """A threshold's zones are there, and hold a country or a region: where a sale went is known no nearer."""


def threshold_id(code: str) -> Id:
    return named_id("tax-threshold", code)


class Limit(Value, frozen=True, omit_defaults=True):
    """A version of a threshold: see SetTaxThreshold. One that `is_end` has no measure."""

    name: str
    currency: str
    amount: int | None = None
    sales: int | None = None
    needs_both: bool = False
    places: tuple[TaxPlace, ...] = ()
    zones: tuple[str, ...] = ()
    period: str = CALENDAR_YEAR
    counts: str = GROSS
    subtracts_refunds: bool = False
    leaves_out_businesses: bool = False
    concerns: str = NOT_ESTABLISHED
    near_percent: int = 80
    valid_from: datetime | None = None
    is_end: bool = False

    def percent(self, amount: int, sales: int) -> int:
        """How much of it is reached, in whole percent, rounded down: 100 is there."""
        parts = [
            max(0, done) * 100 // whole
            for done, whole in ((amount, self.amount), (sales, self.sales))
            if whole is not None
        ]
        return min(PERCENT_MAX, min(parts) if self.needs_both else max(parts))

    def names(self, country: str, region: str) -> bool:
        """Whether this place is one of its places, or lies in one."""
        return any(place.country == country and place.region in ("", region) for place in self.places)


_SAID = tuple([name for name in Limit.__annotations__ if name != "is_end"])


@dataclass(kw_only=True, eq=False)
class TaxThreshold(Aggregate):
    """One threshold in all its versions. Only while it is made may it be given a past."""

    code: str
    versions: tuple[Limit, ...] = ()

    def limit_at(self, at: datetime) -> Limit | None:
        """What counts at a time, if anything."""
        found: Limit | None = None
        for version in self.versions:
            if version.valid_from is not None and version.valid_from > at:
                break
            found = version
        return None if found is None or found.is_end else found

    def apply(self, limit: Limit, now: datetime) -> None:
        """Count so from the version's time, or from now on; the same again tells nothing. One that is new counts since
        ever where no time is named."""
        if not self.sequence:
            self.versions = (limit,)
        elif not self._begin(limit, now):
            return
        said = {name: getattr(limit, name) for name in _SAID}
        self.record(TaxThresholdSet(threshold_id=self.id, code=self.code, **said))

    def end(self, at: datetime | None, now: datetime) -> None:
        """Count no more from then on; again changes nothing."""
        last = self.versions[-1]
        if self._begin(Limit(name=last.name, currency=last.currency, valid_from=at, is_end=True), now):
            self.record(TaxThresholdEnded(threshold_id=self.id, code=self.code, valid_from=at or now))

    def _begin(self, limit: Limit, now: datetime) -> bool:
        """Add a version from its time on; whether that changes anything. One that was planned for just then goes."""
        version = _with(limit, valid_from=limit.valid_from or now)
        at = version.valid_from
        if at < now:
            if version in self.versions:
                return False
            raise VersionIsInThePast(valid_from=at.isoformat())
        earlier = tuple([one for one in self.versions if one.valid_from is None or one.valid_from < at])
        later = tuple([one for one in self.versions if one.valid_from is not None and one.valid_from > at])
        counts_already = bool(earlier) and _with(earlier[-1], valid_from=at) == version
        versions = (*earlier, *(() if counts_already and at == now else (version,)), *later)
        if versions == self.versions:
            return False
        if len(versions) > VERSIONS_MAX:
            raise TooManyVersions(versions_max=VERSIONS_MAX)
        self.versions = versions
        return True


def limit_of(command: SetTaxThreshold) -> Limit:
    """The version, with its places as they are compared, in one order."""
    said = {name: getattr(command, name) for name in _SAID}
    places = {(place.country, region_of(place.region)): None for place in command.places}
    said["places"] = tuple([TaxPlace(country=country, region=region) for country, region in sorted(places)])
    said["zones"] = tuple(sorted(set(command.zones)))
    said["name"] = command.name.strip()
    return Limit(**said)


def threshold_faults(command: SetTaxThreshold) -> Iterator[DomainError]:
    """What is wrong with a threshold, all of it."""
    if not is_zone(command.code) or not (
        command.name.isprintable() and 0 < len(command.name.strip()) <= NAME_LETTERS_MAX
    ):
        yield ThresholdNotReadable(code=command.code[:32])
    try:
        exponent(command.currency)
    except DomainError as fault:
        yield fault
    yield from _wrong_measure(command)
    for name, known in _KNOWN.items():
        if getattr(command, name) not in known:
            yield TermsNotReadable(field=name, known=list(known))
    bad = [number for number, place in enumerate(command.places, 1) if not _is_place(place)]
    places = {(place.country, region_of(place.region)) for place in command.places}
    if bad or len(command.places) > PLACES_MAX or len(places) < len(command.places) or not _is_somewhere(command):
        yield PlacesNotReadable(places=bad[:10], places_max=PLACES_MAX)
    wrong = [code[:32] for code in command.zones if not is_zone(code)]
    if wrong or len(command.zones) > ZONES_MAX:
        yield ZoneNotReadable(field="zones", codes=wrong[:10], zones_max=ZONES_MAX)


def _wrong_measure(command: SetTaxThreshold) -> Iterator[DomainError]:
    measures = (command.amount, command.sales)
    if measures == (None, None) or (command.needs_both and None in measures):
        yield ThresholdWithoutMeasure()
    bounds = ((command.amount, AMOUNT_MAX), (command.sales, SALES_MAX), (command.near_percent, 99))
    if any(value is not None and not 0 < value <= most for value, most in bounds):
        yield ThresholdOutOfBounds(amount_max=AMOUNT_MAX, sales_max=SALES_MAX)


def _is_somewhere(command: SetTaxThreshold) -> bool:
    return bool(command.places or command.zones)


def _is_place(place: TaxPlace) -> bool:
    """Where a sale went is known by country and region."""
    is_readable = is_country(place.country) and (not place.region or is_region(region_of(place.region)))
    return is_readable and not place.postal_prefix
