"""Tax rules: what part of a price the state gets, by destination and kind of goods."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from argosy.contracts.taxes import LineTax, SetTaxRule, TaxableLine, TaxRuleSet
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import DomainError, Invalid, NotAllowed, Several
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.money import AMOUNT_MAX, exponent, share

STANDARD, DELIVERY = "standard", "delivery"
WHOLE = 10_000
"""Basis points in a whole."""

LINES_MAX = 1_000

_COUNTRY = re.compile(r"[A-Z]{2}")
_REGION = re.compile(r"[A-Z0-9][A-Z0-9 .'-]{0,49}")
_CATEGORY = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class CountryNotReadable(Invalid):
    """Countries are two capital letters (ISO 3166-1)."""


class RegionNotReadable(Invalid):
    """A rule's region is a short code or name in basic Latin letters."""


class CategoryNotReadable(Invalid):
    """A tax category is named by lower-case letters, digits, - and _."""


class RateOutOfBounds(Invalid):
    """A tax rate is from nothing to the whole, in ten-thousandths."""


class AmountOutOfBounds(Invalid):
    """Taxable amounts are whole minor units, from zero up to a limit."""


class LinesNotReadable(Invalid):
    """A quote has from one to so many lines, each with a number of its own."""


class MayNotSetTaxes(NotAllowed):
    """Only our staff may say what the state gets."""


@lru_cache(maxsize=4_096)
def rule_id(country: str, region: str, category: str) -> Id:
    return named_id("tax", country, region, category)


@lru_cache(maxsize=4_096)
def candidates(country: str, region: str, category: str) -> tuple[Id, ...]:
    """Where the rule of a line is looked for: its category in the region, then in the country, then the standard
    category likewise. The first that is there counts."""
    places = dict.fromkeys((region_of(region), ""))
    return tuple(dict.fromkeys(rule_id(country, place, kind) for kind in (category, STANDARD) for place in places))


def region_of(text: str) -> str:
    """How a region is compared: people write it in an address."""
    return " ".join(text.split()).upper()


def inclusive_part(amount: int, basis_points: int) -> int:
    """The tax that `amount` contains: amount - amount * 10000 / (10000 + rate), half away from zero."""
    divisor = WHOLE + basis_points
    part, rest = divmod(abs(amount) * basis_points, divisor)
    part += 2 * rest >= divisor
    return part if amount >= 0 else -part


@dataclass(kw_only=True, eq=False)
class TaxRule(Aggregate):
    """The rate of one destination and category. Inclusive: prices contain it. Exclusive: it comes on top."""

    country: str
    region: str = ""
    category: str = STANDARD
    basis_points: int = 0
    is_inclusive: bool = True

    def apply(self, basis_points: int, *, is_inclusive: bool) -> None:
        """Become what was said; the same again tells nothing."""
        if self.sequence and (self.basis_points, self.is_inclusive) == (basis_points, is_inclusive):
            return
        self.basis_points = basis_points
        self.is_inclusive = is_inclusive
        self.record(
            TaxRuleSet(
                rule_id=self.id,
                country=self.country,
                region=self.region,
                category=self.category,
                basis_points=basis_points,
                is_inclusive=is_inclusive,
            )
        )

    def tax(self, amount: int) -> int:
        """The tax of one line, rounded there and nowhere else."""
        return (inclusive_part if self.is_inclusive else share)(amount, self.basis_points)


def line_tax(line: TaxableLine, rule: TaxRule | None) -> LineTax:
    """No rule means no tax."""
    if rule is None:
        return LineTax(line_no=line.line_no, amount=0, is_inclusive=True, basis_points=0, rule_id=None)
    return LineTax(
        line_no=line.line_no,
        amount=rule.tax(line.amount),
        is_inclusive=rule.is_inclusive,
        basis_points=rule.basis_points,
        rule_id=rule.id,
    )


def check_lines(lines: Sequence[TaxableLine], country: str, currency: str) -> None:
    """Refuse what no checkout could have meant: an unreadable country would be a country without tax."""
    exponent(currency)
    if not _COUNTRY.fullmatch(country):
        raise CountryNotReadable(country=country[:2])
    if not 0 < len(lines) <= LINES_MAX:
        raise LinesNotReadable(lines=len(lines), lines_max=LINES_MAX)
    wrong = [line.line_no for line in lines if not 0 <= line.amount <= AMOUNT_MAX]
    if wrong:
        raise AmountOutOfBounds(lines=wrong, amount_max=AMOUNT_MAX)


def check_rule(command: SetTaxRule) -> None:
    """Refuse what no law could have meant, all of it at once."""
    faults = list(_faults(command))
    if faults:
        raise faults[0] if len(faults) == 1 else Several(faults)


def _faults(command: SetTaxRule) -> Iterator[DomainError]:
    if not _COUNTRY.fullmatch(command.country):
        yield CountryNotReadable(country=command.country[:2])
    if command.region and not _REGION.fullmatch(region_of(command.region)):
        yield RegionNotReadable(region=command.region[:50])
    if not _CATEGORY.fullmatch(command.category):
        yield CategoryNotReadable(category=command.category[:32])
    if not 0 <= command.basis_points <= WHOLE:
        yield RateOutOfBounds(basis_points=command.basis_points, basis_points_max=WHOLE)
