"""Everything that staff can ask about people: roles, and who is shut out."""

from __future__ import annotations

from argosy.contracts.accounts import BlockUser, GrantRole, UnblockUser, WithdrawRole
from argosy.domains.accounts.application.sessions import forget_session
from argosy.domains.accounts.domain.seller_store import checked_reason
from argosy.domains.accounts.domain.session import Session
from argosy.domains.accounts.domain.user import (
    BUYER,
    STAFF,
    NoSuchUser,
    NotOfYourself,
    RoleNotGranted,
    UnknownRole,
    User,
)
from argosy.engine.reads import by, reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id

GRANTED_BY_STAFF = (BUYER, STAFF)


class Staff:
    """Makes staff, and shuts people out."""

    def __init__(self, work: UnitOfWork, users: Repository[User], sessions: Repository[Session]) -> None:
        self.work = work
        self.users = users
        self.sessions = sessions

    @reads(users=lambda command: [command.user_id])
    def grant_role(self, command: GrantRole) -> None:
        """Granted twice, nothing changes."""
        user = self._meant(command.user_id)
        _check_role(command.role)
        user.be_granted(command.role, self.work.now)

    @reads(users=lambda command: [command.user_id])
    def withdraw_role(self, command: WithdrawRole) -> None:
        """Gone at the next request. What they never had is gone already."""
        user = self._another(command.user_id)
        _check_role(command.role)
        user.withdraw(command.role, self.work.now)

    @reads(users=lambda command: [command.user_id], sessions=lambda command: [by("user_id", command.user_id)])
    def block_user(self, command: BlockUser) -> None:
        """Blocked twice, nothing changes."""
        user = self._another(command.user_id)
        checked_reason(command.reason)
        user.block(self.work.now)
        for session in self.sessions.all_by("user_id", user.id):
            forget_session(self.work, self.sessions, session)

    @reads(users=lambda command: [command.user_id])
    def unblock_user(self, command: UnblockUser) -> None:
        checked_reason(command.reason, least=0)
        self._meant(command.user_id).unblock(self.work.now)

    def _meant(self, user_id: Id) -> User:
        actor = self.work.actor
        user = self.users.find(user_id) if actor.has("staff") or actor.has("system") else None
        if user is None or not user.is_there:
            raise NoSuchUser(user_id=user_id)
        return user

    def _another(self, user_id: Id) -> User:
        """Nobody locks themselves out: so somebody is always left who can let others in."""
        user = self._meant(user_id)
        if user.id == self.work.actor.id:
            raise NotOfYourself(user_id=user_id)
        return user


def _check_role(role: str) -> None:
    if role not in GRANTED_BY_STAFF:
        raise RoleNotGranted(role=role) if role == "seller" else UnknownRole(role=role)
