"""Many prices and counts in one call, each set or refused by itself; lists that tell what a program looks for."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.api.shop import Shop, assert_problem, nobodys


@pytest.fixture
def stranger(shop: Shop) -> str:
    token = shop.person()
    assert shop.call("POST", "stores", {"store_name": "Other"}, token=token).status == 201
    return token


def priced(product_id: str, variant_id: str, amount: int, **changes: Any) -> dict[str, Any]:
    return {"product_id": product_id, "variant_id": variant_id, "amount": amount, "currency": "EUR", **changes}


def codes(answer: Any) -> list[list[str]]:
    assert answer.status == 200, answer
    return [[fault["code"] for fault in item["faults"]] for item in answer.json["items"]]


def test_many_prices_are_set_and_each_that_cannot_be_says_all_that_is_wrong(shop: Shop, stranger: str) -> None:
    vase = shop.product("vase", 900)
    theirs = shop.product("theirs", 900, token=stranger)
    items = [
        priced(vase, shop.variant_of(vase), 800),
        priced(theirs, shop.variant_of(theirs), 1),
        priced(nobodys("product"), nobodys("variant"), 1),
        priced(shop.product_id, shop.variant_id, -5, currency="XXQ"),
        priced(vase, shop.variant_of(vase), 700),
    ]
    answer = shop.call("POST", "prices", {"items": items}, token=shop.seller)
    assert codes(answer) == [
        [],
        ["no_such_product"],
        ["no_such_product"],
        ["number_out_of_range", "unknown_currency"],
        ["named_twice"],
    ]
    assert (answer.json["done"], answer.json["refused"]) == (1, 4)
    assert [item["index"] for item in answer.json["items"]] == [0, 1, 2, 3, 4]
    shop.drain()
    page = shop.call("GET", f"products/{vase}").json
    assert [variant["amount"] for variant in page["variants"]] == [800]
    versions = shop.call(
        "GET", f"stores/mine/products/{vase}/variants/{shop.variant_of(vase)}/prices", token=shop.seller
    ).json["items"]
    assert [one["amount"] for one in versions] == [900, 800]


def test_a_call_that_is_repeated_with_its_key_sets_once(shop: Shop) -> None:
    body = {
        "items": [
            {"stock_unit_id": shop.variant_id, "change": -3, "reason": "damaged", "reference_id": "monday"},
            {"stock_unit_id": shop.variant_id, "change": -60, "reason": "lost", "reference_id": "tuesday"},
            {"stock_unit_id": shop.variant_id, "change": 1, "reason": "lost", "reference_id": ""},
            {"stock_unit_id": nobodys("unit"), "change": 1, "reason": "found", "reference_id": "x"},
        ]
    }
    first, again = (
        shop.call("POST", "stock-adjustments", body, token=shop.seller, Idempotency_Key="bulk") for _ in range(2)
    )
    assert codes(first) == [
        [],
        ["below_what_is_promised"],
        ["reason_contradicts_change", "text_not_readable"],
        ["no_such_stock_unit"],
    ]
    assert again.json == first.json
    (item,) = shop.call("GET", f"stock/{shop.variant_id}", token=shop.seller).json["items"]
    assert item["on_hand"] == 47


def test_strangers_change_nothing_in_bulk(shop: Shop, stranger: str) -> None:
    shop.drain()
    before = shop.written()
    prices = {"items": [priced(shop.product_id, shop.variant_id, 1)]}
    counts = {
        "items": [{"stock_unit_id": shop.variant_id, "change": -1, "reason": "lost", "reference_id": "x"}],
    }
    assert codes(shop.call("POST", "prices", prices, token=stranger)) == [["no_such_product"]]
    assert codes(shop.call("POST", "stock-adjustments", counts, token=stranger)) == [["no_such_stock_unit"]]
    assert_problem(shop.call("POST", "prices", prices, token=shop.buyer), 403, "sellers_only")
    assert_problem(shop.call("POST", "stock-adjustments", counts), 401, "not_signed_in")
    assert shop.written() == before


def test_a_call_that_cannot_be_read_says_all_that_is_wrong_and_does_nothing(shop: Shop) -> None:
    before = shop.written()
    for items, code in (([], "nothing_to_do"), ([priced(shop.product_id, shop.variant_id, 1)] * 201, "nothing_to_do")):
        assert_problem(shop.call("POST", "prices", {"items": items}, token=shop.seller), 422, code)
    wrong = {"items": [priced(shop.product_id, shop.variant_id, 1), {"amount": "1"}, {"variant_id": 5}]}
    refusal = assert_problem(shop.call("POST", "prices", wrong, token=shop.seller), 422, "invalid_request")
    assert len(refusal["faults"]) > 2
    assert shop.written() == before


def test_orders_are_found_by_state_and_time_the_oldest_first_and_sent_sparsely(shop: Shop) -> None:
    for name in ("one", "two", "three"):
        assert shop.bought(name)["status"] == "COMPLETED"
    for token, path in ((shop.buyer, "orders"), (shop.seller, "stores/mine/orders")):
        newest = shop.call("GET", path, token=token).json["items"]
        found: list[dict[str, Any]] = []
        following: str | None = f"{path}?sort=oldest&limit=1&status=PAID&fields=order_id,created_at"
        while following:
            page = shop.call("GET", following, token=token).json
            found += page["items"]
            following = page["next"] and page["next"].removeprefix("/api/v1/")
        assert [one["order_id"] for one in found] == [one["order_id"] for one in reversed(newest)]
        assert set(found[0]) == {"order_id", "created_at"}
        middle = quote(found[1]["created_at"])
        later = shop.call("GET", f"{path}?created_from={middle}", token=token).json["items"]
        assert [one["order_id"] for one in later] == [found[2]["order_id"], found[1]["order_id"]]
        earlier = shop.call("GET", f"{path}?created_before={middle}", token=token).json["items"]
        assert [one["order_id"] for one in earlier] == [found[0]["order_id"]]
        assert shop.call("GET", f"{path}?status=CANCELLED", token=token).json["items"] == []
        for wrong in ("status=EATEN", "created_from=today", "created_from=2026-01-01T00:00:00", "sort=price"):
            assert_problem(shop.call("GET", f"{path}?{wrong}", token=token), 422, "invalid_request")


def test_own_products_are_found_by_state_and_sku(shop: Shop, stranger: str) -> None:
    draft = shop.product("draft", 900, is_published=False)
    shop.product("lamp", 900, token=stranger)

    def found(query: str) -> list[dict[str, Any]]:
        answer = shop.call("GET", f"stores/mine/products?{query}", token=shop.seller)
        assert answer.status == 200, answer
        items: list[dict[str, Any]] = answer.json["items"]
        return items

    assert [one["product_id"] for one in found("status=DRAFT")] == [draft]
    assert found("sku=lamp&fields=product_id,status") == [{"product_id": shop.product_id, "status": "PUBLISHED"}]
    assert found("sku=nothing") == []
    assert_problem(shop.call("GET", "stores/mine/products?fields=seller_id", token=shop.seller), 422, "invalid_request")
