"""Home, listings and products: what everybody sees, and that nothing hostile gets through."""

from __future__ import annotations

import re

import pytest

from argosy.apps.storefront import window
from argosy.apps.storefront.assets import assets
from argosy.apps.storefront.words import explained
from argosy.platform.pages import cursor
from argosy.platform.problems import Problem
from argosy.shared_kernel.ids import named_id
from tests.storefront.shopper import LAMP, SHEET, Shop, Shopper, variant_of

NASTY = '<script>alert(1)</script>"\'&lt;b&gt; {{ 7|add:7 }} {% now "Y" %}'


def test_home_shows_categories_with_counts_and_the_newest_products(shop: Shop) -> None:
    page = Shopper().get("/")
    assert page.status == 200
    assert "home 2" in page.text
    assert "Brass lamp €25.00 Lamp & Linen" in page.text
    assert "from €69.00" in page.text
    assert "Casa <Verde>" in page.text


def test_a_listing_shows_one_category_or_one_seller(shop: Shop) -> None:
    shop.product(named_id("seller", "Lamp & Linen"), named_id("product", "cup"), "Cup", 900, category="kitchen & bar/x")
    kitchen = Shopper().get("/products?category=kitchen+%26+bar%2Fx")
    assert "Cup" in kitchen.text
    assert "Brass lamp" not in kitchen.text
    assert "/products?category=kitchen+%26+bar%2Fx" in Shopper().get("/").html
    seller = Shopper().get(f"/stores/{named_id('seller', 'Casa <Verde>')}")
    assert "Linen sheet" in seller.text
    assert "Brass lamp" not in seller.text
    assert "Nothing is on sale here" in Shopper().get("/products?category=none").text


@pytest.mark.parametrize("sort", ["newest", "price"])
def test_pages_of_a_listing_hold_every_product_once(shop: Shop, sort: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "PAGE_SIZE", 2)
    for number in range(3):
        shop.product(named_id("seller", "Lamp & Linen"), named_id("p", str(number)), f"Thing {number}", 100)
    seen: list[str] = []
    path: str | None = f"/products?sort={sort}"
    while path:
        page = Shopper().get(path)
        seen += re.findall(r'<span class="name">([^<]+)', page.html)
        following = re.search(r'rel="next" href="([^"]+)"', page.html)
        path = following[1].replace("&amp;", "&") if following else None
    assert sorted(seen) == ["Brass lamp", "Linen sheet", "Thing 0", "Thing 1", "Thing 2"]


BAD_PLACES = [
    "x",
    "%00",
    "W10",
    "a" * 1_000,
    cursor(1, 2),
    cursor("2026-01-01T00:00:00", str(LAMP)),
    cursor("2026-01-01T00:00:00Z", "x"),
    cursor(10**30, str(LAMP)),
    cursor(-1, str(LAMP)),
]


@pytest.mark.parametrize("place", BAD_PLACES)
@pytest.mark.parametrize("sort", ["newest", "price"])
def test_a_place_that_we_never_gave_is_no_page(shop: Shop, sort: str, place: str) -> None:
    assert Shopper().get(f"/products?sort={sort}&after={place}").status == 404


def test_a_product_shows_its_variants_price_stock_and_seller(shop: Shop) -> None:
    page = Shopper().get(f"/products/{SHEET}")
    assert page.status == 200
    assert "Linen sheet" in page.text
    assert "€69.00" in page.text
    assert "€89.00" in page.text
    assert "Sold by Casa <Verde>" in page.text
    assert page.text.count("In stock") == 2
    chosen = Shopper().get(f"/products/{SHEET}?variant={variant_of(SHEET, 1)}&quantity=3")
    assert f'value="{variant_of(SHEET, 1)}" checked' in chosen.html
    assert 'value="3"' in chosen.html


@pytest.mark.parametrize(
    ("currency", "amount", "price"),
    [
        ("JPY", 1_250, "¥1,250"),
        ("KWD", 1_250, "KWD\xa01.250"),
        ("USD", 123_456_789, "$1,234,567.89"),
        ("CLF", 12_345, "CLF\xa01.2345"),
        ("EUR", 5, "€0.05"),
    ],
)
def test_money_has_the_decimals_of_its_currency(shop: Shop, currency: str, amount: int, price: str) -> None:
    product_id = named_id("product", currency)
    shop.seller(currency, product_id, "Thing", amount, currency=currency)
    page = Shopper().get(f"/products/{product_id}")
    assert f'<p class="price big">{price}</p>' in page.html


def test_few_are_counted_and_none_is_sold_out(shop: Shop) -> None:
    seller_id = named_id("seller", "Lamp & Linen")
    shop.product(seller_id, named_id("p", "few"), "Few", 100, pieces=3)
    shop.product(seller_id, named_id("p", "none"), "None", 100, pieces=0)
    assert "Only 3 left" in Shopper().get(f"/products/{named_id('p', 'few')}").text
    sold_out = Shopper().get(f"/products/{named_id('p', 'none')}")
    assert "sold out at the moment" in sold_out.text
    assert "Put it in the cart" not in sold_out.text


def test_hostile_texts_are_shown_as_they_are_written(shop: Shop) -> None:
    product_id = named_id("product", "nasty")
    shop.product(
        named_id("seller", "Lamp & Linen"),
        product_id,
        NASTY,
        100,
        description=NASTY,
        category=NASTY,
        images=('http://pictures.example/a.png?x="onerror=alert(1)',),
    )
    buyer = shop.buyer()
    assert buyer.add(product_id).status == 303
    for path in ("/", "/products", f"/products/{product_id}", "/cart", "/checkout"):
        page = buyer.get(path)
        assert page.status == 200, path
        assert "<script>alert" not in page.html, path
        assert '"onerror' not in page.html, path
        assert NASTY in page.text.replace("  ", " ") or "&lt;script&gt;alert(1)&lt;/script&gt;" in page.html, path
    assert "script-src 'self'" in buyer.get("/").headers["Content-Security-Policy"]


NOWHERE = [
    "/nope",
    "/products/x",
    f"/products/{named_id('product', 'none')}",
    f"/products/{str(LAMP).upper()}",
    "/products/%00",
    "/p/%00",
    "/a\nb",
    "/products?seller=x",
    f"/products?seller={named_id('seller', 'none')}",
    "/assets/x/none.css",
    "/" + "a" * 5_000,
]


@pytest.mark.parametrize("path", NOWHERE)
def test_what_is_not_there_is_one_clear_page(shop: Shop, path: str) -> None:
    page = Shopper().get(path)
    assert page.status == 404
    assert "There is nothing here" in page.text
    assert page.html == Shopper().get("/nope").html


def test_the_api_keeps_its_own_answer_for_addresses_that_are_none(shop: Shop) -> None:
    assert Shopper().get("/api/v1/nope").headers["Content-Type"] == "application/problem+json"


def test_assets_are_kept_for_ever_under_their_own_address(shop: Shop) -> None:
    page = Shopper().get("/")
    for name, kind in (("shop.css", "text/css; charset=utf-8"), ("argosy.svg", "image/svg+xml")):
        address = f"/assets/{assets()[name].digest}/{name}"
        assert address in page.html
        sent = Shopper().get(address)
        assert (sent.status, sent.headers["Content-Type"]) == (200, kind)
        assert "immutable" in sent.headers["Cache-Control"]
        assert Shopper().get(f"/assets/0/{name}").headers["Cache-Control"] == "no-cache"


def test_a_page_is_used_with_its_own_methods_only(shop: Shop) -> None:
    refused = Shopper().post("/products")
    assert (refused.status, refused.headers["Allow"]) == (405, "GET")
    assert "<h1>" in refused.html


def test_a_busy_store_is_a_clear_page_too(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from argosy.engine.store import StoreUnavailable

    def busy(**_: object) -> None:
        raise StoreUnavailable("search is busy")

    monkeypatch.setattr("argosy.read_models.catalogue.queries.newest", busy)
    page = Shopper().get("/products")
    assert (page.status, page.headers["Retry-After"]) == (503, "1")
    assert "try again in a moment" in page.text


@pytest.mark.parametrize("status", [403, 409, 429])
def test_what_is_refused_is_not_told_as_a_fault_of_ours(status: int) -> None:
    assert "on our side" not in explained(Problem(status, "some_refusal", "No.")).title


def test_a_fault_of_ours_is_a_page_with_a_number(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise ValueError("secret")

    monkeypatch.setattr("argosy.read_models.catalogue.queries.newest", fail)
    page = Shopper().get("/products")
    assert page.status == 500
    assert "Something went wrong on our side" in page.text
    assert "secret" not in page.html
