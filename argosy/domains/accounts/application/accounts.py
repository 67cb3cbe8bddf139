"""Everything that can be asked about people and their stores."""

from __future__ import annotations

from collections.abc import Sequence

from argosy.contracts.accounts import (
    AddAddress,
    ChangeAddress,
    ChangeProfile,
    ChooseAddress,
    OpenStore,
    RegisterUser,
    RemoveAddress,
)
from argosy.domains.accounts.application.letters import write_letter
from argosy.domains.accounts.application.ports import Ports
from argosy.domains.accounts.domain.address import address_from
from argosy.domains.accounts.domain.email_change import EmailChange
from argosy.domains.accounts.domain.letter import TAKEN
from argosy.domains.accounts.domain.proof import VERIFY
from argosy.domains.accounts.domain.seller_store import REJECTED, SellerIdTaken, Store, StoreOpenAlready, check_store
from argosy.domains.accounts.domain.texts import text_fault
from argosy.domains.accounts.domain.user import (
    BUYER,
    NAME_MAX,
    PHONE_MAX,
    ROLES,
    EmailTaken,
    NoSuchUser,
    NotYoursToGrant,
    UnknownRole,
    User,
    UserIdTaken,
    normalised_email,
    password_fault,
    profile_of,
)
from argosy.engine.reads import By, by, reads, then_reads
from argosy.engine.work import Actor, Repository, UnitOfWork
from argosy.shared_kernel.errors import DomainError, Invalid, refuse
from argosy.shared_kernel.ids import Id, is_id


class UnreadablePasswordHash(Invalid):
    """This is not a password hash that we can check."""


class NotAnId(Invalid):
    """Ids are lower-case UUIDs."""


def _users_meant(command: RegisterUser) -> Sequence[By | Id]:
    wanted: list[By | Id] = [by("email", normalised_email(command.email))]
    return wanted + _ids(command.user_id)


def _stores_of(user_id: str | None) -> list[By]:
    return [by("user_id", owner) for owner in _ids(user_id)]


def _ids(*candidates: str | None) -> list[Id]:
    """Those that can be looked up: whatever is no id has nothing, and a database may refuse to look for it."""
    return [Id(candidate) for candidate in candidates if candidate is not None and is_id(candidate)]


class Accounts:
    """Opens accounts and stores, and keeps addresses."""

    def __init__(
        self,
        work: UnitOfWork,
        users: Repository[User],
        stores: Repository[Store],
        changes: Repository[EmailChange],
        ports: Ports,
    ) -> None:
        self.work = work
        self.users = users
        self.stores = stores
        self.changes = changes
        self.passwords = ports.passwords
        self.policy = ports.policy
        self.formats = ports.formats

    @reads(users=_users_meant, changes=lambda command: [by("previous_email", normalised_email(command.email))])
    def register_user(self, command: RegisterUser) -> Id:
        """Asked again with the same id and e-mail, it changes nothing. A stranger is not told whether there is an
        account with this address: they get an id, and whoever reads what is sent to that address gets a letter."""
        is_trusted = _is_trusted(self.work.actor)
        email = self._checked(command)
        taken = self.users.find_by("email", email)
        if command.user_id is not None:
            same = self.users.find(command.user_id)
            if same is not None and same.email == email:
                return same.id
            if same is not None:
                raise UserIdTaken(user_id=command.user_id)
        user_id = command.user_id or self.work.new_id()
        # Somebody who has lost their account's address may take it back: nobody else has it meanwhile.
        is_reserved = taken is None and bool(self.changes.all_by("previous_email", email))
        if is_trusted and (taken is not None or is_reserved):
            raise EmailTaken()
        # Hashed for an address that is taken, too: otherwise the time tells.
        encoded = command.password_hash or (self.passwords.hash(command.password) if command.password else "")
        if taken is not None or is_reserved:
            write_letter(self.work, taken.id if taken is not None else self.work.new_id(), TAKEN)
            return user_id
        profile = profile_of(user_id, command.first_name, command.last_name)
        user = User.register(user_id, email, encoded, command.roles, profile, self.work.now)
        self.users.add(user)
        if is_trusted:
            user.email_verified_at = self.work.now
        else:
            write_letter(self.work, user_id, VERIFY)
        return user_id

    @then_reads(users=lambda self, command: _ids(self.work.actor.id))
    def change_profile(self, command: ChangeProfile) -> None:
        """Of the person who asks; told to nobody, since nobody else keeps a name."""
        refuse(
            [
                text_fault("first_name", command.first_name, most=NAME_MAX),
                text_fault("last_name", command.last_name, most=NAME_MAX),
                text_fault("phone", command.phone, most=PHONE_MAX),
            ]
        )
        first_name, last_name, phone = (text.strip() for text in (command.first_name, command.last_name, command.phone))
        self._user(self.work.actor.id).change_profile(first_name, last_name, phone, self.work.now)

    @then_reads(users=lambda self, command: _ids(self.work.actor.id))
    def add_address(self, command: AddAddress) -> Id:
        """Keeps an address of the person who asks; one that is kept already is not kept twice."""
        user = self._user(self.work.actor.id)
        _check_id(command.address_id)
        address = address_from(command, command.address_id or self.work.new_id(), self.formats)
        return user.add_address(address, self.work.now)

    @then_reads(users=lambda self, command: _ids(self.work.actor.id))
    def change_address(self, command: ChangeAddress) -> None:
        user = self._user(self.work.actor.id)
        user.change_address(address_from(command, command.address_id, self.formats), self.work.now)

    @then_reads(users=lambda self, command: _ids(self.work.actor.id))
    def remove_address(self, command: RemoveAddress) -> None:
        self._user(self.work.actor.id).remove_address(command.address_id, self.work.now)

    @then_reads(users=lambda self, command: _ids(self.work.actor.id))
    def choose_address(self, command: ChooseAddress) -> None:
        self._user(self.work.actor.id).choose_address(command.address_id, self.work.now)

    @reads(stores=lambda command: [*_ids(command.seller_id), *_stores_of(command.user_id)])
    @then_reads(
        users=lambda self, command: _ids(command.user_id or self.work.actor.id),
        stores=lambda self, command: _stores_of(self.work.actor.id),
    )
    def open_store(self, command: OpenStore) -> Id:
        """Makes a person a seller, or one who has applied; asked again for the same store, it changes nothing."""
        actor = self.work.actor
        if command.user_id not in (None, actor.id) and not _is_trusted(actor):
            raise NoSuchUser(user_id=command.user_id)
        if command.seller_id is not None and not _is_trusted(actor):
            raise NotYoursToGrant(fields=["seller_id"])
        _check_id(command.seller_id)
        check_store(command)
        user = self._user(command.user_id or actor.id)
        if user.seller_id is not None:
            if command.seller_id in (None, user.seller_id):
                self._perhaps_again(user, command)
                return user.seller_id
            raise StoreOpenAlready(seller_id=user.seller_id)
        if command.seller_id is not None and self.stores.find(command.seller_id) is not None:
            raise SellerIdTaken(seller_id=command.seller_id)
        seller_id = command.seller_id or self.work.new_id()
        must_apply = self.policy.approves_sellers and not _is_trusted(actor)
        make = Store.apply if must_apply else Store.open
        self.stores.add(make(seller_id, user.id, command, self.work.now))
        user.own_store(seller_id, self.work.now, may_sell=not must_apply)
        return seller_id

    def _perhaps_again(self, user: User, command: OpenStore) -> None:
        """A store that was turned down is applied for anew."""
        store = self.stores.find_by("user_id", user.id)
        if store is not None and store.status == REJECTED:
            store.apply_again(command, self.work.now)

    def _user(self, user_id: str) -> User:
        user = self.users.find(user_id) if is_id(user_id) else None
        if user is None or not user.is_active:
            raise NoSuchUser(user_id=user_id)
        return user

    def _checked(self, command: RegisterUser) -> str:
        """The e-mail in its one spelling, if nothing is wrong with the request."""
        is_trusted = _is_trusted(self.work.actor)
        faults: list[DomainError | None] = [
            text_fault("first_name", command.first_name, most=NAME_MAX),
            text_fault("last_name", command.last_name, most=NAME_MAX),
            *(UnknownRole(role=role) for role in command.roles if role not in ROLES),
        ]
        if command.password or not is_trusted:
            faults.append(password_fault(command.password))
        if command.password_hash and not self.passwords.understands(command.password_hash):
            faults.append(UnreadablePasswordHash())
        email = ""
        try:
            email = normalised_email(command.email)
        except Invalid as fault:
            faults.append(fault)
        if command.user_id is not None and not is_id(command.user_id):
            faults.append(NotAnId(id=command.user_id))
        refuse(faults)
        privileges = _privileges_asked(command)
        if privileges and not is_trusted:
            raise NotYoursToGrant(fields=privileges)
        return email


def _privileges_asked(command: RegisterUser) -> list[str]:
    asked = {
        "user_id": command.user_id is not None,
        "roles": any(role != BUYER for role in command.roles),
        "password_hash": bool(command.password_hash),
    }
    return [name for name, is_asked in asked.items() if is_asked]


def _is_trusted(actor: Actor) -> bool:
    return actor.has("system") or actor.has("staff")


def _check_id(chosen: Id | None) -> None:
    if chosen is not None and not is_id(chosen):
        raise NotAnId(id=chosen)
