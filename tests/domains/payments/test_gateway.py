"""The test gateway's own book: one effect per key, whoever asks and however often."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from argosy.contracts.payments import RefundPayment
from argosy.domains.payments.adapters.outbound.gateways.test import Operation, TestGateway
from argosy.domains.payments.application.gateways import GatewayAnswer, GatewayDidNotAnswer, GatewayRequest
from argosy.domains.payments.application.parts import Capturing
from argosy.domains.payments.context import Ports
from tests.domains.payments.counter import PAYMENT, Counter, capture, refund, told, void
from tests.domains.payments.test_unknown import MINUTE


@pytest.fixture
def gateway(tmp_path: Path) -> TestGateway:
    return TestGateway(tmp_path / "book.sqlite3", latency_milliseconds=0)


def request(operation: str, amount: int = 100, source: str = "tok_approve", payment: str = PAYMENT) -> GatewayRequest:
    return GatewayRequest(
        operation=operation,
        gateway="test",
        payment_id=payment,
        key=f"{payment}:{operation}",
        amount=amount,
        currency="EUR",
        source=source,
    )


def effects(gateway: TestGateway) -> list[tuple[str, str, int]]:
    return [(line.operation, line.status, line.amount) for line in gateway.operations()]


def play(gateway: TestGateway, source: str) -> Counter:
    """A whole payment through the use cases and the real gateway."""
    counter = Counter(gateway)
    counter.authorize(source=source)
    counter.call(until=MINUTE)
    if counter.intent.status == "AUTHORIZED":
        counter.send(capture())
        counter.call(until=MINUTE)
    return counter


def test_a_payment_leaves_one_hold_and_one_capture_in_its_book(gateway: TestGateway) -> None:
    counter = play(gateway, "tok_approve")
    assert counter.intent.status == "CAPTURED"
    counter.send(refund(2_000))
    assert told(counter.call()) == ["PaymentRefunded"]
    assert effects(gateway) == [
        ("authorize", "approved", 10_000),
        ("capture", "approved", 10_000),
        ("refund", "approved", 2_000),
    ]


@pytest.mark.parametrize("source", ["tok_timeout_after", "tok_timeout_capture"])
def test_a_lost_answer_is_one_effect_and_one_payment(gateway: TestGateway, source: str) -> None:
    assert play(gateway, source).intent.status == "CAPTURED"
    assert effects(gateway) == [("authorize", "approved", 10_000), ("capture", "approved", 10_000)]


def test_a_gateway_that_never_acts_fails_the_payment(gateway: TestGateway) -> None:
    assert play(gateway, "tok_timeout_before").intent.failure == "gateway_timeout"
    assert effects(gateway) == [("void", "approved", 10_000)]


def test_what_was_voided_cannot_be_held_afterwards(gateway: TestGateway) -> None:
    gateway.void(request("void"))
    assert gateway.authorize(request("authorize")).outcome == "declined"


@pytest.mark.parametrize("source", ["tok_decline", "tok_nobody_knows"])
def test_a_declined_source_holds_nothing(gateway: TestGateway, source: str) -> None:
    assert play(gateway, source).intent.status == "FAILED"
    assert gateway.capture(request("capture")).outcome == "declined"


def test_the_buyer_confirms_at_the_gateway(gateway: TestGateway) -> None:
    counter = Counter(gateway)
    counter.authorize(source="tok_action")
    assert told(counter.call()) == ["PaymentActionRequired"]
    assert counter.intent.action_url == f"/test-gateway/{PAYMENT}/complete"
    assert gateway.complete(PAYMENT)
    assert not gateway.complete(PAYMENT)
    assert told(counter.call(until=MINUTE)) == ["PaymentAuthorized"]


def test_after_a_void_the_buyer_confirms_nothing(gateway: TestGateway) -> None:
    counter = Counter(gateway)
    counter.authorize(source="tok_action")
    counter.call()
    counter.send(void())
    assert told(counter.call()) == ["PaymentVoided"]
    assert not gateway.complete(PAYMENT)


def test_a_lying_capture_goes_back_and_both_books_agree(gateway: TestGateway) -> None:
    counter = play(gateway, "tok_lie_amount")
    assert counter.intent.status == "FAILED"
    assert effects(gateway) == [
        ("authorize", "approved", 10_000),
        ("capture", "approved", 10_001),
        ("refund", "approved", 10_001),
    ]
    assert counter.balance("clearing:test") == counter.balance("suspense") == 0


def test_a_lying_hold_is_let_go(gateway: TestGateway) -> None:
    assert play(gateway, "tok_lie_hold").intent.status == "FAILED"
    assert effects(gateway) == [("authorize", "approved", 10_001), ("void", "approved", 10_000)]


def test_a_declined_capture_takes_nothing(gateway: TestGateway) -> None:
    counter = play(gateway, "tok_decline_capture")
    assert counter.intent.status == "AUTHORIZED"
    counter.send(void())
    assert told(counter.call()) == ["PaymentVoided"]


def test_no_more_is_paid_back_than_was_taken(gateway: TestGateway) -> None:
    gateway.authorize(request("authorize"))
    gateway.capture(request("capture"))
    assert gateway.capture(request("capture")).outcome == "approved"
    assert gateway.refund(request("refund", 101)).outcome == "declined"
    assert gateway.void(request("void")).outcome == "declined"


def test_one_key_asked_by_many_threads_is_one_effect(gateway: TestGateway) -> None:
    other = TestGateway(gateway.path, latency_milliseconds=0)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda index: (gateway, other)[index % 2].authorize(request("authorize")), range(64)))
    assert len({answer.gateway_transaction_id for answer in answers}) == 1
    assert len(gateway.operations()) == 1


def test_the_book_outlives_its_process(gateway: TestGateway) -> None:
    program = (
        "import sys\n"
        "from argosy.domains.payments.adapters.outbound.gateways.test import TestGateway\n"
        "from argosy.domains.payments.application.gateways import GatewayRequest\n"
        "gateway = TestGateway(sys.argv[1], latency_milliseconds=0)\n"
        "for index in range(50):\n"
        "    gateway.authorize(GatewayRequest(operation='authorize', gateway='test', payment_id=str(index),\n"
        "        key=f'{index}:authorize', amount=5, currency='EUR', source='tok_approve'))\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, str(gateway.path)]) for _ in range(2)]
    assert [process.wait(30) for process in running] == [0, 0]
    assert len(gateway.operations()) == 50


def test_lost_answers_are_lost_after_the_effect_and_the_same_for_a_seed(tmp_path: Path) -> None:
    def lost(name: str) -> list[int]:
        gateway = TestGateway(tmp_path / name, latency_milliseconds=0, loss=0.3, seed=7)
        missing = []
        for index in range(100):
            try:
                gateway.authorize(request("authorize", payment=f"p{index}"))
            except GatewayDidNotAnswer:
                missing.append(index)
        assert len(gateway.operations()) == 100
        return missing

    assert 15 < len(lost("one")) < 45
    assert lost("two") == lost("three")


def test_settings_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOSY_TEST_GATEWAY_LATENCY_MS", "20")
    monkeypatch.setenv("ARGOSY_TEST_GATEWAY_LOSS", "1")
    gateway = TestGateway.from_environment(tmp_path / "book.sqlite3")
    start = time.monotonic()
    with pytest.raises(GatewayDidNotAnswer):
        gateway.authorize(request("authorize"))
    assert time.monotonic() - start >= 0.02
    assert isinstance(gateway.operations()[0], Operation)


def test_a_look_up_never_acts(gateway: TestGateway) -> None:
    assert gateway.look_up(request("authorize")) is None
    assert gateway.operations() == []
    gateway.authorize(request("authorize"))
    found = gateway.look_up(request("authorize"))
    assert isinstance(found, GatewayAnswer)
    assert found.outcome == "approved"


def in_parts(gateway: TestGateway, source: str) -> Counter:
    """A payment whose two orders are taken apart."""
    counter = Counter(gateway, Ports(capturing=Capturing(is_by_order=True)))
    counter.authorize(source=source)
    counter.call(until=MINUTE)
    counter.send(capture())
    answers = counter.call(until=MINUTE)
    for command in [one for one in answers if isinstance(one, RefundPayment)]:
        counter.send(command)
        counter.call(until=MINUTE)
    return counter


@pytest.mark.parametrize(
    ("source", "status", "kept"),
    [
        ("tok_approve", "CAPTURED", 10_000),
        ("tok_timeout_part", "CAPTURED", 10_000),
        ("tok_decline_part", "REFUNDED", 0),
        ("tok_lie_amount", "FAILED", 0),
        ("tok_capture_whole", "AUTHORIZED", 0),
    ],
)
def test_parts_come_out_right_whatever_the_gateway_does_with_them(
    gateway: TestGateway, source: str, status: str, kept: int
) -> None:
    """Lost answers, a no to the second part, a lie: its book and ours agree on what it keeps."""
    counter = in_parts(gateway, source)
    signs = {"capture": 1, "refund": -1, "return": -1}
    theirs = sum(
        signs.get(line.operation, 0) * line.amount for line in gateway.operations() if line.status == "approved"
    )
    assert (counter.intent.status, counter.balance("clearing:test"), theirs) == (status, kept, kept)
    assert counter.faults() == []
