"""Stripe, on its own library, against a stand-in that keeps what was sent: what is asked, what is made of answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from argosy.domains.payments.adapters.outbound.gateways import registry, stripe_statement
from argosy.domains.payments.adapters.outbound.gateways.stripe import AmountHasNoSpelling, StripeGateway, read, spelled
from argosy.domains.payments.application.gateways import Gateway, GatewayDidNotAnswer, GatewayRequest, ask
from argosy.domains.payments.domain.signatures import SignatureDoesNotHold, timed_header
from argosy.domains.payments.domain.webhook import WebhookIsUnreadable
from argosy.shared_kernel.ids import Id
from tests.domains.payments.gateway_contract import GatewayContract
from tests.services.stripe import KEY, StripeStandIn, error, standing_in
from tests.support import an_id

stripe = pytest.importorskip("stripe")
SECRET = "whsec_stripe"
PAYMENT, REFUND = an_id("payment"), an_id("refund")
AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def there() -> Iterator[StripeStandIn]:
    with standing_in() as stand_in:
        yield stand_in


def gateway_at(there: StripeStandIn, **more: str) -> StripeGateway:
    settings = {"ARGOSY_STRIPE_KEY": KEY, "ARGOSY_STRIPE_URL": there.url}
    found = registry.stripe_gateway({**settings, "ARGOSY_STRIPE_WEBHOOK_SECRET": f"old {SECRET}", **more})
    assert isinstance(found, StripeGateway)
    return found


def asked(operation: str, amount: int = 1_000, **changes: Any) -> GatewayRequest:
    fields: dict[str, Any] = {
        "operation": operation,
        "gateway": "stripe",
        "payment_id": PAYMENT,
        "key": f"{PAYMENT}:{operation}",
        "amount": amount,
        "currency": "EUR",
        "source": "pm_card_visa" if operation == "authorize" else "",
        **changes,
    }
    return GatewayRequest(**fields)


class TestStripe(GatewayContract):
    approving = "pm_card_visa"
    declining = "pm_card_chargeDeclined"

    @pytest.fixture(autouse=True)
    def stand_in(self, there: StripeStandIn) -> None:
        self.there = there

    def make(self) -> Gateway:
        return gateway_at(self.there)


class TestStripeInParts(TestStripe):
    """Where Stripe has enabled it for the account."""

    def make(self) -> Gateway:
        return gateway_at(self.there, ARGOSY_STRIPE_MULTICAPTURE="on")


def test_without_a_key_there_is_no_stripe() -> None:
    assert registry.stripe_gateway({}) is None


def test_what_is_sent_is_held_first_and_captured_by_hand_each_under_its_key(there: StripeStandIn) -> None:
    gateway = gateway_at(there)
    held = gateway.authorize(asked("authorize"))
    taken = gateway.capture(asked("capture", reference=held.gateway_transaction_id))
    gateway.refund(asked("refund", 250, reference=taken.gateway_transaction_id, refund_id=REFUND))
    create, capture, refund = there.sent
    assert (create.method, create.path, create.idempotency_key) == (
        "POST",
        "/v1/payment_intents",
        f"{PAYMENT}:authorize",
    )
    assert create.form == {
        "amount": "1000",
        "currency": "eur",
        "payment_method": "pm_card_visa",
        "payment_method_types[0]": "card",
        "capture_method": "manual",
        "confirm": "true",
        "metadata[payment_id]": PAYMENT,
        "metadata[key]": f"{PAYMENT}:authorize",
    }
    assert (capture.path, capture.idempotency_key, capture.form["amount_to_capture"]) == (
        "/v1/payment_intents/pi_1/capture",
        f"{PAYMENT}:capture",
        "1000",
    )
    assert (refund.path, refund.idempotency_key) == ("/v1/refunds", f"{PAYMENT}:refund")
    assert (refund.form["payment_intent"], refund.form["amount"]) == ("pi_1", "250")
    assert refund.form["metadata[refund_id]"] == REFUND
    assert taken.fee_amount == 29


def test_a_buyer_who_must_act_is_sent_to_their_bank(there: StripeStandIn) -> None:
    answer = gateway_at(there).authorize(asked("authorize", source="pm_card_threeDSecureRequired"))
    assert (answer.outcome, answer.action_url) == ("action", "https://bank.example/act")


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (500, error("api_error", ""), {}),
        (503, {}, {}),
        (429, error("invalid_request_error", "rate_limit"), {}),
        (401, error("invalid_request_error", ""), {}),
        (200, {}, {"Content-Length": "1000"}),
        (308, {}, {"Location": "http://127.0.0.1:9/elsewhere"}),
        (409, error("idempotency_error", "idempotency_key_in_use", type="idempotency_error"), {}),
    ],
)
def test_what_is_no_answer_is_not_known_and_never_taken_for_a_no(
    there: StripeStandIn, status: int, body: dict[str, Any], headers: dict[str, str]
) -> None:
    gateway = gateway_at(there)
    there.next = [(status, body, headers)]
    with pytest.raises(GatewayDidNotAnswer):
        gateway.authorize(asked("authorize"))
    assert len(there.sent) == 1
    there.next = [(status, body, headers)]
    with pytest.raises(GatewayDidNotAnswer):
        gateway.look_up(asked("authorize", is_look_up=True))


def test_nobody_there_is_no_answer() -> None:
    gateway = StripeGateway(KEY, url="http://127.0.0.1:9")
    with pytest.raises(GatewayDidNotAnswer):
        gateway.capture(asked("capture", reference="pi_1"))


def test_a_charge_whose_answer_was_lost_is_found_and_not_made_again(there: StripeStandIn) -> None:
    """D16: the look-up finds it by our own id; asking again under the key would find it too."""
    gateway = gateway_at(there)
    there.is_deaf_after = True
    told: Any = ask({"stripe": gateway}, asked("authorize"), 1)
    assert told.outcome == "unknown"
    there.is_deaf_after = False
    told = ask({"stripe": gateway}, asked("authorize", is_look_up=True), 1)
    assert (told.outcome, told.gateway_transaction_id, told.amount) == ("approved", "pi_1", 1_000)
    assert gateway.authorize(asked("authorize")).gateway_transaction_id == "pi_1"
    assert len(there.intents) == 1


def test_what_was_taken_in_parts_is_found_again_part_by_part(there: StripeStandIn) -> None:
    """As by a payments that went back to a backup: the hold was as large as ever, and each part is its own."""
    gateway = gateway_at(there, ARGOSY_STRIPE_MULTICAPTURE="on")
    reference = gateway.authorize(asked("authorize")).gateway_transaction_id

    def part(name: str, amount: int, *, taken: int = 0, is_final: bool = False) -> GatewayRequest:
        more = {"reference": reference, "capture_id": an_id(name), "is_final": is_final, "taken_amount": taken}
        return asked("capture", amount, key=f"k:{name}", **more)

    gateway.capture(part("one", 700))
    held = gateway.look_up(asked("authorize", reference=reference))
    assert held is not None
    assert (held.outcome, held.amount) == ("approved", 1_000)
    gateway.capture(part("two", 300, taken=700, is_final=True))
    found = [gateway.look_up(part("one", 700)), gateway.look_up(part("two", 300, taken=700, is_final=True))]
    assert [one.amount for one in found if one is not None] == [700, 300]


def test_another_amount_than_was_asked_for_is_told_as_it_is(there: StripeStandIn) -> None:
    """D47 is decided by payments, which must hear the truth."""
    gateway = gateway_at(there)
    held = gateway.authorize(asked("authorize"))
    there.intents["pi_1"]["amount_capturable"] = 1_001
    found = gateway.look_up(asked("authorize", reference=held.gateway_transaction_id, is_look_up=True))
    assert found is not None and found.amount == 1_001


@pytest.mark.parametrize(
    ("amount", "currency", "theirs"),
    [
        (1_234, "EUR", 1_234),
        (500, "JPY", 500),
        (500, "UGX", 50_000),
        (500, "ISK", 50_000),
        (12_340, "KWD", 12_340),
        (1_200, "MGA", 12),
    ],
)
def test_amounts_are_spelled_as_stripe_has_them_and_read_back(amount: int, currency: str, theirs: int) -> None:
    assert spelled(amount, currency) == theirs
    assert read(theirs, currency) == amount


@pytest.mark.parametrize(("amount", "currency"), [(12_345, "KWD"), (1_201, "MGA")])
def test_an_amount_that_stripe_cannot_take_is_declined_and_never_rounded(
    there: StripeStandIn, amount: int, currency: str
) -> None:
    with pytest.raises(AmountHasNoSpelling):
        spelled(amount, currency)
    answer = gateway_at(there).authorize(asked("authorize", amount, currency=currency))
    assert (answer.outcome, answer.reason, there.sent) == ("declined", "amount_not_payable", [])


# What it lists of what it moved.


def listed(gateway: StripeGateway, since: datetime = AT, until: datetime = AT + timedelta(hours=1)) -> list[Any]:
    """Every page of it."""
    found: list[Any] = []
    page = gateway.statement(since, until, "")
    while True:
        found += page.movements
        if not page.next:
            return found
        page = gateway.statement(since, until, page.next)


def test_captures_parts_and_refunds_are_listed_page_by_page_each_once(
    there: StripeStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = gateway_at(there, ARGOSY_STRIPE_MULTICAPTURE="on")
    monkeypatch.setattr(stripe_statement, "PAGE", 2)
    reference = gateway.authorize(asked("authorize")).gateway_transaction_id
    for name, amount, is_final in (("one", 400, False), ("two", 500, True)):
        part = {"reference": reference, "capture_id": an_id(name), "is_final": is_final, "taken_amount": 900 - amount}
        gateway.capture(asked("capture", amount, key=f"k:{name}", **part))
    gateway.refund(asked("refund", 250, reference=reference, refund_id=REFUND, key=f"{PAYMENT}:refund:{REFUND}"))
    found = listed(gateway)
    assert [(one.operation, one.amount, one.currency, one.fee_amount, one.payment_id) for one in found] == [
        ("refund", 250, "EUR", 0, PAYMENT),
        ("capture", 500, "EUR", 14, PAYMENT),
        ("capture", 400, "EUR", 11, PAYMENT),
    ]
    assert [one.reference for one in found] == ["re_1", "pi_1/txn_2", "pi_1/txn_1"]
    assert [one.key for one in found] == [f"{PAYMENT}:refund:{REFUND}", f"{PAYMENT}:capture", f"{PAYMENT}:capture"]
    assert listed(gateway, AT + timedelta(seconds=1)) == listed(gateway, AT - timedelta(hours=1), AT) == []


def test_what_is_credited_in_another_currency_is_told_in_that_of_the_payment(there: StripeStandIn) -> None:
    gateway = gateway_at(there)
    held = gateway.authorize(asked("authorize"))
    gateway.capture(asked("capture", reference=held.gateway_transaction_id))
    there.moved[0] |= {"amount": 1_090, "currency": "usd", "exchange_rate": 1.09}
    [one] = listed(gateway)
    assert (one.reference, one.amount, one.currency, one.fee_currency) == ("pi_1", 1_000, "EUR", "USD")


def test_a_list_that_is_not_told_is_no_empty_list(there: StripeStandIn) -> None:
    there.next = [(503, {}, {})]
    with pytest.raises(GatewayDidNotAnswer):
        listed(gateway_at(there))


# Webhooks, as recorded, signed as Stripe signs them.

EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "created": 1_767_225_590,
    "data": {
        "object": {
            "id": "pi_1",
            "object": "payment_intent",
            "amount": 1_000,
            "currency": "eur",
            "metadata": {"payment_id": PAYMENT, "key": f"{PAYMENT}:authorize"},
        }
    },
}


def webhook(there: StripeStandIn, event: Any, *, at: datetime = AT, secret: str = SECRET) -> Any:
    body = json.dumps(event).encode()
    header = timed_header(secret, at, body)
    return gateway_at(there).read_webhook({"stripe-signature": header}, body, AT)


def test_our_signatures_are_those_of_stripes_own_library() -> None:
    now = datetime.now(UTC)
    body = json.dumps(EVENT)
    assert stripe.WebhookSignature.verify_header(body, timed_header(SECRET, now, body.encode()), SECRET, 300)


@pytest.mark.parametrize(
    ("type", "object", "operation", "refund_id"),
    [
        ("payment_intent.amount_capturable_updated", {}, "authorize", None),
        ("payment_intent.payment_failed", {}, "authorize", None),
        ("payment_intent.succeeded", {}, "capture", None),
        ("payment_intent.canceled", {}, "void", None),
        ("refund.updated", {"metadata": {"payment_id": PAYMENT, "refund_id": REFUND}}, "refund", REFUND),
        ("refund.updated", {"metadata": {}}, "", None),
        ("payout.paid", {}, "", None),
    ],
)
def test_an_event_tells_of_one_of_our_operations_or_of_none(
    there: StripeStandIn, type: str, object: dict[str, Any], operation: str, refund_id: Id | None
) -> None:
    event = {**EVENT, "type": type, "data": {"object": {**EVENT["data"]["object"], **object}}}  # type: ignore[index,dict-item]
    notice = webhook(there, event)
    assert (notice.event_id, notice.operation, notice.refund_id) == ("evt_1", operation, refund_id)
    assert (notice.reference, notice.amount, notice.currency) == ("pi_1", 1_000, "EUR")


def test_what_stripe_did_not_sign_now_is_refused(there: StripeStandIn) -> None:
    for wrong in ({"secret": "whsec_other"}, {"at": AT - timedelta(seconds=301)}, {"at": AT + timedelta(seconds=301)}):
        with pytest.raises(SignatureDoesNotHold):
            webhook(there, EVENT, **wrong)
    with pytest.raises(SignatureDoesNotHold):
        gateway_at(there).read_webhook({}, msgspec.json.encode(EVENT), AT)


@pytest.mark.parametrize(
    "event", [[], {}, {**EVENT, "id": 7}, {**EVENT, "data": {"object": {"id": "x", "currency": "?"}}}]
)
def test_what_is_signed_and_no_event_is_unreadable(there: StripeStandIn, event: Any) -> None:
    with pytest.raises(WebhookIsUnreadable):
        webhook(there, event)
