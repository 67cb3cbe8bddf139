"""A passkey: a key that a person's device or password manager holds (WebAuthn). Here only its public half is kept."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from dataclasses import dataclass
from datetime import datetime

from argosy.contracts.accounts_ways_in import PasskeyAdded, PasskeyRemoved
from argosy.domains.accounts.domain.texts import text_fault
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import NotAllowed, NotFound, RuleBroken, refuse
from argosy.shared_kernel.ids import Id, named_id

PASSKEYS_MAX = 20
NAME_MAX = 60
CREDENTIAL_LETTERS_MAX = 1_400
"""WebAuthn bounds a credential's id to 1,023 bytes."""
PUBLIC_KEY_LETTERS_MAX = 4_000


class PasskeyRefused(NotAllowed):
    """This passkey is not known here, or what it has signed is not what was asked."""


class NoSuchPasskey(NotFound):
    """There is no such passkey, or it is not yours."""


class PasskeyThere(RuleBroken):
    """This passkey was added already."""


class TooManyPasskeys(RuleBroken):
    """An account has at most 20 passkeys: remove one first."""


@dataclass(frozen=True)
class Created:
    """What an authenticator has made. `public_key` is COSE, as base64url; `is_synced`: other devices may have it."""

    credential_id: str
    public_key: str
    sign_count: int
    is_synced: bool


@dataclass(kw_only=True, eq=False)
class Passkey(Aggregate):
    """`sign_count` grows with each use where the authenticator counts: one that does not is a copy. `proven_until` is
    the end of the latest proof of it that was used: no proof works twice."""

    user_id: Id
    credential_id: str
    public_key: str
    sign_count: int
    is_synced: bool
    name: str
    created_at: datetime
    last_used_at: datetime | None = None
    proven_until: datetime | None = None

    @classmethod
    def add(cls, user_id: Id, created: Created, name: str, now: datetime) -> Passkey:
        passkey = cls(
            id=passkey_id(created.credential_id),
            user_id=user_id,
            credential_id=created.credential_id,
            public_key=created.public_key,
            sign_count=created.sign_count,
            is_synced=created.is_synced,
            name=name.strip(),
            created_at=now,
        )
        passkey.record(PasskeyAdded(user_id=user_id, passkey_id=passkey.id))
        return passkey

    def use(self, sign_count: int, now: datetime) -> bool:
        """Whether this count follows the one before; then it is used. Authenticators that do not count say 0."""
        if (sign_count or self.sign_count) and sign_count <= self.sign_count:
            return False
        self.sign_count, self.last_used_at = sign_count, now
        return True

    def use_proof(self, until: datetime) -> bool:
        """Whether a proof that is good until then is later than any that was used; then it is used."""
        if self.proven_until is not None and until <= self.proven_until:
            return False
        self.proven_until = until
        return True

    def removed(self) -> PasskeyRemoved:
        """What is told of its end."""
        return PasskeyRemoved(user_id=self.user_id, passkey_id=self.id)


def passkey_id(credential_id: str) -> Id:
    return named_id("passkey", credential_id)


def challenge_of(nonce: str) -> bytes:
    """What a ticket's nonce has an authenticator sign."""
    return urlsafe_b64decode(nonce + "=" * (-len(nonce) % 4))


def check_name(name: str) -> None:
    refuse([text_fault("name", name, least=1, most=NAME_MAX)])
