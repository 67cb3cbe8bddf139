"""Several methods of delivery are offered with price and days, and the one that was chosen is paid for."""

from __future__ import annotations

import re
from datetime import date

import pytest

from argosy.apps.storefront.delivery import days_text
from argosy.contracts.shipping import FreightBand, SetShippingRate
from argosy.shared_kernel.ids import named_id
from tests.storefront.shopper import LAMP, Page, Shop, Shopper

SELLER = named_id("seller", "Lamp & Linen")


@pytest.fixture
def express(shop: Shop) -> Shop:
    """The lamp's seller also sends by express, by weight, to Portugal alone."""
    shop.place.do(
        "shipping",
        SetShippingRate(
            method="express",
            label="Express <air>",
            currency="EUR",
            seller_id=SELLER,
            countries=("PT",),
            bands=(FreightBand(up_to_grams=100_000, amount=1_250),),
            days_min=1,
            days_max=1,
        ),
    )
    return shop


def offered(page: Page) -> list[tuple[str, str]]:
    """(method, what it says without its days) of the one seller's list."""
    (names,) = re.findall(rf'<select id="method-{SELLER}".*?</select>', page.html, re.DOTALL)
    return [
        (method, text.rpartition(",")[0]) for method, text in re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)', names)
    ]


def test_a_buyer_looks_how_it_can_be_delivered_and_pays_for_what_they_choose(express: Shop) -> None:
    buyer = Shopper().register("ana@example.com")
    buyer.add(LAMP)
    form = buyer.checkout_form()
    looked = buyer.post("/checkout", {**form, "look": "delivery", f"method-{SELLER}": "express"})
    assert looked.status == 200
    assert offered(looked) == [("standard", "Standard, €4.99"), ("express", "Express &lt;air&gt;, €12.50")]
    assert '<option value="express" selected>' in looked.html, "what was chosen stays chosen"
    assert express.place.rows("checkout", "SELECT count(*) FROM checkout_sessions") == [(0,)], "looking buys nothing"
    page = buyer.post("/checkout", {**form, f"method-{SELLER}": "express"})
    express.place.drain()
    assert "€37.50" in buyer.get(page.location).text


def test_another_country_is_offered_what_goes_there(express: Shop) -> None:
    buyer = Shopper().register("ana@example.com")
    buyer.add(LAMP)
    looked = buyer.post("/checkout", {**buyer.checkout_form(country="ES"), "look": "delivery"})
    assert offered(looked) == [("standard", "Standard, €4.99")]


def test_a_method_that_is_none_is_not_paid_for(express: Shop) -> None:
    buyer = Shopper().register("ana@example.com")
    buyer.add(LAMP)
    page = buyer.post("/checkout", {**buyer.checkout_form(country="ES"), f"method-{SELLER}": "express"})
    express.place.drain()
    assert express.place.rows("checkout", "SELECT status FROM checkout_sessions") == [("FAILED",)]
    assert buyer.get(page.location).status == 200


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (date(2026, 1, 5), date(2026, 1, 5), "5 Jan"),
        (date(2026, 1, 5), date(2026, 1, 9), "5 to 9 Jan"),
        (date(2026, 1, 30), date(2026, 2, 2), "30 Jan to 2 Feb"),
    ],
)
def test_days_are_told_as_people_write_them(first: date, last: date, text: str) -> None:
    assert days_text(first, last) == text
