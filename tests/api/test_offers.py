"""Free-delivery coupons, limits of every effect, and disabling, over HTTP from the making to the purchase."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.shop import ADDRESS, Shop, assert_problem, nobodys
from tests.api.test_endpoints import everyone
from tests.api.test_flash_deals import UNTIL, promote
from tests.api.test_quotes import asked

FREE = {"code": "BRING", "basis_points": 0, "terms": {"is_free_delivery": True}}


def free_coupon(shop: Shop, token: str, **changed: Any) -> None:
    terms = {**FREE["terms"], **changed.pop("terms", {})}  # type: ignore[dict-item]
    made = shop.call("POST", "coupons", {**FREE, "terms": terms, **changed}, token=token)
    assert made.status == 201, made


def test_a_coupon_brings_the_goods_for_nothing_once_and_who_pays_is_told(shop: Shop) -> None:
    free_coupon(shop, everyone(shop)["staff"], max_uses=1)
    assert asked(shop)["shipping_amount"] == 499
    quote = asked(shop, coupons=["BRING"], country="ES")
    assert (quote["shipping_amount"], quote["shipping_discount_amount"], quote["total_amount"]) == (0, 499, 2_500)
    (told,) = quote["discounts"]
    assert told["explanation"] == "BRING: delivery is free, 2500 of goods reach 0; paid by platform"
    ended = shop.bought("one", coupons=["BRING"])
    assert (ended["status"], ended["total_amount"]) == ("COMPLETED", 2_500)
    explained = shop.call("GET", f"orders/{ended['order_ids'][0]}/explain", token=shop.buyer).json
    (paid,) = explained["lines"][0]["delivery"]["discounts"]
    assert (paid["amount"], paid["code"], explained["discount_amount"]) == (499, "BRING", 0)
    assert '"subsidy_amount":499' in str(shop.place.rows("payments", "SELECT shares FROM payment_intents")).replace(
        " ", ""
    )
    late = shop.bought("late", coupons=["BRING"], quote_id=quote["quote_id"], address={**ADDRESS, "country": "ES"})
    assert late["failure"]["code"] == "price_changed"
    assert late["failure"]["details"]["codes"] == [{"code": "BRING", "reason": "used_up"}]
    uses = shop.place.rows("promotions", "SELECT uses_reserved, uses_consumed FROM coupons")
    assert uses == [(0, 1)]


def test_a_bounded_one_pays_its_part_and_the_buyer_the_rest(shop: Shop) -> None:
    free_coupon(shop, shop.seller, terms={"cap_amount": 300, "min_amount": 5_000, "currency": "EUR"})
    below = shop.bought("below", coupons=["BRING"])
    assert below["failure"]["details"]["codes"] == [{"code": "BRING", "reason": "below_minimum", "minimum": 5_000}]
    two = [shop.line(quantity=2)]
    quote = asked(shop, lines=two, coupons=["BRING"])
    assert (quote["shipping_amount"], quote["shipping_discount_amount"], quote["total_amount"]) == (199, 300, 5_199)
    for key, more in {"quoted": {"quote_id": quote["quote_id"]}, "alone": {}}.items():
        ended = shop.bought(key, lines=two, coupons=["BRING"], **more)
        assert (ended["status"], ended["total_amount"]) == ("COMPLETED", 5_199)


def test_a_failed_payment_gives_the_free_delivery_back(shop: Shop) -> None:
    free_coupon(shop, shop.seller, max_uses=1)
    assert shop.bought("no", coupons=["BRING"], payment_source="declined")["status"] == "FAILED"
    assert shop.bought("yes", coupons=["BRING"])["total_amount"] == 2_500


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"basis_points": 15_000}, "percentage_out_of_range"),
        ({"basis_points": -1}, "percentage_out_of_range"),
        ({"basis_points": 0, "terms": {"amount": -5, "currency": "EUR"}}, "amount_out_of_range"),
        ({"basis_points": 0, "terms": {"amount": 2**53, "currency": "EUR"}}, "not_valid"),
        ({"basis_points": 0, "terms": {"amount": 5, "currency": "XXX"}}, "unknown_currency"),
        ({"basis_points": 5, "terms": {"cap_amount": 5}}, "amount_out_of_range"),
        (
            {"basis_points": 0, "terms": {"is_free_delivery": True, "cap_amount": -1, "currency": "EUR"}},
            "amount_out_of_range",
        ),
        ({"basis_points": 5, "terms": {"is_free_delivery": True}}, "amount_out_of_range"),
    ],
)
def test_coupons_that_would_take_more_than_there_is_are_refused(shop: Shop, body: dict[str, Any], code: str) -> None:
    refused = shop.call("POST", "coupons", {"code": "WILD", **body}, token=shop.seller)
    assert refused.status == 422, refused
    found = {refused.json["code"], *(fault["code"] for fault in refused.json.get("faults", []))}
    assert code in found, refused
    assert shop.place.rows("promotions", "SELECT count(*) FROM coupons") == [(0,)]


@pytest.mark.parametrize(
    "terms",
    [
        {"basis_points": 15_000},
        {"effect": "fixed", "basis_points": 0, "amount": -1, "currency": "EUR"},
        {"effect": "fixed", "basis_points": 0, "amount": 2**53, "currency": "EUR"},
        {"effect": "tiered", "basis_points": 0, "currency": "EUR", "tiers": [{"from_amount": -1, "basis_points": 1}]},
        {"units_per_buyer": -1},
        {"max_uses_per_buyer": 2**40},
    ],
)
def test_promotions_that_would_take_more_than_there_is_are_refused(shop: Shop, terms: dict[str, Any]) -> None:
    body = {"name": "Wild", "terms": {"effect": "percentage", "basis_points": 5, **terms}, "ends_at": UNTIL}
    assert shop.call("POST", "promotions", body, token=shop.seller).status == 422
    assert shop.call("POST", "promotions", {**body, "funded_by": "platform"}, token=shop.seller).status == 422
    assert shop.place.rows("promotions", "SELECT count(*) FROM promotions") == [(0,)]


def test_what_is_of_another_currency_takes_nothing_off(shop: Shop) -> None:
    promote(shop, effect="fixed", basis_points=0, amount=500, currency="USD")
    coupon = {"code": "DOLLARS", "basis_points": 0, "terms": {"amount": 500, "currency": "USD"}}
    assert shop.call("POST", "coupons", coupon, token=shop.seller).status == 201
    assert asked(shop)["discount_amount"] == 0
    refused = shop.bought(coupons=["DOLLARS"])
    assert refused["failure"]["details"]["codes"] == [{"code": "DOLLARS", "reason": "other_currency"}]


def test_a_fixed_deal_sells_its_units_and_each_buyer_has_their_own(shop: Shop) -> None:
    promote(shop, effect="fixed", basis_points=0, amount=1_000, currency="EUR", units_max=3, units_per_buyer=2)
    two = [shop.line(quantity=2)]
    assert shop.bought("one", lines=two)["total_amount"] == 4_499
    assert shop.bought("two", lines=two)["total_amount"] == 5_499
    other = shop.person()
    assert shop.bought("three", lines=two, token=other)["total_amount"] == 4_499
    assert shop.place.rows("promotions", "SELECT count(*) FROM promotions") == [(0,)]


def test_of_two_first_orders_at_once_one_is_cheaper_by_whichever_promotion(shop: Shop) -> None:
    for name in ("One", "Two"):
        terms = {"effect": "percentage", "basis_points": 1_000, "is_first_order": True}
        body = {"name": name, "terms": terms, "ends_at": UNTIL}
        assert shop.call("POST", "promotions", body, token=shop.seller).status == 201
    first, second = asked(shop), asked(shop, country="ES")
    assert first["discount_amount"] == second["discount_amount"] == 475
    assert shop.bought("one", quote_id=first["quote_id"])["status"] == "COMPLETED"
    refused = shop.bought("two", quote_id=second["quote_id"], address={**ADDRESS, "country": "ES"})
    assert refused["failure"]["code"] == "price_changed"


def test_a_campaign_is_disabled_at_once_and_what_was_held_before_is_bought(shop: Shop) -> None:
    body = {"name": "Spring", "count": 3, "basis_points": 1_000}
    campaign = shop.call("POST", "coupon-campaigns", body, token=shop.seller).json["id"]
    shop.drain()
    path = f"coupon-campaigns/{campaign}"
    codes = [one["code"] for one in shop.call("GET", f"{path}/coupons", token=shop.seller).json["items"]]
    quote = asked(shop, coupons=[codes[0]])
    stranger = shop.person()
    shop.call("POST", "stores", {"store_name": "Other"}, token=stranger)
    unseen = shop.call("POST", f"coupon-campaigns/{nobodys('campaign')}/disable", token=stranger)
    seen = shop.call("POST", f"{path}/disable", token=stranger)
    assert_problem(unseen, 404, "no_such_campaign")
    assert seen.body.replace(campaign.encode(), b"") == unseen.body.replace(nobodys("campaign").encode(), b"")
    assert shop.call("POST", f"{path}/disable", token=everyone(shop)["staff"]).status == 200
    assert shop.call("POST", f"{path}/disable", token=shop.seller).status == 200
    shown = shop.call("GET", path, token=shop.seller).json
    assert (shown["status"], shown["made"]) == ("DISABLED", 3)
    listed = shop.call("GET", f"{path}/coupons", token=shop.seller).json["items"]
    assert {one["status"] for one in listed} == {"DISABLED"}
    told = shop.bought("quoted", coupons=[codes[0]], quote_id=quote["quote_id"])
    assert told["failure"]["code"] == "price_changed", "the buyer is told before money moves"
    refused = shop.bought("anew", coupons=[codes[1]])
    assert refused["failure"]["details"]["codes"] == [{"code": codes[1], "reason": "disabled"}]
    log = [kind for (kind,) in shop.place.rows("promotions", "SELECT event_type FROM coupons_outbox_events")]
    assert log.count("promotions.CouponCampaignDisabled") == 1
    assert log.count("messages.StaffActed") == 1, "what staff did is on record"


def test_many_coupons_are_disabled_at_once_by_whose_they_are(shop: Shop) -> None:
    for code in ("ONE", "TWO"):
        made = shop.call("POST", "coupons", {"code": code, "basis_points": 1_000}, token=shop.seller)
        assert made.status == 201
    refused = shop.call("POST", "coupons/disable", {"codes": ["ONE", "NONE"]}, token=shop.seller)
    assert_problem(refused, 404, "no_such_coupon")
    assert refused.json["faults"][0]["codes"] == ["NONE"], "and no other code was disabled"
    assert_problem(shop.call("POST", "coupons/disable", {"codes": []}, token=shop.seller), 422, "codes_out_of_range")
    assert shop.call("POST", "coupons/disable", {"codes": ["one", "two"]}, token=shop.seller).status == 204
    faults = shop.bought(coupons=["ONE", "TWO"])["failure"]["details"]["codes"]
    assert [(one["code"], one["reason"]) for one in faults] == [("ONE", "disabled"), ("TWO", "disabled")]


def test_a_promotion_that_is_ended_counts_for_no_quote_but_for_those_that_stand(shop: Shop) -> None:
    body = {"name": "Sale", "terms": {"effect": "percentage", "basis_points": 1_000}, "ends_at": UNTIL}
    sale = shop.call("POST", "promotions", body, token=shop.seller).json["id"]
    quote = asked(shop)
    assert shop.call("POST", f"promotions/{sale}/end", token=everyone(shop)["staff"]).status == 200
    assert asked(shop, country="ES")["discount_amount"] == 0
    kept = shop.bought("quoted", quote_id=quote["quote_id"])
    assert (kept["status"], kept["total_amount"]) == ("COMPLETED", 2_749)
    assert shop.bought("anew")["total_amount"] == 2_999
