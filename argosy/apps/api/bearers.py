"""Whom a bearer token stands for: a person with a session, a member of a store's team who acts for it, a program with a
key, or a guest with a cart and what they bought.

A key is somebody of its own: its id is the actor's, so what belongs to its maker as a person is not its own, and what
it does can be told from what they do. It acts as their store or as staff, for as long as they may.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from argosy.contracts.integrations import NoteApiKeyUse
from argosy.domains.accounts.adapters.outbound.queries import actor_of as person_of
from argosy.domains.accounts.adapters.outbound.queries import is_erased_guest, standing_of
from argosy.domains.accounts.adapters.outbound.team_queries import member_of
from argosy.domains.accounts.domain.team import STORE_TOKEN_BEGINS
from argosy.domains.carts.domain.guest import GUEST_BEGINS, guest_id_of, is_guest_token
from argosy.domains.integrations.adapters.outbound.queries import KeyFound, key_behind
from argosy.domains.integrations.domain.api_key import KEY_BEGINS, SELLER, STAFF
from argosy.engine.store import StoreUnavailable
from argosy.engine.work import GUEST, SYSTEM, Actor
from argosy.platform.runtime import runtime
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id

NOTED_EVERY = timedelta(minutes=5)


def actor_of(token: str) -> Actor | None:
    """None for a token that is nobody's, whatever the reason."""
    if token.startswith(GUEST_BEGINS):
        return guest_of(token)
    if token.startswith(STORE_TOKEN_BEGINS):
        return member_of(token)
    return program_of(token) if token.startswith(KEY_BEGINS) else person_of(token)


def guest_of(token: str) -> Actor | None:
    """A guest is made of their token alone; theirs are a cart and what they buy, until they are forgotten."""
    if not is_guest_token(token):
        return None
    guest_id = guest_id_of(token)
    return None if is_erased_guest(guest_id) else Actor(id=guest_id, roles=frozenset({GUEST}))


def program_of(token: str, now: datetime | None = None) -> Actor | None:
    """Whom a key acts as at this moment."""
    instant = now or datetime.now(UTC)
    key = key_behind(token, instant)
    maker = standing_of(key.user_id) if key is not None else None
    if key is None or maker is None:
        return None
    if key.seller_id is None:
        if not maker.has(STAFF):
            return None
        actor = Actor(id=key.key_id, roles=frozenset({STAFF}), scopes=key.scopes)
    else:
        if maker.seller_id != key.seller_id:
            return None
        actor = Actor(id=key.key_id, roles=frozenset({SELLER}), seller_id=key.seller_id, scopes=key.scopes)
    _note_use(key, instant)
    return actor


def _note_use(key: KeyFound, now: datetime) -> None:
    """A courtesy to its owner, which no request may fail for."""
    if key.last_used_at is not None and now - key.last_used_at < NOTED_EVERY:
        return
    with suppress(DomainError, StoreUnavailable):
        runtime().outside("integrations").run(NoteApiKeyUse(key_id=Id(key.key_id), used_at=now), SYSTEM)
