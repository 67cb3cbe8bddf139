"""The shop in the visitor's currency and language."""

from __future__ import annotations

import re

import pytest

from argosy.apps.doctor.main import complain_of_currencies
from argosy.contracts.products import LocalWord, SetPrice, SetTexts
from argosy.contracts.products_categories import AddCategory, NameCategory
from argosy.contracts.shipping import SetShippingRate
from argosy.domains.checkout.adapters.outbound.shop_terms import shop_terms
from argosy.shared_kernel.ids import named_id
from tests.storefront.shopper import LAMP, SHEET, Shop, Shopper, variant_of


@pytest.fixture
def both(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop that sells in euros and yen; the lamp has a price in both, the sheet in euros alone."""
    monkeypatch.setenv("ARGOSY_CURRENCIES", "EUR,JPY")
    # Read once by each process: what it was comes back with the setting.
    monkeypatch.setitem(shop.place.runtime.contexts["checkout"].__dict__, "terms", shop_terms())
    price = SetPrice(product_id=LAMP, variant_id=variant_of(LAMP), amount=4_321, currency="JPY")
    shop.place.do("products", price)
    shop.place.do("shipping", SetShippingRate(method="standard", currency="JPY", base_amount=700))
    shop.place.drain()
    return shop


def yen(shopper: Shopper) -> Shopper:
    page = shopper.post("/currency", {"currency": "JPY", "next": "/products"})
    assert (page.status, page.location) == (303, "/products"), page
    return shopper


def test_a_visitor_chooses_a_currency_and_sees_what_is_sold_in_it(both: Shop) -> None:
    shopper = Shopper()
    assert "Brass lamp €25.00" in shopper.get("/").text
    assert 'value="/products?sort=price"' in shopper.get("/products?sort=price").html
    yen(shopper)
    listing = shopper.get("/products").text
    assert "Brass lamp ¥4,321" in listing
    assert "Linen sheet" not in listing
    assert "¥4,321" in shopper.get(f"/products/{LAMP}").text
    sheet = shopper.get(f"/products/{SHEET}")
    assert "This is not sold in JPY." in sheet.text
    assert "Put it in the cart" not in sheet.text
    assert "not sold in JPY" in shopper.add(SHEET).text
    elsewhere = shopper.post("/currency", {"currency": "USD", "next": "https://evil.example/"})
    assert (elsewhere.status, elsewhere.location) == (303, "/")
    assert "¥4,321" in shopper.get(f"/products/{LAMP}").text


def test_categories_of_a_store_count_what_is_listed_in_the_currency_that_is_shown(both: Shop) -> None:
    """The lamp has a price in yen beside its own, the cup has none, and the tea is sold in yen alone."""
    linen = named_id("seller", "Lamp & Linen")
    both.product(linen, named_id("product", "cup"), "Cup", 900, category="kitchen")
    both.product(linen, named_id("product", "tea"), "Tea", 900, category="kitchen", currency="JPY")
    both.product(linen, named_id("product", "jam"), "Jam", 900, category="pantry")

    def counted(shopper: Shopper) -> list[tuple[str, str]]:
        html = shopper.get(f"/stores/{linen}").html
        return re.findall(r'category=(\w+)"[^>]*>[^<]*<span class="count">(\d+)', html)

    shopper = Shopper()
    assert counted(shopper) == [("home", "1"), ("kitchen", "1"), ("pantry", "1")]
    yen(shopper)
    assert counted(shopper) == [("home", "1"), ("kitchen", "1")]
    listed = shopper.get(f"/stores/{linen}?category=kitchen").text
    assert "Tea" in listed and "Cup" not in listed


def test_a_purchase_in_the_shop_is_in_the_currency_that_was_chosen(both: Shop) -> None:
    shopper = Shopper().register("ana@example.com")
    shopper.add(LAMP)
    yen(shopper)
    assert "¥4,321" in shopper.get("/cart").text
    path = shopper.buy(currency=shopper.get("/checkout").field("currency"))
    both.place.drain()
    assert "¥5,021" in shopper.get(path).text
    assert both.place.rows("orders", "SELECT currency, total_amount FROM orders") == [("JPY", 5_021)]


def test_what_has_no_price_in_the_currency_keeps_a_cart_from_the_checkout(both: Shop) -> None:
    shopper = Shopper().register("ana@example.com")
    shopper.add(SHEET)
    yen(shopper)
    cart = shopper.get("/cart")
    assert "Not sold in JPY" in cart.text
    assert "To checkout" not in cart.text
    assert shopper.get("/checkout").location == "/cart?note=unavailable"


def test_a_shop_in_a_currency_in_which_nothing_is_priced_says_so(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    complain_of_currencies()
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("ARGOSY_CURRENCIES", "JPY,EUR")
    linen = named_id("seller", "Lamp & Linen")
    for path in ("/", "/products", "/products?sort=price", f"/stores/{linen}"):
        assert "sold in JPY, only in other currencies" in Shopper().get(path).text, path
    assert "on sale" in Shopper().get("/products?category=no-such-category").text
    complain_of_currencies()
    said = "argosy: ARGOSY_CURRENCIES lists JPY, in which nothing is on sale: looked at in it, the shop is empty\n"
    assert capsys.readouterr().err == said
    shop.place.do("products", SetPrice(product_id=LAMP, variant_id=variant_of(LAMP), amount=4_321, currency="JPY"))
    shop.place.drain()
    assert "Brass lamp ¥4,321" in Shopper().get("/products").text
    assert "only in other currencies" not in Shopper().get("/").text
    complain_of_currencies()
    assert capsys.readouterr().err == ""


def test_where_the_operator_lists_no_currencies_there_is_nothing_to_choose(shop: Shop) -> None:
    page = Shopper().get("/")
    assert "Currency" not in page.text
    assert "€25.00" in page.text


def test_the_shop_speaks_the_visitors_language_where_sellers_do(shop: Shop) -> None:
    do = shop.place.do
    do("products", SetTexts(product_id=LAMP, locale="de", title="Messinglampe", words=(LocalWord(word="a", said="b"),)))
    do("products", AddCategory(code="home", name="Home things"))
    do("products", NameCategory(code="home", locale="de", name="Wohnen"))
    shop.place.drain()
    german = Shopper()
    german.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de-AT,de;q=0.9,en;q=0.5"
    for path in ("/", "/products", f"/products/{LAMP}"):
        page = german.get(path)
        assert "Messinglampe" in page.text, path
        assert "Wohnen" in page.text, path
        assert page.headers["Vary"] == "Cookie, Accept-Language"
    assert '<h1 lang="de">Messinglampe</h1>' in german.get(f"/products/{LAMP}").html
    german.add(LAMP)
    assert "Messinglampe" in german.get("/cart").text
    assert "Brass lamp" in Shopper().get("/products").text
    assert "Home things 2" in Shopper().get("/").text
