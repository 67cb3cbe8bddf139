"""What catalogue, promotions, delivery and taxes are asked of a purchase: the same for a quote as for a checkout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from argosy.contracts.checkout import CheckoutLine
from argosy.contracts.products import QuotedLine, WantedLine
from argosy.contracts.promotions import Discount, PricedLine
from argosy.contracts.shipping import DeliveryCharge, ParcelLine, QuoteShipping
from argosy.contracts.taxes import QuoteTax
from argosy.domains.checkout.domain.quote import taxable_lines
from argosy.shared_kernel.ids import Id


def wanted_lines(lines: Sequence[CheckoutLine]) -> tuple[WantedLine, ...]:
    """Lines are numbered from 1 by their place."""
    return tuple(
        [
            WantedLine(line_no=number, product_id=line.product_id, variant_id=line.variant_id, quantity=line.quantity)
            for number, line in enumerate(lines, 1)
        ]
    )


def priced_lines(quoted: Sequence[QuotedLine]) -> tuple[PricedLine, ...]:
    """What discounts are decided on."""
    return tuple(
        [
            PricedLine(
                line_no=line.line_no,
                seller_id=line.seller_id,
                product_id=line.product_id,
                category=line.category,
                quantity=line.quantity,
                amount=line.quantity * line.unit_amount,
            )
            for line in quoted
        ]
    )


class Asking(Protocol):
    """The flow that asks, and for whom."""

    id: Id
    buyer_id: Id
    currency: str


class Destination(Protocol):
    """Where it goes, as exactly as prices depend on it."""

    @property
    def country(self) -> str: ...

    @property
    def region(self) -> str: ...

    @property
    def postal_code(self) -> str: ...


def delivery_there(
    flow: Asking, to: Destination, quoted: Sequence[QuotedLine], lines: Sequence[CheckoutLine]
) -> QuoteShipping:
    return QuoteShipping(
        flow_id=flow.id,
        country=to.country,
        region=to.region,
        currency=flow.currency,
        postal_code=to.postal_code,
        buyer_id=flow.buyer_id,
        lines=_parcel_lines(quoted, lines),
    )


def tax_there(
    flow: Asking,
    to: Destination,
    quoted: Sequence[QuotedLine],
    discounts: Sequence[Discount],
    charges: Sequence[DeliveryCharge],
) -> QuoteTax:
    return QuoteTax(
        flow_id=flow.id,
        country=to.country,
        region=to.region,
        currency=flow.currency,
        postal_code=to.postal_code,
        buyer_id=flow.buyer_id,
        lines=taxable_lines(quoted, discounts, charges),
    )


def _parcel_lines(quoted: Sequence[QuotedLine], lines: Sequence[CheckoutLine]) -> tuple[ParcelLine, ...]:
    """What is delivered, each line by the method that was chosen for it."""
    return tuple(
        [
            ParcelLine(
                line_no=line.line_no,
                seller_id=line.seller_id,
                method=lines[line.line_no - 1].shipping_method,
                quantity=line.quantity,
                weight_grams=line.weight_grams,
                volume_mm3=line.volume_mm3,
                amount=line.quantity * line.unit_amount,
                category=line.category,
            )
            for line in quoted
        ]
    )
