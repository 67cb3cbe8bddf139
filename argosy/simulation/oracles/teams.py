"""Teams of sellers: at every commit nobody writes for a store who may not; at rest accounts has whom they should."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from argosy.contracts.accounts_teams import MemberJoined, MemberRemoved, MemberRightsChanged
from argosy.domains.accounts.domain.session import Session
from argosy.domains.accounts.domain.team import Invitation, Member, named
from argosy.domains.accounts.domain.user import User
from argosy.domains.products.domain.product import Product
from argosy.engine.store import Changes
from argosy.shared_kernel.codec import decode
from argosy.simulation.doors import LABEL, has_teams
from argosy.simulation.facts import Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.violation import Violation
from argosy.simulation.scheduler import DAY, MINUTE, microseconds
from argosy.simulation.store import SimulatedStore


class Writing:
    """At every commit of products: what members write is for their own store, within their rights, and begun while they
    were members."""

    def __init__(self, place: Marketplace, facts: Facts) -> None:
        self.place = place
        self.facts = facts

    def watch(self, store: SimulatedStore, changes: Changes) -> None:
        for product, earlier in changes.updates.get(Product, ()):
            if isinstance(product, Product) and product.description != earlier["description"]:
                self._look(product)

    def _look(self, product: Product) -> None:
        act = self.facts.teams.acts.get(product.description)
        if act is None:
            return
        self.facts.teams.written.add(product.description)
        where = f"product {product.id}"
        if act.was_gone:
            self.place.broken("I39", where, f"was written by member {act.member_id}, who had been removed before")
        if product.seller_id != act.seller_id:
            self.place.broken("I39", where, f"was written by member {act.member_id} of {act.seller_id}")
        if not act.may:
            self.place.broken("I39", where, f"was written by member {act.member_id}, who had no right to it")


def teams(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    if has_teams(place.faults):
        yield from _members(place, facts)
        yield from _told(place)
        yield from _left_over(place)


def _members(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    rows = place.store(LABEL).rows
    there = rows.get(Member, {})
    for row in there.values():
        user = rows[User].get(row.user_id) if isinstance(row, Member) else None
        if not isinstance(row, Member) or not isinstance(user, User):
            yield Violation("I39", f"member {row.id}", "is nobody")
            continue
        known = facts.teams.members.get(row.id)
        given = known.rights if known is not None else facts.teams.invited.get((row.seller_id, user.email), [])
        if set(named(row.rights)) not in map(set, given):
            yield Violation("I39", f"member {row.id}", f"may {row.rights}; they were given {given}")
    for id, known in facts.teams.members.items():
        if known.is_leaving and id in there:
            yield Violation("I39", f"member {id}", "was removed, and is there")
        elif not known.is_leaving and id not in there:
            yield Violation("I39", f"member {id}", "is gone, and nobody wanted that")


def _told(place: Marketplace) -> Iterator[Violation]:
    """Whoever follows what accounts tells knows who works on which store, and what they may."""
    store = place.store(LABEL)
    followed: dict[str, tuple[str, str, tuple[str, ...]]] = {}
    for record in store.log.records:
        if record.wire_name in (MemberJoined.wire_name, MemberRightsChanged.wire_name, MemberRemoved.wire_name):
            told: Any = decode(record.wire_name, record.version, record.payload)
            if isinstance(told, MemberJoined):
                followed[told.member_id] = (told.seller_id, told.user_id, told.rights)
            elif isinstance(told, MemberRightsChanged):
                followed[told.member_id] = (*followed[told.member_id][:2], told.rights)
            else:
                followed.pop(told.member_id, None)
    there = {str(row.id): (row.seller_id, row.user_id, named(row.rights)) for row in store.all(Member)}
    for id in sorted(followed.keys() | there.keys()):
        if followed.get(id) != there.get(id):
            what = f"is {there.get(id)}; who was told of them knows {followed.get(id)}"
            yield Violation("I32", f"member {id}", what)


def _left_over(place: Marketplace) -> Iterator[Violation]:
    store = place.store(LABEL)
    there = store.rows.get(Member, {})
    removed: dict[str, datetime] = {}
    for record in store.log.records:
        if record.wire_name == MemberRemoved.wire_name:
            told: Any = decode(record.wire_name, record.version, record.payload)
            removed[told.member_id] = record.created_at
    slack = MINUTE + 2 * place.clocks_differ
    for session in store.all(Session):
        if session.member_id is not None and session.member_id not in there:
            # One that was being opened just then lets nobody in, and goes when its time has come.
            ended = removed.get(session.member_id)
            if ended is not None and abs(microseconds(session.created_at) - microseconds(ended)) < slack:
                continue
            yield Violation("I39", f"session {session.id}", f"acts as member {session.member_id}, who is none")
    for invitation in store.all(Invitation):
        if microseconds(invitation.expires_at) + DAY < place.scheduler.time:
            yield Violation("I40", f"invitation {invitation.id}", "is worth nothing any more, and there")
