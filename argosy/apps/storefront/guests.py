"""Visitors who have not signed in: their cart hangs on a cookie of its own, which scripts cannot read, and what they
bought on another, since signing in takes the cart's."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from django.http import HttpResponse

from argosy.apps.storefront.pages import View, Visit
from argosy.contracts.carts import BeginGuestCart, MergeGuestCart
from argosy.domains.carts.application.guests import GuestCart, MergedCart
from argosy.domains.carts.domain.guest import is_guest_token
from argosy.engine.store import StoreUnavailable
from argosy.engine.work import Actor
from argosy.platform.auth import NOBODY, tokens
from argosy.platform.runtime import runtime
from argosy.shared_kernel.errors import DomainError

GUEST_COOKIE = "argosy_cart"
BOUGHT_COOKIE = "argosy_bought"
COOKIE_AGE = timedelta(days=365)
"""Longer than any cart of a guest is kept: a cookie without a cart is an empty cart."""


def shopper_of(visit: Visit) -> Actor:
    """Whose cart this visit is about: the buyer's who is signed in, or the guest's; NOBODY has none yet."""
    return visit.actor if visit.actor.id else _guest(token_of(visit))


def buyers_of(visit: Visit) -> list[Actor]:
    """As whom this visitor may have bought: with their account, and without."""
    return [buyer for buyer in (visit.actor, _guest(token_of(visit, BOUGHT_COOKIE))) if buyer.id]


def bought_here(view: View) -> View:
    """A page of what was bought: who is neither signed in nor a guest who bought is sent to sign in first."""
    return lambda visit: view(visit) if buyers_of(visit) else visit.to_sign_in()


def token_of(visit: Visit, cookie: str = GUEST_COOKIE) -> str:
    """What the visitor's cookie holds, where it is a guest's token."""
    token = visit.request.COOKIES.get(cookie, "")
    return token if is_guest_token(token) else ""


def code_of(visit: Visit, buyer: Actor) -> str:
    """What a guest comes back with from elsewhere: their token. Empty for who has an account."""
    return token_of(visit, BOUGHT_COOKIE) if buyer.is_guest else ""


def not_stored(page: HttpResponse) -> HttpResponse:
    """A page with a guest's code leaves no copy in the browser."""
    page.headers["Cache-Control"] = "no-store"
    return page


def begun() -> tuple[Actor, str]:
    """A new guest, and the token to remember them by."""
    cart: GuestCart = runtime().outside("carts").run(BeginGuestCart(), NOBODY)
    return _guest(cart.token), cart.token


def remember(visit: Visit, response: HttpResponse, token: str, cookie: str = GUEST_COOKIE) -> HttpResponse:
    response.set_cookie(
        cookie,
        token,
        max_age=int(COOKIE_AGE.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=visit.request.is_secure(),
    )
    return response


def forget(response: HttpResponse, cookie: str = GUEST_COOKIE) -> HttpResponse:
    response.delete_cookie(cookie, samesite="Lax")
    return response


def merged(visit: Visit, buyer: Actor) -> MergedCart | None:
    """What the visitor put in as a guest goes into their cart as a buyer. None where there is nothing to merge, or
    where it cannot be done now: the cookie stays, and the cart's page tries again."""
    token = token_of(visit)
    if not token or not buyer.id:
        return None
    with suppress(DomainError, StoreUnavailable):
        done: MergedCart = runtime().outside("carts").run(MergeGuestCart(guest_token=token), buyer)
        return done
    return None


def _guest(token: str) -> Actor:
    actor = tokens().actor_of(f"Bearer {token}") if token else NOBODY
    return actor if actor.is_guest else NOBODY
