"""Everybody's orders, for staff, and what came and went of stock, found by more than whose it is."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from argosy.domains.carts.domain.guest import guest_id_of
from argosy.domains.inventory.adapters.outbound.models import StockItemRow
from tests.api.shop import Shop, assert_problem, nobodys
from tests.api.test_carts import guest_of
from tests.api.test_stock import PORTO

ALL = "marketplace/orders"


def listed(shop: Shop, token: str, query: str = "", path: str = ALL) -> list[dict[str, Any]]:
    answer = shop.call("GET", f"{path}?{query}", token=token)
    assert answer.status == 200, answer
    return list(answer.json["items"])


def test_staff_find_everybody_s_orders(shop: Shop) -> None:
    guest, staff = guest_of(shop), shop.staff()
    shop.bought("one")
    shop.bought("two", token=guest, email="eva@example.com")
    shop.bought("three")
    newest = listed(shop, staff)
    assert len(newest) == 3
    assert [one["order_id"] for one in listed(shop, staff, "sort=oldest")] == [one["order_id"] for one in newest[::-1]]
    third, second, first = newest
    assert second["buyer_id"] == guest_id_of(guest)
    shop.call("POST", f"orders/{first['order_id']}/cancel", {}, token=shop.buyer)
    shop.drain()
    placed = quote(second["created_at"])
    found = {
        "status=REFUNDED": [first],
        f"buyer_id={third['buyer_id']}": [third, first],
        f"buyer_id={third['buyer_id']}&status=PAID": [third],
        f"seller_id={first['seller_id']}": newest,
        f"seller_id={nobodys('seller')}": [],
        f"order_number={second['order_number']}": [second],
        "order_number=x": [],
        "currency=EUR": newest,
        "currency=USD": [],
        f"created_from={placed}": [third, second],
        f"created_before={placed}": [first],
        f"created_from={placed}&sort=oldest": [second, third],
    }
    for query, expected in found.items():
        ids = [one["order_id"] for one in listed(shop, staff, query)]
        assert ids == [one["order_id"] for one in expected], query
    only = listed(shop, staff, "fields=order_id,status&currency=EUR&limit=1")
    assert only == [{"order_id": third["order_id"], "status": "PAID"}]


def test_pages_of_everybody_s_orders_hold_each_once_with_their_filters(shop: Shop) -> None:
    staff = shop.staff()
    for name in ("one", "two", "three"):
        shop.bought(name)
    path, seen = f"{ALL}?limit=1&sort=oldest&currency=EUR&seller_id=", list[str]()
    path += listed(shop, staff)[0]["seller_id"]
    while path:
        answer = shop.call("GET", path, token=staff).json
        seen += [one["order_id"] for one in answer["items"]]
        assert answer["next"] is None or "currency=EUR" in answer["next"]
        path = (answer["next"] or "").removeprefix("/api/v1/")
    assert seen == [one["order_id"] for one in listed(shop, staff, "sort=oldest")]


def test_nobody_else_does_and_what_is_no_filter_is_told(shop: Shop) -> None:
    for token in (shop.buyer, shop.seller, guest_of(shop)):
        assert shop.call("GET", ALL, token=token).status in (401, 403)
    staff = shop.staff()
    for query in ("seller_id=x", "buyer_id=' OR 1=1", "currency=euro", "status=LOST", "created_from=monday"):
        assert_problem(shop.call("GET", f"{ALL}?{quote(query, safe='=')}", token=staff), 422, "invalid_request")


def test_movements_of_stock_are_found_by_place_reason_and_time(shop: Shop) -> None:
    assert shop.call("POST", "warehouses", PORTO, token=shop.seller).status == 201
    received = {"quantity": 5, "reference_id": "second", "warehouse": "porto"}
    assert shop.call("POST", f"stock/{shop.variant_id}/receipts", received, token=shop.seller).status == 201
    path = f"stock/{shop.variant_id}/movements"
    second, first = listed(shop, shop.seller, path=path)
    assert (second["warehouse"], first["warehouse"]) == ("porto", "main")
    between = f"moved_from={quote(second['created_at'])}"
    found = {
        "warehouse=porto": [second],
        "warehouse=none": [],
        "reason=receipt": [second, first],
        "reason=sold": [],
        between: [second],
        between.replace("_from", "_before"): [first],
        "warehouse=main&reason=receipt": [first],
    }
    for query, expected in found.items():
        assert listed(shop, shop.seller, query, path) == expected, query
    answer = shop.call("GET", f"{path}?limit=1&reason=receipt", token=shop.seller).json
    rest = shop.call("GET", answer["next"].removeprefix("/api/v1/"), token=shop.seller).json
    assert (answer["items"], rest["items"]) == ([second], [first])


def test_movements_of_a_sku_are_found_over_all_its_units(shop: Shop) -> None:
    """A SKU that has moved to another stock unit has moved pieces of both."""
    other_unit = shop.variant_of(shop.product("shade", 900))
    shop.call("POST", f"stock/{other_unit}/receipts", {"quantity": 3, "reference_id": "first"}, token=shop.seller)
    StockItemRow.objects.filter(stock_unit_id=other_unit).update(sku="lamp")
    path = "stock-movements?sku=lamp"
    second, first = listed(shop, shop.seller, "sku=lamp", "stock-movements")
    assert [(one["stock_unit_id"], one["change"]) for one in (second, first)] == [
        (other_unit, 3),
        (shop.variant_id, 50),
    ]
    between = f"moved_from={quote(second['created_at'])}"
    for query, expected in {
        "warehouse=main&reason=receipt": [second, first],
        "warehouse=porto": [],
        "reason=sold": [],
        between: [second],
        between.replace("_from", "_before"): [first],
    }.items():
        assert shop.call("GET", f"{path}&{query}", token=shop.seller).json["items"] == expected, query
    answer = shop.call("GET", f"{path}&limit=1&reason=receipt", token=shop.seller).json
    assert "sku=lamp" in answer["next"]
    rest = shop.call("GET", answer["next"].removeprefix("/api/v1/"), token=shop.seller).json
    assert (answer["items"], rest["items"], rest["next"]) == ([second], [first], None)
    stranger = shop.person()
    shop.call("POST", "stores", {"store_name": "Other"}, token=stranger)
    assert shop.call("GET", path, token=stranger).json["items"] == []
    assert shop.call("GET", path, token=shop.staff()).json["items"] == [second, first]
    assert_problem(shop.call("GET", "stock-movements", token=shop.seller), 422, "invalid_request")
