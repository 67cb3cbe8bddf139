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


def test_delivery_is_free_from_a_threshold_on_and_who_pays_is_told(shop: Shop) -> None:
    promote(shop, effect="free_delivery", basis_points=0, min_amount=5_000, currency="EUR")
    assert asked(shop)["shipping_amount"] == 499
    two = [shop.line(quantity=2)]
    quote = asked(shop, lines=two)
    assert (quote["shipping_amount"], quote["shipping_discount_amount"], quote["total_amount"]) == (0, 499, 5_000)
    (told,) = quote["discounts"]
    assert (told["amount"], told["of_delivery"], told["line_no"]) == (499, True, 1)
    assert told["explanation"] == "Deal: delivery is free, 5000 of goods reach 5000; paid by seller"
    for key, more in {"quoted": {"quote_id": quote["quote_id"]}, "alone": {}}.items():
        ended = shop.bought(key, lines=two, **more)
        assert (ended["status"], ended["total_amount"]) == ("COMPLETED", 5_000)
        explained = shop.call("GET", f"orders/{ended['order_ids'][0]}/explain", token=shop.buyer).json
        (paid,) = explained["lines"][0]["delivery"]["discounts"]
        assert (paid["amount"], explained["delivery_amount"], explained["discount_amount"]) == (499, 0, 0)
        assert [(one["amount"]) for one in explained["funding"]] == [499]


def test_the_platform_pays_the_seller_for_delivery_that_it_gives(shop: Shop) -> None:
    body = {"name": "Free", "terms": {"effect": "free_delivery"}, "ends_at": UNTIL}
    assert shop.call("POST", "promotions", body, token=everyone(shop)["staff"]).status == 201
    assert shop.bought()["total_amount"] == 2_500
    shares = str(shop.place.rows("payments", "SELECT shares FROM payment_intents")).replace(" ", "")
    assert '"shipping_amount":0' in shares
    assert '"subsidy_amount":499' in shares


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
    assert [kind for (kind,) in log if kind.endswith("StaffActed")] == ["messages.StaffActed"]
