"""One order of a purchase is called off while it is being bought, over HTTP: only the others are captured, or it is
paid back at once; and each order captured apart where the operator says so."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.contracts.payments import LookUpPayment
from argosy.domains.payments.adapters.outbound.gateways import registry
from argosy.domains.payments.adapters.outbound.gateways.test import TestGateway
from tests.api.shop import Shop, assert_problem
from tests.api.test_cancelling import AVAILABLE, second_seller
from tests.doctor.planting import violated
from tests.marketplace import Marketplace

CAPTURED = "SELECT status, captured_amount, refunded_amount FROM payment_intents"
TAKEN = (
    "SELECT count(DISTINCT transaction_id), CAST(sum(debit) AS bigint) FROM ledgers WHERE kind = 'capture' "
    "AND account = 'clearing:test'"
)


@pytest.fixture
def shop(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("ARGOSY_TEST_GATEWAY_LATENCY_MS", "0")
    return Shop(marketplace)


def begun(shop: Shop) -> tuple[str, dict[str, Any]]:
    """A purchase from two sellers that waits for its buyer to confirm at the gateway: its id, and its orders."""
    body = shop.purchase(lines=[shop.line(), second_seller(shop)], payment_source="tok_action")
    started = shop.call("POST", "checkouts", body, token=shop.buyer).json
    shop.drain()
    orders = shop.place.rows(
        "orders", "SELECT id, total_amount FROM orders WHERE status = 'CREATED' ORDER BY seller_id"
    )
    mine = shop.call("GET", "stores/mine/orders", token=shop.seller).json["items"][0]["order_id"]
    return str(started["checkout_id"]), {
        "mine": mine,
        "amount": next(amount for id, amount in orders if str(id) == mine),
        "other": next(str(id) for id, _ in orders if str(id) != mine),
        "other_amount": next(amount for id, amount in orders if str(id) != mine),
    }


def confirm(shop: Shop) -> None:
    """The buyer confirms at the gateway, and comes back."""
    [(payment_id,)] = shop.place.rows("payments", "SELECT id FROM payment_intents")
    gateway = TestGateway.from_environment(registry.book_path())
    assert gateway.complete(str(payment_id))
    gateway.close()
    shop.place.do("payments", LookUpPayment(payment_id=payment_id))
    shop.drain()


def call_off(shop: Shop, order_id: str) -> dict[str, Any]:
    asked = shop.call("POST", f"orders/{order_id}/cancel", {"reason": "broken"}, token=shop.seller)
    assert asked.status == 202, asked
    shop.drain()
    answer: dict[str, Any] = asked.json
    return answer


def test_only_the_rest_is_captured_when_an_order_is_called_off_before(shop: Shop) -> None:
    """To the cent: what was held for it is released, its goods are free again, and the doctor finds nothing."""
    before = shop.place.rows("inventory", AVAILABLE)
    checkout_id, orders = begun(shop)
    asked = call_off(shop, orders["mine"])
    assert (asked["status"], asked["is_being_cancelled"]) == ("CREATED", True)
    confirm(shop)
    assert shop.call("GET", f"checkouts/{checkout_id}", token=shop.buyer).json["status"] == "COMPLETED"
    assert shop.place.rows("payments", CAPTURED) == [("CAPTURED", orders["other_amount"], 0)]
    assert shop.place.rows("payments", TAKEN) == [(1, orders["other_amount"])]
    statuses = dict(shop.place.rows("orders", "SELECT CAST(id AS varchar(36)), status FROM orders"))
    assert statuses == {orders["mine"]: "CANCELLED", orders["other"]: "PAID"}
    after = shop.place.rows("inventory", AVAILABLE)
    assert sum(row[1] for row in after) == 2, "the other's two cups are promised, and nothing else"
    assert len(after) == len(before) + 1
    assert violated(shop.place) == {}
    again = shop.call("POST", f"orders/{orders['mine']}/cancel", {"reason": "x"}, token=shop.seller)
    assert (again.status, again.json["status"]) == (202, "CANCELLED")


def test_where_the_gateway_takes_the_whole_it_is_paid_back_at_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TestGateway, "captures", "whole")
    _, orders = begun(shop)
    call_off(shop, orders["mine"])
    confirm(shop)
    total = orders["amount"] + orders["other_amount"]
    assert shop.place.rows("payments", CAPTURED) == [("PARTIALLY_REFUNDED", total, orders["amount"])]
    order = shop.call("GET", f"orders/{orders['mine']}", token=shop.buyer).json
    assert (order["status"], order["is_being_cancelled"]) == ("REFUNDED", False)
    assert violated(shop.place) == {}


def test_a_purchase_of_which_nothing_stands_ends_and_takes_nothing(shop: Shop) -> None:
    checkout_id, orders = begun(shop)
    call_off(shop, orders["mine"])
    assert shop.call("POST", f"orders/{orders['other']}/cancel", {}, token=shop.buyer).status == 202
    shop.drain()
    ended = shop.call("GET", f"checkouts/{checkout_id}", token=shop.buyer).json
    assert (ended["status"], ended["failure"]["code"]) == ("FAILED", "called_off")
    assert shop.place.rows("payments", CAPTURED) == [("VOIDED", 0, 0)]
    assert {row[0] for row in shop.place.rows("orders", "SELECT status FROM orders")} == {"CANCELLED"}
    assert violated(shop.place) == {}


def test_strangers_call_nothing_off(shop: Shop) -> None:
    _, orders = begun(shop)
    stranger = shop.person()
    body = {"reason": "mine"}
    assert_problem(shop.call("POST", f"orders/{orders['mine']}/cancel", body, token=stranger), 404, "no_such_order")
    assert_problem(shop.call("POST", f"orders/{orders['other']}/cancel", body, token=shop.seller), 404, "no_such_order")


def test_each_order_is_captured_apart_where_the_operator_says_so(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger is exact to the cent per order, the buyer notices nothing, and the doctor agrees with the gateway."""
    monkeypatch.setenv("ARGOSY_CAPTURE", "order")
    ended = shop.bought(lines=[shop.line(), second_seller(shop)])
    assert ended["status"] == "COMPLETED"
    orders = shop.place.rows("orders", "SELECT total_amount FROM orders ORDER BY total_amount")
    taken = shop.place.rows(
        "payments",
        "SELECT debit FROM ledgers WHERE kind = 'capture' AND account = 'clearing:test' ORDER BY debit",
    )
    assert len(taken) == 2 and taken == orders
    assert shop.place.rows("payments", "SELECT status FROM payment_intents") == [("CAPTURED",)]
    assert violated(shop.place) == {}
