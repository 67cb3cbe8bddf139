"""What people say of themselves, and how staff find them."""

from __future__ import annotations

from tests.api.shop import Shop, assert_problem

ANA = "ana@example.com"


def test_a_person_changes_what_they_are_called_and_staff_see_it(shop: Shop) -> None:
    ana, boss = shop.person(ANA), shop.staff()
    before = shop.call("GET", "users/me", token=ana).json
    said = {"first_name": " Ana ", "last_name": "Lima", "phone": "+351 222 222 222"}
    assert shop.call("PUT", "users/me/profile", said, token=ana).status == 204
    now = shop.call("GET", "users/me", token=ana).json
    assert now == {**before, "first_name": "Ana", "last_name": "Lima", "phone": "+351 222 222 222"}
    seen = shop.call("GET", f"users/{now['user_id']}", token=boss).json
    assert (seen["first_name"], seen["last_name"]) == ("Ana", "Lima")
    assert shop.call("PUT", "users/me/profile", {"first_name": "Anna"}, token=ana).status == 204
    assert shop.call("GET", "users/me", token=ana).json["phone"] == ""
    log = str(shop.place.rows("accounts", "SELECT payload FROM accounts_outbox_events"))
    assert "Lima" not in log and "222 222" not in log


def test_all_that_is_wrong_with_a_name_is_told_and_nothing_is_changed(shop: Shop) -> None:
    before = shop.call("GET", "users/me", token=shop.buyer).json
    wrong = {"first_name": "a" * 101, "last_name": "b\u0007", "phone": "1" * 41}
    refused = shop.call("PUT", "users/me/profile", wrong, token=shop.buyer)
    assert (refused.status, refused.json["code"]) == (422, "several")
    assert [fault["field"] for fault in refused.json["faults"]] == ["first_name", "last_name", "phone"]
    assert shop.call("GET", "users/me", token=shop.buyer).json == before
    assert shop.call("PUT", "users/me/profile", {}).status == 401


def test_staff_find_people_by_address_role_and_how_they_stand(shop: Shop) -> None:
    boss = shop.staff()
    user_id = {
        name: shop.call("GET", "users/me", token=token).json["user_id"]
        for name, token in (("ana", shop.person(ANA)), ("buyer", shop.buyer), ("seller", shop.seller), ("boss", boss))
    }

    def found(query: str) -> set[str]:
        ids: list[str] = []
        following = f"users?limit=1&{query}"
        while following:
            page = shop.call("GET", following, token=boss)
            assert page.status == 200 and len(page.json["items"]) <= 1, page
            ids += [one["user_id"] for one in page.json["items"]]
            following = (page.json["next"] or "").removeprefix("/api/v1/")
        assert ids == sorted(set(ids))
        return set(ids)

    assert found("") == set(user_id.values())
    assert found("email=ANA@Example.com") == {user_id["ana"]}
    assert found("email=nobody") == found("email=no.one@example.com") == set()
    assert (found("role=seller"), found("role=staff")) == ({user_id["seller"]}, {user_id["boss"]})
    assert shop.call("POST", f"users/{user_id['ana']}/block", {"reason": "spam"}, token=boss).status == 204
    assert (found("status=BLOCKED"), found("status=ACTIVE")) == (
        {user_id["ana"]},
        set(user_id.values()) - {user_id["ana"]},
    )
    assert shop.call("DELETE", f"users/{user_id['buyer']}", token=boss).status == 202
    shop.drain()
    assert user_id["buyer"] not in found("")
    assert_problem(shop.call("GET", "users", token=shop.seller), 403, "staff_only")
