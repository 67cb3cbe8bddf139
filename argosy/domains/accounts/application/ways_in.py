"""What all changes of the ways to sign in have in common: who may make them, that one is left, and that those of
somebody else go."""

from __future__ import annotations

from datetime import datetime

from argosy.contracts.accounts import SecondFactorRemoved
from argosy.domains.accounts.application.ports import Ports
from argosy.domains.accounts.domain.identity import Identity, LastWayIn
from argosy.domains.accounts.domain.passkey import Passkey
from argosy.domains.accounts.domain.second_factor import SecondFactor, factor_id
from argosy.domains.accounts.domain.user import PASSWORD_MAX, NoSuchUser, PasswordRefused, User
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id, is_id

Ways = tuple[Repository[Passkey], Repository[Identity], Repository[SecondFactor]]


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


def forget_ways_in(work: UnitOfWork, ways: Ways, user_id: Id, since: datetime) -> None:
    """What was added since then lets nobody in, and locks nobody out: it may have been somebody else who did it."""
    passkeys, identities, factors = ways
    for passkey in passkeys.all_by("user_id", user_id):
        if passkey.created_at >= since:
            passkeys.remove(passkey)
            work.announce(passkey.removed())
    for identity in identities.all_by("user_id", user_id):
        if identity.linked_at >= since:
            identities.remove(identity)
            work.announce(identity.unlinked())
    factor = factors.find(factor_id(user_id))
    if factor is not None and (factor.confirmed_at or factor.created_at) >= since:
        if factor.counts:
            work.announce(SecondFactorRemoved(user_id=user_id))
        factors.remove(factor)
