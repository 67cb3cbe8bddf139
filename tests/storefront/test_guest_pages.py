"""Buying without an account in the shop: one form more, and a code to come back with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from argosy.apps.storefront.words import COUPONS
from argosy.contracts.promotions import CreateCoupon
from tests.marketplace import Marketplace
from tests.storefront.shopper import LAMP, PASSWORD, SHEET, Shop, Shopper

EMAIL = "ana@example.com"
PROMOTIONS = Path(__file__).resolve().parents[2] / "argosy/domains/promotions/README.md"


@pytest.fixture
def guest(shop: Shop) -> Shopper:
    """Somebody without an account who has two lamps in the cart."""
    guest = Shopper()
    guest.add(LAMP, "2")
    return guest


def bought(shop: Shop, guest: Shopper) -> tuple[str, str]:
    """The pages of a guest's purchase and of its one order."""
    path = guest.buy(email=EMAIL)
    shop.place.drain()
    (row,) = shop.place.rows("orders", "SELECT CAST(id AS text) FROM orders")
    return path, f"/orders/{row[0]}"


def test_a_guest_buys_and_finds_it_again(shop: Shop, guest: Shopper) -> None:
    form = guest.get("/checkout")
    assert 'name="email"' in form.html and 'name="keep"' not in form.html
    path, order_path = bought(shop, guest)
    assert "One moment" not in guest.get(path).text
    done = guest.get(path)
    assert "Paid: €54.99" in done.text
    code = guest.client.cookies["argosy_bought"]
    assert code.value in done.text and code["httponly"] and code["samesite"] == "Lax"
    assert guest.get(f"{path}/progress").status == 200
    assert done.headers["Cache-Control"] == guest.get("/orders").headers["Cache-Control"] == "no-store"
    assert "Brass lamp" in guest.get(order_path).text and "Rua 1" in guest.get(order_path).text
    assert guest.get("/orders").text.count("Paid") == 1
    assert "There is nothing in it yet" in guest.get("/cart").text
    assert shop.place.rows("accounts", "SELECT email FROM guest_buyers") == [(EMAIL,)]


def test_a_stranger_sees_what_they_see_of_what_is_not_there(shop: Shop, guest: Shopper) -> None:
    path, order_path = bought(shop, guest)
    other = Shopper()
    other.add(SHEET)
    other.buy(email="eva@example.com")
    for stranger in (other, shop.buyer("eva@example.com")):
        for page in (path, f"{path}/progress", order_path):
            theirs = stranger.get(page)
            none = stranger.get(page[:-4].rpartition("/")[0] + "/" + "0" * 8 + "-0000-8000-8000-" + "0" * 12)
            assert theirs.status == none.status == 404, page
            assert theirs.text == none.text
        for act in ("abort", "payment"):
            assert stranger.post(f"{path}/{act}", {"payment": "tok_approve"}).status == 404
    assert Shopper().get("/orders").location == "/sign-in?next=%2Forders"
    assert Shopper().get(order_path).location.startswith("/sign-in?next=")


def test_a_guest_comes_back_with_their_code_and_leaves_again(shop: Shop, guest: Shopper) -> None:
    _, order_path = bought(shop, guest)
    code = guest.client.cookies["argosy_bought"].value
    elsewhere = Shopper()
    for wrong in ("", "x", code[:-1], code + "a", "<b>"):
        page = elsewhere.post("/orders/guest", {"code": wrong})
        assert page.status == 422 and "no code of ours" in page.text
        assert "<b>" not in page.html
    unknown = elsewhere.post("/orders/guest", {"code": "argosy_guest_" + "a" * 43})
    assert unknown.location == "/orders"
    assert "You have not ordered anything yet" in elsewhere.get("/orders").text
    assert elsewhere.post("/orders/guest", {"code": code}).location == "/orders"
    assert "Brass lamp" in elsewhere.get(order_path).text
    assert elsewhere.post("/orders/guest/leave").location == "/"
    assert elsewhere.get(order_path).location.startswith("/sign-in?next=")
    assert guest.get(order_path).status == 200


def test_signing_in_takes_the_cart_and_leaves_what_was_bought(shop: Shop, guest: Shopper) -> None:
    path, order_path = bought(shop, guest)
    guest.add(LAMP, "3")
    shop.buyer("eva@example.com")
    guest.post("/sign-in", {"email": "eva@example.com", "password": PASSWORD})
    assert 'value="3"' in guest.get("/cart").html
    assert guest.get(path).status == guest.get(order_path).status == 200
    assert "You have not ordered anything yet" in guest.get("/orders").text, "the account has not"
    guest.buy()
    shop.place.drain()
    assert guest.get("/orders").text.count("Paid") == 1


def test_the_form_says_what_is_missing_and_keeps_what_was_typed(shop: Shop, guest: Shopper) -> None:
    page = guest.post("/checkout", guest.checkout_form(email="", city=""))
    assert page.status == 422
    assert page.text.count("Please fill this in.") == 2
    page = guest.post("/checkout", guest.checkout_form(email="ana(at)example.com"))
    assert page.status == 422 and "That is no e-mail address" in page.text
    assert 'value="ana(at)example.com"' in page.html
    assert shop.place.rows("orders", "SELECT count(*) FROM orders") == [(0,)]


def test_a_guest_sees_the_total_pays_again_and_confirms(shop: Shop, guest: Shopper) -> None:
    page = guest.post("/checkout", guest.checkout_form(email=EMAIL, payment="tok_decline"))
    shop.place.drain()
    declined = guest.get(page.location)
    assert "The payment did not go through" in declined.text
    guest.post(f"{page.location}/payment", {"payment": "tok_action"})
    shop.place.drain()
    address = guest.get(page.location).html.partition('href="/test-gateway/')[2].partition('"')[0]
    confirm = f"/test-gateway/{address}"
    assert shop.buyer("eva@example.com").get(confirm).status == 404
    assert guest.get(confirm).status == 200
    assert guest.post(confirm).location == page.location
    shop.place.drain()
    assert "Paid: €54.99" in guest.get(page.location).text


@pytest.fixture
def for_accounts_only(shop: Shop, monkeypatch: pytest.MonkeyPatch, marketplace: Marketplace) -> Iterator[Shop]:
    monkeypatch.setenv("ARGOSY_GUEST_CHECKOUT", "no")
    context = marketplace.runtime.contexts["checkout"]
    context.__dict__.pop("terms", None)
    yield shop
    context.__dict__.pop("terms", None)


def test_where_guests_may_not_buy_they_are_sent_to_sign_in(for_accounts_only: Shop) -> None:
    guest = Shopper()
    guest.add(LAMP, "2")
    assert guest.get("/checkout").location == "/sign-in?next=%2Fcheckout"
    assert guest.post("/checkout", {"email": EMAIL}).location == "/sign-in?next=%2Fcart"
    guest.register("new@example.com")
    guest.buy()


def test_a_guest_is_told_that_a_coupon_is_for_buyers_with_an_account(shop: Shop, guest: Shopper) -> None:
    shop.place.do("promotions", CreateCoupon(code="WELCOME10", basis_points=1_000, max_uses_per_buyer=5))
    why = "WELCOME10: it is for buyers with an account; sign in or open one, and what is in your cart comes along."
    path = guest.buy(email=EMAIL, coupons="WELCOME10")
    shop.place.drain()
    assert f"A coupon does not count for this purchase. Take it out and try again. {why}" in guest.get(path).text


def test_every_reason_against_a_coupon_has_words_for_buyers() -> None:
    said = re.search(r"^Reasons against a code: (.*?)\. The minimum", PROMOTIONS.read_text(), re.DOTALL | re.MULTILINE)
    assert said is not None
    assert set(re.findall(r"[a-z]+(?:_[a-z]+)*", re.sub(r"(?s)\(.*?\)", "", said[1]))) == set(COUPONS)
