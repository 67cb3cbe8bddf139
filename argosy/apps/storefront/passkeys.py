"""Passkeys in the shop: added on the account's page, and signed in by. A small script asks the authenticator, and the
form that it fills in is sent like any other."""

from __future__ import annotations

from django.http import HttpResponse

from argosy.apps.storefront.pages import Visit, own_address
from argosy.apps.storefront.session import sign_in_page, welcome
from argosy.apps.storefront.words import faults_by_field, status_of
from argosy.contracts.accounts import SignedIn
from argosy.contracts.accounts_ways_in import AddPasskey, BeginPasskey, SignInByPasskey
from argosy.domains.accounts.adapters.inbound.sign_in_limits import passkey_limited, password_limited
from argosy.domains.accounts.adapters.outbound.way_in_queries import has_password
from argosy.domains.accounts.domain.passkey import check_name
from argosy.platform.auth import NOBODY
from argosy.platform.runtime import runtime
from argosy.shared_kernel.errors import DomainError


def sign_in(visit: Visit) -> HttpResponse:
    """A new session, by what a passkey has signed."""
    following = own_address(visit.sent("next"))
    command = SignInByPasskey(
        ticket=visit.sent("ticket"),
        credential_id=visit.sent("credential_id"),
        client_data=visit.sent("client_data"),
        authenticator_data=visit.sent("authenticator_data"),
        signature=visit.sent("signature"),
        device=visit.request.headers.get("User-Agent", ""),
    )
    try:
        with passkey_limited(command.ticket):
            signed_in: SignedIn = runtime().outside("accounts").run(command, NOBODY)
    except DomainError as error:
        faults = {"form": next(iter(faults_by_field(error).values()))}
        return sign_in_page(visit, following, faults, status=status_of(error))
    return welcome(visit, signed_in, following)


def form(visit: Visit) -> HttpResponse:
    return _page(visit)


def begin(visit: Visit) -> HttpResponse:
    """The authenticator is asked next."""
    try:
        check_name(visit.sent("name"))
        with password_limited(visit.request, visit.actor.id):
            command = BeginPasskey(password=visit.request.POST.get("password", ""))
            begun = runtime().outside("accounts").run(command, visit.actor)
    except DomainError as error:
        return _page(visit, error)
    return visit.show("passkey", begun=begun, typed={"name": visit.sent("name")})


def add(visit: Visit) -> HttpResponse:
    """One can sign in by it from now on."""
    command = AddPasskey(
        ticket=visit.sent("ticket"),
        client_data=visit.sent("client_data"),
        attestation=visit.sent("attestation"),
        name=visit.sent("name"),
    )
    try:
        with passkey_limited(command.ticket):
            runtime().outside("accounts").run(command, visit.actor)
    except DomainError as error:
        return _page(visit, error)
    return visit.go("/account")


def _page(visit: Visit, error: DomainError | None = None) -> HttpResponse:
    return visit.show(
        "passkey",
        status=status_of(error),
        begun=None,
        typed={"name": visit.sent("name")},
        asks_password=has_password(visit.actor.id),
        faults=faults_by_field(error) if error else {},
    )
