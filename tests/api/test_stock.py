"""Stock and warehouses over HTTP: for their seller alone, and nothing that cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.shop import Shop, assert_problem
from tests.support import an_id

PORTO = {"code": "porto", "name": "Porto", "country": "PT", "serves": ["ES"], "parcel_cost": 500}


@pytest.fixture
def stranger(shop: Shop) -> str:
    token = shop.person()
    assert shop.call("POST", "stores", {"store_name": "Other"}, token=token).status == 201
    return token


def level(shop: Shop, warehouse: str) -> dict[str, Any]:
    found = shop.call("GET", f"stock/{shop.variant_id}", token=shop.seller).json["items"]
    (one,) = [one for one in found if one["warehouse"] == warehouse]
    return dict(one)


def test_goods_go_from_one_warehouse_to_another_and_are_sold_from_both(shop: Shop) -> None:
    assert shop.call("POST", "warehouses", PORTO, token=shop.seller).status == 201
    sent = shop.call(
        "POST",
        f"stock/{shop.variant_id}/transfers",
        {"from_warehouse": "main", "to_warehouse": "porto", "quantity": 49, "reference_id": "lorry"},
        token=shop.seller,
    )
    assert sent.status == 201, sent
    (way,) = shop.call("GET", "transfers?status=SENT", token=shop.seller).json["items"]
    assert (way["transfer_id"], way["quantity"], way["status"]) == (sent.json["id"], 49, "SENT")
    assert (
        shop.call("POST", f"transfers/{way['transfer_id']}/arrival", {"quantity": 48}, token=shop.seller).status == 204
    )
    assert (level(shop, "main")["on_hand"], level(shop, "porto")["on_hand"]) == (1, 48)
    shop.drain()
    assert shop.bought(lines=[shop.line(quantity=49)])["status"] == "COMPLETED"
    assert (level(shop, "main")["allocated"], level(shop, "porto")["allocated"]) == (1, 48)
    moves = shop.call("GET", f"stock/{shop.variant_id}/movements?limit=2", token=shop.seller).json
    assert [one["reason"] for one in moves["items"]] == ["transfer_in", "transfer_out"]
    rest = shop.call("GET", moves["next"].removeprefix("/api/v1/"), token=shop.seller).json
    assert [one["reason"] for one in rest["items"]] == ["receipt"]


def test_a_count_below_what_is_sold_is_a_shortage_that_its_seller_sees(shop: Shop) -> None:
    assert shop.bought(lines=[shop.line(quantity=40)])["status"] == "COMPLETED"
    body = {"reference_id": "monday", "counts": [{"stock_unit_id": shop.variant_id, "counted": 30}]}
    assert shop.call("POST", "warehouses/main/counts", body, token=shop.seller).status == 201
    assert shop.call("POST", "warehouses/main/counts", body, token=shop.seller).status == 201
    (short,) = shop.call("GET", "stock?only=short", token=shop.seller).json["items"]
    assert (short["on_hand"], short["allocated"], short["missing"], short["available"]) == (30, 40, 10, 0)
    assert shop.bought("two")["status"] != "COMPLETED"


def test_rules_say_how_much_may_be_promised(shop: Shop) -> None:
    rules = f"stock/{shop.variant_id}/rules"
    assert shop.call("PUT", rules, {"safety_stock": 50}, token=shop.seller).json["safety_stock"] == 50
    assert shop.bought("one")["status"] != "COMPLETED"
    assert shop.call("PUT", rules, {"oversell": "backorder", "oversell_max": 60}, token=shop.seller).status == 200
    assert shop.bought("two", lines=[shop.line(quantity=55)])["status"] == "COMPLETED"
    assert level(shop, "main")["backordered"] == 5


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "stock/{unit}", None),
        ("GET", "stock/{unit}/movements", None),
        ("PUT", "stock/{unit}/rules", {"safety_stock": 1}),
        (
            "POST",
            "stock/{unit}/transfers",
            {"from_warehouse": "main", "to_warehouse": "porto", "quantity": 1, "reference_id": "x"},
        ),
        ("POST", "transfers/{transfer}/arrival", {"quantity": 1}),
        ("PATCH", "warehouses/porto", {"name": "Mine"}),
        (
            "POST",
            "warehouses/main/counts",
            {"reference_id": "x", "counts": [{"stock_unit_id": "{unit}", "counted": 1}]},
        ),
    ],
)
def test_a_stranger_is_answered_as_if_nothing_were_there(
    shop: Shop, stranger: str, method: str, path: str, body: Any
) -> None:
    assert shop.call("POST", "warehouses", PORTO, token=shop.seller).status == 201
    transfer = shop.call(
        "POST",
        f"stock/{shop.variant_id}/transfers",
        {"from_warehouse": "main", "to_warehouse": "porto", "quantity": 1, "reference_id": "lorry"},
        token=shop.seller,
    ).json["id"]
    before = shop.written()
    foreign = shop.call(method, *_named(path, body, shop.variant_id, transfer), token=stranger)
    unknown = shop.call(method, *_named(path, body, an_id("none"), an_id("no transfer")), token=stranger)
    assert (foreign.status, unknown.status) == (404, 404)
    told = [
        answer.body.decode().replace(shop.variant_id, "X").replace(an_id("none"), "X") for answer in (foreign, unknown)
    ]
    assert told[0].replace(transfer, "Y") == told[1].replace(an_id("no transfer"), "Y")
    assert shop.written() == before
    assert shop.call("GET", "stock", token=stranger).json["items"] == []
    assert shop.call("GET", "transfers", token=stranger).json["items"] == []
    assert shop.call("GET", "warehouses", token=stranger).json["items"] == []


def _named(path: str, body: Any, unit: str, transfer: str) -> tuple[str, Any]:
    import json

    text = json.dumps(body).replace("{unit}", unit)
    return path.format(unit=unit, transfer=transfer), json.loads(text)


def test_all_faults_of_a_count_and_of_a_warehouse_are_told_at_once(shop: Shop) -> None:
    before = shop.written()
    answer = shop.call(
        "POST",
        "warehouses/MAIN/counts",
        {"reference_id": "", "counts": [{"stock_unit_id": shop.variant_id, "counted": -1}]},
        token=shop.seller,
    )
    faults = assert_problem(answer, 422, "several")["faults"]
    assert [fault["code"] for fault in faults] == [
        "malformed_warehouse_code",
        "text_not_readable",
        "quantity_out_of_bounds",
    ]
    answer = shop.call("POST", "warehouses", {**PORTO, "code": "!", "country": "x", "priority": -1}, token=shop.seller)
    assert len(assert_problem(answer, 422, "several")["faults"]) == 3
    for counted in (1.5, "1", True, None, 2**63, 1e3):
        answer = shop.call(
            "POST",
            "warehouses/main/counts",
            {"reference_id": "x", "counts": [{"stock_unit_id": shop.variant_id, "counted": counted}]},
            token=shop.seller,
        )
        assert_problem(answer, 422, "invalid_request")
    for counts in ([], [{"stock_unit_id": an_id(str(n)), "counted": 1} for n in range(501)]):
        answer = shop.call("POST", "warehouses/main/counts", {"reference_id": "x", "counts": counts}, token=shop.seller)
        assert_problem(answer, 422, "nothing_was_counted")
    assert shop.written() == before


def test_buyers_keep_no_stock(shop: Shop) -> None:
    assert_problem(shop.call("GET", "stock", token=shop.buyer), 403, "sellers_only")
    assert_problem(shop.call("POST", "warehouses", PORTO), 401, "not_signed_in")


def test_nobody_receives_stock_for_a_variant_of_another_seller_published_or_not(shop: Shop, stranger: str) -> None:
    theirs = shop.variant_of(shop.product("draft", 900, token=stranger, is_published=False))
    shop.drain()
    receipt = {"quantity": 5, "reference_id": "squat"}
    for unit in (theirs, an_id("nothing at all")):
        refusal = shop.call("POST", f"stock/{unit}/receipts", receipt, token=shop.seller)
        assert_problem(refusal, 404, "no_such_stock_unit")
    assert_problem(
        shop.call("POST", f"stock/{shop.variant_id}/receipts", receipt, token=stranger), 404, "no_such_stock_unit"
    )
    own = shop.call("POST", f"stock/{theirs}/receipts", receipt, token=stranger)
    assert (own.status, own.json["on_hand"]) == (201, 5), "one's own draft is stocked before it is on sale"


def test_variants_that_are_added_to_a_draft_can_be_stocked_too(shop: Shop) -> None:
    draft = shop.product("draft", 900, is_published=False)
    more = {"variant": {"sku": "second", "amount": 800, "currency": "EUR"}}
    added = shop.call("POST", f"products/{draft}/variants", more, token=shop.seller)
    assert added.status == 201, added
    shop.drain()
    receipt = {"quantity": 5, "reference_id": "x"}
    assert shop.call("POST", f"stock/{added.json['id']}/receipts", receipt, token=shop.seller).status == 201


def pages(shop: Shop, path: str | None, token: str) -> list[dict[str, Any]]:
    """All items, page by page."""
    found: list[dict[str, Any]] = []
    while path:
        answer = shop.call("GET", path, token=token)
        assert answer.status == 200, answer
        found += answer.json["items"]
        path = answer.json["next"] and answer.json["next"].removeprefix("/api/v1/")
    return found


def test_a_seller_sees_how_much_of_each_sku_there_is_and_where_it_lies(shop: Shop, stranger: str) -> None:
    vase = shop.variant_of(shop.product("vase", 900))
    shop.product("theirs", 900, token=stranger)
    assert shop.call("POST", "warehouses", PORTO, token=shop.seller).status == 201
    for unit, place, pieces in ((shop.variant_id, "porto", 7), (vase, "porto", 3)):
        receipt = {"quantity": pieces, "reference_id": "r", "warehouse": place}
        assert shop.call("POST", f"stock/{unit}/receipts", receipt, token=shop.seller).status == 201
    assert shop.bought(lines=[shop.line(quantity=2)])["status"] == "COMPLETED"
    shop.tell_stock()
    skus = pages(shop, "sku-availability?limit=1", shop.seller)
    by_sku = {one["sku"]: one for one in skus}
    assert len(skus) == len(by_sku) == 2
    lamp = by_sku["lamp"]
    assert (lamp["on_hand"], lamp["allocated"], lamp["available"], lamp["promisable"]) == (57, 2, 55, 55)
    assert (lamp["warehouses"], lamp["product_id"]) == (["main", "porto"], shop.product_id)
    assert [one["sku"] for one in pages(shop, "sku-availability?sku=vase", shop.seller)] == ["vase"]
    assert pages(shop, "sku-availability?only=out", shop.seller) == []
    assert [one["sku"] for one in pages(shop, "sku-availability?only=out", stranger)] == ["theirs"]
    assert pages(shop, "sku-availability?sku=lamp", stranger) == []
    lying = [
        (one["warehouse"], one["sku"], one["on_hand"]) for one in pages(shop, "warehouse-stock?limit=1", shop.seller)
    ]
    assert sorted(lying) == [("main", "lamp", 50), ("main", "vase", 0), ("porto", "lamp", 7), ("porto", "vase", 3)]
    assert [place for place, _, _ in lying] == ["main", "main", "porto", "porto"]
    porto = pages(shop, "warehouse-stock?warehouse=porto&sku=vase", shop.seller)
    assert [(one["stock_unit_id"], one["on_hand"]) for one in porto] == [(vase, 3)]
    assert pages(shop, "warehouse-stock?warehouse=porto", stranger) == []
    assert len(pages(shop, "warehouse-stock", shop.staff())) == 5
    for path in ("sku-availability?only=x", "sku-availability?after=x", "warehouse-stock?limit=0"):
        assert_problem(shop.call("GET", path, token=shop.seller), 422, "invalid_request")
    assert_problem(shop.call("GET", "warehouse-stock", token=shop.buyer), 403, "sellers_only")


def test_stock_is_found_by_skus_and_by_what_ran_low_and_sent_sparsely(shop: Shop) -> None:
    for sku in ("vase", "rug"):
        shop.product(sku, 900)
    assert shop.call("PUT", f"stock/{shop.variant_id}/rules", {"low_at": 50}, token=shop.seller).status == 200
    shop.tell_stock()
    some = pages(shop, "sku-availability?skus=lamp,vase,nothing&fields=sku,available&limit=1", shop.seller)
    assert sorted(some, key=lambda one: str(one["sku"])) == [
        {"sku": "lamp", "available": 50},
        {"sku": "vase", "available": 0},
    ]
    assert [one["sku"] for one in pages(shop, "sku-availability?only=low", shop.seller)] == ["lamp"]
    assert [one["sku"] for one in pages(shop, "warehouse-stock?only=low", shop.seller)] == ["lamp"]
    assert pages(shop, "warehouse-stock?only=short", shop.seller) == []
    for path in (
        "sku-availability?fields=sku,secret",
        "warehouse-stock?fields=etag",
        "sku-availability?skus=" + ",".join(["x"] * 101),
    ):
        assert_problem(shop.call("GET", path, token=shop.seller), 422, "invalid_request")
