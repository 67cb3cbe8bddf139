"""What catalogue, promotions and delivery are asked about a purchase: the same for a quote as for a checkout."""

from __future__ import annotations

from collections.abc import Sequence

from argosy.contracts.checkout import CheckoutLine
from argosy.contracts.products import QuotedLine, WantedLine
from argosy.contracts.promotions import PricedLine
from argosy.contracts.shipping import ParcelLine


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


def parcel_lines(quoted: Sequence[QuotedLine], lines: Sequence[CheckoutLine]) -> tuple[ParcelLine, ...]:
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
