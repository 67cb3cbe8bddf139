"""A gateway that lies about money: never paid, kept apart, sent back, and told as an alarm."""

from __future__ import annotations

import msgspec
import pytest

from argosy.contracts.payments import GatewayContradicted
from argosy.domains.payments.application.gateways import GatewayAnswer, GatewayRequest
from tests.domains.payments.counter import (
    PAYMENT,
    Counter,
    Says,
    approve,
    capture,
    captured,
    decline,
    one_more,
    other_currency,
    refund,
    told,
    void,
)


def nonsense(request: GatewayRequest) -> GatewayAnswer:
    return msgspec.structs.replace(approve(request), amount=-5, currency="??")


def one_less(request: GatewayRequest) -> GatewayAnswer:
    return msgspec.structs.replace(approve(request), amount=request.amount - 1)


LIES = [one_more, one_less, other_currency, nonsense]


@pytest.mark.parametrize("lie", LIES)
def test_a_wrong_hold_is_no_authorization_and_is_let_go(lie: Says) -> None:
    counter = Counter(authorize=[lie])
    counter.authorize()
    assert sorted(told(counter.call())) == ["GatewayContradicted", "PaymentFailed"]
    assert counter.intent.status == "FAILED"
    assert counter.intent.failure == "gateway_told_another_amount"
    assert counter.gateway.asked == ["authorize", "void"]
    assert counter.entries == []


@pytest.mark.parametrize("lie", [one_more, one_less, other_currency])
def test_a_wrong_capture_is_kept_in_suspense_and_sent_back(lie: Says) -> None:
    counter = Counter(capture=[lie])
    counter.authorize()
    counter.call()
    counter.send(capture())
    # One call at a time: the lie is heard, and the money stands in suspense.
    due = counter.stage.store.due("call", counter.clock.now(), 1)
    assert len(due) == 1
    messages = counter.call()
    assert sorted(told(messages)) == ["GatewayContradicted", "Refused"]
    assert counter.intent.status == "FAILED"
    assert counter.intent.captured_amount == 0
    assert counter.gateway.asked == ["authorize", "capture", "return"]
    assert [each.kind for each in counter.entries] == ["suspense_taken"] * 2 + ["suspense_returned"] * 2
    assert {each.account for each in counter.entries} == {"clearing:test", "suspense"}
    assert counter.intent.suspended_amount == 0
    assert counter.faults() == []
    assert counter.stage.undeclared_loads == 0
    assert told(counter.send(void())) == ["PaymentVoided"]


def test_the_alarm_says_what_was_expected_and_what_was_told() -> None:
    counter = captured(capture=[one_more])
    alarms = [record for record in counter.stage.store.log.records if record.wire_name.endswith("Contradicted")]
    assert len(alarms) == 1
    assert msgspec.json.decode(alarms[0].payload, type=GatewayContradicted) == GatewayContradicted(
        payment_id=PAYMENT,
        operation="capture",
        expected_amount=10_000,
        expected_currency="EUR",
        told_amount=10_001,
        told_currency="EUR",
        gateway_transaction_id=f"gw:{PAYMENT}:capture",
    )


def test_money_in_no_currency_is_an_alarm_and_no_booking() -> None:
    counter = captured(capture=[nonsense])
    assert counter.intent.status == "FAILED"
    assert counter.entries == []
    assert counter.gateway.asked == ["authorize", "capture"]


def test_money_that_does_not_go_back_stays_visible_in_suspense() -> None:
    counter = Counter(capture=[one_more], **{"return": [decline]})
    counter.authorize()
    counter.call()
    counter.send(capture())
    assert told(counter.call()).count("GatewayContradicted") == 2
    assert counter.balance("suspense") == 10_001
    assert counter.faults() == []


def test_a_wrong_refund_is_never_taken_for_done() -> None:
    counter = captured(refund=[one_more])
    counter.send(refund(500))
    assert told(counter.call()) == ["GatewayContradicted"]
    assert counter.refund("refund").status == "UNKNOWN"
    assert counter.intent.refunded_amount == 0


def test_a_hold_that_is_not_let_go_is_an_alarm_and_no_yes() -> None:
    counter = Counter(void=[decline])
    counter.authorize()
    counter.call()
    counter.send(void())
    assert sorted(told(counter.call())) == ["GatewayContradicted", "Refused"]
    assert counter.intent.status == "AUTHORIZED"
