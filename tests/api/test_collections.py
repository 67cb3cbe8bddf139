"""Collections over HTTP: by hand and by rule, of one's own products alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.shop import Shop, assert_problem
from tests.support import an_id


def put(shop: Shop, code: str, body: Any, *, token: str = "") -> Any:
    return shop.call("PUT", f"stores/mine/collections/{code}", body, token=token or shop.seller)


def shown(shop: Shop, collection_id: str) -> list[str]:
    return [one["title"] for one in shop.call("GET", f"collections/{collection_id}/products").json["items"]]


def test_a_collection_by_hand_shows_what_is_on_sale_in_its_order(shop: Shop) -> None:
    cup, bowl = shop.product("cup", 900), shop.product("bowl", 1_200)
    body = {"title": "Table", "product_ids": [bowl, shop.product_id, cup]}
    made = put(shop, "table", body).json["id"]
    assert shown(shop, made) == ["Bowl", "Lamp", "Cup"]
    assert shop.call("POST", f"products/{cup}/unpublish", token=shop.seller).status == 204
    shop.drain()
    assert put(shop, "table", {**body, "product_ids": [cup, bowl]}).json["id"] == made
    assert shown(shop, made) == ["Bowl"]
    (mine,) = shop.call("GET", "stores/mine/collections", token=shop.seller).json["items"]
    assert (mine["code"], mine["title"], mine["product_ids"]) == ("table", "Table", [cup, bowl])
    assert shop.call("DELETE", "stores/mine/collections/table", token=shop.seller).status == 204
    assert_problem(shop.call("GET", f"collections/{made}/products"), 404, "not_found")


def test_a_collection_by_rule_finds_what_fits_page_by_page(shop: Shop) -> None:
    for sku, amount in (("cup", 900), ("bowl", 1_200), ("jar", 1_500)):
        shop.product(sku, amount)
    made = put(shop, "cheap", {"title": "Cheap", "rule": {"currency": "EUR", "price_to": 1_200}}).json["id"]
    assert shown(shop, made) == ["Cup", "Bowl"]
    first = shop.call("GET", f"collections/{made}/products?limit=1").json
    second = shop.call("GET", first["next"].removeprefix("/api/v1/")).json
    assert [one["title"] for one in (*first["items"], *second["items"])] == ["Cup", "Bowl"]
    assert second["next"] is None
    reduced = put(shop, "reduced", {"title": "Reduced", "rule": {"is_reduced": True}}).json["id"]
    assert shown(shop, reduced) == []
    sale = {"amount": 2_000, "currency": "EUR", "ends_at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
    path = f"products/{shop.product_id}/variants/{shop.variant_id}/sales"
    assert shop.call("POST", path, sale, token=shop.seller).status == 201
    shop.drain()
    assert shown(shop, reduced) == ["Lamp"]


def test_a_collection_of_a_stranger_holds_nothing_of_this_seller(shop: Shop) -> None:
    other = shop.person()
    assert shop.call("POST", "stores", {"store_name": "Other"}, token=other).status == 201
    body = {"title": "Mine", "product_ids": [shop.product_id]}
    foreign = put(shop, "mine", body, token=other)
    unknown = put(shop, "mine", {**body, "product_ids": [an_id("none")]}, token=other)
    assert_problem(foreign, 404, "no_such_product")
    assert foreign.body.decode().replace(shop.product_id, "X") == unknown.body.decode().replace(an_id("none"), "X")
    everything = put(shop, "all", {"title": "All", "rule": {}}, token=other).json["id"]
    assert shown(shop, everything) == []
    put(shop, "lamps", {"title": "Lamps", "product_ids": [shop.product_id]})
    answer = shop.call("DELETE", "stores/mine/collections/lamps", token=other)
    assert_problem(answer, 404, "no_such_collection")
    assert_problem(put(shop, "x", {"title": "X"}, token=shop.buyer), 403, "sellers_only")


@pytest.mark.parametrize(
    ("code", "body", "faults"),
    [
        ("A B", {"title": "", "rule": {"price_from": -1}}, 4),
        ("x", {"title": "X", "product_ids": ["mine", "mine"]}, 1),
        ("x", {"title": "X", "rule": {"currency": "XYZ", "price_to": 10_000_000_001}}, 2),
    ],
)
def test_all_that_is_wrong_with_a_collection_is_said_at_once(shop: Shop, code: str, body: Any, faults: int) -> None:
    before = shop.written()
    sent = json.loads(json.dumps(body).replace('"mine"', f'"{shop.product_id}"'))
    answer = put(shop, code.replace(" ", "%20"), sent)
    assert answer.status == 422, answer
    assert len(answer.json["faults"]) == faults
    assert shop.written() == before
