"""Guessing passwords ends soon, for whoever guesses; the owner still gets in, and nobody learns who has an account."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.domains.accounts.adapters.inbound import sign_in_limits
from argosy.domains.accounts.adapters.inbound.sign_in_limits import ACCOUNT, ADDRESS, HERE
from argosy.platform.limits import SqliteLimits
from tests.api.shop import PASSWORD, Answer, Shop, assert_problem
from tests.storefront.shopper import Shopper

ANA = "ana@example.com"
THIEF, HOME = "203.0.113.66", "198.51.100.7"


def sign_in(shop: Shop, address: str, email: str = ANA, password: str = PASSWORD, **more: Any) -> Answer:
    shop.client.defaults["REMOTE_ADDR"] = address
    return shop.call("POST", "sessions", {"email": email, "password": password, **more})


def guess(shop: Shop, address: str, times: int, email: str = ANA) -> list[int]:
    return [sign_in(shop, address, email, f"guess {number}").status for number in range(times)]


def a_limit(number: int) -> str:
    return f"192.0.2.{number}"


def test_ten_guesses_at_an_account_from_an_address_and_no_more(shop: Shop) -> None:
    shop.person(ANA)
    assert guess(shop, THIEF, HERE.burst + 2) == [403] * HERE.burst + [429] * 2
    refused = sign_in(shop, THIEF)
    assert_problem(refused, 429, "too_many_attempts")
    assert 1 <= int(refused.headers["retry-after"]) <= HERE.every
    assert refused.json["faults"][0]["retry_after"] == int(refused.headers["retry-after"])


def test_an_account_that_is_none_is_answered_alike(shop: Shop) -> None:
    shop.person(ANA)
    real, none = ([sign_in(shop, THIEF, email, "guess") for _ in range(12)] for email in (ANA, "nobody@example.com"))
    assert [answer.status for answer in real] == [answer.status for answer in none]
    for mine, theirs in zip(real, none, strict=True):
        left_out = {"retry-after"}
        assert {k: v for k, v in mine.headers.items() if k not in left_out} == {
            k: v for k, v in theirs.headers.items() if k not in left_out
        }
        assert {**mine.json, "faults": None} == {**theirs.json, "faults": None}


def test_whoever_knows_the_password_is_not_counted(shop: Shop) -> None:
    shop.person(ANA)
    assert {sign_in(shop, HOME).status for _ in range(3 * HERE.burst)} == {201}
    assert guess(shop, HOME, HERE.burst) == [403] * HERE.burst, "a success in between gives back its own attempt alone"
    assert sign_in(shop, HOME).status == 429


def test_an_unreadable_request_is_no_guess(shop: Shop) -> None:
    shop.person(ANA)
    for _ in range(2 * HERE.burst):
        assert sign_in(shop, HOME, roles=["king"]).status == 422
    assert sign_in(shop, HOME).status == 201


def test_a_crowd_of_strangers_cannot_lock_the_owner_out(shop: Shop) -> None:
    shop.person(ANA)
    assert sign_in(shop, HOME).status == 201
    statuses = [status for number in range(8) for status in guess(shop, a_limit(number), 10)]
    assert statuses.count(403) == ACCOUNT.burst
    assert sign_in(shop, "192.0.2.200").status == 429, "a stranger who knows it waits with the others"
    assert sign_in(shop, HOME).status == 201, "the owner, where they have been before, does not"
    assert guess(shop, HOME, 3) == [403] * 3, "nor when they mistype it"


def test_one_address_tries_few_passwords_of_many_accounts(shop: Shop) -> None:
    shop.person(ANA)
    assert sign_in(shop, THIEF).status == 201
    statuses = [sign_in(shop, THIEF, f"person-{number}@example.com", "123456").status for number in range(60)]
    assert statuses == [403] * ADDRESS.burst + [429] * (60 - ADDRESS.burst)
    assert sign_in(shop, THIEF).status == 201, "who shares the address and is known there gets in"
    assert sign_in(shop, HOME, "eva@example.com", "guess").status == 403, "other addresses are not meant"


def test_a_thousand_buyers_of_one_address_sign_in(shop: Shop) -> None:
    """As a replay or a benchmark does, and a large office: none of them fails."""
    for number in range(ADDRESS.burst + 20):
        email = f"buyer-{number}@example.com"
        assert shop.call("POST", "users", {"email": email, "password": PASSWORD}).status == 201
        assert sign_in(shop, HOME, email).status == 201


def test_where_nobody_can_count_nobody_gets_in(shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    shop.person(ANA)
    before = shop.place.rows("accounts", "SELECT count(*) FROM user_sessions")
    away = SqliteLimits(tmp_path / "nowhere" / "limits.sqlite3")
    monkeypatch.setattr(sign_in_limits, "limits", lambda: away)
    refused = sign_in(shop, HOME)
    assert_problem(refused, 503, "store_unavailable")
    assert refused.headers["retry-after"]
    assert shop.place.rows("accounts", "SELECT count(*) FROM user_sessions") == before
    page = Shopper().post("/sign-in", {"email": ANA, "password": PASSWORD})
    assert (page.status, "argosy_session" in page.cookies) == (503, False)


def test_the_shop_s_form_is_limited_alike(shop: Shop) -> None:
    shop.person(ANA)
    shopper = Shopper()
    pages = [shopper.post("/sign-in", {"email": ANA, "password": "guess"}) for _ in range(HERE.burst + 1)]
    assert [page.status for page in pages] == [422] * HERE.burst + [429]
    assert "Please wait a minute or two" in pages[-1].text
    assert int(pages[-1].headers["Retry-After"]) >= 1
    assert sign_in(shop, "127.0.0.1").status == 429, "one count for both ways in"
