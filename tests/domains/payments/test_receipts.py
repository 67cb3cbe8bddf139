"""Money by hand: one capture, booked once, of exactly what the order costs."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from argosy.contracts.payments import BookReceipt, ReceiptBooked
from argosy.domains.payments.adapters.outbound.gateways.by_hand import ByHand
from argosy.domains.payments.application.gateways import GatewayRequest
from argosy.domains.payments.domain.payment import PaymentIntent
from argosy.shared_kernel.messages import Refused
from tests.domains.payments.counter import ANNA, BUYER, FLOW, PAYMENT, PURCHASE, Counter, a_share, refund
from tests.support import an_id

SHARE = a_share(ANNA, 8_000, 500, 1_500, 700)


def receipt(**changes: Any) -> BookReceipt:
    fields: dict[str, Any] = {
        "flow_id": FLOW,
        "payment_id": PAYMENT,
        "purchase_id": PURCHASE,
        "order_id": SHARE.order_id,
        "buyer_id": BUYER,
        "amount": 10_000,
        "currency": "EUR",
        "gateway": "bank",
        "reference": "STMT-7",
        "share": SHARE,
        **changes,
    }
    return BookReceipt(**fields)


def test_a_transfer_is_split_and_booked_once() -> None:
    counter = Counter()
    booked = ReceiptBooked(flow_id=FLOW, payment_id=PAYMENT, order_id=SHARE.order_id, amount=10_000, currency="EUR")
    for _ in range(3):
        assert counter.send(receipt()) == [booked]
    assert (counter.intent.status, counter.intent.captured_amount) == ("CAPTURED", 10_000)
    assert [counter.balance(name) for name in ("clearing:bank", "commission", "tax", "promotions")] == [
        10_000,
        400,
        1_500,
        700,
    ]
    assert counter.balance(f"escrow:{ANNA}") == 8_000 + 500 - 400 + 700
    assert counter.transactions == [("authorize", "approved", 10_000), ("capture", "approved", 10_000)]
    assert counter.faults() == []
    assert counter.stage.undeclared_loads == 0


@pytest.mark.parametrize(("currency", "amount"), [("JPY", 10_000), ("KWD", 10_000)])
def test_currencies_of_no_and_of_three_decimals_are_booked_in_their_minor_units(currency: str, amount: int) -> None:
    counter = Counter(ByHand())
    counter.send(receipt(currency=currency))
    assert counter.balance("clearing:bank", currency) == amount
    counter.send(refund(3_333))
    counter.stage.send(refund(None, "rest"))
    assert counter.balance("clearing:bank", currency) == 0
    assert counter.balance(f"escrow:{ANNA}", currency) == counter.balance("commission", currency) == 0
    assert counter.faults() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": 9_999}, "shares_do_not_add_up"),
        ({"gateway": "test"}, "unknown_gateway"),
        ({"amount": 0}, "amount_is_not_payable"),
        ({"currency": "EURO"}, "amount_is_not_payable"),
        ({"order_id": "7", "buyer_id": "8"}, "several"),
    ],
)
def test_what_is_no_receipt_is_refused_and_nothing_booked(changes: dict[str, Any], code: str) -> None:
    counter = Counter()
    (answer,) = counter.send(receipt(**changes))
    assert isinstance(answer, Refused) and answer.code == code
    assert counter.entries == [] and counter.stage.all(PaymentIntent) == []


@pytest.mark.parametrize("changes", [{"reference": "STMT-8"}, {"gateway": "cash"}, {"order_id": an_id("other")}])
def test_the_same_payment_is_not_booked_as_another(changes: dict[str, Any]) -> None:
    counter = Counter()
    counter.send(receipt())
    entries = len(counter.entries)
    (answer,) = counter.send(receipt(**changes))
    assert isinstance(answer, Refused) and answer.code == "receipt_is_another"
    assert len(counter.entries) == entries


def test_by_hand_nothing_is_held_and_a_refund_is_the_same_however_often_it_is_asked_for() -> None:
    request = GatewayRequest(
        operation="refund", gateway="bank", payment_id=PAYMENT, key=f"{PAYMENT}:refund:x", amount=5, currency="EUR"
    )
    hand = ByHand()
    assert hand.authorize(request).outcome == hand.capture(request).outcome == "declined"
    assert hand.refund(request) == hand.refund(request) == hand.look_up(request)
    assert hand.look_up(msgspec.structs.replace(request, operation="capture")) is None
