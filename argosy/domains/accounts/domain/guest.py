"""Guests who bought without an account: where they are reached, and nothing else.

Their id is named after the token of their cart, which is kept nowhere (ADR-044, ADR-049): orders name them by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from argosy.contracts.accounts import GuestKnown, PersonErased
from argosy.domains.accounts.domain.user import ASKED, DONE, HELD, NOT_ASKED
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.ids import Id


@dataclass(kw_only=True, eq=False)
class Guest(Aggregate):
    """A guest is asked for one address only; `erasure` stands as that of a person with an account. `purchases` are
    those that they have made or are making; None where nobody has counted from the first."""

    email: str = ""
    purchases: int | None = None
    erasure: str = NOT_ASKED
    created_at: datetime
    updated_at: datetime

    @classmethod
    def new(cls, guest_id: Id, now: datetime) -> Guest:
        return cls(id=guest_id, purchases=0, created_at=now, updated_at=now)

    @property
    def is_there(self) -> bool:
        """Whether this is anybody at all: who is erased is not, and their token opens nothing any more."""
        return self.erasure != DONE

    def reach_at(self, email: str, now: datetime) -> None:
        """Is written to there from now on; the same address again changes nothing, and who is erased stays erased."""
        if email == self.email or not self.is_there:
            return
        self.email, self.updated_at = email, now
        self.record(GuestKnown(guest_id=self.id, email=email))

    def begin_purchase(self) -> None:
        if self.purchases is not None:
            self.purchases += 1

    def end_purchase(self) -> None:
        """One came to nothing."""
        if self.purchases:
            self.purchases -= 1

    @property
    def bought_nothing(self) -> bool:
        return self.is_there and self.purchases == 0

    def ask_erasure(self, now: datetime) -> None:
        """Wants to be forgotten; asking again asks again."""
        self.erasure, self.updated_at = ASKED, now

    def hold_erasure(self, now: datetime) -> None:
        """Stays, since orders are open; may ask again when they are closed."""
        self.erasure, self.updated_at = HELD, now

    def erase(self, now: datetime) -> None:
        """Nothing is left but the id, for orders name it."""
        self.email, self.erasure, self.updated_at = "", DONE, now

    def tell_erasure(self) -> None:
        """Everyone else forgets as well."""
        assert not self.is_there, "only who is erased is told of"
        self.record(PersonErased(user_id=self.id))
