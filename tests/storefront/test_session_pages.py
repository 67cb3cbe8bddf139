"""Signing in and out: one cookie that scripts cannot read, and forms that other sites cannot send."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.storefront.shopper import LAMP, PASSWORD, Page, Shop, Shopper, variant_of


def test_who_registers_is_signed_in_with_a_cookie_that_scripts_cannot_read(shop: Shop) -> None:
    nobody = Shopper()
    page = nobody.post("/register", {"email": "eva@example.com", "password": PASSWORD, "next": "/cart"})
    assert (page.status, page.location) == (303, "/cart")
    cookie = page.cookies["argosy_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] > 0
    assert nobody.get("/cart").status == 200
    assert "eva@example.com" in nobody.get("/account").text


def test_signing_out_ends_the_token_itself(shop: Shop) -> None:
    buyer = shop.buyer()
    token = buyer.client.cookies["argosy_session"].value
    assert buyer.post("/sign-out").location == "/"
    thief = Shopper()
    thief.client.cookies["argosy_session"] = token
    assert thief.get("/orders").status == 303
    assert thief.client.get("/api/v1/carts/mine", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_wrong_password_and_an_unknown_address_are_told_alike(shop: Shop) -> None:
    shop.buyer("ana@example.com")
    wrong, unknown = (
        Shopper().post("/sign-in", {"email": email, "password": "not the one"})
        for email in ("ana@example.com", "nobody@example.com")
    )
    assert wrong.status == unknown.status == 422
    told = "The address or the password is not right"
    assert told in wrong.text
    assert wrong.text == unknown.text
    assert "argosy_session" not in wrong.cookies
    assert "not the one" not in wrong.html


def test_all_faults_of_a_registration_are_beside_their_fields(shop: Shop) -> None:
    page = Shopper().post("/register", {"email": "<b>", "password": "short", "first_name": "x" * 101})
    assert page.status == 422
    for field in ("email", "password", "first_name"):
        assert f'id="{field}-fault"' in page.html
    assert 'value="&lt;b&gt;"' in page.html
    shop.buyer("ana@example.com")
    taken = Shopper().post("/register", {"email": "ANA@example.com", "password": "another one"})
    assert "A letter is on its way to ANA@example.com" in taken.text
    assert "argosy_session" not in taken.cookies


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:x",
        "\x01//evil",
        "/" + "a" * 2_000,
        "http:///evil.example",
    ],
)
def test_nobody_is_sent_to_another_site(shop: Shop, following: str) -> None:
    shop.buyer("ana@example.com")
    page = Shopper().post("/sign-in", {"email": "ana@example.com", "password": PASSWORD, "next": following})
    assert (page.status, page.location) == (303, "/")


@pytest.mark.parametrize("token", ["x", "a" * 5_000, "\xe9", ""])
def test_a_cookie_that_means_nothing_is_nobody(shop: Shop, token: str) -> None:
    nobody = Shopper()
    nobody.client.cookies["argosy_session"] = token
    assert nobody.get("/").status == 200
    assert nobody.get("/orders").status == 303


def test_forms_of_other_sites_are_refused(shop: Shop) -> None:
    buyer = shop.buyer()
    strict = Shopper(Client(enforce_csrf_checks=True, raise_request_exception=False))
    strict.client.cookies["argosy_session"] = buyer.client.cookies["argosy_session"].value
    before = shop.written()
    for path in (
        "/cart/lines",
        "/cart/lines/change",
        "/cart/coupons",
        "/checkout",
        "/sign-out",
        "/sign-in",
        "/register",
        "/verify",
        "/forgot-password",
        "/reset-password",
        "/cart/lines/remove",
        "/cart/coupons/remove",
    ):
        page = strict.post(path, {"product": LAMP, "variant": variant_of(LAMP), "quantity": "1", "code": "TEN"})
        assert page.status == 403, path
        assert "That form was too old" in page.text
    assert shop.written() == before


def test_our_own_forms_carry_what_is_needed(shop: Shop) -> None:
    shop.buyer("ana@example.com")
    strict = Shopper(Client(enforce_csrf_checks=True, raise_request_exception=False))
    sign_in = strict.get("/sign-in")
    page = strict.post("/sign-in", {"email": "ana@example.com", "password": PASSWORD, **token_in(sign_in)})
    assert page.status == 303
    product = strict.get(f"/products/{LAMP}")
    fields = {"product": LAMP, "variant": variant_of(LAMP), "quantity": "1"}
    assert strict.post("/cart/lines", {**fields, **token_in(product)}).status == 303
    assert strict.client.cookies["csrftoken"]["httponly"]
    other_site = strict.post("/cart/lines", {**fields, **token_in(product)}, Origin="https://evil.example")
    assert other_site.status == 403


def test_uploads_and_huge_forms_are_refused_before_they_are_read(shop: Shop) -> None:
    buyer = shop.buyer()
    assert Page(buyer.client.post("/cart/lines", {"product": LAMP})).status == 415
    assert buyer.post("/cart/lines", {"product": "x" * 2_000_000}).status == 400
    assert buyer.post("/cart/lines", {f"f{number}": "x" for number in range(2_000)}).status == 400


def token_in(page: Page) -> dict[str, str]:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.html)
    assert found is not None
    return {"csrfmiddlewaretoken": found[1]}
