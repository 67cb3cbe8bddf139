"""A buyer calls an order off on its page: their own alone, while that can be, and what was paid goes back."""

from __future__ import annotations

import pytest

from argosy.contracts.accounts import RegisterUser
from argosy.shared_kernel.ids import named_id
from tests.storefront.shopper import LAMP, PASSWORD, SHEET, Shop, Shopper

ASKS = "Cancel this order"


@pytest.fixture
def buyer(shop: Shop) -> Shopper:
    """Somebody with a lamp and a sheet in the cart."""
    buyer = shop.buyer()
    buyer.add(LAMP)
    buyer.add(SHEET)
    return buyer


def bought(shop: Shop, buyer: Shopper, **changes: str) -> list[str]:
    """The pages of the orders, the cheapest first."""
    buyer.buy(**changes)
    shop.place.drain()
    rows = shop.place.rows("orders", "SELECT CAST(id AS text) FROM orders ORDER BY total_amount")
    return [f"/orders/{row[0]}" for row in rows]


def statuses(shop: Shop) -> list[str]:
    return [row[0] for row in shop.place.rows("orders", "SELECT status FROM orders ORDER BY total_amount")]


def test_one_paid_order_is_called_off_with_its_money_back_and_the_other_stands(shop: Shop, buyer: Shopper) -> None:
    lamp, sheet = bought(shop, buyer)
    assert ASKS in buyer.get(lamp).text
    assert buyer.post(f"{lamp}/cancel").location == lamp
    waiting = buyer.get(lamp).text
    assert "What you paid is on its way back to you." in waiting and ASKS not in waiting
    again = buyer.post(f"{lamp}/cancel")
    shop.place.drain()
    done = buyer.get(lamp).text
    assert again.location == lamp
    assert "Refunded" in done and "on its way back" not in done and ASKS not in done
    assert ASKS in buyer.get(sheet).text
    assert statuses(shop) == ["REFUNDED", "PAID"]
    assert shop.place.rows("payments", "SELECT amount FROM refunds") == [(2_999,)]


def test_an_order_that_is_paid_in_cash_is_called_off_at_once_and_keeps_the_reason(shop: Shop, buyer: Shopper) -> None:
    lamp, _ = bought(shop, buyer, payment="cash_on_delivery")
    assert "nothing is to be paid" in buyer.get(lamp).text
    buyer.post(f"{lamp}/cancel", {"reason": "bought twice"})
    assert "Cancelled" in buyer.get(lamp).text
    assert statuses(shop) == ["CANCELLED", "CONFIRMED"]
    told = shop.place.rows("orders", "SELECT reason FROM order_status_history WHERE to_status = 'CANCELLED'")
    assert told == [("bought twice",)]


def test_a_reason_that_is_too_long_is_told_beside_its_field_and_changes_nothing(shop: Shop, buyer: Shopper) -> None:
    lamp, _ = bought(shop, buyer)
    before = shop.written()
    page = buyer.post(f"{lamp}/cancel", {"reason": "w" * 201})
    assert page.status == 422
    assert "at most 200 letters" in page.text and "w" * 201 in page.html
    assert '<details class="sheet" open>' in page.html
    assert shop.written() == before


def test_what_has_left_is_not_called_off_and_the_page_says_so(shop: Shop, buyer: Shopper) -> None:
    lamp, _ = bought(shop, buyer)
    shop.place.rows("orders", "UPDATE orders SET status = 'SHIPPED' RETURNING id")
    before = shop.written()
    assert ASKS not in buyer.get(lamp).text
    page = buyer.post(f"{lamp}/cancel")
    assert page.status == 422 and "This order cannot be cancelled any more." in page.text
    assert shop.written() == before


def test_a_stranger_calls_nothing_off(shop: Shop, buyer: Shopper) -> None:
    lamp, _ = bought(shop, buyer)
    before = shop.written()
    stranger = shop.buyer("eva@example.com")
    foreign, none = stranger.post(f"{lamp}/cancel"), stranger.post(f"/orders/{named_id('order', 'none')}/cancel")
    assert (foreign.status, foreign.html) == (none.status, none.html) == (404, foreign.html)
    assert Shopper().post(f"{lamp}/cancel").location.startswith("/sign-in")
    assert statuses(shop) == ["PAID", "PAID"]
    assert [count for label, count in shop.written() if label == "orders"] == [
        count for label, count in before if label == "orders"
    ]


def test_a_guest_calls_off_what_they_bought(shop: Shop) -> None:
    guest = Shopper()
    guest.add(LAMP)
    (lamp,) = bought(shop, guest, email="ana@example.com")
    assert guest.post(f"{lamp}/cancel").location == lamp
    shop.place.drain()
    assert "Refunded" in guest.get(lamp).text


def test_staff_who_bought_call_their_order_off_as_its_buyer(shop: Shop) -> None:
    shop.place.do(
        "accounts", RegisterUser(email="staff@example.com", password=PASSWORD, roles=("buyer", "seller", "staff"))
    )
    staff = Shopper()
    staff.post("/sign-in", {"email": "staff@example.com", "password": PASSWORD})
    staff.add(LAMP)
    (lamp,) = bought(shop, staff)
    assert staff.post(f"{lamp}/cancel").location == lamp
    shop.place.drain()
    told = shop.place.rows("orders", "SELECT reason FROM order_status_history WHERE to_status = 'REFUNDED'")
    assert told == [("called off by the buyer",)]
