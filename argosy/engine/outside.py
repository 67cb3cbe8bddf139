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
from argosy.shared_kernel.errors import Invalid, RuleBroken
from argosy.shared_kernel.ids import IdSource
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

    def run(self, command: Command, actor: Actor, also: Sequence[Message] = ()) -> Any:
        """Do it, and give back what the use case returns. A DomainError is a refusal: nothing was done. What is `also`
        told stands in the log if and only if that has changed anything."""
        return self._attempt(command, actor, None, lambda result: None, also=also)[0]

    def run_keyed(
        self,
        command: Command,
        actor: Actor,
        keyed: Keyed,
        respond: Callable[[Any], tuple[int, str]],
        also: Sequence[Message] = (),
    ) -> Answer:
        """Do it once per key; a repeat with the same fingerprint gets the stored answer, another is refused.

        Refusals are not stored: the same key may be tried again once the reason is gone.
        """
        began = self.clock.now()
        for _ in range(RERUNS_MAX):
            stored = self.store.answer(keyed.actor, keyed.route, keyed.key)
            if stored is not None:
                if stored.fingerprint != keyed.fingerprint:
                    raise IdempotencyKeyReused(key=keyed.key)
                return Answer(stored.status, stored.answer, is_repeat=True)
            try:
                status, body = self._attempt(command, actor, keyed, respond, 1, also)[1]
                return Answer(status, body)
            except VersionConflict:
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
    ) -> tuple[Any, Any]:
        request_id = self.ids.new()
        for attempt in range(1, reruns + 1):
            now = self.clock.now()
            work = UnitOfWork(self.store, now)
            work.actor = actor
            delivery = Delivery(message=command, cause=Cause(request_id, request_id, self.ids))
            run(self.participant, work, [delivery])
            if delivery.error is not None:
                raise delivery.error
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
                    keyed.actor, keyed.route, keyed.key, keyed.fingerprint, status, body, now
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
            return delivery.result, answer
        raise AssertionError("unreachable")
