"""Taxes over HTTP: staff say what destinations tax, sellers and buyers speak for themselves, others learn nothing."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.engine.work import SYSTEM
from argosy.platform.auth import tokens
from tests.api.shop import Answer, Shop, assert_problem, nobodys


@pytest.fixture
def staff(shop: Shop) -> str:
    from argosy.contracts.accounts import RegisterUser

    shop.place.do(
        "accounts",
        RegisterUser(email="staff@example.com", password="correct horse battery", roles=("staff", "buyer")),
        SYSTEM,
    )
    credentials = {"email": "staff@example.com", "password": "correct horse battery"}
    return str(shop.call("POST", "sessions", credentials).json["token"])


def seller_of(shop: Shop, token: str) -> str:
    return str(tokens().actor_of(f"Bearer {token}").seller_id)


def user_of(token: str) -> str:
    return tokens().actor_of(f"Bearer {token}").id


def rule(**changes: Any) -> dict[str, Any]:
    return {"country": "PT", "basis_points": 2_300, "is_inclusive": True, **changes}


def preview(shop: Shop, token: str, *amounts: int, **where: Any) -> Answer:
    lines = [
        {"line_no": number, "seller_id": nobodys("seller"), "category": "standard", "amount": amount}
        for number, amount in enumerate(amounts, 1)
    ]
    return shop.call(
        "POST", "taxes/preview", {"country": "PT", "currency": "EUR", "lines": lines, **where}, token=token
    )


def test_staff_set_list_plan_and_end_rules(shop: Shop, staff: str) -> None:
    made = shop.call("POST", "taxes/rules", rule(), token=staff)
    assert made.status == 201
    path = f"taxes/rules/{made.json['id']}"
    other = shop.call("POST", "taxes/rules", rule(category="books", basis_points=600), token=staff).json["id"]
    shop.call("POST", "taxes/rules", rule(basis_points=2_400, valid_from="2099-01-01T00:00:00Z"), token=staff)
    shown = shop.call("GET", path, token=staff).json
    assert (shown["rate"], shown["country"], shown["category"]) == ("23", "PT", "standard")
    assert [(one["basis_points"], one["valid_from"]) for one in shown["versions"]] == [
        (2_300, None),
        (2_400, "2099-01-01T00:00:00Z"),
    ]
    first = shop.call("GET", "taxes/rules?limit=1&country=PT", token=staff).json
    second = shop.call("GET", first["next"].removeprefix("/api/v1/"), token=staff).json
    assert {one["rule_id"] for one in first["items"] + second["items"]} == {made.json["id"], other}
    assert second["next"] is None
    assert shop.call("GET", "taxes/rules?country=FR", token=staff).json == {"items": [], "next": None}
    assert shop.call("POST", f"taxes/rules/{other}/end", {}, token=staff).status == 200
    assert shop.call("GET", f"taxes/rules/{other}", token=staff).json["rate"] is None
    assert_problem(shop.call("GET", f"taxes/rules/{nobodys('rule')}", token=staff), 404, "not_found")
    assert_problem(shop.call("POST", f"taxes/rules/{nobodys('rule')}/end", {}, token=staff), 404, "no_such_tax_rule")
    late = shop.call("POST", "taxes/rules", rule(basis_points=1, valid_from="2020-01-01T00:00:00Z"), token=staff)
    assert_problem(late, 409, "version_is_in_the_past")


def test_staff_see_what_a_destination_would_be_charged_and_why(shop: Shop, staff: str) -> None:
    shop.call("POST", "taxes/rules", rule(), token=staff)
    zone = {"name": "Islands", "places": [{"country": "PT", "postal_prefix": "9"}]}
    assert shop.call("PUT", "taxes/zones/ISLANDS", zone, token=staff).status == 200
    shop.call("POST", "taxes/rules", rule(country="", zone="ISLANDS", basis_points=1_600), token=staff)
    before = shop.written()
    at_home = preview(shop, staff, 12_300).json
    assert at_home["lines"] == [
        {
            "line_no": 1,
            "amount": 2_300,
            "is_inclusive": True,
            "rate": "23",
            "reason": "rule",
            "rule_id": at_home["lines"][0]["rule_id"],
            "category": "standard",
            "place": "PT",
            "collected_by": "seller",
            "explanation": "23 % within the price: standard in PT, rounded halves up per line.",
        }
    ]
    islands = preview(shop, staff, 11_600, postal_code="9000-001").json
    assert (islands["zones"], islands["lines"][0]["amount"], islands["lines"][0]["place"]) == (
        ["ISLANDS"],
        1_600,
        "zone ISLANDS",
    )
    nowhere = preview(shop, staff, 100, country="CH").json["lines"][0]
    assert (nowhere["amount"], nowhere["explanation"]) == (0, "No rule counts there: no tax.")
    assert shop.written() == before, "a preview keeps nothing"
    assert shop.call("GET", "taxes/zones/ISLANDS", token=staff).json["places"] == [
        {"country": "PT", "region": "", "postal_prefix": "9"}
    ]
    assert [zone["code"] for zone in shop.call("GET", "taxes/zones", token=staff).json["items"]] == ["ISLANDS"]
    assert_problem(shop.call("GET", "taxes/zones/NONE", token=staff), 404, "not_found")


def test_a_purchase_is_taxed_by_the_terms_of_its_destination(shop: Shop, staff: str) -> None:
    """The whole way: the buyer's postal code and the seller's registration count."""
    zone = {"name": "Porto", "places": [{"country": "PT", "postal_prefix": "4000"}]}
    shop.call("PUT", "taxes/zones/PORTO", zone, token=staff)
    shop.call(
        "POST", "taxes/rules", rule(country="", zone="PORTO", basis_points=1_000, is_inclusive=False), token=staff
    )
    assert shop.bought("zone")["total_amount"] == 3_299, "2500 + 499, and 10 % of both"
    shop.call("PUT", "taxes/terms", {"country": "PT", "checks_registrations": True}, token=staff)
    assert shop.bought("stranger")["total_amount"] == 2_999
    profile = {"country": "PT", "registrations": [{"zone": "PORTO"}]}
    path = f"taxes/sellers/{seller_of(shop, shop.seller)}"
    assert shop.call("PUT", path, profile, token=shop.seller).status == 200
    assert shop.bought("registered")["total_amount"] == 3_299
    shop.call("PUT", "taxes/terms", {"country": "PT", "reverse_charge": True}, token=staff)
    shop.call("PUT", path, {"country": "ES"}, token=shop.seller)
    assert shop.call("PUT", "taxes/profile", {"vat_id": "PT 501964843"}, token=shop.buyer).status == 204
    assert shop.bought("business")["total_amount"] == 2_999
    terms = shop.call("GET", "taxes/terms?country=PT", token=staff).json["items"]
    assert [(one["country"], one["terms"]["reverse_charge"]) for one in terms] == [("PT", True)]


def test_a_service_that_is_in_use_decides_and_is_asked_outside_of_any_transaction(
    shop: Shop, staff: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = shop.place.runtime.contexts["taxes"]
    monkeypatch.setitem(context.__dict__, "service_names", frozenset({"test"}))
    monkeypatch.setenv("ARGOSY_TEST_TAX_SERVICE_LATENCY_MS", "1")
    shop.place.close()  # A worker knows its services from its beginning.
    shop.call("POST", "taxes/rules", rule(basis_points=1_000, is_inclusive=False), token=staff)
    assert shop.call("PUT", "taxes/terms", {"country": "PT", "service": "test"}, token=staff).status == 200
    assert shop.bought("asked")["total_amount"] == 2_999, "20 % within the price, as the service says"
    monkeypatch.setenv("ARGOSY_TEST_TAX_SERVICE_LOSS", "1")
    shop.place.close()
    assert shop.bought("lost")["total_amount"] == 3_299, "10 % on top, as our own rule says"
    told = shop.place.rows(
        "taxes", "SELECT payload FROM taxes_outbox_events WHERE event_type = 'taxes.TaxQuoted' ORDER BY id"
    )
    assert ['"is_fallback":true' in str(row[0]).replace(" ", "") for row in told] == [False, True]


def test_all_that_is_wrong_is_told_at_once(shop: Shop, staff: str) -> None:
    before = shop.written()
    bad = shop.call("POST", "taxes/rules", rule(country="x", category="A", basis_points=-1), token=staff)
    assert [fault["code"] for fault in assert_problem(bad, 422, "several")["faults"]] == [
        "country_not_readable",
        "category_not_readable",
        "rate_out_of_bounds",
    ]
    typed = shop.call("POST", "taxes/rules", {"country": 1, "basis_points": "1e3"}, token=staff)
    assert [fault["field"] for fault in assert_problem(typed, 422, "invalid_request")["faults"]] == [
        "country",
        "basis_points",
        "is_inclusive",
    ]
    asked = preview(shop, staff, -1, country="x", currency="EURO")
    assert [fault["code"] for fault in assert_problem(asked, 422, "several")["faults"]] == [
        "unknown_currency",
        "country_not_readable",
        "amount_out_of_bounds",
    ]
    vat = shop.call("PUT", "taxes/profile", {"vat_id": "DE136695977"}, token=shop.buyer)
    assert assert_problem(vat, 422, "vat_id_not_readable")["faults"][0]["reason"] == "checksum"
    for value in ("1_000", 1.5, True, None, 2**63, "NaN"):
        assert shop.call("POST", "taxes/rules", rule(basis_points=value), token=staff).status == 422
    assert shop.written() == before


def test_strangers_are_answered_as_for_what_does_not_exist(shop: Shop, staff: str) -> None:
    seller_id = seller_of(shop, shop.seller)
    profile = {"country": "PT", "vat_id": "PT501964843"}
    shop.call("PUT", f"taxes/sellers/{seller_id}", profile, token=shop.seller)
    rival = shop.person()
    shop.call("POST", "stores", {"store_name": "Rival"}, token=rival)
    for method, body in (("GET", None), ("PUT", {"country": "ES"})):
        theirs = shop.call(method, f"taxes/sellers/{seller_id}", body, token=rival)
        nobody = shop.call(method, f"taxes/sellers/{nobodys('seller')}", body, token=rival)
        assert (theirs.status, theirs.body) == (nobody.status, nobody.body)
        assert theirs.status == 404
    assert shop.call("GET", f"taxes/sellers/{seller_id}", token=shop.seller).json["vat_id"] == "PT501964843"
    assert shop.call("GET", f"taxes/sellers/{seller_id}", token=staff).json["country"] == "PT"


def test_exemptions_are_granted_and_ended_by_staff_and_seen_by_their_buyer(shop: Shop, staff: str) -> None:
    buyer_id = user_of(shop.buyer)
    path = f"taxes/buyers/{buyer_id}/exemptions"
    body = {"country": "PT", "certificate": "C-1"}
    assert_problem(shop.call("POST", path, body, token=shop.buyer), 403, "staff_only")
    made = shop.call("POST", path, body, token=staff)
    assert made.status == 201
    mine = shop.call("GET", "taxes/profile", token=shop.buyer).json
    assert [(one["id"], one["certificate"]) for one in mine["exemptions"]] == [(made.json["id"], "C-1")]
    assert shop.call("GET", f"taxes/buyers/{buyer_id}", token=staff).json == mine
    assert shop.call("POST", f"{path}/{made.json['id']}/end", {}, token=staff).status == 204
    assert shop.call("GET", "taxes/profile", token=shop.buyer).json["exemptions"] == []
    assert_problem(shop.call("POST", f"{path}/{made.json['id']}/end", {}, token=staff), 404, "no_such_exemption")


def test_an_order_tells_for_good_how_it_was_taxed(shop: Shop, staff: str) -> None:
    by_order = {"country": "PT", "rounding": "order", "rounding_mode": "down", "is_facilitator": True}
    assert shop.call("PUT", "taxes/terms", by_order, token=staff).status == 200
    made = shop.call("POST", "taxes/rules", rule(), token=staff).json["id"]
    shop.call("POST", "taxes/rules", rule(category="delivery", basis_points=600), token=staff)
    (order_id,) = shop.bought()["order_ids"]
    told = shop.call("GET", f"orders/{order_id}/explain", token=shop.buyer)
    (line,) = told.json["lines"]
    assert (line["tax"]["rule_id"], line["tax"]["reason"], line["tax"]["collected_by"]) == (made, "rule", "platform")
    assert (line["delivery"]["tax"]["basis_points"], line["delivery"]["tax"]["taxed_amount"]) == (600, 499)
    assert "one rule at once" in told.json["rounding"] and "down" in told.json["rounding"]
    shop.call("POST", f"taxes/rules/{made}/end", {}, token=staff)
    assert shop.call("GET", f"orders/{order_id}/explain", token=shop.buyer).body == told.body
