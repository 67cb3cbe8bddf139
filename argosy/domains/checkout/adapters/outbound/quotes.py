"""What buyers read of their own quotes, and which quotes have expired."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from argosy.contracts.orders import OrderLine
from argosy.contracts.promotions import Discount
from argosy.domains.checkout.adapters.outbound.models import QuoteRow
from argosy.domains.checkout.domain.quotation import EXPIRED, PRICING, READY
from argosy.domains.checkout.domain.quote import Snapshot
from argosy.platform.runtime import runtime
from argosy.shared_kernel.codec import decoder, encode
from argosy.shared_kernel.ids import Id

_QUOTE = """
    SELECT version, status, failure, failure_details, expires_at, request, discounts, snapshot, snapshot_hash,
           total_amount, currency
    FROM checkout_quotes WHERE id = ? AND buyer_id = ?
"""
_SNAPSHOT = decoder(Snapshot)
_DISCOUNTS = msgspec.json.Decoder(tuple[Discount, ...])


class QuoteFailure(msgspec.Struct):
    """Why there is no price."""

    code: str
    details: msgspec.Raw


class LineShown(msgspec.Struct):
    """A line as it would be sold: `total_amount` is goods less discount plus tax on top, without its delivery."""

    line_no: int
    product_id: Id
    variant_id: Id
    seller_id: Id
    title: str
    quantity: int
    unit_amount: int
    discount_amount: int
    tax_amount: int
    tax_on_top: int
    total_amount: int
    shipping_method: str
    shipping_amount: int
    shipping_tax_on_top: int


class DiscountShown(msgspec.Struct):
    """Something off a line: by which rule, how it was computed, and who pays for it."""

    line_no: int
    amount: int
    rule_id: Id
    code: str
    funded_by: str
    explanation: str
    of_delivery: bool = False


class QuoteShown(msgspec.Struct):
    """A quote: PRICING, READY, EXPIRED, or FAILED with its reason. Amounts are in minor units: goods - discount +
    delivery + tax on top = total; `tax_amount` is all tax, also what is within prices."""

    quote_id: Id
    status: str
    is_final: bool
    expires_at: datetime
    request: msgspec.Raw
    currency: str = ""
    goods_amount: int = 0
    discount_amount: int = 0
    shipping_amount: int = 0
    shipping_discount_amount: int = 0
    tax_on_top: int = 0
    tax_amount: int = 0
    total_amount: int = 0
    lines: tuple[LineShown, ...] = ()
    discounts: tuple[DiscountShown, ...] = ()
    snapshot_hash: str = ""
    failure: QuoteFailure | None = None

    @property
    def tax_included(self) -> int:
        """What of the tax is within the prices."""
        return self.tax_amount - self.tax_on_top


class QuoteRead(NamedTuple):
    """What a quote says, its tag, and whether nothing more will come of it."""

    shown: QuoteShown
    etag: str
    is_final: bool

    @property
    def body(self) -> bytes:
        return encode(self.shown)


def quote_of_buyer(quote_id: str, buyer_id: str) -> QuoteRead | None:
    """A buyer's own quote as it now stands, or None."""
    store = runtime().stores["checkout"]
    rows: list[tuple[Any, ...]] = store.dialect.query(_QUOTE, (quote_id, buyer_id))
    if not rows:
        return None
    version, status, failure, details, expires_at, request, discounts, snapshot, hash, total, currency = rows[0]
    until = store.dialect.to_instant(expires_at)
    if status == READY and runtime().clock.now() >= until:
        status = EXPIRED
    shown = QuoteShown(
        quote_id=Id(quote_id),
        status=status,
        is_final=status != PRICING,
        expires_at=until.astimezone(UTC),
        request=msgspec.Raw(request.encode()),
    )
    if failure:
        shown.failure = QuoteFailure(failure, msgspec.Raw((details or "{}").encode()))
    if status in (READY, EXPIRED):
        _price(shown, _SNAPSHOT.decode(snapshot), _DISCOUNTS.decode(discounts) if discounts else ())
        shown.total_amount, shown.currency, shown.snapshot_hash = total, currency, hash
    return QuoteRead(shown, f'"{version}-{status}"', status != PRICING)


def _price(shown: QuoteShown, snapshot: Snapshot, discounts: Sequence[Discount]) -> None:
    lines = [(order.seller_id, line) for order in snapshot.orders for line in order.lines]
    shown.lines = tuple([_line(seller_id, line) for seller_id, line in lines])
    shown.goods_amount = sum(line.quantity * line.unit_amount for _, line in lines)
    shown.discount_amount = sum(line.discount_amount for _, line in lines)
    shown.shipping_amount = sum(line.shipping_amount for _, line in lines)
    shown.shipping_discount_amount = sum(part.amount for _, line in lines for part in line.delivery_parts)
    shown.tax_on_top = sum(line.tax_on_top + line.shipping_tax_on_top for _, line in lines)
    shown.tax_amount = sum(line.tax_amount + line.shipping_tax_amount for _, line in lines)
    shown.discounts = tuple(
        [
            DiscountShown(
                one.line_no, one.amount, one.coupon_id, one.code, one.funded_by, one.explanation, one.of_delivery
            )
            for one in discounts
        ]
    )


def _line(seller_id: Id, line: OrderLine) -> LineShown:
    return LineShown(
        line_no=line.line_no,
        product_id=line.product_id,
        variant_id=line.variant_id,
        seller_id=seller_id,
        title=line.title,
        quantity=line.quantity,
        unit_amount=line.unit_amount,
        discount_amount=line.discount_amount,
        tax_amount=line.tax_amount,
        tax_on_top=line.tax_on_top,
        total_amount=line.total_amount,
        shipping_method=line.shipping_method,
        shipping_amount=line.shipping_amount,
        shipping_tax_on_top=line.shipping_tax_on_top,
    )


def expired_quotes(until: datetime, limit: int) -> Sequence[Id]:
    """At most `limit` quotes whose time was up by `until`, earliest first."""
    gone = QuoteRow.objects.filter(expires_at__lte=until).order_by("expires_at", "id")
    return [Id(str(id)) for id in gone.values_list("id", flat=True)[:limit]]
