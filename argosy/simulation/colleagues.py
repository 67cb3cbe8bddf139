"""Teams of sellers: who is invited, who reads the letter, what they do for the store and try to do elsewhere, and what
they still try when they were removed."""

from __future__ import annotations

from functools import partial
from typing import Any

from argosy.contracts.accounts import RegisterUser
from argosy.contracts.accounts_teams import (
    AcceptInvitation,
    ActForStore,
    ChangeMemberRights,
    InviteMember,
    LeaveTeam,
    RemoveMember,
)
from argosy.contracts.products import SetPrice, UpdateProduct
from argosy.domains.accounts.domain.seller_store import OPEN, Store
from argosy.domains.accounts.domain.team import Member, granted_by
from argosy.engine.outside import TooBusy
from argosy.engine.store import StoreUnavailable
from argosy.engine.work import SYSTEM, Actor
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id, named_id
from argosy.simulation.doors import LABEL, REMEMBERED, Door, Invited, Withdrawals, has_teams
from argosy.simulation.facts import Act, Colleague, Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.people import Person
from argosy.simulation.processes import NoAnswer
from argosy.simulation.rush import Rush
from argosy.simulation.scheduler import MINUTE, SECOND
from argosy.simulation.shop import ALL_GOODS, CURRENCY, Goods, buyer_actor, seller, seller_actor
from argosy.simulation.store import Unreadable

EMPLOYERS, HELPERS = (1, 3), 4
WRITE, LEAD = "products:write", "team:write"
INVITES, CHANGES, REMOVES = 0.7, 0.4, 0.4
"""How often in a rush, in seeds with teams."""
RIGHTS = ((WRITE,), (WRITE,), ("products:read", "orders:read"), (WRITE, LEAD), (WRITE, LEAD, "orders:write"))


def has(known: Colleague, right: str) -> bool:
    """Whether they may have it now."""
    return any(right in granted_by(" ".join(rights)) for rights in known.rights)


def has_surely(known: Colleague, right: str) -> bool:
    is_settled = not (known.is_leaving or known.is_changing)
    return is_settled and all(right in granted_by(" ".join(rights)) for rights in known.rights)


class _OfATeam(Person):
    """Has to do with a team."""

    def leaves(self, known: Colleague, command: RemoveMember | LeaveTeam, actor: Actor) -> None:
        """A member is none any more once somebody was told so. Where the web died that did it, others may remember
        them for a few seconds."""
        known.is_leaving = True

        def gone(_: object) -> None:
            if self.tries:
                self.later(REMEMBERED + 1, partial(setattr, known, "is_gone", True))
            else:
                known.is_gone = True

        self.ask(LABEL, command, actor, told=gone, refused=gone)


class Employer(_OfATeam):
    """A store's owner, as far as the team goes."""

    def __init__(self, place: Marketplace, facts: Facts, number: int) -> None:
        super().__init__(place, facts, f"employer {number}")
        self.id = seller(number)
        self.actor = seller_actor(self.id)
        self.is_there = has_teams(place.faults)

    def open(self) -> None:
        """The store is there already."""

    def attend(self, rush: Rush) -> None:
        if not self.is_there:
            return
        scheduler = self.place.scheduler
        if self.random.random() < INVITES:
            scheduler.at(rush.at - self.random.randrange(10 * MINUTE), self.name, self._invite)
        for chance, act in ((CHANGES, self._change_rights), (REMOVES, self._remove)):
            if self.random.random() < chance:
                scheduler.at(rush.at + self.random.randrange(rush.spread + 5 * SECOND), self.name, act)

    def _invite(self) -> None:
        self.place.faults.count("member invited")
        email, rights = email_of(self.random.randrange(HELPERS)), self.random.choice(RIGHTS)
        self.facts.teams.invited.setdefault((self.id, email), []).append(rights)
        self.ask(LABEL, InviteMember(email=email, rights=rights), self.actor)

    def _change_rights(self) -> None:
        found = [one for one in self._team() if not self.facts.teams.members[one].is_changing]
        if not found:
            return
        member_id, rights = self.random.choice(found), self.random.choice(RIGHTS)
        known = self.facts.teams.members[member_id]
        known.is_changing = True
        known.rights.append(rights)
        self.place.faults.count("rights changed")

        def settled() -> None:
            known.rights, known.is_changing = [rights], False

        def told(_: object) -> None:
            self.later(REMEMBERED + 1, settled) if self.tries else settled()

        command = ChangeMemberRights(member_id=member_id, rights=rights)
        self.ask(LABEL, command, self.actor, told=told, refused=lambda _: setattr(known, "is_changing", False))

    def _remove(self) -> None:
        found = self._team()
        if found:
            member_id = self.random.choice(found)
            self.place.faults.count("member removed")
            self.leaves(self.facts.teams.members[member_id], RemoveMember(member_id=member_id), self.actor)

    def _team(self) -> list[Id]:
        known = self.facts.teams.members.items()
        return [Id(id) for id, one in known if one.seller_id == self.id and not one.is_leaving]


class Helper(_OfATeam):
    """Somebody who works on stores of others, and remembers every token that they were given."""

    def __init__(self, place: Marketplace, facts: Facts, number: int) -> None:
        super().__init__(place, facts, f"helper {number}")
        self.id = named_id("simulated helper", str(number))
        self.actor = buyer_actor(self.id)
        self.email = email_of(number)
        self.is_there = has_teams(place.faults)
        self.doors: list[Door] = []
        self.others: list[Helper] = []
        self.tokens: dict[str, list[str]] = {}
        """By member."""
        self._letters: list[Invited] = []
        self._used: set[str] = set()
        """Letters by which they came."""
        self._acts = 0

    def open(self) -> None:
        if self.is_there:
            register = RegisterUser(email=self.email, password="correct horse battery", user_id=self.id)
            self.place.webs[0].do(LABEL, register, SYSTEM)

    def attend(self, rush: Rush) -> None:
        if self.is_there:
            self.place.scheduler.at(rush.at, self.name, partial(self._begin, rush.spread))

    # Letters.

    def read(self, letter: Invited) -> None:
        """Soon, or later; perhaps twice, perhaps never; and now and then somebody else has read it before."""
        self._letters.append(letter)
        if self.random.random() < 0.2:
            self.random.choice(self.others).try_letter(letter)
        for _ in range(self.random.choice((0, 1, 1, 1, 2))):
            self.later(self.random.choice((1, SECOND, 5 * MINUTE)), partial(self._accept, letter))

    def try_letter(self, letter: Invited) -> None:
        def told(_: object) -> None:
            self.place.broken("I39", self.name, "works on a store by a letter that came to somebody else")

        self.ask(LABEL, AcceptInvitation(token=letter.token), self.actor, told=told)

    def _accept(self, letter: Invited) -> None:
        inviter = self.facts.teams.members.get(letter.invited_by)
        is_void = inviter is not None and inviter.is_gone

        def told(joined: Any) -> None:
            if letter.token in self._used:
                self.place.broken("I39", f"member {joined.member_id}", "came back by a letter that was used before")
            self._used.add(letter.token)
            if is_void:
                what = f"joined by an invitation of {letter.invited_by}, who was removed before"
                self.place.broken("I39", f"member {joined.member_id}", what)
            self._look()

        self.ask(LABEL, AcceptInvitation(token=letter.token), self.actor, told=told, refused=lambda _: self._look())

    def _look(self) -> None:
        """Where they work, as they are shown it."""
        members, teams = self.place.store(LABEL).all(Member), self.facts.teams
        for row in [one for one in members if one.user_id == self.id and one.id not in teams.members]:
            rights = teams.invited.get((row.seller_id, self.email), [])
            teams.members[row.id] = Colleague(row.seller_id, row.user_id, list(rights))
            self._sign_in(row.id)

    # Acting.

    def _begin(self, spread: int) -> None:
        """Also as whom they were once, and now and then as somebody else, or by an old letter."""
        if self._letters and self.random.random() < 0.3:
            self._accept(self.random.choice(self._letters))
        for member_id, known in list(self.facts.teams.members.items()):
            if known.user_id != self.id:
                if self.random.random() < 0.1:
                    self._sign_in(Id(member_id))
                continue
            tokens = self.tokens.get(member_id, [])
            if not tokens or self.random.random() < 0.1:
                self._sign_in(Id(member_id))
            for token in tokens[-2:]:
                for _ in range(self.random.randrange(4)):
                    self.later(self.random.randrange(spread + 10 * SECOND), partial(self._act, Id(member_id), token))
            if not known.is_leaving and self.random.random() < 0.05:
                self.later(self.random.randrange(spread), partial(self._leave, Id(member_id), known))

    def _leave(self, member_id: Id, known: Colleague) -> None:
        self.leaves(known, LeaveTeam(member_id=member_id), self.actor)

    def _sign_in(self, member_id: Id) -> None:
        known = self.facts.teams.members[member_id]
        may = known.user_id == self.id and not known.is_gone

        def told(signed_in: Any) -> None:
            if not may:
                self.place.broken("I39", f"member {member_id}", f"is acted as by {self.name}, who may not")
            self.tokens.setdefault(member_id, []).append(signed_in.token)

        self.ask(LABEL, ActForStore(member_id=member_id), self.actor, told=told)

    def _act(self, member_id: Id, token: str) -> None:
        """Until somebody answers. A letter to the store's window, a price, or an invitation."""
        try:
            self._do(member_id, token)
        except (StoreUnavailable, NoAnswer, TooBusy, Unreadable):
            self.later(self.random.randrange(SECOND, 4 * SECOND), partial(self._act, member_id, token))
        except DomainError:
            return

    def _do(self, member_id: Id, token: str) -> None:
        known, door = self.facts.teams.members[member_id], self.random.choice(self.doors)
        was_gone, may, is_sure = known.is_gone, has(known, WRITE), has_surely(known, WRITE)
        actor = door.actor_of(token)
        if actor is None or WRITE not in actor.scopes:
            store: Any = self.place.store(LABEL).rows[Store][known.seller_id]
            if is_sure and has_surely(known, WRITE) and store.status == OPEN:
                self.place.broken("I39", f"member {member_id}", "is turned away, and may act for the store")
            return
        if (actor.id, actor.seller_id) != (member_id, known.seller_id):
            self.place.broken("I39", f"member {member_id}", f"acts as {actor.id} for {actor.seller_id}")
        draw = self.random.random()
        if LEAD in actor.scopes and draw < 0.3:
            self._invite(known, actor, door)
        elif draw < 0.5:
            goods = self._goods(known)
            self.facts.prices[goods.variant_id].append((self.place.scheduler.time, goods.amount + 7))
            door.web.do("products", self._price(goods), actor)
        else:
            may = may or has(known, WRITE)
            self._write(Act(member_id, known.seller_id, may, was_gone), actor, door)

    def _write(self, act: Act, actor: Actor, door: Door) -> None:
        """What they write is of no other; some of it about things of other stores."""
        self._acts += 1
        text, teams = f"{self.name} {self._acts}", self.facts.teams
        teams.acts[text] = act
        self.place.faults.count("member works")
        goods = (
            self.random.choice(ALL_GOODS) if self.random.random() < 0.3 else self._goods(teams.members[act.member_id])
        )
        door.web.do("products", UpdateProduct(product_id=goods.product_id, description=text), actor)
        if text not in teams.written:
            self.place.broken("I39", f"member {act.member_id}", "was told that it is done, and nothing was written")

    def _invite(self, known: Colleague, actor: Actor, door: Door) -> None:
        """A friend, to whom they give what they have, or more."""
        email, rights = self.random.choice(self.others).email, self.random.choice(RIGHTS)
        may = all(has(known, right) for right in rights)
        if may:
            self.facts.teams.invited.setdefault((known.seller_id, email), []).append(rights)
        door.web.do(LABEL, InviteMember(email=email, rights=rights), actor)
        if not may and not all(has(known, right) for right in rights):
            self.place.broken("I39", f"member {actor.id}", f"gave {rights}, and has {known.rights}")

    def _goods(self, known: Colleague) -> Goods:
        return self.random.choice([one for one in ALL_GOODS if one.seller_id == known.seller_id])

    def _price(self, goods: Goods) -> SetPrice:
        return SetPrice(
            product_id=goods.product_id, variant_id=goods.variant_id, amount=goods.amount + 7, currency=CURRENCY
        )


def email_of(number: int) -> str:
    return f"helper.{number}@example.com"


def teams(place: Marketplace, facts: Facts) -> tuple[Employer | Helper, ...]:
    """All who have to do with teams, and the doors by which they come in."""
    employers = [Employer(place, facts, number) for number in EMPLOYERS]
    helpers = [Helper(place, facts, number) for number in range(HELPERS)]
    if has_teams(place.faults):
        withdrawals = Withdrawals()
        for web in place.webs:
            withdrawals.follow(web)
        for helper in helpers:
            helper.doors = [Door(web, place.store(LABEL), withdrawals) for web in place.webs]
            helper.others = [one for one in helpers if one is not helper]
        by_email = {one.email: one for one in helpers}
        place.letterbox.came = lambda email, letter: by_email[email].read(letter)
    return (*employers, *helpers)
