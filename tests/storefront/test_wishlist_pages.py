"""The wishlist with nothing but forms and links."""

from __future__ import annotations

import pytest

from tests.storefront.shopper import LAMP, SHEET, Shop, Shopper, variant_of


@pytest.fixture
def buyer(shop: Shop) -> Shopper:
    return shop.buyer()


def test_a_thing_is_wished_for_on_its_page_and_moved_to_the_cart(shop: Shop, buyer: Shopper) -> None:
    assert "There is nothing on it yet" in buyer.get("/wishlist").text
    assert 'formaction="/wishlist/items"' in buyer.get(f"/products/{LAMP}").html
    added = buyer.post("/wishlist/items", {"product": LAMP, "variant": variant_of(LAMP), "quantity": "1"})
    assert (added.status, added.location) == (303, "/wishlist?note=added")
    page = buyer.get("/wishlist").text
    assert "Brass lamp" in page and "€25.00" in page
    assert buyer.post("/wishlist/items/move", {"variant": variant_of(LAMP)}).location == "/cart?note=added"
    assert "Brass lamp" in buyer.get("/cart").text
    assert "There is nothing on it yet" in buyer.get("/wishlist").text
    assert buyer.post("/wishlist/items/move", {"variant": variant_of(SHEET)}).location == "/wishlist?note=changed"


def test_a_wish_is_taken_back_and_what_is_sold_out_can_be_wished_for(shop: Shop, buyer: Shopper) -> None:
    shop.leave(variant_of(LAMP), 0)
    assert 'formaction="/wishlist/items"' in buyer.get(f"/products/{LAMP}").html
    buyer.post("/wishlist/items", {"product": LAMP, "variant": variant_of(LAMP)})
    page = buyer.get("/wishlist")
    assert "Sold out" in page.text and "/wishlist/items/move" not in page.html
    assert buyer.post("/wishlist/items/remove", {"variant": variant_of(LAMP)}).location == "/wishlist?note=changed"
    assert "There is nothing on it yet" in buyer.get("/wishlist").text


def test_who_is_not_signed_in_comes_back_to_the_product(shop: Shop) -> None:
    nobody = Shopper()
    sent = nobody.post("/wishlist/items", {"product": SHEET, "variant": variant_of(SHEET, 1)})
    assert sent.location.startswith("/sign-in?next=%2Fproducts%2F")
    assert nobody.get("/wishlist").location == "/sign-in?next=%2Fwishlist"


@pytest.mark.parametrize("variant", ["", "x", "\x00", "a" * 5_000])
def test_nothing_odd_is_wished_for(shop: Shop, buyer: Shopper, variant: str) -> None:
    before = shop.written()
    assert buyer.post("/wishlist/items", {"product": LAMP, "variant": variant}).status == 422
    assert buyer.post("/wishlist/items", {"product": "x", "variant": variant}).status == 404
    for path in ("move", "remove"):
        assert buyer.post(f"/wishlist/items/{path}", {"variant": variant}).status == 303
    assert shop.written() == before
