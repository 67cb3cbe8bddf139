"""Letting go: before, during and after, also when the cancellation overtakes its request or the yes comes late."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.contracts.payments import AuthorizationAnswered, CaptureAnswered, PaymentRefunded, PaymentVoided
from argosy.domains.payments.domain.payment import PaymentIntent
from argosy.shared_kernel.messages import Refused
from tests.domains.payments import counter as script
from tests.domains.payments.counter import (
    FLOW,
    PAYMENT,
    Counter,
    ask_buyer,
    capture,
    captured,
    decline,
    no_answer,
    nothing,
    refund,
    told,
    void,
)
from tests.domains.payments.test_unknown import MINUTE
from tests.support import an_id

VOIDED = PaymentVoided(flow_id=FLOW, payment_id=PAYMENT)


def refusal(messages: list[object]) -> str:
    (refused,) = messages
    assert isinstance(refused, Refused)
    return refused.code


def test_a_held_amount_is_let_go() -> None:
    counter = Counter()
    counter.authorize()
    counter.call()
    assert counter.send(void()) == []
    assert counter.call() == [VOIDED]
    assert counter.send(void()) == [VOIDED]
    assert counter.gateway.asked == ["authorize", "void"]
    assert refusal(counter.send(capture())) == "payment_was_cancelled"
    assert counter.entries == []


def test_a_void_that_overtakes_its_request_is_remembered() -> None:
    counter = Counter()
    assert counter.send(void()) == [VOIDED]
    assert counter.send(void()) == [VOIDED]
    assert refusal(counter.authorize()) == "payment_was_cancelled"
    assert counter.call() == []
    assert counter.gateway.asked == []


def test_a_refund_that_overtakes_everything_is_remembered() -> None:
    counter = Counter()
    answer = PaymentRefunded(flow_id=FLOW, payment_id=PAYMENT, refund_id=an_id("refund"), amount=0, currency="XXX")
    assert counter.send(refund()) == [answer]
    assert counter.send(refund()) == [answer]
    assert refusal(counter.authorize()) == "payment_was_cancelled"
    assert refusal(counter.send(capture())) == "payment_was_cancelled"


def test_a_refund_that_overtakes_its_capture_forbids_it_and_lets_go() -> None:
    counter = Counter()
    counter.authorize()
    counter.call()
    (answer,) = counter.send(refund())
    assert isinstance(answer, PaymentRefunded)
    assert answer.amount == 0
    assert refusal(counter.send(capture())) == "payment_was_cancelled"
    counter.send(void())
    assert counter.call() == [VOIDED]
    assert counter.gateway.asked == ["authorize", "void"]


def test_a_yes_that_comes_after_the_void_is_voided_and_never_told_as_a_yes() -> None:
    counter = Counter()
    counter.authorize()
    assert counter.send(void()) == []
    assert counter.call() == [VOIDED]
    assert counter.gateway.asked == ["authorize", "void"]
    assert counter.intent.status == "VOIDED"


def test_a_no_that_comes_after_the_void_is_its_answer() -> None:
    counter = Counter(authorize=[decline])
    counter.authorize()
    counter.send(void())
    assert counter.call() == [VOIDED]
    assert counter.intent.status == "FAILED"
    assert counter.gateway.asked == ["authorize"]


def test_a_void_while_the_buyer_should_act_ends_it_at_once() -> None:
    counter = Counter(authorize=[ask_buyer], look_up=[ask_buyer] * 90)
    counter.authorize()
    counter.call()
    counter.send(void())
    assert counter.call() == [VOIDED]
    assert counter.call(until=MINUTE * 10) == []
    assert counter.intent.status == "VOIDED"


@pytest.mark.parametrize("script", [{"authorize": [decline]}, {"authorize": [no_answer] * 2, "look_up": [nothing] * 2}])
def test_a_yes_after_a_failure_is_voided(script: dict[str, list[object]]) -> None:
    counter = Counter(**script)  # type: ignore[arg-type]
    counter.authorize()
    assert told(counter.call(until=MINUTE)) == ["PaymentFailed"]
    asked = len(counter.gateway.asked)
    late = AuthorizationAnswered(
        payment_id=PAYMENT, call=9, outcome="approved", amount=10_000, currency="EUR", gateway_transaction_id="late"
    )
    assert counter.send(late) == []
    assert counter.call(until=MINUTE) == []
    assert counter.gateway.asked[asked:] == ["void"]
    assert counter.intent.status == "FAILED"


def test_a_capture_after_the_void_goes_back_to_the_buyer() -> None:
    counter = Counter()
    counter.authorize()
    counter.call()
    counter.send(void())
    counter.call()
    late = CaptureAnswered(
        payment_id=PAYMENT, call=1, outcome="approved", amount=10_000, currency="EUR", gateway_transaction_id="late"
    )
    assert told(counter.send(late)) == ["GatewayContradicted"]
    assert counter.balance("suspense") == 10_000
    assert counter.intent.captured_amount == 0
    assert counter.call() == []
    assert counter.balance("suspense") == 0
    assert counter.balance("clearing:test") == 0
    assert counter.faults() == []
    assert counter.intent.status == "VOIDED"
    assert counter.stage.undeclared_loads == 0


def test_a_void_while_the_capture_is_undecided_sends_the_money_back() -> None:
    counter = Counter()
    counter.authorize()
    counter.call()
    counter.send(capture())
    assert counter.send(void()) == []
    assert told(counter.call())[:2] == ["GatewayContradicted", "PaymentVoided"]
    counter.call()
    assert counter.intent.status == "VOIDED"
    assert counter.intent.captured_amount == 0
    assert counter.balance("suspense") == 0
    assert counter.gateway.asked == ["authorize", "capture", "return"]
    assert counter.faults() == []


def test_a_refund_waits_for_a_capture_that_is_undecided() -> None:
    counter = Counter(capture=[no_answer], look_up=[no_answer])
    counter.authorize()
    counter.call()
    counter.send(capture())
    counter.call()
    assert counter.send(refund()) == []
    assert counter.send(refund()) == []
    assert refusal(counter.send(refund(name="second"))) == "capture_is_undecided"
    assert told(counter.call(until=MINUTE)) == ["PaymentCaptured", "PaymentRefunded"]
    assert counter.intent.status == "REFUNDED"
    assert counter.refund("refund").amount == 10_000
    assert counter.balance("clearing:test") == 0
    assert counter.faults() == []
    assert counter.stage.undeclared_loads == 0
    assert counter.send(void()) == [VOIDED]


def test_a_refund_that_waited_for_a_capture_that_failed_pays_nothing() -> None:
    counter = Counter(capture=[decline])
    counter.authorize()
    counter.call()
    counter.send(capture())
    counter.send(refund())
    messages = counter.call()
    assert told(messages) == ["Refused", "PaymentRefunded"]
    assert messages[1].amount == 0  # type: ignore[attr-defined]
    assert counter.entries == []
    assert counter.gateway.asked == ["authorize", "capture", "void"]


def test_what_was_captured_is_not_voided() -> None:
    counter = captured()
    assert refusal(counter.send(void())) == "payment_was_captured"
    assert counter.intent.status == "CAPTURED"


STEPS = st.lists(
    st.sampled_from(["authorize", "capture", "void", "refund", "part", "call", "call", "wait"]), max_size=14
)
SAYS = st.lists(st.sampled_from(["approve", "approve", "decline", "no_answer"]), max_size=6)


@settings(max_examples=300, deadline=None)
@given(STEPS, SAYS, SAYS, SAYS, st.lists(st.sampled_from(["approve", "decline", "no_answer", "nothing"]), max_size=6))
def test_in_any_order_money_rests_where_the_books_say(
    steps: list[str],
    authorizing: list[str],
    capturing: list[str],
    refunding: list[str],
    looking: list[str],
) -> None:
    def says(names: list[str]) -> list[script.Says]:
        return [getattr(script, name) for name in names]

    counter = Counter(
        authorize=says(authorizing), capture=says(capturing), refund=says(refunding), look_up=says(looking)
    )
    todo = {
        "authorize": counter.authorize,
        "capture": lambda: counter.send(capture()),
        "void": lambda: counter.send(void()),
        "refund": lambda: counter.send(refund()),
        "part": lambda: counter.send(refund(3_333, "part")),
        "call": counter.call,
        "wait": lambda: counter.call(until=MINUTE * 2),
    }
    for step in steps:
        todo[step]()
        assert counter.faults() == []
    for _ in range(3):
        counter.call(until=MINUTE * 60)
    assert counter.stage.due() == {}
    assert counter.stage.undeclared_loads == 0
    for intent in counter.stage.all(PaymentIntent):
        assert intent.status != "UNKNOWN"
        assert intent.refunding_amount == 0
        assert intent.refunded_amount <= intent.captured_amount <= intent.amount
        assert counter.balance("clearing:test") == intent.captured_amount - intent.refunded_amount
        assert counter.balance("suspense") == 0
        assert intent.status != "CREATED"
