"""The checkout saga: what is asked of whom, in which order, and how each step is taken back.

lines -> coupons + delivery -> tax -> orders + stock -> authorize -> commit -> capture -> confirm + consume
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import msgspec

from argosy.contracts import inventory, orders, payments, promotions
from argosy.contracts.checkout import RetryCheckout, RetryPayment
from argosy.domains.checkout.application.pricing import PricingSaga
from argosy.domains.checkout.domain import session as sessions
from argosy.domains.checkout.domain.quote import (
    SharesOfSnapshot,
    StockOfSnapshot,
)
from argosy.domains.checkout.domain.request import Bought
from argosy.shared_kernel.codec import decoder
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event
from argosy.shared_kernel.saga import ASKED, COMPENSATED, DONE, UNDOING, Reason, Step

FAILURE_LENGTH_MAX = 100
EXPIRED, ABORTED, LOST = Reason("expired"), Reason("aborted"), Reason("lost")
CALLED_OFF = Reason("called_off")
WATCH_SECONDS, WATCH_SECONDS_MAX = 120, 3_600
"""An undo that is not answered is asked for again after this time, then ever later."""
_OF_ONE_PAYMENT = (
    payments.PaymentAuthorized,
    payments.PaymentActionRequired,
    payments.PaymentFailed,
    payments.PaymentVoided,
)
_TOO_LATE = (payments.PaymentFailed, inventory.StockShort, inventory.ReservationExpired)
"""What turns no sale round that is being confirmed: its money is taken, so that it can only be an old repeat."""
_NEVER_AGAIN = frozenset(("gateway_told_another_amount",))
"""Why a payment may fail for which no other means of payment is a cure."""
_ENDS_AS = {"expired": sessions.EXPIRED, "aborted": sessions.ABORTED}

_BOUGHT = decoder(Bought)
_STOCK = decoder(StockOfSnapshot)
_SHARES = decoder(SharesOfSnapshot)


class CheckoutSaga(PricingSaga):
    """The whole of a checkout at one moment."""

    def tell(self, messages: list[Any]) -> None:
        self.work.announce(*messages)

    @property
    def can_turn_round(self) -> bool:
        """Whether time or the buyer may still end it. Once the sale is being confirmed the money is taken, and parcels
        may be on their way: then it only goes on, or fails if the orders cannot be confirmed."""
        return not self.state.outcome and self.state.stage < len(self.stages) - 1

    def watch(self, times: int = 0) -> None:
        """Look after this flow in a while, for as long as something of it is not answered."""
        wait = min(WATCH_SECONDS * 2 ** min(times, 10), WATCH_SECONDS_MAX)
        self.work.later(
            "watch", self.state.id, self._until(wait), RetryCheckout(checkout_id=self.state.id, times=times + 1)
        )

    # Turns.

    def on(self, message: Event) -> list[Command]:
        """After a payment has failed the buyer may make another attempt. What has failed does not move the flow any
        more: should it be held after all, it is let go."""
        session = self.state
        if isinstance(message, _TOO_LATE) and not session.outcome and not self.can_turn_round:
            return []
        if isinstance(message, _OF_ONE_PAYMENT) and message.payment_id in session.payments_failed:
            is_held = isinstance(message, payments.PaymentAuthorized)
            return [payments.VoidPayment(flow_id=session.id, payment_id=message.payment_id)] if is_held else []
        if isinstance(message, payments.PaymentFailed) and self._is_worth_another(message):
            session.decline(self.reason(message).code)
            return []
        return super().on(message)

    def _is_worth_another(self, message: payments.PaymentFailed) -> bool:
        session = self.state
        is_awaited = not session.outcome and session.steps.get("authorize") == ASKED
        return is_awaited and session.can_retry_payment and message.reason not in _NEVER_AGAIN

    def call_off(self, order_id: Id) -> list[Command]:
        """An order of it is called off. What was asked for already is taken with it, and orders has it paid back; what
        is left of a purchase of which nothing stands is undone."""
        session = self.state
        if session.outcome or not self.can_turn_round or "capture" in session.steps:
            return []
        session.call_off(order_id)
        return self.give_up(CALLED_OFF) if set(session.order_ids) <= set(session.called_off) else []

    def retry_payment(self, means: RetryPayment) -> None:
        """Ask for the money once more, by these means; the stock is held until that is decided. Where no money moves
        now there is nothing to ask for, and the flow goes on."""
        session = self.state
        session.try_again(means.payment_method, means.gateway, means.payment_source, means.credit_amount)
        if not session.needs_payment:
            del session.steps["authorize"]
            self.tell(self._go_on())
            return
        authorization = self.authorize()
        assert authorization is not None, "what costs nothing is not declined"
        self.tell(
            [
                inventory.ExtendReservation(
                    flow_id=session.id,
                    reservation_id=session.reservation_id,
                    expires_at=authorization.expires_at,
                ),
                authorization,
            ]
        )

    def reason(self, message: Event) -> Reason:
        if isinstance(message, payments.PaymentFailed):
            return Reason(message.reason[:FAILURE_LENGTH_MAX] or "payment_failed")
        if isinstance(message, inventory.StockShort):
            shortages = [msgspec.to_builtins(shortage) for shortage in message.shortages]
            return Reason("stock_short", {"shortages": shortages})
        return super().reason(message)

    def gave_up(self, reason: Reason) -> None:
        self.state.turn_round(_ENDS_AS.get(reason.code, sessions.FAILED), reason.code, reason.details, self.now)
        self.work.never_mind("deadline", self.state.id)
        self.watch()

    def completed(self) -> None:
        bought: Bought = _BOUGHT.decode(self._detail.request)
        variants = tuple([line.variant_id for line in bought.lines])
        self.state.complete(variants, bought.coupons, self.now, is_guest=bought.is_guest)
        self.work.never_mind("deadline", self.state.id)

    def compensated(self) -> None:
        self.state.completed_at = self.now
        self.work.never_mind("watch", self.state.id)

    def step_moved(self, step: Step, standing: str) -> None:
        self.state.note_step(step.name, standing, self.work.new_id(), self.now)
        if standing == UNDOING and self.state.outcome == COMPENSATED:
            self.watch()  # A yes after the end: its undo is watched as the others were.

    # 2: the orders.

    def place_orders(self) -> orders.PlaceOrders:
        session, request = self.state, self._request
        return orders.PlaceOrders(
            flow_id=session.id,
            purchase_id=session.purchase_id,
            buyer_id=session.buyer_id,
            client_request_id=request.client_request_id,
            currency=session.currency,
            total_amount=session.total_amount,
            payment_method=session.payment_method,
            address=request.address,
            orders=self._drafts,
            snapshot_hash=self._detail.snapshot_hash,
        )

    def cancel_orders(self) -> orders.CancelOrders:
        session = self.state
        return orders.CancelOrders(
            flow_id=session.id, purchase_id=session.purchase_id, order_ids=session.order_ids, reason=session.failure
        )

    # 3: the stock.

    def reserve_stock(self) -> inventory.ReserveStock:
        stock: StockOfSnapshot = _STOCK.decode(self._detail.snapshot)
        return inventory.ReserveStock(
            flow_id=self.state.id,
            reservation_id=self.state.reservation_id,
            lines=stock.stock,
            expires_at=self._until(sessions.STOCK_SECONDS),
            buyer_id=self.state.buyer_id,
        )

    def wait_for_money(self, message: orders.OrdersPlaced | inventory.StockReserved) -> None:
        """Whichever answer comes last; an earlier release may have said so with the stock's."""
        session = self.state
        if session.steps.get("orders") == session.steps.get("stock") == DONE and session.status == sessions.STARTED:
            session.hold_stock()

    def release_stock(self) -> inventory.ReleaseReservation:
        return inventory.ReleaseReservation(flow_id=self.state.id, reservation_id=self.state.reservation_id)

    # 4: the money is held.

    def authorize(self) -> payments.AuthorizePayment | None:
        session = self.state
        if not session.needs_payment:
            return None
        return payments.AuthorizePayment(
            flow_id=session.id,
            payment_id=session.payment_id,
            purchase_id=session.purchase_id,
            buyer_id=session.buyer_id,
            amount=session.total_amount,
            currency=session.currency,
            gateway=session.gateway,
            source=session.payment_source,
            expires_at=self._payment_until(),
            order_id=session.order_ids[0] if len(session.order_ids) == 1 else None,
            replaces=session.payment_replaced,
            credit_amount=min(session.credit_amount, session.total_amount),
        )

    def _payment_until(self) -> datetime:
        """No attempt takes longer than the whole checkout may."""
        until = self._until(sessions.PAYMENT_SECONDS)
        return until if self.state.deadline is None else min(until, self.state.deadline)

    def take_authorization(self, message: payments.PaymentAuthorized) -> Reason | None:
        session = self.state
        if (message.amount, message.currency) != (session.total_amount, session.currency):
            return Reason("payment_mismatch", {"expected": session.total_amount, "actual": message.amount})
        session.authorize()
        return None

    def ask_buyer(self, message: payments.PaymentActionRequired) -> None:
        self.state.ask_buyer(message.action_url)

    def void(self) -> payments.VoidPayment:
        return payments.VoidPayment(flow_id=self.state.id, payment_id=self.state.payment_id)

    # 5: the stock is theirs.

    def commit_stock(self) -> inventory.CommitReservation:
        return inventory.CommitReservation(flow_id=self.state.id, reservation_id=self.state.reservation_id)

    def restock(self) -> inventory.Restock:
        return inventory.Restock(flow_id=self.state.id, reservation_id=self.state.reservation_id)

    # 6: the money is taken.

    def capture(self) -> payments.CapturePayment | None:
        session = self.state
        if not session.needs_payment:
            return None
        shares: SharesOfSnapshot = _SHARES.decode(self._detail.snapshot)
        return payments.CapturePayment(
            flow_id=session.id, payment_id=session.payment_id, shares=shares.shares, called_off=session.called_off
        )

    def take_money(self, message: payments.PaymentCaptured) -> None:
        """Where the gateway takes the whole or nothing, it was taken with what was called off."""
        if message.amount == self.state.total_amount:
            self.state.called_off = ()
        self.state.take_money()

    def refund(self) -> payments.RefundPayment:
        session = self.state
        return payments.RefundPayment(
            flow_id=session.id, payment_id=session.payment_id, refund_id=session.refund_id, reason=session.failure
        )

    # 7: the sale is recorded.

    def confirm_orders(self) -> orders.ConfirmOrders:
        session = self.state
        return orders.ConfirmOrders(
            flow_id=session.id,
            purchase_id=session.purchase_id,
            order_ids=session.order_ids,
            payment_id=session.payment_id if session.needs_payment else None,
            # Told where it may be another: what was placed is not looked up for it.
            payment_method=session.payment_method if session.payment_attempt > 1 else "",
            called_off=session.called_off,
        )

    def consume_coupons(self) -> promotions.ConsumeCoupons | None:
        session = self.state
        if not session.has_coupons:
            return None
        return promotions.ConsumeCoupons(
            flow_id=session.id,
            purchase_id=session.purchase_id,
            order_id=session.order_ids[0] if len(session.order_ids) == 1 else None,
        )

    _stock = Step(
        "stock",
        asks=inventory.ReserveStock,
        ask=reserve_stock,
        done=inventory.StockReserved,
        learn=wait_for_money,
        failed=(inventory.StockShort, inventory.ReservationExpired),
        undoes=inventory.ReleaseReservation,
        undo=release_stock,
        undone=inventory.ReservationReleased,
    )

    stages: ClassVar[tuple[tuple[Step, ...], ...]] = (
        *PricingSaga.stages,
        (
            Step(
                "orders",
                asks=orders.PlaceOrders,
                ask=place_orders,
                done=orders.OrdersPlaced,
                learn=wait_for_money,
                undoes=orders.CancelOrders,
                undo=cancel_orders,
                undone=orders.OrdersCancelled,
            ),
            _stock,
        ),
        # Flows of before both were asked side by side stand here.
        (_stock,),
        (
            Step(
                "authorize",
                asks=payments.AuthorizePayment,
                ask=authorize,
                done=payments.PaymentAuthorized,
                learn=take_authorization,
                failed=(payments.PaymentFailed,),
                heard=(payments.PaymentActionRequired,),
                hear=ask_buyer,
                undoes=payments.VoidPayment,
                undo=void,
                undone=payments.PaymentVoided,
            ),
        ),
        (
            Step(
                "commit",
                asks=inventory.CommitReservation,
                ask=commit_stock,
                done=inventory.ReservationConfirmed,
                undoes=inventory.Restock,
                undo=restock,
                undone=inventory.StockRestocked,
            ),
        ),
        (
            Step(
                "capture",
                asks=payments.CapturePayment,
                ask=capture,
                done=payments.PaymentCaptured,
                learn=take_money,
                undoes=payments.RefundPayment,
                undo=refund,
                undone=payments.PaymentRefunded,
            ),
        ),
        # A coupon that cannot be counted any more is no reason to take a paid purchase back: the discount was promised.
        (
            Step("confirm", asks=orders.ConfirmOrders, ask=confirm_orders, done=orders.OrdersConfirmed),
            Step(
                "consume",
                asks=promotions.ConsumeCoupons,
                ask=consume_coupons,
                done=promotions.CouponsConsumed,
                must_succeed=False,
            ),
        ),
    )
