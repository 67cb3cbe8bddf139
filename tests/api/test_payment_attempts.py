"""Over HTTP: a declined card, another one in its place, and one purchase paid once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.shop import Shop, assert_problem, nobodys
from tests.doctor.planting import violated


def declined(shop: Shop, **changes: Any) -> dict[str, Any]:
    """A checkout whose card was declined, and which waits for another."""
    return shop.bought(payment_source="tok_decline", may_retry_payment=True, **changes)


def test_a_declined_card_is_told_and_another_one_pays_for_the_same_orders(shop: Shop) -> None:
    waiting = declined(shop)
    assert (waiting["status"], waiting["is_final"], waiting["failure"]) == ("RESERVED", False, None)
    assert waiting["payment_failure"] == {"code": "card_declined", "attempt": 1, "attempts_left": 4}
    path = f"checkouts/{waiting['checkout_id']}"
    again = shop.call("POST", f"{path}/payment", {"payment_source": "tok_approve"}, token=shop.buyer)
    assert (again.status, again.json["status"]) == (202, "RESERVED"), again
    assert shop.call("GET", path, token=shop.buyer).json["payment_failure"] is None
    shop.drain()
    ended = shop.call("GET", path, token=shop.buyer).json
    assert (ended["status"], ended["order_ids"]) == ("COMPLETED", waiting["order_ids"])
    paid = shop.place.rows("payments", "SELECT status, captured_amount FROM payment_intents ORDER BY captured_amount")
    assert paid == [("FAILED", 0), ("CAPTURED", ended["total_amount"])]
    assert shop.place.rows("inventory", "SELECT count(*) FROM reservations") == [(1,)]
    order = shop.call("GET", f"orders/{ended['order_ids'][0]}", token=shop.buyer).json
    assert order["status"] == "PAID"


def test_the_same_key_sent_twice_is_one_attempt(shop: Shop) -> None:
    path = f"checkouts/{declined(shop)['checkout_id']}/payment"
    body = {"payment_source": "tok_decline"}
    answers = [shop.call("POST", path, body, token=shop.buyer, Idempotency_Key="again") for _ in range(2)]
    assert answers[0].status == 202, answers[0]
    assert answers[0].json == answers[1].json
    shop.drain()
    assert shop.place.rows("payments", "SELECT count(*) FROM payment_intents") == [(2,)]


def test_nothing_is_paid_again_that_was_paid_or_is_being_paid(shop: Shop) -> None:
    paid = shop.bought("paid", may_retry_payment=True)
    body = {"payment_source": "tok_approve"}
    answer = shop.call("POST", f"checkouts/{paid['checkout_id']}/payment", body, token=shop.buyer)
    assert_problem(answer, 409, "checkout_has_ended")
    path = f"checkouts/{declined(shop)['checkout_id']}/payment"
    assert shop.call("POST", path, body, token=shop.buyer).status == 202
    assert_problem(shop.call("POST", path, body, token=shop.buyer), 409, "no_payment_to_retry")


def test_a_stranger_finds_no_checkout_to_pay_for(shop: Shop) -> None:
    waiting, body = declined(shop), {"payment_source": "tok_approve"}
    stranger = shop.person()
    answer = shop.call("POST", f"checkouts/{waiting['checkout_id']}/payment", body, token=stranger)
    nobody = shop.call("POST", f"checkouts/{nobodys('checkout')}/payment", body, token=stranger)
    assert_problem(answer, 404, "no_such_checkout")
    assert_problem(nobody, 404, "no_such_checkout")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"payment_source": 5},
        {"payment_source": ""},
        {"payment_source": "4242424242424242"},
        {"payment_source": "tok_approve", "gateway": "no gateway"},
    ],
)
def test_means_that_cannot_be_read_change_nothing(shop: Shop, body: dict[str, Any]) -> None:
    waiting = declined(shop)
    before = shop.written()
    answer = shop.call("POST", f"checkouts/{waiting['checkout_id']}/payment", body, token=shop.buyer)
    assert answer.status in (400, 422), answer
    assert b"4242424242424242" not in answer.body
    assert shop.written() == before


@pytest.mark.parametrize("method", ["cash_on_delivery", "bank_transfer"])
def test_what_no_card_pays_is_paid_later_without_losing_stock_or_coupon(shop: Shop, method: str) -> None:
    made = shop.call(
        "POST", "coupons", {"code": "TEN", "basis_points": 1_000, "max_uses_per_buyer": 1}, token=shop.seller
    )
    assert made.status == 201, made
    waiting = declined(shop, coupons=["TEN"])
    path = f"checkouts/{waiting['checkout_id']}"
    odd = shop.call("POST", f"{path}/payment", {"payment_method": "gold", "payment_source": "tok"}, token=shop.buyer)
    assert_problem(odd, 422, "payment_method_unknown")
    assert_problem(
        shop.call("POST", f"{path}/payment", {"payment_source": ""}, token=shop.buyer), 422, "payment_source_unreadable"
    )
    again = shop.call("POST", f"{path}/payment", {"payment_method": method, "payment_source": ""}, token=shop.buyer)
    assert again.status == 202, again
    shop.drain()
    ended = shop.call("GET", path, token=shop.buyer).json
    assert (ended["status"], ended["order_ids"]) == ("COMPLETED", waiting["order_ids"])
    assert shop.place.rows("inventory", "SELECT status FROM reservations") == [("COMMITTED",)]
    assert shop.place.rows("promotions", "SELECT uses_reserved, uses_consumed FROM coupons") == [(0, 1)]
    assert shop.place.rows("payments", "SELECT status, captured_amount FROM payment_intents") == [("FAILED", 0)]
    order = shop.call("GET", f"orders/{ended['order_ids'][0]}", token=shop.buyer).json
    assert (order["status"], order["pay_by"] is not None) == ("CONFIRMED", method == "bank_transfer")
    assert order["order_type"] == ("CASH_ON_DELIVERY" if method == "cash_on_delivery" else "PREPAID")
    (listed,) = shop.call("GET", "orders", token=shop.buyer).json["items"]
    assert (listed["status"], listed["payment_method"]) == ("CONFIRMED", method)
    purchase = shop.call("GET", f"purchases/{ended['purchase_id']}", token=shop.buyer).json
    assert purchase["payment_method"] == method
    assert violated(shop.place) == {}
