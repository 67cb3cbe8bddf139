"""How often a password may be guessed: per account and address, per address, and per account.

Only failures count: whoever knows the password gives their attempt back. An address from which an account was signed in
to before is known for it, and is bound by its own limit alone: however many strangers guess, and from wherever, they
cannot lock the owner out. Unknown accounts are counted like any other, so that no answer tells which there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest

from argosy.contracts.accounts import SignIn
from argosy.domains.accounts.domain.session import SignInRefused
from argosy.domains.accounts.domain.user import normalised_email
from argosy.platform.limits import Limit, address_of, counted_as, limits, seconds
from argosy.shared_kernel.errors import Invalid, TooMany

HERE = Limit(burst=10, every=90)
"""One account from one address: ten, and forty an hour."""

ADDRESS = Limit(burst=50, every=18)
"""One address, whatever the accounts, but for those that it is known for."""

ACCOUNT = Limit(burst=50, every=72)
"""One account, from all addresses that are not known for it."""

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
    except SignInRefused:
        raise
    except BaseException:
        # Nothing was found out about the password.
        limits().give_back(wanted)
        raise
    limits().give_back(wanted)
    limits().remember(known, KNOWN_SECONDS)


def _account(email: str) -> str:
    try:
        return normalised_email(email)
    except Invalid:
        return email
