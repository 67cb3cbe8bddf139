"""Pages that letters lead to: links change nothing by themselves, and pages do not tell who has an account."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.storefront.shopper import PASSWORD, Shop, Shopper


def last_link(shop: Shop) -> str:
    """The address in the letter that was sent last."""
    shop.place.drain()
    paths = sorted((Path(settings.VAR) / "mail").glob("*"), key=lambda path: path.stat().st_mtime_ns)
    links = re.findall(r"http://127\.0\.0\.1:8000(/\S+token=\S+)", paths[-1].read_text())
    return str(links[-1])


@pytest.fixture(autouse=True)
def empty_mailbox() -> None:
    for path in (Path(settings.VAR) / "mail").glob("*"):
        path.unlink()


def test_a_link_confirms_nothing_before_its_button_is_pressed(shop: Shop) -> None:
    buyer = shop.buyer("ana@example.com")
    link = last_link(shop)
    page = buyer.get(link)
    assert "confirm that the letter reached you" in page.text
    sql = "SELECT email_verified_at FROM users WHERE email = ?"
    assert shop.place.rows("accounts", sql, "ana@example.com") == [(None,)]
    token = link.partition("token=")[2]
    assert "Your address is confirmed" in buyer.post("/verify", {"token": token}).text
    assert shop.place.rows("accounts", sql, "ana@example.com") != [(None,)]
    assert "used already or is too old" in buyer.post("/verify", {"token": token}).text


def test_a_forgotten_password_is_set_anew_with_forms_alone(shop: Shop) -> None:
    shop.buyer("ana@example.com")
    pages = [
        Shopper().post("/forgot-password", {"email": email, "wants": "password"})
        for email in ("ana@example.com", "eva@example.com")
    ]
    assert pages[0].status == pages[1].status == 200
    assert pages[0].text == pages[1].text.replace("eva@", "ana@")
    link = last_link(shop)
    assert link.startswith("/reset-password?token=")
    visitor = Shopper()
    token = link.partition("token=")[2]
    assert f'value="{token}"' in visitor.get(link).html
    short = visitor.post("/reset-password", {"token": token, "password": "short"})
    assert (short.status, 'id="password-fault"' in short.html) == (422, True)
    assert visitor.post("/reset-password", {"token": token, "password": "battery staple"}).location == "/sign-in"
    old, new = (
        Shopper().post("/sign-in", {"email": "ana@example.com", "password": password})
        for password in (PASSWORD, "battery staple")
    )
    assert (old.status, new.status) == (422, 303)


def test_whoever_registers_with_a_taken_address_is_shown_what_everybody_is(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.buyer("ana@example.com")
    monkeypatch.setenv("ARGOSY_VERIFY_EMAILS", "yes")
    taken, free = (
        Shopper().post("/register", {"email": email, "password": PASSWORD})
        for email in ("ANA@example.com", "eva@example.com")
    )
    assert taken.status == free.status == 200
    assert taken.text == free.text.replace("eva@", "ANA@")
    assert "argosy_session" not in free.cookies


def test_letters_are_not_asked_for_without_end(shop: Shop) -> None:
    pages = [Shopper().post("/forgot-password", {"email": "ana@example.com"}) for _ in range(4)]
    assert [page.status for page in pages] == [200, 200, 200, 429]
    assert pages[-1].headers["Retry-After"]
    assert "We have written there several times" in pages[-1].text


@pytest.mark.parametrize("path", ["/verify", "/reset-password"])
def test_a_hostile_token_is_shown_as_text(shop: Shop, path: str) -> None:
    page = Shopper().get(path + "?token=%22%3E%3Cscript%3E")
    assert page.status == 200
    assert "<script>" not in page.html
