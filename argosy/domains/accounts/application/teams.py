"""Everything that can be asked about who works on a store beside its owner."""

from __future__ import annotations

from collections.abc import Iterable

from argosy.contracts.accounts import ExpireSession, SignedIn
from argosy.contracts.accounts_teams import (
    AcceptInvitation,
    ActForStore,
    ChangeMemberRights,
    ExpireInvitation,
    InvitationWithdrawn,
    InviteMember,
    JoinedTeam,
    LeaveTeam,
    MemberInvited,
    RemoveMember,
    WithdrawInvitation,
)
from argosy.domains.accounts.application.letters import LETTERS, LetterRequest
from argosy.domains.accounts.application.ports import Ports
from argosy.domains.accounts.application.sessions import SESSION_TIMER, forget_session
from argosy.domains.accounts.domain.letter import INVITE
from argosy.domains.accounts.domain.proof import SEED_BYTES
from argosy.domains.accounts.domain.seller_store import NoSuchSeller, Store
from argosy.domains.accounts.domain.session import Session
from argosy.domains.accounts.domain.team import (
    TEAM_MAX,
    AlreadyInTeam,
    Invitation,
    InvitationNotValid,
    Member,
    NoSuchInvitation,
    NoSuchMember,
    SessionLimited,
    TeamIsFull,
    check_givable,
    checked_rights,
    store_token,
)
from argosy.domains.accounts.domain.user import ROLES, SELLER, User, normalised_email
from argosy.engine.reads import By, by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.bearer_tokens import TOKEN_BYTES, fingerprint
from argosy.shared_kernel.ids import Id, is_id

INVITATION_TIMER = "invitation"


def _own_team(self: Teams, command: object) -> list[By]:
    return [by("seller_id", self.work.actor.seller_id)] if is_id(self.work.actor.seller_id) else []


def _own_store(self: Teams, command: object) -> list[str]:
    return [self.work.actor.seller_id] if is_id(self.work.actor.seller_id) else []


def _asker(self: Teams, command: object) -> list[str]:
    return [self.work.actor.id] if is_id(self.work.actor.id) else []


class Teams:
    """Invites people to a store, changes what they may do there, and ends it."""

    def __init__(
        self,
        work: UnitOfWork,
        users: Repository[User],
        stores: Repository[Store],
        team: tuple[Repository[Member], Repository[Invitation]],
        sessions: Repository[Session],
        ports: Ports,
    ) -> None:
        self.work = work
        self.users = users
        self.stores = stores
        self.members, self.invitations = team
        self.sessions = sessions
        self.seals = ports.seals
        self.randomness = ports.randomness

    @reads(users=lambda command: [by("email", normalised_email(command.email))])
    @then_reads(stores=_own_store, members=_own_team, invitations=_own_team)
    def invite_member(self, command: InviteMember) -> Id:
        """Tells nobody whether there is an account with this address, but for those in the team already."""
        store = self._store()
        email, rights = normalised_email(command.email), checked_rights(command.rights)
        check_givable(rights, self.work.actor.scopes)
        known = self.users.find_by("email", email)
        members = self.members.all_by("seller_id", store.id)
        if known is not None and known.id in (store.user_id, *(member.user_id for member in members)):
            raise AlreadyInTeam()
        invited = self.invitations.all_by("seller_id", store.id)
        for earlier in (one for one in invited if one.email == email):
            check_givable(earlier.rights, self.work.actor.scopes)
            self._forget(earlier)
        if len(members) + sum(one.email != email for one in invited) >= TEAM_MAX:
            raise TeamIsFull(most=TEAM_MAX)
        seed = self.randomness.random_bytes(SEED_BYTES)
        invitation = Invitation.issue(
            self.work.new_id(), store.id, email, rights, self.seals.token(seed), self.work.now
        )
        invitation.invited_by = self.work.actor.id
        self.invitations.add(invitation)
        until = invitation.expires_at
        self.work.later(INVITATION_TIMER, invitation.id, until, ExpireInvitation(invitation_id=invitation.id))
        self.work.call(
            LETTERS, invitation.id, LetterRequest(user_id=invitation.id, kind=INVITE, seed=seed.hex(), until=until)
        )
        self.work.announce(
            MemberInvited(
                seller_id=store.id,
                invitation_id=invitation.id,
                rights=tuple(rights.split()),
                invited_by=self.work.actor.id,
            )
        )
        return invitation.id

    @reads(invitations=lambda command: [command.invitation_id])
    def withdraw_invitation(self, command: WithdrawInvitation) -> None:
        actor = self.work.actor
        invitation = self.invitations.find(command.invitation_id)
        if invitation is None or invitation.seller_id != actor.seller_id:
            raise NoSuchInvitation(invitation_id=command.invitation_id)
        check_givable(invitation.rights, actor.scopes)
        self._forget(invitation)
        self.work.announce(
            InvitationWithdrawn(seller_id=invitation.seller_id, invitation_id=invitation.id, withdrawn_by=actor.id)
        )

    @reads(invitations=lambda command: [by("token_hash", fingerprint(command.token))])
    @then_reads(
        users=_asker,
        stores=lambda self, command: self._stores_inviting(command.token),
        members=lambda self, command: [by("seller_id", one) for one in self._stores_inviting(command.token)],
    )
    def accept_invitation(self, command: AcceptInvitation) -> JoinedTeam:
        """Once, by who has an account with the address that the letter came to: which proves the address, too."""
        actor, now = self.work.actor, self.work.now
        invitation = self.invitations.find_by("token_hash", fingerprint(command.token))
        user = self.users.find(actor.id) if is_id(actor.id) else None
        if invitation is None or invitation.has_expired(now) or user is None or not user.is_active:
            raise InvitationNotValid()
        store = self.stores.find(invitation.seller_id)
        if user.email != invitation.email or store is None or store.user_id == user.id:
            raise InvitationNotValid()
        members = self.members.all_by("seller_id", store.id)
        # Of who was removed, an invitation may be written that was under way just then.
        if invitation.invited_by not in ("", store.user_id, *(one.id for one in members)):
            raise InvitationNotValid()
        self._forget(invitation)
        user.verify_email(now)
        member = next((one for one in members if one.user_id == user.id), None)
        if member is None:
            member = Member.join(self.work.new_id(), invitation, user.id, now)
            self.members.add(member)
            self.work.announce(member.joined())
        else:
            self.work.announce(*member.change_rights(invitation.rights, user.id))
        return JoinedTeam(member_id=member.id, seller_id=store.id)

    @reads(members=lambda command: [command.member_id])
    def change_member_rights(self, command: ChangeMemberRights) -> None:
        """Only by who has both what they had and what they get."""
        member = self._in_own_team(command.member_id)
        rights = checked_rights(command.rights)
        check_givable(rights, self.work.actor.scopes)
        self.work.announce(*member.change_rights(rights, self.work.actor.id))

    @reads(members=lambda command: [command.member_id], sessions=lambda command: [by("member_id", command.member_id)])
    @then_reads(invitations=lambda self, command: self._invitations_beside(command.member_id))
    def remove_member(self, command: RemoveMember) -> None:
        self._end(self._in_own_team(command.member_id))

    @reads(members=lambda command: [command.member_id], sessions=lambda command: [by("member_id", command.member_id)])
    @then_reads(invitations=lambda self, command: self._invitations_beside(command.member_id))
    def leave_team(self, command: LeaveTeam) -> None:
        self._end(self._own_membership(command.member_id))

    @reads(members=lambda command: [command.member_id])
    @then_reads(
        users=_asker,
        stores=lambda self, command: self._store_worked_on(command.member_id),
        sessions=lambda self, command: filter(is_id, [self.work.actor.session_id]),
    )
    def act_for_store(self, command: ActForStore) -> SignedIn:
        """Only from a session of the person's own, which their second factor has let in where they have one; and
        from none that was limited to what is no selling."""
        asking = self.sessions.find(self.work.actor.session_id) if is_id(self.work.actor.session_id) else None
        if asking is not None and SELLER not in (asking.scope.split() or ROLES):
            raise SessionLimited()
        member = self._own_membership(command.member_id)
        store, user = self.stores.find(member.seller_id), self.users.find(member.user_id)
        if store is None or not store.is_open or user is None or not user.is_active:
            raise NoSuchMember(member_id=command.member_id)
        token = store_token(self.randomness.random_bytes(TOKEN_BYTES))
        session = Session.for_store(
            self.work.new_id(), token, (member.user_id, member.id), command.device, self.work.now
        )
        self.sessions.add(session)
        self.work.later(SESSION_TIMER, session.id, session.expires_at, ExpireSession(session_id=session.id))
        return SignedIn(
            token=token,
            session_id=session.id,
            user_id=member.user_id,
            roles=(SELLER,),
            seller_id=store.id,
            expires_at=session.expires_at,
        )

    @reads(invitations=lambda command: [command.invitation_id])
    def expire_invitation(self, command: ExpireInvitation) -> None:
        """Forgets an invitation whose time has come, and none other."""
        invitation = self.invitations.find(command.invitation_id)
        if invitation is not None and invitation.has_expired(self.work.now):
            self.invitations.remove(invitation)

    def _store(self) -> Store:
        seller_id = self.work.actor.seller_id
        store = self.stores.find(seller_id) if is_id(seller_id) else None
        if store is None:
            raise NoSuchSeller(seller_id=seller_id)
        return store

    def _in_own_team(self, member_id: Id) -> Member:
        """Whom the one who asks may decide about."""
        actor = self.work.actor
        member = self.members.find(member_id)
        if member is None or member.seller_id != actor.seller_id:
            raise NoSuchMember(member_id=member_id)
        check_givable(member.rights, actor.scopes)
        return member

    def _own_membership(self, member_id: Id) -> Member:
        member = self.members.find(member_id)
        if member is None or member.user_id != self.work.actor.id:
            raise NoSuchMember(member_id=member_id)
        return member

    def _end(self, member: Member) -> None:
        forget_member(self.work, (self.members, self.invitations), member, self.work.actor.id)
        for session in self.sessions.all_by("member_id", member.id):
            forget_session(self.work, self.sessions, session)

    def _invitations_beside(self, member_id: Id) -> list[By]:
        member = self.members.find(member_id)
        return [by("seller_id", member.seller_id)] if member is not None else []

    def _forget(self, invitation: Invitation) -> None:
        forget_invitation(self.work, self.invitations, invitation)

    def _stores_inviting(self, token: str) -> Iterable[Id]:
        return [one.seller_id for one in self.invitations.all_by("token_hash", fingerprint(token))]

    def _store_worked_on(self, member_id: Id) -> Iterable[Id]:
        member = self.members.find(member_id)
        return [member.seller_id] if member is not None else []


def forget_member(
    work: UnitOfWork, team: tuple[Repository[Member], Repository[Invitation]], member: Member, by_whom: str
) -> None:
    """They act for the store no more, from the next request on, and nobody comes by an invitation of theirs."""
    members, invitations = team
    members.remove(member)
    for invitation in invitations.all_by("seller_id", member.seller_id):
        if invitation.invited_by == member.id:
            forget_invitation(work, invitations, invitation)
    work.announce(member.removed(by_whom))


def forget_invitation(work: UnitOfWork, invitations: Repository[Invitation], invitation: Invitation) -> None:
    invitations.remove(invitation)
    work.never_mind(INVITATION_TIMER, invitation.id)
