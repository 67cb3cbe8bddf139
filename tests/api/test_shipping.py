"""Shipping over HTTP: sellers keep their templates, buyers see several methods, and a choice is checked again."""

from __future__ import annotations

from typing import Any

from argosy.contracts.accounts import RegisterUser
from argosy.engine.work import SYSTEM
from argosy.platform.auth import tokens
from tests.api.shop import PASSWORD, Shop, assert_problem, nobodys


def staff_of(shop: Shop) -> str:
    shop.place.do("accounts", RegisterUser(email="staff@example.com", password=PASSWORD, roles=("staff",)), SYSTEM)
    return str(shop.call("POST", "sessions", {"email": "staff@example.com", "password": PASSWORD}).json["token"])


def seller_id(token: str) -> str:
    return tokens().actor_of(f"Bearer {token}").seller_id


def template(**changes: Any) -> dict[str, Any]:
    return {"method": "express", "currency": "EUR", "base_amount": 900, "days_min": 1, "days_max": 2, **changes}


def offered(shop: Shop, **changes: Any) -> Any:
    line = {"line_no": 1, "seller_id": seller_id(shop.seller), "quantity": 1, "amount": 2_500, "weight_grams": 100}
    return shop.call("POST", "shipping/offers", {"country": "PT", "currency": "EUR", "lines": [line], **changes})


def test_a_buyer_sees_several_methods_and_pays_for_the_one_that_they_choose(shop: Shop) -> None:
    bands = [{"up_to_grams": 99, "amount": 100}, {"up_to_grams": 500, "amount": 250}]
    assert shop.call("POST", "shipping/rates", template(bands=bands), token=shop.seller).status == 201
    (found,) = offered(shop).json["sellers"]
    assert [(one["method"], one["amount"], one["days_max"]) for one in found["methods"]] == [
        ("standard", 499, 10),
        ("express", 1_150, 2),
    ]
    assert all(one["arrives_from"] <= one["arrives_to"] for one in found["methods"])
    for method, total in (("standard", 2_999), ("express", 3_650)):
        ended = shop.bought(method, lines=[shop.line(shipping_method=method)], expected_total=total)
        assert (ended["status"], ended["total_amount"]) == ("COMPLETED", total)


def test_a_choice_is_checked_again_at_the_checkout(shop: Shop) -> None:
    shop.call("POST", "shipping/rates", template(countries=["ES"]), token=shop.seller)
    forbidden = {"reason": "Fragile", "categories": ["home"], "places": [{"country": "PT"}]}
    shop.call("POST", "shipping/rates", template(method="drone", restrictions=[forbidden]), token=shop.seller)
    (found,) = offered(shop).json["sellers"]
    # Whoever asks says what goods they are; whoever buys is believed nothing.
    assert [one["method"] for one in found["methods"]] == ["standard", "drone"]
    reasons = {}
    for method in ("express", "drone", "nothing"):
        ended = shop.bought(method, lines=[shop.line(shipping_method=method)])
        assert ended["status"] == "FAILED"
        assert ended["failure"]["code"] == "no_delivery"
        reasons[method] = ended["failure"]["details"]["lines"][0]["reason"]
    assert reasons == {"express": "not_to_this_country", "drone": "restricted", "nothing": "no_rate"}


def test_a_seller_lists_changes_and_ends_their_templates(shop: Shop) -> None:
    made = shop.call("POST", "shipping/rates", template(label="Tomorrow"), token=shop.seller).json["id"]
    shown = shop.call("GET", f"shipping/rates/{made}", token=shop.seller).json
    assert (shown["label"], shown["base_amount"], shown["seller_id"]) == ("Tomorrow", 900, seller_id(shop.seller))
    first = shop.call("GET", "shipping/rates?limit=1", token=shop.seller).json
    second = shop.call("GET", first["next"].removeprefix("/api/v1/"), token=shop.seller).json
    assert {one["method"] for one in first["items"] + second["items"]} == {"standard", "express"}
    assert second["next"] is None
    assert shop.call("POST", "shipping/rates", template(base_amount=1), token=shop.seller).json["id"] == made
    assert shop.call("GET", f"shipping/rates/{made}", token=shop.seller).json["base_amount"] == 1
    assert shop.call("DELETE", f"shipping/rates/{made}", token=shop.seller).status == 204
    assert shop.call("DELETE", f"shipping/rates/{made}", token=shop.seller).status == 204
    assert_problem(shop.call("GET", f"shipping/rates/{made}", token=shop.seller), 404, "not_found")
    assert [one["method"] for one in offered(shop).json["sellers"][0]["methods"]] == ["standard"]


def test_a_policy_dates_quotes_and_offers(shop: Shop) -> None:
    policy = {"timezone": "Europe/Lisbon", "handling_days": 1, "workdays": [1, 2, 3], "holidays": ["2026-12-25"]}
    assert shop.call("PUT", "shipping/policy", policy, token=shop.seller).status == 200
    shown = shop.call("GET", "shipping/policy", token=shop.seller).json
    assert (shown["timezone"], shown["workdays"], shown["is_said"]) == ("Europe/Lisbon", [1, 2, 3], True)
    assert shop.bought()["status"] == "COMPLETED"
    ((payload,),) = shop.place.rows(
        "shipping", "SELECT payload FROM shipping_outbox_events WHERE event_type = 'shipping.ShippingQuoted'"
    )
    assert "arrives_from" in str(payload)


def test_strangers_are_answered_as_for_what_does_not_exist(shop: Shop) -> None:
    mine = shop.call("POST", "shipping/rates", template(), token=shop.seller).json["id"]
    rival = shop.person()
    shop.call("POST", "stores", {"store_name": "Rival"}, token=rival)
    before = shop.written()
    for method in ("GET", "DELETE"):
        theirs = shop.call(method, f"shipping/rates/{mine}", token=rival)
        nobody = shop.call(method, f"shipping/rates/{nobodys('rate')}", token=rival)
        assert theirs.body.decode().replace(mine, "X") == nobody.body.decode().replace(nobodys("rate"), "X")
        assert theirs.status == 404
    named = f"shipping/rates?seller_id={seller_id(shop.seller)}"
    assert shop.call("GET", named, token=rival).json == {"items": [], "next": None}
    assert shop.call("GET", f"shipping/policy?seller_id={seller_id(shop.seller)}", token=rival).json["is_said"] is False
    assert_problem(shop.call("GET", "shipping/rates", token=shop.buyer), 403, "sellers_only")
    assert shop.written() == before
    staff = staff_of(shop)
    assert {one["method"] for one in shop.call("GET", named, token=staff).json["items"]} == {"standard", "express"}
    assert shop.call("GET", "shipping/rates", token=staff).json["items"] == [], "the platform has none yet"
    assert shop.call("DELETE", f"shipping/rates/{mine}", token=staff).status == 204


def test_all_that_is_wrong_is_told_at_once(shop: Shop) -> None:
    before = shop.written()
    wrong = template(method="A", bands=[{"up_to_grams": 0, "amount": -1}], volumetric_divisor=-1)
    answer = shop.call("POST", "shipping/rates", wrong, token=shop.seller)
    assert [fault["code"] for fault in assert_problem(answer, 422, "several")["faults"]] == [
        "method_not_readable",
        "bands_not_readable",
        "amount_out_of_bounds",
        "divisor_out_of_bounds",
    ]
    answer = shop.call("PUT", "shipping/policy", {"timezone": "../x", "workdays": [8]}, token=shop.seller)
    assert [fault["field"] for fault in assert_problem(answer, 422, "several")["faults"]] == ["timezone", "workdays"]
    line = {"line_no": 1, "seller_id": nobodys("seller"), "quantity": 0, "amount": -1, "weight_grams": -1}
    answer = offered(shop, country="x", currency="EURO", lines=[line])
    assert [fault["code"] for fault in assert_problem(answer, 422, "several")["faults"]] == [
        "unknown_currency",
        "country_not_readable",
        "quantity_out_of_bounds",
        "amount_out_of_bounds",
        "weight_out_of_bounds",
    ]
    for value in ("1_000", 1.5, True, None, 2**63, "NaN"):
        assert shop.call("POST", "shipping/rates", template(base_amount=value), token=shop.seller).status == 422
    assert shop.written() == before
