"""What sees to it that no order waits for ever, and that no money is kept for nothing."""

from __future__ import annotations

from argosy.contracts.checkout import AccountForPurchase
from argosy.contracts.orders import (
    AskAfterPurchase,
    CapturedPayment,
    FindOpenPurchases,
    OrderCreated,
    PaymentsSettled,
    SettlePayments,
)
from argosy.domains.orders.domain.order import Occasion, Order
from argosy.domains.orders.domain.order_status import CREATED
from argosy.domains.orders.domain.purchase import Purchase
from argosy.engine.lookback import Lookback
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id

OPEN_SECONDS = 1_500
"""A checkout has 20 minutes, and time to be undone: what still waits after that has been forgotten."""
PAGE = 200


class OrderReconciliation:
    """Lays orders beside the flows that they wait for, and beside the money that was taken for them."""

    def __init__(
        self, work: UnitOfWork, purchases: Repository[Purchase], orders: Repository[Order], placed: Lookback
    ) -> None:
        self.work = work
        self.purchases = purchases
        self.orders = orders
        self.placed = placed

    @then_reads(orders=lambda self, command: self._placed_long_ago())
    def find_open_purchases(self, command: FindOpenPurchases) -> None:
        """Every order is looked at once, when its time is up; most are long paid."""
        found = [order for id in self._placed_long_ago() if (order := self.orders.find(id)) is not None]
        for purchase_id in dict.fromkeys(order.purchase_id for order in found if order.status == CREATED):
            self.work.announce(AskAfterPurchase(purchase_id=purchase_id))
        self.placed.pass_on()
        if len(self._placed_long_ago()) == PAGE:
            self.work.announce(command)

    @reads(
        purchases=lambda command: [command.purchase_id],
        orders=lambda command: [by("purchase_id", command.purchase_id)],
    )
    def ask_after_purchase(self, command: AskAfterPurchase) -> None:
        """Checkout accounts for it: by going on, by saying again how it ended, or by undoing what it has lost."""
        purchase = self.purchases.find(command.purchase_id)
        orders = self.orders.all_by("purchase_id", command.purchase_id)
        if purchase is None or purchase.buyer_id is None or not any(order.status == CREATED for order in orders):
            return
        self.work.announce(
            AccountForPurchase(
                flow_id=purchase.flow_id,
                purchase_id=purchase.id,
                buyer_id=purchase.buyer_id,
                client_request_id=purchase.client_request_id,
                order_ids=tuple(sorted(order.id for order in orders)),
                total_amount=purchase.total_amount,
                currency=purchase.currency,
                payment_method=purchase.payment_method,
            )
        )

    @reads(orders=lambda command: [id for payment in command.payments for id in payment.order_ids])
    @then_reads(
        purchases=lambda self, command: [payment.purchase_id for payment in command.payments],
        orders=lambda self, command: [by("purchase_id", payment.purchase_id) for payment in command.payments],
    )
    def settle_payments(self, command: SettlePayments) -> None:
        """Money whose orders wait confirms them; money for which no order stands is told to be unexplained. Where one
        of the purchase is being called off, its flow knows what was taken for which, and ends it."""
        unexplained, confirmed = [], []
        for payment in command.payments:
            if self._is_being_settled(payment.purchase_id):
                continue
            orders = self._orders_of(payment)
            is_waiting = all(order.status == CREATED for order in orders)
            if orders and is_waiting and self._confirm(payment, orders):
                confirmed.append(payment.payment_id)
            elif not any(order.status != CREATED and not order.is_called_off for order in orders):
                unexplained.append(payment.payment_id)
        self.work.announce(PaymentsSettled(job=command.job, unexplained=tuple(unexplained), confirmed=tuple(confirmed)))

    def _confirm(self, payment: CapturedPayment, orders: list[Order]) -> bool:
        """Whether these orders are the whole purchase, and the money is exactly theirs: then they stand from now on."""
        purchase = self.purchases.find(payment.purchase_id)
        if purchase is None or purchase.order_count != len(orders):
            return False
        if (purchase.total_amount, purchase.currency) != (payment.amount, payment.currency):
            return False
        try:
            purchase.must_be_confirmed_by(payment.payment_id)
        except DomainError:
            return False
        occasion = Occasion(by=self.work.actor.id, at=self.work.now, new_id=self.work.new_id)
        for order in orders:
            order.confirm(payment.payment_id, occasion)
        return True

    def _is_being_settled(self, purchase_id: Id) -> bool:
        """Whether some order of the purchase is being called off before it stands."""
        orders = self.orders.all_by("purchase_id", purchase_id)
        return any(order.status == CREATED and order.is_being_cancelled for order in orders)

    def _orders_of(self, payment: CapturedPayment) -> list[Order]:
        found = [self.orders.find(id) for id in payment.order_ids]
        return [order for order in found if order is not None and order.purchase_id == payment.purchase_id]

    def _placed_long_ago(self) -> list[Id]:
        records = self.placed.records([OrderCreated.wire_name], OPEN_SECONDS, PAGE)
        return [Id(record.key) for record in records]
