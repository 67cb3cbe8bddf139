"""Store credit: given, set aside, spent, given back; its balances are the ledger's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from argosy.contracts.accounts import PersonErased
from argosy.contracts.payments import PaymentAuthorized, PaymentCaptured, PaymentFailed, PaymentRefunded, RefundPayment
from argosy.contracts.payments_credit import CreditIssued, IssueCredit
from argosy.domains.payments.domain.credit import (
    Credit,
    CreditAmountOutOfRange,
    CreditIsFull,
    CreditMovement,
    CreditReasonIsMissing,
    NotABuyer,
    credit_id,
)
from argosy.shared_kernel.errors import Several
from argosy.shared_kernel.messages import Refused
from argosy.shared_kernel.money import AMOUNT_MAX
from tests.domains.payments.counter import (
    ANNA,
    BUYER,
    FLOW,
    PAYMENT,
    Counter,
    Says,
    a_share,
    approve,
    ask_buyer,
    capture,
    decline,
    no_answer,
    nothing,
    one_more,
    refund,
    told,
    void,
)
from tests.support import an_id


def give(amount: int = 3_000, **changes: Any) -> IssueCredit:
    fields: dict[str, Any] = {
        "buyer_id": BUYER,
        "amount": amount,
        "currency": "EUR",
        "reason": "a broken cup",
        **changes,
    }
    return IssueCredit(**fields)


def a_counter(credit: int = 3_000, **script: list[Says]) -> Counter:
    """A counter with a buyer who has credit."""
    counter = Counter(**script)
    counter.stage.store.keep_logs(Credit, "movements")
    if credit:
        counter.send(give(credit))
    return counter


def the_credit(counter: Counter, currency: str = "EUR") -> tuple[int, int]:
    """What may be spent and what is held; both are what the ledger says."""
    found = counter.stage.store.rows.get(Credit, {}).get(credit_id(BUYER, currency))
    assert isinstance(found, Credit)
    in_books = (counter.balance(f"credit:{BUYER}", currency), counter.balance(f"credit_held:{BUYER}", currency))
    assert (found.balance, found.held) == in_books
    assert counter.faults() == []
    assert sum(each.amount for each in movements(counter)) == sum(one.balance for one in counter.stage.all(Credit))
    assert counter.stage.undeclared_loads == 0
    return in_books


def movements(counter: Counter) -> list[Any]:
    return counter.stage.store.logged.get((Credit, "movements"), [])


def paid(credit: int = 3_000, **script: list[Says]) -> Counter:
    """10,000 captured, of which credit pays a part."""
    counter = a_counter(credit, **script)
    counter.authorize(credit_amount=credit)
    counter.call()
    counter.send(capture())
    counter.call()
    assert counter.intent.status == "CAPTURED"
    return counter


def refund_to_credit(amount: int | None = None, name: str = "refund") -> RefundPayment:
    return RefundPayment(flow_id=FLOW, payment_id=PAYMENT, refund_id=an_id(name), amount=amount, to_credit=True)


# Given.


def test_what_staff_give_is_booked_as_goodwill_and_told() -> None:
    counter = a_counter(0)
    (event,) = counter.send(give(2_500))
    assert isinstance(event, CreditIssued)
    assert (event.buyer_id, event.amount, event.currency) == (BUYER, 2_500, "EUR")
    assert the_credit(counter) == (2_500, 0)
    assert counter.balance("goodwill") == 2_500
    (movement,) = movements(counter)
    assert (movement.kind, movement.amount, movement.balance, movement.reason) == (
        "issued",
        2_500,
        2_500,
        "a broken cup",
    )


def test_currencies_are_separate() -> None:
    counter = a_counter(3_000)
    counter.send(give(500, currency="JPY"))
    assert the_credit(counter) == (3_000, 0)
    assert the_credit(counter, "JPY") == (500, 0)
    assert told(counter.authorize(credit_amount=3_000, currency="JPY")) == ["PaymentFailed"]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"amount": 0}, CreditAmountOutOfRange),
        ({"amount": -5}, CreditAmountOutOfRange),
        ({"amount": 10_000_001}, CreditAmountOutOfRange),
        ({"reason": "  "}, CreditReasonIsMissing),
        ({"reason": "x" * 201}, CreditReasonIsMissing),
        ({"buyer_id": "ANNA"}, NotABuyer),
        ({"amount": 0, "currency": "XX"}, Several),
    ],
)
def test_what_is_no_gift_is_refused_and_nothing_booked(changes: dict[str, Any], fault: type[Exception]) -> None:
    counter = a_counter(0)
    with pytest.raises(fault):
        counter.send(give(**changes))
    assert counter.entries == []


# Spent.


def test_a_purchase_is_paid_partly_with_credit_and_the_gateway_is_asked_for_the_rest_alone() -> None:
    counter = a_counter()
    counter.authorize(credit_amount=3_000)
    assert the_credit(counter) == (0, 3_000)
    assert counter.call() == [PaymentAuthorized(flow_id=FLOW, payment_id=PAYMENT, amount=10_000, currency="EUR")]
    counter.send(capture())
    (answer,) = [each for each in counter.call() if isinstance(each, PaymentCaptured)]
    assert answer.amount == 10_000
    assert the_credit(counter) == (0, 0)
    assert counter.transactions == [("authorize", "approved", 7_000), ("capture", "approved", 7_000)]
    assert counter.balance("clearing:test") == 7_000
    assert (counter.intent.captured_amount, counter.intent.credit_amount) == (10_000, 3_000)


def test_a_purchase_is_paid_wholly_with_credit_and_no_gateway_is_asked() -> None:
    counter = paid(10_000)
    assert counter.gateway.asked == []
    assert counter.intent.gateway == "credit"
    assert the_credit(counter) == (0, 0)
    assert counter.balance("clearing:credit") == counter.balance("clearing:test") == 0
    assert counter.balance(f"escrow:{ANNA}") > 0


def test_whoever_has_not_so_much_pays_nothing_by_it_and_may_try_again_without() -> None:
    counter = a_counter(2_999)
    assert counter.authorize(credit_amount=3_000) == [
        PaymentFailed(flow_id=FLOW, payment_id=PAYMENT, reason="not_enough_credit")
    ]
    assert the_credit(counter) == (2_999, 0)
    assert counter.gateway.asked == []
    counter.authorize(payment_id=an_id("second"), replaces=PAYMENT)
    assert told(counter.call()) == ["PaymentAuthorized"]


def test_the_same_credit_is_not_spent_twice() -> None:
    counter = a_counter(3_000)
    counter.authorize(credit_amount=3_000)
    other = counter.authorize(credit_amount=3_000, payment_id=an_id("other"), flow_id=an_id("other flow"))
    assert [each.reason for each in other if isinstance(each, PaymentFailed)] == ["not_enough_credit"]
    assert the_credit(counter) == (0, 3_000)


def test_asking_again_sets_nothing_aside_again() -> None:
    counter = a_counter(6_000)
    for _ in range(3):
        counter.authorize(credit_amount=3_000)
    assert the_credit(counter) == (3_000, 3_000)


def test_the_same_payment_with_another_part_of_credit_is_another() -> None:
    counter = a_counter(6_000)
    counter.authorize(credit_amount=3_000)
    (answer,) = counter.authorize(credit_amount=2_000)
    assert isinstance(answer, Refused)
    assert answer.code == "payment_id_is_taken"
    assert the_credit(counter) == (3_000, 3_000)


def test_a_balance_is_never_more_than_can_be_counted() -> None:
    credit = Credit.open(BUYER, "EUR")
    credit.balance, credit.held = AMOUNT_MAX - 3_000, 3_000
    movement = CreditMovement(
        id=an_id("movement"),
        kind="issued",
        amount=1,
        balance=credit.balance + 1,
        reference_id=an_id("gift"),
        reason="",
        made_by="",
        created_at=a_counter(0).clock.now(),
    )
    with pytest.raises(CreditIsFull):
        credit.add(movement)


@pytest.mark.parametrize("credit_amount", [-1, 10_001])
def test_credit_that_is_no_part_of_the_amount_is_refused(credit_amount: int) -> None:
    counter = a_counter(20_000)
    (answer,) = counter.authorize(credit_amount=credit_amount)
    assert isinstance(answer, Refused)
    assert answer.code == "credit_is_not_part_of_it"


def test_nobody_pays_by_naming_credit_as_their_gateway() -> None:
    counter = Counter()
    (answer,) = counter.authorize(gateway="credit")
    assert isinstance(answer, Refused)
    assert answer.code == "unknown_gateway"


# Let go.


@pytest.mark.parametrize(
    "script",
    [
        {"authorize": [decline]},
        {"authorize": [one_more]},
        {"authorize": [no_answer, no_answer], "look_up": [nothing, nothing]},
    ],
    ids=["declined", "another amount", "never asked for"],
)
def test_what_was_set_aside_can_be_spent_again_when_the_rest_cannot_be_held(script: dict[str, list[Says]]) -> None:
    counter = a_counter(**script)
    counter.authorize(credit_amount=3_000)
    counter.call(until=timedelta(minutes=10))
    assert counter.intent.credit_status == "RELEASED"
    assert the_credit(counter) == (3_000, 0)
    assert [each.kind for each in movements(counter)] == ["issued", "paid", "not_paid"]


@pytest.mark.parametrize("credit", [3_000, 10_000])
def test_a_void_lets_go_of_both_parts(credit: int) -> None:
    counter = a_counter(credit)
    counter.authorize(credit_amount=credit)
    counter.call()
    counter.send(void())
    assert the_credit(counter) == (credit, 0)
    assert told(counter.call())[-1:] == ["PaymentVoided"]
    assert counter.intent.status == "VOIDED"
    counter.send(void())
    assert the_credit(counter) == (credit, 0)


def test_a_buyer_who_never_confirms_has_their_credit_back() -> None:
    counter = a_counter(authorize=[ask_buyer], look_up=[ask_buyer] * 100)
    counter.authorize(credit_amount=3_000)
    counter.call(until=timedelta(minutes=6))
    assert counter.intent.unwanted == "timed_out"
    assert the_credit(counter) == (3_000, 0)


def test_a_payment_that_timed_out_lets_the_next_attempt_have_the_credit() -> None:
    counter = a_counter(authorize=[no_answer], look_up=[no_answer] * 100)
    counter.authorize(credit_amount=3_000)
    counter.call(until=timedelta(minutes=5, seconds=1))
    assert the_credit(counter) == (3_000, 0)
    counter.authorize(payment_id=an_id("second"), replaces=PAYMENT, credit_amount=3_000)
    assert the_credit(counter) == (0, 3_000)


def test_a_capture_that_is_declined_and_voided_gives_the_credit_back() -> None:
    counter = a_counter(capture=[decline])
    counter.authorize(credit_amount=3_000)
    counter.call()
    counter.send(capture())
    counter.call()
    assert the_credit(counter) == (0, 3_000)
    counter.send(void())
    counter.call()
    assert the_credit(counter) == (3_000, 0)


def test_a_gateway_that_takes_another_amount_gets_no_credit() -> None:
    counter = a_counter(capture=[one_more])
    counter.authorize(credit_amount=3_000)
    counter.call()
    counter.send(capture())
    counter.call()
    assert counter.intent.status == "FAILED"
    assert the_credit(counter) == (3_000, 0)
    assert counter.balance("suspense") == counter.balance("clearing:test") == 0


def test_a_void_while_the_capture_is_undecided_waits_for_it() -> None:
    counter = a_counter(capture=[no_answer])
    counter.authorize(credit_amount=3_000)
    counter.call()
    counter.send(capture())
    counter.call()
    counter.send(void())
    assert the_credit(counter) == (0, 3_000)
    counter.call(until=timedelta(minutes=1))
    assert counter.intent.status == "VOIDED"
    assert the_credit(counter) == (3_000, 0)


def test_what_credit_pays_wholly_and_is_voided_while_it_is_captured_raises_no_alarm_about_nothing() -> None:
    counter = a_counter(10_000)
    counter.authorize(credit_amount=10_000)
    counter.call()
    counter.send(capture())
    counter.send(void())
    assert told(counter.call()) == ["PaymentVoided"]
    assert the_credit(counter) == (10_000, 0)


# Given back.


def test_a_refund_goes_back_through_the_gateway_first_and_the_rest_becomes_credit() -> None:
    counter = paid(3_000)
    counter.send(refund(6_000, "first"))
    counter.call()
    assert the_credit(counter) == (0, 0)
    counter.send(refund(2_000, "second"))
    assert the_credit(counter) == (0, 1_000), "nobody spends what the gateway may still decline"
    counter.call()
    assert the_credit(counter) == (1_000, 0)
    counter.send(refund(None, "third"))
    counter.call()
    assert the_credit(counter) == (3_000, 0)
    assert counter.intent.status == "REFUNDED"
    assert [each[2] for each in counter.transactions if each[0] == "refund"] == [6_000, 1_000]
    assert counter.balance("clearing:test") == counter.balance(f"escrow:{ANNA}") == 0


@pytest.mark.parametrize("credit", [1, 3_000, 10_000])
def test_a_refund_of_all_gives_each_part_back_where_it_came_from(credit: int) -> None:
    counter = paid(credit)
    counter.send(refund())
    (answer,) = [each for each in counter.call() if isinstance(each, PaymentRefunded)]
    assert answer.amount == 10_000
    assert the_credit(counter) == (credit, 0)
    assert counter.balance("clearing:test") == 0


@pytest.mark.parametrize("credit", [0, 3_000])
def test_a_refund_may_go_to_credit_wholly(credit: int) -> None:
    counter = paid(credit) if credit else a_counter(1)
    if not credit:
        counter.authorize()
        counter.call()
        counter.send(capture())
        counter.call()
    before = the_credit(counter)[0]
    counter.send(refund_to_credit(4_000))
    counter.call()
    assert the_credit(counter) == (before + 4_000, 0)
    assert "refund" not in counter.gateway.asked
    counter.send(refund(None, "rest"))
    counter.call()
    back = min(6_000, 10_000 - credit)
    assert the_credit(counter) == (before + 10_000 - back, 0)
    assert [each[2] for each in counter.transactions if each[0] == "refund"] == [back]


def test_a_refund_that_the_gateway_declines_gives_no_credit_and_is_taken_back_whole() -> None:
    counter = paid(3_000, refund=[decline])
    counter.send(refund(9_000))
    assert told(counter.call())[-1:] == ["Refused"]
    assert the_credit(counter) == (0, 0)
    assert counter.refund("refund").status == "FAILED"
    counter.send(refund(None, "again"))
    counter.call()
    assert the_credit(counter) == (3_000, 0)
    assert counter.balance("clearing:test") == 0


def test_a_refund_that_waits_for_its_capture_gives_both_parts_back() -> None:
    counter = a_counter(capture=[no_answer], look_up=[approve])
    counter.authorize(credit_amount=3_000)
    counter.call()
    counter.send(capture())
    counter.call()
    counter.send(refund())
    counter.call(until=timedelta(minutes=1))
    assert counter.intent.status == "REFUNDED"
    assert the_credit(counter) == (3_000, 0)


def test_the_same_refund_to_elsewhere_is_another_refund() -> None:
    counter = paid(3_000)
    counter.send(refund(1_000))
    counter.call()
    (answer,) = counter.send(refund_to_credit(1_000))
    assert isinstance(answer, Refused)
    assert answer.code == "refund_id_is_taken"


def test_who_has_no_credit_to_spend_has_no_books_of_it() -> None:
    counter = Counter()
    counter.authorize(1_000)
    counter.call()
    counter.send(capture((a_share(ANNA, 1_000),)))
    counter.call()
    assert not counter.stage.store.rows.get(Credit)


def test_what_comes_back_to_somebody_who_is_erased_is_forfeited_too() -> None:
    """Each by a movement and an entry of its own; nothing is left to spend, and the books balance."""
    counter = paid(3_000)
    counter.send(PersonErased(user_id=BUYER))
    left = the_credit(counter)
    counter.send(refund_to_credit(1_000))
    counter.call()
    assert left == the_credit(counter) == (0, 0)
    assert counter.balance("forfeited") == 1_000
    counter.send(PersonErased(user_id=BUYER))
    assert counter.balance("forfeited") == 1_000
    assert counter.faults() == []


def test_credit_that_somebody_who_is_erased_never_had_is_forfeited_when_it_comes() -> None:
    """They had none when they were erased: what remembers them is no credit of theirs."""
    counter = Counter()
    counter.authorize()
    counter.call()
    counter.send(capture())
    counter.call()
    counter.send(PersonErased(user_id=BUYER))
    counter.send(refund_to_credit(1_000))
    counter.call()
    assert the_credit(counter) == (0, 0)
    assert counter.balance("forfeited") == 1_000
    with pytest.raises(NotABuyer):
        counter.stage.send(give(currency="USD"))
