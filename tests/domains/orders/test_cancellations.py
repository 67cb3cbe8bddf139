"""Orders called off one by one: money first, then the order, then its stock and, with the last, its coupons."""

from __future__ import annotations

from datetime import timedelta

import pytest

from argosy.contracts.inventory import Restock
from argosy.contracts.orders import (
    CancelOrder,
    CancelUnpaidPurchase,
    ChangeDelivery,
    DeliveryChanged,
    OrderCancellationFailed,
    OrderCancellationRequested,
    OrderCancelled,
    OrderRefunded,
)
from argosy.contracts.payments import PaymentRefunded, RefundPayment
from argosy.contracts.promotions import ReleaseCoupons
from argosy.domains.orders.application.cancellations import Cancellations
from argosy.domains.orders.application.deliveries import Deliveries
from argosy.domains.orders.application.orders import Orders
from argosy.domains.orders.application.standing import NoSuchOrder
from argosy.domains.orders.domain.cancellation import (
    Cancellation,
    CancellationReasonIsTooLong,
    OrderCannotBeCancelled,
    ReasonHoldsACard,
    ReasonIsMissing,
    refund_id_of,
)
from argosy.domains.orders.domain.delivery import DeliveryFieldOutOfRange, NothingToChange
from argosy.domains.orders.domain.order import DeliveryIsFixed, Order
from argosy.domains.orders.domain.purchase import Purchase
from argosy.engine.work import Actor
from argosy.shared_kernel.errors import DomainError, Several
from argosy.shared_kernel.ids import child_id
from argosy.shared_kernel.messages import Message, Refused
from tests.domains.orders.purchases import (
    ADDRESS,
    BUYER,
    CONFIRM,
    FLOW,
    ORDER_IDS,
    PAYMENT,
    PURCHASE,
    draft,
    line,
    place,
)
from tests.support import Stage, an_id

ANNA, BERT = ORDER_IDS
OWNER = Actor(id=BUYER)
SELLER = Actor(id=an_id("anna herself"), seller_id=an_id("anna"))
STRANGER = Actor(id=an_id("stranger"), seller_id=an_id("bert's rival"))
STAFF = Actor(id=an_id("clerk"), roles=frozenset({"staff"}))


def a_stage() -> Stage:
    stage = Stage(
        (Orders, Cancellations, Deliveries),
        lambda work: (
            Orders(work, work.repository(Purchase), work.repository(Order)),
            Cancellations(work, work.repository(Purchase), work.repository(Order), work.repository(Cancellation)),
            Deliveries(work, work.repository(Order)),
        ),
    )
    stage.store.keep_logs(Order, "items", "history", "payments", "refunds")
    return stage


def paid() -> Stage:
    stage = a_stage()
    stage.send(place())
    stage.send(CONFIRM)
    return stage


def refunded(stage: Stage, order_id: str, amount: int = 1) -> list[Message]:
    refund_id = stage.one(Cancellation, order_id).refund_id
    return stage.send(
        PaymentRefunded(flow_id=order_id, payment_id=PAYMENT, refund_id=refund_id, amount=amount, currency="EUR")
    )


def restock(order_id: str) -> Restock:
    return Restock(flow_id=FLOW, reservation_id=child_id(FLOW, "reservation"), order_ids=(order_id,))


def refused(stage: Stage, command: Message, actor: Actor, kind: type[DomainError]) -> DomainError:
    before = (stage.store.log.records[:], stage.all(Order), stage.all(Cancellation))
    with pytest.raises(kind) as caught:
        stage.send(command, actor=actor)
    assert [len(before[0]), [each.__dict__ for each in before[1]], [each.__dict__ for each in before[2]]] == [
        len(stage.store.log.records),
        [each.__dict__ for each in stage.all(Order)],
        [each.__dict__ for each in stage.all(Cancellation)],
    ]
    return caught.value


def test_a_paid_order_waits_for_its_money_before_it_ends() -> None:
    stage = paid()
    refund_id = refund_id_of(ANNA, 1)
    assert stage.send(CancelOrder(order_id=ANNA, reason="too slow"), actor=OWNER) == [
        RefundPayment(flow_id=ANNA, payment_id=PAYMENT, refund_id=refund_id, reason="too slow", order_id=ANNA),
        OrderCancellationRequested(
            order_id=ANNA,
            buyer_id=BUYER,
            seller_id=an_id("anna"),
            refund_id=refund_id,
            amount=2880,
            currency="EUR",
            reason="too slow",
            asked_by="buyer",
        ),
    ]
    order = stage.one(Order, ANNA)
    assert (order.status, order.is_being_cancelled, order.may_ship) == ("PAID", True, False)
    assert stage.result.refund_id == refund_id and stage.result.is_being_cancelled
    assert refunded(stage, ANNA, 2880) == [
        OrderRefunded(order_id=ANNA, buyer_id=BUYER, seller_id=an_id("anna"), amount=2880, currency="EUR"),
        restock(ANNA),
    ]
    order = stage.one(Order, ANNA)
    assert (order.status, order.is_being_cancelled) == ("REFUNDED", False)
    (refund,) = stage.store.logged[Order, "refunds"]
    assert (refund.refund_id, refund.amount, refund.reason, refund.status) == (refund_id, 2880, "too slow", "SUCCEEDED")
    assert stage.one(Order, BERT).status == "PAID"
    assert stage.one(Purchase, PURCHASE).status == "PLACED"
    assert stage.undeclared_loads == 0


def test_asking_and_hearing_again_changes_nothing() -> None:
    stage = paid()
    stage.send(CancelOrder(order_id=ANNA), actor=OWNER)
    assert stage.send(CancelOrder(order_id=ANNA, reason="really"), actor=OWNER) == []
    refunded(stage, ANNA)
    assert refunded(stage, ANNA) == []
    assert stage.send(CancelOrder(order_id=ANNA), actor=OWNER) == []
    assert (stage.result.status, stage.result.is_being_cancelled) == ("REFUNDED", False)


def test_coupons_are_free_again_once_nothing_of_the_purchase_stands() -> None:
    stage = paid()
    for order_id, last in ((ANNA, [restock(ANNA)]), (BERT, [restock(BERT), ReleaseCoupons(flow_id=FLOW)])):
        stage.send(CancelOrder(order_id=order_id), actor=OWNER)
        assert refunded(stage, order_id)[1:] == last
    assert stage.one(Purchase, PURCHASE).status == "CANCELLED"


def test_a_refund_of_something_else_ends_no_order() -> None:
    stage = paid()
    stage.send(CancelOrder(order_id=ANNA), actor=OWNER)
    other = PaymentRefunded(flow_id=ANNA, payment_id=PAYMENT, refund_id=an_id("other"), amount=1, currency="EUR")
    assert stage.send(other) == []
    assert stage.send(PaymentRefunded(flow_id=FLOW, payment_id=PAYMENT, refund_id=FLOW, amount=1, currency="EUR")) == []
    assert stage.one(Order, ANNA).status == "PAID"


def test_where_the_gateway_keeps_the_money_the_order_stands_and_may_be_called_off_again() -> None:
    stage = paid()
    stage.send(CancelOrder(order_id=ANNA), actor=OWNER)
    no = Refused(
        flow_id=ANNA,
        command=RefundPayment.wire_name,
        code="refund_was_declined",
        details={"refund_id": refund_id_of(ANNA, 1), "reason": "card_gone"},
    )
    assert stage.send(no) == [
        OrderCancellationFailed(
            order_id=ANNA,
            buyer_id=BUYER,
            seller_id=an_id("anna"),
            refund_id=refund_id_of(ANNA, 1),
            reason="refund_was_declined",
        )
    ]
    assert stage.send(no) == []
    order = stage.one(Order, ANNA)
    assert (order.status, order.is_being_cancelled, order.may_ship) == ("PAID", False, True)
    stage.send(CancelOrder(order_id=ANNA), actor=OWNER)
    assert stage.one(Cancellation, ANNA).refund_id == refund_id_of(ANNA, 2)
    refunded(stage, ANNA)
    assert stage.one(Order, ANNA).status == "REFUNDED"


def test_what_has_left_is_called_off_by_staff_alone_and_is_not_put_back_on_a_shelf() -> None:
    stage = paid()
    order = stage.store.rows[Order][ANNA]
    assert isinstance(order, Order)
    order.status = "SHIPPED"
    refused(stage, CancelOrder(order_id=ANNA, reason="late"), OWNER, OrderCannotBeCancelled)
    refused(stage, CancelOrder(order_id=ANNA, reason="late"), SELLER, OrderCannotBeCancelled)
    stage.send(CancelOrder(order_id=ANNA, reason="lost by the carrier"), actor=STAFF)
    assert [type(told) for told in refunded(stage, ANNA)] == [OrderRefunded]


def test_cash_on_delivery_is_cancelled_at_once() -> None:
    stage = a_stage()
    stage.send(place(method="cash_on_delivery"))
    stage.send(type(CONFIRM)(flow_id=FLOW, purchase_id=PURCHASE, order_ids=ORDER_IDS, payment_id=None))
    assert stage.send(CancelOrder(order_id=ANNA, reason="sold out"), actor=SELLER) == [
        OrderCancelled(order_id=ANNA, buyer_id=BUYER, seller_id=an_id("anna"), reason="sold out"),
        restock(ANNA),
    ]
    assert stage.all(Cancellation) == []


def test_what_cost_nothing_ends_without_a_payment() -> None:
    stage = a_stage()
    stage.send(place(draft("anna", line(1, unit=0)), draft("bert", line(2, unit=0))))
    stage.send(type(CONFIRM)(flow_id=FLOW, purchase_id=PURCHASE, order_ids=ORDER_IDS, payment_id=None))
    told = stage.send(CancelOrder(order_id=ANNA), actor=OWNER)
    assert [type(one) for one in told] == [OrderRefunded, Restock]


def test_what_cost_nothing_within_a_paid_purchase_gives_back_what_the_platform_paid_for_it() -> None:
    stage = a_stage()
    stage.send(place(draft("anna", line(1, unit=0)), draft("bert", line(2))))
    stage.send(CONFIRM)
    refund_id = refund_id_of(ANNA, 1)
    told = stage.send(CancelOrder(order_id=ANNA, reason="too slow"), actor=OWNER)
    asked = RefundPayment(flow_id=ANNA, payment_id=PAYMENT, refund_id=refund_id, reason="too slow", order_id=ANNA)
    assert asked in told
    assert stage.one(Order, ANNA).status == "REFUNDED"
    answer = PaymentRefunded(flow_id=ANNA, payment_id=PAYMENT, refund_id=refund_id, amount=0, currency="EUR")
    assert stage.send(answer) == []


def test_strangers_are_told_that_there_is_no_such_order() -> None:
    stage = paid()
    theirs = refused(stage, CancelOrder(order_id=ANNA, reason="x"), STRANGER, NoSuchOrder)
    nobodys = refused(stage, CancelOrder(order_id=an_id("no order"), reason="x"), STRANGER, NoSuchOrder)
    assert theirs.code == nobodys.code and theirs.details.keys() == nobodys.details.keys()
    refused(stage, ChangeDelivery(order_id=ANNA, city="Lisboa"), STRANGER, NoSuchOrder)
    refused(stage, ChangeDelivery(order_id=ANNA, city="Lisboa"), SELLER, NoSuchOrder)


def test_reasons_are_given_bounded_and_hold_no_card() -> None:
    stage = paid()
    refused(stage, CancelOrder(order_id=ANNA, reason=" "), SELLER, ReasonIsMissing)
    refused(stage, CancelOrder(order_id=ANNA, reason="x" * 201), OWNER, CancellationReasonIsTooLong)
    refused(stage, CancelOrder(order_id=ANNA, reason="pay to 4242 4242 4242 4242"), OWNER, ReasonHoldsACard)


# Transfers: confirmed first, paid later or never.


def by_transfer() -> Stage:
    stage = a_stage()
    stage.send(place(method="bank_transfer"))
    stage.send(type(CONFIRM)(flow_id=FLOW, purchase_id=PURCHASE, order_ids=ORDER_IDS, payment_id=None))
    return stage


def test_a_transfer_confirms_the_order_and_has_seven_days() -> None:
    stage = by_transfer()
    order = stage.one(Order, ANNA)
    assert (order.status, order.may_ship) == ("CONFIRMED", False)
    assert order.pay_by == stage.clock.now() + timedelta(days=7)
    (timer,) = stage.due().values()
    assert (timer.name, timer.due_at) == (CancelUnpaidPurchase.wire_name, order.pay_by)


def test_what_is_not_paid_in_time_is_cancelled_with_its_stock_and_coupons() -> None:
    stage = by_transfer()
    assert stage.send(CancelUnpaidPurchase(purchase_id=PURCHASE)) == []
    stage.clock.tick(days=7)
    told = stage.send(CancelUnpaidPurchase(purchase_id=PURCHASE))
    assert [type(one) for one in told if not isinstance(one, OrderCancelled)] == [Restock, Restock, ReleaseCoupons]
    assert {order.status for order in stage.all(Order)} == {"CANCELLED"}
    assert stage.send(CancelUnpaidPurchase(purchase_id=PURCHASE)) == []
    assert stage.undeclared_loads == 0


def test_a_time_that_has_come_by_the_clock_of_who_tells_it_has_come() -> None:
    stage = by_transfer()
    stage.clock.tick(days=7, seconds=-2)
    pay_by = stage.one(Order, ANNA).pay_by
    assert stage.send(CancelUnpaidPurchase(purchase_id=PURCHASE), told_at=pay_by) != []
    assert {order.status for order in stage.all(Order)} == {"CANCELLED"}


# Delivery.


def test_delivery_changes_until_the_label_is_printed() -> None:
    stage = paid()
    (told,) = stage.send(ChangeDelivery(order_id=ANNA, street=" 2 Quay ", phone="+351 912"), actor=OWNER)
    assert isinstance(told, DeliveryChanged)
    assert (told.address.street, told.address.phone, told.address.city) == ("2 Quay", "+351 912", ADDRESS.city)
    assert stage.one(Order, ANNA).address == told.address
    assert stage.send(ChangeDelivery(order_id=ANNA, street="2 Quay"), actor=OWNER) == []
    order = stage.store.rows[Order][ANNA]
    assert isinstance(order, Order)
    order.has_label = True
    refused(stage, ChangeDelivery(order_id=ANNA, city="Lisboa"), OWNER, DeliveryIsFixed)


def test_a_change_of_delivery_is_read_whole_or_not_at_all() -> None:
    stage = paid()
    refused(stage, ChangeDelivery(order_id=ANNA), OWNER, NothingToChange)
    refused(stage, ChangeDelivery(order_id=ANNA, city=""), OWNER, DeliveryFieldOutOfRange)
    several = refused(
        stage, ChangeDelivery(order_id=ANNA, city="", street="4242424242424242", phone="\x07"), OWNER, Several
    )
    assert [fault["field"] for fault in several.details["faults"]] == ["street", "city", "phone"]
