"""Orders are placed whole, confirmed once, cancelled for good; every answer is the same however often it is asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from argosy.contracts.orders import (
    OrderCancelled,
    OrderConfirmed,
    OrderCreated,
    OrderPaid,
    OrderPaymentMethodChanged,
    OrderReference,
    OrderRefunded,
    OrdersCancelled,
    OrdersConfirmed,
    OrdersPlaced,
)
from argosy.domains.orders.domain.order import Order
from argosy.domains.orders.domain.order_number import order_number
from argosy.domains.orders.domain.order_status import NOTHING, is_legal
from argosy.domains.orders.domain.purchase import Purchase
from argosy.shared_kernel.messages import Refused
from tests.domains.orders.purchases import (
    ADDRESS,
    BUYER,
    CANCEL,
    CONFIRM,
    FLOW,
    ORDER_IDS,
    PAYMENT,
    PURCHASE,
    draft,
    history,
    line,
    orders_stage,
    place,
    statuses,
)
from tests.support import Stage, an_id

ANNA, BERT = ORDER_IDS


def refusal(stage: Stage, command: object) -> Refused:
    """The one answer, which must be a refusal, and must have left no trace."""
    before = (len(stage.all(Purchase)), [order.__dict__ for order in stage.all(Order)], len(history(stage)))
    (answer,) = stage.send(command)
    assert isinstance(answer, Refused)
    assert before == (len(stage.all(Purchase)), [order.__dict__ for order in stage.all(Order)], len(history(stage)))
    return answer


def test_places_one_order_per_seller_and_tells_each_whole() -> None:
    stage = orders_stage()
    command = place()
    anna, bert, placed = stage.send(command)
    assert anna == OrderCreated(
        order_id=ANNA,
        purchase_id=PURCHASE,
        checkout_id=FLOW,
        buyer_id=BUYER,
        seller_id=an_id("anna"),
        order_number=order_number(ANNA),
        currency="EUR",
        total_amount=2880,
        payment_method="card",
        lines=command.orders[0].lines,
        address=ADDRESS,
        created_at=stage.clock.now(),
    )
    assert isinstance(bert, OrderCreated) and (bert.order_id, bert.total_amount) == (BERT, 250)
    assert placed == OrdersPlaced(
        flow_id=FLOW,
        purchase_id=PURCHASE,
        orders=(
            OrderReference(order_id=ANNA, seller_id=an_id("anna"), order_number=order_number(ANNA), total_amount=2880),
            OrderReference(order_id=BERT, seller_id=an_id("bert"), order_number=order_number(BERT), total_amount=250),
        ),
    )
    (item, _) = stage.store.logged[Order, "items"]
    assert (item.quantity, item.price_snapshot, item.discount_amount, item.total_amount) == (2, 1000, 100, 2280)
    assert (item.product_snapshot.sku, item.product_snapshot.price_id) == ("SKU-1", an_id("price"))
    assert stage.one(Purchase, PURCHASE).total_amount == 3130
    assert stage.undeclared_loads == 0


def test_a_reference_checkout_writes_fifteen_rows() -> None:
    stage = orders_stage()
    stage.send(place())
    logged = stage.store.logged
    assert 1 + 2 + len(logged[Order, "items"]) + len(logged[Order, "history"]) == 7
    stage.send(CONFIRM)
    assert (len(logged[Order, "history"]), len(logged[Order, "payments"])) == (6, 2)
    assert stage.one(Purchase, PURCHASE).version == 1
    assert {order.version for order in stage.all(Order)} == {2}
    assert stage.undeclared_loads == 0


def test_placing_again_gives_the_same_answer_and_records_nothing() -> None:
    stage = orders_stage()
    first = stage.send(place())[-1]
    assert stage.send(place()) == [first]
    assert len(stage.all(Order)) == 2
    assert len(history(stage)) == 2


def test_placing_twice_in_one_batch_records_it_once() -> None:
    stage = orders_stage()
    told = stage.send(place(), place())
    assert [type(message) for message in told] == [OrderCreated, OrderCreated, OrdersPlaced, OrdersPlaced]
    assert len(stage.all(Order)) == 2


def test_one_request_of_a_buyer_is_one_purchase_in_whatever_flow() -> None:
    stage = orders_stage()
    stage.send(place())
    other = place(draft("carl", line()), flow_id=an_id("flow 2"), purchase_id=an_id("purchase 2"))
    answer = refusal(stage, other)
    assert (answer.flow_id, answer.code) == (an_id("flow 2"), "already_purchased")
    stage.send(replace(other, buyer_id=an_id("another buyer")))
    assert len(stage.all(Purchase)) == 2


def test_a_repeat_with_another_content_is_refused() -> None:
    stage = orders_stage()
    stage.send(place())
    assert refusal(stage, place(snapshot_hash="other")).code == "already_purchased"


WRONG_SUMS = [
    (place(draft("anna", replace(line(), total_amount=1999))), {"line_no": 1, "said": 1999, "sum": 2000}),
    (place(replace(draft("anna", line()), total_amount=1)), {"order_id": ANNA, "said": 1, "sum": 2000}),
    (place(total_amount=1), {"said": 1, "sum": 3130}),
    (place(draft("anna", line(discount=2001, on_top=1))), {"line_no": 1, "said": 2001, "maximum": 2000}),
    (place(draft("anna", replace(line(on_top=5), tax_amount=4))), {"line_no": 1, "said": 5, "maximum": 4}),
    (place(draft("anna", replace(line(shipping_on_top=5), shipping_tax_amount=4))), {"line_no": 1, "said": 5}),
]


@pytest.mark.parametrize(("command", "fault"), WRONG_SUMS)
def test_records_nothing_that_does_not_add_up(command: object, fault: dict[str, object]) -> None:
    answer = refusal(orders_stage(), command)
    assert answer.code == "purchase_does_not_add_up"
    assert fault.items() <= answer.details["faults"][0].items()


MALFORMED = [
    place(draft("anna", line(quantity=0))),
    place(draft("anna", line(quantity=1000))),
    place(draft("anna", line(unit=-1))),
    place(draft("anna", line(discount=-1))),
    place(draft("anna", line(unit=2**53))),
    place(draft("anna", replace(line(), variant_id="not an id"))),
    place(draft("anna", line(1), line(1))),
    place(draft("anna", *[line(number) for number in range(1, 202)])),
    place(draft("anna", line(1)), draft("anna", line(2))),
    place(draft("anna")),
    place(orders=()),
    place(client_request_id=""),
    place(client_request_id="x" * 201),
    place(buyer_id="buyer"),
]


@pytest.mark.parametrize("command", MALFORMED)
def test_records_nothing_that_cannot_be_read(command: object) -> None:
    answer = refusal(orders_stage(), command)
    assert answer.code == "purchase_is_malformed"
    assert answer.details["faults"]


def test_every_fault_of_a_purchase_is_told_at_once() -> None:
    faults = refusal(orders_stage(), place(draft("anna", line(1, quantity=0), line(2, unit=-5)))).details["faults"]
    assert [(fault["line_no"], fault["field"]) for fault in faults[:2]] == [(1, "quantity"), (2, "unit_amount")]


def test_an_unknown_currency_is_refused() -> None:
    assert refusal(orders_stage(), place(currency="XXX")).code == "unknown_currency"


def test_confirming_pays_every_order_of_the_purchase() -> None:
    stage = orders_stage()
    stage.send(place())
    stage.clock.tick(seconds=5)
    told = stage.send(CONFIRM)
    assert told[-1] == OrdersConfirmed(flow_id=FLOW, purchase_id=PURCHASE)
    assert [type(message) for message in told[:-1]] == [OrderConfirmed, OrderPaid, OrderConfirmed, OrderPaid]
    assert told[1] == OrderPaid(
        order_id=ANNA,
        purchase_id=PURCHASE,
        buyer_id=BUYER,
        seller_id=an_id("anna"),
        payment_id=PAYMENT,
        total_amount=2880,
        currency="EUR",
    )
    assert statuses(stage) == {"PAID"}
    payments = stage.store.logged[Order, "payments"]
    assert [(payment.payment_id, payment.amount, payment.status) for payment in payments] == [
        (PAYMENT, 2880, "CAPTURED"),
        (PAYMENT, 250, "CAPTURED"),
    ]
    steps = [(step.from_status, step.to_status) for step in history(stage)[2:4]]
    assert steps == [("CREATED", "CONFIRMED"), ("CONFIRMED", "PAID")]
    assert {step.changed_at for step in history(stage)[2:]} == {stage.clock.now()}
    assert stage.one(Order, ANNA).updated_at == stage.clock.now()
    assert stage.one(Order, ANNA).sequence == 3


def test_confirming_again_changes_nothing() -> None:
    stage = orders_stage()
    stage.send(place())
    stage.send(CONFIRM)
    assert stage.send(CONFIRM) == [OrdersConfirmed(flow_id=FLOW, purchase_id=PURCHASE)]
    assert len(history(stage)) == 6
    assert stage.undeclared_loads == 0


def test_cash_on_delivery_is_confirmed_and_not_paid() -> None:
    stage = orders_stage()
    stage.send(place(method="cash_on_delivery"))
    told = stage.send(replace(CONFIRM, payment_id=None))
    assert [type(message) for message in told] == [OrderConfirmed, OrderConfirmed, OrdersConfirmed]
    assert statuses(stage) == {"CONFIRMED"}
    assert (Order, "payments") not in stage.store.logged or stage.store.logged[Order, "payments"] == []


def test_what_costs_nothing_is_paid_without_a_payment() -> None:
    stage = orders_stage()
    stage.send(place(draft("anna", line(discount=2000)), draft("bert", line(2, discount=2000))))
    told = stage.send(replace(CONFIRM, payment_id=None))
    assert isinstance(told[1], OrderPaid) and told[1].payment_id is None
    assert statuses(stage) == {"PAID"}
    assert stage.store.logged[Order, "payments"] == []


def test_a_purchase_that_is_paid_in_another_way_after_all_is_confirmed_by_that() -> None:
    """The method is another for every order of it, and told before the order is confirmed."""
    for method, order_type in (("cash_on_delivery", "CASH_ON_DELIVERY"), ("bank_transfer", "PREPAID")):
        stage = orders_stage()
        stage.send(place())
        told = stage.send(replace(CONFIRM, payment_id=None, payment_method=method))
        changed = [one for one in told if isinstance(one, OrderPaymentMethodChanged)]
        assert [(one.order_id, one.payment_method) for one in changed] == [(ANNA, method), (BERT, method)]
        assert [type(one) for one in told if getattr(one, "order_id", "") == ANNA] == [
            OrderPaymentMethodChanged,
            OrderConfirmed,
        ]
        assert stage.one(Purchase, PURCHASE).payment_method == method
        for order in stage.all(Order):
            assert (order.status, order.order_type) == ("CONFIRMED", order_type)
            assert (order.pay_by is not None) == (method == "bank_transfer")
        again = stage.send(replace(CONFIRM, payment_id=None, payment_method=method))
        assert again == [OrdersConfirmed(flow_id=FLOW, purchase_id=PURCHASE)]


def test_the_way_to_pay_is_no_way_around_paying() -> None:
    stage = orders_stage()
    stage.send(place())
    assert refusal(stage, replace(CONFIRM, payment_id=None, payment_method="card")).code == "payment_is_missing"
    assert refusal(stage, replace(CONFIRM, payment_method="cash_on_delivery")).code == "payment_is_not_due_yet"
    assert refusal(stage, replace(CONFIRM, payment_method="x" * 201)).code == "purchase_is_malformed"
    assert stage.one(Purchase, PURCHASE).payment_method == "card"
    stage.send(CANCEL)
    late = replace(CONFIRM, payment_id=None, payment_method="cash_on_delivery")
    assert refusal(stage, late).code == "purchase_was_cancelled"


def test_a_prepaid_purchase_is_not_confirmed_without_its_payment() -> None:
    stage = orders_stage()
    stage.send(place())
    assert refusal(stage, replace(CONFIRM, payment_id=None)).code == "payment_is_missing"


def test_cash_on_delivery_is_not_confirmed_by_a_payment() -> None:
    stage = orders_stage()
    stage.send(place(method="cash_on_delivery"))
    assert refusal(stage, CONFIRM).code == "payment_is_not_due_yet"


FOREIGN = [
    (ANNA,),
    (),
    (ANNA, ANNA),
    (ANNA, an_id("unknown")),
    (ANNA, an_id("order of carl")),
    (*ORDER_IDS, an_id("order of carl")),
]


@pytest.mark.parametrize("order_ids", FOREIGN)
def test_a_purchase_is_confirmed_and_cancelled_whole_and_alone(order_ids: tuple[str, ...]) -> None:
    stage = orders_stage()
    stage.send(
        place(),
        place(
            draft("carl", line()),
            flow_id=an_id("flow 2"),
            purchase_id=an_id("purchase 2"),
            client_request_id="request 2",
        ),
    )
    for command in (replace(CONFIRM, order_ids=order_ids), replace(CANCEL, order_ids=order_ids)):
        assert refusal(stage, command).code == "orders_are_not_of_this_purchase"
    assert statuses(stage) == {"CREATED"}


def test_confirming_what_was_never_placed_is_refused() -> None:
    assert refusal(orders_stage(), CONFIRM).code == "no_such_purchase"


def test_cancelling_before_payment_tells_each_order_and_why() -> None:
    stage = orders_stage()
    stage.send(place())
    anna, bert, answer = stage.send(CANCEL)
    assert anna == OrderCancelled(order_id=ANNA, buyer_id=BUYER, seller_id=an_id("anna"), reason="expired")
    assert isinstance(bert, OrderCancelled)
    assert answer == OrdersCancelled(flow_id=FLOW, purchase_id=PURCHASE)
    assert statuses(stage) == {"CANCELLED"}
    assert history(stage)[-1].reason == "expired"


def test_cancelling_again_changes_nothing() -> None:
    stage = orders_stage()
    stage.send(place())
    stage.send(CANCEL)
    assert stage.send(CANCEL) == [OrdersCancelled(flow_id=FLOW, purchase_id=PURCHASE)]
    assert len(history(stage)) == 4
    assert stage.undeclared_loads == 0


def test_cancelling_a_paid_purchase_makes_it_refunded() -> None:
    stage = orders_stage()
    stage.send(place())
    stage.send(CONFIRM)
    told = stage.send(CANCEL)
    assert told[0] == OrderRefunded(order_id=ANNA, buyer_id=BUYER, seller_id=an_id("anna"), amount=2880, currency="EUR")
    assert OrderCancelled not in map(type, told)
    assert statuses(stage) == {"REFUNDED"}
    assert [payment.status for payment in stage.store.logged[Order, "payments"]] == [
        "CAPTURED",
        "CAPTURED",
        "REFUNDED",
        "REFUNDED",
    ]


def test_cash_on_delivery_is_cancelled_after_it_was_confirmed() -> None:
    stage = orders_stage()
    stage.send(place(method="cash_on_delivery"))
    stage.send(replace(CONFIRM, payment_id=None))
    assert isinstance(stage.send(CANCEL)[0], OrderCancelled)
    assert statuses(stage) == {"CANCELLED"}


def test_what_has_left_is_not_cancelled() -> None:
    stage = orders_stage()
    stage.send(place())
    stage.send(CONFIRM)
    stage.store.rows[Order][BERT].status = "SHIPPED"
    answer = refusal(stage, CANCEL)
    assert (answer.code, answer.details["order_ids"]) == ("orders_cannot_be_cancelled", [BERT])
    assert stage.one(Order, ANNA).status == "PAID"


def test_a_cancelled_purchase_is_neither_confirmed_nor_placed_again() -> None:
    stage = orders_stage()
    stage.send(place())
    stage.send(CANCEL)
    assert refusal(stage, CONFIRM).code == "purchase_was_cancelled"
    assert refusal(stage, place()).code == "purchase_was_cancelled"


def test_a_purchase_with_a_cancelled_order_is_not_confirmed() -> None:
    stage = orders_stage()
    stage.send(place())
    stage.store.rows[Order][BERT].status = "CANCELLED"
    answer = refusal(stage, CONFIRM)
    assert (answer.code, answer.details["order_ids"]) == ("purchase_was_cancelled", [BERT])
    assert stage.one(Order, ANNA).status == "CREATED"


def test_a_cancellation_that_came_first_is_remembered() -> None:
    stage = orders_stage()
    assert stage.send(CANCEL) == [OrdersCancelled(flow_id=FLOW, purchase_id=PURCHASE)]
    assert stage.send(CANCEL) == [OrdersCancelled(flow_id=FLOW, purchase_id=PURCHASE)]
    assert refusal(stage, place()).code == "purchase_was_cancelled"
    assert stage.all(Order) == []
    assert refusal(stage, CONFIRM).code == "purchase_was_cancelled"


AMOUNT = st.integers(0, 100_000)
LINES = st.lists(st.tuples(st.integers(1, 999), AMOUNT, AMOUNT, AMOUNT, AMOUNT), min_size=1, max_size=5)


@given(st.lists(LINES, min_size=1, max_size=4), st.integers(-3, 3))
def test_a_purchase_is_recorded_exactly_when_it_adds_up(sellers: list[list[tuple[int, ...]]], off_by: int) -> None:
    stage, drafts, number = orders_stage(), [], 0
    for seller, lines in enumerate(sellers):
        made = []
        for quantity, unit, discount, on_top, shipping in lines:
            number += 1
            made.append(
                line(
                    number,
                    quantity=quantity,
                    unit=unit,
                    discount=min(discount, quantity * unit),
                    on_top=on_top,
                    shipping=shipping,
                    shipping_on_top=shipping // 5,
                )
            )
        drafts.append(draft(str(seller), *made))
    command = place(*drafts)
    stage.send(replace(command, total_amount=command.total_amount + off_by))
    orders, items = stage.all(Order), stage.store.logged.get((Order, "items"), [])
    assert len(orders) == (len(drafts) if off_by == 0 else 0)
    assert sum(order.total_amount for order in orders) == sum(
        item.quantity * item.price_snapshot
        - item.discount_amount
        + item.tax_on_top
        + item.shipping_amount
        + item.shipping_tax_on_top
        for item in items
    )


ALONE = draft("anna", line())
CONFIRM_ALONE, CANCEL_ALONE = replace(CONFIRM, order_ids=(ANNA,)), replace(CANCEL, order_ids=(ANNA,))
COMMANDS = {
    "place": place(ALONE),
    "place cash": place(ALONE, method="cash_on_delivery"),
    "confirm": CONFIRM_ALONE,
    "confirm unpaid": replace(CONFIRM_ALONE, payment_id=None),
    "cancel": CANCEL_ALONE,
}


@given(st.lists(st.sampled_from(sorted(COMMANDS)), max_size=8))
def test_every_history_is_a_legal_path_without_gaps_that_ends_where_the_order_is(names: list[str]) -> None:
    stage = orders_stage()
    for index, name in enumerate(names):
        stage.send(COMMANDS[name])
        if "cancel" in names[: index + 1]:
            assert statuses(stage) <= {"CANCELLED", "REFUNDED"}
    at = NOTHING
    for step in history(stage):
        assert step.from_status == at
        assert is_legal(stage.one(Order, ANNA).order_type, at, step.to_status)
        at = step.to_status
    assert [order.status for order in stage.all(Order)] == ([at] if at else [])
    assert stage.undeclared_loads == 0
