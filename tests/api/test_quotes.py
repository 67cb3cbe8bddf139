"""Quotes over HTTP: seen before anything is bought, waited for, taken over, nobody else's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.shop import ADDRESS, Shop, assert_problem, nobodys
from tests.api.test_endpoints import everyone


def asked(shop: Shop, *, token: str = "", **changes: Any) -> dict[str, Any]:
    """A quote as it is once it was worked off."""
    token = token or shop.buyer
    body = {"lines": [shop.line()], "country": "PT", "postal_code": ADDRESS["postal_code"], **changes}
    answer = shop.call("POST", "quotes", body, token=token)
    assert (answer.status, answer.json["status"]) == (202, "PRICING"), answer
    assert answer.headers["location"] == f"/api/v1/quotes/{answer.json['quote_id']}"
    assert 'rel="wait"' in answer.headers["link"]
    pricing = shop.call("GET", f"quotes/{answer.json['quote_id']}", token=token)
    assert (pricing.json["status"], pricing.json["is_final"], pricing.json["lines"]) == ("PRICING", False, [])
    shop.drain()
    found: dict[str, Any] = shop.call("GET", f"quotes/{answer.json['quote_id']}", token=token).json
    return found


def staff_coupon(shop: Shop, code: str, basis_points: int = 1_000, **terms: Any) -> None:
    made = shop.call("POST", "coupons", {"code": code, "basis_points": basis_points, **terms}, token=shop.seller)
    assert made.status == 201, made


def test_a_quote_tells_the_whole_price_and_a_checkout_takes_it_over(shop: Shop) -> None:
    staff_coupon(shop, "TEN", max_uses=1)
    quote = asked(shop, coupons=["TEN"])
    assert (quote["status"], quote["currency"], quote["failure"]) == ("READY", "EUR", None)
    assert (quote["goods_amount"], quote["discount_amount"], quote["shipping_amount"]) == (2_500, 250, 499)
    assert (
        quote["total_amount"]
        == 2_749
        == sum(line["total_amount"] + line["shipping_amount"] + line["shipping_tax_on_top"] for line in quote["lines"])
    )
    (discount,) = quote["discounts"]
    assert (discount["code"], discount["amount"]) == ("TEN", 250)
    assert discount["explanation"] == "TEN: 10.00 % of 2500 is 250; 250 on 2500; paid by seller"
    held = shop.place.rows("promotions", "SELECT uses_reserved, uses_consumed FROM coupons")
    assert held == [(0, 0)], "a quote holds nothing"
    ended = shop.bought(quote_id=quote["quote_id"], coupons=["TEN"], expected_total=2_749)
    assert (ended["status"], ended["total_amount"]) == ("COMPLETED", 2_749)
    assert "lines" not in ended["steps"] and "tax" not in ended["steps"]
    order = shop.call("GET", f"orders/{ended['order_ids'][0]}", token=shop.buyer).json
    assert order["total_amount"] == 2_749
    assert shop.place.rows("promotions", "SELECT uses_reserved, uses_consumed FROM coupons") == [(0, 1)]


def test_a_coupon_of_a_fixed_amount_counts_from_its_minimum_on_in_its_currency(shop: Shop) -> None:
    staff_coupon(shop, "FIVE", 0, terms={"amount": 501, "currency": "EUR", "min_amount": 2_501})
    staff_coupon(shop, "DOLLARS", 0, terms={"amount": 500, "currency": "USD"})
    nonsense = {"code": "X", "basis_points": 5, "terms": {"amount": -1, "cap_amount": 1}}
    refused = shop.call("POST", "coupons", nonsense, token=shop.seller)
    assert (refused.status, refused.json["code"]) == (422, "several"), refused
    assert asked(shop, coupons=["FIVE", "DOLLARS"])["failure"]["details"]["codes"] == [
        {"code": "DOLLARS", "reason": "other_currency"},
        {"code": "FIVE", "reason": "below_minimum", "minimum": 2_501},
    ]
    two = [shop.line(quantity=2)]
    quote = asked(shop, lines=two, coupons=["FIVE"])
    assert (quote["discount_amount"], quote["total_amount"]) == (501, 4_998)
    assert quote["discounts"][0]["explanation"] == "FIVE: 501 off of 5000 is 501; 501 on 5000; paid by seller"
    ended = shop.bought(lines=two, quote_id=quote["quote_id"], coupons=["FIVE"])
    assert (ended["status"], ended["total_amount"]) == ("COMPLETED", 4_998)


def test_a_selected_coupon_comes_after_the_stores_and_before_the_platforms(shop: Shop) -> None:
    staff = everyone(shop)["staff"]
    staff_coupon(shop, "STORE", 5_000)
    for code, terms in {"ALL": {}, "THESE": {"product_ids": [shop.product_id]}}.items():
        made = shop.call("POST", "coupons", {"code": code, "basis_points": 5_000, "terms": terms}, token=staff)
        assert made.status == 201, made
    quote = asked(shop, coupons=["ALL", "THESE", "STORE"])
    assert [(one["code"], one["amount"]) for one in quote["discounts"]] == [
        ("STORE", 1_250),
        ("THESE", 625),
        ("ALL", 313),
    ]


def test_a_promotion_is_tried_then_counts_in_quotes_and_checkouts_until_it_ends(shop: Shop) -> None:
    body = {"name": "Two for one", "terms": {"effect": "buy_x_get_y", "buy": 1, "get": 1, "basis_points": 10_000}}
    (seller_id,) = [row[0] for row in shop.place.rows("products", "SELECT seller_id FROM products")]
    line = {
        "line_no": 1,
        "seller_id": seller_id,
        "product_id": shop.product_id,
        "category": "home",
        "quantity": 2,
        "amount": 5_000,
    }
    tried = shop.call("POST", "promotions/simulate", {**body, "currency": "EUR", "lines": [line]}, token=shop.seller)
    assert (tried.status, tried.json["total_amount"]) == (200, 2_500), tried
    assert asked(shop, lines=[shop.line(quantity=2)])["discount_amount"] == 0
    made = shop.call("POST", "promotions", {**body, "ends_at": "2999-01-01T00:00:00Z"}, token=shop.seller)
    assert made.status == 201, made
    quote = asked(shop, lines=[shop.line(quantity=2)], country="ES")
    assert (quote["discount_amount"], quote["total_amount"]) == (2_500, 2_999)
    assert quote["discounts"][0]["rule_id"] == made.json["id"]
    without_a_quote = shop.bought(lines=[shop.line(quantity=2)])
    assert (without_a_quote["status"], without_a_quote["total_amount"]) == ("COMPLETED", 2_999)
    end = f"promotions/{made.json['id']}/end"
    stranger = shop.call("POST", end, token=other_seller(shop))
    assert_problem(stranger, 404, "no_such_promotion")
    assert shop.call("POST", end, token=shop.seller).status == 200
    assert asked(shop, lines=[shop.line(quantity=2)], country="FR")["discount_amount"] == 0
    kept = shop.bought(
        "two", lines=[shop.line(quantity=2)], quote_id=quote["quote_id"], address={**ADDRESS, "country": "ES"}
    )
    assert (kept["status"], kept["total_amount"]) == ("COMPLETED", 2_999)


def other_seller(shop: Shop) -> str:
    token = shop.person()
    shop.call("POST", "stores", {"store_name": "Other"}, token=token)
    return token


def test_the_cart_is_quoted(shop: Shop) -> None:
    shop.call("POST", "carts/mine/lines", shop.line(quantity=2), token=shop.buyer)
    quote = asked(shop, lines=[])
    assert (quote["status"], quote["total_amount"]) == ("READY", 5_499)
    other = asked(shop, lines=[], token=shop.person())
    assert (other["status"], other["failure"]["code"]) == ("FAILED", "cart_is_empty")


def test_a_changed_price_does_not_change_a_quote(shop: Shop) -> None:
    quote = asked(shop)
    path = f"products/{shop.product_id}/variants/{shop.variant_id}/prices"
    assert shop.call("POST", path, {"amount": 9_999, "currency": "EUR"}, token=shop.seller).status < 300
    shop.drain()
    ended = shop.bought(quote_id=quote["quote_id"])
    assert (ended["status"], ended["total_amount"]) == ("COMPLETED", 2_999)


def test_a_coupon_that_is_used_up_meanwhile_ends_it_before_money_moves(shop: Shop) -> None:
    staff_coupon(shop, "ONCE", max_uses=1)
    quote = asked(shop, coupons=["ONCE"])
    other = shop.person()
    assert shop.bought(coupons=["ONCE"], token=other)["status"] == "COMPLETED"
    ended = shop.bought(quote_id=quote["quote_id"], coupons=["ONCE"])
    assert (ended["status"], ended["is_undone"]) == ("FAILED", True)
    assert ended["failure"] == {"code": "price_changed", "details": {"codes": [{"code": "ONCE", "reason": "used_up"}]}}
    assert shop.place.rows("payments", "SELECT count(*) FROM payment_intents")[0][0] == 1
    assert shop.place.rows("orders", "SELECT count(*) FROM orders")[0][0] == 1


def test_a_quote_that_does_not_fit_is_refused_at_once(shop: Shop) -> None:
    quote = asked(shop)
    before = shop.written()
    mine = {"quote_id": quote["quote_id"]}
    for body, status, code in [
        ({**mine, "expected_total": 2_998}, 409, "price_changed"),
        ({**mine, "lines": [shop.line(quantity=2)]}, 409, "quote_is_for_another_purchase"),
        ({**mine, "address": {**ADDRESS, "country": "ES"}}, 409, "quote_is_for_another_purchase"),
        ({"quote_id": nobodys("quote")}, 404, "no_such_quote"),
        ({"quote_id": "no id"}, 422, "invalid_request"),
        ({"quote_id": 5}, 422, "invalid_request"),
    ]:
        answer = shop.call("POST", "checkouts", shop.purchase(**body), token=shop.buyer)
        assert_problem(answer, status, code)
    assert shop.written() == before


def test_an_expired_quote_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("argosy.domains.checkout.domain.quotation.QUOTE_SECONDS", -1)
    quote = asked(shop)
    assert quote["status"] == "EXPIRED"
    answer = shop.call("POST", "checkouts", shop.purchase(quote_id=quote["quote_id"]), token=shop.buyer)
    assert_problem(answer, 409, "quote_expired")


def test_a_stranger_s_quote_is_answered_like_one_that_does_not_exist(shop: Shop) -> None:
    quote, stranger, nothing = asked(shop)["quote_id"], shop.person(), nobodys("quote")
    for seen, unseen in [
        (
            shop.call("GET", f"quotes/{quote}", token=stranger),
            shop.call("GET", f"quotes/{nothing}", token=stranger),
        ),
        (
            shop.call("POST", "checkouts", shop.purchase(quote_id=quote), token=stranger),
            shop.call("POST", "checkouts", shop.purchase(quote_id=nothing), token=stranger),
        ),
    ]:
        assert seen.status == unseen.status == 404
        assert seen.body.replace(quote.encode(), b"") == unseen.body.replace(nothing.encode(), b"")


def test_a_quote_says_what_cannot_be_bought(shop: Shop) -> None:
    quote = asked(shop, coupons=["NEVER"])
    assert quote["status"] == "FAILED"
    assert quote["failure"] == {
        "code": "coupons_not_valid",
        "details": {"codes": [{"code": "NEVER", "reason": "unknown_coupon"}]},
    }
    answer = shop.call("POST", "checkouts", shop.purchase(quote_id=quote["quote_id"]), token=shop.buyer)
    assert_problem(answer, 409, "quote_is_not_ready")


def test_old_quotes_are_swept(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from argosy.contracts.checkout import SweepQuotes

    asked(shop)
    shop.place.do("checkout", SweepQuotes())
    assert shop.place.rows("checkout", "SELECT count(*) FROM checkout_quotes") == [(1,)]
    monkeypatch.setattr("argosy.domains.checkout.application.quotes.KEPT_SECONDS", -3_600)
    shop.place.do("checkout", SweepQuotes())
    assert shop.place.rows("checkout", "SELECT count(*) FROM checkout_quotes") == [(0,)]


def test_a_person_s_quotes_go_with_them(shop: Shop) -> None:
    from argosy.contracts.accounts import TellErasure

    asked(shop)
    user_id = shop.call("GET", "users/me", token=shop.buyer).json["user_id"]
    assert shop.call("DELETE", "users/me", token=shop.buyer).status == 202
    shop.drain()
    shop.place.do("accounts", TellErasure(user_id=user_id))
    shop.drain()
    assert shop.place.rows("checkout", "SELECT count(*) FROM checkout_quotes") == [(0,)]
