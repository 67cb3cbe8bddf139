"""Authorizations that nobody captures: renewed where a gateway can, else let go of in time and told of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from argosy.contracts.payments import (
    AuthorizationExpired,
    AuthorizationRenewed,
    EndAuthorization,
    FindOldAuthorizations,
    PaymentCaptured,
    RenewalAnswered,
)
from argosy.domains.payments.application.gateways import GatewayAnswer, GatewayRequest
from argosy.domains.payments.application.holds import PAGE, Hold
from argosy.domains.payments.context import Ports, build
from argosy.engine.participant import Participant
from argosy.engine.store import TIMER
from argosy.shared_kernel.codec import decode
from argosy.shared_kernel.messages import Message, Refused
from tests.domains.payments.counter import (
    BUYER,
    PAYMENT,
    PURCHASE,
    Counter,
    Says,
    ScriptedGateway,
    authorize,
    capture,
    decline,
    no_answer,
    nothing,
    refund,
    told,
    void,
)
from tests.domains.payments.test_credit import give
from tests.support import an_id

DAY = timedelta(days=1)


class Renewing(ScriptedGateway):
    def renew(self, request: GatewayRequest) -> GatewayAnswer:
        return self._say("renew", request)


def held(*, can_renew: bool = True, credit: int = 0, days: int = 7, **script: list[Says]) -> Counter:
    """A payment that was authorized and is not captured."""
    counter = Counter(Renewing(script))
    hold = Hold(days * 24 * 3_600, can_renew)
    counter.stage.participant = Participant(
        "stage", counter.stage.participant.handlers, lambda work: build(work, Ports(hold_of=lambda gateway: hold))
    )
    if credit:
        counter.send(give(credit))
    counter.authorize(credit_amount=credit)
    counter.call()
    assert counter.intent.status == "AUTHORIZED"
    return counter


def pass_by(counter: Counter, time: timedelta) -> list[Message]:
    """The job runs each half hour and timers when they are due, in virtual time; what was told."""
    found: list[Message] = []
    end = counter.clock.now() + time
    while counter.clock.now() < end:
        counter.clock.time += timedelta(minutes=30)
        found += counter.send(FindOldAuthorizations())
        for due in counter.stage.store.due(TIMER, counter.clock.now(), 100):
            del counter.stage.store.due_rows[due.id]
            found += counter.send(decode(due.name, due.version, due.payload))
        found += counter.call()
    return found


EXPIRED = AuthorizationExpired(payment_id=PAYMENT, purchase_id=PURCHASE, amount=10_000, currency="EUR")


def test_what_a_gateway_holds_no_longer_is_let_go_of_in_time_and_told() -> None:
    counter = held(can_renew=False)
    assert pass_by(counter, timedelta(days=5, hours=23)) == []
    assert EXPIRED in pass_by(counter, timedelta(hours=2))
    assert (counter.intent.status, counter.intent.failure) == ("VOIDED", "authorization_expired")
    assert counter.gateway.asked == ["authorize", "void"]
    assert pass_by(counter, 10 * DAY) == []
    assert counter.stage.undeclared_loads == 0


def test_each_gateway_has_its_own_time() -> None:
    counter = held(can_renew=False, days=1)
    assert EXPIRED in pass_by(counter, timedelta(hours=21))


def test_a_gateway_that_can_is_asked_to_hold_it_for_as_long_again() -> None:
    counter = held()
    assert AuthorizationRenewed(payment_id=PAYMENT, amount=10_000, currency="EUR") in pass_by(counter, 7 * DAY)
    assert counter.intent.status == "AUTHORIZED"
    counter.send(capture())
    assert [type(one) for one in counter.call() if isinstance(one, PaymentCaptured)] == [PaymentCaptured]
    assert counter.faults() == []


def test_it_is_renewed_once_and_then_let_go_of() -> None:
    counter = held()
    pass_by(counter, 11 * DAY)
    assert counter.intent.status == "AUTHORIZED"
    assert EXPIRED in pass_by(counter, 2 * DAY)
    assert counter.gateway.asked == ["authorize", "renew", "void"]


@pytest.mark.parametrize(
    "script",
    [{"renew": [decline]}, {"renew": [no_answer, no_answer], "look_up": [nothing, nothing]}],
    ids=["declined", "never heard of"],
)
def test_what_is_not_renewed_is_let_go_of(script: dict[str, Any]) -> None:
    counter = held(**script)
    assert EXPIRED in pass_by(counter, 7 * DAY)
    assert counter.intent.status == "VOIDED"


def test_a_renewal_whose_answer_was_lost_is_looked_up() -> None:
    counter = held(renew=[no_answer])
    assert "AuthorizationRenewed" in told(pass_by(counter, 7 * DAY))
    assert counter.intent.is_renewed
    assert counter.gateway.asked == ["authorize", "renew", "look_up renew"]


@pytest.mark.parametrize("ask", [void, refund])
def test_what_is_let_go_of_while_it_is_renewed_is_let_go_of_after(ask: Any) -> None:
    counter = held()
    intent = counter.intent
    intent.pending = "renew"
    counter.stage.store.rows[type(intent)][intent.id] = intent
    counter.send(ask())
    counter.send(RenewalAnswered(payment_id=PAYMENT, call=intent.calls, outcome="approved"))
    counter.call()
    assert counter.intent.status == "VOIDED"


def test_store_credit_that_was_set_aside_is_given_back_with_it() -> None:
    counter = held(can_renew=False, credit=3_000)
    pass_by(counter, 7 * DAY)
    assert counter.intent.credit_status == "RELEASED"
    assert counter.balance(f"credit:{BUYER}") == 3_000


def test_what_was_captured_or_let_go_of_meanwhile_is_left_alone() -> None:
    counter = held()
    counter.send(capture())
    counter.call()
    assert pass_by(counter, 20 * DAY) == []
    assert counter.gateway.asked == ["authorize", "capture"]


@pytest.mark.parametrize("end", [capture, void])
def test_nobody_comes_back_for_what_was_decided_meanwhile(end: Any) -> None:
    counter = held(days=70)
    pass_by(counter, DAY)
    assert f"hold:{PAYMENT}" in counter.stage.due()
    counter.send(end())
    counter.call()
    assert f"hold:{PAYMENT}" not in counter.stage.due()


def test_what_has_expired_is_not_captured() -> None:
    counter = held(can_renew=False)
    pass_by(counter, 7 * DAY)
    (answer,) = counter.send(capture())
    assert isinstance(answer, Refused)
    assert answer.code == "payment_was_cancelled"


def renewing(counter: Counter) -> None:
    """The time to renew has come, and the gateway has not answered yet."""
    counter.clock.time += 6 * DAY
    counter.send(EndAuthorization(payment_id=PAYMENT))
    assert counter.intent.pending == "renew"


@pytest.mark.parametrize("script", [{}, {"renew": [decline]}, {"renew": [no_answer, no_answer]}])
def test_what_is_captured_while_it_is_renewed_is_captured_after(script: dict[str, Any]) -> None:
    counter = held(**script)
    renewing(counter)
    assert counter.send(capture()) == []
    assert told(counter.call(until=timedelta(minutes=5)))[-1:] == ["PaymentCaptured"]
    assert [each for each in counter.gateway.asked if each in ("capture", "void")] == ["capture"]
    assert counter.intent.status == "CAPTURED"
    assert counter.faults() == []
    assert counter.stage.undeclared_loads == 0


@pytest.mark.parametrize("ask", [void, refund])
def test_a_capture_that_waits_for_the_renewal_is_called_off_with_it(ask: Any) -> None:
    counter = held()
    renewing(counter)
    counter.send(capture())
    counter.send(ask())
    counter.call()
    assert counter.gateway.asked == ["authorize", "renew", "void"]
    assert counter.intent.status == "VOIDED"


def test_a_capture_that_was_declined_is_not_asked_for_again_when_its_hold_is_renewed() -> None:
    counter = held(capture=[decline])
    counter.send(capture())
    counter.call()
    renewing(counter)
    counter.call()
    assert counter.gateway.asked == ["authorize", "capture", "renew"]


def test_what_is_undecided_for_long_and_then_held_after_all_has_its_time_too() -> None:
    counter = held(can_renew=False, void=[no_answer], look_up=[no_answer, decline])
    counter.send(void())
    counter.call()
    assert counter.intent.status == "UNKNOWN"
    counter.clock.time += timedelta(hours=1)
    counter.send(FindOldAuthorizations())
    assert [due.name for due in counter.stage.store.due(TIMER, counter.clock.now() + 7 * DAY, 9)] == [
        "payments.EndAuthorization"
    ]


def test_payments_told_of_twice_hold_up_nobody() -> None:
    """A page of what was told is a page, however many of its payments are the same."""
    counter = held()
    for _ in range(PAGE):
        counter.authorize()
    for name in ("second", "third"):
        counter.authorize(payment_id=an_id(name), flow_id=an_id(name))
    counter.call()
    counter.clock.time += timedelta(hours=1)
    assert counter.send(FindOldAuthorizations()) == [FindOldAuthorizations()], "it goes on at once"
    counter.send(FindOldAuthorizations())
    assert {due.key for due in counter.stage.store.due(TIMER, counter.clock.now() + 7 * DAY, 9)} == {
        PAYMENT,
        an_id("second"),
        an_id("third"),
    }


def test_what_is_held_and_heard_of_again_is_let_go_of_by_when_it_was_held() -> None:
    """A payments that went back to a backup hears of it three days later: the gateway has held it since then."""
    counter = Counter(Renewing({}))
    hold = Hold(7 * 24 * 3_600)
    counter.stage.participant = Participant(
        "stage", counter.stage.participant.handlers, lambda work: build(work, Ports(hold_of=lambda gateway: hold))
    )
    told_at = counter.clock.now()
    counter.clock.time = told_at + timedelta(days=3)
    counter.stage.send(authorize(told_at + timedelta(minutes=5)), told_at=told_at)
    counter.call()
    assert counter.intent.status == "AUTHORIZED"
    counter.clock.time += timedelta(minutes=31)
    counter.send(FindOldAuthorizations())
    [timer] = [due for due in counter.stage.due().values() if due.kind == TIMER]
    assert timer.due_at == told_at + hold.until_renewal
