"""What sellers have sold, and where to: one sale per order, and sums of them by month and place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from argosy.contracts.orders import OrderCreated
from argosy.domains.taxes.domain.places import is_country, is_region, region_of
from argosy.domains.taxes.domain.quote import REVERSE_CHARGE
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.ids import Id, named_id

PLACED, PAID, REFUNDED = "PLACED", "PAID", "REFUNDED"
NO_COUNTRY = ""


def month_of(at: datetime) -> str:
    """The month of an instant, in UTC."""
    return f"{at.year:04}-{at.month:02}"


def sums_id(sale: TaxSale) -> Id:
    """Under which the sums are kept that a sale is part of."""
    kind = "business" if sale.is_business else ""
    return named_id("tax-sums", sale.seller_id, sale.month, sale.country, sale.region, sale.currency, kind)


@dataclass(kw_only=True, eq=False)
class TaxSale(Aggregate):
    """An order as thresholds count it, under the order's id: what the buyer pays with tax and delivery (`gross`), and
    without tax (`net`), in minor units. It belongs to the month in which it was ordered, and counts once it is paid.
    `is_business`: bought under reverse charge."""

    seller_id: Id
    month: str
    country: str
    region: str
    currency: str
    is_business: bool
    gross: int
    net: int
    status: str = PLACED


@dataclass(kw_only=True, eq=False)
class SalesSum(Aggregate):
    """What one seller has sold to one place in one month and currency, to businesses or to others. What was paid back
    stays in, and is summed beside it."""

    seller_id: Id
    month: str
    country: str
    region: str
    currency: str
    is_business: bool
    sales: int = 0
    gross: int = 0
    net: int = 0
    refunded_sales: int = 0
    refunded_gross: int = 0
    refunded_net: int = 0

    @classmethod
    def around(cls, sale: TaxSale) -> SalesSum:
        """The empty sums that a sale will be part of."""
        return cls(
            id=sums_id(sale),
            seller_id=sale.seller_id,
            month=sale.month,
            country=sale.country,
            region=sale.region,
            currency=sale.currency,
            is_business=sale.is_business,
        )

    def count(self, sale: TaxSale) -> None:
        self.sales += 1
        self.gross += sale.gross
        self.net += sale.net

    def take_back(self, sale: TaxSale) -> None:
        self.refunded_sales += 1
        self.refunded_gross += sale.gross
        self.refunded_net += sale.net


def sale_of(event: OrderCreated) -> TaxSale:
    """What of an order thresholds count. An address whose country nobody can read is nowhere."""
    region = region_of(event.address.region)
    tax = sum(line.tax_amount + line.shipping_tax_amount for line in event.lines)
    return TaxSale(
        id=event.order_id,
        seller_id=event.seller_id,
        month=month_of(event.created_at),
        country=event.address.country if is_country(event.address.country) else NO_COUNTRY,
        region=region if is_region(region) else "",
        currency=event.currency,
        is_business=any(one.reason == REVERSE_CHARGE for line in event.lines for one in line.taxes_applied),
        gross=event.total_amount,
        net=event.total_amount - tax,
    )
