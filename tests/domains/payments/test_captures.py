"""Authorizing and capturing: the good path, its repeats, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from argosy.contracts.payments import LookUpPayment, PaymentAuthorized, PaymentCaptured, PaymentFailed
from argosy.domains.payments.domain.ledger import Ledger
from argosy.engine.work import Actor
from argosy.shared_kernel.messages import Refused
from tests.domains.payments.counter import (
    ANNA,
    BEN,
    BUYER,
    FLOW,
    PAYMENT,
    PURCHASE,
    SHARES,
    Counter,
    ask_buyer,
    authorize,
    capture,
    captured,
    decline,
    told,
    void,
)
from tests.support import an_id


def refusal(messages: list[Any]) -> str:
    (refused,) = messages
    assert isinstance(refused, Refused)
    return refused.code


def test_an_authorized_payment_holds_and_takes_nothing() -> None:
    counter = Counter()
    assert counter.authorize() == []
    assert counter.call() == [PaymentAuthorized(flow_id=FLOW, payment_id=PAYMENT, amount=10_000, currency="EUR")]
    assert counter.intent.status == "AUTHORIZED"
    assert counter.entries == []
    assert counter.transactions == [("authorize", "approved", 10_000)]


def test_a_capture_books_every_share_to_the_cent() -> None:
    counter = captured()
    assert counter.intent.status == "CAPTURED"
    assert counter.intent.captured_amount == 10_000
    assert [(each.account, each.debit, each.credit) for each in counter.entries] == [
        ("clearing:test", 10_000, 0),
        ("promotions", 1_000, 0),
        (f"escrow:{ANNA}", 0, 7_200),
        (f"escrow:{BEN}", 0, 2_540),
        ("commission", 0, 420),
        ("tax", 0, 840),
    ]
    assert {each.transaction_id for each in counter.entries} == {PAYMENT}
    assert counter.balance(f"escrow:{ANNA}") == 7_200
    assert counter.faults() == []
    assert counter.gateway.asked == ["authorize", "capture"]
    assert counter.stage.due() == {}
    assert counter.stage.undeclared_loads == 0


def test_a_capture_is_told_to_its_flow() -> None:
    counter = Counter()
    counter.authorize()
    counter.call()
    assert counter.send(capture()) == []
    assert counter.call() == [
        PaymentCaptured(flow_id=FLOW, payment_id=PAYMENT, purchase_id=PURCHASE, amount=10_000, currency="EUR")
    ]


def test_many_captures_of_one_batch_are_one_chain() -> None:
    counter = Counter()
    later = counter.clock.now() + timedelta(minutes=5)
    payments = [an_id(f"payment {index}") for index in range(40)]
    counter.send(*(authorize(later, payment_id=payment, flow_id=payment) for payment in payments))
    counter.call()
    counter.send(*(msgspec.structs.replace(capture(), payment_id=payment, flow_id=payment) for payment in payments))
    assert told(counter.call()) == ["PaymentCaptured"] * 40
    assert len(counter.entries) == 240
    assert counter.faults() == []
    assert counter.balance("clearing:test") == 400_000
    assert counter.stage.undeclared_loads == 0
    (head,) = counter.stage.all(Ledger)
    assert head.position == 240


def test_asking_again_gives_the_same_answer_and_no_second_call() -> None:
    counter = Counter()
    counter.authorize()
    assert counter.authorize() == []
    counter.call()
    assert told(counter.authorize()) == ["PaymentAuthorized"]
    counter.send(capture())
    assert counter.send(capture()) == []
    counter.call()
    assert told(counter.send(capture())) == ["PaymentCaptured"]
    assert counter.gateway.asked == ["authorize", "capture"]
    assert len(counter.entries) == 6


def test_an_id_is_not_used_for_another_payment() -> None:
    counter = Counter()
    counter.authorize()
    for changes in ({"amount": 9_999}, {"currency": "USD"}, {"source": "tok_other"}, {"buyer_id": an_id("else")}):
        assert refusal(counter.authorize(**changes)) == "payment_id_is_taken"
    assert counter.intent.amount == 10_000


def test_other_shares_after_a_capture_are_refused() -> None:
    counter = captured()
    assert refusal(counter.send(capture(tuple(reversed(SHARES))))) == "captured_differently"
    assert len(counter.entries) == 6


def test_shares_off_by_one_take_nothing() -> None:
    counter = Counter()
    counter.authorize(10_001)
    counter.call()
    assert refusal(counter.send(capture())) == "shares_do_not_add_up"
    assert counter.call() == []
    assert counter.gateway.asked == ["authorize"]
    assert counter.intent.status == "AUTHORIZED"


def test_nothing_is_captured_that_was_not_authorized() -> None:
    counter = Counter(authorize=[decline])
    assert refusal(counter.send(capture())) == "no_such_payment"
    counter.authorize()
    assert counter.send(capture()) == [], "it waits for the authorization"
    assert counter.call() == [PaymentFailed(flow_id=FLOW, payment_id=PAYMENT, reason="card_declined")]
    assert refusal(counter.send(capture())) == "payment_is_not_authorized"
    assert told(counter.authorize()) == ["PaymentFailed"]
    assert counter.gateway.asked == ["authorize"]


def test_a_capture_that_comes_early_follows_its_authorization() -> None:
    """So it is for payments that have gone back to a backup, and hear again what they were asked since."""
    counter = Counter()
    counter.authorize()
    assert counter.send(capture(), capture()) == []
    assert told(counter.call()) == ["PaymentAuthorized", "PaymentCaptured"]
    assert counter.gateway.asked == ["authorize", "capture"]
    assert counter.faults() == []


def test_a_capture_that_came_early_is_not_taken_once_it_is_unwanted() -> None:
    counter = Counter()
    counter.authorize()
    counter.send(capture())
    counter.send(void())
    assert told(counter.call()) == ["PaymentVoided"]
    assert counter.gateway.asked == ["authorize", "void"]


def test_a_declined_capture_books_nothing_and_stays_declined() -> None:
    counter = captured(capture=[decline])
    assert counter.intent.status == "AUTHORIZED"
    assert counter.entries == []
    assert refusal(counter.send(capture())) == "capture_was_declined"
    assert counter.gateway.asked == ["authorize", "capture"]


def test_a_declined_capture_is_answered_to_the_flow() -> None:
    counter = Counter(capture=[decline])
    counter.authorize()
    counter.call()
    counter.send(capture())
    assert counter.call() == [
        Refused(
            flow_id=FLOW,
            command="payments.CapturePayment",
            code="capture_was_declined",
            details={"reason": "card_declined"},
        )
    ]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"amount": 0}, "amount_is_not_payable"),
    ({"amount": -1}, "amount_is_not_payable"),
    ({"amount": 2**53}, "amount_is_not_payable"),
    ({"currency": "EURO"}, "unknown_currency"),
    ({"currency": ""}, "unknown_currency"),
    ({"gateway": "nobody"}, "unknown_gateway"),
    ({"source": ""}, "source_is_not_a_token"),
    ({"source": "4242 4242 4242 4242"}, "source_is_not_a_token"),
    ({"source": "x" * 201}, "source_is_not_a_token"),
    ({"source": "tok\n"}, "source_is_not_a_token"),
    ({"purchase_id": "nonsense"}, "not_an_identifier"),
]


@pytest.mark.parametrize(("changes", "code"), BAD)
def test_what_cannot_be_paid_is_refused_before_a_gateway_hears_of_it(changes: dict[str, Any], code: str) -> None:
    counter = Counter()
    assert refusal(counter.authorize(**changes)) == code
    assert counter.call() == []
    assert counter.gateway.asked == []
    assert counter.stage.store.rows == {}


def test_all_faults_are_told_at_once() -> None:
    (refused,) = Counter().authorize(amount=0, currency="??", gateway="?")
    assert isinstance(refused, Refused)
    assert [fault["code"] for fault in refused.details["faults"]] == [
        "amount_is_not_payable",
        "unknown_currency",
        "unknown_gateway",
    ]


def test_a_request_that_comes_after_its_time_is_refused() -> None:
    counter = Counter()
    assert refusal(counter.send(authorize(counter.clock.now()))) == "payment_time_is_up"


def test_currencies_of_none_and_three_decimals_are_counted_in_their_own_minor_units() -> None:
    for currency in ("JPY", "KWD"):
        counter = Counter()
        counter.authorize(currency=currency)
        counter.call()
        counter.send(capture())
        assert told(counter.call()) == ["PaymentCaptured"]
        assert counter.balance("clearing:test", currency) == 10_000
        assert counter.balance("clearing:test", "EUR") == 0


def test_the_buyer_acts_and_then_it_is_authorized() -> None:
    counter = Counter(authorize=[ask_buyer], look_up=[ask_buyer, ask_buyer])
    counter.authorize()
    assert told(counter.call()) == ["PaymentActionRequired"]
    assert told(counter.authorize()) == ["PaymentActionRequired"]
    assert told(counter.call(until=timedelta(seconds=60))) == ["PaymentAuthorized"]
    assert counter.gateway.asked == ["authorize", *["look_up authorize"] * 3]
    assert counter.intent.action_url == ""


def test_a_buyer_who_comes_back_is_looked_up_at_once_and_strangers_find_nothing() -> None:
    counter = Counter(authorize=[ask_buyer])
    counter.authorize()
    counter.call()
    command = LookUpPayment(payment_id=PAYMENT)
    stage = counter.stage
    assert isinstance(stage.send(command, actor=Actor(id=an_id("stranger")))[0], Refused)
    stage.send(command, actor=Actor(id=BUYER))
    assert told(counter.call()) == ["PaymentAuthorized"]
