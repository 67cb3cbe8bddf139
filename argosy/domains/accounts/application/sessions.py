"""Everything that can be asked about being signed in."""

from __future__ import annotations

from collections.abc import Sequence

from argosy.contracts.accounts import EndSession, ExpireSession, SignedIn, SignIn, SignOut, SignOutEverywhere
from argosy.domains.accounts.application.ports import Ports
from argosy.domains.accounts.application.second_factors import check_second_factor, passkeys_named
from argosy.domains.accounts.domain.passkey import Passkey
from argosy.domains.accounts.domain.policy import Policy
from argosy.domains.accounts.domain.second_factor import SecondFactor, factor_id
from argosy.domains.accounts.domain.session import (
    NoSuchSession,
    Session,
    SessionWanted,
    SignInRefused,
    roles_within,
)
from argosy.domains.accounts.domain.user import PASSWORD_MAX, ROLES, UnknownRole, User, normalised_email
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.bearer_tokens import TOKEN_BYTES, token_from
from argosy.shared_kernel.errors import Invalid, Several
from argosy.shared_kernel.ids import Id, is_id

SESSION_TIMER = "session"


class Sessions:
    """Begins and ends sessions."""

    def __init__(
        self,
        work: UnitOfWork,
        users: Repository[User],
        sessions: Repository[Session],
        factors: tuple[Repository[SecondFactor], Repository[Passkey]],
        ports: Ports,
    ) -> None:
        self.work = work
        self.users = users
        self.sessions = sessions
        self.factors, self.passkeys = factors
        self.ports = ports
        self.passwords = ports.passwords
        self.policy = ports.policy

    @reads(users=lambda command: [by("email", normalised_email(command.email))], passkeys=passkeys_named)
    @then_reads(factors=lambda self, command: self._factor_meant(command.email))
    def sign_in(self, command: SignIn) -> SignedIn:
        """A token for who knows the password. Everybody else gets one answer after one verification, whether there is
        such an account or not: neither the words nor the time tell which. Only who knows the password is asked for a
        second factor."""
        check_roles(command.roles)
        user = self._user(command.email)
        encoded = user.password_hash if user is not None and user.password_hash else self.passwords.dummy
        # One character beyond the longest password is enough to be wrong; hashing megabytes would be a gift.
        is_right = self.passwords.verify(encoded, command.password[: PASSWORD_MAX + 1])
        if user is None or not user.password_hash or not is_right or not may_sign_in(user, self.policy):
            raise SignInRefused()
        check_second_factor(self.factors.find(factor_id(user.id)), command.code, self.ports, self.work, self.passkeys)
        return open_session(self.work, self.sessions, self.ports, user, command)

    @then_reads(sessions=lambda self, command: filter(is_id, [self.work.actor.session_id]))
    def sign_out(self, command: SignOut) -> None:
        """The token that was presented is nobody's from now on. Signing out twice changes nothing."""
        session_id = self.work.actor.session_id
        session = self.sessions.find(session_id) if is_id(session_id) else None
        actor = self.work.actor
        if session is not None and actor.id in (session.user_id, session.member_id):
            forget_session(self.work, self.sessions, session)

    @reads(sessions=lambda command: [command.session_id])
    def end_session(self, command: EndSession) -> None:
        """A session that is somebody else's is like one that is none."""
        session = self.sessions.find(command.session_id)
        if session is None or session.user_id != self.work.actor.id:
            raise NoSuchSession(session_id=command.session_id)
        forget_session(self.work, self.sessions, session)

    @then_reads(sessions=lambda self, command: [by("user_id", self.work.actor.id)] if is_id(self.work.actor.id) else [])
    def sign_out_everywhere(self, command: SignOutEverywhere) -> None:
        """All tokens of this person are nobody's from now on."""
        for session in self.sessions.all_by("user_id", self.work.actor.id) if is_id(self.work.actor.id) else ():
            forget_session(self.work, self.sessions, session)

    @reads(sessions=lambda command: [command.session_id])
    def expire_session(self, command: ExpireSession) -> None:
        """Forgets a session whose time has come, and none other."""
        session = self.sessions.find(command.session_id)
        if session is not None and session.has_expired(self.work.now):
            self.sessions.remove(session)

    def _factor_meant(self, email: str) -> list[Id]:
        """Looked for where nobody is, too: who has none is found as quickly as who is none."""
        user = self._user(email)
        return [factor_id(user.id if user is not None else Id("nobody"))]

    def _user(self, email: str) -> User | None:
        try:
            return self.users.find_by("email", normalised_email(email))
        except Invalid:
            return None


def check_roles(roles: Sequence[str]) -> None:
    unknown = [UnknownRole(role=role) for role in roles if role not in ROLES]
    if unknown:
        raise Several(unknown)


def may_sign_in(user: User, policy: Policy) -> bool:
    return user.is_active and (user.is_verified or not policy.verifies_emails)


def open_session(
    work: UnitOfWork, sessions: Repository[Session], ports: Ports, user: User, wanted: SessionWanted
) -> SignedIn:
    """A token for who has shown who they are."""
    token = token_from(ports.randomness.random_bytes(TOKEN_BYTES))
    session = Session.open(work.new_id(), token, user.id, wanted, work.now)
    sessions.add(session)
    work.later(SESSION_TIMER, session.id, session.expires_at, ExpireSession(session_id=session.id))
    return SignedIn(
        token=token,
        session_id=session.id,
        user_id=user.id,
        expires_at=session.expires_at,
        roles=tuple(sorted(roles_within(session.scope, user.role_names))),
        seller_id=user.seller_id,
    )


def forget_session(work: UnitOfWork, sessions: Repository[Session], session: Session) -> None:
    """Its token is nobody's from now on."""
    sessions.remove(session)
    work.never_mind(SESSION_TIMER, session.id)
