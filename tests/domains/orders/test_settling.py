"""Money beside the orders that it was taken for, where orders do not stand yet."""

from __future__ import annotations

from typing import Any

from argosy.contracts.orders import CancelOrder, CapturedPayment, PaymentsSettled, SettlePayments
from argosy.domains.orders.application.cancellations import Cancellations
from argosy.domains.orders.application.orders import Orders
from argosy.domains.orders.application.reconciling import OrderReconciliation
from argosy.domains.orders.domain.cancellation import Cancellation
from argosy.domains.orders.domain.order import Order
from argosy.domains.orders.domain.purchase import Purchase
from argosy.engine.work import Actor
from tests.domains.orders.purchases import BUYER, ORDER_IDS, PAYMENT, PURCHASE, place
from tests.support import Stage

ANNA, BERT = ORDER_IDS


def stage_of_orders() -> Stage:
    nothing: Any = None

    def build(work: Any) -> Any:
        purchases, orders = work.repository(Purchase), work.repository(Order)
        return (
            Orders(work, purchases, orders),
            Cancellations(work, purchases, orders, work.repository(Cancellation)),
            OrderReconciliation(work, purchases, orders, nothing),
        )

    stage = Stage((Orders, Cancellations, OrderReconciliation), build)
    stage.store.keep_logs(Order, "items", "history", "payments", "refunds")
    return stage


def settled(stage: Stage, *order_ids: Any, amount: int) -> PaymentsSettled:
    taken = CapturedPayment(
        payment_id=PAYMENT, purchase_id=PURCHASE, order_ids=order_ids, amount=amount, currency="EUR"
    )
    [*_, told] = stage.send(SettlePayments(payments=(taken,)))
    assert isinstance(told, PaymentsSettled)
    return told


def test_money_for_orders_that_wait_confirms_them() -> None:
    stage = stage_of_orders()
    stage.send(place())
    assert settled(stage, ANNA, BERT, amount=place().total_amount).confirmed == (PAYMENT,)


def test_while_one_order_is_called_off_what_was_taken_for_the_others_is_the_flows_to_tell() -> None:
    """Found by simulation, seed 363: the one that was paid and stood had its money sent back."""
    stage = stage_of_orders()
    stage.send(place())
    stage.send(CancelOrder(order_id=ANNA, reason="not wanted"), actor=Actor(id=BUYER))
    told = settled(stage, BERT, amount=250)
    assert (told.unexplained, told.confirmed) == ((), ())


def test_money_for_part_of_what_waits_is_unexplained() -> None:
    stage = stage_of_orders()
    stage.send(place())
    assert settled(stage, BERT, amount=250).unexplained == (PAYMENT,)
