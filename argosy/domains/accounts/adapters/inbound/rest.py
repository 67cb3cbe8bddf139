"""Accounts over HTTP: register, sign in and out, addresses, stores."""

from __future__ import annotations

from argosy.contracts.accounts import AddAddress, ErasePerson, OpenStore, RegisterUser, SignedIn, SignIn, SignOut
from argosy.domains.accounts.adapters.inbound.sign_in_limits import limited
from argosy.domains.accounts.adapters.outbound.queries import Account, account_of, address_of
from argosy.domains.accounts.domain.user import SavedAddress
from argosy.platform.auth import buyer, public, staff
from argosy.platform.pages import Page
from argosy.platform.rest import Asked, Made, delete, get, post


def my_account(asked: Asked) -> Account | None:
    """Your own account."""
    return account_of(asked.actor.id)


def my_addresses(asked: Asked) -> Page | None:
    """The addresses that you keep."""
    account = account_of(asked.actor.id)
    return None if account is None else Page(items=account.addresses, next=None)


def my_address(asked: Asked) -> SavedAddress | None:
    """One of the addresses that you keep."""
    return address_of(asked.actor.id, asked["address_id"])


endpoints = [
    post("users", RegisterUser, allow=public, status=201, filled=("user_id", "roles", "password_hash"), answers=Made),
    # Its answer holds the token, which is never stored: so it takes no Idempotency-Key.
    post("sessions", SignIn, allow=public, status=201, answers=SignedIn, takes_key=False, guard=limited),
    delete("sessions/mine", SignOut, allow=buyer, changes_actor=True, takes_key=False),
    get("users/me", my_account, allow=buyer, answers=Account),
    delete("users/me", ErasePerson, allow=buyer, status=202, filled=("user_id",), takes_key=False),
    delete("users/{user_id}", ErasePerson, allow=staff, status=202, takes_key=False, called="EraseSomebody"),
    post(
        "addresses",
        AddAddress,
        allow=buyer,
        status=201,
        filled=("address_id",),
        answers=Made,
        location="addresses/{id}",
    ),
    get("addresses", my_addresses, allow=buyer, answers=Page),
    get("addresses/{address_id}", my_address, allow=buyer, answers=SavedAddress),
    post(
        "stores", OpenStore, allow=buyer, status=201, filled=("seller_id", "user_id"), answers=Made, changes_actor=True
    ),
]
