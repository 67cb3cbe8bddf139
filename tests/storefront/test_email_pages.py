"""Another address in pages: links change nothing by themselves, and the address before takes it back."""

from __future__ import annotations

from tests.storefront.shopper import PASSWORD, Shop, Shopper
from tests.storefront.test_letter_pages import empty_mailbox, last_link

__all__ = ["empty_mailbox"]
NEW = "ana@new.example.com"


def test_an_address_is_changed_and_taken_back_with_forms_alone(shop: Shop) -> None:
    ana = shop.buyer("ana@example.com")
    shop.place.drain()
    wrong = ana.post("/account/email", {"email": NEW, "password": "wrong"})
    assert (wrong.status, "That is not your password" in wrong.text) == (422, True)
    assert ana.post("/account/email", {"email": NEW, "password": PASSWORD}).status == 200
    link = last_link(shop)
    assert link.startswith("/confirm-email?token=")
    page = ana.get(link)
    assert "ana@example.com" in ana.get("/account").text
    assert "has its new address" in Shopper().post("/confirm-email", {"token": page.field("token")}).text
    assert NEW in ana.get("/account").text
    back = last_link(shop)
    assert back.startswith("/revert-email?token=")
    token = Shopper().get(back).field("token")
    assert "has its address again" in Shopper().post("/revert-email", {"token": token}).text
    assert ana.get("/account").status == 303
    again = Shopper().post("/revert-email", {"token": token})
    assert (again.status, "used already or is too old" in again.text) == (422, True)
