"""Calling orders off over HTTP: the money is back, the goods are on sale again, and strangers learn nothing."""

from __future__ import annotations

import pytest

from tests.api.shop import Shop, assert_problem, nobodys
from tests.doctor.planting import violated
from tests.marketplace import Marketplace

AVAILABLE = "SELECT available_quantity, allocated FROM stock_items ORDER BY id"
ORDER = "SELECT status FROM orders WHERE id = ?"


@pytest.fixture
def shop(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("ARGOSY_TEST_GATEWAY_LATENCY_MS", "0")
    return Shop(marketplace)


def second_seller(shop: Shop) -> dict[str, object]:
    """A line of another seller's."""
    other = shop.person()
    shop.call("POST", "stores", {"store_name": "Other"}, token=other)
    product_id = shop.product("cup", 900, token=other)
    variant_id = shop.variant_of(product_id)
    receipt = {"quantity": 5, "reference_id": "first"}
    assert shop.call("POST", f"stock/{variant_id}/receipts", receipt, token=other).status == 201
    rate = {"method": "standard", "currency": "EUR", "base_amount": 100}
    assert shop.call("POST", "shipping/rates", rate, token=other).status == 201
    shop.drain()
    return {"product_id": product_id, "variant_id": variant_id, "quantity": 2}


def test_a_buyer_calls_off_what_they_paid_for_and_has_the_money_back(shop: Shop) -> None:
    before = shop.place.rows("inventory", AVAILABLE)
    (order_id,) = shop.bought()["order_ids"]
    assert shop.place.rows("inventory", AVAILABLE) == [(before[0][0] - 1, 1)]
    asked = shop.call("POST", f"orders/{order_id}/cancel", {"reason": "changed my mind"}, token=shop.buyer)
    assert asked.status == 202, asked
    assert (asked.json["status"], asked.json["is_being_cancelled"]) == ("PAID", True)
    order = shop.call("GET", f"orders/{order_id}", token=shop.buyer).json
    assert order["is_being_cancelled"] is True
    shop.drain()
    order = shop.call("GET", f"orders/{order_id}", token=shop.buyer).json
    assert (order["status"], order["is_being_cancelled"]) == ("REFUNDED", False)
    assert order["history"][-1]["reason"] == "changed my mind"
    [(captured, refunded, status)] = shop.place.rows(
        "payments", "SELECT captured_amount, refunded_amount, status FROM payment_intents"
    )
    assert captured == refunded > 0 and status == "REFUNDED"
    assert shop.place.rows("inventory", AVAILABLE) == before
    again = shop.call("POST", f"orders/{order_id}/cancel", {}, token=shop.buyer)
    assert (again.status, again.json["status"]) == (202, "REFUNDED")
    assert violated(shop.place) == {}


def test_one_of_two_sellers_calls_off_their_part_alone(shop: Shop) -> None:
    ended = shop.bought(lines=[shop.line(), second_seller(shop)])
    orders = {
        order["seller_id"]: order
        for order in shop.call("GET", f"purchases/{ended['purchase_id']}", token=shop.buyer).json["orders"]
    }
    mine = shop.call("GET", "stores/mine/orders", token=shop.seller).json["items"][0]["order_id"]
    assert_problem(shop.call("POST", f"orders/{mine}/cancel", {}, token=shop.seller), 422, "reason_is_missing")
    assert shop.call("POST", f"orders/{mine}/cancel", {"reason": "broken"}, token=shop.seller).status == 202
    shop.drain()
    statuses = {order["order_id"]: shop.place.rows("orders", ORDER, order["order_id"]) for order in orders.values()}
    assert sorted(rows[0][0] for rows in statuses.values()) == ["PAID", "REFUNDED"]
    assert statuses[mine] == [("REFUNDED",)]
    total = next(order["total_amount"] for order in orders.values() if order["order_id"] == mine)
    [(refunded, status)] = shop.place.rows("payments", "SELECT refunded_amount, status FROM payment_intents")
    assert (refunded, status) == (total, "PARTIALLY_REFUNDED")
    assert sorted(shop.place.rows("inventory", AVAILABLE)) == [(3, 2), (50, 0)]
    assert violated(shop.place) == {}


def test_strangers_are_answered_as_for_an_order_that_is_not(shop: Shop) -> None:
    (order_id,) = shop.bought()["order_ids"]
    stranger, rival = shop.person(), shop.person()
    shop.call("POST", "stores", {"store_name": "Rival"}, token=rival)
    written = shop.written()
    for token in (stranger, rival):
        for method, path, body in (
            ("POST", "cancel", {"reason": "x"}),
            ("PATCH", "delivery", {"city": "Lisboa"}),
            ("GET", "explain", None),
            ("GET", "refund-eligibility", None),
        ):
            theirs = shop.call(method, f"orders/{order_id}/{path}", body, token=token)
            none = shop.call(method, f"orders/{nobodys('order')}/{path}", body, token=token)
            assert theirs.status == none.status == 404
            assert theirs.body.replace(order_id.encode(), b"") == none.body.replace(nobodys("order").encode(), b"")
    assert shop.written() == written


def test_a_price_is_explained_to_buyer_and_seller_and_its_delivery_changes(shop: Shop) -> None:
    (order_id,) = shop.bought()["order_ids"]
    told = shop.call("GET", f"orders/{order_id}/explain", token=shop.buyer)
    assert told.status == 200, told
    (line,) = told.json["lines"]
    assert line["price"]["unit_amount"] == 2_500 and line["price"]["price_id"]
    assert told.json["total_amount"] == 2_500 + 499
    assert told.json["snapshot_hash"] and "half away from zero" in told.json["rounding"]
    assert shop.call("GET", f"orders/{order_id}/explain", token=shop.seller).body == told.body
    eligible = shop.call("GET", f"orders/{order_id}/refund-eligibility", token=shop.buyer).json
    assert eligible["lines"] == [
        {"line_no": 1, "category": "home", "is_eligible": True, "until": None, "why": "not_shipped_yet"}
    ]
    assert shop.call("PATCH", f"orders/{order_id}/delivery", {"city": "Braga"}, token=shop.buyer).status == 200
    assert shop.call("GET", f"orders/{order_id}", token=shop.buyer).json["address"]["city"] == "Braga"
    shop.drain()
    sold = shop.call("GET", "stores/mine/orders", token=shop.seller).json["items"]
    assert [one["address"]["city"] for one in sold] == ["Braga"]
    assert shop.call("GET", f"orders/{order_id}/explain", token=shop.buyer).body == told.body


@pytest.mark.parametrize("reason", [7, None, True, [], {"a": 1}])
def test_a_reason_is_text(shop: Shop, reason: object) -> None:
    (order_id,) = shop.bought()["order_ids"]
    answer = shop.call("POST", f"orders/{order_id}/cancel", {"reason": reason}, token=shop.buyer)
    problem = assert_problem(answer, 422, "invalid_request")
    assert [fault["field"] for fault in problem["faults"]] == ["reason"]
    assert shop.place.rows("orders", ORDER, order_id) == [("PAID",)]
