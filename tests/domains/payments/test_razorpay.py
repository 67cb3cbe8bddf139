"""Razorpay, on its own library, against a stand-in: orders paid at its page, held, captured by hand, and paid back."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from argosy.domains.payments.adapters.outbound.gateways import razorpay as razorpay_gateway
from argosy.domains.payments.adapters.outbound.gateways import registry
from argosy.domains.payments.application.gateways import Gateway, GatewayDidNotAnswer
from argosy.domains.payments.domain.signatures import SignatureDoesNotHold
from argosy.domains.payments.domain.webhook import WebhookIsUnreadable
from tests.domains.payments.gateway_contract import GatewayContract
from tests.services.razorpay import AUTH, RazorpayStandIn, standing_in
from tests.support import an_id

razorpay = pytest.importorskip("razorpay")
SECRET = "rzp_webhook"
PAYMENT, REFUND = an_id("payment"), an_id("refund")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def there() -> Iterator[RazorpayStandIn]:
    with standing_in() as stand_in:
        yield stand_in


def gateway_at(there: RazorpayStandIn) -> Any:
    return registry.razorpay_gateway(
        {
            "ARGOSY_RAZORPAY_KEY": AUTH[0],
            "ARGOSY_RAZORPAY_SECRET": AUTH[1],
            "ARGOSY_RAZORPAY_PAGE": "https://shop.example/pay",
            "ARGOSY_RAZORPAY_WEBHOOK_SECRET": f"older {SECRET}",
            "ARGOSY_RAZORPAY_URL": there.url,
        }
    )


class TestRazorpay(GatewayContract):
    currency = "INR"

    @pytest.fixture(autouse=True)
    def stand_in(self, there: RazorpayStandIn) -> None:
        self.there = there

    def make(self) -> Gateway:
        gateway: Gateway = gateway_at(self.there)
        return gateway

    def held(self, gateway: Gateway) -> str:
        """The buyer pays at their page, and the look-up finds it held."""
        asked = gateway.authorize(self.ask("authorize"))
        assert asked.outcome == "action"
        assert asked.action_url == f"https://shop.example/pay?order_id={asked.gateway_transaction_id}"
        paid = self.there.pay(asked.gateway_transaction_id)
        answer = self.looked_up(gateway, self.ask("authorize"))
        assert answer is not None and (answer.outcome, answer.amount, answer.currency) == ("approved", 1_000, "INR")
        assert answer.gateway_transaction_id == paid
        return paid

    def test_a_decline_is_an_answer(self) -> None:
        """An order is declined by nobody: buyers may try again at the page until its time is up. A refund may be."""
        gateway = self.make()
        reference = self.taken(gateway)
        answer = gateway.refund(self.refund_of("too much", 1_001, reference))
        assert answer.outcome == "declined" and "greater than" in answer.reason

    def test_one_order_is_made_however_often_it_is_asked_for(self) -> None:
        gateway = self.make()
        first, again = (gateway.authorize(self.ask("authorize")) for _ in range(2))
        assert first == again
        [(_, _, sent)] = [one for one in self.there.sent if one[:2] == ("POST", "/v1/orders")]
        assert (sent["amount"], sent["currency"], sent["receipt"]) == (1_000, "INR", self.ask("authorize").payment_id)
        assert sent["payment"] == {"capture": "manual", "capture_options": {"manual_expiry_period": 7_200}}

    def test_a_part_is_declined_and_the_whole_can_be_taken_yet(self) -> None:
        """Razorpay captures what it holds, whole."""
        gateway: Any = self.make()
        reference = self.held(gateway)
        assert gateway.captures == "whole"
        assert gateway.capture(self.part_of("one", 400, reference)).outcome == "declined"
        assert gateway.capture(self.ask("capture", reference=reference)).outcome == "approved"

    def test_the_fee_comes_with_the_capture(self) -> None:
        gateway = self.make()
        assert gateway.capture(self.ask("capture", reference=self.held(gateway))).fee_amount == 20


def test_without_keys_there_is_no_razorpay() -> None:
    assert registry.razorpay_gateway({"ARGOSY_RAZORPAY_KEY": "rzp"}) is None


@pytest.mark.parametrize("status", [308, 401, 429, 500, 503])
def test_what_is_no_answer_is_not_known_and_never_taken_for_a_no(there: RazorpayStandIn, status: int) -> None:
    gateway = gateway_at(there)
    request = TestRazorpay().ask("authorize")
    for ask in (gateway.authorize, gateway.capture, gateway.void, gateway.refund, gateway.look_up):
        there.next = [(status, {"error": {"code": "BAD_REQUEST_ERROR", "description": "x"}})]
        with pytest.raises(GatewayDidNotAnswer):
            ask(request)
    assert there.orders == {}


def test_captures_and_refunds_are_listed_page_by_page_each_once(
    there: RazorpayStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody captured is no movement; whose payment it is the order says."""
    monkeypatch.setattr(razorpay_gateway, "_PAGE", 1)
    gateway, contract = gateway_at(there), TestRazorpay()
    orders = {name: gateway.authorize(contract.ask("authorize", payment_id=an_id(name))) for name in ("one", "two")}
    paid = {name: there.pay(order.gateway_transaction_id) for name, order in orders.items()}
    gateway.capture(contract.ask("capture", payment_id=an_id("one")))
    for name, amount in (("a", 100), ("b", 50)):
        gateway.refund(
            contract.ask("refund", amount, payment_id=an_id("one"), refund_id=an_id(name), reference=paid["one"])
        )
    found: list[Any] = []
    after, pages = "", 0
    while pages == 0 or after:
        page = gateway.statement(NOW, NOW + timedelta(hours=1), after)
        found, after, pages = [*found, *page.movements], page.next, pages + 1
    assert [(one.operation, one.reference, one.amount, one.payment_id, one.fee_amount) for one in found] == [
        ("capture", paid["one"], 1_000, an_id("one"), 20),
        ("refund", "rfnd_2", 50, an_id("one"), 0),
        ("refund", "rfnd_1", 100, an_id("one"), 0),
    ]
    assert found[1].key == f"{an_id('one')}:refund:{an_id('b')}"
    assert pages > 3
    assert gateway.statement(NOW - timedelta(hours=1), NOW, "").movements == ()


def test_whose_what_is_listed_is_is_looked_up_so_often_for_a_page_and_once_for_each(
    there: RazorpayStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that needs more ends earlier; what was read before, and what we made ourselves, nobody looks up again."""
    monkeypatch.setattr(razorpay_gateway, "_LOOK_UPS", 3)
    contract, made = TestRazorpay(), [f"payment {number}" for number in range(8)]
    maker = gateway_at(there)
    for name in made:
        order = maker.authorize(contract.ask("authorize", payment_id=an_id(name)))
        paid = there.pay(order.gateway_transaction_id)
        maker.capture(contract.ask("capture", payment_id=an_id(name)))
        refund = {"status": "processed", "amount": 5, "currency": "EUR", "notes": [], "created_at": there.now()}
        there.refunds.append({"id": f"rfnd_desk_{name}", "payment_id": paid, **refund})
    for gateway, most in ((gateway_at(there), len(made)), (maker, 0)):
        before, found, after, pages = len(looked_up(there)), list[Any](), "", 0
        while pages == 0 or after:
            at = len(looked_up(there))
            page = gateway.statement(NOW, NOW + timedelta(hours=1), after)
            assert len(looked_up(there)) - at <= 3
            found, after, pages = [*found, *page.movements], page.next, pages + 1
        assert len(looked_up(there)) - before == most
        for operation in ("capture", "refund"):
            whose = sorted(one.payment_id for one in found if one.operation == operation)
            assert whose == sorted(an_id(name) for name in made)


def looked_up(there: RazorpayStandIn) -> list[str]:
    """Single orders and payments that were asked for."""
    single = re.compile(r"/v1/(orders|payments)/[a-z]+_\w+")
    return [path for method, path, _ in there.sent if method == "GET" and single.fullmatch(path)]


def test_what_paid_itself_back_was_never_taken(there: RazorpayStandIn) -> None:
    """Razorpay calls it refunded, and makes a refund of it: in our books neither is a movement."""
    gateway, contract = gateway_at(there), TestRazorpay()
    order = gateway.authorize(contract.ask("authorize"))
    there.expire(there.pay(order.gateway_transaction_id))
    after, pages = "", 0
    while pages == 0 or after:
        page = gateway.statement(NOW, NOW + timedelta(hours=1), after)
        assert page.movements == ()
        after, pages = page.next, pages + 1
    assert pages == 2
    assert gateway.look_up(contract.ask("capture", is_look_up=True)) is None
    assert gateway.capture(contract.ask("capture")).outcome == "declined"
    assert gateway.void(contract.ask("void")).outcome == "approved"


def test_a_list_that_is_not_told_is_no_empty_list(there: RazorpayStandIn) -> None:
    there.next = [(503, {})]
    with pytest.raises(GatewayDidNotAnswer):
        gateway_at(there).statement(NOW, NOW + timedelta(hours=1), "")


# Webhooks, as recorded.


def event(kind: str, **payload: Any) -> bytes:
    body = {"entity": "event", "event": kind, "created_at": int(NOW.timestamp()) - 60, "payload": payload}
    return json.dumps(body).encode()


def heard(there: RazorpayStandIn, body: bytes, *, secret: str = SECRET, id: str = "evt_1") -> Any:
    signature = hmac.new(secret.encode(), body, sha256).hexdigest()
    headers = {"x-razorpay-signature": signature, "x-razorpay-event-id": id}
    return gateway_at(there).read_webhook(headers, body, NOW)


PAID = {"entity": {"id": "pay_1", "amount": 1_000, "currency": "INR", "notes": {"payment_id": PAYMENT}}}
BACK = {
    "entity": {"id": "rfnd_1", "amount": 5, "currency": "INR", "notes": {"payment_id": PAYMENT, "refund_id": REFUND}}
}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (event("payment.authorized", payment=PAID), ("authorize", PAYMENT, None, "pay_1")),
        (event("payment.captured", payment=PAID), ("capture", PAYMENT, None, "pay_1")),
        (
            event(
                "order.paid",
                payment={"entity": {"id": "pay_1", "notes": []}},
                order={"entity": {"id": "order_1", "receipt": PAYMENT}},
            ),
            ("capture", PAYMENT, None, "pay_1"),
        ),
        (event("refund.processed", payment=PAID, refund=BACK), ("refund", PAYMENT, REFUND, "rfnd_1")),
        (event("refund.processed", payment=PAID, refund={"entity": {"id": "rfnd_9"}}), ("", PAYMENT, None, "pay_1")),
        (event("payment.downtime.started"), ("", None, None, "")),
    ],
)
def test_an_event_tells_of_one_of_our_operations_or_of_none(
    there: RazorpayStandIn, body: bytes, expected: tuple[Any, ...]
) -> None:
    notice = heard(there, body)
    assert (notice.event_id, notice.operation, notice.payment_id, notice.refund_id) == ("evt_1", *expected[:3])
    if expected[0]:
        assert notice.reference == expected[3]


def test_our_signatures_are_those_of_razorpays_own_library() -> None:
    body = event("payment.captured", payment=PAID)
    signature = hmac.new(SECRET.encode(), body, sha256).hexdigest()
    assert razorpay.Client(auth=AUTH).utility.verify_webhook_signature(body.decode(), signature, SECRET)


def test_what_razorpay_did_not_sign_or_signed_for_tomorrow_is_refused(there: RazorpayStandIn) -> None:
    body = event("payment.captured", payment=PAID)
    with pytest.raises(SignatureDoesNotHold):
        heard(there, body, secret="guess")
    with pytest.raises(SignatureDoesNotHold):
        heard(there, body.replace(b'"created_at": 1', b'"created_at": 2'))
    for wrong in ({"body": b"[]"}, {"body": b"{}"}, {"body": body, "id": ""}):
        with pytest.raises(WebhookIsUnreadable):
            heard(there, **wrong)  # type: ignore[arg-type]
