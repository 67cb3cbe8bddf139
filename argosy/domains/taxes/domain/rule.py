"""Tax rules: what part of a price the state gets, by destination, kind of goods and time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from argosy.contracts.taxes import SetTaxRule, TaxableLine, TaxRuleEnded, TaxRuleSet, TaxTermsSet
from argosy.domains.taxes.domain.places import (
    NOWHERE,
    CountryNotReadable,
    PlaceIsOfRuleOrZone,
    RegionNotReadable,
    ZoneNotReadable,
    is_country,
    is_region,
    is_zone,
    region_of,
)
from argosy.domains.taxes.domain.rate import Rate, rate_in_force
from argosy.domains.taxes.domain.terms import NOTHING_SAID, TERMS, PlaceTerms, Terms
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import DomainError, Invalid, NotAllowed, NotFound, RuleBroken, refuse
from argosy.shared_kernel.money import AMOUNT_MAX, exponent

STANDARD, DELIVERY = "standard", "delivery"
BASIS_POINTS_MAX = 10_000
HUNDREDTHS_MAX = 99
FURTHER_MAX = 4
NAME_LETTERS_MAX = 40
LINES_MAX = 1_000
VERSIONS_MAX = 200

_CATEGORY = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class CategoryNotReadable(Invalid):
    """A tax category is named by lower-case letters, digits, - and _."""


class RateOutOfBounds(Invalid):
    """A tax rate is from nothing to the whole, in ten-thousandths."""


class FurtherTaxesNotReadable(Invalid):
    """A rule of several taxes names each of them differently, and has at most four beside the first."""


class AmountOutOfBounds(Invalid):
    """Taxable amounts are whole minor units, from zero up to a limit."""


class LinesNotReadable(Invalid):
    """A quote has from one to so many lines, each with a number of its own."""


class MayNotSetTaxes(NotAllowed):
    """Only our staff may say what the state gets."""


class NoSuchTaxRule(NotFound):
    """There is no such rule."""


class VersionIsInThePast(RuleBroken):
    """What a rule was stays as it was: a new version begins now or later."""


class TooManyVersions(RuleBroken):
    """A rule has at most so many versions."""


@dataclass(kw_only=True, eq=False)
class TaxRule(Aggregate):
    """The rates of one destination and category, one after the other. Only while it is made may it be given a past.

    `basis_points`, `hundredths` and `is_inclusive` are those in force when it was last set; `versions` are all. A row
    of the category "" has no rates: it keeps the terms of its place (`place`), so that a quote loads one kind of row.
    """

    country: str
    region: str = ""
    category: str = STANDARD
    basis_points: int = 0
    hundredths: int = 0
    is_inclusive: bool = True
    versions: tuple[Rate, ...] = ()
    place: PlaceTerms = field(default=NOTHING_SAID)

    @property
    def zone(self) -> str:
        return self.region if self.country == NOWHERE else ""

    @property
    def rates(self) -> tuple[Rate, ...]:
        """All versions in order; a rule that never changed has counted since ever."""
        if self.versions or not self.category:
            return self.versions
        return (Rate(basis_points=self.basis_points, hundredths=self.hundredths, is_inclusive=self.is_inclusive),)

    def rate_at(self, at: datetime) -> Rate | None:
        """What counts at a time, if anything."""
        return rate_in_force(self.rates, at)

    def apply(self, rate: Rate, now: datetime) -> None:
        """Count so from the rate's time, or from now on; the same again tells nothing. A rule that is new counts since
        ever where no time is named."""
        if not self.sequence:
            self._keep((rate,), now)
        elif not self._begin(rate, now):
            return
        zone = self.zone
        self.record(
            TaxRuleSet(
                rule_id=self.id,
                country=self.country,
                region="" if zone else self.region,
                category=self.category,
                basis_points=rate.basis_points,
                is_inclusive=rate.is_inclusive,
                zone=zone,
                hundredths=rate.hundredths,
                valid_from=rate.valid_from,
                name=rate.name,
                further=rate.further,
            )
        )

    def end(self, at: datetime | None, now: datetime) -> None:
        """Count no more from then on; again changes nothing."""
        last = Rate(basis_points=0, is_inclusive=self.is_inclusive, valid_from=at, is_end=True)
        if self._begin(last, now):
            self.record(TaxRuleEnded(rule_id=self.id, valid_from=at or now))

    def set_terms(self, terms: Terms) -> None:
        """Tax by these terms here from now on; the same again tells nothing."""
        if self.place.terms == terms:
            return
        self.place = PlaceTerms(terms=terms, zone=self.place.zone, postal_zones=self.place.postal_zones)
        values = {name: getattr(terms, name) for name in TERMS}
        self.record(TaxTermsSet(terms_id=self.id, country=self.country, region=self.region, **values))

    def _begin(self, rate: Rate, now: datetime) -> bool:
        """Add a version from its time on; whether that changes anything. One that was planned for just then goes."""
        at = rate.valid_from or now
        if at < now and self.version:
            if any(one.valid_from == at and one.same_terms(rate) for one in self.rates):
                return False
            raise VersionIsInThePast(valid_from=at.isoformat())
        earlier = [one for one in self.rates if one.valid_from is None or one.valid_from < at]
        later = [one for one in self.rates if one.valid_from is not None and one.valid_from > at]
        version = Rate(
            basis_points=rate.basis_points,
            hundredths=rate.hundredths,
            is_inclusive=rate.is_inclusive,
            valid_from=at,
            is_end=rate.is_end,
            name=rate.name,
            further=rate.further,
        )
        # What counts already needs no version of its own now; one that is planned is kept, whatever comes before it.
        before = earlier[-1] if earlier else Rate(basis_points=0, is_inclusive=True, is_end=True)
        versions = (*earlier, *([] if at == now and before.same_terms(rate) else [version]), *later)
        if versions == self.rates:
            return False
        if len(versions) > VERSIONS_MAX:
            raise TooManyVersions(versions_max=VERSIONS_MAX)
        self._keep(versions, now)
        return True

    def _keep(self, versions: tuple[Rate, ...], now: datetime) -> None:
        """A single version that counts since ever stands in the columns alone."""
        shown = rate_in_force(versions, now) or versions[-1]
        self.basis_points, self.hundredths = shown.basis_points, shown.hundredths
        self.is_inclusive = shown.is_inclusive
        only = versions[0]
        is_plain = only.valid_from is None and not only.further
        self.versions = () if len(versions) == 1 and is_plain else versions


def check_lines(lines: Sequence[TaxableLine], country: str, currency: str) -> None:
    """Refuse what no checkout could have meant: an unreadable country would be a country without tax."""
    refuse(line_faults(lines, country, currency))


def line_faults(lines: Sequence[TaxableLine], country: str, currency: str) -> Iterator[DomainError]:
    """What is wrong with a quote, all of it."""
    try:
        exponent(currency)
    except DomainError as fault:
        yield fault
    if not is_country(country):
        yield CountryNotReadable(country=country[:2])
    if not 0 < len(lines) <= LINES_MAX or len({line.line_no for line in lines}) < len(lines):
        yield LinesNotReadable(lines=len(lines), lines_max=LINES_MAX)
    wrong = [line.line_no for line in lines if not 0 <= line.amount <= AMOUNT_MAX]
    if wrong:
        yield AmountOutOfBounds(lines=wrong, amount_max=AMOUNT_MAX)


def check_rule(command: SetTaxRule) -> None:
    """Refuse what no law could have meant, all of it at once."""
    refuse(_faults(command))


def _faults(command: SetTaxRule) -> Iterator[DomainError]:
    if command.zone:
        if command.country or command.region:
            yield PlaceIsOfRuleOrZone()
        if not is_zone(command.zone):
            yield ZoneNotReadable(code=command.zone[:32])
    elif not is_country(command.country):
        yield CountryNotReadable(country=command.country[:2])
    if command.region and not is_region(region_of(command.region)):
        yield RegionNotReadable(region=command.region[:50])
    if not _CATEGORY.fullmatch(command.category):
        yield CategoryNotReadable(category=command.category[:32])
    millionths = command.basis_points * 100 + command.hundredths
    if not (
        0 <= command.basis_points <= BASIS_POINTS_MAX
        and 0 <= command.hundredths <= HUNDREDTHS_MAX
        and millionths <= BASIS_POINTS_MAX * 100
    ):
        yield RateOutOfBounds(basis_points=command.basis_points, basis_points_max=BASIS_POINTS_MAX)
    elif command.further or command.name:
        yield from _wrong_further(command)


def _wrong_further(command: SetTaxRule) -> Iterator[DomainError]:
    names = [command.name, *[one.name for one in command.further]]
    wrong = [name for name in names if not (name.isprintable() and 0 < len(name.strip()) <= NAME_LETTERS_MAX)]
    if wrong or not command.further or len(command.further) > FURTHER_MAX or len(set(names)) < len(names):
        yield FurtherTaxesNotReadable(further_max=FURTHER_MAX, letters_max=NAME_LETTERS_MAX)
    rates_are_right = all(
        0 <= one.basis_points <= BASIS_POINTS_MAX and 0 <= one.hundredths <= HUNDREDTHS_MAX for one in command.further
    )
    if len(command.further) <= FURTHER_MAX and (
        not rates_are_right or rate_of(command).millionths > BASIS_POINTS_MAX * 100
    ):
        yield RateOutOfBounds(field="further", basis_points_max=BASIS_POINTS_MAX)


def rate_of(command: SetTaxRule) -> Rate:
    return Rate(
        basis_points=command.basis_points,
        hundredths=command.hundredths,
        is_inclusive=command.is_inclusive,
        valid_from=command.valid_from,
        name=command.name,
        further=command.further,
    )
