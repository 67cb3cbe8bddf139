"""Being erased over HTTP: asked for, told how it stands, and signed out for good."""

from __future__ import annotations

from argosy.contracts.accounts import TellErasure
from argosy.platform.auth import tokens
from tests.api.shop import PASSWORD, Shop, assert_problem
from tests.doctor.planting import violated


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


def test_store_credit_of_the_erased_is_forfeited_to_a_named_account(shop: Shop) -> None:
    """It leaves their account by an entry of its own, nothing of it can be spent, and the books agree."""
    ana = shop.person("ana@example.com")
    ana_id = shop.call("GET", "users/me", token=ana).json["user_id"]
    given = {"amount": 700, "currency": "EUR", "reason": "sorry, Ana"}
    staff = shop.staff()
    assert shop.call("POST", f"buyers/{ana_id}/credit", given, token=staff).status == 201
    shop.drain()
    assert shop.call("DELETE", "users/me", token=ana).status == 202
    shop.drain()
    shop.place.do("accounts", TellErasure(user_id=ana_id))
    shop.drain()
    credit = shop.place.rows("payments", "SELECT currency, balance, is_forfeited FROM store_credits ORDER BY currency")
    remembered = ("XXX", 0, True)
    assert [(*row, bool(is_forfeited)) for *row, is_forfeited in credit] == [("EUR", 0, True), remembered]
    accounts = "SELECT name, balance FROM ledger_accounts WHERE name = ? OR name = ? ORDER BY name"
    assert shop.place.rows("payments", accounts, f"credit:{ana_id}", "forfeited") == [
        (f"credit:{ana_id}", 0),
        ("forfeited", 700),
    ]
    assert_problem(shop.call("POST", f"buyers/{ana_id}/credit", given, token=staff), 422, "not_a_buyer")
    assert violated(shop.place) == {}
