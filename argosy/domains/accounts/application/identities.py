"""Everything that can be asked about signing in by a provider of OpenID Connect. What a provider says was looked at
before, outside: it comes in as a sealed ticket."""

from __future__ import annotations

from argosy.contracts.accounts import SignedIn
from argosy.contracts.accounts_ways_in import (
    IdentityProven,
    LinkIdentity,
    ProveIdentity,
    SignInByIdentity,
    UnlinkIdentity,
)
from argosy.domains.accounts.application.letters import write_letter
from argosy.domains.accounts.application.ports import Ports, Seals
from argosy.domains.accounts.application.second_factors import check_second_factor, passkeys_named
from argosy.domains.accounts.application.sessions import check_roles, may_sign_in, open_session
from argosy.domains.accounts.application.tickets import ProvenIdentity, opened, sealed
from argosy.domains.accounts.application.ways_in import Ways, check_way_left, owner_with
from argosy.domains.accounts.domain.email_change import EmailChange
from argosy.domains.accounts.domain.identity import (
    IDENTITIES_MAX,
    LINK_ONLY,
    REGISTER,
    SIGN_IN,
    SIGN_IN_FIRST,
    AddressNotVerified,
    Identity,
    IdentityTaken,
    NoSuchIdentity,
    SignInFirst,
    TicketNotValid,
    TooManyIdentities,
    identity_id,
)
from argosy.domains.accounts.domain.letter import WAY_IN
from argosy.domains.accounts.domain.second_factor import factor_id
from argosy.domains.accounts.domain.session import Session, SignInRefused
from argosy.domains.accounts.domain.user import (
    BUYER,
    User,
    normalised_email,
    profile_of,
)
from argosy.engine.reads import By, by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import Invalid
from argosy.shared_kernel.ids import Id, is_id

Named = ProveIdentity | SignInByIdentity | LinkIdentity


def _meant(command: Named) -> list[Id]:
    return [Id(id) for id in filter(is_id, [command.identity.partition(".")[0]])]


def _asker(self: Identities, command: object) -> list[str]:
    return [self.work.actor.id] if is_id(self.work.actor.id) else []


def _askers(self: Identities, command: object) -> list[By]:
    return [by("user_id", self.work.actor.id)] if is_id(self.work.actor.id) else []


class Identities:
    """Signs people in by who they are elsewhere, links that to their account, and unlinks it."""

    def __init__(
        self,
        work: UnitOfWork,
        users: Repository[User],
        changes: Repository[EmailChange],
        ways: Ways,
        sessions: Repository[Session],
        ports: Ports,
    ) -> None:
        self.work = work
        self.users = users
        self.changes = changes
        self.passkeys, self.identities, self.factors = ways
        self.sessions = sessions
        self.ports = ports

    @reads(identities=_meant)
    @then_reads(
        users=lambda self, command: self._users_meant(command),
        changes=lambda self, command: self._moves_meant(command),
    )
    def prove_identity(self, command: ProveIdentity) -> IdentityProven:
        """What can be done with it. Whoever asks has shown that the address is theirs: that it has an account is no
        news to them."""
        proven = self.proven(command.identity)
        if self.identities.find(identity_id(proven.issuer, proven.subject)) is not None:
            outcome = SIGN_IN
        elif (email := _verified(proven)) is None:
            outcome = LINK_ONLY
        else:
            outcome = SIGN_IN_FIRST if self._is_somebodys(email) else REGISTER
        return IdentityProven(identity=command.identity, outcome=outcome)

    @reads(identities=_meant, passkeys=passkeys_named)
    @then_reads(
        users=lambda self, command: self._users_meant(command),
        changes=lambda self, command: self._moves_meant(command),
        factors=lambda self, command: [factor_id(user_id) for user_id in self._linked_users(command)],
    )
    def sign_in_by_identity(self, command: SignInByIdentity) -> SignedIn:
        """An account that is there is never linked by its address alone: whoever could have a provider say that an
        address is theirs would have the account."""
        check_roles(command.roles)
        proven = self.proven(command.identity)
        identity = self.identities.find(identity_id(proven.issuer, proven.subject))
        if identity is None:
            return open_session(self.work, self.sessions, self.ports, self._registered(proven), command)
        user = self.users.find(identity.user_id)
        if user is None or not may_sign_in(user, self.ports.policy):
            raise SignInRefused()
        factor = self.factors.find(factor_id(user.id))
        check_second_factor(factor, command.code, self.ports, self.work, self.passkeys)
        return open_session(self.work, self.sessions, self.ports, user, command)

    @reads(identities=_meant)
    @then_reads(identities=_askers, users=_asker)
    def link_identity(self, command: LinkIdentity) -> Id:
        """Linked twice, nothing changes. The owner gets a letter of it."""
        proven = self.proven(command.identity)
        user = owner_with(self.work, self.users, self.ports, command.password)
        known = self.identities.find(identity_id(proven.issuer, proven.subject))
        if known is not None:
            if known.user_id != user.id:
                raise IdentityTaken()
            return known.id
        if len(self.identities.all_by("user_id", user.id)) >= IDENTITIES_MAX:
            raise TooManyIdentities(most=IDENTITIES_MAX)
        identity = self._link(user, proven)
        write_letter(self.work, user.id, WAY_IN)
        return identity.id

    @then_reads(identities=_askers, users=_asker, passkeys=_askers)
    def unlink_identity(self, command: UnlinkIdentity) -> None:
        """The owner gets a letter of it."""
        user = owner_with(self.work, self.users, self.ports, command.password)
        mine = self.identities.all_by("user_id", user.id)
        identity = next((one for one in mine if one.id == command.identity_id), None)
        if identity is None:
            raise NoSuchIdentity(identity_id=command.identity_id)
        check_way_left(user, len(mine) + len(self.passkeys.all_by("user_id", user.id)))
        self.identities.remove(identity)
        self.work.announce(identity.unlinked())
        write_letter(self.work, user.id, WAY_IN)

    def proven(self, identity: str) -> ProvenIdentity:
        """What an identity says; its first part only tells what is to be loaded."""
        named, _, ticket = identity.partition(".")
        proven = opened(self.ports.seals, ticket, ProvenIdentity, self.work.now)
        if named != identity_id(proven.issuer, proven.subject):
            raise TicketNotValid()
        return proven

    def _registered(self, proven: ProvenIdentity) -> User:
        """A new account for an address that the provider has verified, and that nobody has."""
        email = _verified(proven)
        if email is None:
            raise AddressNotVerified()
        if self._is_somebodys(email):
            raise SignInFirst()
        now, user_id = self.work.now, self.work.new_id()
        user = User.register(user_id, email, "", (BUYER,), profile_of(user_id, "", ""), now)
        user.verify_email(now)
        self.users.add(user)
        self._link(user, proven)
        return user

    def _link(self, user: User, proven: ProvenIdentity) -> Identity:
        identity = Identity.link(user.id, proven.provider, proven.issuer, proven.subject, self.work.now)
        self.identities.add(identity)
        return identity

    def _is_somebodys(self, email: str) -> bool:
        """Who has moved an account away may take the address back: nobody else gets it meanwhile."""
        return self.users.find_by("email", email) is not None or bool(self.changes.all_by("previous_email", email))

    def _users_meant(self, command: Named) -> list[By | Id]:
        email = _verified(self.proven(command.identity))
        return [*self._linked_users(command), *([by("email", email)] if email is not None else [])]

    def _moves_meant(self, command: Named) -> list[By]:
        email = _verified(self.proven(command.identity))
        return [by("previous_email", email)] if email is not None else []

    def _linked_users(self, command: Named) -> list[Id]:
        found = (self.identities.find(id) for id in _meant(command))
        return [identity.user_id for identity in found if identity is not None]


def identity_text(seals: Seals, proven: ProvenIdentity) -> str:
    """As its owner keeps it for the next step."""
    return f"{identity_id(proven.issuer, proven.subject)}.{sealed(seals, proven)}"


def _verified(proven: ProvenIdentity) -> str | None:
    """The address that the provider has verified. One whose one spelling has other letters may be another's mailbox:
    of that nothing was verified."""
    try:
        email = normalised_email(proven.email)
    except Invalid:
        return None
    return email if proven.is_email_verified and email == proven.email.strip().lower() else None
