"""The cart's forms: what they change, and that nothing typed into them is worse than a kind message."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

from argosy.platform import waiting
from argosy.shared_kernel.ids import named_id
from tests.storefront.shopper import LAMP, PASSWORD, SHEET, Shop, Shopper, variant_of

T = TypeVar("T")

BAD_QUANTITIES = [
    "0",
    "-1",
    "1.5",
    "\uff11",
    "\u0661",
    "1_0",
    "+1",
    "1e3",
    "1000",
    "9" * 50,
    str(2**63),
    "NaN",
    "",
    " ",
    "two",
    "0x1",
    "1;--",
    "\x00",
    "<b>",
    "1\n2",
]


@pytest.fixture
def buyer(shop: Shop) -> Shopper:
    return shop.buyer()


def test_a_cart_is_shown_by_seller_without_any_sum(shop: Shop, buyer: Shopper) -> None:
    assert "There is nothing in it yet" in buyer.get("/cart").text
    added = buyer.add(LAMP, "2")
    assert (added.status, added.location) == (303, "/cart?note=added")
    buyer.add(SHEET, number=1)
    page = buyer.get(added.location)
    assert "It is in your cart." in page.text
    assert "From Lamp & Linen" in page.text
    assert "From Casa <Verde>" in page.text
    assert "€25.00 each" in page.text
    assert "€89.00" in page.text
    assert "€50.00" not in page.text
    assert "depend on where it is sent to" in page.text


def test_one_sees_what_one_has_just_done(shop: Shop, buyer: Shopper) -> None:
    buyer.add(LAMP)
    buyer.post("/cart/lines/change", {"variant": variant_of(LAMP), "quantity": "7"})
    assert 'value="7"' in buyer.get("/cart").html
    buyer.post("/cart/lines/remove", {"variant": variant_of(LAMP)})
    assert "There is nothing in it yet" in buyer.get("/cart").text


@pytest.mark.parametrize("quantity", BAD_QUANTITIES)
def test_no_odd_quantity_is_added_or_set(shop: Shop, buyer: Shopper, quantity: str) -> None:
    buyer.add(LAMP, "2")
    before = shop.written()
    added = buyer.add(SHEET, quantity)
    assert added.status == 422
    assert "whole number from 1 to 999" in added.text
    assert "Linen sheet" in added.text
    changed = buyer.post("/cart/lines/change", {"variant": variant_of(LAMP), "quantity": quantity})
    assert changed.status == 422
    assert "whole number from 1 to 999" in changed.text or (quantity == "0" and "press Remove" in changed.text)
    assert shop.written() == before


def test_a_cart_holds_no_more_of_a_thing_than_it_may(shop: Shop, buyer: Shopper) -> None:
    buyer.add(LAMP, "998")
    refused = buyer.add(LAMP, "2")
    assert refused.status == 422
    assert "With the 998 in your cart" in refused.text


def test_what_is_not_on_sale_is_not_added(shop: Shop, buyer: Shopper) -> None:
    before = shop.written()
    assert buyer.add(named_id("product", "none")).status == 404
    assert buyer.post("/cart/lines", {"product": LAMP, "variant": variant_of(SHEET), "quantity": "1"}).status == 422
    assert buyer.post("/cart/lines", {"product": LAMP, "variant": "x", "quantity": "1"}).status == 422
    assert buyer.post("/cart/lines").status == 404
    assert shop.written() == before


@pytest.mark.parametrize("variant", ["x", "", "\x00", "a" * 5_000, str(named_id("variant", "none"))])
def test_a_line_that_is_not_there_changes_nothing(shop: Shop, buyer: Shopper, variant: str) -> None:
    buyer.add(LAMP)
    before = shop.written()
    for path, fields in (("change", {"quantity": "2"}), ("remove", {})):
        page = buyer.post(f"/cart/lines/{path}", {"variant": variant, **fields})
        assert page.status in (303, 422), page
    assert shop.written() == before


def test_coupons_are_noted_and_forgotten(shop: Shop, buyer: Shopper) -> None:
    buyer.add(LAMP)
    buyer.post("/cart/coupons", {"code": " ten "})
    assert "<code>TEN</code>" in buyer.get("/cart").html
    assert 'name="coupons" type="text" value="TEN"' in buyer.get("/checkout").html
    buyer.post("/cart/coupons/remove", {"code": "TEN"})
    assert "TEN" not in buyer.get("/cart").html


@pytest.mark.parametrize("code", ["", "a b", "<b>", "x" * 41, "é", "\x00"])
def test_a_code_that_is_none_is_told_beside_its_field(shop: Shop, buyer: Shopper, code: str) -> None:
    buyer.add(LAMP)
    page = buyer.post("/cart/coupons", {"code": code})
    assert page.status == 422
    assert page.text.count("A coupon code has 1 to 40 letters") == 1
    assert 'id="code-fault"' in page.html


def test_what_left_the_shop_is_said_and_stops_the_checkout(shop: Shop, buyer: Shopper) -> None:
    from argosy.contracts.products import ArchiveProduct

    buyer.add(LAMP)
    buyer.add(SHEET)
    shop.place.do("products", ArchiveProduct(product_id=SHEET))
    shop.place.drain()
    page = buyer.get("/cart")
    assert "Linen sheet" in page.text
    assert "No longer on sale" in page.text
    assert 'href="/checkout"' not in page.html
    assert buyer.get("/checkout").location == "/cart?note=unavailable"


def test_a_guest_has_a_cart_that_is_the_buyers_after_signing_in(shop: Shop) -> None:
    guest = Shopper()
    assert "There is nothing in it yet" in guest.get("/cart").text
    assert guest.post("/cart/lines/remove", {"variant": variant_of(LAMP)}).location == "/cart"
    assert "argosy_cart" not in guest.client.cookies
    added = guest.add(SHEET, "3", number=1)
    assert added.location == "/cart?note=added"
    cookie = added.cookies["argosy_cart"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    token = cookie.value
    guest.add(LAMP, "2")
    assert guest.client.cookies["argosy_cart"].value == token
    page = guest.get("/cart")
    assert "Brass lamp" in page.text and 'value="3"' in page.html
    assert 'href="/sign-in?next=/checkout"' in guest.get("/checkout").html
    assert "There is nothing in it yet" in Shopper().get("/cart").text
    shop.buyer("ana@example.com").add(LAMP, "5")
    signed_in = guest.post("/sign-in", {"email": "ana@example.com", "password": PASSWORD, "next": "/checkout"})
    assert signed_in.location == "/checkout"
    assert signed_in.cookies["argosy_cart"].value == ""
    page = guest.get("/cart")
    assert 'value="7"' in page.html and 'value="3"' in page.html
    thief = Shopper()
    thief.client.cookies["argosy_cart"] = token
    assert "There is nothing in it yet" in thief.get("/cart").text
    # What was merged takes nothing more: another cart begins.
    assert thief.add(LAMP).cookies["argosy_cart"].value not in ("", token)


def test_what_does_not_fit_at_sign_in_is_said_and_a_new_account_takes_the_cart_along(shop: Shop) -> None:
    shop.buyer("ana@example.com").add(LAMP, "998")
    guest = Shopper()
    guest.add(LAMP, "3")
    signed_in = guest.post("/sign-in", {"email": "ana@example.com", "password": PASSWORD})
    assert signed_in.location == "/cart?note=merged_in_part"
    page = guest.get(signed_in.location)
    assert "Not all that was in the cart" in page.text and 'value="999"' in page.html
    other = Shopper()
    other.add(LAMP, "4")
    other.register("new@example.com")
    assert 'value="4"' in other.get("/cart").html


@pytest.mark.parametrize("token", ["x", "argosy_guest_", "argosy_guest_" + "a" * 44, "a" * 5_000, "\xe9"])
def test_a_cart_cookie_that_means_nothing_is_no_cart(shop: Shop, token: str) -> None:
    odd = Shopper()
    odd.client.cookies["argosy_cart"] = token
    assert "There is nothing in it yet" in odd.get("/cart").text
    odd.client.cookies["argosy_session"] = "argosy_guest_" + "a" * 43
    assert odd.get("/orders").status == 303
    assert odd.add(LAMP).location == "/cart?note=added"


def test_a_line_is_saved_for_later_and_moved_back(shop: Shop, buyer: Shopper) -> None:
    buyer.add(LAMP, "2")
    variant = variant_of(LAMP)
    saved = buyer.post("/cart/lines/save", {"variant": variant})
    assert (saved.status, saved.location) == (303, "/cart?note=changed")
    page = buyer.get("/cart").text
    assert "Saved for later" in page and "2 saved" in page and "To checkout" not in page
    buyer.post("/cart/saved/move", {"variant": variant})
    page = buyer.get("/cart").text
    assert "2 saved" not in page and "To checkout" in page


def test_a_price_that_moved_is_told_until_it_is_acknowledged(shop: Shop, buyer: Shopper) -> None:
    buyer.add(LAMP, "2")
    assert "The price was" not in buyer.get("/cart").text
    shop.price(LAMP, 3_000)
    page = buyer.get("/cart")
    assert "The price was €25.00 and is €30.00 now." in page.text
    seen = page.field("seen")
    shop.price(LAMP, 3_100)
    # What was acknowledged is what was shown, not what has come meanwhile.
    assert buyer.post("/cart/lines/acknowledge", {"variant": variant_of(LAMP), "seen": seen}).status == 303
    page = buyer.get("/cart")
    assert "The price was €30.00 and is €31.00 now." in page.text
    buyer.post("/cart/lines/acknowledge", {"variant": variant_of(LAMP), "seen": page.field("seen")})
    assert "The price was" not in buyer.get("/cart").text


@pytest.mark.parametrize("seen", ["", "{", "[]", '{"amount":"x"}', '{"amount":-1,"currency":"EUR"}', '{"left":-1}'])
def test_an_offer_that_no_shop_showed_is_not_acknowledged(shop: Shop, buyer: Shopper, seen: str) -> None:
    buyer.add(LAMP)
    assert buyer.post("/cart/lines/acknowledge", {"variant": variant_of(LAMP), "seen": seen}).status == 422


def test_what_was_sold_out_meanwhile_is_told_and_changing_the_line_is_enough(shop: Shop, buyer: Shopper) -> None:
    buyer.add(LAMP, "40")
    shop.leave(variant_of(LAMP), 3)
    assert "There are only 3 left, and you want 40." in buyer.get("/cart").text
    buyer.post("/cart/lines/change", {"variant": variant_of(LAMP), "quantity": "4"})
    assert "There are only 3 left" not in buyer.get("/cart").text
    shop.leave(variant_of(LAMP), 0)
    assert "It was sold out after you put it in." in buyer.get("/cart").text


# The total, where it goes to is known.


def priced(shop: Shop, visitor: Shopper) -> str:
    """The cart's page once its quote is there."""
    assert "The total is being computed" in visitor.get("/cart").text
    shop.place.drain()
    return visitor.get("/cart").text


def test_a_guests_cart_shows_its_total_where_they_say_it_goes(shop: Shop) -> None:
    guest = Shopper()
    guest.add(LAMP, "2")
    guest.post("/cart/coupons", {"code": "TEN"})
    assert "depend on where it is sent to" in guest.get("/cart").text
    assert guest.post("/cart/place", {"country": "PT", "postal_code": "4000-001"}).location == "/cart"
    text = priced(shop, guest)
    assert "Sent to Portugal, 4000-001 Goods €50.00" in text
    assert "\N{MINUS SIGN}€5.00 Delivery €4.99 Tax included in the prices €9.34 Total €49.99 With standard" in text
    form = guest.get("/checkout")
    assert 'value="4000-001"' in form.html and '<option value="PT" selected>' in form.html
    guest.post("/cart/place", {"country": "DE"})
    assert "Sent to Germany Goods" in priced(shop, guest)


def test_a_buyers_cart_shows_its_total_for_the_address_that_they_keep_first(shop: Shop) -> None:
    buyer = shop.buyer()
    buyer.add(LAMP)
    assert "Sent to" not in buyer.get("/cart").text
    buyer.buy(keep="yes")
    shop.place.drain()
    buyer.add(LAMP, "3")
    sums = "Goods €75.00 Delivery €4.99 Tax included in the prices €14.95 Total €79.99"
    assert f"Sent to Portugal, 4000-001 {sums}" in priced(shop, buyer)
    asked = shop.place.rows("checkout", "SELECT count(*) FROM checkout_quotes")
    buyer.get("/cart")
    assert shop.place.rows("checkout", "SELECT count(*) FROM checkout_quotes") == asked, "the quote stands"


def test_a_cart_without_a_price_says_why_and_is_shown_all_the_same(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def poll(seconds: float, look: Callable[[], T], is_enough: Callable[[T], bool]) -> T:
        """A worker is at work while the page waits."""
        shop.place.drain()
        return look()

    monkeypatch.setattr(waiting, "poll", poll)
    guest = Shopper()
    guest.add(LAMP)
    guest.post("/cart/coupons", {"code": "NONE"})
    guest.post("/cart/place", {"country": "PT"})
    text = guest.get("/cart").text
    assert "A coupon does not count for this purchase. Take it out and try again. NONE: there is no such coupon" in text
    assert "Brass lamp" in text
    for fields, fault in (
        ({"country": "XX"}, "Please choose a country."),
        ({"country": "<b>"}, "Please choose a country."),
        ({"country": "PT", "postal_code": "1" * 21}, "A postal code has at most 20 characters."),
    ):
        page = guest.post("/cart/place", fields)
        assert page.status == 422 and fault in page.text and "<b>" not in page.html
    guest.client.cookies["argosy_place"] = "country=%FF&country=&x"
    assert "Brass lamp" in guest.get("/cart").text
