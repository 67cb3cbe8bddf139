"""Pages, listings, counts, stock and carts: given events, expect documents."""

from __future__ import annotations

from itertools import chain
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.contracts import products
from argosy.read_models.cart_summary.projector import CartSummary
from argosy.read_models.catalogue.projector import (
    CategoryCount,
    ProductDetail,
    ProductListing,
    StockUnitLevel,
    category_id,
)
from argosy.read_models.views import CATALOGUE
from argosy.shared_kernel.messages import Event
from tests.read_models.staging import BUYER, SELLER, body, cart, listed, published, rows_of, stage_of, told
from tests.support import Stage, an_id


def priced(product: str, variant: str, amount: int) -> products.PriceChanged:
    return products.PriceChanged(
        product_id=an_id(product),
        variant_id=an_id(variant),
        price_id=an_id("price"),
        amount=amount,
        currency="BRL",
        effective_from=Stage((), lambda work: ()).clock.now(),
    )


def updated(product: str, title: str, category: str) -> products.ProductUpdated:
    return products.ProductUpdated(product_id=an_id(product), title=title, description="New.", category=category)


def archived(product: str) -> products.ProductArchived:
    return products.ProductArchived(product_id=an_id(product))


def counts(stage: Stage) -> dict[str, int]:
    return {row.category: row.products for row in stage.all(CategoryCount)}


def card(stage: Stage, name: str) -> Any:
    return msgspec.json.decode(stage.one(ProductListing, an_id(name)).card)


def shown(name: str, amount: int, colour: str) -> dict[str, Any]:
    """A variant that nothing was told of but that it is for sale."""
    return {
        "variant_id": an_id(name),
        "sku": name,
        "amount": amount,
        "currency": "BRL",
        "attributes": [{"name": "colour", "value": colour}],
        "stock_unit_id": an_id(f"unit of {name}"),
        "units_each": 1,
        "in_stock": False,
        "left": 0,
        "was_amount": None,
        "sale_ends_at": None,
        "prices": [],
    }


def test_a_published_product_has_a_page_and_a_card() -> None:
    stage = stage_of(CATALOGUE)
    stage.send(published("bear", listed("small", 500, colour="blue"), listed("large", 900, colour="red")))
    assert body(stage, ProductDetail, "bear") == {
        "product_id": an_id("bear"),
        "seller_id": SELLER,
        "sku": "bear",
        "title": "A bear",
        "description": "Fine.",
        "category": "toys",
        "images": ["/one.jpg"],
        "attributes": [],
        "listed_at": "2026-01-01T00:00:00.000Z",
        "is_published": True,
        "options": [],
        "slug": "",
        "is_listed": True,
        "texts": [],
        "story": "",
        "withheld": "",
        "locale": "",
        "variants": [
            shown("small", 500, "blue"),
            shown("large", 900, "red"),
        ],
    }
    assert card(stage, "bear") == {
        "product_id": an_id("bear"),
        "seller_id": SELLER,
        "title": "A bear",
        "category": "toys",
        "image": "/one.jpg",
        "currency": "BRL",
        "price_from": 500,
        "price_to": 900,
        "in_stock": False,
        "was_from": None,
        "slug": "",
    }
    row = stage.one(ProductListing, an_id("bear"))
    assert row.variant_attributes == {"colour": ["blue", "red"]}
    assert counts(stage) == {"toys": 1}
    assert stage.undeclared_loads == 0


def test_stock_is_shown_exactly_up_to_ten_and_only_as_there_above() -> None:
    stage = stage_of(CATALOGUE)
    stage.send(published("bear", listed("one", unit="unit"), listed("pack", unit="unit", units_each=4)))
    for units, expected in (
        (50, [(True, None), (True, None)]),
        (10, [(True, 10), (True, 2)]),
        (3, [(True, 3), (False, 0)]),
        (0, [(False, 0), (False, 0)]),
    ):
        stage.send(told("unit", units))
        variants = body(stage, ProductDetail, "bear")["variants"]
        assert [(variant["in_stock"], variant["left"]) for variant in variants] == expected
    assert stage.undeclared_loads == 0


def test_pieces_of_all_warehouses_are_added_up() -> None:
    stage = stage_of(CATALOGUE)
    stage.send(told("unit", 3), told("unit", 4, "second"), published("bear", listed("one", unit="unit")))
    assert body(stage, ProductDetail, "bear")["variants"][0]["left"] == 7
    stage.send(told("unit", 1))
    assert body(stage, ProductDetail, "bear")["variants"][0]["left"] == 5
    assert stage.one(StockUnitLevel, an_id("unit")).available == 5


def test_two_products_that_share_stock_both_show_it() -> None:
    stage = stage_of(CATALOGUE)
    stage.send(published("one", listed("a", unit="unit")), published("two", listed("b", unit="unit")))
    stage.send(told("unit", 2))
    assert [body(stage, ProductDetail, name)["variants"][0]["left"] for name in ("one", "two")] == [2, 2]


def test_a_stock_event_that_leaves_the_card_as_it_was_does_not_write_the_listing() -> None:
    stage = stage_of(CATALOGUE)
    stage.send(published("bear", listed("one", unit="unit")))
    for units in (9, 8, 7):
        stage.send(told("unit", units))
    assert stage.one(ProductListing, an_id("bear")).version == 2
    assert stage.one(ProductDetail, an_id("bear")).version == 4


def test_a_new_price_reaches_page_and_card() -> None:
    stage = stage_of(CATALOGUE)
    stage.send(published("bear", listed("small", 500), listed("large", 900)))
    stage.send(priced("bear", "small", 950))
    assert [variant["amount"] for variant in body(stage, ProductDetail, "bear")["variants"]] == [950, 900]
    assert (card(stage, "bear")["price_from"], card(stage, "bear")["price_to"]) == (900, 950)
    assert stage.one(ProductListing, an_id("bear")).price_from == 900


def test_what_is_told_of_drafts_waits_for_their_publication() -> None:
    stage = stage_of(CATALOGUE)
    stage.send(priced("bear", "small", 950), updated("bear", "Bear", "toys"), archived("bear"))
    assert rows_of(stage, CATALOGUE) == {}


def test_a_product_is_counted_in_its_category_while_it_is_on_sale() -> None:
    stage = stage_of(CATALOGUE)
    stage.send(published("bear"), published("car"))
    stage.send(updated("bear", "Bear", "plush"))
    assert counts(stage) == {"toys": 1, "plush": 1}
    stage.send(archived("bear"), archived("bear"))
    assert counts(stage) == {"toys": 1, "plush": 0}
    assert stage.one(CategoryCount, category_id("toys")).products == 1
    assert not stage.one(ProductDetail, an_id("bear")).is_published
    assert not stage.one(ProductListing, an_id("bear")).is_published
    assert stage.undeclared_loads == 0


def test_a_product_that_is_off_sale_for_now_is_not_listed_until_it_is_published_again() -> None:
    stage = stage_of(CATALOGUE)
    stage.send(published("bear"), products.ProductUnpublished(product_id=an_id("bear")))
    assert counts(stage) == {"toys": 0}
    assert not stage.one(ProductListing, an_id("bear")).is_published
    stage.send(published("bear"))
    assert counts(stage) == {"toys": 1}
    assert stage.one(ProductListing, an_id("bear")).is_published
    assert stage.undeclared_loads == 0


def test_what_is_withheld_has_a_page_that_says_so_and_is_in_no_listing_or_count() -> None:
    stage = stage_of(CATALOGUE)
    bear = an_id("bear")
    stage.send(published("bear"), products.ProductWithheld(product_id=bear, reason="holiday"))
    page = body(stage, ProductDetail, "bear")
    assert (page["is_published"], page["withheld"]) == (True, "holiday")
    assert not stage.one(ProductListing, bear).is_published
    assert set(counts(stage).values()) == {0}
    stage.send(priced("bear", "small", 700))
    assert not stage.one(ProductListing, bear).is_published
    stage.send(products.ProductSoldAgain(product_id=bear))
    assert body(stage, ProductDetail, "bear")["withheld"] == ""
    assert stage.one(ProductListing, bear).is_published
    assert set(counts(stage).values()) == {1}
    stage.send(msgspec.structs.replace(published("bear"), withheld="suspended"))
    assert body(stage, ProductDetail, "bear")["withheld"] == "suspended"
    assert not stage.one(ProductListing, bear).is_published


def test_a_variant_that_is_gone_after_a_new_publication_no_longer_draws_on_its_stock() -> None:
    stage = stage_of(CATALOGUE)
    stage.send(published("bear", listed("small", unit="unit"), listed("large", unit="other")), told("unit", 5))
    stage.clock.tick(seconds=9)
    stage.send(published("bear", listed("large", unit="other")))
    stage.send(told("unit", 4))
    page = body(stage, ProductDetail, "bear")
    assert [variant["sku"] for variant in page["variants"]] == ["large"]
    assert page["listed_at"] == "2026-01-01T00:00:00.000Z"
    assert stage.one(StockUnitLevel, an_id("unit")).product_ids == ()
    assert stage.undeclared_loads == 0


def test_a_cart_shows_titles_and_prices_of_the_day_it_changed() -> None:
    stage = stage_of(CATALOGUE)
    stage.send(published("bear", listed("small", 500, colour="blue")))
    stage.send(cart(("bear", "small", 2), ("unknown", "thing", 1)))
    assert body(stage, CartSummary, "cart") == {
        "cart_id": an_id("cart"),
        "buyer_id": BUYER,
        "coupons": ["TEN"],
        "lines": [
            {
                "product_id": an_id("bear"),
                "variant_id": an_id("small"),
                "quantity": 2,
                "title": "A bear",
                "sku": "small",
                "image": "/one.jpg",
                "seller_id": SELLER,
                "unit_amount": 500,
                "currency": "BRL",
                "attributes": [{"name": "colour", "value": "blue"}],
            },
            {"product_id": an_id("unknown"), "variant_id": an_id("thing"), "quantity": 1},
        ],
        "saved": [],
        "currency": "",
    }
    stage.send(cart(buyer=an_id("somebody else")))
    assert body(stage, CartSummary, "cart")["lines"] == []
    assert stage.one(CartSummary, an_id("cart")).buyer_id == an_id("somebody else")
    assert stage.undeclared_loads == 0


def test_products_are_read_before_stock_and_carts() -> None:
    assert list(CATALOGUE.participant.wire_names()) == ["products", "inventory", "carts"]


OF_PRODUCTS: list[Event] = [
    published("bear", listed("small", 500, unit="unit"), listed("large", 900, unit="other")),
    published("car", listed("car", 700, unit="unit", units_each=3), category="cars"),
    priced("bear", "small", 450),
    updated("bear", "Bear", "plush"),
    published("bear", listed("small", 450, unit="unit"), category="plush"),
    archived("car"),
]
OF_STOCK: list[Event] = [
    told("unit", 30),
    told("other", 4),
    told("unit", 7),
    told("unit", 2, "second"),
    told("unit", 6),
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), min_size=11, max_size=11), st.lists(st.integers(0, 3), min_size=11, max_size=11))
def test_rows_do_not_depend_on_how_logs_are_interleaved_or_batched(turns: list[bool], breaks: list[int]) -> None:
    """What makes a rebuild equal to what it replaces (I38): each log in its own order, and nothing else, decides."""
    expected = stage_of(CATALOGUE)
    for event in chain(OF_PRODUCTS, OF_STOCK):
        expected.send(event)
    stage = stage_of(CATALOGUE)
    waiting = [list(OF_PRODUCTS), list(OF_STOCK)]
    batch: list[Event] = []
    for turn, pause in zip(turns, breaks, strict=True):
        source = waiting[turn] or waiting[not turn]
        batch.append(source.pop(0))
        if not pause:
            stage.send(*batch)
            batch = []
    stage.send(*batch)
    assert rows_of(stage, CATALOGUE) == rows_of(expected, CATALOGUE)
    assert stage.undeclared_loads == 0
