"""Another e-mail address for an account: asked for, confirmed at the new address, and taken back at the one before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.bearer_tokens import fingerprint
from argosy.shared_kernel.errors import RuleBroken
from argosy.shared_kernel.ids import Id

CONFIRMED_WITHIN = timedelta(days=3)
REVERTED_WITHIN = timedelta(days=7)


class EmailUnchanged(RuleBroken):
    """This is your address already."""


class EmailMoved(RuleBroken):
    """Your address was changed a moment ago: it can be changed again when the letter to the one before is too old."""


@dataclass(kw_only=True, eq=False)
class EmailChange(Aggregate):
    """Lives until its time is over. `token_hash` is the fingerprint of the token in the letter to the new address,
    `revert_hash` of the one to the address before: while it can be taken back, that is nobody else's."""

    user_id: Id
    email: str
    previous_email: str
    token_hash: str
    created_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None = None
    revert_hash: str = ""

    @classmethod
    def ask(cls, change_id: Id, addresses: tuple[Id, str, str], token: str, now: datetime) -> EmailChange:
        """`addresses`: whose, the one before and the new one."""
        user_id, previous, email = addresses
        return cls(
            id=change_id,
            user_id=user_id,
            email=email,
            previous_email=previous,
            token_hash=fingerprint(token),
            created_at=now,
            expires_at=now + CONFIRMED_WITHIN,
        )

    @property
    def is_waiting(self) -> bool:
        return self.confirmed_at is None

    def confirm(self, revert_token: str, now: datetime) -> None:
        self.revert_hash = fingerprint(revert_token)
        self.confirmed_at, self.expires_at = now, now + REVERTED_WITHIN

    def has_expired(self, now: datetime) -> bool:
        return now >= self.expires_at
