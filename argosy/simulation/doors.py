"""Where members of sellers' teams come in: letters that invite them, and webs that let their tokens act for a store, in
seeds whose sellers have teams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from random import Random
from typing import NamedTuple

from argosy.contracts.accounts import LetterAnswered
from argosy.domains.accounts.application.letters import LETTERS, LetterRequest
from argosy.domains.accounts.context import AccountsContext
from argosy.domains.accounts.domain.letter import INVITE, LATE, SENT
from argosy.domains.accounts.domain.seller_store import OPEN, Store
from argosy.domains.accounts.domain.session import Session
from argosy.domains.accounts.domain.team import Invitation, Member, granted_by
from argosy.domains.accounts.domain.user import SELLER, User
from argosy.engine.due import CallTarget
from argosy.engine.store import Changes
from argosy.engine.work import Actor
from argosy.shared_kernel.bearer_tokens import fingerprint
from argosy.shared_kernel.ids import Id
from argosy.simulation.contexts import Part, PlainSeals
from argosy.simulation.faults import Faults
from argosy.simulation.processes import Web
from argosy.simulation.scheduler import SECOND, moment
from argosy.simulation.store import SimulatedStore

LABEL = "accounts"
ONE_IN = 3
"""In so many seeds."""
REMEMBERED = 5 * SECOND
"""How long a web remembers whom a token stands for."""


def has_teams(faults: Faults) -> bool:
    return bool(faults.rates["member invited"]) and Random(f"{faults.seed}:seller teams").randrange(ONE_IN) == 0


class Invited(NamedTuple):
    """What a letter says to whoever reads it."""

    token: str
    seller_id: Id
    invited_by: str


class Letterbox:
    """Where invitations arrive: `came` is told of the address and the letter. Other letters go nowhere."""

    def __init__(self) -> None:
        self.came: Callable[[str, Invited], None] = lambda email, letter: None

    def put_into(self, parts: dict[str, Part], faults: Faults) -> None:
        """Have accounts' letters brought, where there are teams: elsewhere nobody writes any."""
        if has_teams(faults):
            part = parts[LABEL]
            send = partial(self._send, part.store)
            parts[LABEL] = replace(part, calls={LETTERS: CallTarget(LetterRequest, send, seconds=30)})

    def _send(self, store: SimulatedStore, request: LetterRequest, attempt: int, call_id: str) -> LetterAnswered:
        invitation = store.rows.get(Invitation, {}).get(request.user_id)
        is_late = request.until is not None and moment(store.scheduler.time) >= request.until
        if request.kind == INVITE and isinstance(invitation, Invitation) and not is_late:
            token = PlainSeals().token(bytes.fromhex(request.seed))
            self.came(invitation.email, Invited(token, invitation.seller_id, invitation.invited_by))
            return LetterAnswered(user_id=request.user_id, kind=request.kind, outcome=SENT)
        return LetterAnswered(user_id=request.user_id, kind=request.kind, outcome=LATE)


class Withdrawals:
    """What all webs see at once: how often a web has told that it took something away. One that dies after its commit
    tells nobody."""

    def __init__(self) -> None:
        self.told = 0
        self._context = object.__new__(AccountsContext)

    def follow(self, web: Web) -> None:
        outside = web.outside(LABEL)
        outside.committed = partial(self._committed, outside.committed)

    def _committed(self, ring: Callable[[Changes], None], changes: Changes) -> None:
        if self._context.withdraws(changes):
            self.told += 1
        ring(changes)


class Door:
    """One web's: it looks a token up, and remembers whom it found for a few seconds, or until anything is withdrawn."""

    def __init__(self, web: Web, store: SimulatedStore, withdrawals: Withdrawals) -> None:
        self.web = web
        self.store = store
        self.withdrawals = withdrawals
        self._known: dict[str, tuple[int, int, Actor]] = {}

    def actor_of(self, token: str) -> Actor | None:
        """Whom a store's token stands for; None for one that is nobody's."""
        now, told = self.store.scheduler.time, self.withdrawals.told
        known = self._known.get(token)
        if known is not None and known[0] > now and known[1] == told:
            return known[2]
        actor = member_of(self.store, token, self.web.clock.now())
        if actor is not None:
            self._known[token] = (now + REMEMBERED, told, actor)
        return actor


def member_of(store: SimulatedStore, token: str, now: datetime) -> Actor | None:
    """As accounts' own statement has it: both the person and the owner are let in, and the store is open."""
    found = [one for one in store.load(Session, "token_hash", [fingerprint(token)]) if not one.has_expired(now)]
    member = store.rows.get(Member, {}).get(found[0].member_id or "") if found else None
    if not isinstance(member, Member) or member.user_id != found[0].user_id:
        return None
    shop = store.rows[Store].get(member.seller_id)
    people = [store.rows[User].get(id) for id in (member.user_id, shop.user_id)] if isinstance(shop, Store) else []
    if not isinstance(shop, Store) or shop.status != OPEN:
        return None
    if not all(isinstance(one, User) and one.is_active for one in people):
        return None
    return Actor(
        id=member.id,
        roles=frozenset({SELLER}),
        session_id=found[0].id,
        seller_id=member.seller_id,
        scopes=granted_by(member.rights),
        person=member.user_id,
    )
