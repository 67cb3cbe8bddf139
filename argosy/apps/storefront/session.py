"""Signing in, registering and signing out. The cookie holds the API's own opaque token, and scripts cannot read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token

from argosy.apps.storefront import guests
from argosy.apps.storefront.pages import SESSION_COOKIE, Visit, own_address
from argosy.apps.storefront.team import in_words
from argosy.apps.storefront.words import faults_by_field, status_of
from argosy.contracts.accounts import RegisterUser, RemoveAddress, SignedIn, SignIn, SignOut
from argosy.domains.accounts.adapters.inbound.sign_in_limits import limited, registering_limited
from argosy.domains.accounts.adapters.inbound.ways_in import are_passkeys_for_browsers, offered, passkey_asked
from argosy.domains.accounts.adapters.outbound.queries import account_of
from argosy.domains.accounts.adapters.outbound.team_queries import memberships_of
from argosy.domains.accounts.adapters.outbound.way_in_queries import identities_of, passkeys_of
from argosy.platform.auth import NOBODY, tokens
from argosy.platform.problems import not_found
from argosy.platform.runtime import runtime
from argosy.shared_kernel.errors import DomainError, TooMany
from argosy.shared_kernel.ids import Id, is_id


def sign_in_form(visit: Visit) -> HttpResponse:
    return sign_in_page(visit, own_address(visit.asked("next")), {}, status=200)


def sign_in_page(
    visit: Visit,
    following: str,
    faults: Mapping[str, str],
    *,
    typed: Mapping[str, str] = MappingProxyType({}),
    status: int = 422,
) -> HttpResponse:
    """All ways in, and what was wrong with the one that was tried."""
    passkey = passkey_asked() if are_passkeys_for_browsers() else None
    return visit.show(
        "sign_in", status=status, next=following, typed=typed, faults=faults, providers=offered(), passkey=passkey
    )


def sign_in(visit: Visit) -> HttpResponse:
    """A new session, and back to where the visitor came from."""
    typed, password, following = _typed(visit)
    try:
        signed_in = _session(visit.request, typed["email"], password, visit.sent("code"))
    except DomainError as error:
        page = sign_in_page(visit, following, faults_by_field(error), typed=typed, status=status_of(error))
        if isinstance(error, TooMany):
            page.headers["Retry-After"] = str(error.details["retry_after"])
        return page
    return welcome(visit, signed_in, following)


def register_form(visit: Visit) -> HttpResponse:
    return visit.show("register", next=own_address(visit.asked("next")), typed={}, faults={})


def register(visit: Visit) -> HttpResponse:
    """A new account, signed in to at once where that may be; otherwise a letter is on its way, and the page does not
    tell whether it is to somebody new."""
    typed, password, following = _typed(visit)
    command = RegisterUser(
        email=typed["email"],
        password=password,
        first_name=typed.get("first_name", ""),
        last_name=typed.get("last_name", ""),
    )
    try:
        with registering_limited(visit.request, command):
            runtime().outside("accounts").run(command, NOBODY)
    except DomainError as error:
        return visit.show(
            "register", status=status_of(error), next=following, typed=typed, faults=faults_by_field(error)
        )
    try:
        return welcome(visit, _session(visit.request, typed["email"], password), following)
    except DomainError:
        return visit.show("letter_sent", email=typed["email"])


def account(visit: Visit) -> HttpResponse:
    """Who one is here, and the way out."""
    found = account_of(visit.actor.id)
    if found is None:
        raise not_found()
    works_on = [
        {"member_id": one.member_id, "store_name": one.store_name, "is_open": one.is_open, "may": in_words(one.rights)}
        for one in memberships_of(visit.actor.id)
    ]
    labels = {one.provider: one.label for one in offered()}
    linked = [
        {"id": one.identity_id, "label": labels.get(one.provider, one.provider)}
        for one in identities_of(visit.actor.id)
    ]
    return visit.show(
        "account",
        account=found,
        memberships=works_on,
        linked=linked,
        providers=offered(),
        passkeys=passkeys_of(visit.actor.id),
        offers_passkeys=are_passkeys_for_browsers(),
    )


def remove_address(visit: Visit) -> HttpResponse:
    """Kept no more. Orders that went there stay as they are."""
    address_id = visit.sent("address")
    if not is_id(address_id):
        raise not_found()
    runtime().outside("accounts").run(RemoveAddress(address_id=Id(address_id)), visit.actor)
    return visit.go("/account")


def sign_out(visit: Visit) -> HttpResponse:
    """Whoever has a copy of the cookie is nobody from now on."""
    runtime().outside("accounts").run(SignOut(), visit.actor)
    tokens().forget(f"Bearer {visit.token}")
    response = visit.go("/")
    response.delete_cookie(SESSION_COOKIE, samesite="Lax")
    return response


def _typed(visit: Visit) -> tuple[dict[str, str], str, str]:
    """What was filled in, the password as it was typed, and where to go on. A password is never shown again."""
    names = [name for name in ("email", "first_name", "last_name") if name in visit.request.POST]
    typed = {"email": "", **{name: visit.sent(name) for name in names}}
    return typed, visit.request.POST.get("password", ""), own_address(visit.sent("next"))


def _session(request: HttpRequest, email: str, password: str, code: str = "") -> SignedIn:
    command = SignIn(email=email, password=password, code=code, device=request.headers.get("User-Agent", ""))
    with limited(request, command):
        signed_in: SignedIn = runtime().outside("accounts").run(command, NOBODY)
    return signed_in


def welcome(visit: Visit, signed_in: SignedIn, following: str) -> HttpResponse:
    """On to where the visitor was going, with the token in their cookie."""
    rotate_token(visit.request)
    cart = guests.merged(visit, tokens().actor_of(f"Bearer {signed_in.token}"))
    is_cut = cart is not None and bool(cart.not_merged or cart.coupons_not_merged)
    response = visit.go("/cart", note="merged_in_part") if is_cut else visit.go(following)
    if cart is not None:
        guests.forget(response)
    response.set_cookie(
        SESSION_COOKIE,
        signed_in.token,
        max_age=int((signed_in.expires_at - datetime.now(UTC)).total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=visit.request.is_secure(),
    )
    return response
