"""Everything that can be asked about a second factor."""

from __future__ import annotations

from argosy.contracts.accounts import (
    BeginSecondFactor,
    ConfirmSecondFactor,
    RecoveryCodes,
    RecoveryCodeUsed,
    RemoveSecondFactor,
    RenewRecoveryCodes,
    SecondFactorAdded,
    SecondFactorBegun,
    SecondFactorRemoved,
    SignIn,
)
from argosy.contracts.accounts_ways_in import SignInByIdentity
from argosy.domains.accounts.application.letters import write_letter
from argosy.domains.accounts.application.ports import Ports
from argosy.domains.accounts.application.tickets import PasskeyProof, opened
from argosy.domains.accounts.domain.letter import FACTOR
from argosy.domains.accounts.domain.passkey import Passkey
from argosy.domains.accounts.domain.second_factor import (
    RECOVERY_CODE_BYTES,
    RECOVERY_CODES,
    SECRET_BYTES,
    SLACK_STEPS,
    STEP_SECONDS,
    NoSecondFactor,
    SecondFactor,
    SecondFactorNeeded,
    SecondFactorRefused,
    factor_id,
    recovery_code,
)
from argosy.domains.accounts.domain.user import PASSWORD_MAX, NoSuchUser, PasswordRefused, User
from argosy.engine.reads import then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id, is_id


def _own_factor(self: SecondFactors, command: object) -> list[Id]:
    return [factor_id(Id(self.work.actor.id))] if is_id(self.work.actor.id) else []


def _own_user(self: SecondFactors, command: object) -> list[str]:
    return [self.work.actor.id] if is_id(self.work.actor.id) else []


class SecondFactors:
    """Adds a second factor, and takes it away."""

    def __init__(
        self, work: UnitOfWork, users: Repository[User], factors: Repository[SecondFactor], ports: Ports
    ) -> None:
        self.work = work
        self.users = users
        self.factors = factors
        self.ports = ports

    @then_reads(users=_own_user, factors=_own_factor)
    def begin_second_factor(self, command: BeginSecondFactor) -> SecondFactorBegun:
        """Begun again, it is another secret; nothing is asked for before it was confirmed."""
        user = self._own(command.password)
        secret = self.ports.randomness.random_bytes(SECRET_BYTES)
        sealed = self.ports.seals.seal(secret)
        factor = self.factors.find(factor_id(user.id))
        if factor is None:
            self.factors.add(SecondFactor.begin(user.id, sealed, self.work.now))
        else:
            factor.begin_again(sealed, self.work.now)
        shown, address = self.ports.codes.shown(secret, user.email)
        return SecondFactorBegun(secret=shown, address=address)

    @then_reads(factors=_own_factor)
    def confirm_second_factor(self, command: ConfirmSecondFactor) -> RecoveryCodes:
        """From now on signing in asks for it."""
        factor = self._factor()
        if factor.counts or not uses_code(factor, command.code, self.ports, self.work):
            raise SecondFactorRefused()
        factor.confirm(self.work.now)
        self.work.announce(SecondFactorAdded(user_id=factor.user_id))
        write_letter(self.work, factor.user_id, FACTOR)
        return self._renewed(factor)

    @then_reads(factors=_own_factor)
    def renew_recovery_codes(self, command: RenewRecoveryCodes) -> RecoveryCodes:
        factor = self._factor()
        if not factor.counts or not uses_code(factor, command.code, self.ports, self.work):
            raise SecondFactorRefused()
        return self._renewed(factor)

    @then_reads(users=_own_user, factors=_own_factor)
    def remove_second_factor(self, command: RemoveSecondFactor) -> None:
        """One that was never confirmed goes without a code."""
        self._own(command.password)
        factor = self._factor()
        if factor.counts and not uses_code(factor, command.code, self.ports, self.work):
            raise SecondFactorRefused()
        if factor.counts:
            self.work.announce(SecondFactorRemoved(user_id=factor.user_id))
            write_letter(self.work, factor.user_id, FACTOR)
        self.factors.remove(factor)

    def _renewed(self, factor: SecondFactor) -> RecoveryCodes:
        chance = self.ports.randomness
        codes = tuple(recovery_code(chance.random_bytes(RECOVERY_CODE_BYTES)) for _ in range(RECOVERY_CODES))
        factor.renew_recovery(codes)
        return RecoveryCodes(codes=codes)

    def _own(self, password: str) -> User:
        user = self.users.find(self.work.actor.id) if is_id(self.work.actor.id) else None
        if user is None or not user.is_active:
            raise NoSuchUser(user_id=self.work.actor.id)
        encoded = user.password_hash or self.ports.passwords.dummy
        if not self.ports.passwords.verify(encoded, password[: PASSWORD_MAX + 1]) or not user.password_hash:
            raise PasswordRefused()
        return user

    def _factor(self) -> SecondFactor:
        actor = self.work.actor
        factor = self.factors.find(factor_id(Id(actor.id))) if is_id(actor.id) else None
        if factor is None:
            raise NoSecondFactor()
        return factor


def passkeys_named(command: SignIn | SignInByIdentity) -> list[Id]:
    """Of which passkey a code is the proof, as it says itself."""
    return [Id(id) for id in filter(is_id, [command.code.partition(".")[0]])]


def check_second_factor(
    factor: SecondFactor | None, code: str, ports: Ports, work: UnitOfWork, passkeys: Repository[Passkey]
) -> None:
    """Refuse who has a second factor and does not show it: a code, or the proof of a passkey in its place."""
    if factor is None or not factor.counts:
        return
    if not code:
        raise SecondFactorNeeded()
    named, _, ticket = code.partition(".")
    passkey = passkeys.find(named) if ticket and is_id(named) else None
    if passkey is not None:
        proof = opened(ports.seals, ticket, PasskeyProof, work.now)
        is_its = proof.passkey_id == passkey.id and passkey.user_id == factor.user_id
        if not is_its or not passkey.use_proof(proof.until):
            raise SecondFactorRefused()
    elif not uses_code(factor, code, ports, work):
        raise SecondFactorRefused()


def uses_code(factor: SecondFactor, code: str, ports: Ports, work: UnitOfWork) -> bool:
    """Whether this is a code of the authenticator for about now, or a recovery code; then it is used up."""
    code = code.strip()
    if len(code) == 6 and code.isascii() and code.isdigit():
        now = int(work.now.timestamp()) // STEP_SECONDS
        secret = ports.seals.open(factor.secret)
        # All are looked at: which of them fits is not told by the time.
        fits = [
            step
            for step in range(now - SLACK_STEPS, now + SLACK_STEPS + 1)
            if secret is not None and ports.codes.is_code(secret, step * STEP_SECONDS, code)
        ]
        return any(factor.use_step(step) for step in fits)
    if not factor.counts or not factor.use_recovery(code):
        return False
    work.announce(RecoveryCodeUsed(user_id=factor.user_id, left=len(factor.recovery)))
    return True
