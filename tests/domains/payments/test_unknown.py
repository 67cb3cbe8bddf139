"""A gateway that does not answer: looked up, never asked again blindly, and bounded in time."""

from __future__ import annotations

from datetime import timedelta

from argosy.contracts.payments import AuthorizationAnswered, CaptureAnswered, PaymentFailed, PaymentVoided
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
    told,
    void,
)

MINUTE = timedelta(minutes=1)
ALWAYS = [no_answer] * 50


def test_a_lost_answer_is_found_by_looking_and_charged_once() -> None:
    counter = Counter(authorize=[no_answer], capture=[no_answer])
    counter.authorize()
    assert counter.call() == []
    assert counter.intent.status == "UNKNOWN"
    assert told(counter.call(until=MINUTE)) == ["PaymentAuthorized"]
    counter.send(capture())
    assert counter.call() == []
    assert counter.intent.status == "UNKNOWN"
    assert counter.entries == []
    assert told(counter.call(until=MINUTE)) == ["PaymentCaptured"]
    assert counter.gateway.asked == ["authorize", "look_up authorize", "capture", "look_up capture"]
    assert counter.transactions == [
        ("authorize", "unknown", 10_000),
        ("authorize", "approved", 10_000),
        ("capture", "unknown", 10_000),
        ("capture", "approved", 10_000),
    ]
    assert len(counter.entries) == 6
    assert counter.faults() == []
    assert counter.stage.undeclared_loads == 0


def test_what_never_happened_is_asked_for_once_more_under_its_key() -> None:
    counter = Counter(authorize=[no_answer], look_up=[nothing])
    counter.authorize()
    assert told(counter.call(until=MINUTE)) == ["PaymentAuthorized"]
    assert counter.gateway.asked == ["authorize", "look_up authorize", "authorize"]


def test_what_never_happened_twice_fails_and_is_let_go() -> None:
    counter = Counter(authorize=[no_answer, no_answer], look_up=[nothing, nothing])
    counter.authorize()
    assert counter.call(until=MINUTE) == [PaymentFailed(flow_id=FLOW, payment_id=PAYMENT, reason="gateway_timeout")]
    assert counter.gateway.asked == ["authorize", "look_up authorize", "authorize", "look_up authorize", "void"]
    assert counter.intent.status == "FAILED"
    assert counter.stage.due() == {}


def test_look_ups_come_later_each_time() -> None:
    counter = Counter(authorize=[no_answer], look_up=list(ALWAYS))
    counter.authorize()
    start, times = counter.clock.now(), []
    counter.call()
    for _ in range(6):
        (due,) = counter.stage.due().values()
        times.append((due.due_at - start).total_seconds())
        counter.call(until=due.due_at - counter.clock.now())
    assert times == [0.2, 0.7, 1.7, 3.7, 8.7, 23.7]


def test_at_the_deadline_the_flow_is_answered_and_the_search_goes_on() -> None:
    counter = Counter(authorize=[no_answer], look_up=[*ALWAYS[:10]])
    counter.authorize()
    assert counter.call(until=MINUTE * 4.99) == []
    assert counter.call(until=MINUTE * 0.01) == [PaymentFailed(flow_id=FLOW, payment_id=PAYMENT, reason="timed_out")]
    assert counter.intent.status == "UNKNOWN"
    assert counter.call(until=MINUTE * 60) == []
    assert counter.gateway.asked[-2:] == ["look_up authorize", "void"]
    assert counter.intent.status == "VOIDED"
    assert told(counter.authorize()) == ["PaymentFailed"]


def test_a_buyer_who_never_acts_times_out_and_nothing_stays_held() -> None:
    counter = Counter(authorize=[ask_buyer], look_up=[ask_buyer] * 90)
    counter.authorize()
    messages = counter.call(until=MINUTE * 6)
    assert told(messages) == ["PaymentActionRequired", "PaymentFailed"]
    assert counter.intent.status == "VOIDED"
    assert counter.gateway.asked[-1] == "void"
    assert counter.clock.now() == counter.intent.created_at + MINUTE * 6


def test_a_flow_that_let_go_is_answered_by_the_deadline_at_the_latest() -> None:
    counter = Counter(authorize=[no_answer], look_up=list(ALWAYS[:20]))
    counter.authorize()
    counter.call()
    assert counter.send(void()) == []
    assert counter.call(until=MINUTE * 5) == [PaymentVoided(flow_id=FLOW, payment_id=PAYMENT)]
    assert counter.call(until=MINUTE * 600) == []
    assert counter.intent.status == "VOIDED"


def test_a_capture_that_never_happened_twice_is_refused_and_can_be_let_go() -> None:
    counter = captured(capture=[no_answer, no_answer], look_up=[nothing, nothing])
    messages = counter.call(until=MINUTE)
    assert told(messages) == ["Refused"]
    assert counter.intent.status == "AUTHORIZED"
    counter.send(void())
    assert told(counter.call()) == ["PaymentVoided"]
    assert counter.entries == []


def test_a_declined_look_up_fails_the_payment() -> None:
    counter = Counter(authorize=[no_answer], look_up=[decline])
    counter.authorize()
    assert told(counter.call(until=MINUTE)) == ["PaymentFailed"]
    assert counter.intent.status == "FAILED"


def test_a_void_without_an_answer_is_looked_up_and_asked_for_again() -> None:
    counter = Counter(void=[no_answer], look_up=[nothing])
    counter.authorize()
    counter.call()
    counter.send(void())
    assert counter.call() == []
    assert counter.intent.status == "UNKNOWN"
    assert told(counter.call(until=MINUTE)) == ["PaymentVoided"]
    assert counter.gateway.asked == ["authorize", "void", "look_up void", "void"]
    assert counter.intent.status == "VOIDED"


def test_whoever_calls_again_after_an_interruption_looks_first() -> None:
    counter = Counter()
    counter.authorize()
    (due,) = counter.stage.store.due_rows.values()
    due.attempts = 1
    assert told(counter.call()) == ["PaymentAuthorized"]
    assert counter.gateway.asked == ["look_up authorize"]


def test_an_interrupted_call_that_never_arrived_is_made() -> None:
    counter = Counter(look_up=[nothing])
    counter.authorize()
    (due,) = counter.stage.store.due_rows.values()
    due.attempts = 1
    assert told(counter.call()) == ["PaymentAuthorized"]
    assert counter.gateway.asked == ["look_up authorize", "authorize"]


def test_repeated_and_late_answers_change_nothing() -> None:
    counter = captured()
    before = counter.intent
    key = f"gw:{PAYMENT}"
    assert (
        counter.send(
            AuthorizationAnswered(
                payment_id=PAYMENT,
                call=1,
                outcome="approved",
                amount=10_000,
                currency="EUR",
                gateway_transaction_id=f"{key}:authorize",
            ),
            AuthorizationAnswered(payment_id=PAYMENT, call=1, outcome="declined"),
            AuthorizationAnswered(payment_id=PAYMENT, call=1, outcome="unknown"),
            AuthorizationAnswered(payment_id=PAYMENT, call=2, outcome="absent"),
            CaptureAnswered(
                payment_id=PAYMENT,
                call=1,
                outcome="approved",
                amount=10_000,
                currency="EUR",
                gateway_transaction_id=f"{key}:capture",
            ),
            CaptureAnswered(payment_id=PAYMENT, call=1, outcome="declined"),
            CaptureAnswered(payment_id=PAYMENT, call=1, outcome="unknown"),
            CaptureAnswered(payment_id=PAYMENT, call=2, outcome="absent"),
        )
        == []
    )
    assert counter.intent.same_as(before)
    assert len(counter.entries) == 6
    assert counter.stage.due() == {}


def test_a_stale_answer_starts_no_second_chain_of_look_ups() -> None:
    counter = Counter(authorize=[no_answer], look_up=list(ALWAYS))
    counter.authorize()
    counter.call()
    assert len(counter.stage.due()) == 1
    counter.send(AuthorizationAnswered(payment_id=PAYMENT, call=1, outcome="unknown"))
    assert len(counter.stage.due()) == 1


def test_a_stale_answer_to_a_capture_starts_no_second_chain_and_no_second_try() -> None:
    counter = captured(capture=[no_answer], look_up=list(ALWAYS))
    assert len(counter.stage.due()) == 1
    for outcome in ("unknown", "absent"):
        counter.send(CaptureAnswered(payment_id=PAYMENT, call=1, outcome=outcome))
        assert len(counter.stage.due()) == 1
    assert counter.gateway.asked == ["authorize", "capture"]
