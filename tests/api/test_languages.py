"""Texts in the reader's language, over HTTP: of products, listings, carts and categories."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.shop import Shop, assert_problem


@pytest.fixture
def spoken(shop: Shop) -> Shop:
    """A lamp of two colours, described in English, German and Brazilian Portuguese."""
    made = shop.call(
        "POST",
        "products",
        {"sku": "shade", "title": "Shade", "description": "For lamps.", "category": "home", "variants": []},
        token=shop.seller,
    ).json["id"]
    path = f"products/{made}"
    axes = [{"name": "colour", "values": ["red", "blue"]}]
    assert shop.call("PUT", f"{path}/options", {"axes": axes}, token=shop.seller).status == 204
    body = {"amount": 1_900, "currency": "EUR"}
    assert shop.call("POST", f"{path}/combinations", body, token=shop.seller).status == 204
    german = {
        "title": "Schirm",
        "story": "<h2>Neu</h2><script>alert(1)</script>",
        "words": [{"word": "colour", "said": "Farbe"}, {"word": "red", "said": "rot"}],
    }
    assert shop.call("PUT", f"{path}/texts/de", german, token=shop.seller).status == 204
    assert shop.call("PUT", f"{path}/texts/pt-BR", {"title": "Abajur"}, token=shop.seller).status == 204
    assert shop.call("POST", f"{path}/publish", token=shop.seller).status == 204
    shop.drain()
    shop.product_id = made
    return shop


def page(shop: Shop, languages: str = "", query: str = "", **headers: str) -> Any:
    sent = {"Accept_Language": languages, **headers} if languages else headers
    return shop.call("GET", f"products/{shop.product_id}{query}", **sent)


def test_a_product_page_speaks_the_language_that_fits_best(spoken: Shop) -> None:
    """From the region to the language to the product's own; a parameter counts before the header."""
    for languages, query, title in (
        ("", "", "Shade"),
        ("de-AT,en;q=0.5", "", "Schirm"),
        ("pt-BR", "", "Abajur"),
        ("pt-PT", "", "Abajur"),
        ("it, de;q=0.1", "", "Schirm"),
        ("en-GB, de;q=0.9", "", "Shade"),
        ("it", "", "Shade"),
        ("de", "?locale=pt-BR", "Abajur"),
        ("de", "?locale=en", "Shade"),
    ):
        answer = page(spoken, languages, query)
        assert (answer.status, answer.json["title"]) == (200, title), (languages, query)
        assert answer.headers["vary"] == "Accept-Language"
    answer = page(spoken, "de")
    assert answer.headers["content-language"] == "de"
    shown = answer.json
    assert (shown["description"], shown["story"], shown["locale"]) == ("For lamps.", "<h2>Neu</h2>", "de")
    assert shown["options"] == [{"name": "Farbe", "values": ["rot", "blue"]}]
    assert [one["attributes"] for one in shown["variants"]] == [
        [{"name": "Farbe", "value": "rot"}],
        [{"name": "Farbe", "value": "blue"}],
    ]
    assert page(spoken).json["options"] == [{"name": "colour", "values": ["red", "blue"]}]
    assert_problem(page(spoken, query="?locale=German!"), 422, "invalid_request")


def test_each_language_has_a_tag_of_its_own(spoken: Shop) -> None:
    """Whoever has the German page is not told that the English one is the same."""
    english, german = page(spoken).headers["etag"], page(spoken, "de").headers["etag"]
    assert english != german
    assert page(spoken, "de", If_None_Match=german).status == 304
    assert page(spoken, "de", If_None_Match=english).status == 200
    assert page(spoken, If_None_Match=english).status == 304
    path = f"products/{spoken.product_id}"
    assert spoken.call("PUT", f"{path}/texts/de", {"title": "Lampenschirm"}, token=spoken.seller).status == 204
    spoken.drain()
    assert page(spoken, "de", If_None_Match=german).json["title"] == "Lampenschirm"


def test_a_language_follows_stock_and_prices_and_goes_when_it_is_taken_away(spoken: Shop) -> None:
    variant_id = page(spoken).json["variants"][0]["variant_id"]
    path = f"products/{spoken.product_id}"
    body = {"quantity": 3, "reference_id": "more"}
    assert spoken.call("POST", f"stock/{variant_id}/receipts", body, token=spoken.seller).status == 201
    price = {"amount": 1_500, "currency": "EUR"}
    assert spoken.call("POST", f"{path}/variants/{variant_id}/prices", price, token=spoken.seller).status == 201
    spoken.drain()
    shown = page(spoken, "de").json["variants"][0]
    assert (shown["amount"], shown["in_stock"], shown["left"]) == (1_500, True, 3)
    assert spoken.call("PUT", f"{path}/texts/de", {"title": ""}, token=spoken.seller).status == 204
    spoken.drain()
    assert page(spoken, "de").json["title"] == "Shade"


def test_the_language_of_a_products_own_texts_can_be_said(spoken: Shop) -> None:
    """A reader of English gets the German product's English text, once it is known to be German."""
    path = f"products/{spoken.product_id}"
    assert spoken.call("PUT", f"{path}/texts/en", {"title": "Lampshade"}, token=spoken.seller).status == 204
    spoken.drain()
    assert page(spoken, "en").json["title"] == "Shade"
    assert spoken.call("PATCH", path, {"locale": "it"}, token=spoken.seller).status == 204
    spoken.drain()
    assert page(spoken, "en").json["title"] == "Lampshade"
    assert page(spoken, "it, en").json["title"] == "Shade"
    refused = spoken.call("PATCH", path, {"locale": "Italian"}, token=spoken.seller)
    assert_problem(refused, 422, "malformed_locale")


def test_listings_and_collections_speak_the_readers_language(spoken: Shop) -> None:
    for path in ("products", "products?sort=price&currency=EUR", "products?locale=de&limit=1"):
        answer = spoken.call("GET", path, Accept_Language="de-DE")
        assert "Schirm" in [card["title"] for card in answer.json["items"]], path
        assert answer.headers["vary"] == "Accept-Language"
    following = spoken.call("GET", "products?locale=de&limit=1").json["next"]
    assert "locale=de" in following
    assert [card["title"] for card in spoken.call("GET", "products").json["items"]] == ["Shade", "Lamp"]
    body = {"title": "Mine", "product_ids": [spoken.product_id]}
    made = spoken.call("PUT", "stores/mine/collections/mine", body, token=spoken.seller).json["id"]
    (card,) = spoken.call("GET", f"collections/{made}/products", Accept_Language="de").json["items"]
    assert card["title"] == "Schirm"


def test_a_cart_is_summed_up_in_the_readers_language(spoken: Shop) -> None:
    (variant, _) = page(spoken).json["variants"]
    line = {"product_id": spoken.product_id, "variant_id": variant["variant_id"], "quantity": 1}
    assert spoken.call("POST", "carts/mine/lines", line, token=spoken.buyer).status == 200
    spoken.drain()
    summary = spoken.call("GET", "carts/mine/summary", token=spoken.buyer, Accept_Language="de-AT")
    assert summary.headers["vary"] == "Accept-Language"
    (line,) = summary.json["lines"]
    assert (line["title"], line["attributes"]) == ("Schirm", [{"name": "Farbe", "value": "rot"}])
    (own,) = spoken.call("GET", "carts/mine/summary", token=spoken.buyer).json["lines"]
    assert own["title"] == "Shade"


def test_texts_that_cannot_be_are_refused_with_all_that_is_wrong(spoken: Shop) -> None:
    body = {
        "title": "x" * 501,
        "words": [{"word": "a", "said": ""}, {"word": "a", "said": "b"}],
    }
    refused = spoken.call("PUT", f"products/{spoken.product_id}/texts/German", body, token=spoken.seller)
    assert refused.status == 422
    codes = {fault["code"] for fault in refused.json["faults"]}
    assert codes == {"malformed_locale", "text_is_too_long", "text_is_missing", "word_repeats"}


def test_categories_have_names_in_languages_which_staff_give_them(shop: Shop) -> None:
    staff = shop.staff()
    assert shop.call("POST", "categories", {"code": "home", "name": "Home"}, token=staff).status == 201
    path = "categories/home/names/de"
    assert shop.call("PUT", path, {"name": "Wohnen"}, token=staff).status == 204
    assert_problem(shop.call("PUT", path, {"name": "x"}, token=shop.seller), 403, "staff_only")
    assert_problem(shop.call("PUT", "categories/home/names/x", {"name": "x"}, token=staff), 422, "malformed_locale")
    answer = shop.call("GET", "categories/tree", Accept_Language="de-AT, en;q=0.5")
    (home,) = answer.json["items"]
    assert (home["code"], home["name"], answer.headers["vary"]) == ("home", "Wohnen", "Accept-Language")
    assert home["names"] == [{"locale": "de", "name": "Wohnen"}]
    assert shop.call("GET", "categories/tree").json["items"][0]["name"] == "Home"
    assert shop.call("PUT", path, {"name": ""}, token=staff).status == 204
    assert shop.call("GET", "categories/tree?locale=de").json["items"][0]["name"] == "Home"


def test_a_category_counts_what_is_below_it_as_its_listing_does(shop: Shop) -> None:
    staff = shop.staff()
    for code, parent in (("all", ""), ("living", "all"), ("home", "living")):
        body = {"code": code, "name": code.title(), "parent": parent}
        assert shop.call("POST", "categories", body, token=staff).status == 201
    shop.product("cup", 900)

    def listed(category: str) -> int:
        return len(shop.call("GET", f"products?category={category}").json["items"])

    counts = shop.call("GET", "categories").json["items"]
    assert counts == [["all", 2], ["home", 2], ["living", 2]]
    assert all(listed(category) == products for category, products in counts)
    assert shop.call("PUT", "categories/home/place", {"parent": ""}, token=staff).status == 204
    assert shop.call("GET", "categories").json["items"] == [["home", 2]]
