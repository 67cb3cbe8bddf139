"""Buying in another currency, over HTTP: chosen in the cart, the quote or the checkout, and never converted."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.domains.checkout.adapters.outbound.shop_terms import shop_terms
from tests.api.shop import ADDRESS, Shop, assert_problem


def priced(shop: Shop, currency: str, amount: int) -> None:
    path = f"products/{shop.product_id}/variants/{shop.variant_id}/prices"
    assert shop.call("POST", path, {"amount": amount, "currency": currency}, token=shop.seller).status == 201
    shop.drain()


def delivered(shop: Shop, currency: str, amount: int) -> None:
    body = {"method": "standard", "currency": currency, "base_amount": amount}
    assert shop.call("POST", "shipping/rates", body, token=shop.seller).status == 201


def quoted(shop: Shop, **body: Any) -> dict[str, Any]:
    asked = {"lines": [shop.line()], "country": "PT", "postal_code": ADDRESS["postal_code"], **body}
    made = shop.call("POST", "quotes", asked, token=shop.buyer)
    assert made.status == 202, made
    shop.drain()
    found: dict[str, Any] = shop.call("GET", f"quotes/{made.json['quote_id']}", token=shop.buyer).json
    return found


@pytest.mark.parametrize(
    ("currency", "price", "delivery", "discount"), [("JPY", 2_999, 401, 300), ("KWD", 7_255, 1_005, 726)]
)
def test_a_purchase_is_in_its_currency_to_the_minor_unit_from_the_quote_to_the_ledger(
    shop: Shop, currency: str, price: int, delivery: int, discount: int
) -> None:
    """Currencies of no and of three decimals: goods, share of a coupon, delivery, order, payment and books agree."""
    priced(shop, currency, price)
    delivered(shop, currency, delivery)
    coupon = {"code": "TEN", "basis_points": 1_000}
    assert shop.call("POST", "coupons", coupon, token=shop.seller).status == 201
    quote = quoted(shop, currency=currency, coupons=["TEN"])
    total = price - discount + delivery
    assert (quote["status"], quote["currency"]) == ("READY", currency)
    assert (quote["goods_amount"], quote["discount_amount"], quote["shipping_amount"]) == (price, discount, delivery)
    assert quote["total_amount"] == total
    ended = shop.bought(quote_id=quote["quote_id"], coupons=["TEN"], currency=currency, expected_total=total)
    assert (ended["status"], ended["currency"], ended["total_amount"]) == ("COMPLETED", currency, total)
    order = shop.call("GET", f"orders/{ended['order_ids'][0]}", token=shop.buyer).json
    assert (order["currency"], order["total_amount"], order["lines"][0]["unit_amount"]) == (currency, total, price)
    rows = shop.place.rows
    assert rows("payments", "SELECT amount, currency FROM payment_intents") == [(total, currency)]
    booked = rows("payments", "SELECT SUM(debit), SUM(credit) FROM ledgers WHERE currency = ?", currency)
    assert booked[0][0] == booked[0][1] >= total
    assert rows("payments", "SELECT count(*) FROM ledgers WHERE currency <> ?", currency) == [(0,)]


def test_without_a_quote_a_checkout_names_its_currency(shop: Shop) -> None:
    priced(shop, "USD", 2_800)
    delivered(shop, "USD", 600)
    ended = shop.bought(currency="USD")
    assert (ended["status"], ended["currency"], ended["total_amount"]) == ("COMPLETED", "USD", 3_400)
    own = shop.bought("two")
    assert (own["status"], own["currency"], own["total_amount"]) == ("COMPLETED", "EUR", 2_999)
    again = shop.purchase("one", currency="EUR")
    assert_problem(shop.call("POST", "checkouts", again, token=shop.buyer), 409, "client_request_id_reused")


def test_what_has_no_price_in_the_currency_is_refused_before_anything_is_held(shop: Shop) -> None:
    """Never converted: the line is named, no order is placed, no stock is held and no money moves."""
    cup = shop.product("cup", 900)
    priced(shop, "USD", 2_800)
    delivered(shop, "USD", 600)
    lines = [shop.line(), {"product_id": cup, "variant_id": shop.variant_of(cup), "quantity": 1}]
    failure = quoted(shop, lines=lines, currency="USD")["failure"]
    assert failure["code"] == "lines_not_for_sale"
    assert failure["details"] == {"lines": [{"line_no": 2, "code": "no_price_in_currency"}]}
    ended = shop.bought(lines=lines, currency="USD")
    assert (ended["status"], ended["failure"]["code"]) == ("FAILED", "lines_not_for_sale")
    assert shop.place.rows("orders", "SELECT count(*) FROM orders") == [(0,)]
    assert shop.place.rows("payments", "SELECT count(*) FROM payment_intents") == [(0,)]


def test_money_in_another_currency_counts_for_nothing(shop: Shop) -> None:
    """A template that has no price in it does not deliver and says why; a promotion of a fixed amount waits."""
    priced(shop, "USD", 2_800)
    failure = quoted(shop, currency="USD")["failure"]
    assert failure["code"] == "no_delivery"
    assert [line["reason"] for line in failure["details"]["lines"]] == ["no_rate_in_currency"]
    other = quoted(shop, lines=[shop.line(shipping_method="nothing")], currency="USD")["failure"]
    assert [line["reason"] for line in other["details"]["lines"]] == ["no_rate"]
    delivered(shop, "USD", 600)
    promotion = {
        "name": "Five euros off",
        "terms": {"effect": "fixed", "amount": 500, "currency": "EUR"},
        "ends_at": "2999-01-01T00:00:00Z",
    }
    made = shop.call("POST", "promotions", promotion, token=shop.seller)
    assert made.status == 201, made
    assert quoted(shop, currency="USD")["total_amount"] == 3_400
    assert quoted(shop, currency="EUR")["discount_amount"] == 500
    coupon = {"code": "EUROS", "terms": {"amount": 500, "currency": "EUR"}, "basis_points": 0}
    assert shop.call("POST", "coupons", coupon, token=shop.seller).status == 201
    failure = quoted(shop, currency="USD", coupons=["EUROS"])["failure"]
    assert failure["details"]["codes"] == [{"code": "EUROS", "reason": "other_currency"}]


def test_a_cart_keeps_its_currency_and_is_shown_and_quoted_in_it(shop: Shop) -> None:
    cup = shop.product("cup", 900)
    priced(shop, "USD", 2_800)
    delivered(shop, "USD", 600)
    body = {"product_id": shop.product_id, "variant_id": shop.variant_id, "quantity": 2}
    assert shop.call("POST", "carts/mine/lines", body, token=shop.buyer).status == 200
    kept = shop.call("PUT", "carts/mine/currency", {"currency": "USD"}, token=shop.buyer)
    assert (kept.status, kept.json["currency"]) == (200, "USD")
    assert shop.call("GET", "carts/mine", token=shop.buyer).json["currency"] == "USD"
    assert shop.call("GET", "carts/mine", token=shop.buyer).json["notices"] == []
    quote = quoted(shop, lines=[])
    assert (quote["currency"], quote["total_amount"]) == ("USD", 6_200)
    assert quoted(shop, lines=[], currency="EUR")["currency"] == "EUR"
    more = {"product_id": cup, "variant_id": shop.variant_of(cup), "quantity": 1}
    assert shop.call("POST", "carts/mine/lines", more, token=shop.buyer).status == 200
    shop.drain()
    summary = shop.call("GET", "carts/mine/summary", token=shop.buyer).json
    assert summary["currency"] == "USD"
    assert [(line.get("unit_amount"), line.get("currency", "")) for line in summary["lines"]] == [
        (2_800, "USD"),
        (None, ""),
    ]
    assert quoted(shop, lines=[])["failure"]["details"]["lines"] == [{"line_no": 2, "code": "no_price_in_currency"}]
    wrong = shop.call("PUT", "carts/mine/currency", {"currency": "dollars"}, token=shop.buyer)
    assert_problem(wrong, 422, "unknown_currency")


def test_a_quote_is_taken_over_in_its_own_currency_alone(shop: Shop) -> None:
    priced(shop, "USD", 2_800)
    delivered(shop, "USD", 600)
    quote = quoted(shop, currency="USD")
    other = shop.purchase(quote_id=quote["quote_id"], currency="EUR")
    refused = shop.call("POST", "checkouts", other, token=shop.buyer)
    assert_problem(refused, 409, "quote_is_for_another_purchase")
    assert shop.bought("two", quote_id=quote["quote_id"])["currency"] == "USD"


def test_listings_find_and_sort_by_the_prices_of_a_currency(shop: Shop) -> None:
    """Products that are priced in it, by that price, page by page; others are left out."""
    priced(shop, "USD", 2_800)
    for number, (amount, dollars) in enumerate(((100, 9_000), (200, 1_000), (300, 0))):
        made = shop.product(f"thing{number}", amount)
        if dollars:
            path = f"products/{made}/variants/{shop.variant_of(made)}/prices"
            assert shop.call("POST", path, {"amount": dollars, "currency": "USD"}, token=shop.seller).status == 201
    shop.drain()
    seen: list[tuple[str, int]] = []
    path = "products?currency=USD&sort=price&limit=2"
    while path:
        page = shop.call("GET", path).json
        seen += [(card["title"], card["prices"][0]["price_from"]) for card in page["items"]]
        path = (page["next"] or "").removeprefix("/api/v1/")
    assert seen == [("Thing1", 1_000), ("Lamp", 2_800), ("Thing0", 9_000)]
    newest = [card["title"] for card in shop.call("GET", "products?currency=USD").json["items"]]
    assert newest == ["Thing1", "Thing0", "Lamp"]
    assert len(shop.call("GET", "products?currency=EUR&sort=price").json["items"]) == 4
    assert shop.call("GET", "products?currency=JPY").json["items"] == []
    assert_problem(shop.call("GET", "products?currency=QQQ"), 422, "unknown_currency")
    (variant,) = shop.call("GET", f"products/{shop.product_id}").json["variants"]
    assert [(one["currency"], one["amount"]) for one in variant["prices"]] == [("USD", 2_800)]
    ended = f"products/{shop.product_id}/variants/{shop.variant_id}/prices/USD"
    assert shop.call("DELETE", ended, token=shop.seller).status == 204
    shop.drain()
    left = [card["title"] for card in shop.call("GET", "products?currency=USD").json["items"]]
    assert left == ["Thing1", "Thing0"]
    own = shop.call("DELETE", ended.replace("USD", "EUR"), token=shop.seller)
    assert_problem(own, 409, "own_currency_stays")


def test_the_prices_of_one_time_are_one_of_each_currency(shop: Shop) -> None:
    priced(shop, "USD", 2_800)
    path = f"stores/mine/products/{shop.product_id}/variants/{shop.variant_id}/prices?at=2998-01-01T00:00:00Z"
    found = shop.call("GET", path, token=shop.seller).json["items"]
    assert sorted((one["currency"], one["amount"]) for one in found) == [("EUR", 2_500), ("USD", 2_800)]
    (one,) = shop.call("GET", f"{path}&currency=USD", token=shop.seller).json["items"]
    assert one["amount"] == 2_800


def test_a_shop_sells_in_the_currencies_that_its_operator_lists(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first is the default; another is refused at once, with those that there are."""
    priced(shop, "USD", 2_800)
    delivered(shop, "USD", 600)
    monkeypatch.setenv("ARGOSY_CURRENCIES", "USD,JPY")
    # Read once by each process: what it was comes back with the setting.
    monkeypatch.setitem(shop.place.runtime.contexts["checkout"].__dict__, "terms", shop_terms())
    assert shop.bought()["currency"] == "USD"
    for path, body in (
        ("checkouts", shop.purchase("two", currency="EUR")),
        ("quotes", {"lines": [shop.line()], "country": "PT", "currency": "EUR"}),
    ):
        problem = assert_problem(shop.call("POST", path, body, token=shop.buyer), 422, "currency_not_taken")
        assert problem["faults"][0]["known"] == ["USD", "JPY"]
    problem = assert_problem(shop.call("GET", "products?currency=EUR"), 422, "currency_not_taken")
    assert problem["faults"][0]["known"] == ["USD", "JPY"]
    assert shop.call("GET", "products?currency=JPY").json["items"] == []
    assert [one["title"] for one in shop.call("GET", "products?currency=USD&sort=price").json["items"]] == ["Lamp"]
    shop.call("POST", "carts/mine/lines", shop.line(), token=shop.buyer)
    shop.call("PUT", "carts/mine/currency", {"currency": "EUR"}, token=shop.buyer)
    assert quoted(shop, lines=[])["failure"]["code"] == "currency_not_taken"
