"""Everything that can be asked about passkeys. A challenge is a sealed ticket's nonce; that a ticket works once is seen
to where it comes in."""

from __future__ import annotations

from collections.abc import Iterable

from argosy.contracts.accounts import SignedIn
from argosy.contracts.accounts_ways_in import (
    AddPasskey,
    BeginPasskey,
    PasskeyBegun,
    PasskeyProven,
    ProvePasskey,
    RemovePasskey,
    SignInByPasskey,
)
from argosy.domains.accounts.application.letters import write_letter
from argosy.domains.accounts.application.ports import Ports
from argosy.domains.accounts.application.sessions import check_roles, may_sign_in, open_session
from argosy.domains.accounts.application.tickets import (
    TICKET_LIFETIME,
    PasskeyChallenge,
    PasskeyProof,
    opened,
    sealed,
)
from argosy.domains.accounts.application.ways_in import check_way_left, owner_with
from argosy.domains.accounts.domain.identity import Identity, TicketNotValid
from argosy.domains.accounts.domain.letter import WAY_IN
from argosy.domains.accounts.domain.passkey import (
    PASSKEYS_MAX,
    NoSuchPasskey,
    Passkey,
    PasskeyRefused,
    PasskeyThere,
    TooManyPasskeys,
    challenge_of,
    check_name,
    passkey_id,
)
from argosy.domains.accounts.domain.session import Session
from argosy.domains.accounts.domain.user import User
from argosy.engine.reads import By, by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.bearer_tokens import TOKEN_BYTES, token_from
from argosy.shared_kernel.ids import Id, is_id

Answered = SignInByPasskey | ProvePasskey


def _asker(self: Passkeys, command: object) -> list[str]:
    return [self.work.actor.id] if is_id(self.work.actor.id) else []


def _askers(self: Passkeys, command: object) -> list[By]:
    return [by("user_id", self.work.actor.id)] if is_id(self.work.actor.id) else []


def _meant(command: Answered) -> list[Id]:
    return [passkey_id(command.credential_id)]


class Passkeys:
    """Adds passkeys, removes them, and signs people in by them."""

    def __init__(
        self,
        work: UnitOfWork,
        users: Repository[User],
        ways: tuple[Repository[Passkey], Repository[Identity]],
        sessions: Repository[Session],
        ports: Ports,
    ) -> None:
        self.work = work
        self.users = users
        self.passkeys, self.identities = ways
        self.sessions = sessions
        self.ports = ports

    @then_reads(users=_asker, passkeys=_askers)
    def begin_passkey(self, command: BeginPasskey) -> PasskeyBegun:
        """Writes nothing: what must be known later is in the ticket."""
        user = owner_with(self.work, self.users, self.ports, command.password)
        known = self.passkeys.all_by("user_id", user.id)
        if len(known) >= PASSKEYS_MAX:
            raise TooManyPasskeys(most=PASSKEYS_MAX)
        nonce = token_from(self.ports.randomness.random_bytes(TOKEN_BYTES))
        until = self.work.now + TICKET_LIFETIME
        ticket = PasskeyChallenge(nonce=nonce, until=until, user_id=user.id)
        return PasskeyBegun(
            ticket=sealed(self.ports.seals, ticket),
            challenge=nonce,
            rp_id=self.ports.authenticators.rp_id,
            user_handle=self.ports.authenticators.handle_of(user.id),
            user_name=user.email,
            algorithms=self.ports.authenticators.algorithms,
            known=tuple(one.credential_id for one in known),
        )

    @then_reads(users=_asker, passkeys=lambda self, command: [*_askers(self, command), *self._created_id(command)])
    def add_passkey(self, command: AddPasskey) -> Id:
        """The owner gets a letter of it."""
        check_name(command.name)
        ticket = self._ticket(command.ticket)
        user = self.users.find(ticket.user_id) if ticket.user_id else None
        if user is None or not user.is_active or user.id != self.work.actor.id:
            raise TicketNotValid()
        created = self.ports.authenticators.created(command, challenge_of(ticket.nonce))
        if created is None:
            raise PasskeyRefused()
        if self.passkeys.find(passkey_id(created.credential_id)) is not None:
            raise PasskeyThere()
        if len(self.passkeys.all_by("user_id", user.id)) >= PASSKEYS_MAX:
            raise TooManyPasskeys(most=PASSKEYS_MAX)
        passkey = Passkey.add(user.id, created, command.name, self.work.now)
        self.passkeys.add(passkey)
        write_letter(self.work, user.id, WAY_IN)
        return passkey.id

    @then_reads(users=_asker, passkeys=_askers, identities=_askers)
    def remove_passkey(self, command: RemovePasskey) -> None:
        """The owner gets a letter of it."""
        user = owner_with(self.work, self.users, self.ports, command.password)
        mine = self.passkeys.all_by("user_id", user.id)
        passkey = next((one for one in mine if one.id == command.passkey_id), None)
        if passkey is None:
            raise NoSuchPasskey(passkey_id=command.passkey_id)
        check_way_left(user, len(mine) + len(self.identities.all_by("user_id", user.id)))
        self.passkeys.remove(passkey)
        self.work.announce(passkey.removed())
        write_letter(self.work, user.id, WAY_IN)

    @reads(passkeys=_meant)
    @then_reads(users=lambda self, command: self._owners(command))
    def sign_in_by_passkey(self, command: SignInByPasskey) -> SignedIn:
        """Whatever is wrong is told alike."""
        check_roles(command.roles)
        passkey = self._signed(command)
        user = self.users.find(passkey.user_id)
        if user is None or not may_sign_in(user, self.ports.policy):
            raise PasskeyRefused()
        return open_session(self.work, self.sessions, self.ports, user, command)

    @reads(passkeys=_meant)
    def prove_passkey(self, command: ProvePasskey) -> PasskeyProven:
        passkey = self._signed(command)
        nonce = token_from(self.ports.randomness.random_bytes(TOKEN_BYTES))
        proof = PasskeyProof(nonce=nonce, until=self.work.now + TICKET_LIFETIME, passkey_id=passkey.id)
        return PasskeyProven(code=f"{passkey.id}.{sealed(self.ports.seals, proof)}")

    def _signed(self, command: Answered) -> Passkey:
        """The passkey that has signed this, which it is seen from that it was."""
        ticket = self._ticket(command.ticket)
        passkey = self.passkeys.find(passkey_id(command.credential_id))
        if passkey is None or ticket.user_id:
            raise PasskeyRefused()
        count = self.ports.authenticators.signed(command, challenge_of(ticket.nonce), passkey.public_key)
        if count is None or not passkey.use(count, self.work.now):
            raise PasskeyRefused()
        return passkey

    def _ticket(self, text: str) -> PasskeyChallenge:
        return opened(self.ports.seals, text, PasskeyChallenge, self.work.now)

    def _owners(self, command: Answered) -> Iterable[Id]:
        found = (self.passkeys.find(id) for id in _meant(command))
        return [passkey.user_id for passkey in found if passkey is not None]

    def _created_id(self, command: AddPasskey) -> list[Id]:
        ticket = self._ticket(command.ticket)
        created = self.ports.authenticators.created(command, challenge_of(ticket.nonce))
        return [passkey_id(created.credential_id)] if created is not None else []
