"""Simulated processes: workers that work off subscriptions, timers and calls, and webs that serve people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any, Protocol

from argosy.engine.consumer import Consumer, SubscriptionStopped
from argosy.engine.due import RECURRING, Calls, Timers, recurring_timer
from argosy.engine.kept import Kept
from argosy.engine.log import Log
from argosy.engine.outside import Answer, Keyed, Outside
from argosy.engine.shared_log import SharedLog
from argosy.engine.store import Changes, Fence, Parked, StoreUnavailable, VersionConflict
from argosy.engine.work import Actor, UnitOfWork
from argosy.shared_kernel.codec import encode
from argosy.shared_kernel.messages import Command
from argosy.simulation.contexts import Part
from argosy.simulation.faults import Crash, Faults
from argosy.simulation.ids import NumberedIds
from argosy.simulation.pool import SimulatedPool
from argosy.simulation.scheduler import MINUTE, SECOND, Scheduler, SimulatedClock, microseconds
from argosy.simulation.transport import Transport, names_of

PEOPLE = "accounts"
"""Who tells of people that are to be forgotten."""
LEASE = 8 * SECOND
POLL = SECOND
VIEWS_PACE = 8
"""Views wait a moment while flows go on, and do more at once."""
IDLE_LANE_LAG = 600
"""As many messages as a log of thirty days has room for, some five times."""


class Fleet(Protocol):
    """Who shares out the contexts among the workers."""

    broken: Callable[[str, str, str], None]

    def has_begun(self, worker: Worker) -> None: ...

    def has_stopped(self, worker: Worker) -> None: ...


class Bell:
    """Tells workers of news: by what a commit told, to whom it concerns. A ring may be lost; polling finds it."""

    def __init__(self, parts: Mapping[str, Part], scheduler: Scheduler, faults: Faults) -> None:
        self.scheduler = scheduler
        self.faults = faults
        self.workers: list[Worker] = []
        self._listeners: dict[str, dict[str, None]] = {}
        for label, part in parts.items():
            for participant in part.participants:
                for names in participant.wire_names().values():
                    for name in sorted(names):
                        self._listeners.setdefault(name, {})[label] = None

    def ring(self, label: str, changes: Changes) -> None:
        """A commit in a context's database has happened, and its process tells of it."""
        names = names_of(changes.records)
        if len(names) == 1:
            concerned = self._listeners.get(names[0], {})
        else:
            concerned = {}
            for name in names:
                concerned.update(self._listeners.get(name, {}))
        if concerned:
            lost = self.faults.strikes("ring lost")
            for worker in self.workers:
                worker.hear(label, concerned, POLL if lost else 0)
        if changes.due:
            for worker in self.workers:
                worker.look_at_due(label)


class Seat:
    """A part of the marketplace as one worker has it. Without a fence somebody else works it off."""

    def __init__(self, part: Part, consumers: list[Consumer]) -> None:
        self.part = part
        self.consumer = consumers[0]
        self.others = consumers[1:]
        """Such as the subscription that forgets people, which hardly ever has news."""
        self.others_hear = {source for consumer in self.others for source in consumer.sources}
        self.others_have_news = False
        self.timers: Timers | None = None
        self.calls: Calls | None = None
        self.pool: SimulatedPool | None = None
        self.is_held = False
        self.is_planned = False
        self.is_collecting = False
        self.due_planned_for: int | None = None

    def take(self, fence: Fence | None, *, is_held: bool) -> None:
        self.is_held = self.others_have_news = is_held
        for consumer in (self.consumer, *self.others):
            consumer.take_over(fence)
        for one in (self.timers, self.calls):
            if one is not None:
                one.fence = fence

    @property
    def undeclared_loads(self) -> int:
        return sum(consumer.undeclared_loads for consumer in (self.consumer, *self.others))

    def step(self) -> bool:
        """One batch of each subscription; whether more is at hand."""
        has_more = _step(self.consumer)
        if self.others_have_news:
            self.others_have_news = False
            at_hand = [_step(consumer) for consumer in self.others]
            # What one of them told meanwhile has rung.
            self.others_have_news = self.others_have_news or any(at_hand)
        return has_more or self.others_have_news


def _step(consumer: Consumer) -> bool:
    consumer.retry_parked()
    most = consumer.batch_max
    took = consumer.step()
    return consumer.must_look_again or took >= most


class Worker:
    """One process. What it remembers dies with it; what it has begun outside goes on."""

    def __init__(self, name: str, parts: Mapping[str, Part], bell: Bell, skew: int, *, is_broker: bool) -> None:
        self.fleet: Fleet
        self.name = name
        self.parts = parts
        self.bell = bell
        self.scheduler = bell.scheduler
        self.faults = bell.faults
        self.clock = SimulatedClock(self.scheduler, skew)
        self.skew = skew
        self.is_broker = is_broker
        self.pace = 40_000
        self.batch_max = 256
        self.is_alive = False
        self.asleep_until = 0
        self.was_late_until = 0
        """Until when a log was last held back from it."""
        self.life = 0
        self.deaths = 0
        self.seats: dict[str, Seat] = {}
        self.undeclared_loads = 0
        self._logs: dict[str, Log] = {}
        self._random = Random(f"{self.faults.seed}:{name}")

    # Life and death.

    def start(self) -> None:
        """Begin with nothing but what the databases say."""
        self.life += 1
        self.is_alive = True
        self.asleep_until = 0
        self._logs = {}
        for label, part in self.parts.items():
            if part.is_view:
                continue
            transport = Transport(part.store.log, self.scheduler, self.faults, is_broker=self.is_broker)
            transport.revealed = lambda at, label=label: self._hear_all(label, at)  # type: ignore[misc]
            wanted = self._wanted(label)
            self._logs[label] = transport if self.is_broker else SharedLog(transport, wanted, is_rung=True)
        self.seats = {label: self._seat(part) for label, part in self.parts.items()}
        self.fleet.has_begun(self)

    def die(self) -> None:
        """Forget everything. Somebody starts it again after a while."""
        self.is_alive = False
        self.deaths += 1
        self.undeclared_loads += sum(seat.undeclared_loads for seat in self.seats.values())
        self.seats, self._logs = {}, {}
        self.fleet.has_stopped(self)
        again = SECOND + self._random.randrange(MINUTE)
        self.scheduler.after(again, self.name, self.start)

    def close(self) -> None:
        """It is not started again."""
        for seat in self.seats.values():
            seat.consumer.kept.clear()
        self.seats.clear()
        self._logs.clear()

    def kill(self) -> None:
        """End it from outside; in the middle of a step other faults do."""
        if self.scheduler.is_running(self.name):
            self.scheduler.after(SECOND, "operator", self.kill)
        elif self.is_alive:
            self.die()

    def sleep(self, until: int) -> None:
        """Do nothing until then, and know nothing of it."""
        self.asleep_until = until
        self.fleet.has_stopped(self)

    def _seat(self, part: Part) -> Seat:
        kept = Kept()
        seat = Seat(part, [Consumer(one, part.store, self._logs, self.clock, kept=kept) for one in part.participants])
        for consumer in (seat.consumer, *seat.others):
            consumer.batch_max = self.batch_max
            consumer.idle_lane_lag = IDLE_LANE_LAG
            consumer.committed = self._committed_in(part.label)
            consumer.parked_now = lambda parked: self._parked(seat, parked)
        if part.is_view:
            return seat
        life = self.life
        recurring = {every.send.wire_name: every.seconds for every in part.schedule}
        seat.timers = Timers(part.store, self.clock, recurring)
        seat.timers.committed = self._committed_in(part.label)
        if part.calls:
            seat.pool = SimulatedPool(self.scheduler, self.faults, lambda: self._answered(seat, life), self.skew)
            seat.calls = Calls(part.participant, part.store, self.clock, part.calls, seat.pool, kept)
            seat.calls.committed = self._committed_in(part.label)
            consumer.calls = seat.calls
        return seat

    def _answered(self, seat: Seat, life: int) -> None:
        """A call has come back; to a process that is no more, its answer is lost."""
        if life == self.life and self.is_alive:
            self._plan_collecting(seat, self._random.randrange(1, self.pace))

    def _wanted(self, source: str) -> set[str]:
        participants = [one for part in self.parts.values() for one in part.participants]
        return {name for one in participants for name in one.wire_names().get(source, ())}

    # Work, a step at a time.

    def _later(self, delay: int, work: Callable[[], None]) -> None:
        """Do it, if this life of the process lasts so long; when it wakes, if it sleeps."""
        self.scheduler.after(delay, self.name, partial(self._do, self.life, work))

    def _do(self, life: int, work: Callable[[], None]) -> None:
        if life != self.life or not self.is_alive:
            return
        if self.asleep_until > self.scheduler.time:
            self.scheduler.at(self.asleep_until, self.name, partial(self._do, life, work))
            return
        try:
            work()
        except Crash:
            self.die()

    def hear(self, source: str, listeners: Iterable[str], delay: int) -> None:
        """There is news from a context for these subscriptions."""
        if not self.is_alive:
            return
        log = self._logs.get(source)
        if isinstance(log, SharedLog):
            log.news()
        for label in listeners:
            seat = self.seats[label]
            seat.others_have_news |= source in seat.others_hear
            if seat.is_held and not seat.is_planned:
                self._plan(seat, delay)

    def _plan(self, seat: Seat, delay: int) -> None:
        seat.is_planned = True
        pace = VIEWS_PACE * self.pace if seat.part.is_view else self.pace
        self._later(delay + self._random.randrange(1, pace), lambda: self._step(seat))

    def _hear_all(self, source: str, at: int) -> None:
        """What was late has come by then."""
        self.was_late_until = max(self.was_late_until, at)
        for label, part in self.parts.items():
            if any(source in one.wire_names() for one in part.participants):
                delay = at - self.scheduler.time
                self._later(delay, lambda label=label: self.hear(source, (label,), 1))  # type: ignore[misc]

    def _step(self, seat: Seat) -> None:
        seat.is_planned = False
        if not seat.is_held:
            return
        try:
            has_more = seat.step()
        except (StoreUnavailable, VersionConflict):
            self.look_at_lease(seat)
            self._poll(seat, POLL)
            return
        except SubscriptionStopped as error:
            self.fleet.broken("I28", f"{self.name}'s {seat.part.label}", str(error))
            self._poll(seat, MINUTE)
            return
        if has_more:
            self._plan(seat, 1_000)

    def _poll(self, seat: Seat, delay: int) -> None:
        """Look again, whether somebody rings or not."""
        for log in self._logs.values():
            if isinstance(log, SharedLog):
                log.news()
        seat.others_have_news = True
        if not seat.is_planned and seat.is_held:
            self._plan(seat, delay)

    def _parked(self, seat: Seat, parked: Parked) -> None:
        if parked.tries:
            at = microseconds(parked.next_try) - self.skew - self.scheduler.time
            self._later(max(at, 0) + 1, lambda: self._poll(seat, 0))

    def _committed_in(self, label: str) -> Callable[[Changes], None]:
        def committed(changes: Changes) -> None:
            log = self._logs.get(label)
            if changes.records and isinstance(log, SharedLog):
                log.told(changes.records)
            calls = self.seats[label].calls
            if calls is not None:
                calls.begin(changes)
            self.bell.ring(label, changes)

        return committed

    # Due work.

    def look_at_due(self, label: str, at_least: int = 0) -> None:
        """Be there when the next timer or call of a context is due. Recurring commands are told when somebody needs
        them: a look that would find nothing is not worth simulating (see `sweep`)."""
        seat = self.seats.get(label)
        if seat is None or not seat.is_held or seat.timers is None:
            return
        times = [
            due.lease_until if due.lease_until is not None else due.due_at
            for due in seat.part.store.due_rows.values()
            if not due.id.startswith(RECURRING)
        ]
        if times:
            at = max(microseconds(min(times)) - self.skew, self.scheduler.time + at_least)
            self._plan_due(seat, at + self._random.randrange(1, self.pace))

    def _plan_due(self, seat: Seat, at: int) -> None:
        """One look is planned at a time: the earliest that anybody asked for."""
        if seat.due_planned_for is not None and seat.due_planned_for <= at:
            return
        seat.due_planned_for = at
        self._later(at - self.scheduler.time, lambda: self._work_off_due(seat, at))

    def look_at_parked(self, label: str) -> None:
        """An operator has moved what is parked."""
        seat = self.seats[label]
        if seat.is_held:
            for consumer in (seat.consumer, *seat.others):
                consumer.look_at_parked()
            self._poll(seat, 0)

    def look_at_everything(self) -> None:
        """Poll once, as every worker does every second."""
        for label, seat in self.seats.items():
            self.look_at_lease(seat)
            self._poll(seat, 0)
            self.look_at_due(label)

    def soon(self, work: Callable[[], None]) -> None:
        self._later(self._random.randrange(1, self.pace), work)

    def sweep(self, label: str) -> None:
        """The schedule's commands are due by now, at the worker that holds the context."""
        seat = self.seats[label]
        if seat.is_held:
            self._plan_due(seat, self.scheduler.time + self._random.randrange(1, 10 * SECOND))

    def _work_off_due(self, seat: Seat, at: int) -> None:
        if seat.due_planned_for != at:
            return
        seat.due_planned_for = None
        if not seat.is_held:
            return
        assert seat.timers is not None
        moved = 0
        try:
            moved += seat.timers.step()
            if seat.calls is not None:
                moved += seat.calls.start()
        except StoreUnavailable:
            moved = 0
        if not moved:
            self.look_at_lease(seat)
        self.look_at_due(seat.part.label, at_least=0 if moved else POLL)

    def _collect(self, seat: Seat) -> None:
        """Answers are applied whoever has the context now: each bears the token that its call was taken under."""
        assert seat.calls is not None
        seat.is_collecting = False
        try:
            seat.calls.collect()
        except StoreUnavailable:
            self.look_at_lease(seat)
            self._plan_collecting(seat, POLL)
        self.look_at_due(seat.part.label)

    def _plan_collecting(self, seat: Seat, delay: int) -> None:
        if not seat.is_collecting:
            seat.is_collecting = True
            self._later(delay, lambda: self._collect(seat))

    # Leases.

    def look_at_lease(self, seat: Seat) -> None:
        """Work was refused: perhaps somebody else has it now."""
        fence = seat.consumer.fence
        until = self.clock.now() + timedelta(microseconds=LEASE)
        if seat.is_held and fence is not None and not seat.part.store.keep_lease(fence, until):
            seat.take(None, is_held=False)

    def take_lease(self, label: str) -> None:
        """The context is ours from now on: its last holder is not there, or is not to have it any more."""
        seat = self.seats[label]
        now = self.clock.now()
        until = now + timedelta(microseconds=LEASE)
        fence = seat.part.store.take_lease(label, self.name, now, until, lambda holder: True)
        assert fence is not None, "nobody else is asked"
        seat.take(fence, is_held=True)
        self._seed_schedule(seat, fence)
        self._poll(seat, 0)
        self.look_at_due(label)

    def plan_missing(self, label: str) -> None:
        """Somebody has looked at what is planned of a context's schedule."""
        fence = self.seats[label].consumer.fence if self.is_alive else None
        if fence is not None:
            self._later(1, lambda: self._seed_schedule(self.seats[label], fence))

    def _seed_schedule(self, seat: Seat, fence: Fence) -> None:
        if not seat.part.schedule or seat.consumer.fence != fence:
            return
        store = seat.part.store
        planned = {due.name for due in store.due_rows.values() if due.id.startswith(RECURRING)}
        work = UnitOfWork(store, self.clock.now(), fence=fence)
        for every in seat.part.schedule:
            command = every.send
            if command.wire_name not in planned:
                key, at = getattr(command, command.key_field), work.now + timedelta(seconds=every.first_after)
                due = recurring_timer(command.wire_name, key, encode(command).decode(), at)
                work.changes.due[due.id] = due
        try:
            work.commit()
        except (VersionConflict, StoreUnavailable):
            self.look_at_lease(seat)
            self._later(POLL, lambda: self._seed_schedule(seat, fence))


class Web:
    """A process that serves people: a unit of work for each request, in nobody's turn."""

    def __init__(self, name: str, parts: Mapping[str, Part], bell: Bell, skew: int, ids: NumberedIds) -> None:
        self.name = name
        self.clock = SimulatedClock(bell.scheduler, skew)
        self.deaths = 0
        self._outsides: dict[str, Outside] = {}
        for label, part in parts.items():
            if not part.is_view:
                outside = self._outsides[label] = Outside(part.participant, part.store, self.clock, ids)
                outside.committed = lambda changes, label=label: bell.ring(label, changes)  # type: ignore[misc]

    def outside(self, label: str) -> Outside:
        return self._outsides[label]

    def do(self, label: str, command: Command, actor: Actor) -> Any:
        """A request without a key. Who asks may get no answer at all."""
        try:
            return self._outsides[label].run(command, actor)
        except Crash:
            self.deaths += 1
            raise NoAnswer("the web process died") from None

    def do_keyed(self, label: str, command: Command, keyed: Keyed, actor: Actor) -> Answer:
        try:
            return self._outsides[label].run_keyed(command, actor, keyed, lambda result: (202, encode(result).decode()))
        except Crash:
            self.deaths += 1
            raise NoAnswer("the web process died") from None


class NoAnswer(Exception):
    """The request may have been done, or not: ask again."""
