"""Passkeys in pages, as the script fills their forms in. A real browser does it in tests/browser."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.api.authenticator import Authenticator
from tests.storefront.shopper import PASSWORD, Page, Shop, Shopper

ORIGIN, HOST = "http://shop.localhost:8000", "shop.localhost"


@pytest.fixture(autouse=True)
def shop_with_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOSY_SHOP_URL", ORIGIN)


def asked(page: Page) -> dict[str, Any]:
    found = re.search(r'data-challenge="([^"]+)"', page.html)
    assert found is not None, page
    assert f'data-rp="{HOST}"' in page.html
    return {"challenge": found[1], "ticket": page.field("ticket")}


def test_a_passkey_is_added_signed_in_by_and_removed(shop: Shop) -> None:
    ana = shop.buyer("ana@example.com")
    assert "Add a passkey" in ana.get("/account").text
    wrong = ana.post("/account/passkeys/new", {"name": "my telephone", "password": "wrong"})
    assert (wrong.status, "That is not your password" in wrong.text) == (422, True)
    page = ana.post("/account/passkeys/new", {"name": "my telephone", "password": PASSWORD})
    passkey = Authenticator(ORIGIN, HOST)
    made = {"name": page.field("name"), **passkey.create(asked(page))}
    assert ana.post("/account/passkeys", made).location == "/account"
    assert "By the passkey my telephone not used yet" in ana.get("/account").text
    visitor = Shopper()
    signed = {"next": "/wishlist", **passkey.sign(asked(visitor.get("/sign-in?next=/wishlist")))}
    assert visitor.post("/sign-in/passkey", signed).location == "/wishlist"
    assert "ana@example.com" in visitor.get("/account").text
    again = Shopper().post("/sign-in/passkey", signed)
    assert (again.status, "Please begin anew" in again.text) == (422, True)
    account = ana.get("/account")
    assert "last used" in account.text
    fields = {"id": account.field("id")}
    assert "Your password" in ana.post("/account/passkeys/remove", fields).text
    fields["password"] = PASSWORD
    assert ana.post("/account/passkeys/remove", fields).location == "/account"
    assert "my telephone" not in ana.get("/account").text


def test_where_the_shop_has_no_name_no_passkeys_are_offered(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOSY_SHOP_URL", "http://127.0.0.1:8000")
    assert "data-passkey" not in Shopper().get("/sign-in").html
    assert "Add a passkey" not in shop.buyer("ana@example.com").get("/account").text


def test_too_many_wrong_passwords_are_told_as_such(shop: Shop) -> None:
    ana = shop.buyer("ana@example.com")
    answers = [ana.post("/account/passkeys/new", {"name": "mine", "password": "wrong"}) for _ in range(11)]
    assert [page.status for page in answers] == [422] * 10 + [429]
    wrong = ana.post("/account/providers", {"identity": "x", "provider": "corp", "password": "wrong"})
    assert wrong.status == 429
