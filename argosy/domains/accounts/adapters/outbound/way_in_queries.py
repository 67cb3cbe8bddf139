"""The ways by which a person can sign in, as they see them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from argosy.domains.accounts.adapters.outbound.models import IdentityRow, PasskeyRow, UserRow
from argosy.shared_kernel.ids import Id


class LinkedIdentity(msgspec.Struct, frozen=True):
    """A provider by which a person signs in."""

    identity_id: Id
    provider: str
    linked_at: datetime


def identities_of(user_id: str) -> tuple[LinkedIdentity, ...]:
    """In the order in which they were linked."""
    rows = IdentityRow.objects.filter(user_id=user_id).order_by("linked_at", "id")
    return tuple(LinkedIdentity(Id(str(row.id)), row.provider, row.linked_at) for row in rows)


class PasskeySeen(msgspec.Struct, frozen=True):
    """A passkey of one's own. `is_synced`: other devices of the same person may have it."""

    passkey_id: Id
    name: str
    is_synced: bool
    added_at: datetime
    last_used_at: datetime | None


def passkeys_of(user_id: str) -> tuple[PasskeySeen, ...]:
    """In the order in which they were added."""
    rows = PasskeyRow.objects.filter(user_id=user_id).order_by("created_at", "id")
    return tuple(
        PasskeySeen(Id(str(row.id)), row.name, row.is_synced, row.created_at, row.last_used_at) for row in rows
    )


def has_password(user_id: str) -> bool:
    return UserRow.objects.filter(id=user_id).exclude(password="").exists()
