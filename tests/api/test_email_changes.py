"""Another e-mail address over HTTP: confirmed at the new one, told at the one before, and taken back from there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.shop import PASSWORD, Answer, Shop, assert_problem
from tests.api.test_accounts import letters, mailbox

__all__ = ["mailbox"]
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
    reset = last(shop, mailbox, ANA, "Set a new password")
    assert shop.call("POST", "passwords/resets/confirm", {"token": reset, "password": "battery staple"}).status == 204
    assert sign_in(shop, ANA, "battery staple") == 201
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
