"""How accounts' aggregates become rows."""

from __future__ import annotations

from argosy.domains.accounts.adapters.outbound.models import (
    EmailChangeRow,
    GuestClaimRow,
    GuestPurchaseRow,
    GuestRow,
    IdentityRow,
    InvitationRow,
    MemberRow,
    PasskeyRow,
    ProfileRow,
    ProofRow,
    SecondFactorRow,
    SessionRow,
    StoreRow,
    StoreSlugRow,
    UserRoleRow,
    UserRow,
)
from argosy.domains.accounts.domain.email_change import EmailChange
from argosy.domains.accounts.domain.guest import Guest
from argosy.domains.accounts.domain.guest_purchase import GuestClaim, GuestPurchase
from argosy.domains.accounts.domain.identity import Identity
from argosy.domains.accounts.domain.passkey import Passkey
from argosy.domains.accounts.domain.proof import Proof
from argosy.domains.accounts.domain.second_factor import SecondFactor
from argosy.domains.accounts.domain.seller_store import Store
from argosy.domains.accounts.domain.session import Session
from argosy.domains.accounts.domain.store_slug import StoreSlug
from argosy.domains.accounts.domain.team import Invitation, Member
from argosy.domains.accounts.domain.user import Profile, RoleGrant, User
from argosy.platform.rows import Part, Rows

ROWS = (
    Rows(
        User,
        UserRow,
        parts={
            "profiles": Part(Profile, ProfileRow, owner="user_id", names={"addresses": "address_json"}),
            "roles": Part(RoleGrant, UserRoleRow, owner="user_id"),
        },
    ),
    Rows(Store, StoreRow),
    Rows(StoreSlug, StoreSlugRow),
    Rows(Session, SessionRow),
    Rows(Proof, ProofRow),
    Rows(SecondFactor, SecondFactorRow),
    Rows(EmailChange, EmailChangeRow),
    Rows(Passkey, PasskeyRow),
    Rows(Identity, IdentityRow),
    Rows(Member, MemberRow),
    Rows(Invitation, InvitationRow),
    Rows(Guest, GuestRow),
    Rows(GuestPurchase, GuestPurchaseRow),
    Rows(GuestClaim, GuestClaimRow),
)
