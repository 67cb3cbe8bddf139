"""One page per address: who visits, what they may do there, and a clear page for everything that goes wrong.

    path("cart", page(get=cart.show, allow=buyer))

A view takes a Visit and gives a response. Nothing of Django's middleware runs for the API's sake, so that what the shop
needs of it is done here: forms are protected against other sites (CSRF), and every answer carries the shop's headers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import SuspiciousOperation
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, UnreadablePostError
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_protect

from argosy.apps.storefront.reader import currency_of, reader_of
from argosy.apps.storefront.words import explained
from argosy.domains.checkout.adapters.outbound.shop_terms import currencies
from argosy.engine.work import Actor
from argosy.platform import bodies
from argosy.platform.auth import NOBODY, Permission, public, tokens
from argosy.platform.limits import is_by_proxy
from argosy.platform.problems import Problem, not_found, problem_of
from argosy.read_models.catalogue.queries import Reader

SESSION_COOKIE = "argosy_session"
FORM = "application/x-www-form-urlencoded"
ADDRESS_LETTERS_MAX = 1_000

# Pictures are wherever sellers keep them; everything else is our own, and nothing is written inline.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' https: http: "
    "data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_OVER_TLS = {"Strict-Transport-Security": "max-age=31536000"}


class SeeOther(HttpResponseRedirect):
    """After a form: look there, with GET."""

    status_code = 303


class Visit:
    """One request, as views see it. Texts that were sent come trimmed."""

    def __init__(self, request: HttpRequest, actor: Actor, parameters: Mapping[str, str]) -> None:
        self.request = request
        self.actor = actor
        self._parameters = parameters

    def __getitem__(self, name: str) -> str:
        return self._parameters[name]

    def asked(self, name: str) -> str:
        """A parameter of the address."""
        return self.request.GET.get(name, "").strip()

    def sent(self, name: str) -> str:
        """A field of the form."""
        return self.request.POST.get(name, "").strip()

    def all_sent(self, name: str) -> list[str]:
        return self.request.POST.getlist(name)

    @cached_property
    def reader(self) -> Reader:
        """In which languages and which currency they look."""
        return reader_of(self.request)

    @property
    def token(self) -> str:
        """What the visitor's cookie holds: the API's bearer token."""
        return self.request.COOKIES.get(SESSION_COOKIE, "")

    def show(self, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
        return _rendered(self.request, self.actor, template, context, status)

    def to_sign_in(self) -> SeeOther:
        """And back here; after a form to the cart, since what was filled in does not come along."""
        return self.go("/sign-in", next=self.request.get_full_path() if self.request.method == "GET" else "/cart")

    @staticmethod
    def go(address: str, **query: str) -> SeeOther:
        """To one of our own addresses."""
        return SeeOther(f"{address}?{urlencode(query)}" if query else address)


View = Callable[[Visit], HttpResponse]


def page(
    *,
    get: View | None = None,
    post: View | None = None,
    allow: Permission = public,
) -> Callable[..., HttpResponseBase]:
    """What stands at an address. Who must sign in first is sent there, and comes back."""
    views = {name: view for name, view in (("GET", get), ("POST", post)) if view is not None}

    @csrf_protect
    def answer(request: HttpRequest, **parameters: str) -> HttpResponse:
        visit = Visit(request, _visitor_of(request), parameters)
        _refuse_nul(parameters)
        _refuse_cards(request)
        if not allow.allows(visit.actor) and not visit.actor.id:
            return visit.to_sign_in()
        allow.check(visit.actor)
        return views[request.method or ""](visit)

    def guarded(request: HttpRequest, **parameters: str) -> HttpResponseBase:
        is_over_tls = _is_over_tls(request)
        if is_over_tls:
            # Cookies are for TLS alone, and the origin of a form is compared with the address that people see.
            request.META["wsgi.url_scheme"] = "https"
        try:
            request.visitor = visitor(request)  # type: ignore[attr-defined]
            _check_readable(request, views)
            response = answer(request, **parameters)
        except (SuspiciousOperation, UnreadablePostError):
            response = error_page(request, Problem(400, "bad_request", "That request cannot be read."))
        except Exception as error:  # noqa: BLE001 - the boundary, where problem_of logs what nobody foresaw
            response = error_page(request, problem_of(error))
        for name, value in (_HEADERS | (_OVER_TLS if is_over_tls else {})).items():
            response.headers.setdefault(name, value)
        for cookie in response.cookies.values() if is_over_tls else ():
            cookie["secure"] = True
        patch_vary_headers(response, ("Cookie", "Accept-Language"))
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    return guarded


def visitor(request: HttpRequest) -> Actor:
    """Whom the visitor's cookie stands for."""
    token = request.COOKIES.get(SESSION_COOKIE, "")
    actor = tokens().actor_of(f"Bearer {token}") if token else NOBODY
    # The shop is for people: a program's key in a cookie is nobody's, and a guest has a cookie of their own.
    return NOBODY if actor.scopes or actor.is_guest else actor


def own_address(text: str, otherwise: str = "/") -> str:
    """An address of this shop that a visitor brings along; never a way to somebody else's."""
    is_ours = text.startswith("/") and len(text) <= ADDRESS_LETTERS_MAX
    return text if is_ours and url_has_allowed_host_and_scheme(text, allowed_hosts=None) else otherwise


def error_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The same page for everything that is refused in the same way: it tells nothing about the address."""
    if problem.status >= 500:
        for connection in connections.all(initialized_only=True):
            connection.close_if_unusable_or_obsolete()
    words = explained(problem)
    response = _rendered(request, _visitor_of(request), "error", {"words": words, "problem": problem}, problem.status)
    for name, value in problem.headers.items():
        response.headers[name] = value
    return response


def form_is_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """For forms without the right token: they come from another site, or from before the cookie was there."""
    return error_page(request, Problem(403, "form_is_old", "The form was too old."))


def _nothing(visit: Visit) -> HttpResponse:
    raise not_found()


no_such_page = page(get=_nothing, post=_nothing)
"""What every address that is none shows, and every thing that is not there or somebody else's."""


def _is_over_tls(request: HttpRequest) -> bool:
    """Whether visitors speak TLS: with us, or with a proxy before us, as the shop's own address or the proxy says."""
    if request.is_secure() or os.environ.get("ARGOSY_SHOP_URL", "").startswith("https://"):
        return True
    said = request.META.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
    return said == "https" and is_by_proxy(request)


def _visitor_of(request: HttpRequest) -> Actor:
    """As found when the request came in; NOBODY where it could not be looked up."""
    return getattr(request, "visitor", NOBODY)


def _check_readable(request: HttpRequest, views: Mapping[str, View]) -> None:
    if request.method not in views:
        raise Problem(
            405, "method_not_allowed", "This page is not used like that.", headers={"Allow": ", ".join(views)}
        )
    # Uploads would be written to disk before anybody looked at them.
    if request.method == "POST" and request.content_type not in (FORM, ""):
        raise Problem(415, "not_a_form", "This page takes forms only.")


def _refuse_nul(parameters: Mapping[str, str]) -> None:
    """The character that no text holds: nothing is called so, and PostgreSQL is not to be asked for it."""
    if any("\0" in text for text in parameters.values()):
        raise not_found()


def _refuse_cards(request: HttpRequest) -> None:
    """A card's number typed into any field, but for a password, which nobody keeps."""
    sent = [dict(fields.lists()) for fields in (request.GET, request.POST)]
    if any(True for _ in bodies.card_faults(sent)):
        raise bodies.cards_refused([])


def _rendered(
    request: HttpRequest,
    actor: Actor,
    template: str,
    context: Mapping[str, Any],
    status: int,
) -> HttpResponse:
    shop = {
        "visitor": actor,
        "currencies": currencies(),
        "shop_currency": currency_of(request),
        "here": request.get_full_path() if request.method == "GET" else "/",
    }
    return render(request, f"storefront/{template}.html", {**context, **shop}, status=status)
