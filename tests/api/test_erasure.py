"""Being erased over HTTP: asked for, told how it stands, and signed out for good."""

from __future__ import annotations

from argosy.platform.auth import tokens
from tests.api.shop import PASSWORD, Shop, assert_problem


def test_a_person_who_never_bought_is_gone_at_once(shop: Shop) -> None:
    ana = shop.person("ana@example.com")
    asked = shop.call("DELETE", "users/me", token=ana)
    assert asked.status == 202
    assert shop.call("GET", "users/me", token=ana).json["erasure"] == "ASKED"
    shop.drain()
    tokens().forget_all()
    assert_problem(shop.call("GET", "users/me", token=ana), 401, "not_signed_in")
    again = shop.call("POST", "sessions", {"email": "ana@example.com", "password": PASSWORD})
    assert_problem(again, 403, "sign_in_refused")


def test_a_buyer_with_open_orders_is_told_so(shop: Shop) -> None:
    shop.bought()
    assert shop.call("DELETE", "users/me", token=shop.buyer).status == 202
    shop.drain()
    assert shop.call("GET", "users/me", token=shop.buyer).json["erasure"] == "HELD"


def test_a_seller_is_refused(shop: Shop) -> None:
    assert_problem(shop.call("DELETE", "users/me", token=shop.seller), 409, "store_stays")
