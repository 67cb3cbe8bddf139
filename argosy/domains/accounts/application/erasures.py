"""Everything that can be asked about being forgotten."""

from __future__ import annotations

from datetime import timedelta

from argosy.contracts.accounts import ErasePerson, TellErasure
from argosy.contracts.orders import BuyerHeld, BuyerReleased, ReleaseBuyer
from argosy.domains.accounts.application.claims import Claimed
from argosy.domains.accounts.application.email_changes import forget_email_change
from argosy.domains.accounts.application.letters import forget_proof
from argosy.domains.accounts.application.sessions import forget_session
from argosy.domains.accounts.application.teams import forget_invitation, forget_member
from argosy.domains.accounts.domain.email_change import EmailChange
from argosy.domains.accounts.domain.guest import Guest
from argosy.domains.accounts.domain.identity import Identity
from argosy.domains.accounts.domain.passkey import Passkey
from argosy.domains.accounts.domain.proof import Proof
from argosy.domains.accounts.domain.second_factor import SecondFactor, factor_id
from argosy.domains.accounts.domain.session import Session
from argosy.domains.accounts.domain.team import Invitation, Member
from argosy.domains.accounts.domain.user import ASKED, NoSuchUser, User
from argosy.engine.reads import By, by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id, is_id

Credentials = tuple[
    Repository[Session],
    Repository[Proof],
    Repository[SecondFactor],
    Repository[Passkey],
    Repository[Identity],
    Repository[EmailChange],
]
IN_FLIGHT = timedelta(hours=1)
"""What a person has begun ends by itself within this time: a checkout takes 20 minutes at most."""


class Erasures:
    """Forgets people: at once here, and everywhere else when nothing of theirs is in flight any more."""

    def __init__(
        self,
        work: UnitOfWork,
        users: Repository[User],
        credentials: Credentials,
        team: tuple[Repository[Member], Repository[Invitation]],
        bought: tuple[Repository[Guest], Claimed],
    ) -> None:
        self.work = work
        self.users = users
        self.sessions, self.proofs, self.factors, self.passkeys, self.identities, self.changes = credentials
        self.members, self.invitations = team
        self.guests, (self.purchases, self.claims) = bought

    @then_reads(
        users=lambda self, command: filter(is_id, [command.user_id or self.work.actor.id]),
        guests=lambda self, command: filter(is_id, [command.user_id or self.work.actor.id]),
        claims=lambda self, command: [
            by("user_id", id) for id in filter(is_id, [command.user_id or self.work.actor.id])
        ],
    )
    def erase_person(self, command: ErasePerson) -> None:
        """Asks whether orders of theirs are open; the rest follows from the answer."""
        actor = self.work.actor
        user_id = command.user_id or actor.id
        is_theirs = user_id == actor.id or actor.has("staff") or actor.has("system")
        person = self._person(Id(user_id)) if is_theirs and is_id(user_id) else None
        if person is None or not person.is_there:
            raise NoSuchUser(user_id=user_id)
        person.ask_erasure(self.work.now)
        self._ask_orders(person)

    @reads(
        users=lambda event: [event.flow_id],
        sessions=lambda event: [by("user_id", event.flow_id)],
        proofs=lambda event: [by("user_id", event.flow_id)],
        factors=lambda event: [factor_id(event.flow_id)],
        changes=lambda event: [by("user_id", event.flow_id)],
        passkeys=lambda event: [by("user_id", event.flow_id)],
        identities=lambda event: [by("user_id", event.flow_id)],
        members=lambda event: [by("user_id", event.flow_id)],
        guests=lambda event: [event.flow_id, *event.guest_ids],
        claims=lambda event: [by("user_id", event.flow_id)],
        purchases=lambda event: [by("guest_id", id) for id in (event.flow_id, *event.guest_ids)],
    )
    @then_reads(
        invitations=lambda self, event: self._invited(event.flow_id),
        guests=lambda self, event: self._claimed(event.flow_id),
        claims=lambda self, event: [by("guest_id", id) for id in self._claimed(event.flow_id)],
    )
    @then_reads(users=lambda self, event: self._other_claimants(event.flow_id))
    def erase(self, event: BuyerReleased) -> None:
        """Credentials, profile, roles and sessions are gone with this; a guest has an e-mail address alone. A guest
        from whom others have claimed as well goes with the last of them."""
        person = self._waiting(event.flow_id)
        if person is None:
            return
        self._forget_kept(person)
        self._erase(person)
        for guest in filter(None, map(self.guests.find, self._claimed(person.id))):
            if not guest.is_there or self._is_shared(guest, person.id):
                continue
            if guest.id in event.guest_ids:
                self._erase(guest)
            else:  # Claimed since orders were asked.
                guest.ask_erasure(self.work.now)
                self._ask_orders(guest)

    @reads(users=lambda event: [event.flow_id], guests=lambda event: [event.flow_id])
    def hold(self, event: BuyerHeld) -> None:
        """Somebody who is owed something stays."""
        person = self._waiting(event.flow_id)
        if person is not None:
            person.hold_erasure(self.work.now)

    @reads(users=lambda command: [command.user_id], guests=lambda command: [command.user_id])
    def tell_erasure(self, command: TellErasure) -> None:
        """Told once per erasure: its timer is one."""
        person = self._person(command.user_id)
        if person is not None and not person.is_there:
            person.tell_erasure()

    def _ask_orders(self, person: User | Guest) -> None:
        """Whether anything is owed to them, under whatever id they have bought."""
        guests = tuple(self._claimed(person.id))
        self.work.announce(ReleaseBuyer(flow_id=person.id, buyer_id=person.id, guest_ids=guests))

    def _forget_kept(self, person: User | Guest) -> None:
        """All by which they could come in, and where they work."""
        for session in self.sessions.all_by("user_id", person.id):
            forget_session(self.work, self.sessions, session)
        for proof in self.proofs.all_by("user_id", person.id):
            forget_proof(self.work, self.proofs, proof)
        factor = self.factors.find(factor_id(person.id))
        if factor is not None:
            self.factors.remove(factor)
        for change in self.changes.all_by("user_id", person.id):
            forget_email_change(self.work, self.changes, change)
        for passkey in self.passkeys.all_by("user_id", person.id):
            self.passkeys.remove(passkey)
        for identity in self.identities.all_by("user_id", person.id):
            self.identities.remove(identity)
        for member in self.members.all_by("user_id", person.id):
            forget_member(self.work, (self.members, self.invitations), member, person.id)
        if isinstance(person, User):
            for invitation in self.invitations.all_by("email", person.email):
                forget_invitation(self.work, self.invitations, invitation)

    def _erase(self, person: User | Guest) -> None:
        for purchase in self.purchases.all_by("guest_id", person.id):
            self.purchases.remove(purchase)
        person.erase(self.work.now)
        self.work.later("erasure", person.id, self.work.now + IN_FLIGHT, TellErasure(user_id=person.id))

    def _claimed(self, user_id: Id) -> list[Id]:
        """The guests as whom they have bought as well."""
        return sorted({claim.guest_id for claim in self.claims.all_by("user_id", user_id)})

    def _other_claimants(self, user_id: Id) -> list[Id]:
        """Whose account has claimed from the same guests."""
        claims = [claim for id in self._claimed(user_id) for claim in self.claims.all_by("guest_id", id)]
        return sorted({claim.user_id for claim in claims} - {user_id})

    def _is_shared(self, guest: Guest, user_id: Id) -> bool:
        """Whether orders of somebody who is there would lose their address with this guest."""
        others = [self.users.find(one.user_id) for one in self.claims.all_by("guest_id", guest.id)]
        return any(other is not None and other.is_there and other.id != user_id for other in others)

    def _invited(self, user_id: Id) -> list[By]:
        """What came to them, and what is open in stores that they work on."""
        user = self.users.find(user_id)
        stores = [by("seller_id", member.seller_id) for member in self.members.all_by("user_id", user_id)]
        return [by("email", user.email), *stores] if user is not None else []

    def _person(self, id: Id) -> User | Guest | None:
        """Who has an account, or has bought without one."""
        return self.users.find(id) or self.guests.find(id)

    def _waiting(self, id: Id) -> User | Guest | None:
        person = self._person(id)
        return person if person is not None and person.is_there and person.erasure == ASKED else None
