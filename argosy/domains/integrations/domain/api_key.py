"""A key: a bearer token of a program, for some areas of the API. Of the key only a fingerprint is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from argosy.contracts.integrations import ApiKeyCreated, ApiKeyRevoked, CreateApiKey
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.bearer_tokens import fingerprint, token_from
from argosy.shared_kernel.errors import Invalid, NotFound, RuleBroken
from argosy.shared_kernel.ids import Id

KEY_BEGINS = "argosy_key_"
"""Every key begins so: who looks for secrets in texts finds it, and it is never taken for a session's token."""
SEEN = 6
"""So many characters of the secret are shown later: enough to tell keys apart, and 220 bits are left."""
NAME_MAX = 100
KEYS_MAX = 50

SELLER, STAFF = "seller", "staff"
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
)
"""Parts of the API that keys may be made for. What belongs to a person is not among them: accounts, carts, checkout,
and keys themselves."""
SCOPES = frozenset(f"{area}:{right}" for area in AREAS for right in ("read", "write")) - {"events:write"}


class NameNotUsable(Invalid):
    """A name has 1 to 100 characters that can be seen."""


class ScopeUnknown(Invalid):
    """There is no such scope."""


class ScopesMissing(Invalid):
    """A key has at least one scope."""


class ExpiryNotAhead(Invalid):
    """A key expires at a time to come."""


class ActsAsNobody(Invalid):
    """A key acts as your store or as staff, and you may be only one or none of them."""


class TooManyKeys(RuleBroken):
    """You have as many keys as you may have: revoke one first."""


class NoSuchKey(NotFound):
    """There is no such key, or it is not yours."""


def key_from(chance: bytes) -> str:
    """A key as its holder sends it."""
    return KEY_BEGINS + token_from(chance)


def prefix_of(key: str) -> str:
    return key[: len(KEY_BEGINS) + SEEN]


def granted_by(scopes: tuple[str, ...]) -> frozenset[str]:
    """What scopes allow: writing includes reading."""
    reads = {scope.removesuffix("write") + "read" for scope in scopes if scope.endswith(":write")}
    return frozenset(scopes) | reads


def name_fault(name: str) -> Invalid | None:
    shown = name.strip()
    return None if 0 < len(shown) <= NAME_MAX and shown.isprintable() else NameNotUsable(field="name", most=NAME_MAX)


def scope_faults(scopes: tuple[str, ...]) -> list[Invalid]:
    if not scopes:
        return [ScopesMissing(field="scopes")]
    return [ScopeUnknown(field="scopes", scope=scope[:100]) for scope in scopes if scope not in SCOPES]


@dataclass(kw_only=True, eq=False)
class ApiKey(Aggregate):
    """Lives until it is revoked or its time is over. `seller_id` is whom it acts as; null: staff."""

    user_id: Id
    seller_id: Id | None
    name: str
    prefix: str
    token_hash: str
    scopes: list[str] = field(default_factory=list)
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    @classmethod
    def make(cls, key_id: Id, key: str, owner: tuple[Id, Id | None], wanted: CreateApiKey, now: datetime) -> ApiKey:
        user_id, seller_id = owner
        scopes = sorted(set(wanted.scopes))
        made = cls(
            id=key_id,
            user_id=user_id,
            seller_id=seller_id,
            name=wanted.name.strip(),
            prefix=prefix_of(key),
            token_hash=fingerprint(key),
            scopes=scopes,
            created_at=now,
            expires_at=wanted.expires_at,
        )
        made.record(
            ApiKeyCreated(
                key_id=key_id,
                user_id=user_id,
                seller_id=seller_id,
                scopes=tuple(scopes),
                expires_at=wanted.expires_at,
            )
        )
        return made

    @property
    def acts_as(self) -> str:
        return STAFF if self.seller_id is None else SELLER

    def counts(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def revoke(self, by: str, now: datetime) -> None:
        if self.revoked_at is None:
            self.revoked_at = now
            self.record(ApiKeyRevoked(key_id=self.id, user_id=self.user_id, revoked_by=by))

    def note_use(self, used_at: datetime) -> None:
        if self.last_used_at is None or self.last_used_at < used_at:
            self.last_used_at = used_at
