"""Limited promotions and conditions on buyers over HTTP, from the making to the purchase."""

from __future__ import annotations

from typing import Any

from tests.api.shop import ADDRESS, Shop, assert_problem
from tests.api.test_endpoints import everyone
from tests.api.test_quotes import asked

UNTIL = "2999-01-01T00:00:00Z"


def promote(shop: Shop, **terms: Any) -> None:
    body = {"name": "Deal", "terms": {"effect": "percentage", "basis_points": 5_000, **terms}, "ends_at": UNTIL}
    made = shop.call("POST", "promotions", body, token=shop.seller)
    assert made.status == 201, made


def test_a_flash_deal_sells_its_units_and_ends(shop: Shop) -> None:
    promote(shop, units_max=3)
    two, one = [shop.line(quantity=2)], [shop.line()]
    quote, late = asked(shop, lines=two), asked(shop, lines=two, country="ES")
    assert (quote["discount_amount"], late["discount_amount"]) == (2_500, 2_500)
    explained = quote["discounts"][0]["explanation"]
    assert explained == "Deal: 50.00 % on 2 pieces of 5000 is 2500; 2500 on 5000; paid by seller"
    ended = shop.bought(lines=two, quote_id=quote["quote_id"])
    assert (ended["status"], ended["total_amount"]) == ("COMPLETED", 2_999)
    refused = shop.bought("late", lines=two, quote_id=late["quote_id"], address={**ADDRESS, "country": "ES"})
    assert refused["failure"]["code"] == "price_changed"
    assert [fault["reason"] for fault in refused["failure"]["details"]["codes"]] == ["sold_out"]
    last = shop.bought("last", lines=one)
    assert (last["status"], last["total_amount"]) == ("COMPLETED", 1_749)
    assert shop.place.rows("promotions", "SELECT count(*) FROM promotions") == [(0,)]
    after = shop.bought("after", lines=one)
    assert (after["status"], after["total_amount"]) == ("COMPLETED", 2_999)


def test_a_declined_payment_gives_the_units_back(shop: Shop) -> None:
    promote(shop, units_max=1)
    failed = shop.bought("no", payment_source="declined")
    assert failed["status"] == "FAILED", failed
    assert shop.place.rows("promotions", "SELECT units_reserved, units_sold FROM promotions") == [(0, 0)]
    assert shop.bought("yes")["total_amount"] == 1_749


def test_a_first_order_is_cheaper_once(shop: Shop) -> None:
    promote(shop, is_first_order=True)
    assert shop.bought("one")["total_amount"] == 1_749
    assert shop.bought("two")["total_amount"] == 2_999
    assert shop.bought("three", token=shop.person())["total_amount"] == 1_749


def test_staff_put_buyers_into_groups_and_that_is_on_record(shop: Shop) -> None:
    staff = everyone(shop)["staff"]
    promote(shop, buyer_group="vip")
    buyer_id = shop.call("GET", "users/me", token=shop.buyer).json["user_id"]
    path = f"promotions/buyers/{buyer_id}/groups"
    assert_problem(shop.call("PUT", path, {"groups": ["vip"]}, token=shop.seller), 403, "staff_only")
    assert_problem(shop.call("PUT", path, {"groups": ["V I P"]}, token=staff), 422, "buyer_groups_malformed")
    assert asked(shop)["discount_amount"] == 0
    assert shop.call("PUT", path, {"groups": ["vip"]}, token=staff).status == 200
    assert asked(shop, country="ES")["discount_amount"] == 1_250
    log = shop.place.rows("promotions", "SELECT event_type FROM coupons_outbox_events")
    assert [kind for (kind,) in log if kind.endswith("OperatorActed")] == ["messages.OperatorActed"]
