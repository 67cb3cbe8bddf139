"""Checkout progress and order history: given events, expect documents."""

from __future__ import annotations

from argosy.contracts import checkout
from argosy.engine.store import Changes
from argosy.read_models.checkout_progress.projector import CheckoutProgress
from argosy.read_models.context import SearchContext
from argosy.read_models.order_history.projector import OrderSummary, SellerDashboard
from argosy.read_models.views import CHECKOUT_PROGRESS, ORDER_HISTORY
from argosy.shared_kernel.codec import encode
from tests.read_models.staging import (
    BUYER,
    SELLER,
    body,
    cancelled,
    completed,
    confirmed,
    created,
    paid,
    refunded,
    reserved,
    rows_of,
    stage_of,
    started,
)
from tests.support import Stage, an_id


def test_progress_follows_a_checkout_to_its_end() -> None:
    stage = stage_of(CHECKOUT_PROGRESS)
    stage.send(started())
    stage.clock.tick(seconds=1)
    stage.send(reserved())
    stage.clock.tick(milliseconds=500)
    stage.send(checkout.CheckoutActionRequired(checkout_id=an_id("checkout"), buyer_id=BUYER, action_url="https://b/1"))
    assert body(stage, CheckoutProgress, "checkout")["action_url"] == "https://b/1"
    stage.send(checkout.CheckoutPaymentAuthorized(checkout_id=an_id("checkout"), buyer_id=BUYER), completed())
    assert body(stage, CheckoutProgress, "checkout") == {
        "checkout_id": an_id("checkout"),
        "buyer_id": BUYER,
        "cart_id": an_id("cart"),
        "status": "COMPLETED",
        "started_at": "2026-01-01T12:00:00Z",
        "expires_at": "2026-01-01T12:00:00Z",
        "steps": [
            {"step": "started", "at": "2026-01-01T00:00:00.000Z"},
            {"step": "stock_reserved", "at": "2026-01-01T00:00:01.000Z"},
            {"step": "action_required", "at": "2026-01-01T00:00:01.500Z"},
            {"step": "payment_authorized", "at": "2026-01-01T00:00:01.500Z"},
            {"step": "completed", "at": "2026-01-01T00:00:01.500Z"},
        ],
        "purchase_id": an_id("purchase"),
        "order_ids": [an_id("order")],
        "total_amount": 1_500,
        "currency": "BRL",
        "action_url": "",
        "payment_attempt": 1,
        "payment_failure": "",
        "failure": "",
        "failure_details": {},
    }
    assert stage.one(CheckoutProgress, an_id("checkout")).status == "COMPLETED"


def test_progress_tells_of_each_attempt_to_pay() -> None:
    stage = stage_of(CHECKOUT_PROGRESS)
    stage.send(started(), reserved())
    about = {"checkout_id": an_id("checkout"), "buyer_id": BUYER}
    asks = checkout.CheckoutActionRequired(action_url="https://b/1", **about)
    stage.send(asks, checkout.CheckoutPaymentDeclined(attempt=1, reason="timed_out", attempts_left=4, **about))
    shown = body(stage, CheckoutProgress, "checkout")
    assert (shown["action_url"], shown["payment_failure"], shown["payment_attempt"]) == ("", "timed_out", 1)
    stage.send(checkout.CheckoutPaymentRetried(attempt=2, **about))
    shown = body(stage, CheckoutProgress, "checkout")
    assert (shown["payment_failure"], shown["payment_attempt"]) == ("", 2)
    declined = checkout.CheckoutPaymentDeclined(attempt=2, reason="card_declined", attempts_left=3, **about)
    stage.send(declined, declined, checkout.CheckoutExpired(**about))
    shown = body(stage, CheckoutProgress, "checkout")
    assert (shown["status"], shown["payment_failure"]) == ("EXPIRED", "")
    assert [step["step"] for step in shown["steps"]] == [
        "started",
        "stock_reserved",
        "action_required",
        "payment_declined_1",
        "payment_retried_2",
        "payment_declined_2",
        "expired",
    ]
    assert stage.undeclared_loads == 0


def test_progress_tells_why_a_checkout_failed() -> None:
    stage = stage_of(CHECKOUT_PROGRESS)
    stage.send(
        started(),
        checkout.CheckoutFailed(
            checkout_id=an_id("checkout"),
            buyer_id=BUYER,
            reason="stock_short",
            details={"shortages": [{"asked": 2, "available": 1}]},
        ),
    )
    document = body(stage, CheckoutProgress, "checkout")
    assert (document["status"], document["failure"]) == ("FAILED", "stock_short")
    assert document["failure_details"] == {"shortages": [{"asked": 2, "available": 1}]}


def test_a_checkout_may_expire_or_be_aborted() -> None:
    for event, status in ((checkout.CheckoutExpired, "EXPIRED"), (checkout.CheckoutAborted, "ABORTED")):
        stage = stage_of(CHECKOUT_PROGRESS)
        stage.send(started(), event(checkout_id=an_id("checkout"), buyer_id=BUYER))
        assert body(stage, CheckoutProgress, "checkout")["status"] == status


def test_a_second_action_at_another_address_is_shown() -> None:
    stage = stage_of(CHECKOUT_PROGRESS)
    stage.send(started())
    for url in ("https://b/1", "https://b/1", "https://b/2"):
        stage.send(checkout.CheckoutActionRequired(checkout_id=an_id("checkout"), buyer_id=BUYER, action_url=url))
    document = body(stage, CheckoutProgress, "checkout")
    assert document["action_url"] == "https://b/2"
    assert [step["step"] for step in document["steps"]] == ["started", "action_required", "action_required"]


def test_an_order_is_shown_with_everything_that_was_frozen() -> None:
    stage = stage_of(ORDER_HISTORY)
    event = created()
    stage.send(event)
    row = stage.one(OrderSummary, an_id("order"))
    assert (row.buyer_id, row.seller_id, row.status, row.total_amount, row.created_at) == (
        BUYER,
        SELLER,
        "CREATED",
        1_500,
        event.created_at,
    )
    assert f'"lines":{encode(event.lines).decode()}' in row.body
    assert f'"address":{encode(event.address).decode()}' in row.body
    document = body(stage, OrderSummary, "order")
    assert document["history"] == [{"status": "CREATED", "at": "2026-01-01T00:00:00.000Z"}]
    assert document["order_number"] == "N-order"
    assert stage.all(SellerDashboard) == []


def test_a_paid_order_earns_its_seller_the_total() -> None:
    stage = stage_of(ORDER_HISTORY)
    stage.send(created())
    stage.send(confirmed(), paid())
    document = body(stage, OrderSummary, "order")
    assert (document["status"], document["payment_id"]) == ("PAID", an_id("payment"))
    assert [step["status"] for step in document["history"]] == ["CREATED", "CONFIRMED", "PAID"]
    seller = stage.one(SellerDashboard, SELLER)
    assert (seller.orders, seller.revenue, seller.currency) == ({"confirmed": 1, "paid": 1}, 1_500, "BRL")
    assert stage.undeclared_loads == 0


def test_a_refund_takes_the_revenue_back() -> None:
    stage = stage_of(ORDER_HISTORY)
    stage.send(created(), confirmed(), paid(), refunded())
    seller = stage.one(SellerDashboard, SELLER)
    assert (seller.orders, seller.revenue) == ({"confirmed": 1, "paid": 1, "refunded": 1}, 0)
    assert body(stage, OrderSummary, "order")["refunded_amount"] == 1_500


def test_an_order_that_never_was_confirmed_does_not_reach_the_sellers_counts() -> None:
    stage = stage_of(ORDER_HISTORY)
    stage.send(created(), cancelled())
    assert body(stage, OrderSummary, "order")["cancel_reason"] == "stock_short"
    assert stage.all(SellerDashboard) == []


def test_revenue_in_another_currency_is_kept_beside() -> None:
    stage = stage_of(ORDER_HISTORY)
    stage.send(created("one"), created("two"), paid("one"), paid("two", currency="EUR"))
    seller = stage.one(SellerDashboard, SELLER)
    assert (seller.currency, seller.revenue, seller.other_revenue) == ("BRL", 1_500, {"EUR": 1_500})


STORY = [created(), confirmed(), paid(), created("other"), confirmed("other"), cancelled("other"), refunded()]


def test_events_that_come_again_change_nothing() -> None:
    once, again = stage_of(ORDER_HISTORY), stage_of(ORDER_HISTORY)
    for event in STORY:
        once.send(event)
    for event in STORY:
        again.send(event)
        again.sent -= 1
        again.send(event)
    for event in STORY:
        again.send(event)
    assert rows_of(again, ORDER_HISTORY) == rows_of(once, ORDER_HISTORY)


def test_batches_of_any_size_make_the_same_rows() -> None:
    def played(size: int) -> Stage:
        stage = stage_of(ORDER_HISTORY)
        for first in range(0, len(STORY), size):
            stage.send(*STORY[first : first + size])
        return stage

    expected = rows_of(played(1), ORDER_HISTORY)
    assert len(expected) == 3
    for size in range(2, len(STORY) + 1):
        assert rows_of(played(size), ORDER_HISTORY) == expected


def test_a_batch_writes_each_row_once() -> None:
    stage = stage_of(ORDER_HISTORY)
    stage.send(*STORY)
    assert {row.version for row in stage.all(OrderSummary)} == {1}
    assert stage.one(SellerDashboard, SELLER).version == 1


def test_those_who_wait_hear_of_changed_documents() -> None:
    changes = Changes()
    order = OrderSummary(
        id=an_id("order"),
        buyer_id=BUYER,
        seller_id=SELLER,
        status="PAID",
        total_amount=1,
        created_at=created().created_at,
    )
    progress = CheckoutProgress(id=an_id("checkout"), buyer_id=BUYER, status="STARTED")
    changes.inserts[OrderSummary] = [order]
    changes.updates[CheckoutProgress] = [(progress, progress)]
    changes.inserts[SellerDashboard] = [SellerDashboard(id=SELLER)]
    assert SearchContext.news(None, changes) == {  # type: ignore[arg-type]
        f"document:order_history:{an_id('order')}",
        f"document:checkout_progress:{an_id('checkout')}",
    }
