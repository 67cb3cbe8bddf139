"""Signing in by a provider, and linking one to one's account. What the browser must bring back is in a cookie that
scripts cannot read: nobody is signed in by a link that somebody else has begun."""

from __future__ import annotations

from urllib.parse import quote, unquote

from django.http import HttpResponse, HttpResponseRedirect

from argosy.apps.storefront.pages import Visit, own_address
from argosy.apps.storefront.session import sign_in_page, welcome
from argosy.apps.storefront.words import faults_by_field, status_of
from argosy.contracts.accounts import SignedIn
from argosy.contracts.accounts_ways_in import LinkIdentity, ProveIdentity, SignInByIdentity
from argosy.domains.accounts.adapters.inbound.sign_in_limits import identity_limited, password_limited
from argosy.domains.accounts.adapters.inbound.ways_in import begun, identity_of, offered
from argosy.domains.accounts.adapters.outbound.way_in_queries import has_password
from argosy.domains.accounts.application.tickets import TICKET_LIFETIME
from argosy.domains.accounts.domain.identity import SIGN_IN_FIRST, SignInFirst
from argosy.domains.accounts.domain.second_factor import SecondFactorNeeded, SecondFactorRefused
from argosy.platform.auth import NOBODY
from argosy.platform.runtime import runtime
from argosy.shared_kernel.errors import DomainError

COOKIE = "argosy_provider"
COOKIE_PATH = "/sign-in/with/"


def begin(visit: Visit) -> HttpResponse:
    """To the provider."""
    try:
        beginning = begun(visit["provider"])
    except DomainError as error:
        return _sign_in_page(visit, error)
    response = HttpResponseRedirect(beginning.address)
    response.set_cookie(
        COOKIE,
        f"{beginning.ticket}:{quote(own_address(visit.asked('next')), safe='')}",
        max_age=int(TICKET_LIFETIME.total_seconds()),
        path=COOKIE_PATH,
        httponly=True,
        samesite="Lax",
        secure=visit.request.is_secure(),
    )
    return response


def back(visit: Visit) -> HttpResponse:
    """From the provider: signed in, or asked for what is missing."""
    ticket, _, kept = visit.request.COOKIES.get(COOKIE, "").partition(":")
    following = own_address(unquote(kept))
    sent = {
        "provider": visit["provider"],
        "ticket": ticket,
        "state": visit.asked("state"),
        "code": visit.asked("code"),
        "iss": visit.asked("iss"),
    }
    try:
        command = ProveIdentity(**sent, identity=identity_of(sent))
        proven = runtime().outside("accounts").run(command, NOBODY)
        if visit.actor.id:
            response = _link_form(visit, proven.identity, visit["provider"])
        elif proven.outcome == SIGN_IN_FIRST:
            raise SignInFirst()
        else:
            response = _signed_in(visit, proven.identity, following)
    except DomainError as error:
        response = _sign_in_page(visit, error)
    response.delete_cookie(COOKIE, path=COOKIE_PATH, samesite="Lax")
    return response


def code(visit: Visit) -> HttpResponse:
    """The second factor of who has come by a provider."""
    try:
        return _signed_in(visit, visit.sent("identity"), own_address(visit.sent("next")), visit.sent("code"))
    except DomainError as error:
        return _sign_in_page(visit, error)


def link(visit: Visit) -> HttpResponse:
    """One can sign in by this provider from now on."""
    command = LinkIdentity(identity=visit.sent("identity"), password=visit.request.POST.get("password", ""))
    try:
        with password_limited(visit.request, visit.actor.id):
            runtime().outside("accounts").run(command, visit.actor)
    except DomainError as error:
        return _link_form(visit, command.identity, visit.sent("provider"), error)
    return visit.go("/account")


def _signed_in(visit: Visit, identity: str, following: str, typed: str = "") -> HttpResponse:
    command = SignInByIdentity(identity=identity, code=typed, device=visit.request.headers.get("User-Agent", ""))
    try:
        with identity_limited(visit.request, command):
            signed_in: SignedIn = runtime().outside("accounts").run(command, NOBODY)
    except (SecondFactorNeeded, SecondFactorRefused) as error:
        faults = faults_by_field(error) if typed else {}
        return visit.show(
            "provider_code", status=422 if typed else 200, identity=identity, next=following, faults=faults
        )
    return welcome(visit, signed_in, following)


def _link_form(visit: Visit, identity: str, provider: str, error: DomainError | None = None) -> HttpResponse:
    label = next((one.label for one in offered() if one.provider == provider), "")
    return visit.show(
        "link_provider",
        status=status_of(error),
        identity=identity,
        provider=provider,
        label=label,
        asks_password=has_password(visit.actor.id),
        faults=faults_by_field(error) if error else {},
    )


def _sign_in_page(visit: Visit, error: DomainError) -> HttpResponse:
    faults = {"form": next(iter(faults_by_field(error).values()))}
    if visit.actor.id:
        return visit.show("way_in_refused", status=status_of(error), faults=faults)
    return sign_in_page(visit, "/", faults, status=status_of(error))
