"""What a purchase costs: answers of catalogue, promotions, delivery and taxes put together, pure and exact.

A line costs quantity * unit - discounts + tax on top; an order costs its lines, their delivery where nobody else pays
for it, and the tax on top of delivery; the purchase costs its orders. Nothing is rounded here: every part is a whole
number of minor units already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from argosy.contracts.inventory import StockLine
from argosy.contracts.orders import LineDiscount, OrderDraft, OrderLine, TaxApplied, TaxComponent
from argosy.contracts.payments import CategoryGoods, SellerShare
from argosy.contracts.products import QuotedLine
from argosy.contracts.promotions import Discount
from argosy.contracts.shipping import DeliveryCharge
from argosy.contracts.taxes import LineTax, TaxableLine
from argosy.shared_kernel.ids import Id, child_id
from argosy.shared_kernel.messages import Value
from argosy.shared_kernel.money import allocate

_with: Any = msgspec.structs.replace
PLATFORM = "platform"
DELIVERY_CATEGORY = "delivery"
DELIVERY_LINES_FROM = 1_000
"""Delivery of line n is taxed as line n + 1,000: a purchase has at most 200 lines."""


class Snapshot(Value):
    """A purchase as it was priced, whole and for good."""

    currency: str
    total_amount: int
    orders: tuple[OrderDraft, ...]
    shares: tuple[SellerShare, ...]
    stock: tuple[StockLine, ...]

    def of(self, checkout_id: Id) -> Snapshot:
        """The same purchase as that of a checkout, whose orders are its own."""
        ids = {order.order_id: order_id_of(checkout_id, order.seller_id) for order in self.orders}
        return Snapshot(
            currency=self.currency,
            total_amount=self.total_amount,
            orders=tuple([_with(order, order_id=ids[order.order_id]) for order in self.orders]),
            shares=tuple([_with(share, order_id=ids[share.order_id]) for share in self.shares]),
            stock=tuple([_with(line, order_id=ids[line.order_id]) for line in self.stock]),
        )


class StockOfSnapshot(Value):
    """The part of a snapshot that inventory is asked for; the rest is skipped in reading."""

    stock: tuple[StockLine, ...]


class SharesOfSnapshot(Value):
    """The part of a snapshot that is booked when the money is taken; the rest is skipped in reading."""

    shares: tuple[SellerShare, ...]


def hash_of(snapshot: bytes) -> str:
    """The fingerprint that orders keep: any other byte gives another one."""
    return blake2b(snapshot, digest_size=32).hexdigest()


def goods_amount(lines: Iterable[QuotedLine]) -> int:
    """What the goods cost by the catalogue, before discounts, delivery and tax."""
    return sum(line.quantity * line.unit_amount for line in lines)


def taxable_lines(
    lines: Iterable[QuotedLine],
    discounts: Sequence[Discount],
    charges: Sequence[DeliveryCharge],
) -> tuple[TaxableLine, ...]:
    """What the buyer pays for each line after discounts, and for its delivery where that costs anything."""
    off, given = _discount_by_line(discounts), given_deliveries(discounts, charges)
    taxable = [
        TaxableLine(
            line_no=line.line_no,
            seller_id=line.seller_id,
            category=line.tax_category,
            amount=line.quantity * line.unit_amount - off[line.line_no],
        )
        for line in lines
    ]
    taxable += [
        TaxableLine(
            line_no=DELIVERY_LINES_FROM + charge.line_no,
            seller_id=charge.seller_id,
            category=DELIVERY_CATEGORY,
            amount=cost,
        )
        for charge in charges
        if (cost := charge.amount - (given[charge.line_no].amount if charge.line_no in given else 0))
    ]
    return tuple(taxable)


class Pricing:
    """One purchase being priced: everything that was quoted, found by line."""

    def __init__(
        self,
        lines: Sequence[QuotedLine],
        discounts: Sequence[Discount],
        charges: Sequence[DeliveryCharge],
        taxes: Sequence[LineTax],
    ) -> None:
        self.lines = lines
        self.discounts = [discount for discount in discounts if not discount.of_delivery]
        self.given = given_deliveries(discounts, charges)
        self.charges = {charge.line_no: charge for charge in charges}
        self.taxes = {tax.line_no: tax for tax in taxes}
        self.off = _discount_by_line(discounts)
        self.subsidies = _discount_by_line(discount for discount in self.discounts if discount.funded_by == PLATFORM)
        assert self.charges.keys() == {line.line_no for line in lines}, "every line is delivered, and nothing else"

    def snapshot(self, checkout_id: Id, currency: str) -> Snapshot:
        """The purchase split into one order per seller, sellers in order of their ids."""
        sellers: dict[Id, list[QuotedLine]] = {}
        for line in self.lines:
            assert line.currency == currency, "one purchase has one currency"
            sellers.setdefault(line.seller_id, []).append(line)
        orders, shares, stock = [], [], []
        for seller_id in sorted(sellers):
            lines = sellers[seller_id]
            order = self._order(order_id_of(checkout_id, seller_id), seller_id, lines)
            orders.append(order)
            shares.append(self._share(order))
            stock += _stock_of(order)
        total = sum(order.total_amount for order in orders)
        return Snapshot(
            currency=currency, total_amount=total, orders=tuple(orders), shares=tuple(shares), stock=tuple(stock)
        )

    def _order(self, order_id: Id, seller_id: Id, quoted: Sequence[QuotedLine]) -> OrderDraft:
        lines = tuple([self._line(line) for line in quoted])
        total = sum(line.total_amount + line.shipping_amount + line.shipping_tax_on_top for line in lines)
        return OrderDraft(order_id=order_id, seller_id=seller_id, total_amount=total, lines=lines)

    def _line(self, line: QuotedLine) -> OrderLine:
        number = line.line_no
        charge = self.charges[number]
        goods, discount = line.quantity * line.unit_amount, self.off[number]
        assert 0 <= discount <= goods, "a discount takes off at most what the line costs"
        assert charge.amount >= 0, "delivery is never paid to the buyer"
        tax, on_top, basis_points = self._tax(number, goods - discount)
        given = self.given.get(number)
        delivery = charge.amount - (0 if given is None else given.amount)
        delivery_tax, delivery_on_top, _ = self._tax(DELIVERY_LINES_FROM + number, delivery)
        return OrderLine(
            line_no=number,
            product_id=line.product_id,
            variant_id=line.variant_id,
            sku=line.sku,
            title=line.title,
            quantity=line.quantity,
            unit_amount=line.unit_amount,
            price_id=line.price_id,
            discount_amount=discount,
            tax_amount=tax,
            tax_on_top=on_top,
            tax_basis_points=basis_points,
            total_amount=goods - discount + on_top,
            shipping_method=charge.method,
            shipping_amount=delivery,
            shipping_tax_amount=delivery_tax,
            shipping_tax_on_top=delivery_on_top,
            stock_unit_id=line.stock_unit_id,
            units_each=line.units_each,
            discounts=tuple([found.explanation for found in self.discounts if found.line_no == number]),
            category=line.category,
            tax_category=line.tax_category,
            tax_rule_id=self.taxes[number].rule_id if number in self.taxes else None,
            discount_parts=tuple([_part(one, one.amount) for one in self.discounts if one.line_no == number]),
            delivery_parts=() if given is None else (_part(given, given.amount),),
            taxes_applied=self._taxes_applied(number),
        )

    def _taxes_applied(self, number: int) -> tuple[TaxApplied, ...]:
        """What must be kept to tell years later how a line was taxed: of goods only what their line does not say
        already, of delivery all."""
        goods, delivery = self.taxes.get(number), self.taxes.get(DELIVERY_LINES_FROM + number)
        found = []
        if goods is not None and _how(goods) not in _TOLD_BY_THE_RULE:
            found.append(_applied(goods, of_delivery=False))
        if delivery is not None and (delivery.rule_id is not None or _how(delivery) not in _TOLD_BY_THE_RULE):
            found.append(_applied(delivery, of_delivery=True))
        return tuple(found)

    def _tax(self, number: int, taxed: int) -> tuple[int, int, int]:
        """Tax of a line, the part of it that raises the price, and its rate."""
        tax = self.taxes.get(number)
        if tax is None:
            return 0, 0, 0
        assert tax.amount >= 0 and not (tax.is_inclusive and tax.amount > taxed), "tax within a price is part of it"
        return tax.amount, 0 if tax.is_inclusive else tax.amount, tax.basis_points

    def _share(self, order: OrderDraft) -> SellerShare:
        """What of the buyer's money is goods, delivery and tax; what the platform took off it pays to the seller."""
        goods = shipping = tax = subsidy = 0
        by_category: dict[str, int] = {}
        for line in order.lines:
            goods += line.total_amount - line.tax_amount
            by_category[line.category] = by_category.get(line.category, 0) + line.total_amount - line.tax_amount
            shipping += line.shipping_amount + line.shipping_tax_on_top - line.shipping_tax_amount
            tax += line.tax_amount + line.shipping_tax_amount
            subsidy += self.subsidies[line.line_no]
            subsidy += sum([one.amount for one in line.delivery_parts if one.funded_by == PLATFORM])
        return SellerShare(
            order_id=order.order_id,
            seller_id=order.seller_id,
            goods_amount=goods,
            shipping_amount=shipping,
            tax_amount=tax,
            subsidy_amount=subsidy,
            goods=tuple([CategoryGoods(category=name, amount=amount) for name, amount in by_category.items()]),
        )


_TOLD_BY_THE_RULE = {(reason, 0, None, "line", "half_up", "seller", False, False) for reason in ("rule", "no_rule")}
"""What needs no more words than the rule and its rate, or that there is none."""


def _how(tax: LineTax) -> tuple[Any, ...]:
    has_components = any(part.name for part in tax.parts)
    how = (tax.reason, tax.hundredths, tax.valid_from, tax.rounding, tax.rounding_mode, tax.collected_by)
    return *how, tax.by_origin, has_components


def _applied(tax: LineTax, *, of_delivery: bool) -> TaxApplied:
    return TaxApplied(
        of_delivery=of_delivery,
        rule_id=tax.rule_id,
        basis_points=tax.basis_points,
        hundredths=tax.hundredths,
        reason=tax.reason,
        valid_from=tax.valid_from,
        rounding=tax.rounding,
        rounding_mode=tax.rounding_mode,
        collected_by=tax.collected_by,
        vat_check=tax.vat_check,
        by_origin=tax.by_origin,
        components=tuple(
            [
                TaxComponent(
                    name=part.name,
                    taxed_amount=part.taxed_amount,
                    amount=part.amount,
                    basis_points=part.basis_points,
                    hundredths=part.hundredths,
                )
                for part in tax.parts
                if part.name
            ]
        ),
    )


def order_id_of(checkout_id: Id, seller_id: Id) -> Id:
    """One order per checkout and seller, the same however often it is asked for."""
    return child_id(checkout_id, "order", seller_id)


def given_deliveries(discounts: Iterable[Discount], charges: Iterable[DeliveryCharge]) -> dict[int, Discount]:
    """By line, what is taken off its delivery, with its amount: by the first who takes it, all of it, or of all their
    lines together what they are bound by, spread by what each costs (largest remainder)."""
    by_rule: dict[str, dict[int, Discount]] = {}
    lines: set[int] = set()
    for one in discounts:
        if one.of_delivery and one.line_no not in lines:
            lines.add(one.line_no)
            by_rule.setdefault(one.coupon_id, {})[one.line_no] = one
    given: dict[int, Discount] = {}
    if not lines:
        return given
    costs = {charge.line_no: charge.amount for charge in charges if charge.amount}
    for of_one in by_rule.values():
        paid = {number: costs[number] for number in of_one if number in costs}
        total = sum(paid.values())
        cap = next(iter(of_one.values())).cap_amount
        parts = allocate(min(total, cap or total), list(paid.values())) if paid else []
        given |= {
            number: _with(of_one[number], amount=amount) for number, amount in zip(paid, parts, strict=True) if amount
        }
    return given


def settled(discounts: Sequence[Discount], charges: Iterable[DeliveryCharge]) -> tuple[Discount, ...]:
    """Every discount with its amount; free delivery of what costs nothing to deliver is none."""
    given, found = given_deliveries(discounts, charges), []
    for one in discounts:
        if not one.of_delivery:
            found.append(one)
        elif one.line_no in given and given[one.line_no].coupon_id == one.coupon_id:
            found.append(given.pop(one.line_no))
    return tuple(found)


def _part(one: Discount, amount: int) -> LineDiscount:
    return LineDiscount(amount=amount, code=one.code, funded_by=one.funded_by, explanation=one.explanation)


def _discount_by_line(discounts: Iterable[Discount]) -> defaultdict[int, int]:
    off: defaultdict[int, int] = defaultdict(int)
    for discount in discounts:
        assert discount.amount >= 0, "a discount never raises a price"
        if discount.of_delivery:
            continue
        off[discount.line_no] += discount.amount
    return off


def _stock_of(order: OrderDraft) -> list[StockLine]:
    """Pieces of each stock unit that an order draws; packs and singles of one unit are added up."""
    wanted: dict[Id, int] = {}
    for line in order.lines:
        wanted[line.stock_unit_id] = wanted.get(line.stock_unit_id, 0) + line.quantity * line.units_each
    return [StockLine(order_id=order.order_id, stock_unit_id=unit, quantity=pieces) for unit, pieces in wanted.items()]
