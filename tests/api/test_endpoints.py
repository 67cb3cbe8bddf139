"""What every endpoint does alike: permissions, tags, pages, answers, its description."""

from __future__ import annotations

import json
import time
from typing import Any, is_typeddict

import msgspec
import pytest

from argosy.engine.store import StoreUnavailable
from argosy.engine.work import Actor
from argosy.platform.auth import CACHE_SECONDS, Tokens
from tests.api.shop import ADDRESS, PASSWORD, Answer, Shop, assert_problem, nobodys
from tests.marketplace import Marketplace


def test_a_buyer_buys(shop: Shop) -> None:
    """The whole way, as a client walks it."""
    line = shop.call("POST", "carts/mine/lines", shop.line(quantity=2), token=shop.buyer)
    assert (line.status, line.json["lines"][0]["quantity"]) == (200, 2)
    started = shop.call(
        "POST", "checkouts", shop.purchase(lines=[shop.line(quantity=2)], expected_total=5_499), token=shop.buyer
    )
    assert (started.status, started.json["status"]) == (202, "STARTED")
    assert started.headers["location"] == f"/api/v1/checkouts/{started.json['checkout_id']}"
    assert started.headers["link"] == f'<http://testserver:8001{started.headers["location"]}>; rel="wait"'
    path = started.headers["location"].removeprefix("/api/v1/")
    at_once = shop.call("GET", path, token=shop.buyer)
    assert (at_once.status, at_once.json["status"], at_once.json["is_final"]) == (200, "STARTED", False)
    shop.drain()
    ended = shop.call("GET", path, token=shop.buyer)
    assert (ended.json["status"], ended.json["total_amount"], ended.json["is_final"]) == ("COMPLETED", 5_499, True)
    (order_id,) = ended.json["order_ids"]
    order = shop.call("GET", f"orders/{order_id}", token=shop.buyer).json
    assert (order["status"], order["total_amount"], order["lines"][0]["quantity"]) == ("PAID", 5_499, 2)
    listed = shop.call("GET", "orders", token=shop.buyer).json
    assert [one["order_id"] for one in listed["items"]] == [order_id]
    sold = shop.call("GET", "stores/mine/orders", token=shop.seller).json
    assert [one["order_id"] for one in sold["items"]] == [order_id]
    assert shop.call("GET", f"stores/mine/orders/{order_id}", token=shop.seller).json["order_id"] == order_id
    purchase = shop.call("GET", f"purchases/{ended.json['purchase_id']}", token=shop.buyer).json
    assert purchase["total_amount"] == 5_499
    assert shop.call("GET", "carts/mine", token=shop.buyer).json["lines"] == []


def test_a_cart_is_changed_line_by_line(shop: Shop) -> None:
    other = shop.product("chair", 9_000)
    variant = shop.variant_of(other)
    shop.call("POST", "carts/mine/lines", shop.line(), token=shop.buyer)
    shop.call("POST", "carts/mine/lines", shop.line(product_id=other, variant_id=variant), token=shop.buyer)
    changed = shop.call("PUT", f"carts/mine/lines/{variant}", {"quantity": 7}, token=shop.buyer)
    assert [line["quantity"] for line in changed.json["lines"]] == [1, 7]
    left = shop.call("DELETE", f"carts/mine/lines/{shop.variant_id}", token=shop.buyer)
    assert [line["variant_id"] for line in left.json["lines"]] == [variant]
    noted = shop.call("POST", "carts/mine/coupons", {"code": "spring"}, token=shop.buyer)
    assert noted.json["coupons"] == ["SPRING"]
    assert shop.call("GET", "carts/mine", token=shop.buyer).json["coupons"] == ["SPRING"]
    assert shop.call("DELETE", "carts/mine/coupons/SPRING", token=shop.buyer).json["coupons"] == []
    assert shop.call("DELETE", "carts/mine/lines", token=shop.buyer).json["lines"] == []
    empty = shop.call("GET", "carts/mine", token=shop.person()).json
    assert (empty["lines"], empty["coupons"]) == ([], [])
    shop.drain()
    summary = shop.call("GET", "carts/mine/summary", token=shop.buyer).json
    assert summary["lines"] == []


def test_a_line_is_saved_for_later_moved_back_and_forgotten(shop: Shop) -> None:
    line = {**shop.line(quantity=2)}
    variant = line["variant_id"]
    shop.call("POST", "carts/mine/lines", line, token=shop.buyer)
    saved = shop.call("POST", f"carts/mine/lines/{variant}/save", {}, token=shop.buyer)
    assert (saved.status, saved.json["lines"], len(saved.json["saved"])) == (200, [], 1)
    own = shop.call("GET", "carts/mine", token=shop.buyer).json
    assert (own["lines"], own["saved"][0]["quantity"]) == ([], 2)
    shop.drain()
    summary = shop.call("GET", "carts/mine/summary", token=shop.buyer).json
    assert (summary["lines"], summary["saved"][0]["quantity"]) == ([], 2)
    other = shop.person()
    assert_problem(shop.call("POST", f"carts/mine/saved/{variant}/move", {}, token=other), 404, "not_in_the_cart")
    moved = shop.call("POST", f"carts/mine/saved/{variant}/move", {}, token=shop.buyer).json
    assert (moved["lines"][0]["quantity"], moved["saved"]) == (2, [])
    shop.call("POST", f"carts/mine/lines/{variant}/save", {}, token=shop.buyer)
    for _ in range(2):
        forgotten = shop.call("DELETE", f"carts/mine/saved/{variant}", token=shop.buyer)
        assert (forgotten.status, forgotten.json["saved"]) == (200, [])


def test_a_checkout_is_aborted(shop: Shop) -> None:
    started = shop.call("POST", "checkouts", shop.purchase(), token=shop.buyer).json["checkout_id"]
    for _ in range(2):
        aborted = shop.call("POST", f"checkouts/{started}/abort", token=shop.buyer)
        assert (aborted.status, aborted.json) == (200, {"checkout_id": started, "status": "ABORTED"})
    shop.drain()
    ended = shop.call("GET", f"checkouts/{started}", token=shop.buyer).json
    assert (ended["status"], ended["is_undone"], ended["failure"]) == (
        "ABORTED",
        True,
        {"code": "aborted", "details": {}},
    )
    completed = shop.bought("two")["checkout_id"]
    assert_problem(shop.call("POST", f"checkouts/{completed}/abort", token=shop.buyer), 409, "checkout_has_ended")


# Permissions.


def everyone(shop: Shop) -> dict[str, str]:
    staff = shop.person("staff@example.com")
    made = {"id": nobodys("role"), "user_id": shop.call("GET", "users/me", token=staff).json["user_id"]}
    from argosy.domains.accounts.adapters.outbound.models import UserRoleRow
    from argosy.platform.auth import tokens

    UserRoleRow(role="staff", assigned_at=shop.place.runtime.clock.now(), **made).save(using="default")
    tokens().forget_all()
    guest = shop.call("POST", "carts/guest").json["token"]
    return {"nobody": "", "guest": guest, "buyer": shop.buyer, "seller": shop.seller, "staff": staff}


def test_every_endpoint_refuses_who_may_not(shop: Shop) -> None:
    """Whoever has no right to an operation hears 401 or 403 before anything else is looked at."""
    from argosy.apps.api.endpoints import endpoints

    may = {
        "public": {"nobody", "guest", "buyer", "seller", "staff"},
        "shopper": {"guest", "buyer", "seller", "staff"},
        "guest": {"guest"},
        "buyer": {"buyer", "seller", "staff"},
        "seller": {"seller"},
        "merchant": {"seller", "staff"},
        "staff": {"staff"},
    }
    people = everyone(shop)
    before = shop.written()
    refused = 0
    for endpoint in [one for declared in endpoints().values() for one in declared]:
        path = endpoint.path.format_map({name: nobodys(name) for name in endpoint.path_names})
        for who, token in people.items():
            answer = shop.call(endpoint.method, path, b"{", token=token)
            if who in may[endpoint.allow.name]:
                assert answer.status not in (401, 403), (endpoint.route, who, answer)
            else:
                refused += 1
                assert_problem(
                    answer,
                    401 if who in ("nobody", "guest") else 403,
                    {"nobody": "not_signed_in", "guest": "not_signed_in"}.get(
                        who,
                        {"guest": "guests_only", "staff": "staff_only"}.get(endpoint.allow.name, "sellers_only"),
                    ),
                )
    assert refused > 50
    # Those who may, but sent nothing that can be read, changed nothing but their own session.
    assert [count for label, count in shop.written() if label != "accounts"] == [
        count for label, count in before if label != "accounts"
    ]


def test_a_new_seller_may_sell_at_once(shop: Shop) -> None:
    token = shop.person()
    assert_problem(shop.call("POST", "products", {}, token=token), 403, "sellers_only")
    assert shop.call("POST", "stores", {"store_name": "New"}, token=token).status == 201
    assert_problem(shop.call("POST", "products", {}, token=token), 422, "invalid_request")


def test_staff_set_taxes_and_coupons(shop: Shop) -> None:
    staff = everyone(shop)["staff"]
    rule = {"country": "PT", "basis_points": 2_300, "is_inclusive": False}
    assert shop.call("POST", "taxes/rules", rule, token=staff).status == 201
    assert (
        shop.call(
            "POST",
            "coupons",
            {"code": "TEN", "basis_points": 1_000, "funded_by": "x"},
            token=staff,
        ).status
        == 201
    )
    ended = shop.bought(coupons=["ten"])
    assert (ended["status"], ended["total_amount"]) == ("COMPLETED", 2_250 + 518 + 499 + 115)
    assert shop.call("POST", "coupons/TEN/disable", token=staff).status == 200
    assert shop.bought("two", coupons=["TEN"])["failure"]["code"] == "coupons_not_valid"


def test_a_token_is_looked_up_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    actor = Actor(id="a")
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def look_up(token: str) -> Actor | None:
        asked.append(token)
        return actor if token == "good" else None

    tokens = Tokens(look_up)
    assert [tokens.actor_of("Bearer good").id for _ in range(3)] == ["a", "a", "a"]
    assert asked == ["good"]
    now[0] += CACHE_SECONDS + 0.1
    tokens.actor_of("bearer good")
    assert asked == ["good", "good"]
    tokens.forget("Bearer good")
    tokens.actor_of("Bearer good")
    assert len(asked) == 3
    assert [tokens.actor_of("Bearer bad").id for _ in range(2)] == ["", ""]
    assert len(asked) == 5


def test_signing_in_says_nothing_of_who_has_an_account(shop: Shop) -> None:
    shop.person("ana@example.com")
    wrong = [
        shop.call("POST", "sessions", {"email": email, "password": "not this one"})
        for email in ("ana@example.com", "nobody@example.com", "no e-mail")
    ]
    assert_problem(wrong[0], 403, "sign_in_refused")
    assert len({(answer.status, answer.body) for answer in wrong}) == 1


def test_a_sign_in_is_never_stored_under_a_key(shop: Shop) -> None:
    shop.person("ana@example.com")
    body = {"email": "ana@example.com", "password": PASSWORD}
    first, second = (shop.call("POST", "sessions", body, Idempotency_Key="k") for _ in range(2))
    assert first.json["token"] != second.json["token"]
    assert shop.place.rows("accounts", "SELECT count(*) FROM accounts_idempotency_keys") == [(0,)]


# Tags and pages.


def test_a_document_that_is_known_is_not_sent_again(shop: Shop) -> None:
    ended = shop.bought()
    for path, token in [
        (f"checkouts/{ended['checkout_id']}", shop.buyer),
        (f"orders/{ended['order_ids'][0]}", shop.buyer),
        ("carts/mine", shop.buyer),
        (f"products/{shop.product_id}", ""),
        ("openapi.json", ""),
    ]:
        first = shop.call("GET", path, token=token)
        assert (first.status, first.headers["content-type"]) == (200, "application/json"), path
        tag = first.headers["etag"]
        assert tag[0] == tag[-1] == '"'
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = shop.call("GET", path, token=token, If_None_Match=known)
            assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag), (path, known)
        assert shop.call("GET", path, token=token, If_None_Match='"other"').status == 200


def test_a_changed_document_has_another_tag(shop: Shop) -> None:
    before = shop.call("GET", "carts/mine", token=shop.buyer).headers["etag"]
    shop.call("POST", "carts/mine/lines", shop.line(), token=shop.buyer)
    after = shop.call("GET", "carts/mine", token=shop.buyer, If_None_Match=before)
    assert after.status == 200
    assert after.headers["etag"] != before


def test_pages_show_everything_once(shop: Shop) -> None:
    for number in range(5):
        shop.product(f"item {number}", 100 + number)
    for sort in ("newest", "price"):
        seen: list[str] = []
        path: str | None = f"products?limit=2&sort={sort}&category=home"
        while path:
            answer = shop.call("GET", path)
            assert answer.status == 200, answer
            assert 0 < len(answer.json["items"]) <= 2
            seen += [item["product_id"] for item in answer.json["items"]]
            path = answer.json["next"] and answer.json["next"].removeprefix("/api/v1/")
        assert len(seen) == len(set(seen)) == 6, sort
    assert shop.call("GET", "categories").json == {"items": [["home", 6]]}


def test_a_cursor_of_one_list_is_none_of_another(shop: Shop) -> None:
    for number in range(2):
        shop.product(f"item {number}", 100 + number)
    following = shop.call("GET", "products?limit=1&sort=price").json["next"]
    assert_problem(
        shop.call("GET", following.removeprefix("/api/v1/").replace("price", "newest")), 422, "invalid_request"
    )


# What goes wrong on our side.


def test_a_store_that_is_away_is_told_with_a_time_to_try_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise StoreUnavailable("carts is busy: secret details")

    monkeypatch.setattr(shop.place.runtime.stores["carts"], "commit", away)
    answer = shop.call("POST", "carts/mine/lines", shop.line(), token=shop.buyer)
    assert_problem(answer, 503, "store_unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    assert b"secret" not in answer.body


def test_what_nobody_foresaw_is_logged_and_not_told(
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("secret details")

    monkeypatch.setattr(shop.place.runtime.stores["carts"], "commit", broken)
    answer = shop.call("POST", "carts/mine/lines", shop.line(), token=shop.buyer)
    problem = assert_problem(answer, 500, "internal_error")
    assert "secret" not in json.dumps(problem)
    assert problem["correlation_id"] in caplog.text
    assert "secret details" in caplog.text


def test_a_busy_key_is_told_to_come_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from argosy.engine.store import VersionConflict

    def conflict(*_: Any) -> None:
        raise VersionConflict("again")

    monkeypatch.setattr(shop.place.runtime.stores["carts"], "commit", conflict)
    answer = shop.call("POST", "carts/mine/lines", shop.line(), token=shop.buyer)
    assert_problem(answer, 409, "too_busy")
    assert int(answer.headers["retry-after"]) >= 1


# The description, and health.


def test_the_description_says_nothing_twice(shop: Shop) -> None:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({name for name, _ in pairs}) == len(pairs), [name for name, _ in pairs]
        return dict(pairs)

    assert json.loads(shop.call("GET", "openapi.json").body, object_pairs_hook=once)["paths"]


def test_the_description_is_whole(shop: Shop) -> None:
    from argosy.apps.api.endpoints import endpoints

    described = shop.call("GET", "openapi.json").json
    assert described["openapi"].startswith("3.1")
    operations = {
        (method.upper(), path.removeprefix("/api/v1/"))
        for path, methods in described["paths"].items()
        for method in methods
    }
    assert operations == {(one.method, one.path) for declared in endpoints().values() for one in declared}
    names = [operation["operationId"] for methods in described["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))
    known = set(described["components"]["schemas"])
    told = json.dumps(described)
    assert {part.partition('"')[0] for part in told.split("#/components/schemas/")[1:]} <= known
    body = described["components"]["schemas"]["StartCheckout"]
    assert set(body["required"]) == {"lines", "address", "client_request_id"}
    assert not {"checkout_id", "buyer_id", "cart_id"} & set(body["properties"])
    assert body["description"].startswith("Buy these lines.")


def test_the_page_to_browse_it_needs_no_other_server(shop: Shop) -> None:
    page = shop.call("GET", "docs")
    assert page.status == 200
    assert b"://" not in page.body
    for part in page.body.split(b'"'):
        if part.startswith(b"docs/"):
            asset = shop.call("GET", part.decode())
            assert asset.status == 200
            assert len(asset.body) > 50
    assert_problem(shop.call("GET", "docs/../settings.py"), 404, "no_such_path")
    assert_problem(shop.call("GET", "docs/redoc.html"), 404, "not_found")


def test_health_is_told_without_a_token(shop: Shop) -> None:
    assert shop.call("GET", "health/live").json == {"status": "live"}
    assert shop.call("GET", "health/ready").json == {"status": "ready"}
    assert Answer(shop.client.get("/health/ready")).json == {"status": "ready"}


def of_staff_and_quotes(shop: Shop, staff: str) -> dict[str, str]:
    """Something of each kind that is priced or taxed by."""
    quote = shop.call("POST", "quotes", {"lines": [shop.line()], "country": "PT"}, token=shop.buyer).json["quote_id"]
    shop.call("POST", "taxes/rules", {"country": "PT", "basis_points": 2300, "is_inclusive": True}, token=staff)
    shop.call("PUT", "taxes/zones/IBERIA", {"name": "Iberia", "places": [{"country": "PT"}]}, token=staff)
    threshold = {"name": "Iberia", "currency": "EUR", "sales": 9, "zones": ["IBERIA"]}
    shop.call("PUT", "taxes/thresholds/IBERIA", threshold, token=staff)
    seller = shop.call("GET", "stores/mine", token=shop.seller).json["seller_id"]
    shop.call("PUT", f"taxes/sellers/{seller}", {"country": "PT"}, token=shop.seller)
    shop.call("PUT", "taxes/profile", {"vat_id": ""}, token=shop.buyer)
    shop.drain()
    return {
        "quote_id": quote,
        "code": "IBERIA",  # A zone, a threshold and a coupon.
        "rule_id": shop.call("GET", "taxes/rules", token=staff).json["items"][0]["rule_id"],
        "rate_id": shop.call("GET", "shipping/rates", token=shop.seller).json["items"][0]["rate_id"],
        "buyer_id": shop.call("GET", "users/me", token=shop.buyer).json["user_id"],
    }


def of_programs(shop: Shop) -> dict[str, str]:
    made = shop.call("POST", "api-keys", {"name": "robot", "scopes": ["orders:read"]}, token=shop.seller)
    webhook = shop.call("POST", "webhooks", {"url": "https://erp.example/"}, token=shop.seller).json["webhook_id"]
    shop.call("POST", f"products/{shop.product_id}/unpublish", token=shop.seller)
    shop.call("POST", f"products/{shop.product_id}/publish", token=shop.seller)
    shop.drain()
    logged = shop.call("GET", f"webhooks/{webhook}/deliveries", token=shop.seller).json["items"]
    return {"key_id": made.json["key_id"], "webhook_id": webhook, "delivery_id": logged[0]["delivery_id"]}


def of_promotions(shop: Shop) -> dict[str, str]:
    body = {"name": "Spring", "count": 3, "basis_points": 500}
    campaign = shop.call("POST", "coupon-campaigns", body, token=shop.seller).json["id"]
    coupon = {"code": "IBERIA", "basis_points": 500}
    assert shop.call("POST", "coupons", coupon, token=shop.seller).status == 201
    tenth = {"name": "Ten", "terms": {"effect": "percentage", "basis_points": 1_000}, "ends_at": "2998-01-01T00:00:00Z"}
    promotion = shop.call("POST", "promotions", tenth, token=shop.seller)
    shop.drain()
    return {"campaign_id": campaign, "promotion_id": promotion.json["id"]}


def of_credit(shop: Shop, staff: str) -> dict[str, str]:
    """Somebody with store credit, and a gift card."""
    buyer_id = shop.call("GET", "users/me", token=shop.buyer).json["user_id"]
    gift = {"amount": 500, "currency": "EUR", "reason": "spring"}
    assert shop.call("POST", f"buyers/{buyer_id}/credit", gift, token=staff).status == 201
    made = shop.call("POST", "gift-cards", gift, token=staff).json
    return {"buyer_id": buyer_id, "gift_card_id": made["cards"][0]["gift_card_id"]}


def of_files(shop: Shop) -> dict[str, str]:
    """What goes in from files, comes out as such, and is fetched."""

    def sent(path: str, kind: str, raw: bytes) -> str:
        headers = {"Authorization": f"Bearer {shop.seller}"}
        answer = Answer(shop.client.generic("POST", f"/api/v1/{path}", raw, content_type=kind, headers=headers))
        return str(answer.json["id"])

    made = {
        "import_id": sent("stores/mine/imports", "application/jsonl", b'{"sku": "lamp"}'),
        "count_id": sent("stock-counts", "text/csv", b"warehouse,sku,counted\nmain,lamp,40"),
        "export_id": shop.call("POST", "stores/mine/exports", {"format": "csv"}, token=shop.seller).json["id"],
    }
    shop.drain()
    picture = {"url": "https://pictures.example/lamp.jpg"}
    fetch = shop.call("POST", f"products/{shop.product_id}/image-fetches", picture, token=shop.seller)
    return {**made, "part": "0", "fetch_id": fetch.json["id"]}


def test_answers_are_as_they_are_described(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer that a buyer and a seller get is of the type that the API's description gives it."""
    from argosy.apps.api.endpoints import endpoints

    monkeypatch.setenv("ARGOSY_EVENT_FEED", "yes")
    shop = Shop(marketplace)
    ended = shop.bought()
    shop.call("POST", "carts/mine/lines", shop.line(), token=shop.buyer)
    shop.call("POST", "addresses", ADDRESS, token=shop.buyer)
    shop.call("PUT", "stores/mine/slug", {"slug": "lamp"}, token=shop.seller)
    shop.drain()
    address = shop.call("GET", "addresses", token=shop.buyer).json["items"][0]["id"]
    people = everyone(shop)
    shop.bought("by-a-guest", token=people["guest"], email="guest@example.com")
    ids = {
        "order_id": ended["order_ids"][0],
        "checkout_id": ended["checkout_id"],
        "purchase_id": ended["purchase_id"],
        "product_id": shop.product_id,
        "address_id": address,
        "country": "PT",
        "seller_id": shop.call("GET", "stores/mine", token=shop.seller).json["seller_id"],
        "user_id": shop.call("GET", "users/me", token=shop.buyer).json["user_id"],
        "stock_unit_id": shop.variant_id,
        "variant_id": shop.variant_id,
        "slug": "lamp",
        "payment_id": str(shop.place.rows("payments", "SELECT id FROM payment_intents")[0][0]),
        **of_staff_and_quotes(shop, people["staff"]),
        **of_programs(shop),
        **of_promotions(shop),
        **of_credit(shop, people["staff"]),
        **of_files(shop),
        "collection_id": shop.call(
            "PUT", "stores/mine/collections/all", {"title": "All", "rule": {}}, token=shop.seller
        ).json["id"],
    }
    seen = 0
    for endpoint in [one for declared in endpoints().values() for one in declared if one.method == "GET"]:
        sellers = dict.fromkeys(("seller", "merchant"), shop.seller)
        token = {"guest": people["guest"], **sellers, "staff": people["staff"]}.get(endpoint.allow.name, shop.buyer)
        if endpoint.path == "stores/mine":
            token = shop.seller
        if "{provider}" in endpoint.path:
            continue  # It asks somebody outside: tests/api/test_providers.py.
        asked = "?sku=lamp" if endpoint.path == "stock-movements" else ""
        answer = shop.call("GET", endpoint.path.format_map(ids) + asked, token=token)
        assert answer.status == 200, (endpoint.route, answer)
        if endpoint.sends:
            assert answer.headers["content-type"].partition(";")[0] in endpoint.sends, endpoint.route
            continue
        assert endpoint.answers is not None, endpoint.route
        msgspec.json.decode(answer.body, type=endpoint.answers)
        if is_typeddict(endpoint.answers):
            assert set(answer.json) == set(endpoint.answers.__annotations__), endpoint.route
        seen += 1
    assert seen >= 14
