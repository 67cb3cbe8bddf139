"""Money: integer minor units of an ISO 4217 currency. No float takes part anywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from argosy.shared_kernel.errors import Invalid

# Minor-unit exponents of ISO 4217 (list one, 2024). A currency that is not here has two.
_EXPONENTS = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_TWO_DECIMALS = frozenset(
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP "
    "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES "
    "KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK "
    "NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB "
    "TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG".split()
)

# Spelled out: Decimal also reads NaN, exponents, underscores and the digits of other scripts, and rounds long ones.
_AMOUNT = re.compile(r" *[+-]?[0-9]{1,16}(?:\.[0-9]{1,40})? *")

AMOUNT_MAX = 2**53 - 1
"""The largest amount in minor units: every JSON reader holds it exactly."""


class UnknownCurrency(Invalid):
    """There is no such currency in ISO 4217."""


class CurrencyMismatch(Invalid):
    """Amounts of two currencies cannot be added or compared."""


class NotAnAmount(Invalid):
    """The text is not an amount of money in this currency."""


def exponent(currency: str) -> int:
    """How many decimals the currency's minor unit stands for (ISO 4217): JPY 0, EUR 2, KWD 3."""
    if currency in _TWO_DECIMALS:
        return 2
    try:
        return _EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrency(currency=currency) from None


@dataclass(frozen=True, order=False)
class Money:
    """`amount` minor units of `currency`."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        exponent(self.currency)
        if type(self.amount) is not int or abs(self.amount) > AMOUNT_MAX:
            raise NotAnAmount(amount=str(self.amount), currency=self.currency)

    @classmethod
    def of(cls, text: str, currency: str) -> Money:
        """From decimal text such as `58.9`; more decimals than the currency has are refused, not rounded."""
        places = exponent(currency)
        if _AMOUNT.fullmatch(text) is None:
            raise NotAnAmount(amount=text[:40], currency=currency)
        whole, _, decimals = text.strip(" ").partition(".")
        decimals = decimals.rstrip("0").ljust(places, "0")
        if len(decimals) > places:
            raise NotAnAmount(amount=text[:40], currency=currency)
        return cls(int(whole + decimals), currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __mul__(self, quantity: int) -> Money:
        if type(quantity) is not int:
            raise NotAnAmount(amount=str(quantity), currency=self.currency)
        return Money(self.amount * quantity, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __str__(self) -> str:
        places = exponent(self.currency)
        return f"{Decimal(self.amount).scaleb(-places):.{places}f} {self.currency}"

    def allocate(self, weights: Sequence[int]) -> list[Money]:
        """Split by weight without losing a minor unit; see `allocate`."""
        return [Money(part, self.currency) for part in allocate(self.amount, weights)]

    def _same(self, other: Money) -> int:
        if self.currency != other.currency:
            raise CurrencyMismatch(currencies=[self.currency, other.currency])
        return other.amount


def allocate(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` in proportion to `weights`; the parts sum to it exactly.

    Largest remainder (Hamilton): each part is first rounded towards zero, then the units left go one each to the parts
    with the largest remainders. Ties go to the earlier part. All weights zero means equal weights; a negative amount is
    split as its mirror.
    """
    assert weights, "nothing to split among"
    assert min(weights) >= 0, "weights count, they are never negative"
    if amount < 0:
        return [-part for part in allocate(-amount, weights)]
    total = sum(weights)
    if total == 0:
        return allocate(amount, [1] * len(weights))
    parts = [amount * weight // total for weight in weights]
    units_left = amount - sum(parts)
    if units_left:
        remainders = [amount * weight % total for weight in weights]
        # Sorting keeps the order of equals, also in reverse: ties go to the earlier part.
        for index in sorted(range(len(weights)), key=remainders.__getitem__, reverse=True)[:units_left]:
            parts[index] += 1
    return parts


def share(amount: int, basis_points: int) -> int:
    """`basis_points` ten-thousandths of `amount`, half away from zero."""
    part, rest = divmod(abs(amount) * basis_points, 10_000)
    part += rest >= 5_000
    return part if amount >= 0 else -part
