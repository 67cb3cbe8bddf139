"""Taking a way to sign in away: who has a password gives it on a page of its own."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse

from argosy.apps.storefront.pages import Visit
from argosy.apps.storefront.words import faults_by_field, status_of
from argosy.contracts.accounts_ways_in import RemovePasskey, UnlinkIdentity
from argosy.domains.accounts.adapters.inbound.sign_in_limits import password_limited
from argosy.domains.accounts.adapters.outbound.way_in_queries import has_password
from argosy.platform.runtime import runtime
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id, is_id
from argosy.shared_kernel.messages import Command


def unlink_provider(visit: Visit) -> HttpResponse:
    """One signs in by this provider no more."""
    return _taken_away(visit, lambda id, password: UnlinkIdentity(identity_id=id, password=password))


def remove_passkey(visit: Visit) -> HttpResponse:
    """One signs in by this passkey no more."""
    return _taken_away(visit, lambda id, password: RemovePasskey(passkey_id=id, password=password))


def _taken_away(visit: Visit, command: Callable[[Id, str], Command]) -> HttpResponse:
    meant, address = visit.sent("id"), visit.request.path
    if not is_id(meant):
        return visit.go("/account")
    if has_password(visit.actor.id) and "password" not in visit.request.POST:
        return visit.show("way_in_removal", action=address, id=meant, faults={})
    try:
        with password_limited(visit.request, visit.actor.id):
            asked = command(Id(meant), visit.request.POST.get("password", ""))
            runtime().outside("accounts").run(asked, visit.actor)
    except DomainError as error:
        return visit.show(
            "way_in_removal", status=status_of(error), action=address, id=meant, faults=faults_by_field(error)
        )
    return visit.go("/account")
