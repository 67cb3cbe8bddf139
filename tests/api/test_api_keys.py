"""Programs use the API under keys: what a key was made for, while its maker may, and nothing of its maker's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from argosy.apps.api.bearers import NOTED_EVERY, program_of
from argosy.apps.api.endpoints import endpoints
from argosy.contracts.accounts import WithdrawRole
from argosy.domains.integrations.domain.api_key import AREAS
from argosy.shared_kernel.ids import Id
from tests.api.shop import Shop, assert_problem, nobodys

FOR_PEOPLE = {"accounts", "carts", "checkout", "integrations", "notifications", "session", "store", "team"}
FAR = "2099-01-01T00:00:00Z"


def key(shop: Shop, *scopes: str, token: str = "", **changes: Any) -> str:
    return str(made(shop, *scopes, token=token, **changes)["key"])


def made(shop: Shop, *scopes: str, token: str = "", **changes: Any) -> dict[str, Any]:
    answer = shop.call(
        "POST", "api-keys", {"name": "warehouse", "scopes": scopes, **changes}, token=token or shop.seller
    )
    assert answer.status == 201, answer
    body: dict[str, Any] = answer.json
    return body


def test_every_area_of_the_api_is_for_keys_or_known_not_to_be() -> None:
    found = {endpoint.area for declared in endpoints().values() for endpoint in declared}
    assert found <= {*AREAS, *FOR_PEOPLE}
    assert not FOR_PEOPLE & set(AREAS)
    about_people = [one.path for declared in endpoints().values() for one in declared if one.area == "accounts"]
    assert {"users/me/password", "sessions", "addresses", "taxes/profile"} <= set(about_people)


def test_a_key_does_what_its_scopes_say_for_its_makers_store(shop: Shop) -> None:
    program = key(shop, "products:write", "orders:read")
    made_by_key = shop.call(
        "POST",
        "products",
        {"sku": "rug", "title": "Rug", "category": "home", "variants": []},
        token=program,
    )
    assert made_by_key.status == 201, made_by_key
    mine = shop.call("GET", "stores/mine/products", token=program)
    assert {item["product_id"] for item in mine.json["items"]} == {shop.product_id, made_by_key.json["id"]}
    assert shop.call("GET", "stores/mine/orders", token=program).json["items"] == []


def test_a_key_without_the_scope_is_told_which_one(shop: Shop) -> None:
    program = key(shop, "products:read", "inventory:read")
    before = shop.written()
    refusal = assert_problem(
        shop.call("POST", f"stock/{shop.variant_id}/receipts", {"quantity": 1, "reference_id": "x"}, token=program),
        403,
        "scope_missing",
    )
    assert refusal["faults"][0]["scope"] == "inventory:write"
    assert_problem(shop.call("POST", f"products/{nobodys('p')}/publish", token=program), 403, "scope_missing")
    assert_problem(shop.call("GET", "shipping/rates", token=program), 403, "scope_missing")
    assert shop.call("GET", f"stock/{shop.variant_id}", token=program).status == 200
    assert shop.written() == before


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "users/me/password", {"current": "correct horse battery", "password": "another horse battery"}),
        ("GET", "users/me", None),
        ("DELETE", "users/me", None),
        ("GET", "sessions", None),
        ("DELETE", "sessions", None),
        ("POST", "users/me/second-factor", {"password": "correct horse battery"}),
        ("POST", "addresses", {}),
        ("POST", "api-keys", {"name": "more", "scopes": ["orders:read"]}),
        ("GET", "api-keys", None),
        ("GET", "carts/mine", None),
        ("POST", "checkouts", {}),
        ("PUT", "taxes/profile", {"vat_id": ""}),
    ],
)
def test_no_key_touches_what_is_its_makers_own(shop: Shop, method: str, path: str, body: Any) -> None:
    program = key(shop, *(f"{area}:write" for area in AREAS if area != "events"))
    before = shop.written()
    assert_problem(shop.call(method, path, body, token=program), 403, "not_for_api_keys")
    assert shop.written() == before


def test_a_key_is_not_the_person_who_made_it(shop: Shop) -> None:
    bought = shop.bought(token=shop.seller)
    shop.drain()
    assert bought["status"] == "COMPLETED"
    program = key(shop, "orders:write")
    assert shop.call("GET", "orders", token=program).json["items"] == []
    assert len(shop.call("GET", "orders", token=shop.seller).json["items"]) == 1


def test_unknown_revoked_and_expired_keys_are_answered_alike(shop: Shop) -> None:
    revoked, expired = made(shop, "orders:read"), made(shop, "orders:read", expires_at=FAR)
    for one in (revoked, expired):
        assert shop.call("GET", "stores/mine/orders", token=one["key"]).status == 200
    assert shop.call("DELETE", f"api-keys/{revoked['key_id']}", token=shop.seller).status == 204
    assert program_of(expired["key"], datetime(2098, 12, 31, tzinfo=UTC)) is not None
    assert program_of(expired["key"], datetime(2099, 1, 2, tzinfo=UTC)) is None
    unknown = revoked["key"][:-3] + "abc"
    answers = [shop.call("GET", "stores/mine/orders", token=token) for token in (revoked["key"], unknown, "none")]
    for answer in answers:
        assert_problem(answer, 401, "not_signed_in")
        assert answer.headers["www-authenticate"] == 'Bearer realm="argosy"'
    assert len({answer.body for answer in answers}) == 1


def test_keys_end_with_what_their_maker_may(shop: Shop) -> None:
    program, boss = key(shop, "orders:read"), shop.staff()
    assert shop.call("GET", "stores/mine/orders", token=program).status == 200
    seller_id = shop.call("GET", "stores/mine", token=shop.seller).json["seller_id"]
    assert shop.call("POST", f"sellers/{seller_id}/suspend", {"reason": "fraud"}, token=boss).status == 204
    assert_problem(shop.call("GET", "stores/mine/orders", token=program), 401, "not_signed_in")
    assert shop.call("POST", f"sellers/{seller_id}/reinstate", {"reason": "a mistake"}, token=boss).status == 204
    assert shop.call("GET", "stores/mine/orders", token=program).status == 200


def test_a_key_of_staff_acts_as_staff_while_they_are_and_is_audited_as_itself(shop: Shop) -> None:
    boss = shop.staff()
    robot = made(shop, "taxes:write", token=boss)
    assert robot["acts_as"] == "staff"
    rule = {"country": "PT", "basis_points": 2300, "is_inclusive": True}
    assert shop.call("POST", "taxes/rules", rule, token=robot["key"]).status == 201
    acted = shop.place.rows("taxes", "SELECT payload FROM taxes_outbox_events WHERE event_type = 'messages.StaffActed'")
    assert [robot["key_id"] in payload for (payload,) in acted] == [True]
    user_id = shop.call("GET", "users/me", token=boss).json["user_id"]
    shop.place.do("accounts", WithdrawRole(user_id=Id(user_id), role="staff"))
    assert_problem(shop.call("POST", "taxes/rules", rule, token=robot["key"]), 401, "not_signed_in")


def test_keys_are_listed_by_what_can_be_seen_of_them(shop: Shop) -> None:
    first, second = made(shop, "orders:read"), made(shop, "events:read", name="second")
    listed = shop.call("GET", "api-keys", token=shop.seller)
    assert [item["key_id"] for item in listed.json["items"]] == [second["key_id"], first["key_id"]]
    assert first["key"].encode() not in listed.body
    one = shop.call("GET", f"api-keys/{first['key_id']}", token=shop.seller).json
    assert (one["name"], one["prefix"], one["status"], one["last_used_at"]) == (
        "warehouse",
        first["key"][:17],
        "ACTIVE",
        None,
    )
    (kept,) = shop.place.rows(
        "integrations", "SELECT token_hash, payload FROM api_keys, integrations_outbox_events LIMIT 1"
    )
    assert first["key"] not in str(kept)


def test_strangers_find_no_key(shop: Shop) -> None:
    other = shop.person()
    shop.call("POST", "stores", {"store_name": "Outra"}, token=other)
    mine = made(shop, "orders:read")
    for method in ("GET", "DELETE"):
        theirs = shop.call(method, f"api-keys/{mine['key_id']}", token=other)
        none = shop.call(method, f"api-keys/{nobodys('key')}", token=other)
        assert theirs.status == 404
        assert theirs.json["code"] == none.json["code"]
    assert_problem(
        shop.call("POST", "api-keys", {"name": "x", "scopes": ["orders:read"]}, token=shop.buyer), 403, "sellers_only"
    )


def test_the_last_use_is_told_without_writing_at_each(shop: Shop) -> None:
    one = made(shop, "orders:read")
    writes = []
    outside = shop.place.runtime.outside("integrations")
    before, outside.committed = outside.committed, writes.append
    try:
        for _ in range(3):
            program_of(one["key"])
        program_of(one["key"], datetime.now(UTC) + NOTED_EVERY + timedelta(seconds=1))
    finally:
        outside.committed = before
    assert len(writes) == 2
    assert shop.call("GET", f"api-keys/{one['key_id']}", token=shop.seller).json["last_used_at"] is not None


def test_what_anybody_may_see_a_key_may_as_well(shop: Shop) -> None:
    program = key(shop, "orders:read")
    assert shop.call("GET", f"products/{shop.product_id}", token=program).status == 200


def test_the_shop_in_pages_knows_no_keys(shop: Shop) -> None:
    shop.client.cookies["argosy_session"] = shop.seller
    assert shop.client.get("/orders").status_code == 200
    shop.client.cookies["argosy_session"] = key(shop, "orders:read")
    assert shop.client.get("/orders").status_code in (302, 303)
