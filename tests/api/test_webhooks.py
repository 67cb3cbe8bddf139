"""Webhooks over HTTP: kept once the signature holds, and not at all otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from argosy.domains.payments.adapters.outbound.gateways import registry
from argosy.domains.payments.adapters.outbound.gateways.notices import HEADER, TestEvent, written
from argosy.domains.payments.adapters.outbound.gateways.test import TestGateway
from argosy.observability import metrics
from tests.api.shop import Answer, Shop, assert_problem
from tests.doctor.planting import violated
from tests.marketplace import Marketplace

SECRET = "whsec_of_tests"
KEPT = "SELECT event_id, status, outcome FROM payment_webhooks ORDER BY event_id"


@pytest.fixture
def shop(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("ARGOSY_TEST_GATEWAY_LATENCY_MS", "0")
    monkeypatch.setenv("ARGOSY_TEST_GATEWAY_WEBHOOK_SECRET", f"{SECRET} whsec_older")
    registry.gateways.cache_clear()
    return Shop(marketplace)


def ring(shop: Shop, event: TestEvent, *, secret: str = SECRET, off: float = 0, gateway: str = "test") -> Answer:
    body, headers = written(event, secret, datetime.now(UTC) + timedelta(seconds=off))
    return send(shop, body, headers, gateway)


def send(shop: Shop, body: bytes, headers: dict[str, str], gateway: str = "test") -> Answer:
    return Answer(
        shop.client.generic(
            "POST", f"/api/v1/payments/webhooks/{gateway}", body, content_type="application/json", headers=headers
        )
    )


def refused() -> float:
    return sum(
        sample.value for family in metrics.WEBHOOKS_REFUSED.collect() for sample in family.samples if sample.value
    )


def test_the_buyer_confirmed_and_the_webhook_brings_the_sale_home(shop: Shop) -> None:
    """The worker looks up after a while by itself; the webhook has it do so now."""
    started = shop.call("POST", "checkouts", shop.purchase(payment_source="tok_action"), token=shop.buyer).json
    shop.drain()
    [(payment_id,)] = shop.place.rows("payments", "SELECT id FROM payment_intents")
    gateway = TestGateway.from_environment(registry.book_path())
    assert gateway.complete(str(payment_id))
    gateway.close()
    event = TestEvent(id="evt_1", type="payment.authorized", key=f"{payment_id}:authorize", amount=2_999)
    for _ in range(10):
        assert ring(shop, event).status == 204
    assert shop.place.rows("payments", KEPT) == [("evt_1", "RESOLVED", "looked_up")]
    shop.drain()
    ended = shop.call("GET", f"checkouts/{started['checkout_id']}", token=shop.buyer).json
    assert ended["status"] == "COMPLETED"
    assert violated(shop.place) == {}


def test_what_nobody_signed_leaves_nothing_but_a_count(shop: Shop) -> None:
    event = TestEvent(id="evt_2", type="payment.captured", key="x:capture")
    body, headers = written(event, SECRET, datetime.now(UTC))
    before, written_before = refused(), shop.written()
    forged = [
        ring(shop, event, secret="whsec_guess"),
        ring(shop, event, off=-301),
        ring(shop, event, off=301),
        ring(shop, event, off=-86_400),
        send(shop, body, {}),
        send(shop, body, {HEADER: ""}),
        send(shop, body.replace(b"evt_2", b"evt_3"), headers),
        send(shop, body.replace(b",", b", "), headers),
        send(shop, b"", headers),
    ]
    for answer in forged:
        assert_problem(answer, 400, "signature_does_not_hold")
    assert refused() - before == len(forged)
    assert shop.place.rows("payments", KEPT) == []
    assert shop.written() == written_before


def signed(body: bytes) -> tuple[bytes, dict[str, str]]:
    from argosy.domains.payments.domain.signatures import timed_header

    return body, {HEADER: timed_header(SECRET, datetime.now(UTC), body)}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"type": "x"}',
        b'{"id": 7, "type": "x"}',
        b'{"id": "", "type": "x"}',
        b'{"id": "e", "type": "x", "amount": -1}',
        b'{"id": "e", "type": "x", "amount": 9007199254740992}',
        b'{"id": "e", "type": "x", "amount": 1e400}',
        b'{"id": "e", "type": "x", "currency": "EURO"}',
        b'{"id": "e", "type": "4242 4242 4242 4242"}',
        b'{"id": "e", "type": "\xff"}',
        b'{"id": "e", "type": "a\\u0000b"}' + b"\x00",
        b"[" * 100_000,
    ],
)
def test_what_is_signed_and_no_event_is_refused_and_not_kept(shop: Shop, body: bytes) -> None:
    assert_problem(send(shop, *signed(body)), 400, "webhook_is_unreadable")
    assert shop.place.rows("payments", KEPT) == []


def test_only_gateways_that_call_are_heard_and_only_by_post(shop: Shop) -> None:
    assert_problem(ring(shop, TestEvent(id="e", type="x"), gateway="nobody"), 404, "not_found")
    answer: Any = shop.client.get("/api/v1/payments/webhooks/test")
    assert answer.status_code == 405
    assert_problem(send(shop, b"x" * 300_000, {}), 413, "body_too_large")


def test_an_unknown_reference_is_suspended_and_moves_no_money(shop: Shop) -> None:
    from argosy.contracts.payments import ResolveWebhooks

    assert ring(shop, TestEvent(id="evt_9", type="payment.captured", key="foreign:capture", amount=5)).status == 204
    shop.place.rows("payments", "UPDATE payment_webhooks SET received_at = '2020-01-01 00:00:00'")
    assert list(violated(shop.place)) == ["I37"]
    shop.place.do("payments", ResolveWebhooks())
    shop.drain()
    assert shop.place.rows("payments", KEPT) == [("evt_9", "SUSPENDED", "")]
    assert shop.place.rows("payments", "SELECT count(*) FROM ledgers") == [(0,)]
    told = "SELECT count(*) FROM payments_outbox_events WHERE event_type = 'payments.WebhookUnmatched'"
    assert shop.place.rows("payments", told) == [(1,)]
    assert violated(shop.place) == {}
