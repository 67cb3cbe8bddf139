"""Invitations to work on a store, and the stores that one works on. A link alone changes nothing: people press
buttons."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse

from argosy.apps.storefront.pages import Visit
from argosy.apps.storefront.words import faults_by_field
from argosy.contracts.accounts_teams import AcceptInvitation, LeaveTeam
from argosy.domains.accounts.adapters.outbound.team_queries import invitation_behind, memberships_of
from argosy.platform.runtime import runtime
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id

_AREAS = {
    "products": "products and their prices",
    "inventory": "stock",
    "orders": "orders",
    "shipping": "delivery",
    "promotions": "promotions and coupons",
    "taxes": "taxes",
    "payments": "money",
    "events": "the feed of events",
    "webhooks": "webhooks",
    "team": "the team",
    "store": "the store itself",
}


def invitation(visit: Visit) -> HttpResponse:
    """Which store it is, and what one may do there."""
    token = visit.asked("token")
    seen = invitation_behind(token)
    return visit.show("invitation", token=token, seen=seen, may=in_words(seen.rights) if seen else (), faults={})


def accept(visit: Visit) -> HttpResponse:
    """Once per letter, by the account with the address that it went to."""
    try:
        runtime().outside("accounts").run(AcceptInvitation(token=visit.sent("token")), visit.actor)
    except DomainError as error:
        return visit.show("invitation", status=422, token="", seen=None, faults=faults_by_field(error))
    return visit.go("/account")


def leave(visit: Visit) -> HttpResponse:
    """Works on that store no more."""
    member_id = visit.sent("member")
    if member_id in {one.member_id for one in memberships_of(visit.actor.id)}:
        runtime().outside("accounts").run(LeaveTeam(member_id=Id(member_id)), visit.actor)
    return visit.go("/account")


def in_words(rights: Sequence[str]) -> tuple[str, ...]:
    """What rights allow, as people say it."""
    return tuple(
        f"{'See and change' if f'{area}:write' in rights else 'See'} {name}"
        for area, name in _AREAS.items()
        if f"{area}:write" in rights or f"{area}:read" in rights
    )
