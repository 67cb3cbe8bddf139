"""A payments that went back to a backup hears again, long after its time, what it was asked since."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from argosy.contracts.payments import PaymentRecovered
from argosy.contracts.payments_credit import IssueCredit
from argosy.domains.payments.domain.refund import Refund
from tests.domains.payments.counter import (
    BUYER,
    Counter,
    Says,
    approve,
    authorize,
    capture,
    decline,
    no_answer,
    nothing,
    refund,
    told,
    void,
)

HOURS = timedelta(hours=5)


def heard_again(*commands: Any, **script: list[Says]) -> tuple[Counter, list[Any]]:
    """What was told five hours ago is heard now, and what comes of it."""
    counter = Counter(**script)
    began = counter.clock.now()
    counter.clock.time = began + HOURS
    counter.stage.send(authorize(began + timedelta(minutes=5)), *commands, told_at=began)
    return counter, counter.call(until=timedelta(minutes=10))


def test_what_the_gateway_did_is_found_and_booked_and_nothing_is_asked_of_it_anew() -> None:
    """The look-ups answer; no hold and no capture is asked for, and the correction is named."""
    counter, answers = heard_again(capture())
    assert counter.gateway.asked == ["look_up authorize", "look_up capture"]
    assert (counter.intent.status, counter.intent.captured_amount) == ("CAPTURED", 10_000)
    [correction] = [one for one in answers if isinstance(one, PaymentRecovered)]
    assert (correction.operation, correction.amount) == ("capture", 10_000)
    assert counter.balance("clearing:test") == 10_000
    assert counter.faults() == []


def test_what_the_gateway_never_held_is_not_held_now() -> None:
    counter, answers = heard_again(look_up=[nothing])
    assert told(answers) == ["PaymentFailed"]
    assert (counter.intent.status, counter.intent.failure) == ("FAILED", "payment_time_is_up")
    assert "authorize" not in counter.gateway.asked


def test_a_hold_that_was_never_captured_is_captured_once_and_is_no_correction() -> None:
    counter, answers = heard_again(capture(), look_up=[approve, nothing])
    assert counter.gateway.asked == ["look_up authorize", "look_up capture", "capture"]
    assert counter.intent.status == "CAPTURED"
    assert not any(isinstance(one, PaymentRecovered) for one in answers)


def test_a_gateway_that_does_not_answer_now_is_asked_until_it_does() -> None:
    counter, _ = heard_again(capture(), look_up=[no_answer, no_answer])
    assert counter.intent.status == "CAPTURED"
    assert "authorize" not in counter.gateway.asked


def test_what_was_let_go_of_is_let_go_of_again() -> None:
    counter, answers = heard_again(void())
    assert "PaymentVoided" in told(answers)
    assert counter.intent.status == "VOIDED"
    assert counter.gateway.asked == ["look_up authorize", "look_up void"]


@pytest.mark.parametrize("comes_first", [True, False])
def test_a_refund_waits_until_its_payment_is_found(comes_first: bool) -> None:
    """It comes from another log, and may be heard before or while the gateway is asked about the payment."""
    counter = Counter()
    began = counter.clock.now()
    counter.clock.time = began + HOURS
    asked, back = (authorize(began + timedelta(minutes=5)), capture()), refund()
    counter.stage.send(*((back, *asked) if comes_first else (*asked, back)), told_at=began)
    assert not counter.stage.all(Refund)
    [timer] = [due for due in counter.stage.due().values() if due.kind == "timer"]
    assert timer.due_at == counter.clock.now() + timedelta(seconds=60)
    counter.call(until=timedelta(seconds=30))
    counter.send(back)
    answers = counter.call(until=timedelta(seconds=30))
    assert [one.operation for one in answers if isinstance(one, PaymentRecovered)] == ["refund"]
    assert "refund" not in counter.gateway.asked
    assert (counter.intent.status, counter.balance("clearing:test")) == ("REFUNDED", 0)
    assert counter.faults() == []


def test_a_refund_waits_for_the_capture_that_is_heard_after_it() -> None:
    """The hold is found, and its capture still stands in its flow's log: nothing is let go of, and the money comes
    back by the books."""
    counter, _ = heard_again()
    began = counter.clock.now() - HOURS
    assert counter.intent.status == "AUTHORIZED"
    assert counter.stage.send(refund(), told_at=began) == []
    counter.stage.send(capture(), told_at=began)
    counter.call()
    counter.send(refund())
    answers = counter.call(until=timedelta(minutes=1))
    assert [one.operation for one in answers if isinstance(one, PaymentRecovered)] == ["refund"]
    assert (counter.intent.status, counter.balance("clearing:test")) == ("REFUNDED", 0)
    assert not any(asked.endswith("void") for asked in counter.gateway.asked)


def paid_with_credit() -> Counter:
    """Heard again before the credit that paid a part of it."""
    counter = Counter()
    began = counter.clock.now()
    counter.clock.time = began + HOURS
    asked = authorize(began + timedelta(minutes=5), credit_amount=4_000)
    assert counter.stage.send(asked, capture(), told_at=began) == []
    counter.call()
    return counter


def test_what_credit_paid_in_part_waits_for_the_credit_that_is_heard_after_it() -> None:
    counter = paid_with_credit()
    counter.send(IssueCredit(buyer_id=BUYER, amount=4_000, currency="EUR", reason="heard after it"))
    answers = counter.call(until=timedelta(minutes=10))
    assert [one.amount for one in answers if isinstance(one, PaymentRecovered)] == [6_000]
    assert (counter.intent.status, counter.intent.credit_status) == ("CAPTURED", "SPENT")
    assert {asked.partition(" ")[0] for asked in counter.gateway.asked} == {"look_up"}
    assert counter.balance("clearing:test") == 6_000
    assert counter.faults() == []


def test_what_credit_never_pays_fails_once_the_gateway_was_asked() -> None:
    counter = paid_with_credit()
    answers = counter.call(until=timedelta(minutes=20))
    assert told(answers) == ["PaymentFailed"]
    assert (counter.intent.status, counter.intent.failure) == ("FAILED", "not_enough_credit")
    assert counter.gateway.asked[0] == "look_up authorize"
    assert counter.gateway.asked[-1] == "look_up void"
    assert counter.faults() == []


def test_a_gateway_that_is_away_for_longer_than_a_buyer_may_take_is_still_believed() -> None:
    """Whoever restores waits for it: the capture is booked, and nothing is let go of."""
    counter, _ = heard_again(capture(), look_up=[no_answer] * 12)
    answers = counter.call(until=timedelta(hours=1))
    assert [one.operation for one in answers if isinstance(one, PaymentRecovered)] == ["capture"]
    assert (counter.intent.status, counter.intent.captured_amount) == ("CAPTURED", 10_000)
    assert "look_up void" not in counter.gateway.asked


def test_a_decline_that_is_heard_again_is_a_decline() -> None:
    counter, answers = heard_again(capture(), look_up=[decline])
    assert told(answers) == ["PaymentFailed"]
    assert counter.intent.status == "FAILED"


def test_one_that_was_told_too_late_is_refused_as_ever() -> None:
    counter = Counter()
    [refused] = counter.send(authorize(counter.clock.now() - timedelta(minutes=1)))
    assert getattr(refused, "code", "") == "payment_time_is_up"
    assert counter.stage.store.rows == {}
