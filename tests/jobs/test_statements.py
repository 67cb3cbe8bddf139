"""What Stripe and Razorpay list beside our books, window by window: each difference is named once, by its kind, and no
booking is changed by it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from argosy.domains.payments.adapters.outbound import statements
from argosy.domains.payments.adapters.outbound.gateways import registry, stripe_statement
from argosy.domains.payments.adapters.outbound.models import PaymentTransactionRow
from argosy.domains.payments.application import windows
from argosy.shared_kernel.ids import Id
from tests.doctor.planting import write
from tests.doctor.selling import pay_back, payment_id, start
from tests.jobs.conftest import Time
from tests.marketplace import Marketplace
from tests.services import razorpay as at_razorpay
from tests.services import stripe as at_stripe
from tests.support import an_id

DIFFERENCES = (
    "SELECT side, operation, gateway_transaction_id, amount, currency, expected_amount, expected_currency "
    "FROM gateway_differences ORDER BY side, operation, amount"
)
LINES = "SELECT operation, amount, fee_amount FROM statement_lines ORDER BY operation, amount"
BOOKS = "SELECT count(*), max(position), max(hash) FROM ledgers"
ALARMS = "SELECT count(*) FROM payments_outbox_events WHERE event_type = 'payments.GatewayContradicted'"
NOTES = "payment_transactions"
A_WINDOW = 6_000
"""By then what was done was listed, and compared both ways."""


def forget_gateways() -> None:
    registry.gateways.cache_clear()
    registry.statement_lags.cache_clear()


@pytest.fixture
def stripe(shop: Marketplace, time: Time, monkeypatch: pytest.MonkeyPatch) -> Iterator[at_stripe.StripeStandIn]:
    with at_stripe.standing_in() as there:
        there.now = lambda: int(time.now().timestamp())
        monkeypatch.setenv("ARGOSY_STRIPE_KEY", at_stripe.KEY)
        monkeypatch.setenv("ARGOSY_STRIPE_URL", there.url)
        shop.close()  # Its worker begins anew, with this gateway.
        forget_gateways()
        time.pass_by(130)  # Comparing begins before anything is sold.
        yield there
    forget_gateways()


@pytest.fixture
def razorpay(shop: Marketplace, time: Time, monkeypatch: pytest.MonkeyPatch) -> Iterator[at_razorpay.RazorpayStandIn]:
    with at_razorpay.standing_in() as there:
        there.now = lambda: int(time.now().timestamp())
        for name, value in zip(("KEY", "SECRET"), at_razorpay.AUTH, strict=True):
            monkeypatch.setenv(f"ARGOSY_RAZORPAY_{name}", value)
        monkeypatch.setenv("ARGOSY_RAZORPAY_PAGE", "https://shop.example/pay")
        monkeypatch.setenv("ARGOSY_RAZORPAY_URL", there.url)
        shop.close()
        forget_gateways()
        time.pass_by(130)
        yield there
    forget_gateways()


def sold(shop: Marketplace, *names: str) -> list[Id]:
    """Paid by Stripe, and captured."""
    for name in names:
        start(shop, name, source="pm_card_visa", gateway="stripe")
    shop.drain()
    statuses = shop.rows("payments", "SELECT DISTINCT status FROM payment_intents WHERE gateway = 'stripe'")
    assert statuses == [("CAPTURED",)]
    return [payment_id(shop, name) for name in names]


def compared(time: Time, seconds: int = A_WINDOW) -> None:
    time.pass_by(seconds, step=1_200)


def intent_of(there: at_stripe.StripeStandIn, id: Id) -> dict[str, Any]:
    return next(one for one in there.intents.values() if one["metadata"]["payment_id"] == id)


def test_books_that_agree_are_left_alone_page_by_page(
    shop: Marketplace, time: Time, stripe: at_stripe.StripeStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe_statement, "PAGE", 2)
    monkeypatch.setattr(windows, "NOTES", 2)
    sold(shop, "one", "two", "three")
    pay_back(shop, "two", 700)
    before = shop.rows("payments", BOOKS)
    compared(time)
    listed = shop.rows("payments", LINES)
    assert [row[0] for row in listed] == ["capture", "capture", "capture", "refund"]
    assert [fee > 0 for _, _, fee in listed] == [True, True, True, False]
    pages = [sent for sent in stripe.sent if sent.path == "/v1/balance_transactions"]
    assert len([sent for sent in pages if "starting_after" in sent.form]) >= 1
    assert shop.rows("payments", DIFFERENCES) == []
    [(read, judged)] = shop.rows(
        "payments",
        "SELECT read_until IS NOT NULL, judged_until > begun_at FROM statement_rounds WHERE gateway = 'stripe'",
    )
    assert (bool(read), bool(judged)) == (True, True)
    assert shop.rows("payments", BOOKS) == before
    assert shop.rows("payments", "SELECT count(*) FROM payments_parked") == [(0,)]
    assert time.violated() == {}


def test_each_kind_of_difference_is_named_once_and_nothing_is_booked(
    shop: Marketplace, time: Time, stripe: at_stripe.StripeStandIn
) -> None:
    less, kept, other, ours, back = sold(shop, "less", "kept", "other", "ours", "back")
    by_payment = {stripe.sources[one["source"]]["metadata"]["payment_id"]: one for one in stripe.moved}
    whole = by_payment[less]["amount"]
    fee = by_payment[kept]["fee"]
    by_payment[less]["amount"] -= 1
    stripe.sources[by_payment[less]["source"]]["amount_captured"] -= 1
    by_payment[kept]["fee"] += 5
    by_payment[other]["currency"] = "usd"
    stripe.sources[by_payment[other]["source"]]["currency"] = "usd"
    stripe.moved.remove(by_payment[ours])
    made = {"id": "re_desk", "object": "refund", "status": "succeeded", "currency": "brl", "metadata": {}}
    stripe.move("refund", {**made, "amount": 300, "payment_intent": intent_of(stripe, back)["id"]}, -300)
    charge = {"id": "ch_x", "object": "charge", "currency": "brl", "amount_captured": 50, "payment_intent": None}
    stripe.move("charge", {**charge, "amount": 50, "metadata": {}}, 50)
    before = shop.rows("payments", BOOKS)
    compared(time)
    brl, none = "BRL", "XXX"
    references = {id: intent_of(stripe, id)["id"] for id in (less, kept, other, ours)}
    named = [
        ("amount", "capture", references[less], whole - 1, brl, whole, brl),
        ("currency", "capture", references[other], whole, "USD", whole, brl),
        ("fee", "capture", references[kept], fee + 5, brl, fee, brl),
        ("gateway", "capture", "ch_x", 50, brl, 0, none),
        ("gateway", "refund", "re_desk", 300, brl, 0, none),
        ("ours", "capture", references[ours], whole, brl, 0, none),
    ]
    assert shop.rows("payments", DIFFERENCES) == named
    desk = "SELECT payment_id FROM gateway_differences WHERE gateway_transaction_id = 're_desk'"
    assert [str(id) for (id,) in shop.rows("payments", desk)] == [back]
    compared(time, 2 * A_WINDOW)
    assert shop.rows("payments", DIFFERENCES) == named
    assert shop.rows("payments", ALARMS) == [(len(named),)], "one alarm each"
    assert shop.rows("payments", BOOKS) == before
    assert "I19" in time.violated()


def test_what_is_at_the_edge_of_a_window_is_compared_by_the_next(
    shop: Marketplace, time: Time, stripe: at_stripe.StripeStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stripe's clock is minutes ahead: what it did before the end of a window it lists behind that end."""
    sold(shop, "one")
    [moved] = stripe.moved
    noted = moved["created"]
    # The window ends between our note and what Stripe says.
    moved["created"] = noted + 500
    rounds = "SELECT read_until, judged_until FROM statement_rounds WHERE gateway = 'stripe'"
    monkeypatch.setattr(windows, "WINDOW_SECONDS_MIN", 60)
    for _ in range(12):
        time.pass_by(130)
    assert shop.rows("payments", LINES) != []
    for _ in range(6):
        time.pass_by(130)
    assert shop.rows("payments", DIFFERENCES) == []
    assert len(shop.rows("payments", rounds)) == 1
    asked = [sent.form for sent in stripe.sent if sent.path == "/v1/balance_transactions"]
    assert any(int(one["created[lt]"]) - 500 < noted < int(one["created[lt]"]) for one in asked)


def test_a_list_without_our_notes_and_notes_without_a_list_would_be_seen(
    shop: Marketplace, time: Time, stripe: at_stripe.StripeStandIn
) -> None:
    """The break: our notes are gone, past every rule."""
    sold(shop, "one")
    write(shop, "payments", NOTES, f"DELETE FROM {NOTES} WHERE type = 'capture'")
    compared(time)
    assert [row[:2] for row in shop.rows("payments", DIFFERENCES)] == [("gateway", "capture")]


def test_parts_are_compared_one_by_one_and_what_is_kept_of_each_is_booked_as_it_is_listed(
    shop: Marketplace, time: Time, stripe: at_stripe.StripeStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGOSY_STRIPE_MULTICAPTURE", "on")
    monkeypatch.setenv("ARGOSY_CAPTURE", "order")
    shop.close()
    forget_gateways()
    sold(shop, "one", "two")
    assert [one["type"] for one in stripe.moved] == ["charge"] * 4
    second = stripe.moved.pop(1)
    lost, amount = stripe.sources[second["source"]]["payment_intent"], second["amount"]
    compared(time)
    [(side, operation, reference, *told)] = shop.rows("payments", DIFFERENCES)
    assert (side, operation, reference.partition("/")[0], told[0]) == ("ours", "capture", lost, amount)
    fees = sum(one["fee"] for one in stripe.moved)
    assert shop.rows("payments", "SELECT balance FROM ledger_accounts WHERE name = 'fees'") == [(fees,)]
    assert shop.rows("payments", "SELECT sum(fee_amount) FROM payment_intents WHERE gateway = 'stripe'") == [(fees,)]
    booked = shop.rows("payments", BOOKS)
    compared(time)
    assert shop.rows("payments", BOOKS) == booked
    assert set(time.violated()) == {"I19"}


@pytest.mark.skipif(bool(os.environ.get("ARGOSY_POSTGRES")), reason="plans of small tables say nothing on PostgreSQL")
def test_our_notes_of_a_time_are_found_by_their_index(shop: Marketplace, time: Time) -> None:
    """However many there are of other times, and of the gateway's other payments."""
    asked: list[tuple[str, Any]] = []

    def listen(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        asked.append((sql, parameters))
        return execute(sql, parameters, many, context)

    connection = connections[PaymentTransactionRow.objects.db]
    with connection.execute_wrapper(listen):
        statements.notes_between("stripe", (time.now(), str(an_id("note"))), time.now(), 500)
    sql, parameters = asked[0]
    with connection.cursor() as cursor:
        plan = [row[-1] for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters).fetchall()]
    assert any("payment_transactions_money (created_at>? AND created_at<?)" in step for step in plan), plan
    assert not any(step.startswith("SCAN") for step in plan), plan


def test_a_gateway_that_does_not_answer_is_asked_again(
    shop: Marketplace, time: Time, stripe: at_stripe.StripeStandIn
) -> None:
    sold(shop, "one")
    stripe.next = [(503, {}, {})] * 3
    compared(time, 2 * A_WINDOW)
    assert stripe.next == []
    assert len(shop.rows("payments", LINES)) == 1
    assert shop.rows("payments", DIFFERENCES) == []


def test_razorpays_lists_are_compared_once_nothing_of_them_can_be_captured_any_more(
    shop: Marketplace, time: Time, razorpay: at_razorpay.RazorpayStandIn
) -> None:
    for name in ("one", "two", "three"):
        start(shop, name, gateway="razorpay")
    shop.drain()
    for order_id in list(razorpay.orders):
        razorpay.pay(order_id)
    time.pass_by(40, step=20)
    pay_back(shop, "one", 700)
    assert {one["status"] for one in razorpay.payments.values()} == {"captured"}
    by_payment = {razorpay.orders[one["order_id"]]["receipt"]: one for one in razorpay.payments.values()}
    first, second, third = (by_payment[payment_id(shop, name)] for name in ("one", "two", "three"))
    second["amount"] += 1
    del razorpay.payments[third["id"]]
    made = {"status": "processed", "amount": 300, "currency": "BRL", "notes": [], "created_at": razorpay.now()}
    razorpay.refunds.append({"id": "rfnd_desk", "payment_id": first["id"], **made})
    before = shop.rows("payments", BOOKS)
    compared(time, A_WINDOW)
    assert shop.rows("payments", LINES) == []
    time.pass_by(5 * 24 * 3_600 + A_WINDOW, step=24 * 3_600)
    amount, none = third["amount"], "XXX"
    assert shop.rows("payments", DIFFERENCES) == [
        ("amount", "capture", second["id"], amount + 1, "BRL", amount, "BRL"),
        ("gateway", "refund", "rfnd_desk", 300, "BRL", 0, none),
        ("ours", "capture", third["id"], amount, "BRL", 0, none),
    ]
    assert shop.rows("payments", ALARMS) == [(3,)]
    assert shop.rows("payments", BOOKS) == before
    desk = "SELECT payment_id FROM gateway_differences WHERE gateway_transaction_id = 'rfnd_desk'"
    assert [str(id) for (id,) in shop.rows("payments", desk)] == [razorpay.orders[first["order_id"]]["receipt"]]
