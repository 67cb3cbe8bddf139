"""Passkeys over HTTP: added, signed in by, in place of a code, and removed; and nothing else passes for one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from argosy.domains.accounts.domain.passkey import PASSKEYS_MAX
from tests.api.authenticator import FLAG, Authenticator
from tests.api.shop import PASSWORD, Answer, Shop, assert_problem, nobodys
from tests.api.test_accounts import letters, mailbox
from tests.api.test_providers import identity, provider, with_a_code
from tests.api.test_providers import sign_in as sign_in_by_identity

__all__ = ["mailbox", "provider"]
ANA = "ana@example.com"


def begun(shop: Shop, token: str) -> dict[str, Any]:
    answer = shop.call("POST", "users/me/passkeys/begin", {"password": PASSWORD}, token=token)
    assert answer.status == 200, answer
    found: dict[str, Any] = answer.json
    return found


def add(shop: Shop, token: str, authenticator: Authenticator, **changes: str) -> Answer:
    body = {"name": "telephone", **authenticator.create(begun(shop, token)), **changes}
    return shop.call("POST", "users/me/passkeys", body, token=token)


def added(shop: Shop, token: str, authenticator: Authenticator | None = None) -> Authenticator:
    authenticator = authenticator or Authenticator()
    answer = add(shop, token, authenticator)
    assert answer.status == 201, answer
    return authenticator


def asked(shop: Shop) -> dict[str, Any]:
    found: dict[str, Any] = shop.call("GET", "passkeys/begin").json
    return found


def sign_in(shop: Shop, authenticator: Authenticator, **changes: str) -> Answer:
    return shop.call("POST", "passkey-sessions", {**authenticator.sign(asked(shop)), **changes})


def test_a_passkey_is_added_and_signs_in_without_a_word_of_who_it_is(shop: Shop, mailbox: Path) -> None:
    token = shop.person(ANA)
    begin = begun(shop, token)
    assert (begin["rp_id"], begin["user_name"], begin["known"]) == ("127.0.0.1", ANA, [])
    passkey = added(shop, token)
    assert "A way to sign in was changed" in [subject for _, subject, _ in letters(shop, mailbox)]
    assert len(begun(shop, token)["known"]) == 1
    signed_in = sign_in(shop, passkey)
    assert signed_in.status == 201, signed_in
    assert shop.call("GET", "users/me", token=signed_in.json["token"]).json["email"] == ANA
    [seen] = shop.call("GET", "users/me/passkeys", token=token).json["items"]
    assert (seen["name"], seen["is_synced"], seen["last_used_at"] is not None) == ("telephone", False, True)


def test_it_is_added_by_who_knows_the_password_and_for_them_alone(shop: Shop) -> None:
    token, other = shop.person(ANA), shop.person()
    wrong = shop.call("POST", "users/me/passkeys/begin", {"password": "wrong"}, token=token)
    assert_problem(wrong, 403, "password_refused")
    body = {"name": "x", **Authenticator().create(begun(shop, token))}
    assert_problem(shop.call("POST", "users/me/passkeys", body, token=other), 422, "ticket_not_valid")
    public = {"name": "x", **Authenticator().create(asked(shop))}
    assert_problem(shop.call("POST", "users/me/passkeys", public, token=token), 422, "ticket_not_valid")


def test_a_challenge_is_answered_once(shop: Shop) -> None:
    token = shop.person(ANA)
    passkey = Authenticator()
    body = {"name": "x", **passkey.create(begun(shop, token))}
    assert shop.call("POST", "users/me/passkeys", body, token=token).status == 201
    assert_problem(shop.call("POST", "users/me/passkeys", body, token=token), 422, "ticket_not_valid")
    signed = passkey.sign(asked(shop))
    assert shop.call("POST", "passkey-sessions", signed).status == 201
    assert_problem(shop.call("POST", "passkey-sessions", signed), 422, "ticket_not_valid")
    adding = {**passkey.sign(asked(shop)), "ticket": begun(shop, token)["ticket"]}
    assert_problem(shop.call("POST", "passkey-sessions", adding), 403, "passkey_refused")


WRONG: dict[str, dict[str, Any]] = {
    "another shop's address": {"origin": "http://127.0.0.1:9999"},
    "an address that looks like ours": {"origin": "http://127.0.0.1:8000.evil.example.com"},
    "another host": {"rp_id": "evil.example.com"},
    "nobody there": {"flags": FLAG.USER_VERIFIED},
    "nobody who has shown who they are": {"flags": FLAG.USER_PRESENT},
    "a page within another's": {"cross_origin": True},
}


@pytest.mark.parametrize("what", WRONG)
def test_what_was_signed_for_another_place_or_by_nobody_is_refused(shop: Shop, what: str) -> None:
    token = shop.person(ANA)
    passkey = added(shop, token)
    fresh = Authenticator()
    for one in (passkey, fresh):
        for name, value in WRONG[what].items():
            setattr(one, name, value)
    before = shop.written()
    assert_problem(sign_in(shop, passkey), 403, "passkey_refused")
    assert_problem(add(shop, token, fresh), 403, "passkey_refused")
    assert shop.written() == before


def test_what_another_key_has_signed_is_refused_like_what_nobody_has(shop: Shop) -> None:
    passkey = added(shop, shop.person(ANA))
    thief, stranger = Authenticator(), Authenticator()
    thief.credential_id, thief.count = passkey.credential_id, 10
    answers = [sign_in(shop, thief), sign_in(shop, stranger)]
    for answer in answers:
        assert_problem(answer, 403, "passkey_refused")
    assert answers[0].body == answers[1].body
    other_challenge = {**passkey.sign(asked(shop)), "ticket": asked(shop)["ticket"]}
    assert_problem(shop.call("POST", "passkey-sessions", other_challenge), 403, "passkey_refused")
    for broken in ({"signature": "AAAA"}, {"client_data": "é"}, {"authenticator_data": ""}, {"credential_id": "="}):
        assert_problem(sign_in(shop, passkey, **broken), 403, "passkey_refused")


def test_a_copy_is_known_by_its_count(shop: Shop) -> None:
    passkey = added(shop, shop.person(ANA))
    assert sign_in(shop, passkey).status == 201
    passkey.count -= 1
    assert_problem(sign_in(shop, passkey), 403, "passkey_refused")
    synced = added(shop, shop.person(), Authenticator(counts=False))
    assert [sign_in(shop, synced).status for _ in range(2)] == [201, 201]


def test_it_is_no_code_that_is_asked_for_and_stands_for_one(shop: Shop) -> None:
    token = shop.person(ANA)
    passkey = added(shop, token)
    with_a_code(shop, token)
    assert sign_in(shop, passkey).status == 201
    proven = shop.call("POST", "passkeys/prove", passkey.sign(asked(shop)))
    assert proven.status == 200, proven
    body = {"email": ANA, "password": PASSWORD, "code": proven.json["code"]}
    assert_problem(shop.call("POST", "sessions", {**body, "password": "wrong"}), 403, "sign_in_refused")
    assert shop.call("POST", "sessions", body).status == 201
    assert_problem(shop.call("POST", "sessions", body), 403, "second_factor_refused")
    other = added(shop, shop.person())
    theirs = shop.call("POST", "passkeys/prove", other.sign(asked(shop))).json["code"]
    assert_problem(shop.call("POST", "sessions", {**body, "code": theirs}), 403, "second_factor_refused")


def test_it_has_a_name_and_is_removed_by_its_owner(shop: Shop) -> None:
    token, other = shop.person(ANA), shop.person()
    for name, code in (("", "text_is_missing"), ("x" * 61, "text_is_too_long"), ("a\x1bb", "text_has_controls")):
        assert_problem(add(shop, token, Authenticator(), name=name), 422, code)
    passkey = added(shop, token)
    assert_problem(add(shop, token, passkey), 409, "passkey_there")
    assert_problem(add(shop, other, passkey), 409, "passkey_there")
    [seen] = shop.call("GET", "users/me/passkeys", token=token).json["items"]
    path = f"users/me/passkeys/{seen['passkey_id']}/remove"
    for one in (path, f"users/me/passkeys/{nobodys('passkey')}/remove"):
        assert_problem(shop.call("POST", one, {"password": PASSWORD}, token=other), 404, "no_such_passkey")
    assert_problem(shop.call("POST", path, {"password": "wrong"}, token=token), 403, "password_refused")
    assert shop.call("POST", path, {"password": PASSWORD}, token=token).status == 204
    assert_problem(sign_in(shop, passkey), 403, "passkey_refused")


def test_an_account_has_a_bounded_number_of_passkeys(shop: Shop) -> None:
    token = shop.person(ANA)
    waiting = begun(shop, token)
    for _ in range(PASSKEYS_MAX):
        added(shop, token)
    late = {"name": "late", **Authenticator().create(waiting)}
    assert_problem(shop.call("POST", "users/me/passkeys", late, token=token), 409, "too_many_passkeys")
    begin = shop.call("POST", "users/me/passkeys/begin", {"password": PASSWORD}, token=token)
    assert_problem(begin, 409, "too_many_passkeys")


def test_who_has_no_password_keeps_one_way_in(shop: Shop, provider: Any) -> None:
    token = sign_in_by_identity(shop, identity(shop, provider)).json["token"]
    added(shop, token)
    [linked] = shop.call("GET", "users/me/identities", token=token).json["items"]
    unlink = f"users/me/identities/{linked['identity_id']}/unlink"
    assert shop.call("POST", unlink, {}, token=token).status == 204
    [seen] = shop.call("GET", "users/me/passkeys", token=token).json["items"]
    remove = f"users/me/passkeys/{seen['passkey_id']}/remove"
    assert_problem(shop.call("POST", remove, {}, token=token), 409, "last_way_in")


def test_who_is_blocked_or_erased_is_let_in_by_no_passkey(shop: Shop) -> None:
    token, boss = shop.person(ANA), shop.staff()
    passkey = added(shop, token)
    user_id = shop.call("GET", "users/me", token=token).json["user_id"]
    assert shop.call("POST", f"users/{user_id}/block", {"reason": "fraud"}, token=boss).status == 204
    assert_problem(sign_in(shop, passkey), 403, "passkey_refused")
    assert shop.call("POST", f"users/{user_id}/unblock", token=boss).status == 204
    again = str(sign_in(shop, passkey).json["token"])
    assert shop.call("DELETE", "users/me", token=again).status == 202
    shop.drain()
    assert shop.place.rows("accounts", "SELECT id FROM user_passkeys") == []
