"""Purchases of guests: at which address each was made, and whose account has claimed it.

Told apart by purchase, since a guest may name another address each time (ADR-066).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from argosy.contracts.accounts import GuestPurchaseClaimed
from argosy.domains.accounts.domain.user import User
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.ids import Id


@dataclass(kw_only=True, eq=False)
class GuestPurchase(Aggregate):
    """A checkout that a guest has begun, and nobody has claimed; `id` is the checkout's. The address is empty while
    its end was heard of before its beginning."""

    guest_id: Id
    email: str
    is_bought: bool = False
    created_at: datetime

    @property
    def came_to_nothing(self) -> bool:
        """Whether it has ended without a sale before its beginning was heard of."""
        return not self.email and not self.is_bought


@dataclass(kw_only=True, eq=False)
class GuestClaim(Aggregate):
    """A purchase of a guest that belongs to an account as well, for good; `id` is the checkout's."""

    guest_id: Id
    user_id: Id
    claimed_at: datetime

    @classmethod
    def of(cls, purchase: GuestPurchase, user: User, now: datetime) -> GuestClaim:
        """Told to whoever keeps the orders."""
        assert may_claim(user, purchase), "only what was bought at an address of theirs that is proven"
        claim = cls(id=purchase.id, guest_id=purchase.guest_id, user_id=user.id, claimed_at=now)
        claim.record(GuestPurchaseClaimed(checkout_id=claim.id, guest_id=claim.guest_id, user_id=claim.user_id))
        return claim


def may_claim(user: User, purchase: GuestPurchase) -> bool:
    """Whether letters to where the guest was reached have been shown to reach this person."""
    return purchase.is_bought and user.is_there and user.is_verified and user.email == purchase.email
