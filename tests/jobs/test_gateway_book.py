"""The gateway's own book beside ours, both ways: what is undecided is looked up, what differs is named, once, and no
booking is changed by it."""

from __future__ import annotations

from argosy.domains.payments.application import statements
from argosy.shared_kernel.ids import named_id
from tests.doctor.planting import write, write_in_gateways_book
from tests.doctor.selling import payment_id, start
from tests.jobs.conftest import Time
from tests.marketplace import Marketplace

DIFFERENCES = "SELECT side, operation, gateway_transaction_id, amount FROM gateway_differences ORDER BY side, operation"
BOOKS = "SELECT count(*), max(position), max(hash) FROM ledgers"
ALARMS = "SELECT count(*) FROM payments_outbox_events WHERE event_type = 'payments.GatewayContradicted'"
LINE = (
    "INSERT INTO operations (key, operation, payment_id, status, amount, currency, transaction_id, source, reason, "
    "created_at) VALUES (?, ?, ?, 'approved', ?, 'BRL', ?, '', '', 1)"
)


def sold(shop: Marketplace, *names: str) -> None:
    for name in names:
        start(shop, name)
    shop.drain()


def test_books_that_agree_are_left_alone_page_by_page(shop: Marketplace, time: Time, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(statements, "PAGE", 4)
    sold(shop, "one", "two", "three", "four")
    time.pass_by(130)
    assert shop.rows("payments", DIFFERENCES) == []
    [(after, ended)] = shop.rows("payments", "SELECT after, ended_at FROM statement_rounds")
    assert (after, bool(ended)) == ("", True), "the round has come to its end"
    assert shop.rows("payments", "SELECT count(*) FROM payments_parked") == [(0,)]
    assert time.violated() == {}


def test_money_that_only_the_gateway_knows_of_is_named_once_and_not_touched(shop: Marketplace, time: Time) -> None:
    sold(shop, "one")
    id = payment_id(shop, "one")
    stranger = named_id("stranger")
    write_in_gateways_book(LINE, f"{id}:refund:{named_id('r')}", "refund", id, 100, "tg_refund")
    write_in_gateways_book(LINE, f"{stranger}:capture", "capture", stranger, 300, "tg_capture")
    before = shop.rows("payments", BOOKS)
    time.pass_by(4_000)
    assert shop.rows("payments", DIFFERENCES) == [
        ("gateway", "capture", "tg_capture", 300),
        ("gateway", "refund", "tg_refund", 100),
    ]
    assert shop.rows("payments", ALARMS) == [(2,)], "one alarm each, however many rounds find them"
    assert shop.rows("payments", BOOKS) == before
    assert "I19" in time.violated()


def test_money_that_only_we_know_of_is_named(shop: Marketplace, time: Time) -> None:
    sold(shop, "one")
    write_in_gateways_book("DELETE FROM operations WHERE operation = 'capture'")
    before = shop.rows("payments", BOOKS)
    time.pass_by(260)
    [(side, operation, _, amount)] = shop.rows("payments", DIFFERENCES)
    assert (side, operation) == ("ours", "capture")
    assert shop.rows("payments", "SELECT captured_amount FROM payment_intents") == [(amount,)]
    assert shop.rows("payments", BOOKS) == before


def test_money_taken_after_the_end_is_kept_apart_and_sent_back(shop: Marketplace, time: Time) -> None:
    start(shop, "declined", source="tok_decline_capture")
    shop.drain()
    id = payment_id(shop, "declined")
    assert shop.rows("payments", "SELECT status FROM payment_intents") == [("VOIDED",)]
    write_in_gateways_book("DELETE FROM operations WHERE operation = 'capture'")
    write_in_gateways_book(LINE, f"{id}:capture", "capture", id, 700, "tg_late")
    time.pass_by(400)
    kinds = [row[0] for row in shop.rows("payments", "SELECT DISTINCT kind FROM ledgers ORDER BY kind")]
    assert kinds == ["suspense_returned", "suspense_taken"]
    assert shop.rows("payments", "SELECT balance FROM ledger_accounts WHERE name = 'suspense'") == [(0,)]
    assert shop.rows("payments", DIFFERENCES) == []


def test_a_payment_whose_call_was_lost_is_looked_up(shop: Marketplace, time: Time) -> None:
    """The break: the gateway has taken the money, and the call that would have told us is gone."""
    start(shop, "lost", source="tok_timeout_capture")
    shop.drain()
    for _ in range(50):
        if shop.rows("payments", "SELECT 1 FROM payment_intents WHERE status = 'UNKNOWN' AND pending = 'capture'"):
            break
        shop.drain()
    shop.close()
    shop.rows("payments", "DELETE FROM payments_due WHERE name = 'gateway'")
    assert shop.rows("payments", "SELECT status, pending FROM payment_intents") == [("UNKNOWN", "capture")]
    time.pass_by(130)
    time.pass_by(130)
    assert shop.rows("payments", "SELECT status, pending FROM payment_intents") == [("CAPTURED", "")]
    assert shop.rows("orders", "SELECT DISTINCT status FROM orders") == [("PAID",)]
    assert time.violated() == {}


def test_a_comparison_without_notes_would_be_seen(shop: Marketplace, time: Time) -> None:
    """The break: our notes are gone, past every rule."""
    sold(shop, "one")
    write(shop, "payments", "payment_transactions", "DELETE FROM payment_transactions WHERE type = 'capture'")
    time.pass_by(260)
    assert [row[:2] for row in shop.rows("payments", DIFFERENCES)] == [("gateway", "capture")]
