"""Webhooks ask the gateway, and nothing else: early, late, twice, out of order, of what we do not know (D20 to D25)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from argosy.contracts.payments import (
    ReceiveWebhook,
    ResolveWebhook,
    ResolveWebhooks,
    WebhookUnmatched,
)
from argosy.contracts.payments_settling import AssignWebhook, DismissWebhook
from argosy.domains.payments.context import Ports, build
from argosy.domains.payments.domain.difference import StaffReasonIsMissing
from argosy.domains.payments.domain.payment import NoSuchPayment
from argosy.domains.payments.domain.webhook import (
    UNMATCHED_SECONDS,
    WEBHOOK_MOVES,
    NoSuchWebhook,
    Webhook,
    WebhookIsAboutAnother,
    WebhookIsResolved,
    webhook_id,
)
from argosy.engine.work import Actor
from argosy.shared_kernel.messages import Message
from tests.domains.payments.counter import (
    PAYMENT,
    SHARES,
    Counter,
    approve,
    ask_buyer,
    capture,
    captured,
    decline,
    no_answer,
    one_more,
    refund,
    told,
)
from tests.support import an_id

ONCE = webhook_id("test", "evt_1")


def event(counter: Counter, operation: str = "authorize", **changes: Any) -> ReceiveWebhook:
    fields: dict[str, Any] = {
        "gateway": "test",
        "event_id": "evt_1",
        "type": f"payment.{operation}",
        "operation": operation,
        "payment_id": PAYMENT,
        "refund_id": None,
        "reference": f"gw:{PAYMENT}:{operation}",
        "amount": 10_000,
        "currency": "EUR",
        "told_at": counter.clock.now(),
        "raw": "{}",
        **changes,
    }
    return ReceiveWebhook(**fields)


def one(counter: Counter, id: str = ONCE) -> tuple[str, str]:
    found = counter.stage.one(Webhook, id)
    return found.status, found.outcome


def test_a_webhook_asks_the_gateway_whose_answer_moves_the_payment() -> None:
    counter = Counter(authorize=[ask_buyer], look_up=[approve])
    counter.authorize()
    counter.call()
    assert counter.send(event(counter)) == []
    assert one(counter) == ("RESOLVED", "looked_up")
    assert told(counter.call()) == ["PaymentAuthorized"]
    assert counter.intent.status == "AUTHORIZED"
    assert counter.stage.undeclared_loads == 0


def test_what_a_webhook_says_counts_for_nothing_where_the_gateway_says_otherwise() -> None:
    """A webhook of a yes, and a gateway that still waits for the buyer."""
    counter = Counter(authorize=[ask_buyer], look_up=[ask_buyer])
    counter.authorize()
    counter.call()
    counter.send(event(counter), event(counter, "capture", event_id="evt_2"))
    assert counter.call() == []
    assert (counter.intent.status, counter.intent.captured_amount) == ("CREATED", 0)


def test_the_same_event_ten_times_at_once_has_one_effect() -> None:
    counter = Counter(authorize=[ask_buyer], look_up=[approve])
    counter.authorize()
    counter.call()
    counter.send(event(counter))
    for _ in range(9):
        counter.send(event(counter, amount=1, raw="another"))
    assert counter.stage.result.is_repeat
    assert told(counter.call()) == ["PaymentAuthorized"]
    assert counter.gateway.asked == ["authorize", "look_up authorize"]
    assert [each.raw for each in counter.stage.all(Webhook)] == ["{}"]


def test_one_before_the_answer_of_the_call_changes_nothing_of_the_outcome() -> None:
    """D20: the call is on its way when the webhook rings."""
    counter = Counter()
    counter.authorize()
    counter.send(event(counter))
    assert told(counter.call()) == ["PaymentAuthorized"]
    assert counter.transactions == [("authorize", "approved", 10_000)]


def test_one_before_its_payment_waits_for_it_and_is_applied_once() -> None:
    """D20: the row is not there yet."""
    counter = sweeping()
    counter.send(event(counter))
    assert one(counter) == ("RECEIVED", "")
    sweep(counter)
    assert one(counter) == ("RECEIVED", "")
    counter.authorize()
    sweep(counter)
    assert one(counter) == ("RESOLVED", "looked_up")
    assert told(counter.call()) == ["PaymentAuthorized"]
    sweep(counter)
    assert counter.gateway.asked == ["authorize", "look_up authorize"]


@pytest.mark.parametrize(
    "changes",
    [
        {"payment_id": an_id("nobody's")},
        {"payment_id": None},
        {"gateway": "other"},
        {"operation": "refund", "refund_id": an_id("no refund")},
    ],
)
def test_one_of_nothing_that_we_know_is_suspended_with_an_alarm(changes: dict[str, Any]) -> None:
    counter = sweeping()
    counter.authorize()
    counter.call()
    counter.send(event(counter, **changes))
    id = webhook_id(changes.get("gateway", "test"), "evt_1")
    counter.clock.tick(seconds=UNMATCHED_SECONDS - 1)
    assert sweep(counter) == []
    counter.clock.tick(seconds=1)
    (alarm,) = sweep(counter)
    assert isinstance(alarm, WebhookUnmatched) and (alarm.webhook_id, alarm.amount) == (id, 10_000)
    assert one(counter, id) == ("SUSPENDED", "")
    assert sweep(counter) == []
    assert counter.call() == []
    assert counter.intent.status == "AUTHORIZED" and counter.entries == []


def test_what_was_suspended_can_be_resolved_once_its_payment_is_there() -> None:
    counter = sweeping()
    counter.send(event(counter))
    counter.clock.tick(seconds=UNMATCHED_SECONDS)
    sweep(counter)
    counter.authorize()
    counter.send(ResolveWebhook(webhook_id=ONCE))
    assert one(counter) == ("RESOLVED", "looked_up")


def test_one_that_is_late_by_three_days_tells_nothing_new() -> None:
    """D22: the poller has closed the gap long before."""
    counter = captured()
    counter.clock.tick(days=3)
    assert counter.send(event(counter, "capture"), event(counter, event_id="evt_2")) == []
    assert one(counter) == one(counter, webhook_id("test", "evt_2")) == ("RESOLVED", "known")
    assert counter.call() == []


def test_without_any_webhook_the_poller_closes_the_gap() -> None:
    """D22: the endpoint is disabled; the answer was lost."""
    counter = Counter(authorize=[no_answer], look_up=[no_answer, approve])
    counter.authorize()
    assert told(counter.call(until=timedelta(seconds=2))) == ["PaymentAuthorized"]


def test_a_refund_told_before_its_capture_moves_nothing_and_both_are_right_in_the_end() -> None:
    """D25."""
    counter = Counter(capture=[no_answer], look_up=[no_answer, approve])
    counter.authorize()
    counter.call()
    counter.send(capture(SHARES))
    counter.send(event(counter, "refund", refund_id=an_id("refund")))
    assert one(counter) == ("RECEIVED", "")
    assert told(counter.call(until=timedelta(seconds=2))) == ["PaymentCaptured"]
    counter.send(refund())
    counter.send(ResolveWebhook(webhook_id=ONCE))
    assert told(counter.call()) == ["PaymentRefunded"]
    assert (counter.intent.status, counter.intent.refunded_amount) == ("REFUNDED", 10_000)
    assert counter.faults() == []


def test_a_yes_after_a_no_is_looked_up_and_let_go_of() -> None:
    """D25, D26: the flow has been told that it failed; what the gateway holds after all goes back."""
    counter = Counter(authorize=[decline], look_up=[approve])
    counter.authorize()
    assert told(counter.call()) == ["PaymentFailed"]
    counter.send(event(counter))
    assert counter.call() == []
    assert counter.gateway.asked == ["authorize", "look_up authorize", "void"]
    assert counter.intent.status == "FAILED" and counter.intent.pending == ""


def test_a_capture_of_another_amount_told_by_a_webhook_goes_to_suspense_and_back() -> None:
    """D47: what the gateway says when it is asked is another amount than was ever asked for."""
    counter = Counter(capture=[decline], look_up=[one_more])
    counter.authorize()
    counter.call()
    counter.send(capture(SHARES))
    counter.call()
    counter.send(event(counter, "capture"))
    assert told(counter.call()) == ["GatewayContradicted"]
    assert counter.gateway.asked[-2:] == ["look_up capture", "return"]
    assert counter.balance("suspense") == 0 and counter.intent.captured_amount == 0
    assert counter.faults() == []


def test_what_concerns_no_payment_is_kept_and_ignored() -> None:
    counter = Counter()
    counter.send(event(counter, "", type="account.updated", payment_id=None))
    assert one(counter) == ("RESOLVED", "ignored")


def test_a_webhook_goes_one_way() -> None:
    assert WEBHOOK_MOVES == {
        "RECEIVED": ("RESOLVED", "SUSPENDED"),
        "SUSPENDED": ("RESOLVED",),
        "RESOLVED": (),
    }


def sweeping() -> Counter:
    """A counter whose sweep finds open webhooks in its own store."""
    counter = Counter()

    def look(limit: int) -> list[Any]:
        return [each.id for each in counter.stage.all(Webhook) if each.status == "RECEIVED"][:limit]

    counter.stage.participant = type(counter.stage.participant)(
        "stage", counter.stage.participant.handlers, lambda work: build(work, Ports(open_webhooks=look))
    )
    return counter


def sweep(counter: Counter) -> list[Message]:
    asked = counter.send(ResolveWebhooks())
    assert all(isinstance(each, ResolveWebhook) for each in asked)
    return counter.send(*asked) if asked else []


# What only a person can tell.


def suspended(operation: str = "capture", **changes: Any) -> Counter:
    """A counter with a captured payment, and a webhook that names none that is known."""
    counter = captured()
    counter.send(event(counter, operation, **{"payment_id": an_id("somebody else's"), **changes}))
    counter.clock.tick(seconds=UNMATCHED_SECONDS)
    counter.send(ResolveWebhook(webhook_id=ONCE))
    assert one(counter)[0] == "SUSPENDED"
    return counter


def assign(**changes: Any) -> AssignWebhook:
    fields: dict[str, Any] = {"webhook_id": ONCE, "payment_id": PAYMENT, "reason": "the reference is in their list"}
    return AssignWebhook(**{**fields, **changes})


DISMISSED = DismissWebhook(webhook_id=ONCE, reason="a charge of another shop")


def test_a_webhook_that_is_assigned_asks_the_gateway_as_it_would_have_from_the_beginning() -> None:
    counter = suspended("refund", payment_id=None)
    counter.send(refund(1_000))
    counter.call()
    asked = len(counter.gateway.asked)
    counter.stage.send(assign(refund_id=an_id("refund")), actor=Actor(id="clerk"))
    assert one(counter) == ("RESOLVED", "known"), "what it tells we had heard: nobody is asked"
    other = suspended(reference="gw:of another key")
    other.stage.send(assign(), actor=Actor(id="clerk"))
    found = other.stage.one(Webhook, ONCE)
    assert (found.payment_id, found.settled_by) == (PAYMENT, "clerk")
    assert (found.outcome, other.call()) == ("looked_up", []), "the gateway is asked, and tells nothing new"
    assert other.gateway.asked[-1] == "look_up capture"
    assert len(counter.gateway.asked) == asked
    assert counter.stage.undeclared_loads == other.stage.undeclared_loads == 0


def test_the_same_again_changes_nothing_and_another_thing_is_refused() -> None:
    counter = suspended(reference="gw:of another key")
    counter.stage.send(assign())
    counter.call()
    counter.stage.send(assign(reason="once more"))
    assert counter.call() == []
    for other in (assign(payment_id=an_id("another")), DISMISSED):
        with pytest.raises(WebhookIsResolved):
            counter.stage.send(other)
    gone = suspended()
    gone.stage.send(DISMISSED)
    gone.stage.send(DISMISSED)
    assert one(gone) == ("RESOLVED", "dismissed")
    with pytest.raises(WebhookIsResolved):
        gone.stage.send(assign())
    assert gone.call() == []


def test_a_webhook_is_assigned_to_what_it_can_be_about() -> None:
    counter = suspended("refund")
    for wrong, error in (
        (assign(), WebhookIsAboutAnother),
        (assign(refund_id=an_id("none")), WebhookIsAboutAnother),
        (assign(payment_id=an_id("none")), NoSuchPayment),
        (assign(webhook_id=an_id("none")), NoSuchWebhook),
        (assign(reason=" "), StaffReasonIsMissing),
    ):
        with pytest.raises(error):
            counter.stage.send(wrong)
    assert one(counter)[0] == "SUSPENDED"
