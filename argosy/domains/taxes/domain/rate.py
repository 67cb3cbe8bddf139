"""Rates and rounding: integers throughout.

A rate is counted in millionths: a basis point is a hundred of them. Inclusive: `amount * rate / (1,000,000 + rate)` is
the part of the price that is tax. Exclusive: `amount * rate / 1,000,000` comes on top.
"""

from __future__ import annotations

from datetime import datetime

from argosy.shared_kernel.messages import Value

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


class Rate(Value, frozen=True):
    """A version of a rule: its rate from `valid_from` on (None: since ever). One that `is_end` has none."""

    basis_points: int
    is_inclusive: bool
    hundredths: int = 0
    valid_from: datetime | None = None
    is_end: bool = False

    @property
    def millionths(self) -> int:
        return self.basis_points * PER_BASIS_POINT + self.hundredths

    def tax(self, amount: int, mode: str = HALF_UP) -> int:
        """The tax of an amount, rounded here and nowhere else."""
        rate = self.millionths
        return rounded(amount * rate, WHOLE + rate if self.is_inclusive else WHOLE, mode)

    def same_terms(self, other: Rate) -> bool:
        """Whether both mean the same, whenever they begin."""
        mine = (self.millionths, self.is_inclusive, self.is_end)
        return mine == (other.millionths, other.is_inclusive, other.is_end)


def rate_in_force(rates: tuple[Rate, ...], at: datetime) -> Rate | None:
    """Of versions in order of their beginnings, the last that has begun; None where none has, or it is an end."""
    found: Rate | None = None
    for rate in rates:
        if rate.valid_from is not None and rate.valid_from > at:
            break
        found = rate
    return None if found is None or found.is_end else found
