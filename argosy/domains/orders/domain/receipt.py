"""Money for an order that came outside of any gateway."""

from __future__ import annotations

from collections.abc import Sequence

from argosy.contracts.orders import RecordMoney
from argosy.contracts.payments import CategoryGoods, SellerShare
from argosy.domains.orders.domain.order import Order, OrderItem
from argosy.domains.orders.domain.order_status import CASH_ON_DELIVERY, CONFIRMED, DELIVERED
from argosy.shared_kernel.cards import holds_card_number
from argosy.shared_kernel.errors import DomainError, Invalid, RuleBroken, refuse

REFERENCE_LETTERS_MAX = 100
PLATFORM = "platform"


class OrderAwaitsNoMoney(RuleBroken):
    """Money is recorded for orders that wait for a transfer, or whose cash was taken at the door."""


class AmountIsNotTheOrders(Invalid):
    """An order is paid whole, in its own currency."""


class ReferenceUnreadable(Invalid):
    """A reference is the bank's or the carrier's own: 1 to 100 printable letters, and no card's number."""


def check_money(order: Order, command: RecordMoney) -> None:
    faults: list[DomainError] = []
    if (command.amount, command.currency) != (order.total_amount, order.currency):
        faults.append(AmountIsNotTheOrders(field="amount", amount=order.total_amount, currency=order.currency))
    reference = command.reference.strip()
    if not 0 < len(reference) <= REFERENCE_LETTERS_MAX or not reference.isprintable() or holds_card_number(reference):
        faults.append(ReferenceUnreadable(field="reference", maximum=REFERENCE_LETTERS_MAX))
    refuse(faults)
    if not awaits_money(order):
        raise OrderAwaitsNoMoney(order_id=order.id, status=order.status)


def awaits_money(order: Order) -> bool:
    if order.order_type == CASH_ON_DELIVERY:
        return order.status == DELIVERED
    return order.status == CONFIRMED and order.pay_by is not None


def share_of(order: Order, items: Sequence[OrderItem]) -> SellerShare:
    """What of the money is goods, delivery and tax; what the platform took off it pays to the seller."""
    goods: dict[str, int] = {}
    shipping = tax = subsidy = 0
    for item in items:
        category = item.product_snapshot.category
        goods[category] = goods.get(category, 0) + item.total_amount - item.tax_amount
        shipping += item.shipping_amount + item.shipping_tax_on_top - item.shipping_tax_amount
        tax += item.tax_amount + item.shipping_tax_amount
        sold = item.product_snapshot
        parts = (*sold.discount_parts, *sold.delivery_parts)
        subsidy += sum(one.amount for one in parts if one.funded_by == PLATFORM)
    return SellerShare(
        order_id=order.id,
        seller_id=order.seller_id,
        goods_amount=sum(goods.values()),
        shipping_amount=shipping,
        tax_amount=tax,
        subsidy_amount=subsidy,
        goods=tuple([CategoryGoods(category=name, amount=amount) for name, amount in goods.items()]),
    )
