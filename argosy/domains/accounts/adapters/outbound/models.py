"""Accounts' tables. `UserRow` is Django's user model as well; only the use cases write it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from argosy.domains.accounts.domain.identity import PROVIDER_MAX, SUBJECT_MAX
from argosy.domains.accounts.domain.passkey import CREDENTIAL_LETTERS_MAX, PUBLIC_KEY_LETTERS_MAX
from argosy.domains.accounts.domain.passkey import NAME_MAX as PASSKEY_NAME_MAX
from argosy.domains.accounts.domain.proof import PURPOSES
from argosy.domains.accounts.domain.seller_store import OPEN, PICTURE_MAX, REASON_MAX
from argosy.domains.accounts.domain.session import DEVICE_MAX
from argosy.domains.accounts.domain.team import RIGHTS_LETTERS_MAX
from argosy.domains.accounts.domain.user import (
    ACTIVE,
    ERASURES,
    NOT_ASKED,
    ROLES,
    STATUSES,
    normalised_email,
)
from argosy.platform.fields import IdField, InstantField
from argosy.platform.outbound import URL_LETTERS_MAX
from argosy.platform.tables import AggregateRow, platform_tables
from argosy.shared_kernel.emails import EMAIL_MAX
from argosy.shared_kernel.errors import Invalid
from argosy.shared_kernel.spelling import SLUG_MAX


class UserRows(BaseUserManager["UserRow"]):
    """How Django finds a user: by e-mail in its one spelling."""

    def get_by_natural_key(self, username: str | None) -> UserRow:
        try:
            return self.get(email=normalised_email(username or ""))
        except Invalid:
            raise UserRow.DoesNotExist from None


class UserRow(AggregateRow, AbstractBaseUser):
    """An account. Django calls its hash `password`; its column is `password_hash`."""

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    email = models.CharField(max_length=EMAIL_MAX)
    password = models.CharField(max_length=255, db_column="password_hash")
    # Django would write it at each sign-in, past the version: sessions tell when somebody signed in.
    last_login = None
    status = models.CharField(max_length=16, default=ACTIVE)
    seller_id = IdField(null=True)
    erasure = models.CharField(max_length=8, default=NOT_ASKED)
    email_verified_at = InstantField(null=True)
    blocked_at = InstantField(null=True)
    created_at = InstantField()
    updated_at = InstantField()

    objects = UserRows()

    class Meta:
        db_table = "users"
        constraints = [
            models.UniqueConstraint(fields=["email"], name="users_one_per_email"),
            models.CheckConstraint(condition=models.Q(status__in=STATUSES), name="users_status_known"),
            models.CheckConstraint(condition=models.Q(erasure__in=ERASURES), name="users_erasure_known"),
        ]

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        return self.status == ACTIVE and self.blocked_at is None


class ProfileRow(models.Model):
    """What a person calls themselves; `address_json` is the list of addresses that they keep."""

    id = IdField(primary_key=True)
    user_id = IdField()
    first_name = models.CharField(max_length=100)
    last_name = models.CharField(max_length=100)
    phone = models.CharField(max_length=40)
    address_json = models.JSONField()

    class Meta:
        db_table = "user_profiles"
        constraints = [models.UniqueConstraint(fields=["user_id"], name="profiles_one_per_user")]


class UserRoleRow(models.Model):
    """A role that a user may act in, and since when."""

    id = IdField(primary_key=True)
    user_id = IdField()
    role = models.CharField(max_length=16)
    assigned_at = InstantField()

    class Meta:
        db_table = "user_roles"
        constraints = [
            models.UniqueConstraint(fields=["user_id", "role"], name="roles_granted_once"),
            models.CheckConstraint(condition=models.Q(role__in=ROLES), name="roles_known"),
        ]


class StoreRow(AggregateRow):
    """A seller's store; its id is the seller's id everywhere else."""

    user_id = IdField()
    name = models.CharField(max_length=120)
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=100)
    city = models.CharField(max_length=100)
    opened_at = InstantField()
    status = models.CharField(max_length=16, default=OPEN, db_default=OPEN)
    reason = models.CharField(max_length=REASON_MAX, default="", db_default="")
    on_holiday = models.BooleanField(default=False, db_default=False)
    holiday_until = InstantField(null=True)
    slug = models.CharField(max_length=SLUG_MAX, default="", db_default="")
    texts = models.JSONField(default=list, db_default=[])
    logo = models.CharField(max_length=PICTURE_MAX, default="", db_default="")
    banner = models.CharField(max_length=PICTURE_MAX, default="", db_default="")

    class Meta:
        db_table = "seller_stores"
        constraints = [models.UniqueConstraint(fields=["user_id"], name="stores_one_per_user")]


class StoreSlugRow(AggregateRow):
    """A slug that a store has or had."""

    text = models.CharField(max_length=SLUG_MAX, unique=True)
    seller_id = IdField(db_index=True)
    created_at = InstantField()

    class Meta:
        db_table = "store_slugs"


class SessionRow(AggregateRow):
    """A bearer token's fingerprint, and whom it stands for. The token itself is nowhere."""

    token_hash = models.CharField(max_length=64)
    user_id = IdField(db_index=True)
    scope = models.CharField(max_length=100)
    created_at = InstantField()
    expires_at = InstantField()
    device = models.CharField(max_length=DEVICE_MAX, default="", db_default="")
    member_id = IdField(null=True)

    class Meta:
        db_table = "user_sessions"
        # Most sessions are a person's own.
        indexes = [
            models.Index(fields=["member_id"], condition=models.Q(member_id__isnull=False), name="sessions_by_member")
        ]
        constraints = [
            models.UniqueConstraint(fields=["token_hash"], name="sessions_one_per_token"),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="sessions_end_after_they_begin"
            ),
        ]


class ProofRow(AggregateRow):
    """The fingerprint of a letter's token, and whose address it proves."""

    token_hash = models.CharField(max_length=64)
    user_id = IdField(db_index=True)
    purpose = models.CharField(max_length=16)
    created_at = InstantField()
    expires_at = InstantField()

    class Meta:
        db_table = "user_proofs"
        constraints = [
            models.UniqueConstraint(fields=["token_hash"], name="proofs_one_per_token"),
            models.CheckConstraint(condition=models.Q(purpose__in=PURPOSES), name="proofs_purpose_known"),
        ]


class SecondFactorRow(AggregateRow):
    """A person's second factor; `secret` is sealed, `recovery` the fingerprints of the codes that are left."""

    user_id = IdField()
    secret = models.CharField(max_length=255)
    created_at = InstantField()
    confirmed_at = InstantField(null=True)
    last_step = models.BigIntegerField(default=0)
    recovery = models.JSONField()

    class Meta:
        db_table = "user_second_factors"
        constraints = [models.UniqueConstraint(fields=["user_id"], name="second_factors_one_per_user")]


class PasskeyRow(AggregateRow):
    """The public half of a passkey, and how often it has signed. Its id is made of its credential's."""

    user_id = IdField(db_index=True)
    credential_id = models.CharField(max_length=CREDENTIAL_LETTERS_MAX)
    public_key = models.CharField(max_length=PUBLIC_KEY_LETTERS_MAX)
    sign_count = models.BigIntegerField()
    is_synced = models.BooleanField()
    name = models.CharField(max_length=PASSKEY_NAME_MAX)
    created_at = InstantField()
    last_used_at = InstantField(null=True)
    proven_until = InstantField(null=True)

    class Meta:
        db_table = "user_passkeys"


class IdentityRow(AggregateRow):
    """Who somebody is at a provider of OpenID Connect."""

    user_id = IdField(db_index=True)
    provider = models.CharField(max_length=PROVIDER_MAX)
    issuer = models.CharField(max_length=URL_LETTERS_MAX)
    subject = models.CharField(max_length=SUBJECT_MAX)
    linked_at = InstantField()

    class Meta:
        # One per issuer and subject: its id is made of both.
        db_table = "user_identities"


class EmailChangeRow(AggregateRow):
    """An account's move to another address: to be confirmed, or to be taken back."""

    user_id = IdField()
    email = models.CharField(max_length=EMAIL_MAX)
    previous_email = models.CharField(max_length=EMAIL_MAX, db_index=True)
    token_hash = models.CharField(max_length=64)
    revert_hash = models.CharField(max_length=64, db_index=True)
    created_at = InstantField()
    expires_at = InstantField()
    confirmed_at = InstantField(null=True)

    class Meta:
        db_table = "user_email_changes"
        constraints = [
            models.UniqueConstraint(fields=["token_hash"], name="email_changes_one_per_token"),
            # Those of one person follow each other.
            models.UniqueConstraint(fields=["user_id"], name="email_changes_one_per_user"),
        ]


class MemberRow(AggregateRow):
    """Who works on a store beside its owner; `rights` has blanks between them."""

    seller_id = IdField()
    user_id = IdField(db_index=True)
    rights = models.CharField(max_length=RIGHTS_LETTERS_MAX)
    joined_at = InstantField()

    class Meta:
        db_table = "store_members"
        constraints = [models.UniqueConstraint(fields=["seller_id", "user_id"], name="members_once_per_store")]


class InvitationRow(AggregateRow):
    """An address that was asked to work on a store, and the fingerprint of the letter's token."""

    seller_id = IdField()
    email = models.CharField(max_length=EMAIL_MAX, db_index=True)
    rights = models.CharField(max_length=RIGHTS_LETTERS_MAX)
    token_hash = models.CharField(max_length=64)
    invited_by = models.CharField(max_length=36, default="", db_default="")
    created_at = InstantField()
    expires_at = InstantField()

    class Meta:
        db_table = "store_invitations"
        constraints = [
            models.UniqueConstraint(fields=["token_hash"], name="invitations_one_per_token"),
            models.UniqueConstraint(fields=["seller_id", "email"], name="invitations_one_per_address"),
        ]


class GuestRow(AggregateRow):
    """Where a guest who bought is reached; `id` is what orders name them by. Erased, the address is empty."""

    email = models.CharField(max_length=EMAIL_MAX)
    purchases = models.IntegerField(null=True)
    erasure = models.CharField(max_length=8, default=NOT_ASKED)
    created_at = InstantField()
    updated_at = InstantField()

    class Meta:
        db_table = "guest_buyers"
        constraints = [models.CheckConstraint(condition=models.Q(erasure__in=ERASURES), name="guests_erasure_known")]


class GuestPurchaseRow(AggregateRow):
    """At which address a guest has begun a checkout that nobody has claimed; `id` is the checkout's."""

    guest_id = IdField(db_index=True)
    email = models.CharField(max_length=EMAIL_MAX, db_index=True)
    is_bought = models.BooleanField()
    created_at = InstantField()

    class Meta:
        db_table = "guest_purchases"


class GuestClaimRow(AggregateRow):
    """A guest's purchase that is an account's as well; `id` is the checkout's. Ids alone, which stay."""

    guest_id = IdField()
    user_id = IdField(db_index=True)
    claimed_at = InstantField()

    class Meta:
        db_table = "guest_claims"
        indexes = [models.Index(fields=["guest_id"], name="guest_claims_by_guest")]


tables = platform_tables(__name__, outbox="accounts_outbox_events")
