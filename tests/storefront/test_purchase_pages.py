"""From the checkout form to paid orders: one purchase per form, progress that ends, and nobody else's pages."""

from __future__ import annotations

import re
from typing import Any

import pytest

from argosy.apps.storefront.amounts import money_text
from argosy.shared_kernel.ids import named_id
from tests.storefront.shopper import ADDRESS, LAMP, PASSWORD, SHEET, Shop, Shopper, variant_of


@pytest.fixture
def buyer(shop: Shop) -> Shopper:
    """Somebody with two lamps and a sheet in the cart."""
    buyer = shop.buyer()
    buyer.add(LAMP, "2")
    buyer.add(SHEET)
    return buyer


def order_paths(shop: Shop) -> list[str]:
    rows = shop.place.rows("orders", "SELECT CAST(id AS text) FROM orders ORDER BY total_amount")
    return [f"/orders/{row[0]}" for row in rows]


def test_two_sellers_are_two_paid_orders_to_the_cent(shop: Shop, buyer: Shopper) -> None:
    path = buyer.buy(coupons="ten")
    waiting = buyer.get(path)
    assert "One moment" in waiting.text
    assert '<noscript><meta http-equiv="refresh" content="1"></noscript>' in waiting.html
    shop.place.drain()
    done = buyer.get(path)
    # 2 * 25.00 + 69.00 - 10 % + 2 * 4.99 delivery; the tax is included.
    assert "Paid: €117.08 . Each seller sends their part." in done.text
    assert "refresh" not in done.html
    assert done.text.count("Paid €") == 2
    lamps, sheets = (buyer.get(path) for path in order_paths(shop))
    assert "Goods €50.00 Discount \N{MINUS SIGN}€5.00 Delivery €4.99" in lamps.text
    assert "Tax included in the prices €9.34 Total €49.99" in lamps.text
    assert "Goods €69.00 Discount \N{MINUS SIGN}€6.90 Delivery €4.99" in sheets.text
    assert "Total €67.09" in sheets.text
    assert "Placed" in lamps.text
    assert "Rua 1" in lamps.text
    assert "Portugal" in lamps.text
    listed = buyer.get("/orders")
    assert listed.text.count("Paid") == 2
    assert "€67.09" in listed.text
    assert "There is nothing in it yet" in buyer.get("/cart").text


def test_a_form_sent_twice_is_one_purchase(shop: Shop, buyer: Shopper) -> None:
    fields = buyer.checkout_form()
    first = buyer.post("/checkout", fields)
    second = buyer.post("/checkout", fields)
    shop.place.drain()
    third = buyer.post("/checkout", fields)
    assert first.status == 303
    assert first.location == second.location == third.location
    shop.place.drain()
    assert len(order_paths(shop)) == 2
    assert shop.place.rows("payments", "SELECT count(*) FROM payment_intents") == [(1,)]


def test_a_used_form_with_other_contents_asks_first(shop: Shop, buyer: Shopper) -> None:
    fields = buyer.checkout_form()
    first = buyer.post("/checkout", fields)
    other = buyer.post("/checkout", {**fields, "street": "Rua 2"})
    assert other.status == 422
    assert "This purchase was placed already" in other.text
    assert fields["client_request_id"] not in other.html
    assert "Rua 2" in other.html
    assert first.status == 303
    assert shop.place.rows("checkout", "SELECT count(*) FROM checkout_sessions") == [(1,)]


def test_faults_are_beside_their_fields_and_nothing_typed_is_lost(shop: Shop, buyer: Shopper) -> None:
    before = shop.written()
    page = buyer.post(
        "/checkout",
        buyer.checkout_form(recipient="", street="x" * 201, city="a\tb", country="", coupons="é <b>", phone="<i>"),
    )
    assert page.status == 422
    for field in ("recipient", "street", "city", "country", "coupons"):
        assert f'id="{field}-fault"' in page.html, field
    assert "Please fill this in." in page.text
    assert "Please use at most 200 characters" in page.text
    assert "Please choose a country." in page.text
    assert 'value="&lt;i&gt;"' in page.html
    assert shop.written() == before


BAD_FIELDS: list[dict[str, Any]] = [
    {"line": []},
    {"line": ["x"]},
    {"line": ["::"]},
    {"line": [f"{LAMP}:{variant_of(LAMP)}:0"]},
    {"line": [f"{LAMP}:{variant_of(LAMP)}:-1"]},
    {"line": [f"{LAMP}:{variant_of(LAMP)}:\uff11"]},
    {"line": [f"{LAMP}:{variant_of(LAMP)}:1.5"]},
    {"line": [f"{LAMP}:{variant_of(LAMP)}:{2**63}"]},
    {"line": [f"{LAMP}:{variant_of(LAMP)}:999"] * 2},
    {"line": [f"{LAMP}:{variant_of(LAMP, number)}:1" for number in range(201)]},
    {"client_request_id": ""},
    {"client_request_id": "x" * 101},
    {"client_request_id": "é"},
    {"payment": "tok_free"},
    {"payment": ""},
    {"country": "xx"},
    {"coupons": " ".join(f"C{number}" for number in range(11))},
]


@pytest.mark.parametrize("fields", BAD_FIELDS, ids=range(len(BAD_FIELDS)))
def test_nothing_odd_in_a_form_is_bought(shop: Shop, buyer: Shopper, fields: dict[str, Any]) -> None:
    before = shop.written()
    page = buyer.post("/checkout", buyer.checkout_form(**fields))
    assert page.status == 422, page
    assert 'role="alert"' in page.html or "We could not read that" in page.text
    assert shop.written() == before


def test_prices_in_a_form_count_for_nothing(shop: Shop, buyer: Shopper) -> None:
    path = buyer.buy(amount="1", total="1", unit_amount="1", currency="JPY")
    shop.place.drain()
    assert "€128.98" in buyer.get(path).text


def test_a_declined_card_is_told_and_another_one_pays(shop: Shop, buyer: Shopper) -> None:
    path = buyer.buy(payment="tok_decline")
    shop.place.drain()
    page = buyer.get(path)
    assert "The payment was declined. Nothing was charged." in page.text
    assert "You can try 4 more times" in page.text
    assert "refresh" not in page.html, "a choice that is being made is not thrown away"
    assert buyer.post(f"{path}/payment", {"payment": "tok_approve"}).headers["location"] == path
    shop.place.drain()
    assert "Thank you, it is yours" in buyer.get(path).text
    assert buyer.post(f"{path}/payment", {"payment": "tok_approve"}).headers["location"] == path
    shop.place.drain()
    assert shop.place.rows("payments", "SELECT status FROM payment_intents ORDER BY status") == [
        ("CAPTURED",),
        ("FAILED",),
    ]


def test_who_has_no_card_that_works_pays_at_the_door(shop: Shop, buyer: Shopper) -> None:
    path = buyer.buy(payment="tok_decline", coupons="TEN")
    shop.place.drain()
    assert "In cash, when it is delivered" in buyer.get(path).text
    buyer.post(f"{path}/payment", {"payment": "gold"})
    assert "The payment did not go through" in buyer.get(path).text
    assert buyer.post(f"{path}/payment", {"payment": "cash_on_delivery"}).location == path
    shop.place.drain()
    assert "You pay €117.08 when it is delivered." in buyer.get(path).text


def test_who_has_no_other_card_stops_and_keeps_the_cart(shop: Shop, buyer: Shopper) -> None:
    path = buyer.buy(payment="tok_decline")
    shop.place.drain()
    buyer.post(f"{path}/abort", {})
    shop.place.drain()
    page = buyer.get(path)
    assert "You ended it. Nothing was charged." in page.text
    assert "Back to checkout" in page.text
    assert "Brass lamp" in buyer.get("/cart").text
    assert "Cancelled" in buyer.get("/orders").text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"coupons": "NONE"}, "Take it out and try again. NONE: there is no such coupon; look at its letters again."),
        ({"line": [f"{LAMP}:{variant_of(LAMP)}:51"]}, "sold to somebody else meanwhile"),
        ({"line": [f"{LAMP}:{named_id('variant', 'none')}:1"]}, "no longer on sale"),
    ],
)
def test_a_purchase_that_fails_says_what_to_do(
    shop: Shop,
    buyer: Shopper,
    changes: dict[str, Any],
    told: str,
) -> None:
    path = buyer.buy(**changes)
    shop.place.drain()
    page = buyer.get(path)
    assert told in page.text
    assert shop.place.rows("payments", "SELECT count(*) FROM payment_intents") == [(0,)]


def test_a_card_that_asks_is_confirmed_at_the_gateway(shop: Shop, buyer: Shopper) -> None:
    path = buyer.buy(payment="tok_action")
    shop.place.drain(3)
    page = buyer.get(path)
    assert "Please confirm your payment" in page.text
    payment = shop.place.rows("payments", "SELECT CAST(id AS text) FROM payment_intents")[0][0]
    counter = f"/test-gateway/{payment}/complete"
    assert f'href="{counter}"' in page.html
    stranger = shop.buyer("eva@example.com")
    assert stranger.get(counter).status == stranger.post(counter).status == 404
    assert "€128.98" in buyer.get(counter).text
    assert buyer.post(counter).location == path
    shop.place.drain()
    assert "Thank you" in buyer.get(path).text


def test_a_purchase_that_waits_for_its_buyer_is_found_again_in_another_browser(shop: Shop, buyer: Shopper) -> None:
    path = buyer.buy(payment="tok_action")
    shop.place.drain(3)
    elsewhere = Shopper()
    assert elsewhere.post("/sign-in", {"email": "ana@example.com", "password": PASSWORD}).status == 303
    assert "Waiting for payment" in elsewhere.get("/orders").text
    order = order_paths(shop)[0]
    assert f'href="{path}">Go on with your purchase' in elsewhere.get(order).html
    counter = re.search(r'href="(/test-gateway/[^"]+)"', elsewhere.get(path).html)
    assert counter is not None
    elsewhere.post(counter[1])
    shop.place.drain()
    assert "Thank you" in elsewhere.get(path).text
    assert "Go on with your purchase" not in elsewhere.get(order).text


def test_who_stops_in_time_pays_nothing(shop: Shop, buyer: Shopper) -> None:
    path = buyer.buy()
    assert "Stop, I do not want it" in buyer.get(path).text
    assert shop.buyer("eva@example.com").post(f"{path}/abort").status == 404
    assert buyer.post(f"{path}/abort").location == path
    shop.place.drain()
    page = buyer.get(path)
    assert "You ended it. Nothing was charged." in page.text
    assert buyer.post(f"{path}/abort").location == path


def test_the_part_that_changes_is_sent_alone(shop: Shop, buyer: Shopper) -> None:
    path = buyer.buy()
    before = buyer.get(f"{path}/progress")
    assert before.html.startswith('<div id="progress"')
    assert "data-final" not in before.html
    shop.place.drain()
    after = buyer.get(f"{path}/progress?seen=%221%22")
    assert "data-final" in after.html
    assert "Thank you" in after.text


def test_a_strangers_pages_are_those_of_things_that_do_not_exist(shop: Shop, buyer: Shopper) -> None:
    path = buyer.buy()
    shop.place.drain()
    own = [path, f"{path}/progress", *order_paths(shop)]
    stranger = shop.buyer("eva@example.com")
    for mine in own:
        assert buyer.get(mine).status == 200
        foreign = stranger.get(mine)
        assert foreign.status == 404
        for unknown in (named_id("thing", "none"), "x", str(named_id("thing", "none")).upper()):
            nothing = stranger.get(mine.replace(mine.split("/")[2], unknown))
            assert (nothing.status, nothing.html) == (404, foreign.html)
            assert dict(nothing.headers) == dict(foreign.headers)
    assert "not ordered anything" in stranger.get("/orders").text
    assert Shopper().get(path).location.startswith("/sign-in?next=")


def test_an_order_is_shown_before_its_document_is_there(shop: Shop, buyer: Shopper) -> None:
    buyer.buy()
    shop.place.drain()
    shown = [buyer.get(path).text for path in order_paths(shop)]
    shop.place.rows("search", "DELETE FROM order_list_view RETURNING order_id")
    assert [buyer.get(path).text for path in order_paths(shop)] == shown


def test_a_kept_address_is_filled_in_the_next_time(shop: Shop, buyer: Shopper) -> None:
    buyer.buy(keep="yes", city="Braga")
    buyer.add(LAMP)
    page = buyer.get("/checkout")
    assert 'value="Braga"' in page.html
    assert '<option value="PT" selected>' in page.html
    assert "Rua 1" in buyer.get("/account").text


def test_a_kept_address_is_removed_by_who_keeps_it_alone(shop: Shop, buyer: Shopper) -> None:
    buyer.buy(keep="yes")
    [address] = re.findall(r'name="address" value="([^"]+)"', buyer.get("/account").html)
    stranger = shop.buyer("eva@example.com")
    assert stranger.post("/account/addresses/remove", {"address": address}).location == "/account"
    assert stranger.post("/account/addresses/remove", {"address": "x"}).status == 404
    assert "Rua 1" in buyer.get("/account").text
    assert buyer.post("/account/addresses/remove", {"address": address}).location == "/account"
    assert "Rua 1" not in buyer.get("/account").text


def test_orders_are_paged_without_loss(shop: Shop, buyer: Shopper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("argosy.apps.storefront.orders.PAGE_SIZE", 1)
    buyer.buy()
    shop.place.drain()
    first = buyer.get("/orders")
    following = first.html.split('rel="next" href="')[1].split('"')[0]
    second = buyer.get(following)
    assert "€54.99" in first.text + second.text
    assert "€73.99" in first.text + second.text
    assert 'rel="next"' not in second.html
    for place in ("x", "W10", "a" * 2_000):
        assert buyer.get(f"/orders?after={place}").status == 404


def test_an_empty_cart_has_no_checkout(shop: Shop) -> None:
    assert shop.buyer("eva@example.com").get("/checkout").location == "/cart"
    assert Shopper().post("/checkout", ADDRESS).location == "/sign-in?next=%2Fcart"


def test_the_total_is_seen_before_it_is_bought_and_is_what_is_paid(
    shop: Shop, buyer: Shopper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("argosy.apps.storefront.quotes.WAIT_SECONDS", 0.0)
    fields = {**buyer.checkout_form(), "action": "quote"}
    first = buyer.post("/checkout", fields)
    assert first.status == 200 and "The total is being computed" in first.text
    shop.place.drain()
    seen = buyer.post("/checkout", fields)
    [(quote_id, total)] = shop.place.rows("checkout", "SELECT id, total_amount FROM checkout_quotes")
    assert "What it costs" in seen.html and f'name="quote_id" value="{quote_id}"' in seen.html
    assert "Total" in seen.text and money_text(total, "EUR") in seen.text
    assert shop.place.rows("checkout", "SELECT count(*) FROM checkout_sessions") == [(0,)]
    changed = buyer.post("/checkout", {**fields, "action": "", "quote_id": str(quote_id), "country": "ES"})
    assert changed.status == 422 and "Look at the total again" in changed.text
    bought = buyer.post("/checkout", {**fields, "action": "", "quote_id": str(quote_id)})
    assert bought.location.startswith("/checkouts/")
    shop.place.drain()
    assert shop.place.rows("checkout", "SELECT status, total_amount FROM checkout_sessions") == [("COMPLETED", total)]


def test_a_transfer_and_cash_are_told_with_what_is_to_be_done(
    shop: Shop, buyer: Shopper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGOSY_BANK_ACCOUNT", "IBAN PT50 0000 0001")
    path = buyer.buy(payment="bank_transfer")
    shop.place.drain()
    page = buyer.get(path)
    assert "Please transfer €128.98" in page.text
    assert "IBAN PT50 0000 0001" in page.text
    order = buyer.get(re.findall(r'href="(/orders/[0-9a-f-]+)"', page.html)[0])
    assert "Please transfer" in order.text and "IBAN PT50 0000 0001" in order.text
    buyer.add(LAMP, "2")
    path = buyer.buy(payment="cash_on_delivery", client_request_id="cash")
    shop.place.drain()
    assert re.search(r"You pay €[0-9.]+ when it is delivered.", buyer.get(path).text)
