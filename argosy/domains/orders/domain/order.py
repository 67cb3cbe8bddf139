"""Orders: what one seller sold in one purchase, frozen when it was placed, and what became of it since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from argosy.contracts.orders import (
    Address,
    OrderCancelled,
    OrderConfirmed,
    OrderCreated,
    OrderDraft,
    OrderLine,
    OrderPaid,
    OrderRefunded,
)
from argosy.domains.orders.domain.order_number import order_number
from argosy.domains.orders.domain.order_status import (
    CANCELLED,
    CLOSED,
    CONFIRMED,
    CREATED,
    NOTHING,
    PAID,
    PREPAID,
    REFUNDED,
    is_legal,
)
from argosy.domains.orders.domain.purchase import Purchase
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import RuleBroken
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Value

REASON_MAX = 200


class OrderCannotGoThere(RuleBroken):
    """An order only takes the steps that its table of moves allows."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Who changes orders, and when; `new_id` names what the change adds."""

    by: str
    at: datetime
    new_id: Callable[[], Id]


class ProductSnapshot(Value):
    """What was sold, in the words of the day; `price_id`, tax rate and discounts tell how its price came about."""

    sku: str
    title: str
    price_id: Id
    tax_basis_points: int
    shipping_method: str
    discounts: tuple[str, ...]


class OrderItem(Value):
    """A line as sold, in minor units; `price_snapshot` is the price of one. What happened to how many of it since is
    counted beside: the sale itself never changes."""

    id: Id
    line_no: int
    product_id: Id
    variant_id: Id
    stock_unit_id: Id
    units_each: int
    quantity: int
    price_snapshot: int
    discount_amount: int
    tax_amount: int
    tax_on_top: int
    total_amount: int
    shipping_amount: int
    shipping_tax_amount: int
    shipping_tax_on_top: int
    product_snapshot: ProductSnapshot
    shipped_quantity: int = 0
    received_quantity: int = 0
    cancelled_quantity: int = 0
    refunded_quantity: int = 0
    refunded_amount: int = 0

    @classmethod
    def sold(cls, id: Id, line: OrderLine) -> OrderItem:
        return cls(
            id=id,
            line_no=line.line_no,
            product_id=line.product_id,
            variant_id=line.variant_id,
            stock_unit_id=line.stock_unit_id,
            units_each=line.units_each,
            quantity=line.quantity,
            price_snapshot=line.unit_amount,
            discount_amount=line.discount_amount,
            tax_amount=line.tax_amount,
            tax_on_top=line.tax_on_top,
            total_amount=line.total_amount,
            shipping_amount=line.shipping_amount,
            shipping_tax_amount=line.shipping_tax_amount,
            shipping_tax_on_top=line.shipping_tax_on_top,
            product_snapshot=ProductSnapshot(
                sku=line.sku,
                title=line.title,
                price_id=line.price_id,
                tax_basis_points=line.tax_basis_points,
                shipping_method=line.shipping_method,
                discounts=line.discounts,
            ),
        )


class StatusChange(Value):
    """One step of an order's life, never changed afterwards."""

    id: Id
    from_status: str
    to_status: str
    reason: str
    changed_by: str
    changed_at: datetime


class OrderPayment(Value):
    """This order's part of what a payment did: CAPTURED or REFUNDED."""

    id: Id
    payment_id: Id
    amount: int
    status: str
    created_at: datetime


@dataclass(kw_only=True, eq=False)
class Order(Aggregate):
    """One seller's part of a purchase.

    `items`, `history` and `payments` are empty after a load and only ever added to: no rule so far looks back at them,
    and whoever confirms a sale should not have to read its lines.
    """

    is_kept: ClassVar[bool] = True

    purchase_id: Id
    buyer_id: Id
    seller_id: Id
    order_number: str
    status: str = NOTHING
    order_type: str
    currency: str
    total_amount: int
    payment_id: Id | None = None
    address: Address
    created_at: datetime
    updated_at: datetime
    items: list[OrderItem] = field(default_factory=list)
    history: list[StatusChange] = field(default_factory=list)
    payments: list[OrderPayment] = field(default_factory=list)

    @classmethod
    def place(cls, draft: OrderDraft, purchase: Purchase, address: Address, occasion: Occasion) -> Order:
        """A new order with everything frozen that explains it later."""
        assert purchase.buyer_id is not None
        order = cls(
            id=draft.order_id,
            purchase_id=purchase.id,
            buyer_id=purchase.buyer_id,
            seller_id=draft.seller_id,
            order_number=order_number(draft.order_id),
            order_type=purchase.order_type,
            currency=purchase.currency,
            total_amount=draft.total_amount,
            address=address,
            created_at=occasion.at,
            updated_at=occasion.at,
            items=[OrderItem.sold(occasion.new_id(), line) for line in draft.lines],
        )
        order.move_to(CREATED, "placed", occasion)
        order.record(
            OrderCreated(
                order_id=order.id,
                purchase_id=purchase.id,
                checkout_id=purchase.flow_id,
                buyer_id=order.buyer_id,
                seller_id=order.seller_id,
                order_number=order.order_number,
                currency=order.currency,
                total_amount=order.total_amount,
                payment_method=purchase.payment_method,
                lines=draft.lines,
                address=address,
                created_at=order.created_at,
            )
        )
        return order

    @property
    def is_open(self) -> bool:
        """Whether its buyer may still be owed something: goods, money, or an answer."""
        return self.status not in (CLOSED, CANCELLED, REFUNDED)

    @property
    def is_called_off(self) -> bool:
        return self.status in (CANCELLED, REFUNDED)

    @property
    def can_be_cancelled(self) -> bool:
        return is_legal(self.order_type, self.status, CANCELLED) or self._is_paid_before_dispatch

    @property
    def _is_paid_before_dispatch(self) -> bool:
        return self.order_type == PREPAID and self.status == PAID

    def confirm(self, payment_id: Id | None, occasion: Occasion) -> None:
        """The sale stands; a prepaid order is PAID as well. Once confirmed, asking again changes nothing."""
        if self.status != CREATED and not self.is_called_off:
            return
        self.move_to(CONFIRMED, "stock committed", occasion)
        self.record(OrderConfirmed(order_id=self.id, buyer_id=self.buyer_id, seller_id=self.seller_id))
        if self.order_type == PREPAID:
            self.pay(payment_id, occasion)

    def pay(self, payment_id: Id | None, occasion: Occasion) -> None:
        """The buyer's money for this order is there; without a payment where nothing was to pay."""
        self.move_to(PAID, "payment captured" if payment_id else "nothing to pay", occasion)
        self.payment_id = payment_id
        if payment_id is not None:
            self._note_payment("CAPTURED", occasion)
        self.record(
            OrderPaid(
                order_id=self.id,
                purchase_id=self.purchase_id,
                buyer_id=self.buyer_id,
                seller_id=self.seller_id,
                payment_id=payment_id,
                total_amount=self.total_amount,
                currency=self.currency,
            )
        )

    def call_off(self, reason: str, occasion: Occasion) -> None:
        """CANCELLED where no money was taken; REFUNDED where it was, and has been paid back. Repeating it changes
        nothing."""
        if self.is_called_off:
            return
        if self._is_paid_before_dispatch:
            self.move_to(REFUNDED, reason, occasion)
            if self.payment_id is not None:
                self._note_payment("REFUNDED", occasion)
            self.record(
                OrderRefunded(
                    order_id=self.id,
                    buyer_id=self.buyer_id,
                    seller_id=self.seller_id,
                    amount=self.total_amount,
                    currency=self.currency,
                )
            )
            return
        self.move_to(CANCELLED, reason, occasion)
        self.record(
            OrderCancelled(
                order_id=self.id, buyer_id=self.buyer_id, seller_id=self.seller_id, reason=reason[:REASON_MAX]
            )
        )

    def move_to(self, status: str, reason: str, occasion: Occasion) -> None:
        """Take one legal step, and remember who took it, when and why."""
        if not is_legal(self.order_type, self.status, status):
            raise OrderCannotGoThere(order_id=self.id, from_status=self.status, to_status=status)
        self.history.append(
            StatusChange(
                id=occasion.new_id(),
                from_status=self.status,
                to_status=status,
                reason=reason[:REASON_MAX],
                changed_by=occasion.by,
                changed_at=occasion.at,
            )
        )
        self.status = status
        self.updated_at = occasion.at

    def _note_payment(self, status: str, occasion: Occasion) -> None:
        assert self.payment_id is not None
        self.payments.append(
            OrderPayment(
                id=occasion.new_id(),
                payment_id=self.payment_id,
                amount=self.total_amount,
                status=status,
                created_at=occasion.at,
            )
        )
