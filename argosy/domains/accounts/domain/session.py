"""A session: a bearer token that stands for a person for a while. Of the token only a fingerprint is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.bearer_tokens import fingerprint
from argosy.shared_kernel.emails import has_unseen
from argosy.shared_kernel.errors import NotAllowed, NotFound
from argosy.shared_kernel.ids import Id

DEVICE_MAX = 200
LIFETIME = timedelta(days=30)
FRESH = timedelta(minutes=10)


class SignInRefused(NotAllowed):
    """The e-mail address or the password is wrong."""


class NoSuchSession(NotFound):
    """There is no such session, or it is not yours."""


class SignInAnew(NotAllowed):
    """Sign in anew first: there is no password to ask you for, and this session is not from the last ten minutes."""


class SessionWanted(Protocol):
    """What whoever signs in says of the session that they want."""

    @property
    def roles(self) -> tuple[str, ...]: ...

    @property
    def device(self) -> str: ...


@dataclass(kw_only=True, eq=False)
class Session(Aggregate):
    """Lives until it expires or its holder signs out; then it is gone, and its token is nobody's.

    `scope` names the roles that the token is limited to, with blanks between them; empty means all that its holder has.
    `device` is what its client says of itself, for its holder to recognise it. A session with a `member_id` acts for
    the store that this member works on, with their rights there, and for nothing else.
    """

    token_hash: str
    user_id: Id
    scope: str
    created_at: datetime
    expires_at: datetime
    device: str = ""
    member_id: Id | None = None

    @classmethod
    def open(cls, session_id: Id, token: str, user_id: Id, wanted: SessionWanted, now: datetime) -> Session:
        return cls(
            id=session_id,
            token_hash=fingerprint(token),
            user_id=user_id,
            scope=" ".join(sorted(set(wanted.roles))),
            created_at=now,
            expires_at=now + LIFETIME,
            device=_shown(wanted.device),
        )

    def is_fresh(self, now: datetime) -> bool:
        """Whether its holder has only just shown who they are."""
        return now - self.created_at <= FRESH

    @classmethod
    def for_store(cls, session_id: Id, token: str, who: tuple[Id, Id], device: str, now: datetime) -> Session:
        """`who`: the person, and the member that they are."""
        user_id, member_id = who
        return cls(
            id=session_id,
            token_hash=fingerprint(token),
            user_id=user_id,
            scope="",
            created_at=now,
            expires_at=now + LIFETIME,
            device=_shown(device),
            member_id=member_id,
        )

    def has_expired(self, now: datetime) -> bool:
        return now >= self.expires_at


def roles_within(scope: str, roles: tuple[str, ...]) -> frozenset[str]:
    """What a token lets its holder act as: never more than the holder has now."""
    return frozenset(roles).intersection(scope.split()) if scope else frozenset(roles)


def _shown(device: str) -> str:
    """What a client says of itself comes from anywhere: never refused for it, never kept as it is where it is odd."""
    return "" if has_unseen(device) else device.strip()[:DEVICE_MAX]
