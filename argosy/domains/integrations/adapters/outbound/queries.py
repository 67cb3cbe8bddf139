"""What owners see of their keys, and whom a key stands for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from django.db.models import Q

from argosy.domains.integrations.adapters.outbound.models import ApiKeyRow
from argosy.domains.integrations.domain.api_key import SELLER, STAFF, fingerprint, granted_by
from argosy.shared_kernel.ids import Id


class KeyFound(NamedTuple):
    """A key that counts: whose it is, and what it may."""

    key_id: str
    user_id: str
    seller_id: str | None
    scopes: frozenset[str]
    last_used_at: datetime | None


def key_behind(token: str, now: datetime) -> KeyFound | None:
    """The key that this token is; None for one that is unknown, revoked or expired."""
    found = (
        ApiKeyRow.objects.filter(token_hash=fingerprint(token), revoked_at=None)
        .filter(Q(expires_at=None) | Q(expires_at__gt=now))
        .values_list("id", "user_id", "seller_id", "scopes", "last_used_at")
        .first()
    )
    if found is None:
        return None
    key_id, user_id, seller_id, scopes, used = found
    return KeyFound(key_id, user_id, seller_id, granted_by(tuple(scopes)), used)


class KeyShown(msgspec.Struct, frozen=True):
    """A key as its owner sees it. `status` is ACTIVE, EXPIRED or REVOKED; `last_used_at` is right to five minutes."""

    key_id: Id
    name: str
    prefix: str
    scopes: tuple[str, ...]
    acts_as: str
    status: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


def keys_of(user_id: str, now: datetime | None = None) -> tuple[KeyShown, ...]:
    """A person's own keys, the newest first."""
    instant = now or datetime.now(UTC)
    return tuple(
        _shown(row, instant) for row in ApiKeyRow.objects.filter(user_id=user_id).order_by("-created_at", "-id")
    )


def key_of(user_id: str, key_id: str) -> KeyShown | None:
    return next((_shown(row, datetime.now(UTC)) for row in ApiKeyRow.objects.filter(id=key_id, user_id=user_id)), None)


def _shown(row: ApiKeyRow, now: datetime) -> KeyShown:
    is_over = row.expires_at is not None and row.expires_at <= now
    return KeyShown(
        key_id=Id(str(row.id)),
        name=row.name,
        prefix=row.prefix,
        scopes=tuple(row.scopes),
        acts_as=STAFF if row.seller_id is None else SELLER,
        status="REVOKED" if row.revoked_at is not None else "EXPIRED" if is_over else "ACTIVE",
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
