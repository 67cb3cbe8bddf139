"""Orders: what one seller sold in one purchase, frozen when it was placed, and what became of it since."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from argosy.contracts.orders import (
    Address,
    DeliveryChanged,
    LineDiscount,
    OrderCancelled,
    OrderClaimed,
    OrderConfirmed,
    OrderCreated,
    OrderDraft,
    OrderLine,
    OrderPaid,
    OrderPaymentMethodChanged,
    OrderRefunded,
    TaxApplied,
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
    SHIPPED,
    is_legal,
)
from argosy.domains.orders.domain.policies import CHANGEABLE, SHIPPABLE
from argosy.domains.orders.domain.purchase import Purchase
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import RuleBroken
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Value

REASON_MAX = 200


class OrderCannotGoThere(RuleBroken):
    """An order only takes the steps that its table of moves allows."""


class OrderIsBeingCancelled(RuleBroken):
    """Nothing leaves of an order whose money is on its way back."""


class DeliveryIsFixed(RuleBroken):
    """An order is sent elsewhere only until its label is printed."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Who changes orders, and when; `new_id` names what the change adds."""

    by: str
    at: datetime
    new_id: Callable[[], Id]


class DiscountSnapshot(Value):
    """A discount as it was taken: by which rule or code, who pays for it, how it was computed."""

    amount: int
    code: str
    funded_by: str
    explanation: str


class ProductSnapshot(Value):
    """What was sold, in the words of the day; `price_id`, tax rate and discounts tell how its price came about."""

    sku: str
    title: str
    price_id: Id
    tax_basis_points: int
    shipping_method: str
    discounts: tuple[str, ...]
    category: str = ""
    tax_category: str = ""
    tax_rule_id: Id | None = None
    discount_parts: tuple[DiscountSnapshot, ...] = ()
    delivery_parts: tuple[DiscountSnapshot, ...] = ()
    taxes_applied: tuple[TaxApplied, ...] = ()


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
                category=line.category,
                tax_category=line.tax_category,
                tax_rule_id=line.tax_rule_id,
                discount_parts=_parts(line.discount_parts),
                delivery_parts=_parts(line.delivery_parts),
                taxes_applied=line.taxes_applied,
            ),
        )


def _parts(found: Iterable[LineDiscount]) -> tuple[DiscountSnapshot, ...]:
    return tuple(
        [
            DiscountSnapshot(amount=one.amount, code=one.code, funded_by=one.funded_by, explanation=one.explanation)
            for one in found
        ]
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


class OrderRefund(Value):
    """A refund of this order that payments did."""

    id: Id
    refund_id: Id
    amount: int
    reason: str
    status: str
    created_at: datetime


@dataclass(kw_only=True, eq=False)
class Order(Aggregate):
    """One seller's part of a purchase.

    `items`, `history`, `payments` and `refunds` are empty after a load and only ever added to: no rule so far looks
    back at them, and whoever confirms a sale should not have to read its lines. `pay_by` is when a transfer must have
    come; while an order `is_being_cancelled` nothing of it may leave; once it `has_label` it cannot be sent elsewhere.
    """

    is_kept: ClassVar[bool] = True

    purchase_id: Id
    buyer_id: Id
    claimed_by: Id | None = None
    seller_id: Id
    order_number: str
    status: str = NOTHING
    order_type: str
    currency: str
    total_amount: int
    payment_id: Id | None = None
    address: Address
    pay_by: datetime | None = None
    is_being_cancelled: bool = False
    has_label: bool = False
    created_at: datetime
    updated_at: datetime
    items: list[OrderItem] = field(default_factory=list)
    history: list[StatusChange] = field(default_factory=list)
    payments: list[OrderPayment] = field(default_factory=list)
    refunds: list[OrderRefund] = field(default_factory=list)

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

    def is_bought_by(self, actor_id: str) -> bool:
        """Whether it is theirs: they have bought it, or have claimed what they had bought as a guest."""
        return bool(actor_id) and actor_id in (self.buyer_id, self.claimed_by)

    def claim(self, user_id: Id) -> None:
        """Is an account's as well as the guest's who bought it; whose it is already changes nothing."""
        if self.claimed_by is None and user_id != self.buyer_id:
            self.claimed_by = user_id
            self.record(OrderClaimed(order_id=self.id, buyer_id=self.buyer_id, user_id=user_id))

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

    def confirm(self, payment_id: Id | None, occasion: Occasion, pay_by: datetime | None = None) -> None:
        """The sale stands; a prepaid order is PAID as well, unless its money may come by transfer until `pay_by`. Once
        confirmed, asking again changes nothing."""
        if self.status != CREATED and not self.is_called_off:
            return
        self.move_to(CONFIRMED, "stock committed", occasion)
        self.record(OrderConfirmed(order_id=self.id, buyer_id=self.buyer_id, seller_id=self.seller_id))
        if self.order_type == PREPAID and pay_by is None:
            self.pay(payment_id, occasion)
        else:
            self.pay_by = pay_by

    def change_method(self, purchase: Purchase, occasion: Occasion) -> None:
        """Is paid in the way of its purchase, which was changed while nothing was paid yet."""
        if self.status != CREATED:
            return
        self.order_type, self.updated_at = purchase.order_type, occasion.at
        self.record(
            OrderPaymentMethodChanged(
                order_id=self.id,
                buyer_id=self.buyer_id,
                seller_id=self.seller_id,
                payment_method=purchase.payment_method,
            )
        )

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
            self.refund_whole(reason, occasion)
            return
        self.move_to(CANCELLED, reason, occasion)
        self.is_being_cancelled = False
        self.record(
            OrderCancelled(
                order_id=self.id, buyer_id=self.buyer_id, seller_id=self.seller_id, reason=reason[:REASON_MAX]
            )
        )

    def refund_whole(self, reason: str, occasion: Occasion, refund: OrderRefund | None = None) -> None:
        """All that was paid for it has gone back."""
        self.move_to(REFUNDED, reason, occasion)
        self.is_being_cancelled = False
        if self.payment_id is not None:
            self._note_payment("REFUNDED", occasion)
        if refund is not None:
            self.refunds.append(refund)
        self.record(
            OrderRefunded(
                order_id=self.id,
                buyer_id=self.buyer_id,
                seller_id=self.seller_id,
                amount=self.total_amount,
                currency=self.currency,
            )
        )

    def deliver_to(self, address: Address, occasion: Occasion) -> None:
        """Send it there instead, while that is still possible."""
        if self.has_label or self.is_being_cancelled or self.status not in CHANGEABLE[self.order_type]:
            raise DeliveryIsFixed(order_id=self.id, status=self.status)
        if address != self.address:
            self.address, self.updated_at = address, occasion.at
            self.record(
                DeliveryChanged(
                    order_id=self.id, buyer_id=self.buyer_id, seller_id=self.seller_id, address=self.address
                )
            )

    @property
    def may_ship(self) -> bool:
        """Whether a first parcel may leave now."""
        return not self.is_being_cancelled and self.status in SHIPPABLE[self.order_type]

    def move_to(self, status: str, reason: str, occasion: Occasion) -> None:
        """Take one legal step, and remember who took it, when and why."""
        if status == SHIPPED and self.is_being_cancelled:
            raise OrderIsBeingCancelled(order_id=self.id)
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
