"""Another e-mail address for an account: asked for, confirmed by one letter and taken back by the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from argosy.apps.storefront.pages import Visit
from argosy.apps.storefront.words import faults_by_field
from argosy.contracts.accounts_email import ChangeEmail, ConfirmNewEmail, RevertEmail
from argosy.domains.accounts.adapters.inbound.sign_in_limits import email_limited
from argosy.domains.accounts.adapters.outbound.way_in_queries import has_password
from argosy.platform.auth import NOBODY
from argosy.platform.runtime import runtime
from argosy.shared_kernel.errors import DomainError, TooMany

CONFIRM: Mapping[str, Any] = {
    "title": "Confirm your new address",
    "action": "/confirm-email",
    "text": "One step more: from now on this is the address of your account.",
    "button": "Confirm my new address",
}
REVERT: Mapping[str, Any] = {
    "title": "Take your address back",
    "action": "/revert-email",
    "text": "Your account gets the address before again, all sessions end, ways to sign in that were added since are "
    "taken away, and you get a letter to set a new password.",
    "button": "Take it back",
}


def form(visit: Visit) -> HttpResponse:
    return _form(visit, {}, 200)


def ask(visit: Visit) -> HttpResponse:
    """A letter to the new address; the page is the same whether somebody has it already."""
    command = ChangeEmail(email=visit.sent("email"), password=visit.request.POST.get("password", ""))
    try:
        with email_limited(visit.request, visit.actor.id, command):
            runtime().outside("accounts").run(command, visit.actor)
    except DomainError as error:
        page = _form(visit, faults_by_field(error), 429 if isinstance(error, TooMany) else 422)
        if isinstance(error, TooMany):
            page.headers["Retry-After"] = str(error.details["retry_after"])
        return page
    return visit.show("letter_sent", email=command.email)


def confirm_form(visit: Visit) -> HttpResponse:
    return visit.show("email_link", token=visit.asked("token"), faults={}, **CONFIRM)


def confirm(visit: Visit) -> HttpResponse:
    return _answered(visit, ConfirmNewEmail(token=visit.sent("token")), CONFIRM, "Your account has its new address.")


def revert_form(visit: Visit) -> HttpResponse:
    return visit.show("email_link", token=visit.asked("token"), faults={}, **REVERT)


def revert(visit: Visit) -> HttpResponse:
    done = "Your account has its address again. Set a new password with the letter that comes there now."
    return _answered(visit, RevertEmail(token=visit.sent("token")), REVERT, done)


def _answered(
    visit: Visit, command: ConfirmNewEmail | RevertEmail, words: Mapping[str, Any], done: str
) -> HttpResponse:
    try:
        runtime().outside("accounts").run(command, NOBODY)
    except DomainError as error:
        return visit.show("email_link", status=422, faults=faults_by_field(error), **words)
    return visit.show("email_link", done=done, faults={}, **words)


def _form(visit: Visit, faults: Mapping[str, str], status: int) -> HttpResponse:
    asks_password = has_password(visit.actor.id)
    typed = {"email": visit.sent("email")}
    return visit.show("email", status=status, typed=typed, faults=faults, asks_password=asks_password)
