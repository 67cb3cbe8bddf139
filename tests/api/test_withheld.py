"""Whoever may not sell sells nothing, over HTTP: pages say so, listings leave it out, checkouts refuse it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.shop import ADDRESS, Shop
from tests.doctor.planting import violated


@pytest.fixture
def staff(shop: Shop) -> str:
    return shop.staff()


def seller_id(shop: Shop) -> str:
    return str(shop.place.rows("products", "SELECT seller_id FROM products")[0][0])


def suspend(shop: Shop, staff: str) -> None:
    answer = shop.call("POST", f"sellers/{seller_id(shop)}/suspend", {"reason": "fake goods"}, token=staff)
    assert answer.status == 204, answer
    shop.drain()


def reinstate(shop: Shop, staff: str) -> None:
    assert shop.call("POST", f"sellers/{seller_id(shop)}/reinstate", token=staff).status == 204
    shop.drain()


def quote(shop: Shop, **changes: Any) -> dict[str, Any]:
    body = {"lines": [shop.line()], "country": "PT", "postal_code": ADDRESS["postal_code"], **changes}
    asked = shop.call("POST", "quotes", body, token=shop.buyer).json
    shop.drain()
    found: dict[str, Any] = shop.call("GET", f"quotes/{asked['quote_id']}", token=shop.buyer).json
    return found


def listed(shop: Shop) -> list[str]:
    return [one["product_id"] for one in shop.call("GET", "products").json["items"]]


def shown(shop: Shop) -> tuple[int, str]:
    page = shop.call("GET", f"products/{shop.product_id}")
    return page.status, page.json["withheld"]


def test_nothing_of_a_suspended_seller_is_sold_until_they_are_reinstated(shop: Shop, staff: str) -> None:
    line = {"product_id": shop.product_id, "variant_id": shop.variant_id, "quantity": 1}
    assert shop.call("POST", "carts/mine/lines", line, token=shop.buyer).status == 200
    assert (listed(shop), shown(shop)) == ([shop.product_id], (200, ""))
    suspend(shop, staff)
    assert (listed(shop), shown(shop)) == ([], (200, "suspended"))
    assert shop.call("GET", "categories").json["items"] == []
    refused = quote(shop)
    assert (refused["status"], refused["failure"]["code"]) == ("FAILED", "lines_not_for_sale")
    ended = shop.bought("suspended")
    assert (ended["status"], ended["failure"]["code"]) == ("FAILED", "lines_not_for_sale")
    assert ended["failure"]["details"] == {"lines": [{"line_no": 1, "code": "not_on_sale"}]}
    assert shop.place.rows("orders", "SELECT count(*) FROM orders") == [(0,)]
    reinstate(shop, staff)
    assert (listed(shop), shown(shop)) == ([shop.product_id], (200, ""))
    assert shop.bought("again")["status"] == "COMPLETED"
    assert violated(shop.place) == {}


def test_a_seller_on_holiday_is_shown_as_such_and_sells_nothing(shop: Shop) -> None:
    assert shop.call("PUT", "stores/mine/holiday", {}, token=shop.seller).status == 204
    shop.drain()
    assert (listed(shop), shown(shop)) == ([], (200, "holiday"))
    assert quote(shop)["failure"]["details"] == {"lines": [{"line_no": 1, "code": "seller_on_holiday"}]}
    late = shop.product("vase", 900)
    page = shop.call("GET", f"products/{late}").json
    assert (page["withheld"], listed(shop)) == ("holiday", []), "what is published meanwhile is not sold either"
    assert violated(shop.place) == {}
    assert shop.call("DELETE", "stores/mine/holiday", token=shop.seller).status == 204
    shop.drain()
    assert sorted(listed(shop)) == sorted([shop.product_id, late])
    assert quote(shop)["status"] == "READY"


def test_who_has_a_quote_from_before_buys_at_it(shop: Shop, staff: str) -> None:
    """As the rules of quotes say: a quote is a promise for 15 minutes."""
    promised = quote(shop)
    suspend(shop, staff)
    ended = shop.bought("quoted", quote_id=promised["quote_id"], expected_total=promised["total_amount"])
    assert ended["status"] == "COMPLETED"
    assert violated(shop.place) == {}
