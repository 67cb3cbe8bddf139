"""Describing products over HTTP: options, categories, sales, addresses; what buyers then read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.shop import Shop, assert_problem
from tests.support import an_id


@pytest.fixture
def staff(shop: Shop) -> str:
    return shop.staff()


def page(shop: Shop) -> dict[str, Any]:
    shop.drain()
    return dict(shop.call("GET", f"products/{shop.product_id}").json)


def test_variants_are_made_of_options_and_shown_with_their_choices(shop: Shop) -> None:
    made = shop.call(
        "POST",
        "products",
        {"sku": "shirt", "title": "Shirt", "category": "clothes", "variants": []},
        token=shop.seller,
    ).json["id"]
    axes = [{"name": "colour", "values": ["red", "blue"]}, {"name": "size", "values": ["S", "M", "L"]}]
    assert shop.call("PUT", f"products/{made}/options", {"axes": axes}, token=shop.seller).status == 204
    body = {"amount": 1_900, "currency": "EUR", "weight_grams": 200}
    assert shop.call("POST", f"products/{made}/combinations", body, token=shop.seller).status == 204
    assert shop.call("POST", f"products/{made}/publish", token=shop.seller).status == 204
    shop.drain()
    shown = shop.call("GET", f"products/{made}").json
    assert shown["options"] == axes
    assert [one["sku"] for one in shown["variants"]][:2] == ["shirt-RED-S", "shirt-RED-M"]
    assert len(shown["variants"]) == 6
    wrong = {
        "variant": {"sku": "x", "amount": 1, "currency": "EUR", "attributes": [{"name": "colour", "value": "red"}]}
    }
    assert_problem(shop.call("POST", f"products/{made}/variants", wrong, token=shop.seller), 409, "options_do_not_fit")


def test_a_sale_shows_the_lowest_price_of_thirty_days_and_is_what_is_paid(shop: Shop) -> None:
    ends = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    sale = {"amount": 2_000, "currency": "EUR", "ends_at": ends}
    path = f"products/{shop.product_id}/variants/{shop.variant_id}"
    assert shop.call("POST", f"{path}/sales", sale, token=shop.seller).status == 201
    (variant,) = page(shop)["variants"]
    assert (variant["amount"], variant["was_amount"]) == (2_000, 2_500)
    (card,) = shop.call("GET", "products").json["items"]
    assert (card["price_from"], card["was_from"]) == (2_000, 2_500)
    history = shop.call("GET", f"stores/mine/{path}/prices", token=shop.seller).json["items"]
    assert [(one["amount"], one["base_amount"]) for one in history] == [(2_500, 2_500), (2_000, 2_500), (2_500, 2_500)]
    later = (datetime.now(UTC) + timedelta(days=4)).isoformat().replace("+", "%2B")
    (then,) = shop.call("GET", f"stores/mine/{path}/prices?at={later}", token=shop.seller).json["items"]
    assert then["amount"] == 2_500
    assert_problem(
        shop.call("POST", f"{path}/sales", {**sale, "amount": 3_000}, token=shop.seller), 409, "sale_lowers_nothing"
    )
    ended = shop.bought()
    assert ended["status"] == "COMPLETED"
    order = shop.call("GET", f"orders/{ended['order_ids'][0]}", token=shop.buyer).json
    assert order["lines"][0]["unit_amount"] == 2_000


def test_an_old_address_leads_to_the_product_and_says_the_new_one(shop: Shop) -> None:
    assert shop.call("GET", "slugs/lamp").json["product_id"] == shop.product_id
    path = f"products/{shop.product_id}/slug"
    assert shop.call("PUT", path, {"slug": "brass-lamp"}, token=shop.seller).status == 204
    shop.drain()
    for slug in ("lamp", "brass-lamp"):
        shown = shop.call("GET", f"slugs/{slug}").json
        assert (shown["product_id"], shown["slug"]) == (shop.product_id, "brass-lamp")
    moved = shop.client.get("/p/lamp")
    assert (moved.status_code, moved.headers["Location"]) == (301, "/p/brass-lamp")
    assert b"Lamp" in shop.client.get("/p/brass-lamp").content
    assert shop.client.get("/p/none").status_code == 404
    assert_problem(shop.call("GET", "slugs/none"), 404, "not_found")
    assert_problem(shop.call("PUT", path, {"slug": "Brass Lamp"}, token=shop.seller), 422, "malformed_slug")


def test_what_is_unlisted_is_seen_by_whoever_has_its_address(shop: Shop) -> None:
    path = f"products/{shop.product_id}/visibility"
    assert shop.call("PUT", path, {"visibility": "unlisted"}, token=shop.seller).status == 204
    assert page(shop)["product_id"] == shop.product_id
    assert shop.call("GET", "products").json["items"] == []
    assert shop.call("GET", "categories").json["items"] == []
    assert shop.bought()["status"] == "COMPLETED"
    assert shop.call("PUT", path, {"visibility": "listed"}, token=shop.seller).status == 204
    shop.drain()
    assert len(shop.call("GET", "products").json["items"]) == 1


def test_a_tree_of_categories_says_what_is_missing_before_a_sale(shop: Shop, staff: str) -> None:
    for body in ({"code": "all", "name": "All"}, {"code": "home", "name": "Home", "parent": "all"}):
        assert shop.call("POST", "categories", body, token=staff).status == 201
    rules = [{"name": "material", "kind": "choice", "values": ["brass", "wood"], "is_required": True}]
    assert shop.call("PUT", "categories/all/attributes", {"attributes": rules}, token=staff).status == 204
    tree = shop.call("GET", "categories/tree").json["items"]
    assert [(one["code"], one["parent"]) for one in tree] == [("all", ""), ("home", "all")]
    assert tree[1]["attributes"][0]["name"] == "material"
    body = {
        "sku": "chair",
        "title": "Chair",
        "category": "home",
        "variants": [{"sku": "chair", "amount": 1, "currency": "EUR"}],
    }
    made = shop.call("POST", "products", body, token=shop.seller).json["id"]
    problem = assert_problem(shop.call("POST", f"products/{made}/publish", token=shop.seller), 409, "product_not_ready")
    assert problem["faults"][0]["missing"] == ["attributes.material"]
    wrong = {**body, "sku": "table", "attributes": [{"name": "material", "value": "gold"}]}
    assert_problem(shop.call("POST", "products", wrong, token=shop.seller), 422, "attribute_not_allowed")
    assert_problem(
        shop.call("PUT", "categories/all/place", {"parent": "home"}, token=staff), 409, "category_is_below_itself"
    )
    assert_problem(shop.call("POST", "categories", {"code": "x", "name": "X"}, token=shop.seller), 403, "staff_only")


def test_a_seller_reads_drafts_of_their_own_alone(shop: Shop) -> None:
    other = shop.person()
    assert shop.call("POST", "stores", {"store_name": "Other"}, token=other).status == 201
    shop.product("draft", 100, is_published=False)
    mine = shop.call("GET", "stores/mine/products?limit=1", token=shop.seller).json
    rest = shop.call("GET", mine["next"].removeprefix("/api/v1/"), token=shop.seller).json
    assert {one["sku"] for one in (*mine["items"], *rest["items"])} == {"lamp", "draft"}
    assert rest["next"] is None
    assert shop.call("GET", "stores/mine/products", token=other).json["items"] == []
    prices = f"stores/mine/products/{shop.product_id}/variants/{shop.variant_id}/prices"
    for path in (f"stores/mine/products/{shop.product_id}", prices):
        assert_problem(shop.call("GET", path, token=other), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "products/{id}/options", {"axes": []}),
        ("POST", "products/{id}/combinations", {"amount": 1, "currency": "EUR"}),
        ("PUT", "products/{id}/variants/{variant}/stock", {"stock_unit_id": an_id("x")}),
        (
            "POST",
            "products/{id}/variants/{variant}/sales",
            {"amount": 1, "currency": "EUR", "ends_at": "2099-01-01T00:00:00Z"},
        ),
        ("PUT", "products/{id}/visibility", {"visibility": "unlisted"}),
        ("PUT", "products/{id}/slug", {"slug": "mine"}),
        ("PUT", "products/{id}/texts/pt", {"title": "x"}),
    ],
)
def test_a_stranger_is_answered_as_if_there_were_no_product(shop: Shop, method: str, path: str, body: Any) -> None:
    other = shop.person()
    assert shop.call("POST", "stores", {"store_name": "Other"}, token=other).status == 201
    before = shop.written()
    foreign = shop.call(method, path.format(id=shop.product_id, variant=shop.variant_id), body, token=other)
    unknown = shop.call(method, path.format(id=an_id("none"), variant=shop.variant_id), body, token=other)
    assert (foreign.status, unknown.status) == (404, 404)
    assert foreign.body.decode().replace(shop.product_id, "X") == unknown.body.decode().replace(an_id("none"), "X")
    assert shop.written() == before


@pytest.mark.parametrize("amount", [0, -1, 1.5, "1", True, None, 2**63])
def test_no_sale_at_an_amount_that_is_none(shop: Shop, amount: Any) -> None:
    body = {"amount": amount, "currency": "EUR", "ends_at": "2099-01-01T00:00:00Z"}
    before = shop.written()
    answer = shop.call("POST", f"products/{shop.product_id}/variants/{shop.variant_id}/sales", body, token=shop.seller)
    assert answer.status == 422, answer
    assert shop.written() == before


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<p>Fine <strong>brass</strong></p>", "<p>Fine <strong>brass</strong></p>"),
        ("<p onclick='x()'>A<script>alert(1)</script></p>", "<p>A</p>"),
        ("<img src=x onerror=alert(1)>B", "B"),
        ("<a href='javascript:alert(1)'>C</a>", '<a rel="nofollow noopener noreferrer ugc">C</a>'),
        ("<svg><style><img src=x onerror=alert(1)>", ""),
        ("{{ 7|add:7 }} & <", "{{ 7|add:7 }} &amp; &lt;"),
    ],
)
def test_rich_text_is_safe_to_show(shop: Shop, html: str, kept: str) -> None:
    path = f"products/{shop.product_id}/story"
    assert shop.call("PUT", path, {"html": html}, token=shop.seller).status == 204
    assert page(shop)["story"] == kept
    assert kept in shop.client.get("/p/lamp").content.decode()
    assert_problem(shop.call("PUT", path, {"html": "x" * 50_001}, token=shop.seller), 422, "text_is_too_long")


def test_a_category_lists_what_is_below_it_wherever_that_has_moved(shop: Shop) -> None:
    """The lamp is of `home`."""
    staff = shop.staff()

    def place(code: str, **where: str) -> None:
        made = shop.call("POST", "categories", {"code": code, "name": code.title(), **where}, token=staff)
        assert made.status == 201, made

    def listed(category: str, sort: str = "newest") -> list[str]:
        found = shop.call("GET", f"products?category={category}&sort={sort}&limit=1").json
        assert len(found["items"]) <= 1 and found["next"] is None
        return [one["product_id"] for one in found["items"]]

    place("everything")
    place("indoors", parent="everything")
    place("home", parent="indoors")
    place("outdoors")
    for sort in ("newest", "price"):
        assert listed("everything", sort) == listed("indoors", sort) == listed("home", sort) == [shop.product_id]
    assert listed("outdoors") == []
    moved = shop.call("PUT", "categories/indoors/place", {"parent": "outdoors"}, token=staff)
    assert moved.status == 204, moved
    assert listed("outdoors") == listed("indoors") == [shop.product_id]
    assert listed("everything") == []
