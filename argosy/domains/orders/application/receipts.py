"""Recording money that came outside of any gateway: payments books it, and then the order is paid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from argosy.contracts.orders import RecordMoney
from argosy.contracts.payments import BookReceipt, ReceiptBooked
from argosy.domains.orders.application.standing import NoSuchOrder
from argosy.domains.orders.domain.order import Occasion, Order, OrderItem
from argosy.domains.orders.domain.order_status import CASH_ON_DELIVERY
from argosy.domains.orders.domain.receipt import awaits_money, check_money, share_of
from argosy.engine.reads import reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id, child_id


class SoldItems(Protocol):
    """Finds an order's lines, which are not loaded with it."""

    def __call__(self, order_id: Id) -> Sequence[OrderItem]:
        """As sold, in the order of their numbers."""
        ...


class Receipts:
    """Staff say that money came. An order is paid once the books have it, and no sooner."""

    def __init__(self, work: UnitOfWork, orders: Repository[Order], sold: SoldItems) -> None:
        self.work = work
        self.orders = orders
        self.sold = sold

    @reads(orders=lambda command: [command.order_id])
    def record_money(self, command: RecordMoney) -> None:
        order = self.orders.find(command.order_id)
        if order is None:
            raise NoSuchOrder(order_id=command.order_id)
        check_money(order, command)
        self.work.announce(
            BookReceipt(
                flow_id=order.id,
                payment_id=child_id(order.id, "receipt"),
                purchase_id=order.purchase_id,
                order_id=order.id,
                buyer_id=order.buyer_id,
                amount=order.total_amount,
                currency=order.currency,
                gateway="cash" if order.order_type == CASH_ON_DELIVERY else "bank",
                reference=command.reference.strip(),
                share=share_of(order, self.sold(order.id)),
            )
        )

    @reads(orders=lambda event: [event.order_id])
    def receipt_booked(self, event: ReceiptBooked) -> None:
        """Money for an order that was called off meanwhile is found by payments' reconciliation, and goes back."""
        order = self.orders.find(event.order_id)
        if order is not None and awaits_money(order):
            order.pay(event.payment_id, Occasion(by=self.work.actor.id, at=self.work.now, new_id=self.work.new_id))
