"""Calling orders off one by one: by those who may, while they may, and with the money back before the order ends."""

from __future__ import annotations

from argosy.contracts.inventory import Restock
from argosy.contracts.orders import (
    CancellationAccepted,
    CancelOrder,
    CancelUnpaidPurchase,
    OrderCallOffAsked,
    OrderCancellationFailed,
    OrderCancellationRequested,
    SettleCancellation,
)
from argosy.contracts.payments import PaymentRefunded, RefundPayment
from argosy.contracts.payments_settling import DifferenceSettled
from argosy.contracts.promotions import ReleaseCoupons
from argosy.domains.orders.application.standing import as_whom
from argosy.domains.orders.domain.cancellation import (
    ASKED,
    DONE,
    FAILED,
    REFUNDING,
    Cancellation,
    CreditNeedsAnAccount,
    OrderCannotBeCancelled,
    check_cancellation,
    refund_id_of,
)
from argosy.domains.orders.domain.order import Occasion, Order, OrderRefund
from argosy.domains.orders.domain.order_status import CONFIRMED, CREATED, PAID, REFUNDED, is_legal
from argosy.domains.orders.domain.policies import STAFF
from argosy.domains.orders.domain.purchase import CANCELLED, Purchase
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id, child_id
from argosy.shared_kernel.messages import Refused

NOT_PAID = "not paid in time"


class Cancellations:
    """What was paid goes back first, the books before the gateway; only then is the order REFUNDED, its stock free,
    and, with the last order of its purchase, its coupons."""

    def __init__(
        self,
        work: UnitOfWork,
        purchases: Repository[Purchase],
        orders: Repository[Order],
        cancellations: Repository[Cancellation],
    ) -> None:
        self.work = work
        self.purchases = purchases
        self.orders = orders
        self.cancellations = cancellations

    @reads(orders=lambda command: [command.order_id], cancellations=lambda command: [command.order_id])
    @then_reads(
        purchases=lambda self, command: self._purchase_of(command.order_id),
        orders=lambda self, command: [by("purchase_id", id) for id in self._purchase_of(command.order_id)],
    )
    def cancel_order(self, command: CancelOrder) -> CancellationAccepted:
        """Asking again changes nothing, and tells how it stands."""
        order = self.orders.find(command.order_id)
        order, who = as_whom(order, self.work.actor, command.order_id)
        if not (order.is_called_off or order.is_being_cancelled):
            check_cancellation(order, who, command.reason, to_credit=command.to_credit)
            if command.to_credit and (self.work.actor.is_guest or order.claimed_by is not None):
                raise CreditNeedsAnAccount(field="to_credit")
            reason = command.reason.strip() or f"called off by the {who}"
            self._cancel(order, who, reason, to_credit=command.to_credit)
        known = self.cancellations.find(order.id)
        return CancellationAccepted(
            order_id=order.id,
            status=order.status,
            is_being_cancelled=order.is_being_cancelled,
            refund_id=known.refund_id if known is not None else None,
        )

    @reads(orders=lambda event: [event.flow_id], cancellations=lambda event: [event.flow_id])
    @then_reads(
        purchases=lambda self, event: self._purchase_of(event.flow_id),
        orders=lambda self, event: [by("purchase_id", id) for id in self._purchase_of(event.flow_id)],
    )
    def payment_refunded(self, event: PaymentRefunded) -> None:
        """The money of a cancellation is back: the order ends. Other refunds are none of ours."""
        cancellation = self._waiting(event.flow_id)
        if cancellation is None or cancellation.refund_id != event.refund_id:
            return
        order = self.orders.get(event.flow_id)
        occasion = Occasion(by=cancellation.asked_by, at=self.work.now, new_id=self.work.new_id)
        refund = OrderRefund(
            id=self.work.new_id(),
            refund_id=event.refund_id,
            amount=event.amount,
            reason=cancellation.reason,
            status="SUCCEEDED",
            created_at=self.work.now,
        )
        order.refund_whole(cancellation.reason, occasion, refund)
        cancellation.end(DONE, self.work.now)
        self._release(order, has_left=cancellation.had_left)

    @reads(orders=lambda event: [event.flow_id], cancellations=lambda event: [event.flow_id])
    def refund_refused(self, event: Refused) -> None:
        """The gateway does not pay back, and the books say so: the order stands, until it is asked for again."""
        cancellation = self._waiting(event.flow_id) if event.command == RefundPayment.wire_name else None
        if cancellation is None or event.details.get("refund_id", cancellation.refund_id) != cancellation.refund_id:
            return
        order = self.orders.get(event.flow_id)
        order.is_being_cancelled = False
        cancellation.end(FAILED, self.work.now, event.code)
        self.work.announce(
            OrderCancellationFailed(
                order_id=order.id,
                buyer_id=order.buyer_id,
                seller_id=order.seller_id,
                refund_id=cancellation.refund_id,
                reason=event.code,
            )
        )

    @reads(
        orders=lambda event: [one.order_id for one in event.orders],
        cancellations=lambda event: [one.order_id for one in event.orders],
    )
    def note_paid_back(self, event: DifferenceSettled) -> None:
        """The gateway paid back at its own counter, and the sale bears it: the order has it among its refunds. One of
        which nothing is left is called off: nothing of it leaves any more, and it ends by the same path as any."""
        for one in event.orders:
            order = self.orders.find(one.order_id)
            if order is None or event.refund_id is None:
                continue
            order.updated_at = self.work.now
            order.refunds.append(
                OrderRefund(
                    id=self.work.new_id(),
                    refund_id=event.refund_id,
                    amount=one.amount,
                    reason=event.reason,
                    status="SUCCEEDED",
                    created_at=self.work.now,
                )
            )
            can_end = is_legal(order.order_type, order.status, REFUNDED) and order.payment_id is not None
            if one.left_amount == 0 and can_end and not order.is_being_cancelled:
                self._pay_back(order, STAFF, event.reason, to_credit=False)

    @reads(
        purchases=lambda command: [command.purchase_id],
        orders=lambda command: [by("purchase_id", command.purchase_id)],
    )
    def cancel_unpaid_purchase(self, command: CancelUnpaidPurchase) -> None:
        """What was paid meanwhile, or called off, stays as it is. The timer comes once: whether its time has come says
        the clock of whoever told it, which may be ahead of ours."""
        for order in self.orders.all_by("purchase_id", command.purchase_id):
            if order.status == CONFIRMED and order.pay_by is not None and order.pay_by <= self.work.told_at:
                order.call_off(NOT_PAID, self._occasion())
                self._release(order, has_left=False)

    @reads(orders=lambda command: [command.order_id], cancellations=lambda command: [command.order_id])
    @then_reads(
        purchases=lambda self, command: self._purchase_of(command.order_id),
        orders=lambda self, command: [by("purchase_id", id) for id in self._purchase_of(command.order_id)],
    )
    def settle_cancellation(self, command: SettleCancellation) -> None:
        """It was called off while it was being bought. Where its money was not taken there is nothing to pay back, and
        its goods are free, which a purchase that came to nothing has seen to itself."""
        cancellation = self.cancellations.find(command.order_id)
        if cancellation is None or cancellation.status != ASKED:
            return
        order = self.orders.get(command.order_id)
        if order.status == CREATED:
            return
        if not order.is_called_off:
            self._cancel(order, cancellation.asked_as, cancellation.reason, to_credit=cancellation.to_credit)
        elif self.purchases.get(order.purchase_id).status != CANCELLED:
            self._release(order, has_left=False)
        if cancellation.status == ASKED:
            cancellation.end(DONE, self.work.now)

    def _cancel(self, order: Order, who: str, reason: str, *, to_credit: bool) -> None:
        if order.status == CREATED:
            return self._ask(order, who, reason, to_credit=to_credit)
        is_paid = order.status != CONFIRMED
        if not is_paid:
            order.call_off(reason, self._occasion())
            return self._release(order, has_left=False)
        if order.total_amount == 0:
            has_left = order.status != PAID
            order.refund_whole(reason, self._occasion())
            self._give_subsidy_back(order, reason)
            return self._release(order, has_left=has_left)
        if order.payment_id is None:  # Cash that no payment knows of is paid back where it was taken.
            raise OrderCannotBeCancelled(order_id=order.id, status=order.status, asked_as=who)
        return self._pay_back(order, who, reason, to_credit=to_credit)

    def _ask(self, order: Order, who: str, reason: str, *, to_credit: bool) -> None:
        """Its purchase is being bought: the flow leaves it out of the capture, or it is paid back once it is paid."""
        self.cancellations.add(self._asked(order, ASKED, who, reason, to_credit=to_credit))
        order.is_being_cancelled = True
        purchase = self.purchases.get(order.purchase_id)
        self.work.announce(OrderCallOffAsked(flow_id=purchase.flow_id, purchase_id=purchase.id, order_id=order.id))

    def _asked(self, order: Order, status: str, who: str, reason: str, *, to_credit: bool) -> Cancellation:
        return Cancellation(
            id=order.id,
            refund_id=refund_id_of(order.id, 1),
            status=status,
            asked_by=self.work.actor.id,
            asked_as=who,
            reason=reason,
            amount=order.total_amount,
            currency=order.currency,
            to_credit=to_credit,
            asked_at=self.work.now,
        )

    def _pay_back(self, order: Order, who: str, reason: str, *, to_credit: bool) -> None:
        """Nothing of it may leave from now on; what happens next is for payments to say."""
        assert order.payment_id is not None
        cancellation = self.cancellations.find(order.id)
        if cancellation is None:
            cancellation = self._asked(order, REFUNDING, who, reason, to_credit=to_credit)
            self.cancellations.add(cancellation)
        elif cancellation.status == ASKED:
            cancellation.move_to(REFUNDING)
            order.is_being_cancelled = False  # Said of an order that could not leave yet; now it could.
        else:
            cancellation.ask_again(order, self.work.actor.id, who, reason, self.work.now)
        cancellation.had_left = not order.may_ship
        order.is_being_cancelled = True
        self.work.announce(
            RefundPayment(
                flow_id=order.id,
                payment_id=order.payment_id,
                refund_id=cancellation.refund_id,
                reason=reason,
                order_id=order.id,
                to_credit=to_credit,
            ),
            OrderCancellationRequested(
                order_id=order.id,
                buyer_id=order.buyer_id,
                seller_id=order.seller_id,
                refund_id=cancellation.refund_id,
                amount=order.total_amount,
                currency=order.currency,
                reason=reason,
                asked_by=who,
            ),
        )

    def _give_subsidy_back(self, order: Order, reason: str) -> None:
        """Its buyer paid nothing for it, but the platform may have: with the payment of the rest of the purchase."""
        if order.payment_id is not None:
            self.work.announce(
                RefundPayment(
                    flow_id=order.id,
                    payment_id=order.payment_id,
                    refund_id=refund_id_of(order.id, 1),
                    reason=reason,
                    order_id=order.id,
                )
            )

    def _release(self, order: Order, *, has_left: bool) -> None:
        """What never left can be sold again; coupons count for others once nothing of their purchase stands."""
        purchase = self.purchases.get(order.purchase_id)
        if not has_left:
            self.work.announce(
                Restock(
                    flow_id=purchase.flow_id,
                    reservation_id=child_id(purchase.flow_id, "reservation"),
                    order_ids=(order.id,),
                )
            )
        if all(other.is_called_off for other in self.orders.all_by("purchase_id", purchase.id)):
            purchase.cancel()
            self.work.announce(ReleaseCoupons(flow_id=purchase.flow_id))

    def _waiting(self, order_id: str) -> Cancellation | None:
        found = self.cancellations.find(order_id)
        return found if found is not None and found.status == REFUNDING else None

    def _purchase_of(self, order_id: Id) -> list[Id]:
        order = self.orders.find(order_id)
        return [order.purchase_id] if order is not None else []

    def _occasion(self) -> Occasion:
        return Occasion(by=self.work.actor.id, at=self.work.now, new_id=self.work.new_id)
