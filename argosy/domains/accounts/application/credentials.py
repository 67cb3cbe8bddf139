"""Everything that can be asked about proving an address and changing a password."""

from __future__ import annotations

from collections.abc import Iterable

from argosy.contracts.accounts import (
    AskPasswordReset,
    AskVerification,
    ChangePassword,
    ConfirmEmail,
    ResetPassword,
)
from argosy.domains.accounts.application.email_changes import forget_email_change
from argosy.domains.accounts.application.letters import forget_proof, write_letter
from argosy.domains.accounts.application.ports import Ports
from argosy.domains.accounts.application.sessions import forget_session
from argosy.domains.accounts.application.ways_in import Ways, forget_ways_in
from argosy.domains.accounts.domain.email_change import EmailChange
from argosy.domains.accounts.domain.letter import CHANGED
from argosy.domains.accounts.domain.proof import RESET, VERIFY, Proof, ProofNotValid, usable
from argosy.domains.accounts.domain.second_factor import factor_id
from argosy.domains.accounts.domain.session import Session
from argosy.domains.accounts.domain.user import (
    PASSWORD_MAX,
    NoSuchUser,
    PasswordRefused,
    User,
    normalised_email,
    password_fault,
)
from argosy.engine.reads import By, by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.bearer_tokens import fingerprint
from argosy.shared_kernel.errors import refuse
from argosy.shared_kernel.ids import Id, is_id

BY_RESET, BY_CHANGE = "RESET", "CHANGE"


def _by_token(command: ConfirmEmail | ResetPassword) -> list[By]:
    return [by("token_hash", fingerprint(command.token))]


class Credentials:
    """Proves addresses and changes passwords."""

    def __init__(
        self,
        work: UnitOfWork,
        users: Repository[User],
        kept: tuple[Repository[Session], Repository[Proof], Repository[EmailChange]],
        ways: Ways,
        ports: Ports,
    ) -> None:
        self.work = work
        self.users = users
        self.sessions, self.proofs, self.changes = kept
        self.ways = ways
        self.passkeys, self.identities, self.factors = ways
        self.passwords = ports.passwords

    @reads(users=lambda command: [by("email", normalised_email(command.email))])
    def ask_verification(self, command: AskVerification) -> None:
        """One look and one write, whether there is such an account or not."""
        write_letter(self.work, self._meant(command.email), VERIFY)

    @reads(users=lambda command: [by("email", normalised_email(command.email))])
    def ask_password_reset(self, command: AskPasswordReset) -> None:
        """One look and one write, whether there is such an account or not."""
        write_letter(self.work, self._meant(command.email), RESET)

    @reads(proofs=_by_token)
    @then_reads(users=lambda self, command: self._owners(command.token))
    def confirm_email(self, command: ConfirmEmail) -> None:
        """Once per letter."""
        user, proof = self._proven(command.token, VERIFY)
        user.verify_email(self.work.now)
        forget_proof(self.work, self.proofs, proof)

    @reads(proofs=_by_token)
    @then_reads(
        users=lambda self, command: self._owners(command.token),
        sessions=lambda self, command: self._of_owners(command.token),
        changes=lambda self, command: self._of_owners(command.token),
        passkeys=lambda self, command: self._of_owners(command.token),
        identities=lambda self, command: self._of_owners(command.token),
        factors=lambda self, command: [factor_id(owner) for owner in self._owners(command.token)],
    )
    def reset_password(self, command: ResetPassword) -> None:
        """Once per letter. Whoever was signed in by the password before is signed in no more."""
        refuse([password_fault(command.password)])
        user, proof = self._proven(command.token, RESET)
        forget_proof(self.work, self.proofs, proof)
        if not user.is_verified:
            # Whoever has opened this account may never have read what comes to its address.
            forget_ways_in(self.work, self.ways, user.id, user.created_at)
        user.verify_email(self.work.now)
        self._set_password(user, command.password, BY_RESET)

    @then_reads(
        users=lambda self, command: filter(is_id, [self.work.actor.id]),
        sessions=lambda self, command: [by("user_id", self.work.actor.id)] if is_id(self.work.actor.id) else [],
        changes=lambda self, command: [by("user_id", self.work.actor.id)] if is_id(self.work.actor.id) else [],
    )
    def change_password(self, command: ChangePassword) -> None:
        """Of who knows the one before. The session that asks goes on."""
        user = self.users.find(self.work.actor.id) if is_id(self.work.actor.id) else None
        if user is None or not user.is_active:
            raise NoSuchUser(user_id=self.work.actor.id)
        refuse([password_fault(command.password)])
        encoded = user.password_hash or self.passwords.dummy
        if not self.passwords.verify(encoded, command.current[: PASSWORD_MAX + 1]) or not user.password_hash:
            raise PasswordRefused()
        self._set_password(user, command.password, BY_CHANGE, spared=self.work.actor.session_id)

    def _set_password(self, user: User, password: str, by_what: str, spared: str = "") -> None:
        user.change_password(self.passwords.hash(password), by_what, self.work.now)
        for session in self.sessions.all_by("user_id", user.id):
            if session.id != spared:
                forget_session(self.work, self.sessions, session)
        for change in self.changes.all_by("user_id", user.id):
            if change.is_waiting:
                # Asked for by who knew the password before.
                forget_email_change(self.work, self.changes, change)
        write_letter(self.work, user.id, CHANGED)

    def _meant(self, email: str) -> Id:
        """Whose address this is; an id that is nobody's where it is nobody's."""
        user = self.users.find_by("email", normalised_email(email))
        nobodys = self.work.new_id()
        return user.id if user is not None else nobodys

    def _owners(self, token: str) -> Iterable[Id]:
        return [proof.user_id for proof in self.proofs.all_by("token_hash", fingerprint(token))]

    def _of_owners(self, token: str) -> list[By]:
        return [by("user_id", owner) for owner in self._owners(token)]

    def _proven(self, token: str, purpose: str) -> tuple[User, Proof]:
        proof = usable(self.proofs.find_by("token_hash", fingerprint(token)), purpose, self.work.now)
        user = self.users.find(proof.user_id)
        if user is None or not user.is_active:
            raise ProofNotValid()
        return user, proof
