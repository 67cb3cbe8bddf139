"""Store credit in the shop: seen, topped up by a gift card, and spent at the checkout."""

from __future__ import annotations

import pytest

from argosy.contracts.payments_credit import IssueCredit, IssueGiftCards
from argosy.shared_kernel.ids import Id
from tests.storefront.shopper import LAMP, Shop, Shopper


@pytest.fixture
def buyer(shop: Shop) -> Shopper:
    """Somebody with a lamp in the cart: 25.00, and 4.99 for its delivery."""
    buyer = shop.buyer()
    buyer.add(LAMP)
    return buyer


def give(shop: Shop, amount: int) -> None:
    [(buyer_id,)] = shop.place.rows("carts", "SELECT CAST(user_id AS varchar(36)) FROM carts")
    shop.place.do("payments", IssueCredit(buyer_id=Id(buyer_id), amount=amount, currency="EUR", reason="a broken cup"))


def test_credit_pays_a_part_or_all_as_its_box_says(shop: Shop, buyer: Shopper) -> None:
    assert "store credit" not in buyer.get("/checkout").text
    give(shop, 1_000)
    assert "Pay with my store credit first: I have €10.00" in buyer.get("/checkout").text
    path = buyer.buy(credit=buyer_box(buyer))
    shop.place.drain()
    assert "Paid: €29.99" in buyer.get(path).text
    page = buyer.get("/store-credit").text
    assert "€0.00 to spend" in page
    assert "Paid for a purchase" in page and "-€10.00" in page and "From us: a broken cup" in page


def buyer_box(buyer: Shopper) -> str:
    return buyer.get("/checkout").field("credit")


def test_the_total_says_what_is_left_to_pay(shop: Shop, buyer: Shopper) -> None:
    give(shop, 1_000)
    fields = {**buyer.checkout_form(), "action": "quote", "credit": "1000"}
    for _ in range(3):
        shown = buyer.post("/checkout", fields)
        shop.place.drain()
    assert "Of it with store credit €10.00 Left to pay €19.99" in shown.text


def test_a_form_with_credit_sent_twice_is_one_purchase(shop: Shop, buyer: Shopper) -> None:
    give(shop, 1_000)
    fields = {**buyer.checkout_form(), "credit": "1000"}
    first = buyer.post("/checkout", fields)
    shop.place.drain()
    assert buyer.post("/checkout", fields).location == first.location
    assert shop.place.rows("orders", "SELECT count(*) FROM purchases") == [(1,)]


def test_credit_that_is_gone_meanwhile_is_told_and_the_rest_paid_otherwise(shop: Shop, buyer: Shopper) -> None:
    give(shop, 1_000)
    path = buyer.buy(credit="1001")
    shop.place.drain()
    page = buyer.get(path)
    assert "Your store credit is less than it was" in page.text
    assert buyer.post(f"{path}/payment", {"payment": "tok_approve", "credit": page.field("credit")}).status == 303
    shop.place.drain()
    assert "Thank you" in buyer.get(path).text
    assert "€10.00 to spend" in buyer.get("/store-credit").text


def test_credit_and_cash_on_delivery_do_not_go_together(shop: Shop, buyer: Shopper) -> None:
    give(shop, 1_000)
    page = buyer.post("/checkout", {**buyer.checkout_form(), "credit": "1000", "payment": "cash_on_delivery"})
    assert page.status == 422
    assert "Store credit pays a part of what is paid now" in page.text


def test_a_gift_card_is_redeemed_on_the_page_of_store_credit(shop: Shop, buyer: Shopper) -> None:
    made = shop.place.do("payments", IssueGiftCards(amount=2_000, currency="EUR", reason="summer"))
    assert "There is none yet" in buyer.get("/store-credit").text
    wrong = buyer.post("/store-credit", {"code": "ABCD-<b>"})
    assert wrong.status == 422
    assert "There is no gift card with this code" in wrong.text and "<b>" not in wrong.html.partition("Redeem")[2]
    done = buyer.post("/store-credit", {"code": made.cards[0].code.lower()})
    assert done.location == "/store-credit?note=redeemed"
    page = buyer.get(done.location).text
    assert "It is in your store credit." in page and "€20.00 to spend" in page and "Gift card" in page
    assert made.cards[0].code not in page


def test_the_page_is_for_those_who_have_signed_in(shop: Shop) -> None:
    assert Shopper().get("/store-credit").location.startswith("/sign-in")
    assert "/store-credit" in shop.buyer().get("/account").html
