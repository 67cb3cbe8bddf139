"""Another e-mail address over HTTP: confirmed at the new one, told at the one before, and taken back from there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.api.authenticator import Authenticator
from tests.api.shop import PASSWORD, Answer, Shop, assert_problem
from tests.api.test_accounts import letters, mailbox
from tests.api.test_passkeys import added
from tests.api.test_passkeys import sign_in as sign_in_by_passkey
from tests.api.test_providers import identity, link, prove, provider, with_a_code
from tests.api.test_providers import sign_in as sign_in_by_identity

__all__ = ["mailbox", "provider"]
ANOTHER = "battery staple"
ANA, NEW = "ana@example.com", "ana@new.example.com"


@pytest.fixture
def ana(shop: Shop, mailbox: Path) -> str:
    """Her token; her mailbox is empty."""
    token = shop.person(ANA)
    letters(shop, mailbox)
    for path in mailbox.glob("*"):
        path.unlink()
    return token


def ask(shop: Shop, token: str, email: str = NEW, password: str = PASSWORD) -> Answer:
    return shop.call("POST", "users/me/email", {"email": email, "password": password}, token=token)


def last(shop: Shop, mailbox: Path, to: str, subject: str) -> str:
    """The token in the last such letter."""
    return [token for whom, about, token in letters(shop, mailbox) if (whom, about) == (to, subject)][-1]


def confirm(shop: Shop, token: str) -> Answer:
    return shop.call("POST", "email-changes/confirm", {"token": token})


def revert(shop: Shop, token: str) -> Answer:
    return shop.call("POST", "email-changes/revert", {"token": token})


def moved(shop: Shop, mailbox: Path, token: str) -> str:
    """The token that takes it back."""
    assert ask(shop, token).status == 202
    assert confirm(shop, last(shop, mailbox, NEW, "Confirm your new e-mail address")).status == 204
    return last(shop, mailbox, ANA, "Your e-mail address was changed")


def reset(shop: Shop, token: str) -> Answer:
    return shop.call("POST", "passwords/resets/confirm", {"token": token, "password": ANOTHER})


def sign_in(shop: Shop, email: str, password: str = PASSWORD) -> int:
    return shop.call("POST", "sessions", {"email": email, "password": password}).status


def test_a_new_address_counts_once_its_letter_is_answered(shop: Shop, mailbox: Path, ana: str) -> None:
    assert_problem(ask(shop, ana, password="wrong"), 403, "password_refused")
    assert_problem(ask(shop, ana, email="ana"), 422, "not_an_email")
    assert_problem(ask(shop, ana, email=ANA.upper()), 409, "email_unchanged")
    assert ask(shop, ana).status == 202
    proof = last(shop, mailbox, NEW, "Confirm your new e-mail address")
    assert shop.call("GET", "users/me", token=ana).json["email"] == ANA
    assert confirm(shop, proof).status == 204
    me = shop.call("GET", "users/me", token=ana).json
    assert (me["email"], me["is_verified"]) == (NEW, True)
    assert [sign_in(shop, email) for email in (ANA, NEW)] == [403, 201]
    assert_problem(confirm(shop, proof), 422, "proof_not_valid")
    told = str(shop.place.rows("accounts", "SELECT payload FROM accounts_outbox_events"))
    assert NEW not in told


def test_the_address_before_takes_it_back_and_whoever_is_signed_in_is_out(shop: Shop, mailbox: Path, ana: str) -> None:
    back = moved(shop, mailbox, ana)
    thief = str(shop.call("POST", "sessions", {"email": NEW, "password": PASSWORD}).json["token"])
    assert revert(shop, back).status == 204
    for token in (ana, thief):
        assert_problem(shop.call("GET", "users/me", token=token), 401, "not_signed_in")
    assert [sign_in(shop, email) for email in (NEW, ANA)] == [403, 201]
    assert reset(shop, last(shop, mailbox, ANA, "Set a new password")).status == 204
    assert sign_in(shop, ANA, ANOTHER) == 201
    assert_problem(revert(shop, back), 422, "proof_not_valid")


def test_what_can_be_taken_back_is_not_moved_on_nor_is_the_address_before_somebody_else_s(
    shop: Shop, mailbox: Path, ana: str
) -> None:
    back = moved(shop, mailbox, ana)
    assert_problem(ask(shop, ana, email="ana@third.example.com"), 409, "email_moved")
    taken = shop.call("POST", "users", {"email": ANA, "password": "the thief's own"})
    free = shop.call("POST", "users", {"email": "free@example.com", "password": "the thief's own"})
    assert (taken.status, set(taken.json)) == (free.status, set(free.json))
    assert sign_in(shop, ANA, "the thief's own") == 403
    other = shop.person()
    assert ask(shop, other, email=ANA).status == 202
    assert "Confirm your new e-mail address" not in [about for to, about, _ in letters(shop, mailbox) if to == ANA]
    assert revert(shop, back).status == 204
    assert sign_in(shop, ANA) == 201


def test_asking_for_an_address_that_somebody_has_tells_nothing(shop: Shop, mailbox: Path, ana: str) -> None:
    bea = "bea@example.com"
    shop.person(bea)
    taken, free = ask(shop, ana, email=bea), ask(shop, ana)
    assert (taken.status, taken.body, taken.headers) == (free.status, free.body, free.headers)
    assert (bea, "You have an account with us already") in [(to, about) for to, about, _ in letters(shop, mailbox)]


def test_a_later_letter_takes_the_place_of_the_one_before_and_one_that_somebody_was_quicker_for_is_worth_nothing(
    shop: Shop, mailbox: Path, ana: str
) -> None:
    assert ask(shop, ana, email="ana@first.example.com").status == 202
    first = last(shop, mailbox, "ana@first.example.com", "Confirm your new e-mail address")
    assert ask(shop, ana).status == 202
    second = last(shop, mailbox, NEW, "Confirm your new e-mail address")
    assert_problem(confirm(shop, first), 422, "proof_not_valid")
    shop.person(NEW)
    assert_problem(confirm(shop, second), 422, "proof_not_valid")
    assert_problem(revert(shop, second), 422, "proof_not_valid")
    assert shop.call("GET", "users/me", token=ana).json["email"] == ANA


def test_of_an_erased_person_no_address_is_left(shop: Shop, mailbox: Path, ana: str) -> None:
    moved(shop, mailbox, ana)
    assert shop.call("DELETE", "users/me", token=ana).status == 202
    shop.drain()
    assert shop.place.rows("accounts", "SELECT id FROM user_email_changes") == []


def test_whoever_had_the_address_meanwhile_is_left_no_way_in(
    shop: Shop, mailbox: Path, ana: str, provider: Any
) -> None:
    """Neither by what they have added nor by a letter that they have got, and no code of theirs locks the owner out.
    What was there before stays: whoever reads an old mailbox alone is not let in past it."""
    hers, theirs = added(shop, ana), Authenticator()
    back = moved(shop, mailbox, ana)
    added(shop, ana, theirs)
    assert link(shop, identity(shop, provider), ana).status == 201
    with_a_code(shop, ana)
    assert shop.call("POST", "passwords/resets", {"email": NEW}).status == 202
    stolen = last(shop, mailbox, NEW, "Set a new password")
    assert revert(shop, back).status == 204
    assert reset(shop, stolen).status == 422
    assert reset(shop, last(shop, mailbox, ANA, "Set a new password")).status == 204
    assert sign_in_by_passkey(shop, theirs).status == 403
    assert prove(shop, provider).json["outcome"] == "SIGN_IN_FIRST"
    assert sign_in(shop, ANA, ANOTHER) == 201, "no code is asked for"
    assert sign_in_by_passkey(shop, hers).status == 201


def test_a_code_that_was_asked_for_before_the_change_is_asked_for_after_it_is_taken_back(
    shop: Shop, mailbox: Path, ana: str
) -> None:
    with_a_code(shop, ana)
    assert revert(shop, moved(shop, mailbox, ana)).status == 204
    assert sign_in(shop, ANA) == 403


def test_the_address_before_opens_no_account_by_a_provider_either(
    shop: Shop, mailbox: Path, ana: str, provider: Any
) -> None:
    """It could not be taken back then."""
    back = moved(shop, mailbox, ana)
    answer = prove(shop, provider)
    assert answer.json["outcome"] == "SIGN_IN_FIRST"
    assert_problem(sign_in_by_identity(shop, answer.json["identity"]), 403, "sign_in_first")
    assert revert(shop, back).status == 204


def test_an_address_that_was_left_meanwhile_is_confirmed_by_nobody_else(shop: Shop, mailbox: Path, ana: str) -> None:
    bea = shop.person()
    assert ask(shop, bea, email="late@example.com").status == 202
    early = last(shop, mailbox, "late@example.com", "Confirm your new e-mail address")
    cyd = shop.person("late@example.com")
    assert ask(shop, cyd).status == 202
    assert confirm(shop, last(shop, mailbox, NEW, "Confirm your new e-mail address")).status == 204
    assert_problem(confirm(shop, early), 422, "proof_not_valid")
    back = last(shop, mailbox, "late@example.com", "Your e-mail address was changed")
    assert revert(shop, back).status == 204


@pytest.mark.parametrize("way", ["changed", "reset"])
def test_with_another_password_a_change_that_waits_is_over(shop: Shop, mailbox: Path, ana: str, way: str) -> None:
    """Whoever knew the password before has asked for it: by confirming it they would have the account back."""
    assert ask(shop, ana).status == 202
    waiting = last(shop, mailbox, NEW, "Confirm your new e-mail address")
    if way == "changed":
        body = {"current": PASSWORD, "password": ANOTHER}
        assert shop.call("PUT", "users/me/password", body, token=ana).status == 204
    else:
        assert shop.call("POST", "passwords/resets", {"email": ANA}).status == 202
        assert reset(shop, last(shop, mailbox, ANA, "Set a new password")).status == 204
    assert_problem(confirm(shop, waiting), 422, "proof_not_valid")
    assert sign_in(shop, ANA, ANOTHER) == 201


def test_another_password_leaves_a_change_that_can_be_taken_back(shop: Shop, mailbox: Path, ana: str) -> None:
    back = moved(shop, mailbox, ana)
    body = {"current": PASSWORD, "password": ANOTHER}
    assert shop.call("PUT", "users/me/password", body, token=ana).status == 204
    assert revert(shop, back).status == 204


def test_who_registered_with_another_s_address_is_left_no_way_in_once_its_owner_sets_a_password(
    shop: Shop, mailbox: Path, provider: Any
) -> None:
    """However much they have added before: the address was proven by nobody."""
    thief = shop.person(ANA)
    theirs = added(shop, thief)
    provider.claims = {"email": "thief@example.com"}
    assert link(shop, identity(shop, provider), thief).status == 201
    with_a_code(shop, thief)
    assert shop.call("POST", "passwords/resets", {"email": ANA}).status == 202
    assert reset(shop, last(shop, mailbox, ANA, "Set a new password")).status == 204
    assert sign_in_by_passkey(shop, theirs).status == 403
    assert prove(shop, provider).json["outcome"] == "REGISTER"
    assert sign_in(shop, ANA, ANOTHER) == 201, "no code is asked for"


def test_who_has_proven_their_address_keeps_their_ways_in_with_a_new_password(
    shop: Shop, mailbox: Path, ana: str
) -> None:
    assert shop.call("POST", "users/verifications", {"email": ANA}).status == 202
    proof = last(shop, mailbox, ANA, "Confirm your e-mail address")
    assert shop.call("POST", "users/verifications/confirm", {"token": proof}).status == 204
    hers = added(shop, ana)
    with_a_code(shop, ana)
    assert shop.call("POST", "passwords/resets", {"email": ANA}).status == 202
    assert reset(shop, last(shop, mailbox, ANA, "Set a new password")).status == 204
    assert sign_in_by_passkey(shop, hers).status == 201
    assert sign_in(shop, ANA, ANOTHER) == 403, "the code is still asked for"
