"""How often a password may be guessed, and a letter asked for: per account and address, per address, and per account.

Only failures count: whoever knows the password gives their attempt back. An address from which an account was signed in
to before is known for it, and is bound by its own limit alone: however many strangers guess, and from wherever, they
cannot lock the owner out. Unknown accounts are counted like any other, so that no answer tells which there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.http import HttpRequest

from argosy.contracts.accounts import AskPasswordReset, AskVerification, RegisterUser, SignIn
from argosy.contracts.accounts_email import ChangeEmail
from argosy.contracts.accounts_teams import InviteMember
from argosy.contracts.accounts_ways_in import SignInByIdentity
from argosy.domains.accounts.application.tickets import PasskeyChallenge, ProvenIdentity, opened
from argosy.domains.accounts.domain.identity import TicketNotValid
from argosy.domains.accounts.domain.second_factor import SecondFactorRefused
from argosy.domains.accounts.domain.session import SignInRefused
from argosy.domains.accounts.domain.user import PasswordRefused, normalised_email
from argosy.platform.limits import Limit, address_of, counted_as, limits, seconds
from argosy.platform.seals import SecretSeals
from argosy.shared_kernel.errors import Invalid, TooMany

HERE = Limit(burst=10, every=90)
"""One account from one address: ten, and forty an hour."""

ADDRESS = Limit(burst=50, every=18)
"""One address, whatever the accounts, but for those that it is known for."""

ACCOUNT = Limit(burst=50, every=72)
"""One account, from all addresses that are not known for it."""

LETTERS_HERE = Limit(burst=3, every=600)
"""Letters to one address of mail, asked for from one address: the link in the last of them works for longer."""

LETTERS_ADDRESS = Limit(burst=20, every=60)
"""Letters asked for from one address, whoever they are to, but for people who are known there."""

LETTERS_ACCOUNT = Limit(burst=5, every=600)
"""Letters to one address of mail, from all addresses that are not known for it."""

REGISTERED = Limit(burst=5, every=600)
"""Accounts opened with one address of mail: the first may come to be, each other one is a letter to its owner."""

ONCE = Limit(burst=1, every=3_600)
"""What works one time: longer than any ticket lives."""

KNOWN_SECONDS = 90 * 24 * 3_600


class TooManyAttempts(TooMany):
    """Too many attempts to sign in have failed. Wait a little, and try again."""


@contextmanager
def limited(request: HttpRequest, command: SignIn) -> Iterator[None]:
    """Sign in inside of this."""
    account, address = _account(command.email), address_of(request)
    known = counted_as("known", account, address)
    wanted = [(counted_as("here", account, address), HERE)]
    if not limits().knows(known):
        wanted += [(counted_as("address", address), ADDRESS), (counted_as("account", account), ACCOUNT)]
    wait = limits().take(wanted)
    if wait:
        raise TooManyAttempts(retry_after=seconds(wait))
    try:
        yield
    except (SignInRefused, SecondFactorRefused):
        raise
    except BaseException:
        # Nothing was found out about the password.
        limits().give_back(wanted)
        raise
    limits().give_back(wanted)
    limits().remember(known, KNOWN_SECONDS)


class TooManyLetters(TooMany):
    """We have written to this address several times just now. Look into your mailbox, or try again later."""


@contextmanager
def letters_limited(
    request: HttpRequest, command: AskVerification | AskPasswordReset | InviteMember | ChangeEmail
) -> Iterator[None]:
    """Ask for a letter inside of this. An address that nobody has an account with is counted like any other."""
    account, address = _account(command.email), address_of(request)
    wanted = [(counted_as("letters-here", account, address), LETTERS_HERE)]
    if not limits().knows(counted_as("known", account, address)):
        wanted += [
            (counted_as("letters-address", address), LETTERS_ADDRESS),
            (counted_as("letters-account", account), LETTERS_ACCOUNT),
        ]
    with _taken(wanted, TooManyLetters):
        yield


@contextmanager
def email_limited(request: HttpRequest, actor_id: str, command: ChangeEmail) -> Iterator[None]:
    """Ask for another address inside of this: it needs a password, and writes to wherever one likes."""
    with password_limited(request, actor_id), letters_limited(request, command):
        yield


@contextmanager
def registering_limited(request: HttpRequest, command: RegisterUser) -> Iterator[None]:
    """Open an account inside of this: whoever repeats it has its owner's mailbox filled."""
    with _taken([(counted_as("registered", _account(command.email)), REGISTERED)], TooManyLetters):
        yield


@contextmanager
def password_limited(request: HttpRequest, actor_id: str) -> Iterator[None]:
    """Ask for what needs a password or a code inside of this: who has found an open session guesses neither."""
    wanted = [(counted_as("password", actor_id, address_of(request)), HERE)]
    wait = limits().take(wanted)
    if wait:
        raise TooManyAttempts(retry_after=seconds(wait))
    try:
        yield
    except (PasswordRefused, SecondFactorRefused):
        raise
    except BaseException:
        limits().give_back(wanted)
        raise
    limits().give_back(wanted)


def use_once(ticket: str) -> None:
    """Refuse a ticket that was used already."""
    if limits().take([(counted_as("ticket", ticket), ONCE)]):
        raise TicketNotValid()


@contextmanager
def passkey_limited(ticket: str) -> Iterator[None]:
    """What a passkey has signed comes in inside of this: each challenge once, whatever becomes of it."""
    use_once(opened(SecretSeals(), ticket, PasskeyChallenge, datetime.now(UTC)).nonce)
    yield


@contextmanager
def identity_limited(request: HttpRequest, command: SignInByIdentity) -> Iterator[None]:
    """Sign in by a provider inside of this: once per proof, and codes are guessed as seldom as passwords."""
    proven = opened(SecretSeals(), command.identity.partition(".")[2], ProvenIdentity, datetime.now(UTC))
    once = [(counted_as("identity", proven.nonce), ONCE)]
    who = proven.issuer, proven.subject
    # Nobody but who is let in by the provider counts: strangers cannot lock the owner out.
    guesses = [
        (counted_as("identity-here", *who, address_of(request)), HERE),
        (counted_as("identity-account", *who), ACCOUNT),
    ]
    if limits().take(once):
        raise TicketNotValid()
    wait = limits().take(guesses)
    if wait:
        limits().give_back(once)
        raise TooManyAttempts(retry_after=seconds(wait))
    try:
        yield
    except SecondFactorRefused:
        limits().give_back(once)
        raise
    except BaseException:
        limits().give_back([*once, *guesses])
        raise
    limits().give_back(guesses)


@contextmanager
def _taken(wanted: list[tuple[str, Limit]], refusal: type[TooMany]) -> Iterator[None]:
    """Each one counts, but for those that are refused or fail."""
    wait = limits().take(wanted)
    if wait:
        raise refusal(retry_after=seconds(wait))
    try:
        yield
    except BaseException:
        limits().give_back(wanted)
        raise


def _account(email: str) -> str:
    try:
        return normalised_email(email)
    except Invalid:
        return email
