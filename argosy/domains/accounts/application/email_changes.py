"""Everything that can be asked about another e-mail address for an account."""

from __future__ import annotations

from argosy.contracts.accounts_email import ChangeEmail, ConfirmNewEmail, ExpireEmailChange, RevertEmail
from argosy.domains.accounts.application.letters import LETTERS, LetterRequest, forget_proof, write_letter
from argosy.domains.accounts.application.ports import Ports
from argosy.domains.accounts.application.sessions import forget_session
from argosy.domains.accounts.application.ways_in import Ways, forget_ways_in, owner_with
from argosy.domains.accounts.domain.email_change import EmailChange, EmailMoved, EmailUnchanged
from argosy.domains.accounts.domain.letter import MOVED, NEW_ADDRESS, TAKEN
from argosy.domains.accounts.domain.proof import RESET, SEED_BYTES, Proof, ProofNotValid
from argosy.domains.accounts.domain.second_factor import factor_id
from argosy.domains.accounts.domain.session import Session, SignInAnew
from argosy.domains.accounts.domain.user import User, normalised_email
from argosy.engine.reads import By, by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.bearer_tokens import fingerprint
from argosy.shared_kernel.ids import is_id

CHANGE_TIMER = "email-change"


class EmailChanges:
    """Moves an account to another address, and back."""

    def __init__(
        self,
        work: UnitOfWork,
        users: Repository[User],
        changes: Repository[EmailChange],
        credentials: tuple[Repository[Session], Repository[Proof]],
        ways: Ways,
        ports: Ports,
    ) -> None:
        self.work = work
        self.users = users
        self.changes = changes
        self.sessions, self.proofs = credentials
        self.ways = ways
        self.passkeys, self.identities, self.factors = ways
        self.ports = ports

    @reads(
        users=lambda command: [by("email", normalised_email(command.email))],
        changes=lambda command: [by("previous_email", normalised_email(command.email))],
    )
    @then_reads(
        users=lambda self, command: filter(is_id, [self.work.actor.id]),
        changes=lambda self, command: [by("user_id", self.work.actor.id)] if is_id(self.work.actor.id) else [],
        sessions=lambda self, command: filter(is_id, [self.work.actor.session_id]),
    )
    def change_email(self, command: ChangeEmail) -> None:
        """Who has no password has signed in just now. Asked again, the letter before is worth nothing. Whoever has this
        address already gets a letter that tells so; who asks is told nothing of it."""
        user = owner_with(self.work, self.users, self.ports, command.password)
        session = self.sessions.find(self.work.actor.session_id) if is_id(self.work.actor.session_id) else None
        if not user.password_hash and (session is None or not session.is_fresh(self.work.now)):
            raise SignInAnew()
        email = normalised_email(command.email)
        if email == user.email:
            raise EmailUnchanged(field="email")
        for earlier in self.changes.all_by("user_id", user.id):
            if not earlier.is_waiting:
                # Whoever has taken an account over would move it on until nobody could take it back.
                raise EmailMoved()
            self._forget(earlier)
        taken = self.users.find_by("email", email)
        if taken is not None or self.changes.all_by("previous_email", email):
            write_letter(self.work, taken.id if taken is not None else self.work.new_id(), TAKEN)
            return
        seed = self.ports.randomness.random_bytes(SEED_BYTES)
        addresses, token = (user.id, user.email, email), self.ports.seals.token(seed)
        change = EmailChange.ask(self.work.new_id(), addresses, token, self.work.now)
        self.changes.add(change)
        self._plan(change)
        self._write(change, NEW_ADDRESS, seed)

    @reads(changes=lambda command: [by("token_hash", fingerprint(command.token))])
    @then_reads(
        users=lambda self, command: [
            wanted
            for change in self._confirming(command.token)
            for wanted in (change.user_id, by("email", change.email))
        ],
        changes=lambda self, command: [
            by("previous_email", change.email) for change in self._confirming(command.token)
        ],
    )
    def confirm_new_email(self, command: ConfirmNewEmail) -> None:
        """Once per letter."""
        change = self.changes.find_by("token_hash", fingerprint(command.token))
        if change is None or not change.is_waiting or change.has_expired(self.work.now):
            raise ProofNotValid()
        user = self.users.find(change.user_id)
        if user is None or not user.is_active or user.email != change.previous_email:
            raise ProofNotValid()
        if self.users.find_by("email", change.email) is not None or self.changes.all_by("previous_email", change.email):
            raise ProofNotValid()
        user.change_email(change.email, self.work.now)
        seed = self.ports.randomness.random_bytes(SEED_BYTES)
        change.confirm(self.ports.seals.token(seed), self.work.now)
        self._plan(change)
        self._write(change, MOVED, seed)

    @reads(changes=lambda command: [by("revert_hash", fingerprint(command.token))])
    @then_reads(
        users=lambda self, command: [
            wanted
            for change in self._reverting(command.token)
            for wanted in (change.user_id, by("email", change.previous_email))
        ],
        sessions=lambda self, command: self._of_who_reverts(command.token),
        proofs=lambda self, command: self._of_who_reverts(command.token),
        passkeys=lambda self, command: self._of_who_reverts(command.token),
        identities=lambda self, command: self._of_who_reverts(command.token),
        factors=lambda self, command: [factor_id(change.user_id) for change in self._reverting(command.token)],
    )
    def revert_email(self, command: RevertEmail) -> None:
        """Once per letter, also by who is blocked meanwhile: it opens nothing. Whoever had the address meanwhile
        is left no way in: none that they have added, and no letter for a password."""
        change = self.changes.find_by("revert_hash", fingerprint(command.token))
        if change is None or change.is_waiting or change.has_expired(self.work.now):
            raise ProofNotValid()
        user = self.users.find(change.user_id)
        if user is None or not user.is_there or self.users.find_by("email", change.previous_email) is not None:
            raise ProofNotValid()
        user.take_email_back(change.previous_email, self.work.now)
        self._forget(change)
        for session in self.sessions.all_by("user_id", user.id):
            forget_session(self.work, self.sessions, session)
        for proof in self.proofs.all_by("user_id", user.id):
            forget_proof(self.work, self.proofs, proof)
        forget_ways_in(self.work, self.ways, user.id, change.created_at)
        write_letter(self.work, user.id, RESET)

    @reads(changes=lambda command: [command.change_id])
    def expire_email_change(self, command: ExpireEmailChange) -> None:
        """Forgets a change whose time has come, and none other."""
        change = self.changes.find(command.change_id)
        if change is not None and change.has_expired(self.work.now):
            self.changes.remove(change)

    def _forget(self, change: EmailChange) -> None:
        forget_email_change(self.work, self.changes, change)

    def _plan(self, change: EmailChange) -> None:
        self.work.later(CHANGE_TIMER, change.id, change.expires_at, ExpireEmailChange(change_id=change.id))

    def _write(self, change: EmailChange, kind: str, seed: bytes) -> None:
        request = LetterRequest(user_id=change.id, kind=kind, seed=seed.hex(), until=change.expires_at)
        self.work.call(LETTERS, change.id, request)

    def _confirming(self, token: str) -> list[EmailChange]:
        return self.changes.all_by("token_hash", fingerprint(token))

    def _reverting(self, token: str) -> list[EmailChange]:
        return self.changes.all_by("revert_hash", fingerprint(token))

    def _of_who_reverts(self, token: str) -> list[By]:
        return [by("user_id", change.user_id) for change in self._reverting(token)]


def forget_email_change(work: UnitOfWork, changes: Repository[EmailChange], change: EmailChange) -> None:
    """Nothing comes of it any more."""
    changes.remove(change)
    work.never_mind(CHANGE_TIMER, change.id)
