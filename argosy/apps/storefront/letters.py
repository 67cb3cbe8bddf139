"""What letters lead to: proving an address, and setting a new password. A link alone changes nothing: programs that
look through mail follow links, and only people press buttons."""

from __future__ import annotations

from django.http import HttpResponse

from argosy.apps.storefront.pages import Visit
from argosy.apps.storefront.words import faults_by_field
from argosy.contracts.accounts import AskPasswordReset, AskVerification, ConfirmEmail, ResetPassword
from argosy.domains.accounts.adapters.inbound.sign_in_limits import letters_limited
from argosy.platform.auth import NOBODY
from argosy.platform.runtime import runtime
from argosy.shared_kernel.errors import DomainError, TooMany


def verify_form(visit: Visit) -> HttpResponse:
    return visit.show("verify", token=visit.asked("token"), faults={})


def verify(visit: Visit) -> HttpResponse:
    """The address is proven, once per letter."""
    token = visit.sent("token")
    try:
        runtime().outside("accounts").run(ConfirmEmail(token=token), NOBODY)
    except DomainError as error:
        return visit.show("verify", status=422, token="", faults=faults_by_field(error))
    return visit.show("verified")


def ask_form(visit: Visit) -> HttpResponse:
    return visit.show("forgot_password", typed={}, faults={})


def ask(visit: Visit) -> HttpResponse:
    """A letter with which a new password can be set, or with which the address can be proven. The page is the same
    whether there is such an account."""
    email = visit.sent("email")
    kind = AskVerification if visit.sent("wants") == "verification" else AskPasswordReset
    command = kind(email=email)
    try:
        with letters_limited(visit.request, command):
            runtime().outside("accounts").run(command, NOBODY)
    except DomainError as error:
        page = visit.show(
            "forgot_password",
            status=429 if isinstance(error, TooMany) else 422,
            typed={"email": email},
            faults=faults_by_field(error),
        )
        if isinstance(error, TooMany):
            page.headers["Retry-After"] = str(error.details["retry_after"])
        return page
    return visit.show("letter_sent", email=email)


def reset_form(visit: Visit) -> HttpResponse:
    return visit.show("reset_password", token=visit.asked("token"), faults={})


def reset(visit: Visit) -> HttpResponse:
    """A new password; then one signs in with it."""
    token, password = visit.sent("token"), visit.request.POST.get("password", "")
    try:
        runtime().outside("accounts").run(ResetPassword(token=token, password=password), NOBODY)
    except DomainError as error:
        return visit.show("reset_password", status=422, token=token, faults=faults_by_field(error))
    return visit.go("/sign-in")
