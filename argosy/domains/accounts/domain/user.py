"""A user: who they are, what they may act as, and where their parcels go."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from argosy.contracts.accounts import (
    EmailVerified,
    PasswordChanged,
    PersonErased,
    RoleGranted,
    RoleWithdrawn,
    UserBlocked,
    UserRegistered,
    UserUnblocked,
)
from argosy.contracts.accounts_email import EmailChanged, EmailChangeReverted
from argosy.domains.accounts.domain.address import (
    ADDRESSES_MAX,
    AddressIdTaken,
    NoSuchAddress,
    SavedAddress,
    TooManyAddresses,
)
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.emails import email_from
from argosy.shared_kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken
from argosy.shared_kernel.ids import Id, named_id

BUYER, SELLER, STAFF = "buyer", "seller", "staff"
ROLES = (BUYER, SELLER, STAFF)
ACTIVE, ERASED = "ACTIVE", "ERASED"
STATUSES = (ACTIVE, ERASED)

NOT_ASKED, ASKED, HELD, DONE = "", "ASKED", "HELD", "DONE"
ERASURES = (NOT_ASKED, ASKED, HELD, DONE)
"""How the erasure of a person stands: held means that orders of theirs were open when it was asked for."""

PASSWORD_MIN, PASSWORD_MAX = 8, 256
NAME_MAX, PHONE_MAX = 100, 40


class NotAnEmail(Invalid):
    """This is not an e-mail address."""


class PasswordTooShort(Invalid):
    """A password has at least 8 characters."""


class PasswordTooLong(Invalid):
    """A password has at most 256 characters."""


class PasswordRefused(NotAllowed):
    """This is not your password."""


class UnknownRole(Invalid):
    """There is no such role."""


class RoleNotGranted(RuleBroken):
    """Nobody is made a seller: they open a store."""


class NotOfYourself(RuleBroken):
    """Nobody does this to themselves: ask a colleague."""


class EmailTaken(RuleBroken):
    """Somebody has an account with this e-mail address already."""


class UserIdTaken(RuleBroken):
    """This id belongs to another account."""


class NotYoursToGrant(NotAllowed):
    """Only staff may choose ids, bring password hashes, or open accounts that are more than a buyer's."""


class NoSuchUser(NotFound):
    """There is no such user."""


class StoreStays(RuleBroken):
    """An account with a store is not erased: its sales are business records, and somebody must answer for them."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What a person calls themselves, and the addresses that they keep: one snapshot, replaced when it changes."""

    id: Id
    first_name: str
    last_name: str
    phone: str = ""
    addresses: tuple[SavedAddress, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RoleGrant:
    """Since when somebody may act in a role."""

    id: Id
    role: str
    assigned_at: datetime


def normalised_email(text: str) -> str:
    """The one spelling of an e-mail address: two that differ in case or in compatible characters are one account."""
    email = email_from(text)
    if email is None:
        raise NotAnEmail()
    return email


def password_fault(password: str) -> Invalid | None:
    if len(password) < PASSWORD_MIN:
        return PasswordTooShort(least=PASSWORD_MIN)
    if len(password) > PASSWORD_MAX:
        return PasswordTooLong(most=PASSWORD_MAX)
    return None


@dataclass(kw_only=True, eq=False)
class User(Aggregate):
    """One account. An empty `password_hash` is nobody's password: such an account cannot be signed in to by one."""

    email: str
    password_hash: str
    status: str = ACTIVE
    seller_id: Id | None = None
    erasure: str = NOT_ASKED
    email_verified_at: datetime | None = None
    blocked_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    profiles: list[Profile] = field(default_factory=list)
    roles: list[RoleGrant] = field(default_factory=list)

    @classmethod
    def register(
        cls,
        user_id: Id,
        email: str,
        password_hash: str,
        roles: tuple[str, ...],
        profile: Profile,
        now: datetime,
    ) -> User:
        """A new account, told to everyone."""
        user = cls(
            id=user_id, email=email, password_hash=password_hash, created_at=now, updated_at=now, profiles=[profile]
        )
        for role in roles:
            user.grant(role, now)
        user.record(UserRegistered(user_id=user_id, email=email, roles=user.role_names, registered_at=now))
        return user

    @property
    def profile(self) -> Profile:
        return self.profiles[0]

    @property
    def role_names(self) -> tuple[str, ...]:
        return tuple(sorted(grant.role for grant in self.roles))

    @property
    def is_active(self) -> bool:
        return self.status == ACTIVE and self.blocked_at is None

    @property
    def is_there(self) -> bool:
        """Whether this is anybody at all: who is blocked is, who is erased is not."""
        return self.status != ERASED

    def be_granted(self, role: str, now: datetime) -> None:
        """By staff, and told."""
        if role not in self.role_names:
            self.grant(role, now)
            self.record(RoleGranted(user_id=self.id, role=role))

    def withdraw(self, role: str, now: datetime) -> None:
        """May not act in `role` from now on; what they never could changes nothing."""
        if role in self.role_names:
            self.roles = [grant for grant in self.roles if grant.role != role]
            self.updated_at = now
            self.record(RoleWithdrawn(user_id=self.id, role=role))

    def block(self, now: datetime) -> None:
        """Is shut out from now on."""
        if self.blocked_at is None:
            self.blocked_at = self.updated_at = now
            self.record(UserBlocked(user_id=self.id))

    def unblock(self, now: datetime) -> None:
        if self.blocked_at is not None:
            self.blocked_at, self.updated_at = None, now
            self.record(UserUnblocked(user_id=self.id))

    def grant(self, role: str, now: datetime) -> None:
        """May act in `role` from now on; granting twice changes nothing."""
        assert role in ROLES, role
        if role not in self.role_names:
            self.roles.append(RoleGrant(id=named_id("role", self.id, role), role=role, assigned_at=now))
            self.updated_at = now

    @property
    def is_verified(self) -> bool:
        return self.email_verified_at is not None

    def verify_email(self, now: datetime) -> None:
        """Has shown that letters reach them; showing it again changes nothing."""
        if self.email_verified_at is None:
            self.email_verified_at = self.updated_at = now
            self.record(EmailVerified(user_id=self.id, verified_at=now))

    def change_email(self, email: str, now: datetime) -> None:
        """Letters to it have been shown to arrive."""
        self.email, self.email_verified_at, self.updated_at = email, now, now
        self.record(EmailChanged(user_id=self.id, changed_at=now))

    def take_email_back(self, email: str, now: datetime) -> None:
        """It was not this person who had changed it."""
        self.email, self.email_verified_at, self.updated_at = email, now, now
        self.record(EmailChangeReverted(user_id=self.id, reverted_at=now))

    def change_password(self, encoded: str, by: str, now: datetime) -> None:
        """The password before is nobody's from now on."""
        self.password_hash, self.updated_at = encoded, now
        self.record(PasswordChanged(user_id=self.id, by=by, changed_at=now))

    def own_store(self, seller_id: Id, now: datetime, *, may_sell: bool = True) -> None:
        """Becomes the seller of a store, perhaps of one that waits to be approved."""
        assert self.seller_id is None, "a user has one store"
        self.seller_id = seller_id
        if may_sell:
            self.grant(SELLER, now)
        self.updated_at = now

    def ask_erasure(self, now: datetime) -> None:
        """Wants to be forgotten; asking again asks again."""
        if self.seller_id is not None:
            raise StoreStays(seller_id=self.seller_id)
        self.erasure = ASKED
        self.updated_at = now

    def hold_erasure(self, now: datetime) -> None:
        """Stays, since orders are open; may ask again when they are closed."""
        if self.erasure == ASKED:
            self.erasure = HELD
            self.updated_at = now

    def erase(self, now: datetime) -> None:
        """Nothing is left that says who this was; the id stays, for orders name it."""
        self.status, self.erasure = ERASED, DONE
        self.email = f"{self.id}@erased.invalid"
        self.password_hash = ""
        self.email_verified_at = None
        self.profiles[0] = Profile(id=self.profile.id, first_name="", last_name="")
        self.roles.clear()
        self.updated_at = now

    def tell_erasure(self) -> None:
        """Everyone else forgets as well."""
        assert self.status == ERASED, "only who is erased is told of"
        self.record(PersonErased(user_id=self.id))

    def change_profile(self, first_name: str, last_name: str, phone: str, now: datetime) -> None:
        """Is called otherwise; the addresses stay."""
        changed = replace(self.profile, first_name=first_name, last_name=last_name, phone=phone)
        if changed != self.profile:
            self.profiles[0], self.updated_at = changed, now

    def add_address(self, wanted: SavedAddress, now: datetime) -> Id:
        """Keep an address; one that is kept already is not kept twice. Gives the id under which it is kept."""
        kept = self.profile.addresses
        known = next((one for one in kept if replace(wanted, id=one.id, is_default=one.is_default) == one), None)
        if known is not None:
            return known.id
        if any(one.id == wanted.id for one in kept):
            raise AddressIdTaken(address_id=wanted.id)
        if len(kept) >= ADDRESSES_MAX:
            raise TooManyAddresses(most=ADDRESSES_MAX)
        self._keep((*kept, wanted), now)
        return wanted.id

    def change_address(self, wanted: SavedAddress, now: datetime) -> None:
        """Written anew under its id; it stays the one that is proposed first, where it was."""
        before = self._address(wanted.id)
        changed = replace(wanted, is_default=before.is_default)
        if changed != before:
            self._keep(tuple(changed if one.id == wanted.id else one for one in self.profile.addresses), now)

    def remove_address(self, address_id: Id, now: datetime) -> None:
        """Kept no more. Removed twice, nothing changes."""
        left = tuple(one for one in self.profile.addresses if one.id != address_id)
        if left != self.profile.addresses:
            self._keep(left, now)

    def choose_address(self, address_id: Id, now: datetime) -> None:
        """Proposed first from now on, and no other is."""
        self._address(address_id)
        chosen = tuple(replace(one, is_default=one.id == address_id) for one in self.profile.addresses)
        if chosen != self.profile.addresses:
            self._keep(chosen, now)

    def _address(self, address_id: Id) -> SavedAddress:
        found = next((one for one in self.profile.addresses if one.id == address_id), None)
        if found is None:
            raise NoSuchAddress(address_id=address_id)
        return found

    def _keep(self, addresses: tuple[SavedAddress, ...], now: datetime) -> None:
        self.profiles[0] = replace(self.profile, addresses=addresses)
        self.updated_at = now


def profile_of(user_id: Id, first_name: str, last_name: str) -> Profile:
    return Profile(id=named_id("profile", user_id), first_name=first_name.strip(), last_name=last_name.strip())
