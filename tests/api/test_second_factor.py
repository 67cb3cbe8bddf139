"""A second factor over HTTP: added, asked for, guessed in vain, and removed."""

from __future__ import annotations

import time
from pathlib import Path

import pyotp

from argosy.domains.accounts.adapters.inbound.sign_in_limits import HERE
from tests.api.shop import PASSWORD, Answer, Shop, assert_problem
from tests.api.test_accounts import letters, mailbox
from tests.storefront.shopper import Shopper

__all__ = ["mailbox"]
ANA = "ana@example.com"


def sign_in(shop: Shop, **more: str) -> Answer:
    return shop.call("POST", "sessions", {"email": ANA, "password": PASSWORD, **more})


def added(shop: Shop) -> tuple[str, pyotp.TOTP, list[str]]:
    """A token of somebody with a second factor, their authenticator, and their recovery codes."""
    token = shop.person(ANA)
    begun = shop.call("POST", "users/me/second-factor", {"password": PASSWORD}, token=token)
    assert begun.status == 200, begun
    totp = pyotp.parse_uri(begun.json["address"])
    assert isinstance(totp, pyotp.TOTP)
    body = {"code": totp.at(int(time.time()) - 30)}
    confirmed = shop.call("POST", "users/me/second-factor/confirm", body, token=token)
    assert confirmed.status == 200, confirmed
    return token, totp, confirmed.json["codes"]


def test_it_is_asked_for_with_the_password_and_each_code_works_once(shop: Shop) -> None:
    token, totp, codes = added(shop)
    assert shop.call("GET", "users/me", token=token).json["has_second_factor"] is True
    assert_problem(sign_in(shop), 403, "second_factor_needed")
    code = totp.now()
    assert sign_in(shop, code=code).status == 201
    assert_problem(sign_in(shop, code=code), 403, "second_factor_refused")
    assert sign_in(shop, code=codes[0]).status == 201
    assert_problem(sign_in(shop, code=codes[0]), 403, "second_factor_refused")
    wrong = shop.call("POST", "sessions", {"email": ANA, "password": "wrong", "code": codes[1]})
    assert_problem(wrong, 403, "sign_in_refused")


def test_secrets_are_not_in_the_database_as_they_are(shop: Shop) -> None:
    _, totp, codes = added(shop)
    [row] = shop.place.rows("accounts", "SELECT secret, recovery FROM user_second_factors")
    assert totp.secret not in str(row)
    assert not [code for code in codes if code in str(row) or code.replace("-", "") in str(row)]
    told = str(shop.place.rows("accounts", "SELECT payload FROM accounts_outbox_events"))
    assert totp.secret not in told


def test_codes_are_guessed_as_seldom_as_passwords(shop: Shop) -> None:
    added(shop)
    statuses = [sign_in(shop, code="nothing").status for _ in range(HERE.burst + 1)]
    assert statuses == [403] * HERE.burst + [429]


def test_an_address_that_only_knew_the_password_is_not_known(shop: Shop) -> None:
    """Whoever has stolen the password alone is not exempt from the limits of strangers."""
    added(shop)
    shop.client.defaults["REMOTE_ADDR"] = "203.0.113.9"
    assert_problem(sign_in(shop), 403, "second_factor_needed")
    from argosy.platform.limits import counted_as, limits

    assert not limits().knows(counted_as("known", ANA, "203.0.113.9"))


def test_who_found_a_session_guesses_nothing_with_it(shop: Shop) -> None:
    token, totp, _ = added(shop)
    body = {"password": "wrong", "code": totp.now()}
    removed = [shop.call("POST", "users/me/second-factor/remove", body, token=token) for _ in range(HERE.burst + 1)]
    assert [one.status for one in removed] == [403] * HERE.burst + [429]


def test_it_is_removed_by_who_has_both(shop: Shop) -> None:
    token, _, codes = added(shop)
    body = {"password": PASSWORD, "code": codes[0]}
    assert shop.call("POST", "users/me/second-factor/remove", body, token=token).status == 204
    assert sign_in(shop).status == 201
    assert_problem(shop.call("POST", "users/me/second-factor/remove", body, token=token), 404, "no_second_factor")


def test_the_shop_s_form_asks_for_the_code(shop: Shop) -> None:
    _, totp, _ = added(shop)
    visitor = Shopper()
    assert 'name="code"' not in visitor.get("/sign-in").html
    asked = visitor.post("/sign-in", {"email": ANA, "password": PASSWORD})
    assert (asked.status, 'name="code"' in asked.html) == (422, True)
    assert PASSWORD not in asked.html
    assert visitor.post("/sign-in", {"email": ANA, "password": PASSWORD, "code": totp.now()}).status == 303


def test_a_letter_tells_that_a_second_factor_was_added_or_taken_away(shop: Shop, mailbox: Path) -> None:
    token, totp, _ = added(shop)
    told = (ANA, "Your second factor was changed", "")
    assert letters(shop, mailbox).count(told) == 1
    body = {"password": PASSWORD, "code": totp.now()}
    assert shop.call("POST", "users/me/second-factor/remove", body, token=token).status == 204
    assert letters(shop, mailbox).count(told) == 2
