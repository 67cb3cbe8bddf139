"""Several attempts to pay for one purchase: each is a payment of its own, and never two of them hold money for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from argosy.contracts.payments import (
    AuthorizationAnswered,
    CapturePayment,
    PaymentAuthorized,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
)
from argosy.domains.payments.domain.payment import PaymentIntent
from argosy.shared_kernel.messages import Message, Refused
from tests.domains.payments.counter import (
    FLOW,
    PAYMENT,
    SHARES,
    Counter,
    approve,
    ask_buyer,
    decline,
    refund,
    void,
)
from tests.support import an_id

SECOND = an_id("second payment")


def refusals(messages: list[Message]) -> list[str]:
    return [message.code for message in messages if isinstance(message, Refused)]


def declined_once() -> Counter:
    counter = Counter(authorize=[decline, approve])
    counter.authorize()
    (failed,) = counter.call()
    assert isinstance(failed, PaymentFailed)
    return counter


def test_after_a_declined_attempt_another_one_holds_the_money() -> None:
    counter = declined_once()
    assert counter.authorize(payment_id=SECOND, replaces=PAYMENT, source="tok_other") == []
    (held,) = counter.call()
    assert isinstance(held, PaymentAuthorized)
    assert held.payment_id == SECOND
    first, second = (counter.stage.one(PaymentIntent, id) for id in (PAYMENT, SECOND))
    assert (first.status, first.replaced_by) == ("FAILED", SECOND)
    assert (second.status, second.replaced_by) == ("AUTHORIZED", None)


def test_while_an_attempt_may_still_hold_money_there_is_no_other() -> None:
    counter = Counter()
    counter.authorize()
    assert refusals(counter.authorize(payment_id=SECOND, replaces=PAYMENT)) == ["earlier_attempt_has_not_failed"]
    counter.call()
    assert refusals(counter.authorize(payment_id=SECOND, replaces=PAYMENT)) == ["earlier_attempt_has_not_failed"]
    assert [intent.id for intent in counter.stage.all(PaymentIntent)] == [PAYMENT]


def test_an_attempt_that_the_buyer_left_waiting_is_let_go_and_the_next_one_holds() -> None:
    counter = Counter(authorize=[ask_buyer, approve], look_up=[ask_buyer] * 50)
    counter.authorize()
    told = counter.call(until=timedelta(minutes=6))
    assert [message.reason for message in told if isinstance(message, PaymentFailed)] == ["timed_out"]
    counter.authorize(payment_id=SECOND, replaces=PAYMENT)
    assert [type(message) for message in counter.call()] == [PaymentAuthorized]
    assert "void" in counter.gateway.asked


def test_a_late_yes_of_the_attempt_before_is_let_go() -> None:
    counter = declined_once()
    counter.authorize(payment_id=SECOND, replaces=PAYMENT)
    counter.call()
    late = AuthorizationAnswered(
        payment_id=PAYMENT, outcome="approved", gateway_transaction_id="late", amount=10_000, currency="EUR", call=1
    )
    counter.send(late)
    counter.call()
    assert counter.gateway.asked.count("void") == 1
    assert counter.stage.one(PaymentIntent, SECOND).status == "AUTHORIZED"


def test_who_knows_of_the_first_attempt_only_lets_go_what_the_last_one_holds() -> None:
    counter = declined_once()
    counter.authorize(payment_id=SECOND, replaces=PAYMENT)
    counter.call()
    counter.send(*counter.send(void()))
    assert counter.call() == [PaymentVoided(flow_id=FLOW, payment_id=SECOND)]


def test_who_knows_of_the_first_attempt_only_pays_back_what_the_last_one_took() -> None:
    counter = declined_once()
    counter.authorize(payment_id=SECOND, replaces=PAYMENT)
    counter.call()
    counter.send(CapturePayment(flow_id=FLOW, payment_id=SECOND, shares=SHARES))
    counter.call()
    counter.send(*counter.send(refund()))
    (back,) = [message for message in counter.call() if isinstance(message, PaymentRefunded)]
    assert (back.payment_id, back.amount) == (SECOND, 10_000)


@pytest.mark.parametrize("undo", [void(), refund()], ids=["voided", "refunded"])
def test_what_was_called_off_is_not_tried_again(undo: Message) -> None:
    counter = declined_once()
    counter.send(undo)
    assert refusals(counter.authorize(payment_id=SECOND, replaces=PAYMENT)) == ["payment_was_cancelled"]
    assert counter.call() == []


def test_an_attempt_whose_predecessor_is_not_known_any_more_is_taken_as_it_is() -> None:
    counter = Counter()
    counter.authorize(payment_id=SECOND, replaces=an_id("lost with a backup"))
    assert [type(message) for message in counter.call()] == [PaymentAuthorized]
