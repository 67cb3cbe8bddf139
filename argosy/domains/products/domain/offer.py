"""Offers: all that a sale needs to know of a variant, flat, so that quoting n lines is one look-up by n ids.

An offer is a copy made on purpose. Its sources are Product and Price; it is written in their transaction, by the same
use case, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from argosy.contracts.products import PriceInCurrency, QuotedLine, WantedLine
from argosy.domains.products.domain.price import Price
from argosy.domains.products.domain.product import PUBLISHED, Product, Variant, sku_key
from argosy.domains.products.domain.standing import HOLIDAY
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import Invalid, RuleBroken
from argosy.shared_kernel.ids import Id

LINES_MAX = 200
QUANTITY_MAX = 1_000


class NothingToQuote(Invalid):
    """There is no line to quote."""


class TooManyLines(Invalid):
    """There are more lines than one quote may have."""


class LineNumbersRepeat(Invalid):
    """Each line needs a number of its own."""


class LinesNotForSale(RuleBroken):
    """Some lines cannot be sold; each is listed with the reason."""


class Charged(NamedTuple):
    """What one of it costs, by which version."""

    price_id: Id
    amount: int


@dataclass(kw_only=True, eq=False)
class Offer(Aggregate):
    """A variant as a sale sees it; its id is the variant's. `unit_amount` is in its own `currency`, `other_prices` are
    beside it. Without a price yet, `price_id` is None."""

    sku_key: Id
    product_id: Id
    seller_id: Id
    sku: str
    title: str
    unit_amount: int
    currency: str
    price_id: Id | None
    stock_unit_id: Id
    units_each: int
    weight_grams: int
    volume_mm3: int
    category: str
    tax_category: str
    is_on_sale: bool
    withheld: str = ""
    """Why it is not sold although it is on sale; "" where it is."""
    other_prices: tuple[PriceInCurrency, ...] = ()

    @classmethod
    def of(cls, product: Product, variant: Variant, price: Price | None) -> Offer:
        """A new variant's offer."""
        return cls(
            id=variant.id,
            sku_key=sku_key(product.seller_id, variant.sku),
            product_id=product.id,
            seller_id=product.seller_id,
            sku=variant.sku,
            title=product.title,
            unit_amount=price.amount if price else 0,
            currency=variant.currency,
            price_id=price.id if price else None,
            stock_unit_id=variant.stock_unit_id,
            units_each=variant.units_each,
            weight_grams=variant.weight_grams,
            volume_mm3=variant.volume_mm3,
            category=product.category,
            tax_category=product.tax_category,
            is_on_sale=product.status == PUBLISHED,
            withheld=product.withheld,
        )

    def follow(self, product: Product) -> None:
        """Say what the product says now."""
        self.title = product.title
        self.category = product.category
        self.is_on_sale = product.status == PUBLISHED
        self.withheld = product.withheld

    def draw_on(self, stock_unit_id: Id, units_each: int) -> None:
        """Draw on this stock unit from now on."""
        self.stock_unit_id, self.units_each = stock_unit_id, units_each

    def price_in(self, currency: str) -> Charged | None:
        """What it costs in a currency; None where it is not sold in that."""
        if currency == self.currency and self.price_id is not None:
            return Charged(self.price_id, self.unit_amount)
        return next((Charged(one.price_id, one.amount) for one in self.other_prices if one.currency == currency), None)

    def charge(self, price: Price) -> None:
        """Sell at this price of its own currency from now on."""
        self.unit_amount = price.amount
        self.currency = price.currency
        self.price_id = price.id


def check_lines(lines: Sequence[WantedLine]) -> None:
    """Refuse a request that is no request for a quote."""
    if not lines:
        raise NothingToQuote()
    if len(lines) > LINES_MAX:
        raise TooManyLines(most=LINES_MAX)
    if len({line.line_no for line in lines}) < len(lines):
        raise LineNumbersRepeat()


def why_not_for_sale(line: WantedLine, offer: Offer | None, currency: str) -> str:
    """Why a line cannot be sold in `currency` ("": its own), or "" if it can. Nobody is told a draft from nothing."""
    if offer is None or offer.product_id != line.product_id or not offer.is_on_sale or offer.price_id is None:
        return "not_on_sale"
    if offer.withheld:
        return "seller_on_holiday" if offer.withheld == HOLIDAY else "not_on_sale"
    if currency and offer.price_in(currency) is None:
        return "no_price_in_currency"
    if type(line.quantity) is not int or not 1 <= line.quantity <= QUANTITY_MAX:
        return "quantity_out_of_range"
    return ""


def quoted(line: WantedLine, offer: Offer, currency: str) -> QuotedLine:
    """A line at the offer's price in this currency."""
    charged = offer.price_in(currency)
    assert charged is not None
    return QuotedLine(
        line_no=line.line_no,
        product_id=offer.product_id,
        variant_id=offer.id,
        seller_id=offer.seller_id,
        sku=offer.sku,
        title=offer.title,
        quantity=line.quantity,
        unit_amount=charged.amount,
        currency=currency,
        price_id=charged.price_id,
        stock_unit_id=offer.stock_unit_id,
        units_each=offer.units_each,
        weight_grams=offer.weight_grams,
        volume_mm3=offer.volume_mm3,
        category=offer.category,
        tax_category=offer.tax_category,
    )
