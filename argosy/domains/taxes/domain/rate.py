"""Rates and rounding: integers throughout.

A rate is counted in millionths: a basis point is a hundred of them. Inclusive: `amount * rate / (1,000,000 + rate)` is
the part of the price that is tax. Exclusive: `amount * rate / 1,000,000` comes on top. Several taxes of one rule, also
taxes on taxes, are one exact fraction that is rounded once; their parts sum to it.
"""

from __future__ import annotations

from datetime import datetime

from argosy.contracts.taxes import FurtherTax
from argosy.shared_kernel.messages import Value
from argosy.shared_kernel.money import allocate

WHOLE = 1_000_000
"""Millionths in a whole."""
PER_BASIS_POINT = 100

HALF_UP, HALF_EVEN, DOWN, UP = "half_up", "half_even", "down", "up"
ROUNDING_MODES = (HALF_UP, HALF_EVEN, DOWN, UP)


def rounded(numerator: int, denominator: int, mode: str) -> int:
    """numerator / denominator as a whole number; `half_up` takes halves away from zero, `down` is towards zero. What is
    below zero is the mirror of what is above."""
    if numerator < 0:
        return -rounded(-numerator, denominator, mode)
    whole, rest = divmod(numerator, denominator)
    if mode == HALF_UP:
        return whole + (2 * rest >= denominator)
    if mode == HALF_EVEN:
        return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))
    return whole + (mode == UP and rest > 0)


_TERMS = ("basis_points", "hundredths", "is_inclusive", "is_end", "name", "further")


class Rate(Value, frozen=True):
    """A version of a rule: its rate from `valid_from` on (None: since ever). One that `is_end` has none."""

    basis_points: int
    is_inclusive: bool
    hundredths: int = 0
    valid_from: datetime | None = None
    is_end: bool = False
    name: str = ""
    further: tuple[FurtherTax, ...] = ()

    @property
    def millionths(self) -> int:
        """What all its taxes come to, to the next millionth."""
        own = self.basis_points * PER_BASIS_POINT + self.hundredths
        return own if not self.further else rounded(sum(self._shares()), WHOLE ** len(self.further), HALF_UP)

    @property
    def told(self) -> tuple[int, int]:
        """The same in basis points and hundredths of them."""
        return divmod(self.millionths, PER_BASIS_POINT)

    def tax(self, amount: int, mode: str = HALF_UP) -> int:
        """The tax of an amount, rounded here and nowhere else."""
        rate, whole = self.millionths, WHOLE
        if self.further:
            rate, whole = sum(self._shares()), WHOLE ** (1 + len(self.further))
        return rounded(amount * rate, whole + rate if self.is_inclusive else whole, mode)

    def parts(self, amount: int, tax: int) -> list[tuple[str, int, int, int, int]]:
        """Each tax of several with its name, what it is on, its part of `tax`, basis points and hundredths: exact
        parts, the largest remainders first, so that they sum to it."""
        if not self.further:
            return []
        base = amount - tax if self.is_inclusive else amount
        own = FurtherTax(name=self.name, basis_points=self.basis_points, hundredths=self.hundredths)
        taxes = [own, *self.further]
        amounts = allocate(tax, self._shares()) if tax else [0] * len(taxes)
        found, before = [], 0
        for one, part in zip(taxes, amounts, strict=True):
            taxed = base + before if one.is_compound else base
            found.append((one.name, taxed, part, one.basis_points, one.hundredths))
            before += part
        return found

    def _shares(self) -> list[int]:
        """What each tax takes of a whole, exact: in parts of WHOLE to the power of how many there are."""
        whole = WHOLE ** len(self.further)
        shares = [(self.basis_points * PER_BASIS_POINT + self.hundredths) * whole]
        for one in self.further:
            rate = one.basis_points * PER_BASIS_POINT + one.hundredths
            shares.append(rate * whole + (rate * sum(shares) // WHOLE if one.is_compound else 0))
        return shares

    def same_terms(self, other: Rate) -> bool:
        """Whether both mean the same, whenever they begin."""
        return all(getattr(self, name) == getattr(other, name) for name in _TERMS)


def rate_in_force(rates: tuple[Rate, ...], at: datetime) -> Rate | None:
    """Of versions in order of their beginnings, the last that has begun; None where none has, or it is an end."""
    found: Rate | None = None
    for rate in rates:
        if rate.valid_from is not None and rate.valid_from > at:
            break
        found = rate
    return None if found is None or found.is_end else found
