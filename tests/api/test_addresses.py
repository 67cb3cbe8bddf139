"""Addresses over HTTP."""

from __future__ import annotations

from tests.api.shop import ADDRESS, Shop, assert_problem, nobodys


def test_an_address_is_added_changed_chosen_and_removed(shop: Shop) -> None:
    made = shop.call("POST", "addresses", ADDRESS, token=shop.buyer)
    assert made.status == 201
    path = made.headers["location"].removeprefix("/api/v1/")
    assert shop.call("PUT", path, {**ADDRESS, "street": "Rua 2"}, token=shop.buyer).status == 204
    assert shop.call("PUT", f"{path}/default", token=shop.buyer).status == 204
    found = shop.call("GET", path, token=shop.buyer).json
    assert (found["street"], found["is_default"]) == ("Rua 2", True)
    assert shop.call("DELETE", path, token=shop.buyer).status == 204
    assert_problem(shop.call("GET", path, token=shop.buyer), 404, "not_found")


def test_a_stranger_s_address_is_like_one_that_is_none(shop: Shop) -> None:
    made = shop.call("POST", "addresses", ADDRESS, token=shop.buyer).json["id"]
    for method, suffix, body in (("PUT", "", ADDRESS), ("PUT", "/default", None), ("DELETE", "", None)):
        answers = [
            shop.call(method, f"addresses/{id}{suffix}", body, token=shop.seller) for id in (made, nobodys("address"))
        ]
        assert answers[0].status == answers[1].status == (404 if method == "PUT" else 204)
        if method == "PUT":
            assert {**answers[0].json, "faults": 0} == {**answers[1].json, "faults": 0}
    kept = shop.call("GET", f"addresses/{made}", token=shop.buyer).json
    assert (kept["street"], kept["is_default"]) == (ADDRESS["street"], False)


def test_what_does_not_fit_the_country_is_refused_with_all_faults(shop: Shop) -> None:
    wrong = shop.call("POST", "addresses", {**ADDRESS, "postal_code": "x", "city": ""}, token=shop.buyer)
    assert_problem(wrong, 422, "several")
    assert {fault["field"] for fault in wrong.json["faults"]} == {"city", "postal_code"}
    assert shop.call("GET", "addresses", token=shop.buyer).json["items"] == []


def test_anybody_learns_how_a_country_writes_addresses(shop: Shop) -> None:
    known = shop.call("GET", "countries/PT/address-format").json
    assert known["required"] == ["city", "postal_code", "street"]
    assert_problem(shop.call("GET", "countries/XX/address-format"), 404, "not_found")
