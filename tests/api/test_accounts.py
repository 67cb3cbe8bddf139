"""Accounts over HTTP: nothing tells who has one, letters lead back in, and what ended is over at the next request."""

from __future__ import annotations

import email
import email.policy
import re
import statistics
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from argosy.domains.accounts.adapters.inbound.sign_in_limits import (
    HERE,
    LETTERS_ACCOUNT,
    LETTERS_HERE,
    REGISTERED,
)
from argosy.platform.auth import Tokens
from argosy.platform.runtime import runtime
from tests.api.shop import PASSWORD, Answer, Shop, assert_problem, nobodys

ANA = "ana@example.com"


@pytest.fixture(autouse=True)
def mailbox(shop: Shop) -> Path:
    """Empty, where letters fall."""
    shop.drain()
    folder = Path(settings.VAR) / "mail"
    for path in folder.glob("*"):
        path.unlink()
    return folder


def letters(shop: Shop, mailbox: Path) -> list[tuple[str, str, str]]:
    """Every letter so far: to whom, about what, and the token in it."""
    shop.drain()
    found = []
    for path in sorted(mailbox.glob("*"), key=lambda path: path.stat().st_mtime_ns):
        for part in path.read_text().split("-" * 79 + "\n"):
            if part.strip():
                letter = email.message_from_string(part.strip(), policy=email.policy.default)
                token = re.search(r"token=([\w-]+)", letter.get_content())
                found.append((letter["To"], letter["Subject"], token[1] if token else ""))
    return found


def sign_in(shop: Shop, password: str = PASSWORD, **headers: str) -> Answer:
    return shop.call("POST", "sessions", {"email": ANA, "password": password}, **headers)


def test_registering_twice_is_answered_alike_and_the_owner_gets_a_letter(shop: Shop, mailbox: Path) -> None:
    first, second = (
        shop.call("POST", "users", {"email": ANA, "password": password}) for password in (PASSWORD, "a stranger's")
    )
    assert (first.status, set(first.json), first.headers) == (second.status, set(second.json), second.headers)
    assert first.status == 201
    assert len(first.json["id"]) == len(second.json["id"])
    assert [subject for _, subject, _ in letters(shop, mailbox)] == [
        "Confirm your e-mail address",
        "You have an account with us already",
    ]
    assert_problem(sign_in(shop, "a stranger's"), 403, "sign_in_refused")
    assert sign_in(shop).status == 201


def test_an_address_is_confirmed_by_its_letter_once(shop: Shop, mailbox: Path) -> None:
    token = shop.person(ANA)
    assert shop.call("GET", "users/me", token=token).json["is_verified"] is False
    [(to, _, proof)] = letters(shop, mailbox)
    assert to == ANA
    assert shop.call("POST", "users/verifications/confirm", {"token": proof}).status == 204
    assert shop.call("GET", "users/me", token=token).json["is_verified"] is True
    again = shop.call("POST", "users/verifications/confirm", {"token": proof})
    never = shop.call("POST", "users/verifications/confirm", {"token": "x"})
    assert_problem(again, 422, "proof_not_valid")
    assert again.body == never.body


@pytest.mark.parametrize("path", ["passwords/resets", "users/verifications"])
def test_asking_for_letters_tells_nothing_and_ends_soon(shop: Shop, path: str) -> None:
    shop.person(ANA)
    for address, asked in (("203.0.113.1", ANA), ("203.0.113.2", "nobody@example.com")):
        shop.client.defaults["REMOTE_ADDR"] = address
        answers = [shop.call("POST", path, {"email": asked}) for _ in range(LETTERS_HERE.burst + 1)]
        assert [(one.status, one.body) for one in answers[:-1]] == [(202, b"")] * LETTERS_HERE.burst
        assert_problem(answers[-1], 429, "too_many_letters")
        assert int(answers[-1].headers["retry-after"]) > 1
    shop.client.defaults["REMOTE_ADDR"] = "203.0.113.3"
    assert_problem(shop.call("POST", path, {"email": "no e-mail"}), 422, "not_an_email")


def test_a_crowd_that_asks_for_letters_cannot_keep_the_owner_from_one(shop: Shop, mailbox: Path) -> None:
    shop.client.defaults["REMOTE_ADDR"] = home = "198.51.100.7"
    shop.person(ANA)
    statuses = []
    for number in range(6):
        shop.client.defaults["REMOTE_ADDR"] = f"192.0.2.{number}"
        statuses += [shop.call("POST", "passwords/resets", {"email": ANA}).status for _ in range(2)]
    assert statuses.count(202) == LETTERS_ACCOUNT.burst
    shop.client.defaults["REMOTE_ADDR"] = home
    assert shop.call("POST", "passwords/resets", {"email": ANA}).status == 202
    proof = letters(shop, mailbox)[-1][2]
    body = {"token": proof, "password": "battery staple"}
    assert shop.call("POST", "passwords/resets/confirm", body).status == 204


def test_asking_takes_as_long_for_nobody_as_for_somebody(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Medians over many, taken in turns, must not be told apart: within the spread of each."""
    from argosy.domains.accounts.adapters.inbound import sign_in_limits
    from argosy.platform.limits import Limit

    for name in ("LETTERS_HERE", "LETTERS_ADDRESS", "LETTERS_ACCOUNT"):
        monkeypatch.setattr(sign_in_limits, name, Limit(burst=10_000, every=1))
    shop.person(ANA)
    times: dict[str, list[float]] = {ANA: [], "nobody@example.com": []}
    for _ in range(40):
        for asked, seconds in times.items():
            began = time.perf_counter()
            shop.call("POST", "passwords/resets", {"email": asked})
            seconds.append(time.perf_counter() - began)
    mine, nobody = (statistics.median(seconds) for seconds in times.values())
    assert 0.5 < mine / nobody < 2, (mine, nobody)


def test_a_mailbox_is_not_filled_by_registering(shop: Shop) -> None:
    for number in range(REGISTERED.burst + 1):
        # A key of its own each: repeats by key are no way around.
        answer = shop.call("POST", "users", {"email": ANA, "password": PASSWORD}, Idempotency_Key=f"k{number}")
    assert_problem(answer, 429, "too_many_letters")


def test_a_forgotten_password_is_set_anew_and_all_tokens_are_nobodys_at_once(shop: Shop, mailbox: Path) -> None:
    old = [shop.person(ANA), sign_in(shop).json["token"]]
    assert {shop.call("GET", "users/me", token=token).status for token in old} == {200}
    assert shop.call("POST", "passwords/resets", {"email": ANA}).status == 202
    proof = letters(shop, mailbox)[-1][2]
    short = shop.call("POST", "passwords/resets/confirm", {"token": proof, "password": "short"})
    assert_problem(short, 422, "password_too_short")
    body = {"token": proof, "password": "battery staple"}
    assert shop.call("POST", "passwords/resets/confirm", body).status == 204
    assert {shop.call("GET", "users/me", token=token).status for token in old} == {401}
    assert_problem(shop.call("POST", "passwords/resets/confirm", body), 422, "proof_not_valid")
    assert_problem(sign_in(shop), 403, "sign_in_refused")
    assert sign_in(shop, "battery staple").status == 201
    assert letters(shop, mailbox)[-1][:2] == (ANA, "Your password was changed")


def test_a_password_is_changed_and_never_guessed_with_a_found_session(shop: Shop) -> None:
    token, other = shop.person(ANA), sign_in(shop).json["token"]

    def change(current: str) -> Answer:
        return shop.call("PUT", "users/me/password", {"current": current, "password": "battery staple"}, token=token)

    assert_problem(change("wrong"), 403, "password_refused")
    assert change(PASSWORD).status == 204
    assert shop.call("GET", "users/me", token=token).status == 200
    assert shop.call("GET", "users/me", token=other).status == 401
    assert [change("wrong").status for _ in range(HERE.burst)] == [403] * (HERE.burst - 1) + [429]


def test_sessions_are_listed_and_ended_one_by_one_or_all(shop: Shop) -> None:
    mine = shop.person(ANA)
    other = sign_in(shop, User_Agent="Firefox on Linux").json["token"]
    listed = shop.call("GET", "sessions", token=mine).json["items"]
    assert [(one["device"], one["is_this"]) for one in listed] == [("Firefox on Linux", False), ("", True)]
    assert "token" not in listed[0]
    strange = shop.call("GET", "sessions", token=shop.buyer).json["items"][0]["session_id"]
    theirs = shop.call("DELETE", f"sessions/{strange}", token=mine)
    none = shop.call("DELETE", f"sessions/{nobodys('session')}", token=mine)
    assert_problem(theirs, 404, "no_such_session")
    assert {**theirs.json, "faults": 0} == {**none.json, "faults": 0}
    assert shop.call("DELETE", f"sessions/{listed[0]['session_id']}", token=mine).status == 204
    assert shop.call("GET", "users/me", token=other).status == 401
    again = sign_in(shop).json["token"]
    assert shop.call("DELETE", "sessions", token=mine).status == 204
    assert {shop.call("GET", "users/me", token=token).status for token in (mine, again)} == {401}
    assert shop.call("GET", "users/me", token=shop.buyer).status == 200


def test_what_another_process_ended_is_over_here_at_the_next_request(shop: Shop) -> None:
    """Two memories of tokens as two processes have them: what one ends, the other forgets without waiting."""
    from argosy.domains.accounts.adapters.outbound.queries import actor_of

    token = shop.person(ANA)
    elsewhere = Tokens(actor_of, runtime().withdrawn.stamp)
    looked = [elsewhere.actor_of(f"Bearer {token}").id for _ in range(2)]
    assert looked[0] and looked[0] == looked[1]
    shop.call("DELETE", "sessions", token=token)
    assert elsewhere.actor_of(f"Bearer {token}").id == ""


def test_where_addresses_must_be_proven_nobody_signs_in_before(
    shop: Shop, mailbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGOSY_VERIFY_EMAILS", "yes")
    assert shop.call("POST", "users", {"email": ANA, "password": PASSWORD}).status == 201
    unproven, nobody = sign_in(shop), shop.call("POST", "sessions", {"email": "no@example.com", "password": PASSWORD})
    assert_problem(unproven, 403, "sign_in_refused")
    assert unproven.body == nobody.body
    assert shop.call("POST", "users/verifications/confirm", {"token": letters(shop, mailbox)[0][2]}).status == 204
    assert sign_in(shop).status == 201


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("users/verifications", {}, "invalid_request"),
        ("users/verifications/confirm", {"token": 1}, "invalid_request"),
        ("passwords/resets", {"email": None}, "invalid_request"),
        ("passwords/resets/confirm", {"token": "x", "password": "y" * 300}, "password_too_long"),
        ("passwords/resets/confirm", {"token": "x", "password": "long enough"}, "proof_not_valid"),
    ],
)
def test_what_cannot_be_read_changes_nothing(shop: Shop, path: str, body: Any, code: str) -> None:
    before = shop.written()
    assert_problem(shop.call("POST", path, body), 422, code)
    assert shop.written() == before
