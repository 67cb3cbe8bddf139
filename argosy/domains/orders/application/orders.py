"""Everything orders can be asked to do by a checkout: place, confirm, cancel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from argosy.contracts.orders import (
    CancelOrders,
    CancelUnpaidPurchase,
    ConfirmOrders,
    OrderReference,
    OrdersCancelled,
    OrdersConfirmed,
    OrdersPlaced,
    PlaceOrders,
    SettleCancellation,
)
from argosy.domains.orders.domain.order import Occasion, Order
from argosy.domains.orders.domain.order_number import order_number
from argosy.domains.orders.domain.order_status import CREATED
from argosy.domains.orders.domain.policies import TRANSFER_DAYS
from argosy.domains.orders.domain.purchase import (
    NoSuchPurchase,
    Purchase,
    PurchaseWasCancelled,
    check,
    request_key,
)
from argosy.engine.reads import by, reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import NotFound, RuleBroken
from argosy.shared_kernel.ids import Id

BEFORE_PAID = "called off before it was paid"


class OrdersAreNotOfThisPurchase(NotFound):
    """A purchase is confirmed or cancelled with all of its orders, and none of another's."""


class OrdersCannotBeCancelled(RuleBroken):
    """An order whose parcel has left is not cancelled: it can be returned."""


class Orders:
    """The legal record of what was sold."""

    def __init__(self, work: UnitOfWork, purchases: Repository[Purchase], orders: Repository[Order]) -> None:
        self.work = work
        self.purchases = purchases
        self.orders = orders

    @reads(purchases=lambda command: [command.purchase_id, by("request_key", request_key(command))])
    def place_orders(self, command: PlaceOrders) -> None:
        """All orders of a purchase are recorded as frozen, or none. A repeat gets the same answer, nothing else."""
        known = self.purchases.find(command.purchase_id)
        if known is None:
            known = self.purchases.find_by("request_key", request_key(command))
        if known is None:
            check(command)
            self._record(command)
        else:
            known.must_be(command)
        self.work.announce(
            OrdersPlaced(
                flow_id=command.flow_id,
                purchase_id=command.purchase_id,
                orders=tuple(
                    [
                        OrderReference(
                            order_id=draft.order_id,
                            seller_id=draft.seller_id,
                            order_number=order_number(draft.order_id),
                            total_amount=draft.total_amount,
                        )
                        for draft in command.orders
                    ]
                ),
            )
        )

    @reads(purchases=lambda command: [command.purchase_id], orders=lambda command: command.order_ids)
    def confirm_orders(self, command: ConfirmOrders) -> None:
        """All orders of a purchase stand: CONFIRMED, and PAID where they are prepaid. A repeat changes nothing."""
        purchase = self.purchases.find(command.purchase_id)
        if purchase is None:
            raise NoSuchPurchase(purchase_id=command.purchase_id)
        is_changed = purchase.change_method(command.payment_method)
        purchase.must_be_confirmed_by(command.payment_id)
        orders = self._orders_of(purchase, command.order_ids)
        called_off = [order.id for order in orders if order.is_called_off and order.id not in command.called_off]
        if called_off:
            raise PurchaseWasCancelled(purchase_id=purchase.id, order_ids=called_off)
        occasion = self._occasion()
        pay_by = self._pay_by(purchase)
        for order in orders:
            if order.is_being_cancelled and order.status == CREATED:
                self.work.announce(SettleCancellation(order_id=order.id))
            if order.id in command.called_off:
                order.call_off(BEFORE_PAID, occasion)
                continue
            if is_changed:
                order.change_method(purchase, occasion)
            order.confirm(command.payment_id, occasion, pay_by)
        self.work.announce(OrdersConfirmed(flow_id=command.flow_id, purchase_id=purchase.id))

    @reads(purchases=lambda command: [command.purchase_id], orders=lambda command: command.order_ids)
    def cancel_orders(self, command: CancelOrders) -> None:
        """No order of the purchase stands any more, also if it is only asked for later: CANCELLED, or REFUNDED where
        it was PAID, since a flow pays back before it cancels."""
        purchase = self.purchases.find(command.purchase_id)
        if purchase is None:
            self.purchases.add(Purchase.cancelled_before(command.purchase_id, command.flow_id, self.work.now))
        elif purchase.order_count:
            self._call_off(purchase, command)
        self.work.announce(OrdersCancelled(flow_id=command.flow_id, purchase_id=command.purchase_id))

    def _pay_by(self, purchase: Purchase) -> datetime | None:
        """When a transfer must have come; then what is not paid is called off."""
        if not purchase.is_paid_by_transfer:
            return None
        pay_by = self.work.now + timedelta(days=TRANSFER_DAYS)
        self.work.later("unpaid", purchase.id, pay_by, CancelUnpaidPurchase(purchase_id=purchase.id))
        return pay_by

    def _record(self, command: PlaceOrders) -> None:
        purchase = Purchase.place(command, self.work.now)
        self.purchases.add(purchase)
        occasion = self._occasion()
        for draft in command.orders:
            self.orders.add(Order.place(draft, purchase, command.address, occasion))

    def _call_off(self, purchase: Purchase, command: CancelOrders) -> None:
        orders = self._orders_of(purchase, command.order_ids)
        too_late = [order.id for order in orders if not (order.is_called_off or order.can_be_cancelled)]
        if too_late:
            raise OrdersCannotBeCancelled(purchase_id=purchase.id, order_ids=too_late)
        occasion = self._occasion()
        for order in orders:
            if order.is_being_cancelled and order.status == CREATED:
                self.work.announce(SettleCancellation(order_id=order.id))
            order.call_off(command.reason, occasion)
        purchase.cancel()

    def _orders_of(self, purchase: Purchase, order_ids: Sequence[Id]) -> list[Order]:
        """All orders of a purchase, asked for by their ids: a guess at another's finds nothing."""
        found = [order for id in dict.fromkeys(order_ids) if (order := self.orders.find(id)) is not None]
        if len(found) != purchase.order_count or any(order.purchase_id != purchase.id for order in found):
            raise OrdersAreNotOfThisPurchase(purchase_id=purchase.id)
        return found

    def _occasion(self) -> Occasion:
        return Occasion(by=self.work.actor.id, at=self.work.now, new_id=self.work.new_id)
