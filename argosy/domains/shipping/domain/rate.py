"""What delivery costs: one rate per seller, method and currency."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from argosy.contracts.shipping import DeliveryCharge, ParcelLine, SetShippingRate, ShippingRateSet
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import DomainError, Invalid, NotAllowed, RuleBroken, Several
from argosy.shared_kernel.ids import Id, is_id, named_id
from argosy.shared_kernel.money import UnknownCurrency, exponent

PLATFORM = named_id("platform")
"""Whose rate counts where a seller has none of their own."""

RATE_AMOUNT_MAX = 10**10
GOODS_AMOUNT_MAX = 2**53 - 1
QUANTITY_MAX = 100_000
LINES_MAX = 500
DAYS_MAX = 365
COUNTRIES_MAX = 300

_METHOD = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_COUNTRY = re.compile(r"[A-Z]{2}")


class AmountOutOfBounds(Invalid):
    """Delivery charges are whole minor units, from zero up to a limit."""


class QuantityOutOfBounds(Invalid):
    """Quantities count pieces: whole numbers from one up to a limit."""


class CountryNotReadable(Invalid):
    """Countries are two capital letters (ISO 3166-1)."""


class MethodNotReadable(Invalid):
    """A delivery method is named by lower-case letters, digits, - and _."""


class DaysOutOfBounds(Invalid):
    """Delivery takes from so many days to as many or more, and at most a year."""


class SellerNotReadable(Invalid):
    """This is not a seller's id."""


class LinesNotReadable(Invalid):
    """A delivery has from one to so many lines, each with a number of its own."""


class NoDelivery(RuleBroken):
    """Some lines cannot be delivered there by the method that was chosen."""


class MayNotSetRates(NotAllowed):
    """Only the seller or our staff may say what delivery costs."""


@lru_cache(maxsize=16_384)
def rate_id(seller_id: str, method: str, currency: str) -> Id:
    return named_id("rate", seller_id, method, currency)


@dataclass(kw_only=True, eq=False)
class ShippingRate(Aggregate):
    """`base_amount` once per order and method, `item_amount` per piece; free from `free_from_amount` of the seller's
    goods (0: never); nowhere but in `countries` (empty: everywhere). Weight and volume bands will refine `item_part`.
    """

    seller_id: Id
    method: str
    currency: str
    base_amount: int = 0
    item_amount: int = 0
    countries: tuple[str, ...] = ()
    free_from_amount: int = 0
    days_min: int = 3
    days_max: int = 10

    def apply(self, command: SetShippingRate) -> None:
        """Become what the command says; the same again tells nothing."""
        terms: dict[str, Any] = {
            "base_amount": command.base_amount,
            "item_amount": command.item_amount,
            "countries": tuple(sorted(set(command.countries))),
            "free_from_amount": command.free_from_amount,
            "days_min": command.days_min,
            "days_max": command.days_max,
        }
        if self.sequence and all(getattr(self, name) == value for name, value in terms.items()):
            return
        for name, value in terms.items():
            setattr(self, name, value)
        self.record(
            ShippingRateSet(
                rate_id=self.id, seller_id=self.seller_id, method=self.method, currency=self.currency, **terms
            )
        )

    def delivers_to(self, country: str) -> bool:
        return not self.countries or country in self.countries

    def is_free(self, goods_amount: int) -> bool:
        return 0 < self.free_from_amount <= goods_amount

    def item_part(self, line: ParcelLine) -> int:
        """What the pieces of one line cost, whatever else is in the order."""
        return self.item_amount * line.quantity


def charges(
    lines: Sequence[ParcelLine],
    country: str,
    rates: dict[tuple[str, str], ShippingRate],
) -> tuple[DeliveryCharge, ...]:
    """What delivery of each line costs by the rate of its seller and method; refused with every line that has none."""
    goods: dict[str, int] = {}
    for line in lines:
        goods[line.seller_id] = goods.get(line.seller_id, 0) + line.amount
    charged: list[DeliveryCharge] = []
    refused: list[dict[str, Any]] = []
    opened: set[tuple[str, str]] = set()
    for line in lines:
        rate = rates.get((line.seller_id, line.method))
        if rate is None or not rate.delivers_to(country):
            refused.append(
                {
                    "line_no": line.line_no,
                    "seller_id": line.seller_id,
                    "method": line.method,
                    "reason": "no_rate" if rate is None else "not_to_this_country",
                }
            )
            continue
        amount = 0
        if not rate.is_free(goods[line.seller_id]):
            is_first = (line.seller_id, line.method) not in opened
            amount = rate.item_part(line) + (rate.base_amount if is_first else 0)
        opened.add((line.seller_id, line.method))
        charged.append(
            DeliveryCharge(
                line_no=line.line_no,
                seller_id=line.seller_id,
                method=line.method,
                amount=amount,
                days_min=rate.days_min,
                days_max=rate.days_max,
                rate_id=rate.id,
            )
        )
    if refused:
        raise NoDelivery(country=country, lines=refused)
    return tuple(charged)


def check_lines(lines: Sequence[ParcelLine], country: str, currency: str) -> None:
    """Refuse what no checkout could have meant."""
    exponent(currency)
    if not _COUNTRY.fullmatch(country):
        raise CountryNotReadable(countries=[country[:2]])
    if not 0 < len(lines) <= LINES_MAX or len({line.line_no for line in lines}) < len(lines):
        raise LinesNotReadable(lines=len(lines), lines_max=LINES_MAX)
    for line in lines:
        if not 0 < line.quantity <= QUANTITY_MAX:
            raise QuantityOutOfBounds(
                quantity_max=QUANTITY_MAX,
                lines=[each.line_no for each in lines if not 0 < each.quantity <= QUANTITY_MAX],
            )
        if not 0 <= line.amount <= GOODS_AMOUNT_MAX:
            raise AmountOutOfBounds(
                amount_max=GOODS_AMOUNT_MAX,
                lines=[each.line_no for each in lines if not 0 <= each.amount <= GOODS_AMOUNT_MAX],
            )


def check_rate(command: SetShippingRate) -> None:
    """Refuse what no seller could have meant, all of it at once."""
    faults = list(_faults(command))
    if faults:
        raise faults[0] if len(faults) == 1 else Several(faults)


def _faults(command: SetShippingRate) -> Iterator[DomainError]:
    if command.seller_id is not None and not is_id(command.seller_id):
        yield SellerNotReadable()
    if not _METHOD.fullmatch(command.method):
        yield MethodNotReadable(method=command.method[:32])
    try:
        exponent(command.currency)
    except UnknownCurrency as fault:
        yield fault
    for name in ("base_amount", "item_amount", "free_from_amount"):
        if not 0 <= getattr(command, name) <= RATE_AMOUNT_MAX:
            yield AmountOutOfBounds(field=name, amount_max=RATE_AMOUNT_MAX)
    unreadable = [country[:2] for country in command.countries if not _COUNTRY.fullmatch(country)]
    if unreadable or len(command.countries) > COUNTRIES_MAX:
        yield CountryNotReadable(countries=unreadable[:10], countries_max=COUNTRIES_MAX)
    if not 0 <= command.days_min <= command.days_max <= DAYS_MAX:
        yield DaysOutOfBounds(days_min=command.days_min, days_max=command.days_max, days_limit=DAYS_MAX)
