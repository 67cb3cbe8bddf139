"""Teams of stores as their owners and members see them, and whom a store's token stands for."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from django.db import connections, router

from argosy.domains.accounts.adapters.outbound.models import (
    InvitationRow,
    MemberRow,
    ProfileRow,
    SessionRow,
    StoreRow,
    UserRow,
)
from argosy.domains.accounts.domain.seller_store import OPEN
from argosy.domains.accounts.domain.team import granted_by, named
from argosy.domains.accounts.domain.user import ACTIVE, SELLER
from argosy.engine.work import Actor
from argosy.shared_kernel.bearer_tokens import fingerprint
from argosy.shared_kernel.ids import Id

# A member may nothing that the store's owner may not: both must be let in, and the store be open.
_MEMBER = """
    SELECT session.id, member.id, account.id, member.seller_id, member.rights
    FROM user_sessions session
    JOIN store_members member ON member.id = session.member_id AND member.user_id = session.user_id
    JOIN users account ON account.id = member.user_id AND account.status = %s AND account.blocked_at IS NULL
    JOIN seller_stores store ON store.id = member.seller_id AND store.status = %s
    JOIN users owner ON owner.id = store.user_id AND owner.status = %s AND owner.blocked_at IS NULL
    WHERE session.token_hash = %s AND session.expires_at > %s
"""


def member_of(token: str, now: datetime | None = None) -> Actor | None:
    """Whom a store's token stands for at this moment, with the rights that they have now."""
    database = connections[router.db_for_read(SessionRow)]
    instant = database.ops.adapt_datetimefield_value(now or datetime.now(UTC))
    with database.cursor() as cursor:
        cursor.execute(_MEMBER, (ACTIVE, OPEN, ACTIVE, fingerprint(token), instant))
        found = cursor.fetchone()
    if found is None:
        return None
    session_id, member_id, user_id, seller_id, rights = found
    return Actor(
        id=str(member_id),
        roles=frozenset({SELLER}),
        session_id=str(session_id),
        seller_id=str(seller_id),
        scopes=granted_by(rights),
        person=str(user_id),
    )


class TeamMember(msgspec.Struct, frozen=True):
    """Somebody who works on a store, as its team sees them."""

    member_id: Id
    email: str
    first_name: str
    last_name: str
    rights: tuple[str, ...]
    joined_at: datetime


class OpenInvitation(msgspec.Struct, frozen=True):
    """Somebody who was asked to work on a store, and has not answered."""

    invitation_id: Id
    email: str
    rights: tuple[str, ...]
    invited_at: datetime
    expires_at: datetime


class Membership(msgspec.Struct, frozen=True):
    """A store that a person works on, as they see it. `is_open`: whether it can be acted for now."""

    member_id: Id
    seller_id: Id
    store_name: str
    rights: tuple[str, ...]
    is_open: bool
    joined_at: datetime


class InvitationSeen(msgspec.Struct, frozen=True):
    """What an invitation is to, for whoever holds its letter."""

    store_name: str
    email: str
    rights: tuple[str, ...]


def team_of(seller_id: str) -> tuple[TeamMember, ...]:
    """A store's team but for its owner, in the order in which they came."""
    rows = list(MemberRow.objects.filter(seller_id=seller_id).order_by("joined_at", "id"))
    people = [row.user_id for row in rows]
    emails = dict(UserRow.objects.filter(id__in=people).values_list("id", "email"))
    names = {row.user_id: row for row in ProfileRow.objects.filter(user_id__in=people)}
    return tuple(
        TeamMember(
            member_id=Id(str(row.id)),
            email=emails[row.user_id],
            first_name=names[row.user_id].first_name,
            last_name=names[row.user_id].last_name,
            rights=named(row.rights),
            joined_at=row.joined_at,
        )
        for row in rows
    )


def invitations_of(seller_id: str, now: datetime | None = None) -> tuple[OpenInvitation, ...]:
    """Invitations that nobody has answered, in the order in which they were sent."""
    rows = InvitationRow.objects.filter(seller_id=seller_id, expires_at__gt=now or datetime.now(UTC))
    return tuple(
        OpenInvitation(
            invitation_id=Id(str(row.id)),
            email=row.email,
            rights=named(row.rights),
            invited_at=row.created_at,
            expires_at=row.expires_at,
        )
        for row in rows.order_by("created_at", "id")
    )


def memberships_of(user_id: str) -> tuple[Membership, ...]:
    """The stores that a person works on, in the order in which they came there."""
    rows = list(MemberRow.objects.filter(user_id=user_id).order_by("joined_at", "id"))
    stores = {row.id: row for row in StoreRow.objects.filter(id__in=[row.seller_id for row in rows])}
    return tuple(
        Membership(
            member_id=Id(str(row.id)),
            seller_id=Id(str(row.seller_id)),
            store_name=stores[row.seller_id].name,
            rights=named(row.rights),
            is_open=stores[row.seller_id].status == OPEN,
            joined_at=row.joined_at,
        )
        for row in rows
    )


def invitation_behind(token: str, now: datetime | None = None) -> InvitationSeen | None:
    """What a letter's token invites to."""
    row = InvitationRow.objects.filter(token_hash=fingerprint(token), expires_at__gt=now or datetime.now(UTC)).first()
    store = StoreRow.objects.filter(id=row.seller_id).first() if row is not None else None
    if row is None or store is None:
        return None
    return InvitationSeen(store_name=store.name, email=row.email, rights=named(row.rights))


def address_invited(invitation_id: str) -> str | None:
    """Where an invitation's letter goes; nowhere once it is taken back."""
    return InvitationRow.objects.filter(id=invitation_id).values_list("email", flat=True).first()
