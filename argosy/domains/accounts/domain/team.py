"""A store's team: who works on it beside its owner, and what each may do.

Rights are written as scopes of keys are: an area of the API and `read` or `write`; writing includes reading. A member
is somebody of their own: while they act for a store, what is theirs as a person is out of reach.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from argosy.contracts.accounts_teams import MemberJoined, MemberRemoved, MemberRightsChanged
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.bearer_tokens import fingerprint, token_from
from argosy.shared_kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, refuse
from argosy.shared_kernel.ids import Id

STORE_TOKEN_BEGINS = "argosy_store_"
"""Every token that acts for a store begins so: it is never taken for a person's own."""

AREAS = (
    "products",
    "inventory",
    "orders",
    "shipping",
    "promotions",
    "taxes",
    "payments",
    "events",
    "webhooks",
    "team",
    "store",
)
RIGHTS = tuple(
    f"{area}:{right}" for area in AREAS for right in ("read", "write") if (area, right) != ("events", "write")
)
RIGHTS_LETTERS_MAX = 500
ALWAYS = frozenset({"store:read", "session:write"})
"""Whoever acts for a store sees which one it is, and may end the token."""

INVITED_FOR = timedelta(days=7)
TEAM_MAX = 50


class RightUnknown(Invalid):
    """There is no such right."""


class RightsMissing(Invalid):
    """A member has at least one right."""


class NotYoursToGive(NotAllowed):
    """Nobody gives or takes rights that they do not have."""


class AlreadyInTeam(RuleBroken):
    """This person works on the store already."""


class SessionLimited(NotAllowed):
    """This session was begun for less than that: sign in anew, with all that you may."""


class TeamIsFull(RuleBroken):
    """A team has at most 50 people, those who are invited included."""


class NoSuchMember(NotFound):
    """There is no such member, or not in your team."""


class NoSuchInvitation(NotFound):
    """There is no such invitation, or it is not yours."""


class InvitationNotValid(Invalid):
    """This invitation was used already, is too old, was taken back, or came to another address than yours."""


@dataclass(kw_only=True, eq=False)
class Member(Aggregate):
    """`id` is who acts when they act for the store. `rights` has blanks between them."""

    seller_id: Id
    user_id: Id
    rights: str
    joined_at: datetime

    @classmethod
    def join(cls, member_id: Id, invitation: Invitation, user_id: Id, now: datetime) -> Member:
        return cls(
            id=member_id, seller_id=invitation.seller_id, user_id=user_id, rights=invitation.rights, joined_at=now
        )

    # What is told of a member stands among what is told of the store, whose own events are numbered: announced beside
    # them, and not recorded.

    def joined(self) -> MemberJoined:
        return MemberJoined(
            seller_id=self.seller_id, member_id=self.id, user_id=self.user_id, rights=named(self.rights)
        )

    def change_rights(self, rights: str, by: str) -> list[MemberRightsChanged]:
        """What is told of it: nothing where they have these already."""
        if rights == self.rights:
            return []
        self.rights = rights
        return [MemberRightsChanged(seller_id=self.seller_id, member_id=self.id, rights=named(rights), changed_by=by)]

    def removed(self, by: str) -> MemberRemoved:
        """What is told of their end."""
        return MemberRemoved(seller_id=self.seller_id, member_id=self.id, user_id=self.user_id, removed_by=by)


@dataclass(kw_only=True, eq=False)
class Invitation(Aggregate):
    """Lives until it is accepted, taken back, sent anew, or its time is over. Only who reads what comes to `email`, and
    has an account with that address, can accept it."""

    seller_id: Id
    email: str
    rights: str
    token_hash: str
    created_at: datetime
    expires_at: datetime
    invited_by: str = ""

    @classmethod
    def issue(cls, invitation_id: Id, seller_id: Id, email: str, rights: str, token: str, now: datetime) -> Invitation:
        return cls(
            id=invitation_id,
            seller_id=seller_id,
            email=email,
            rights=rights,
            token_hash=fingerprint(token),
            created_at=now,
            expires_at=now + INVITED_FOR,
        )

    def has_expired(self, now: datetime) -> bool:
        return now >= self.expires_at


def store_token(chance: bytes) -> str:
    return STORE_TOKEN_BEGINS + token_from(chance)


def checked_rights(rights: Collection[str]) -> str:
    """As they are kept; refused with everything that is wrong with them."""
    if not rights:
        raise RightsMissing(field="rights")
    refuse([RightUnknown(field="rights", right=right[:100]) for right in rights if right not in RIGHTS])
    return " ".join(right for right in RIGHTS if right in rights)


def named(rights: str) -> tuple[str, ...]:
    return tuple(rights.split())


def granted_by(rights: str) -> frozenset[str]:
    """What rights allow: writing includes reading."""
    given = rights.split()
    reading = (right.removesuffix("write") + "read" for right in given if right.endswith(":write"))
    return ALWAYS.union(given, reading)


def check_givable(rights: str, scopes: frozenset[str]) -> None:
    """Whoever has `scopes` gives no more than these; an owner has none, and gives all."""
    if scopes and not granted_by(rights) <= scopes:
        raise NotYoursToGive()
