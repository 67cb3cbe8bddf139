"""A store's page: who sells there, whether they are there, and what is on sale."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from argosy.apps.storefront import window
from argosy.contracts.accounts import OpenStore, RegisterUser, StartHoliday, SuspendSeller
from argosy.engine.work import Actor
from argosy.shared_kernel.ids import Id, named_id
from tests.storefront.shopper import LAMP, SHEET, Shop, Shopper

LINEN, CASA = named_id("seller", "Lamp & Linen"), named_id("seller", "Casa <Verde>")


def empty_store(shop: Shop, name: str = "Empty & Co") -> Id:
    seller_id, user_id = named_id("seller", name), named_id("owner", name)
    shop.place.do("accounts", RegisterUser(email="empty@example.com", password="correct horse", user_id=user_id))
    shop.place.do(
        "accounts",
        OpenStore(seller_id=seller_id, user_id=user_id, store_name=name, country="PT", city="Porto", region="Norte"),
    )
    shop.place.drain()
    return seller_id


def test_a_store_shows_who_they_are_and_what_they_sell_and_nobody_else_s(shop: Shop) -> None:
    shop.product(LINEN, named_id("product", "cup"), "Cup", 900, category="kitchen & bar/x")
    page = Shopper().get(f"/stores/{LINEN}")
    assert page.status == 200
    assert "Lamp & Linen" in page.text and "on Argosy since" in page.text
    assert "Brass lamp" in page.text and "Cup" in page.text and "Linen sheet" not in page.text
    only = Shopper().get(f"/stores/{LINEN}?category=kitchen+%26+bar%2Fx")
    assert "Cup" in only.text and "Brass lamp" not in only.text
    assert f"/stores/{LINEN}?category=kitchen+%26+bar%2Fx" in page.html
    other = Shopper().get(f"/stores/{CASA}")
    assert "Casa <Verde>" in other.text and "Casa <Verde>" not in other.html, "names are text"
    assert "kitchen" not in other.text, "only categories in which this store sells"


def test_pages_of_a_store_hold_every_product_of_theirs_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "PAGE_SIZE", 2)
    for number in range(3):
        shop.product(LINEN, named_id("p", str(number)), f"Thing {number}", 100)
    seen: list[str] = []
    path: str | None = f"/stores/{LINEN}?sort=price"
    while path:
        page = Shopper().get(path)
        seen += re.findall(r'<span class="name">([^<]+)', page.html)
        following = re.search(r'rel="next" href="([^"]+)"', page.html)
        path = following[1].replace("&amp;", "&") if following else None
    assert seen[-1] == "Brass lamp" and sorted(seen) == ["Brass lamp", "Thing 0", "Thing 1", "Thing 2"]
    assert Shopper().get(f"/stores/{LINEN}?after=x").status == 404


def test_products_carts_and_orders_lead_to_the_store(shop: Shop) -> None:
    link = f'href="/stores/{LINEN}"'
    assert link in Shopper().get(f"/products/{LAMP}").html
    buyer = shop.buyer()
    buyer.add(LAMP)
    assert link in buyer.get("/cart").html
    buyer.buy()
    shop.place.drain()
    listed = buyer.get("/orders").html
    assert link in listed
    order = re.search(r'href="(/orders/[0-9a-f-]{36})"', listed)
    assert order is not None and link in buyer.get(order[1]).html
    assert f"/stores/{CASA}" in Shopper().get(f"/products/{SHEET}").html


def test_the_address_of_before_leads_there(shop: Shop) -> None:
    moved = Shopper().get(f"/products?seller={LINEN}&category=home&sort=price")
    assert (moved.status, moved.location) == (301, f"/stores/{LINEN}?category=home&sort=price")


def test_a_store_with_nothing_on_sale_says_so(shop: Shop) -> None:
    page = Shopper().get(f"/stores/{empty_store(shop)}")
    assert page.status == 200
    assert "Empty & Co" in page.text and "Porto, Norte, Portugal" in page.text
    assert "This store has nothing on sale at the moment." in page.text


def test_a_store_on_holiday_says_until_when(shop: Shop) -> None:
    until = datetime.now(UTC) + timedelta(days=9)
    owner = shop.place.rows("accounts", "SELECT user_id FROM seller_stores WHERE id = ?", LINEN)[0][0]
    away = Actor(id=str(owner), roles=frozenset({"seller"}), seller_id=LINEN)
    shop.place.do("accounts", StartHoliday(until=until), away)
    shop.place.drain()
    page = Shopper().get(f"/stores/{LINEN}")
    assert page.status == 200
    assert "This store is on holiday until" in page.text
    assert "This store is on holiday" not in Shopper().get(f"/stores/{CASA}").text


def test_a_suspended_store_shows_nothing_and_does_not_say_why(shop: Shop) -> None:
    shop.place.do("accounts", SuspendSeller(seller_id=LINEN, reason="sold what is forbidden"))
    shop.place.drain()
    page = Shopper().get(f"/stores/{LINEN}")
    assert page.status == 200
    assert "This store sells nothing at the moment." in page.text
    assert "Brass lamp" not in page.text and "forbidden" not in page.text


@pytest.mark.parametrize("seller_id", ["x", str(named_id("seller", "none")), "%00", "a" * 2_000])
def test_what_is_no_store_is_no_page(shop: Shop, seller_id: str) -> None:
    assert Shopper().get(f"/stores/{seller_id}").status == 404
