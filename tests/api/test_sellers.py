"""Sellers and staff over HTTP: approved, stopped at the next request, away; and what staff do is in the log."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argosy.contracts.accounts import RegisterUser
from tests.api.shop import PASSWORD, Shop, assert_problem, nobodys

EMAIL = "seller@example.com"


@pytest.fixture
def staff(shop: Shop) -> str:
    credentials = {"email": "staff@example.com", "password": PASSWORD}
    shop.place.do("accounts", RegisterUser(**credentials, roles=("buyer", "staff")))
    return str(shop.call("POST", "sessions", credentials).json["token"])


def sign_in(shop: Shop) -> str:
    return str(shop.call("POST", "sessions", {"email": EMAIL, "password": PASSWORD}).json["token"])


def audited(shop: Shop) -> list[dict[str, Any]]:
    """What staff did, as the accounts' log tells it."""
    sql = "SELECT payload FROM accounts_outbox_events WHERE event_type = 'messages.StaffActed' ORDER BY id"
    return [json.loads(row[0]) if isinstance(row[0], str) else row[0] for row in shop.place.rows("accounts", sql)]


def test_an_application_is_approved_and_then_the_seller_sells(
    shop: Shop, staff: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGOSY_APPROVE_SELLERS", "yes")
    token = shop.person(EMAIL)
    assert_problem(shop.call("GET", "stores/mine", token=token), 404, "not_found")
    seller_id = shop.call("POST", "stores", {"store_name": "New"}, token=token).json["id"]
    assert shop.call("GET", "stores/mine", token=token).json["status"] == "APPLIED"
    assert_problem(shop.call("POST", "products", {}, token=token), 403, "sellers_only")
    waiting = shop.call("GET", "sellers?status=APPLIED", token=staff).json
    assert [one["seller_id"] for one in waiting["items"]] == [seller_id]
    assert shop.call("POST", f"sellers/{seller_id}/approve", token=staff).status == 204
    assert_problem(shop.call("POST", f"sellers/{seller_id}/approve", token=staff), 409, "not_in_that_state")
    assert_problem(shop.call("POST", "products", {}, token=token), 422, "invalid_request")
    assert shop.call("GET", f"sellers/{seller_id}", token=staff).json["status"] == "OPEN"


def test_a_suspended_seller_is_out_at_the_next_request_and_no_seller_when_back(shop: Shop, staff: str) -> None:
    token = shop.person(EMAIL)
    seller_id = shop.call("POST", "stores", {"store_name": "New"}, token=token).json["id"]
    assert_problem(shop.call("POST", "products", {}, token=token), 422, "invalid_request")
    assert shop.call("POST", f"sellers/{seller_id}/suspend", {"reason": "fake goods"}, token=staff).status == 204
    assert_problem(shop.call("POST", "products", {}, token=token), 401, "not_signed_in")
    again = sign_in(shop)
    assert_problem(shop.call("POST", "products", {}, token=again), 403, "sellers_only")
    mine = shop.call("GET", "stores/mine", token=again).json
    assert (mine["status"], mine["reason"]) == ("SUSPENDED", "fake goods")
    assert shop.call("POST", f"sellers/{seller_id}/reinstate", token=staff).status == 204
    assert_problem(shop.call("POST", "products", {}, token=again), 422, "invalid_request")


def test_what_staff_do_is_in_the_log_in_its_commit_and_what_was_refused_is_not(shop: Shop, staff: str) -> None:
    seller_id = shop.call("GET", "stores/mine", token=shop.seller).json["seller_id"]
    staff_id = shop.call("GET", "users/me", token=staff).json["user_id"]
    for key in ("", "k1", "k1"):
        headers = {"Idempotency_Key": key} if key else {}
        shop.call("POST", f"sellers/{seller_id}/suspend", {"reason": "fake goods"}, token=staff, **headers)
    assert [(one["about"], one["what"], one["operator"], one["reason"]) for one in audited(shop)] == [
        (seller_id, "SuspendSeller", staff_id, "fake goods")
    ]
    shop.call("POST", "taxes/rules", {"country": "PT", "basis_points": 1, "is_inclusive": False}, token=staff)
    sql = "SELECT count(*) FROM taxes_outbox_events WHERE event_type = 'messages.StaffActed'"
    assert shop.place.rows("taxes", sql) == [(1,)], "in every context"
    shop.call("POST", f"stock/{shop.variant_id}/receipts", {"quantity": 1, "reference_id": "x"}, token=shop.buyer)
    assert len(audited(shop)) == 1


def test_a_repeat_by_key_is_audited_once(shop: Shop, staff: str) -> None:
    seller_id = shop.call("GET", "stores/mine", token=shop.seller).json["seller_id"]
    answers = [
        shop.call("POST", f"sellers/{seller_id}/suspend", {"reason": "x"}, token=staff, Idempotency_Key="k")
        for _ in range(3)
    ]
    assert {(one.status, one.body) for one in answers} == {(204, b"")}
    assert len(audited(shop)) == 1


def test_staff_are_made_by_staff_and_unmade_at_the_next_request(shop: Shop, staff: str) -> None:
    token = shop.person("new@example.com")
    user_id = shop.call("GET", "users/me", token=token).json["user_id"]
    assert_problem(shop.call("GET", "sellers", token=token), 403, "staff_only")
    assert shop.call("PUT", f"users/{user_id}/roles/staff", token=staff).status == 204
    assert shop.call("GET", "sellers", token=token).status == 200
    assert shop.call("GET", f"users/{user_id}", token=staff).json["roles"] == ["buyer", "staff"]
    assert shop.call("DELETE", f"users/{user_id}/roles/staff", token=staff).status == 204
    assert_problem(shop.call("GET", "sellers", token=token), 403, "staff_only")
    assert_problem(shop.call("PUT", f"users/{user_id}/roles/seller", token=staff), 409, "role_not_granted")
    assert_problem(shop.call("PUT", f"users/{user_id}/roles/king", token=staff), 422, "unknown_role")
    own = shop.call("GET", "users/me", token=staff).json["user_id"]
    assert_problem(shop.call("DELETE", f"users/{own}/roles/staff", token=staff), 409, "not_of_yourself")
    for path in (f"users/{nobodys('x')}/roles/staff", "users/x/roles/staff"):
        assert shop.call("PUT", path, token=staff).status == 404


def test_who_is_blocked_is_out_at_the_next_request(shop: Shop, staff: str) -> None:
    user_id = shop.call("GET", "users/me", token=shop.buyer).json["user_id"]
    assert_problem(shop.call("POST", f"users/{user_id}/block", token=staff), 422, "invalid_request")
    assert_problem(shop.call("POST", f"users/{user_id}/block", {"reason": ""}, token=staff), 422, "text_is_missing")
    assert shop.call("POST", f"users/{user_id}/block", {"reason": "spam"}, token=staff).status == 204
    assert_problem(shop.call("GET", "carts/mine", token=shop.buyer), 401, "not_signed_in")
    assert shop.call("POST", f"users/{user_id}/unblock", token=staff).status == 204


def test_a_seller_goes_on_holiday_and_comes_back(shop: Shop) -> None:
    def standing() -> tuple[bool, str | None]:
        mine = shop.call("GET", "stores/mine", token=shop.seller).json
        return mine["on_holiday"], mine["holiday_until"]

    body = {"until": "2999-01-01T00:00:00Z"}
    assert shop.call("PUT", "stores/mine/holiday", body, token=shop.seller).status == 204
    assert standing() == (True, "2999-01-01T00:00:00Z")
    past = shop.call("PUT", "stores/mine/holiday", {"until": "2001-01-01T00:00:00Z"}, token=shop.seller)
    assert_problem(past, 422, "holiday_is_over")
    assert_problem(
        shop.call("PUT", "stores/mine/holiday", {"until": "soon"}, token=shop.seller), 422, "invalid_request"
    )
    assert shop.call("DELETE", "stores/mine/holiday", token=shop.seller).status == 204
    assert standing() == (False, None)
    assert_problem(shop.call("PUT", "stores/mine/holiday", {}, token=shop.buyer), 403, "sellers_only")


def test_sellers_are_listed_page_by_page(shop: Shop, staff: str) -> None:
    for number in range(3):
        shop.call("POST", "stores", {"store_name": f"Store {number}"}, token=shop.person())
    seen: list[str] = []
    path: str | None = "sellers?limit=2&status=OPEN"
    while path:
        answer = shop.call("GET", path, token=staff).json
        seen += [one["seller_id"] for one in answer["items"]]
        path = answer["next"] and answer["next"].removeprefix("/api/v1/")
    assert len(seen) == len(set(seen)) == 4
    assert seen == sorted(seen)
    for query in ("status=KING", "limit=1000000", "after=x"):
        assert_problem(shop.call("GET", f"sellers?{query}", token=staff), 422, "invalid_request")
