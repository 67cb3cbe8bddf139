"""How an order came to cost what it costs, from what was frozen with it: the same answer in ten years."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec

from argosy.contracts.orders import TaxApplied, TaxComponent
from argosy.domains.orders.domain.order import DiscountSnapshot, OrderItem
from argosy.shared_kernel.ids import Id

ROUNDING = "each line by itself, half away from zero to the minor unit; sums are never rounded"
_ROUNDING_OF_TAX = {
    "line": "tax of each line by itself",
    "order": "tax of all that a seller sells by one rule at once, its lines bear parts by largest remainder",
}
_ROUNDING_MODES = {"half_up": "half away from zero", "half_even": "half to even", "down": "down", "up": "up"}
DELIVERY = "delivery"
_AS_USUAL = TaxApplied()
UNKNOWN_FUNDER = "unknown"
"""Who paid for discounts of orders that were placed before that was kept."""


class PriceExplained(msgspec.Struct, frozen=True):
    """Which version of which price counted."""

    price_id: Id
    unit_amount: int
    quantity: int
    goods_amount: int


class TaxExplained(msgspec.Struct, frozen=True):
    """`basis_points` and `hundredths` of them of `taxed_amount`, by this rule as it counts from `valid_from`; an
    inclusive tax is part of the price.

    `reason` is `rule`, `no_rule`, `exempt`, `reverse_charge`, `not_registered` or `service`; `collected_by` says who
    owes it to the state, `vat_check` what was known of the buyer's VAT id, `by_origin` that the rule is that of the
    seller's place, and `components` each tax where a rule has several."""

    rule_id: Id | None
    category: str
    basis_points: int
    taxed_amount: int
    tax_amount: int
    is_inclusive: bool
    hundredths: int = 0
    reason: str = "rule"
    valid_from: datetime | None = None
    collected_by: str = "seller"
    vat_check: str = ""
    by_origin: bool = False
    components: tuple[TaxComponent, ...] = ()


class DeliveryExplained(msgspec.Struct, frozen=True):
    """What bringing the line cost the buyer, the tax on that, and who paid for what was taken off it."""

    method: str
    amount: int
    tax_amount: int
    tax_on_top: int
    discounts: tuple[DiscountSnapshot, ...] = ()
    tax: TaxExplained | None = None
    """By what rule that tax is: of orders from before that was kept, and where nothing taxes it, None."""


class LineExplained(msgspec.Struct, frozen=True):
    """goods - discounts + tax on top = total; delivery is apart."""

    line_no: int
    sku: str
    title: str
    price: PriceExplained
    discounts: tuple[DiscountSnapshot, ...]
    tax: TaxExplained
    delivery: DeliveryExplained
    total_amount: int


class Funding(msgspec.Struct, frozen=True):
    """Who paid for how much of the discounts: `platform`, or a seller's id."""

    funded_by: str
    amount: int


class OrderExplained(msgspec.Struct, frozen=True):
    """An order's price, taken apart; `snapshot_hash` is the fingerprint of the quote that it was frozen with."""

    order_id: Id
    order_number: str
    placed_at: datetime
    currency: str
    snapshot_hash: str
    lines: tuple[LineExplained, ...]
    funding: tuple[Funding, ...]
    goods_amount: int
    discount_amount: int
    delivery_amount: int
    tax_amount: int
    tax_on_top: int
    total_amount: int
    rounding: str = ROUNDING


class Frozen(msgspec.Struct, frozen=True):
    """What an order was placed with, beside its lines."""

    order_id: Id
    order_number: str
    placed_at: datetime
    currency: str
    snapshot_hash: str
    total_amount: int


def explain(frozen: Frozen, items: Sequence[OrderItem]) -> OrderExplained:
    """Each part of the price, by line and in sum."""
    lines = tuple([_line(item) for item in sorted(items, key=lambda item: item.line_no)])
    paid_by: Counter[str] = Counter()
    for line in lines:
        for one in (*line.discounts, *line.delivery.discounts):
            paid_by[one.funded_by] += one.amount
    return OrderExplained(
        order_id=frozen.order_id,
        order_number=frozen.order_number,
        placed_at=frozen.placed_at,
        currency=frozen.currency,
        snapshot_hash=frozen.snapshot_hash,
        lines=lines,
        funding=tuple([Funding(who, amount) for who, amount in sorted(paid_by.items())]),
        goods_amount=sum(line.price.goods_amount for line in lines),
        discount_amount=sum(item.discount_amount for item in items),
        delivery_amount=sum(item.shipping_amount for item in items),
        tax_amount=sum(item.tax_amount + item.shipping_tax_amount for item in items),
        tax_on_top=sum(item.tax_on_top + item.shipping_tax_on_top for item in items),
        total_amount=frozen.total_amount,
        rounding=_rounding(items),
    )


def _rounding(items: Sequence[OrderItem]) -> str:
    """In words; where destinations have rules of their own, those."""
    kept = [one for item in items for one in item.product_snapshot.taxes_applied]
    ways = dict.fromkeys((one.rounding, one.rounding_mode) for one in kept)
    special = [way for way in ways if way != ("line", "half_up")]
    if not special:
        return ROUNDING
    told = [f"{_ROUNDING_OF_TAX.get(how, how)}, {_ROUNDING_MODES.get(mode, mode)}" for how, mode in special]
    return "; ".join([*told, f"all else {ROUNDING}"])


def _line(item: OrderItem) -> LineExplained:
    sold, goods = item.product_snapshot, item.quantity * item.price_snapshot
    applied = {one.of_delivery: one for one in sold.taxes_applied}
    how, of_delivery = applied.get(False, _AS_USUAL), applied.get(True)
    return LineExplained(
        line_no=item.line_no,
        sku=sold.sku,
        title=sold.title,
        price=PriceExplained(
            price_id=sold.price_id, unit_amount=item.price_snapshot, quantity=item.quantity, goods_amount=goods
        ),
        discounts=_discounts(item),
        tax=TaxExplained(
            rule_id=sold.tax_rule_id,
            category=sold.tax_category,
            basis_points=sold.tax_basis_points,
            taxed_amount=goods - item.discount_amount,
            tax_amount=item.tax_amount,
            is_inclusive=item.tax_amount > 0 and item.tax_on_top == 0,
            hundredths=how.hundredths,
            reason=how.reason if sold.tax_rule_id is not None or how is not _AS_USUAL else "no_rule",
            valid_from=how.valid_from,
            collected_by=how.collected_by,
            vat_check=how.vat_check,
            by_origin=how.by_origin,
            components=how.components,
        ),
        delivery=DeliveryExplained(
            method=sold.shipping_method,
            amount=item.shipping_amount,
            tax_amount=item.shipping_tax_amount,
            tax_on_top=item.shipping_tax_on_top,
            discounts=sold.delivery_parts,
            tax=None if of_delivery is None else _of_delivery(item, of_delivery),
        ),
        total_amount=item.total_amount,
    )


def _of_delivery(item: OrderItem, how: TaxApplied) -> TaxExplained:
    return TaxExplained(
        rule_id=how.rule_id,
        category=DELIVERY,
        basis_points=how.basis_points,
        taxed_amount=item.shipping_amount,
        tax_amount=item.shipping_tax_amount,
        is_inclusive=item.shipping_tax_amount > 0 and item.shipping_tax_on_top == 0,
        hundredths=how.hundredths,
        reason=how.reason,
        valid_from=how.valid_from,
        collected_by=how.collected_by,
        vat_check=how.vat_check,
        by_origin=how.by_origin,
        components=how.components,
    )


def _discounts(item: OrderItem) -> tuple[DiscountSnapshot, ...]:
    """As they were kept; of older orders only their words and their sum."""
    sold = item.product_snapshot
    if sold.discount_parts or not item.discount_amount:
        return sold.discount_parts
    words = "; ".join(sold.discounts)
    return (DiscountSnapshot(amount=item.discount_amount, code="", funded_by=UNKNOWN_FUNDER, explanation=words),)
