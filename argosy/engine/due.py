"""Due work: timers that become messages, and calls to the outside whose answers become commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from argosy.engine.batch import Delivery, run
from argosy.engine.kept import Kept
from argosy.engine.log import Record, lane_of
from argosy.engine.participant import Participant
from argosy.engine.people import subject_of
from argosy.engine.store import CALL, TIMER, Changes, Due, Fence, Store, StoreUnavailable, VersionConflict
from argosy.engine.work import Cause, UnitOfWork
from argosy.shared_kernel.clock import Clock
from argosy.shared_kernel.codec import decoder
from argosy.shared_kernel.ids import DerivedIds
from argosy.shared_kernel.messages import Command

BATCH_MAX = 256
RERUNS_MAX = 3
LEASE_MARGIN_SECONDS = 5
_BACKOFF_SECONDS = (1, 2, 5, 15, 60, 300)


class Timers:
    """One context's timers: those that are due are told in its log, exactly once.

    `recurring` says how many seconds after each telling a command of that wire name is told again.
    """

    def __init__(self, store: Store, clock: Clock, recurring: Mapping[str, int] | None = None) -> None:
        self.store = store
        self.clock = clock
        self.recurring = recurring or {}
        self.fence: Fence | None = None
        self.committed: Callable[[Changes], None] = lambda changes: None

    def step(self) -> int:
        """Tell at most one batch of due timers; how many."""
        now = self.clock.now()
        due = self.store.due(TIMER, now, BATCH_MAX)
        if not due:
            return 0
        work = UnitOfWork(self.store, now, fence=self.fence)
        for timer in due:
            ids = DerivedIds(timer.id, timer.due_at, "timer")
            work.changes.records.append(
                Record(
                    message_id=ids.new(),
                    wire_name=timer.name,
                    version=timer.version,
                    key=timer.key,
                    lane=lane_of(timer.key),
                    sequence=0,
                    payload=timer.payload,
                    correlation_id=timer.correlation_id,
                    cause_id=timer.cause_id,
                    subject=subject_of(timer.name, timer.payload),
                    created_at=now,
                )
            )
            work.changes.finished.append((timer.id, timer.token))
            seconds = self.recurring.get(timer.name)
            if seconds is not None and timer.id.startswith(RECURRING):
                again = recurring_timer(timer.name, timer.key, timer.payload, now + timedelta(seconds=seconds))
                work.changes.due[again.id] = again
        try:
            work.commit()
        except VersionConflict:
            return 0
        self.committed(work.changes)
        return len(due)


RECURRING = "every:"


def recurring_timer(wire_name: str, key: str, payload: str, at: datetime) -> Due:
    """The next telling of a recurring command; its time is part of its id, so that each telling is a row of its own."""
    return Due(
        id=f"{RECURRING}{wire_name}:{at.isoformat()}",
        kind=TIMER,
        name=wire_name,
        key=key,
        due_at=at,
        payload=payload,
        correlation_id=wire_name,
        cause_id=RECURRING,
    )


@dataclass(frozen=True)
class Every:
    """A recurring command: told in the context's own log every `seconds`, for the first time `first_after` seconds
    after a worker has taken the context."""

    seconds: int
    send: Command
    first_after: int = 0


class TooLate(Exception):
    """A call waited for its turn so long that it could not end within its lease: it was not made."""


class CallTarget(msgspec.Struct, frozen=True):
    """What answers calls of one name: the request's type, and a function from (request, attempt, call id) to the
    command that tells its context the outcome. Attempts count from 1; above 1 the outside may already have acted, so
    the function looks before it acts. `seconds` bounds one attempt: its lease lasts longer, and the pool gives up on
    what does not keep to it."""

    request: type[msgspec.Struct]
    run: Callable[[Any, int, str], Command]
    seconds: int = 30


class Pool(Protocol):
    """Runs calls outside any transaction; finished ones are collected later."""

    def submit(self, due: Due, run: Callable[[], Command]) -> None: ...

    def room(self) -> int: ...

    def finished(self) -> list[tuple[Due, Command | Exception]]: ...


class Calls:
    """One context's calls: leased, run in a pool in order per key, their answers applied in batches.

    A call that can be made at once is leased by the unit of work that asks for it (`lease`) and begun after its commit
    (`begin`); `start` takes up all that could not.
    """

    def __init__(
        self,
        participant: Participant,
        store: Store,
        clock: Clock,
        targets: Mapping[str, CallTarget],
        pool: Pool,
        kept: Kept | None = None,
    ) -> None:
        self.participant = participant
        self.store = store
        self.clock = clock
        self.targets = targets
        self.pool = pool
        self.kept = kept if kept is not None else Kept()
        self.committed: Callable[[Changes], None] = lambda changes: None
        self.fence: Fence | None = None
        self.failed: Callable[[Due, Exception], None] = lambda due, error: None
        self.answered: Callable[[Sequence[Due]], None] = lambda calls: None
        """Told once per commit which calls' answers it applied."""
        self.undeclared_loads = 0
        self.has_more = False
        """Whether more is due than was started, for want of room or behind another of its key: start again once some
        have come back."""
        self._busy: set[str] = set()
        self._answered: list[tuple[Due, Command | Exception]] = []

    def step(self) -> int:
        """Apply finished calls, start due ones; how many moved."""
        return self.collect() + self.start()

    def lease(self, call: Due, taken: int) -> None:
        target = self.targets.get(call.name)
        if target is None or self.fence is None or call.key in self._busy or self.pool.room() <= taken:
            return
        call.token = call.attempts = 1
        call.lease_until = call.due_at + timedelta(seconds=target.seconds + LEASE_MARGIN_SECONDS)

    def begin(self, changes: Changes) -> bool:
        """Make the calls that a commit has leased; whether it asked for others besides."""
        has_others = False
        for due in changes.due.values():
            if due.id in changes.begun:
                self._busy.add(due.key)
                self.pool.submit(due, self._runner(due))
            elif due.kind == CALL:
                has_others = True
        return has_others

    def start(self) -> int:
        """Lease what is due and hand it to the pool, one call per key at a time."""
        room = min(self.pool.room(), BATCH_MAX)
        self.has_more = room <= 0
        if room <= 0:
            return 0
        now = self.clock.now()
        ready: dict[str, Due] = {}
        found = self.store.due(CALL, now, room + len(self._busy))
        for due in found:
            if due.key not in self._busy and due.key not in ready and len(ready) < room:
                ready[due.key] = due
        self.has_more = len(found) > len(ready)
        if not ready:
            return 0
        seconds = max(self._seconds_of(due) for due in ready.values())
        taken = self.store.lease(list(ready.values()), now + timedelta(seconds=seconds + LEASE_MARGIN_SECONDS))
        for due in taken:
            self._busy.add(due.key)
            self.pool.submit(due, self._runner(due))
        return len(taken)

    def collect(self) -> int:
        """Apply the answers that have come, all in one commit where possible. Where the database is away, they are
        kept for the next time."""
        self._answered += self.pool.finished()
        took = len(self._answered)
        while failed := next((one for one in self._answered if isinstance(one[1], Exception)), None):
            due, error = failed
            self._again(due, error)  # type: ignore[arg-type]
            self._done([due])
        if self._answered:
            self._apply(self._answered)  # type: ignore[arg-type]
        return took

    def _done(self, calls: Sequence[Due]) -> None:
        gone = {(due.id, due.token) for due in calls}
        self._answered = [one for one in self._answered if (one[0].id, one[0].token) not in gone]
        self._busy.difference_update(due.key for due in calls)

    def _seconds_of(self, due: Due) -> int:
        target = self.targets.get(due.name)
        return target.seconds if target else 0

    def _runner(self, due: Due) -> Callable[[], Command]:
        """Does not begin what could not end before its lease does: somebody else may have it then."""

        def run_call() -> Command:
            target = self.targets[due.name]
            if due.lease_until is None or self.clock.now() + timedelta(seconds=target.seconds) > due.lease_until:
                raise TooLate(due.id)
            return target.run(decoder(target.request).decode(due.payload), due.attempts, due.id)

        return run_call

    def _again(self, due: Due, error: Exception) -> None:
        wait = _BACKOFF_SECONDS[min(due.attempts, len(_BACKOFF_SECONDS)) - 1]
        self.store.release(due, self.clock.now() + timedelta(seconds=wait))
        self.failed(due, error)

    def _apply(self, answered: Sequence[tuple[Due, Command]]) -> None:
        """All in one commit; one by one where that fails, so that each answers for itself alone."""
        if len(answered) == 1:
            self._apply_alone(*answered[0])
            return
        work = UnitOfWork(self.store, self.clock.now(), self.kept, self.fence, self)
        try:
            deliveries = [self._delivery(due, answer) for due, answer in answered]
            run(self.participant, work, deliveries)
            if any(delivery.error is not None for delivery in deliveries):
                raise VersionConflict("an answer failed")
            work.changes.finished += [(due.id, due.token) for due, _ in answered]
            work.commit()
        except StoreUnavailable:
            raise
        except Exception:  # noqa: BLE001 - each finds out alone whether it was its own
            self.kept.clear()
            for due, answer in answered:
                self._apply_alone(due, answer, is_fresh=True)
            return
        self._applied(work, [due for due, _ in answered])

    def _apply_alone(self, due: Due, answer: Command, *, is_fresh: bool = False) -> None:
        """A lone conflict is either a race on the aggregate (redo) or a lost lease (the rival's answer counts); an
        error on what was kept may be one about outdated copies, and counts on fresh rows only."""
        error: Exception | None = None
        for _ in range(1 + RERUNS_MAX):
            work = UnitOfWork(self.store, self.clock.now(), None if is_fresh else self.kept, self.fence, self)
            try:
                delivery = self._delivery(due, answer)
                run(self.participant, work, [delivery])
                error = delivery.error
                if error is None:
                    work.changes.finished.append((due.id, due.token))
                    work.commit()
            except StoreUnavailable:
                raise
            except Exception as failure:  # noqa: BLE001 - a conflict, or the database forbids what it asks for
                error = failure
            if error is None or (is_fresh and not isinstance(error, VersionConflict)):
                break
            self.kept.clear()
            is_fresh = True
        if error is None:
            self._applied(work, [due])
            return
        self._again(due, error)
        self._done([due])

    def _applied(self, work: UnitOfWork, calls: Sequence[Due]) -> None:
        self._done(calls)
        self.answered(calls)
        self.undeclared_loads += work.undeclared_loads
        self.committed(work.changes)

    def _delivery(self, due: Due, answer: Command) -> Delivery:
        ids = DerivedIds(due.id, due.due_at, f"answer{due.attempts}")
        return Delivery(message=answer, cause=Cause(due.id, due.correlation_id, ids))
