"""What all changes of the ways to sign in have in common: who may make them, and that one is left."""

from __future__ import annotations

from argosy.domains.accounts.application.ports import Ports
from argosy.domains.accounts.domain.identity import LastWayIn
from argosy.domains.accounts.domain.user import PASSWORD_MAX, NoSuchUser, PasswordRefused, User
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import is_id


def owner_with(work: UnitOfWork, users: Repository[User], ports: Ports, password: str) -> User:
    """Who asks, with their password where they have one: whoever has found an open session changes no way in."""
    user = users.find(work.actor.id) if is_id(work.actor.id) else None
    if user is None or not user.is_active:
        raise NoSuchUser(user_id=work.actor.id)
    if user.password_hash and not ports.passwords.verify(user.password_hash, password[: PASSWORD_MAX + 1]):
        raise PasswordRefused()
    return user


def check_way_left(user: User, others: int) -> None:
    """Refuse to take away one of `others` where nothing else lets this person in."""
    if others <= 1 and not user.password_hash:
        raise LastWayIn()
