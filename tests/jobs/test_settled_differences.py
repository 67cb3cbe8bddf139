"""What was named as a difference is settled by staff, and the books agree with the gateway again (I19)."""

from __future__ import annotations

from typing import Any

from argosy.contracts.payments_settling import SettleDifference
from argosy.engine.work import Actor
from argosy.shared_kernel.ids import Id, named_id
from tests.doctor.planting import write_in_gateways_book
from tests.doctor.selling import payment_id
from tests.jobs import test_statements
from tests.jobs.conftest import Time
from tests.jobs.test_gateway_book import LINE, sold
from tests.jobs.test_statements import compared, intent_of
from tests.marketplace import Marketplace
from tests.services import stripe as at_stripe

stripe = test_statements.stripe
CLERK = Actor(id="clerk", roles=frozenset({"staff"}))
OPEN = "SELECT payment_id, id, side, operation, amount FROM gateway_differences WHERE closed_at IS NULL ORDER BY amount"
ORDERS = "SELECT id, seller_id, status FROM orders ORDER BY seller_id"


def settle(shop: Marketplace, payment_id: str, difference_id: str, borne_by: str, order_id: Id | None = None) -> Any:
    command = SettleDifference(
        payment_id=Id(str(payment_id)),
        difference_id=Id(str(difference_id)),
        borne_by=borne_by,
        reason="the gateway's support says so",
        order_id=order_id,
    )
    return shop.do("payments", command, CLERK)


def test_a_refund_at_the_test_gateways_counter_is_settled_and_the_doctor_is_content(
    shop: Marketplace, time: Time
) -> None:
    sold(shop, "one")
    id = payment_id(shop, "one")
    stranger = named_id("stranger")
    write_in_gateways_book(LINE, f"{id}:refund:{named_id('r')}", "refund", id, 100, "tg_refund")
    write_in_gateways_book(LINE, f"{stranger}:capture", "capture", stranger, 300, "tg_capture")
    time.pass_by(400)
    assert set(time.violated()) == {"I19"}
    refund, capture = shop.rows("payments", OPEN)
    settle(shop, *refund[:2], "sale")
    shop.drain()
    assert set(time.violated()) == {"I19"}, "the other is open yet"
    settle(shop, *capture[:2], "nobody")
    time.pass_by(2_000)
    assert time.violated() == {}
    assert shop.rows("payments", OPEN) == [], "it is not named anew"
    assert shop.rows("payments", "SELECT refunded_amount, status FROM payment_intents") == [(100, "PARTIALLY_REFUNDED")]
    refunds = "SELECT sum(amount), count(*) FROM order_refunds"
    assert shop.rows("orders", refunds) == [(100, 2)], "each order has its part of it"
    assert {status for *_, status in shop.rows("orders", ORDERS)} == {"PAID"}


def test_an_order_of_which_nothing_is_left_is_called_off(shop: Marketplace, time: Time) -> None:
    """It does not leave any more, its goods are for sale again, and the other order of the purchase stands."""
    sold(shop, "one")
    id = payment_id(shop, "one")
    (first, *_), _ = shop.rows("orders", ORDERS)
    [(total,)] = shop.rows("orders", "SELECT total_amount FROM orders WHERE id = ?", first)
    write_in_gateways_book(LINE, f"{id}:refund:{named_id('r')}", "refund", id, total, "tg_refund")
    time.pass_by(400)
    [difference] = shop.rows("payments", OPEN)
    settle(shop, *difference[:2], "sale", Id(str(first)))
    shop.drain()
    time.pass_by(130)
    assert [row[2] for row in shop.rows("orders", ORDERS)] == ["REFUNDED", "PAID"]
    assert shop.rows("orders", "SELECT status FROM order_cancellations") == [("DONE",)]
    assert time.violated() == {}


def test_everything_that_stripe_tells_differently_can_be_settled(
    shop: Marketplace, time: Time, stripe: at_stripe.StripeStandIn
) -> None:
    """A refund and a chargeback at its counter, one that was won, a charge of no payment, an amount and a currency that
    differ, and a capture that it does not list."""
    less, other, ours, back = test_statements.sold(shop, "less", "other", "ours", "back")
    by_payment = {stripe.sources[one["source"]]["metadata"]["payment_id"]: one for one in stripe.moved}
    by_payment[less]["amount"] -= 1
    stripe.sources[by_payment[less]["source"]]["amount_captured"] -= 1
    by_payment[other]["currency"] = "usd"
    stripe.sources[by_payment[other]["source"]]["currency"] = "usd"
    stripe.moved.remove(by_payment[ours])
    intent = intent_of(stripe, back)["id"]
    made = {"status": "succeeded", "currency": "brl", "metadata": {}, "payment_intent": intent}
    stripe.move("refund", {**made, "id": "re_desk", "object": "refund", "amount": 300}, -300)
    for sign in (-1, 1):
        stripe.move("adjustment", {**made, "id": "dp_1", "object": "dispute", "amount": 400}, sign * 400)
    charge = {"id": "ch_x", "object": "charge", "currency": "brl", "amount_captured": 50, "payment_intent": None}
    stripe.move("charge", {**charge, "amount": 50, "metadata": {}}, 50)
    compared(time)
    assert "I19" in time.violated()
    named = shop.rows("payments", OPEN)
    kinds = {(side, operation) for _, _, side, operation, _ in named}
    assert {("gateway", "dispute"), ("gateway", "reinstate"), ("gateway", "refund")} < kinds
    assert {("amount", "capture"), ("currency", "capture"), ("ours", "capture"), ("gateway", "capture")} < kinds
    for payment, difference, side, operation, _ in named:
        is_sales = side == "gateway" and operation in ("refund", "dispute")
        settle(shop, payment, difference, "sale" if is_sales else "platform")
    compared(time)
    assert shop.rows("payments", OPEN) == []
    assert time.violated() == {}
    assert shop.rows("payments", "SELECT refunded_amount FROM payment_intents WHERE id = ?", back) == [(700,)]


def test_a_settled_difference_explains_no_other_movement(shop: Marketplace, time: Time) -> None:
    sold(shop, "one")
    id = payment_id(shop, "one")
    write_in_gateways_book(LINE, f"{id}:refund:{named_id('r')}", "refund", id, 100, "tg_refund")
    time.pass_by(400)
    [difference] = shop.rows("payments", OPEN)
    settle(shop, *difference[:2], "platform")
    assert time.violated() == {}
    write_in_gateways_book("UPDATE operations SET amount = 101 WHERE transaction_id = 'tg_refund'")
    assert set(time.violated()) == {"I19"}
