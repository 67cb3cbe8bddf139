"""A proof: the token of one letter. Whoever brings it reads what is sent to that address. Of the token only a
fingerprint is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.bearer_tokens import fingerprint
from argosy.shared_kernel.errors import Invalid
from argosy.shared_kernel.ids import Id

VERIFY, RESET = "VERIFY", "RESET"
PURPOSES = (VERIFY, RESET)
LIFETIMES = {VERIFY: timedelta(days=3), RESET: timedelta(hours=1)}
SEED_BYTES = 32


class ProofNotValid(Invalid):
    """This link was used already, is too old, or was never ours. Ask for a new letter."""


@dataclass(kw_only=True, eq=False)
class Proof(Aggregate):
    """Lives until it is used, its time is over, or a later letter for the same purpose takes its place."""

    user_id: Id
    purpose: str
    token_hash: str
    created_at: datetime
    expires_at: datetime

    @classmethod
    def issue(cls, proof_id: Id, user_id: Id, purpose: str, token: str, now: datetime) -> Proof:
        assert purpose in PURPOSES, purpose
        return cls(
            id=proof_id,
            user_id=user_id,
            purpose=purpose,
            token_hash=fingerprint(token),
            created_at=now,
            expires_at=now + LIFETIMES[purpose],
        )

    def has_expired(self, now: datetime) -> bool:
        return now >= self.expires_at


def usable(proof: Proof | None, purpose: str, now: datetime) -> Proof:
    """The proof, if it is one for this and now; whatever is wrong with it is told alike."""
    if proof is None or proof.purpose != purpose or proof.has_expired(now):
        raise ProofNotValid()
    return proof
