"""Commands from outside: one unit of work each, with a stored answer per Idempotency-Key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from argosy.engine.batch import Delivery, run
from argosy.engine.participant import Participant
from argosy.engine.store import Changes, Contended, IdempotencyKey, Store, VersionConflict
from argosy.engine.work import Actor, Cause, UnitOfWork
from argosy.shared_kernel.clock import Clock
from argosy.shared_kernel.errors import DomainError, Invalid, RuleBroken
from argosy.shared_kernel.ids import Id, IdSource
from argosy.shared_kernel.messages import Command, Message

RERUNS_MAX = 8
WAIT_SECONDS_MAX = 2


class IdempotencyKeyReused(Invalid):
    """This Idempotency-Key was used for another request."""


class TooBusy(RuleBroken):
    """Others keep changing the same thing; try again in a moment."""


@dataclass(frozen=True)
class Keyed:
    """A request that carries an Idempotency-Key, scoped to actor and route; `fingerprint` hashes its body."""

    actor: str
    route: str
    key: str
    fingerprint: str


@dataclass(frozen=True)
class Answer:
    """What the caller gets: a status and JSON text. `is_repeat` says that nothing was done now."""

    status: int
    body: str
    is_repeat: bool = False


class Outside:
    """Runs commands that come from outside, in the caller's thread. `committed` is told what was written."""

    def __init__(self, participant: Participant, store: Store, clock: Clock, ids: IdSource) -> None:
        self.participant = participant
        self.store = store
        self.clock = clock
        self.ids = ids
        self.committed: Callable[[Changes], None] = lambda changes: None

    def run(
        self,
        command: Command,
        actor: Actor,
        also: Sequence[Message] = (),
        respond: Callable[[Any], Any] = lambda result: result,
    ) -> Any:
        """Do it, and give back what the use case returns, or what `respond` makes of it before anything is written. A
        DomainError is a refusal: nothing was done. What is `also` told stands in the log if and only if that has
        changed anything."""
        return self._attempt(command, actor, None, respond, also=also)

    def looked(self, keyed: Keyed) -> Answer | None:
        """What this key was answered with, if it was: to the same request; another one is refused."""
        stored = self.store.answer(keyed.actor, keyed.route, keyed.key)
        if stored is None:
            return None
        if stored.fingerprint != keyed.fingerprint:
            raise IdempotencyKeyReused(key=keyed.key)
        return Answer(stored.status, stored.answer, is_repeat=True)

    def run_keyed(
        self,
        command: Command,
        actor: Actor,
        keyed: Keyed,
        respond: Callable[[Any], tuple[int, str]],
        also: Sequence[Message] = (),
        *,
        is_new: bool = False,
    ) -> Answer:
        """Do it once per key; a repeat with the same fingerprint gets the stored answer, another is refused.

        Refusals are not stored: the same key may be tried again once the reason is gone. But where a rival with the key
        has been through meanwhile, what refuses this one is what the rival did. `is_new`: the caller has `looked`.
        """
        answer = None if is_new else self.looked(keyed)
        if answer is not None:
            return answer
        began = self.clock.now()
        for _ in range(RERUNS_MAX):
            try:
                return Answer(*self._attempt(command, actor, keyed, respond, 1, also))
            except (VersionConflict, DomainError) as failure:
                answer = self.looked(keyed)
                if answer is not None:
                    return answer
                if isinstance(failure, DomainError):
                    raise
                if self.clock.now() - began > timedelta(seconds=WAIT_SECONDS_MAX):
                    break
        raise TooBusy()

    def _attempt(
        self,
        command: Command,
        actor: Actor,
        keyed: Keyed | None,
        respond: Callable[[Any], Any],
        reruns: int = RERUNS_MAX,
        also: Sequence[Message] = (),
    ) -> Any:
        request_id = self.ids.new()
        for attempt in range(1, reruns + 1):
            work, delivery = self._ran(command, actor, request_id)
            if delivery.refusal is not None:
                raise delivery.refusal
            if also and work.has_effects:
                work.begin(delivery.cause)
                work.announce(*also)
                work.keep()
            answer = respond(delivery.result)
            if keyed is not None:
                status, body = answer
                work.changes.idempotency_key = IdempotencyKey(
                    keyed.actor, keyed.route, keyed.key, keyed.fingerprint, status, body, work.now
                )
            try:
                work.commit()
            except Contended:
                raise TooBusy() from None
            except VersionConflict:
                if attempt == reruns:
                    if keyed is not None:
                        raise
                    raise TooBusy() from None
                continue
            self.committed(work.changes)
            return answer
        raise AssertionError("unreachable")

    def _ran(self, command: Command, actor: Actor, request_id: Id) -> tuple[UnitOfWork, Delivery]:
        """The command in memory, with nothing written. What it reads it reads bit by bit: where a rival commits in
        between, it may not fit together and break what always holds. So an error is one when it comes again."""
        for is_again in (False, True):
            work = UnitOfWork(self.store, self.clock.now())
            work.actor = actor
            delivery = Delivery(message=command, cause=Cause(request_id, request_id, self.ids))
            run(self.participant, work, [delivery])
            if delivery.error is None:
                break
            if is_again:
                raise delivery.error
        return work, delivery
