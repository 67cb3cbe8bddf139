"""Due work: timers that become messages, and calls to the outside whose answers become commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from argosy.engine.batch import Delivery, run
from argosy.engine.kept import Kept
from argosy.engine.log import Record, lane_of
from argosy.engine.participant import Participant
from argosy.engine.store import CALL, TIMER, Changes, Due, Fence, Store, StoreUnavailable, VersionConflict
from argosy.engine.work import Cause, UnitOfWork
from argosy.shared_kernel.clock import Clock
from argosy.shared_kernel.codec import decoder
from argosy.shared_kernel.ids import DerivedIds
from argosy.shared_kernel.messages import Command

BATCH_MAX = 256
LEASE_SECONDS = 60
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
            work.changes.records.append(Record(
                message_id=ids.new(), wire_name=timer.name, version=timer.version, key=timer.key,
                lane=lane_of(timer.key), sequence=0, payload=timer.payload, correlation_id=timer.correlation_id,
                cause_id=timer.cause_id, subject="", created_at=now))
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
    return Due(id=f"{RECURRING}{wire_name}:{at.isoformat()}", kind=TIMER, name=wire_name, key=key, due_at=at,
               payload=payload, correlation_id=wire_name, cause_id=RECURRING)


class CallTarget(msgspec.Struct, frozen=True):
    """What answers calls of one name: the request's type, and a function from (request, attempt, call id) to the
    command that tells its context the outcome. Attempts count from 1; above 1 the outside may already have acted, so
    the function looks before it acts. `seconds` bounds one attempt."""

    request: type[msgspec.Struct]
    run: Callable[[Any, int, str], Command]
    seconds: int = 30


class Pool(Protocol):
    """Runs calls outside any transaction; finished ones are collected later."""

    def submit(self, due: Due, run: Callable[[], Command]) -> None: ...

    def room(self) -> int: ...

    def finished(self) -> list[tuple[Due, Command | Exception]]: ...


class Calls:
    """One context's calls: leased, run in a pool in order per key, their answers applied in batches."""

    def __init__(
        self, participant: Participant, store: Store, clock: Clock, targets: Mapping[str, CallTarget], pool: Pool,
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
        self.undeclared_loads = 0
        self._busy: set[str] = set()

    def step(self) -> int:
        """Apply finished calls, start due ones; how many moved."""
        return self.collect() + self.start()

    def start(self) -> int:
        """Lease what is due and hand it to the pool, one call per key at a time."""
        room = min(self.pool.room(), BATCH_MAX)
        if room <= 0:
            return 0
        now = self.clock.now()
        ready: dict[str, Due] = {}
        for due in self.store.due(CALL, now, room + len(self._busy)):
            if due.key not in self._busy and due.key not in ready and len(ready) < room:
                ready[due.key] = due
        if not ready:
            return 0
        taken = self.store.lease(list(ready.values()), now + timedelta(seconds=LEASE_SECONDS))
        for due in taken:
            self._busy.add(due.key)
            self.pool.submit(due, self._runner(due))
        return len(taken)

    def collect(self) -> int:
        """Apply the answers that have come, all in one commit where possible."""
        answered: list[tuple[Due, Command]] = []
        finished = self.pool.finished()
        for due, outcome in finished:
            self._busy.discard(due.key)
            if isinstance(outcome, Exception):
                self._again(due)
            else:
                answered.append((due, outcome))
        if answered:
            self._apply(answered)
        return len(finished)

    def _runner(self, due: Due) -> Callable[[], Command]:
        target = self.targets[due.name]
        return lambda: target.run(decoder(target.request).decode(due.payload), due.attempts, due.id)

    def _again(self, due: Due) -> None:
        wait = _BACKOFF_SECONDS[min(due.attempts, len(_BACKOFF_SECONDS)) - 1]
        self.store.release(due, self.clock.now() + timedelta(seconds=wait))

    def _apply(self, answered: Sequence[tuple[Due, Command]]) -> None:
        work = UnitOfWork(self.store, self.clock.now(), self.kept, self.fence)
        deliveries = [self._delivery(due, answer) for due, answer in answered]
        run(self.participant, work, deliveries)
        failed = [due for (due, _), delivery in zip(answered, deliveries, strict=True) if delivery.error is not None]
        for (due, _), delivery in zip(answered, deliveries, strict=True):
            if delivery.error is None:
                work.changes.finished.append((due.id, due.token))
        try:
            work.commit()
        except VersionConflict:
            self.kept.clear()
            if len(answered) > 1:
                for pair in answered:
                    self._apply([pair])
            else:
                self._retry_alone(answered[0])
            return
        except StoreUnavailable:
            raise
        except Exception:  # noqa: BLE001 - the database forbids what some answer asks for: only that one is put off
            self.kept.clear()
            if len(answered) > 1:
                for pair in answered:
                    self._apply([pair])
            else:
                self._again(answered[0][0])
            return
        for due in failed:
            self._again(due)
        self.undeclared_loads += work.undeclared_loads
        self.committed(work.changes)

    def _retry_alone(self, pair: tuple[Due, Command]) -> None:
        """A lone conflict is either a race on the aggregate (redo) or a lost lease (the rival's answer counts)."""
        due, answer = pair
        for _ in range(3):
            work = UnitOfWork(self.store, self.clock.now(), fence=self.fence)
            delivery = self._delivery(due, answer)
            run(self.participant, work, [delivery])
            if delivery.error is not None:
                return self._again(due)
            work.changes.finished.append((due.id, due.token))
            try:
                work.commit()
            except VersionConflict:
                continue
            return self.committed(work.changes)
        return None

    def _delivery(self, due: Due, answer: Command) -> Delivery:
        ids = DerivedIds(due.id, due.due_at, f"answer{due.attempts}")
        return Delivery(message=answer, cause=Cause(due.id, due.correlation_id, ids))


def next_wake(stores: Sequence[Store]) -> datetime | None:
    """When the earliest due work of these stores is due."""
    times = [time for store in stores if (time := store.next_due()) is not None]
    return min(times) if times else None


