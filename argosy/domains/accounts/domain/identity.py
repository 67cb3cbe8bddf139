"""An identity: who somebody is at a provider of OpenID Connect, and whose account that opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from argosy.contracts.accounts_ways_in import IdentityLinked, IdentityUnlinked
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken
from argosy.shared_kernel.ids import Id, named_id

IDENTITIES_MAX = 10
PROVIDER_MAX = 40
SUBJECT_MAX = 255

SIGN_IN, REGISTER, SIGN_IN_FIRST, LINK_ONLY = "SIGN_IN", "REGISTER", "SIGN_IN_FIRST", "LINK_ONLY"
"""What can be done with an identity that is proven."""


class NoSuchProvider(NotFound):
    """There is no such provider."""


class ProviderNotReached(RuleBroken):
    """This provider does not answer as it should now. Try again, or sign in in another way."""


class IdentityNotProven(NotAllowed):
    """What came back from this provider proves nothing: begin anew."""


class TicketNotValid(Invalid):
    """This took too long, was used already, or was begun elsewhere: begin anew."""


class SignInFirst(NotAllowed):
    """There is an account with this address, which this provider does not open. Sign in as before, then link it."""


class AddressNotVerified(NotAllowed):
    """This provider has not verified your address: open an account by your address first, then link it."""


class IdentityTaken(RuleBroken):
    """This opens another account already."""


class TooManyIdentities(RuleBroken):
    """An account is linked to at most 10."""


class NoSuchIdentity(NotFound):
    """There is no such link, or it is not yours."""


class LastWayIn(RuleBroken):
    """Nothing else would let you in: set a password first."""


@dataclass(kw_only=True, eq=False)
class Identity(Aggregate):
    """One subject of one issuer opens one account. `provider` is how the operator calls the issuer."""

    user_id: Id
    provider: str
    issuer: str
    subject: str
    linked_at: datetime

    @classmethod
    def link(cls, user_id: Id, provider: str, issuer: str, subject: str, now: datetime) -> Identity:
        identity = cls(
            id=identity_id(issuer, subject),
            user_id=user_id,
            provider=provider,
            issuer=issuer,
            subject=subject,
            linked_at=now,
        )
        identity.record(IdentityLinked(user_id=user_id, identity_id=identity.id, provider=provider))
        return identity

    def unlinked(self) -> IdentityUnlinked:
        """What is told of its end."""
        return IdentityUnlinked(user_id=self.user_id, identity_id=self.id, provider=self.provider)


def identity_id(issuer: str, subject: str) -> Id:
    return named_id("identity", issuer, subject)
