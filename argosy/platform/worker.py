"""A worker: one thread that works off the subscriptions of some contexts, with their timers and calls."""

from __future__ import annotations

import contextlib
import gc
import time
import traceback
from collections.abc import Callable, Iterable
from functools import partial

from argosy.engine.consumer import Consumer, SubscriptionOutgrown, SubscriptionStopped
from argosy.engine.due import Calls, Timers
from argosy.engine.kept import Kept
from argosy.engine.shared_log import SharedLog
from argosy.engine.store import CALL, Changes, StoreUnavailable, VersionConflict
from argosy.platform.calls import Share, ThreadPool
from argosy.platform.context import Context, Subscription
from argosy.platform.crash_points import reached
from argosy.platform.doorbell import Listener
from argosy.platform.far_bell import EVERYTHING
from argosy.platform.hidden_news import HiddenNews
from argosy.platform.leases import Leases, holder_name, is_dead
from argosy.platform.parked import REDRIVEN, redriven
from argosy.platform.planning import plan_missing
from argosy.platform.roster import Roster
from argosy.platform.runtime import Runtime
from argosy.platform.transport import transport_of
from argosy.platform.watch import Watch
from argosy.shared_kernel.messages import Refused

LEASES = "leases"
"""Rung when a worker has come, goes, or has given something back."""
POLL_SECONDS = 1.0
PAUSE_SECONDS = 0.0005
VIEWS_SECONDS = 0.005
"""How long views may wait while flows go on."""
COLLECT_EVERY_BATCHES = 2_000
IDLE_COLLECT_BATCHES = 100
STOPPED_SECONDS = 60


class Worker:
    """Works until `stop`. `contexts` are the labels whose subscriptions it owns.

    Wake-ups are directed: what a commit told names the subscriptions that have news. Every second all are looked at,
    in case that a ring was lost.
    """

    def __init__(self, runtime: Runtime, contexts: Iterable[str]) -> None:
        self.runtime = runtime
        self.labels = tuple(sorted(contexts, key=self._turn_of))
        self.is_stopping = False
        self.transport = transport_of(runtime)
        self.watch = Watch(runtime)
        self.changed_hands: Callable[[tuple[str, ...]], None] = lambda held: None
        """Told which contexts are held whenever some have come or gone."""
        self.lives: Callable[[], None] = lambda: None
        """Called about once a second for as long as it works."""
        self.listener = Listener(runtime.var / "doorbell", "worker", runtime.far_bell)
        self.pool = ThreadPool(self.listener.wake)
        self.pool.clock = runtime.clock
        self.consumers: list[Consumer] = []
        self._consumers_of: dict[str, list[Consumer]] = {}
        self._kept: dict[str, Kept] = {}
        self.timers: dict[str, Timers] = {}
        self.calls: dict[str, Calls] = {}
        self._ready: set[Consumer] = set()
        self._stopped: dict[Consumer, float] = {}
        self._listeners_of: dict[str, list[Consumer]] = {}
        self._call_news: set[str] = set()
        self._hidden = HiddenNews()
        self._heard_elsewhere: set[str] = set()
        self._unplanned: set[str] = set()
        self._views_at = 0.0
        self._sent: tuple[Consumer, str, Callable[[], int]] | None = None
        """Whose commit the server works on while the next one's messages are handled here."""
        self._batches = 0
        self._told_lanes: dict[Consumer, set[tuple[str, int]]] = {}
        self._logs = self._shared_logs()
        for label in self.labels:
            self._add(runtime.contexts[label])
        stores = {label: self._consumers_of[label][0].store for label in self.labels if self._consumers_of[label]}
        me = holder_name(runtime.ids.new())
        roster = Roster(next(iter(runtime.stores.values())), runtime.clock, me, is_dead)
        self.leases = Leases(stores, runtime.clock, me, roster)
        self.leases.given_back = partial(runtime.bell.ring, (LEASES,))
        self.transport.begin(self.listener, self.watch.tell)
        self.leases.look(time.monotonic())
        self._obey_leases()
        self.leases.given_back()

    @property
    def report(self) -> Callable[[str], None]:
        """Hears what its log says, line by line."""
        return self.watch.report

    @report.setter
    def report(self, report: Callable[[str], None]) -> None:
        self.watch.report = report

    def _turn_of(self, label: str) -> int:
        """Flows come after those whom they ask, so that answers given side by side make one commit; views come last."""
        context = self.runtime.contexts[label]
        if not context.outbox:
            return 2
        return 1 if Refused.wire_name in context.participant.handlers else 0

    def _shared_logs(self) -> dict[str, SharedLog]:
        """Each log is read once for all subscriptions of this worker."""
        wanted: dict[str, set[str]] = {}
        for label in self.labels:
            for subscription in self.runtime.contexts[label].subscriptions(self.runtime):
                for source, names in subscription.participant.wire_names().items():
                    wanted.setdefault(source, set()).update(names)
        return self.transport.logs(wanted)

    def _subscribe(self, context: Context) -> None:
        """Consumers of a context's subscriptions as they now are; a view that was rebuilt has a new one."""
        known = {consumer.subscription: consumer for consumer in self._consumers_of.get(context.label, ())}
        self._consumers_of[context.label] = [
            known.get(subscription.name) or self._consumer(context, subscription)
            for subscription in context.subscriptions(self.runtime)
        ]
        self.consumers = [consumer for consumers in self._consumers_of.values() for consumer in consumers]
        self._listeners_of = {}
        for consumer in self.consumers:
            self._listeners_of[redriven(consumer.subscription)] = [consumer]
            for names in consumer.participant.wire_names().values():
                for name in names:
                    self._listeners_of.setdefault(name, []).append(consumer)

    def _consumer(self, context: Context, subscription: Subscription) -> Consumer:
        consumer = Consumer(
            subscription.participant,
            subscription.store,
            self._logs,
            self.runtime.clock,
            subscription=subscription.name,
            kept=self._kept[context.label],
        )
        consumer.committed = self._committed_in(context.label)
        consumer.applied = self.watch.applied_by(context, subscription.name)
        consumer.parked_now = partial(self.watch.parked, context.label)
        if subscription.store.dialect.works_elsewhere:
            consumer.before_sending = self._finish_sent
        self._ready.add(consumer)
        return consumer

    def _follow_rebuilds(self) -> None:
        """Views that were rebuilt meanwhile are worked off where they now live."""
        for label in self.labels:
            if not self.runtime.contexts[label].outbox:
                names = [name for name, _, _ in self.runtime.contexts[label].subscriptions(self.runtime)]
                if names != [consumer.subscription for consumer in self._consumers_of[label]]:
                    self._kept[label].clear()
                    self._subscribe(self.runtime.contexts[label])
                    for consumer in self._consumers_of[label]:
                        consumer.take_over(self.leases.fence(label))
                    self._ready.intersection_update(self.consumers)
                    self._hidden.clear()

    def _add(self, context: Context) -> None:
        kept = self._kept[context.label] = Kept()
        self._subscribe(context)
        if context.label not in self.runtime.stores:
            return
        store = self.runtime.stores[context.label]
        recurring = {every.send.wire_name: every.seconds for every in context.schedule}
        timers = self.timers[context.label] = Timers(store, self.runtime.clock, recurring)
        timers.committed = self._told_in(context.label)
        targets = context.calls()
        if targets:
            calls = self.calls[context.label] = Calls(
                context.participant, store, self.runtime.clock, targets, Share(self.pool), kept
            )
            calls.committed = self._committed_in(context.label)
            calls.failed = partial(self.watch.call_failed, context.label)
            calls.answered = partial(self.watch.calls_answered, context.label)
            for consumer in self._consumers_of[context.label]:
                consumer.calls = calls

    def _plan_missing(self) -> None:
        """Recurring commands that are not planned yet are planned for now; by whoever holds the lease, so that two
        workers that start together plan them once. What another's write has come between, or a database that was
        away, is tried again with the next poll."""
        for label in sorted(self._unplanned):
            self._guarded(partial(self._plan, label))

    def _plan(self, label: str) -> None:
        fence = self.leases.fence(label)
        if fence is not None:
            with contextlib.suppress(VersionConflict):
                plan_missing(self.runtime.contexts[label], self.runtime.stores[label], self.runtime.clock.now(), fence)
                self._unplanned.discard(label)

    def run(self) -> None:
        """Work until told to stop. Collections of garbage run between batches and never inside one."""
        gc.collect()
        gc.freeze()
        gc.disable()
        polled_at = 0.0
        try:
            while not self.is_stopping:
                now = time.monotonic()
                if now - polled_at >= POLL_SECONDS:
                    polled_at = now
                    self._poll()
                if not self.turn():
                    self._collect_garbage(IDLE_COLLECT_BATCHES)
                    self._hear(self.listener.wait(self._hidden.wait_at_most(POLL_SECONDS, time.monotonic())))
                else:
                    self._hear(self.listener.heard())
        finally:
            self.close()

    def _look_at_leases(self) -> None:
        """Who holds a context works it off; whoever has just taken one over reads afresh where it stands."""
        if self.leases.look(time.monotonic()):
            self._obey_leases()

    def _obey_leases(self) -> None:
        self._heard_elsewhere = {
            name
            for label, context in self.runtime.contexts.items()
            if self.leases.fence(label) is None
            for subscription in context.subscriptions(self.runtime)
            for heard in subscription.participant.wire_names().values()
            for name in heard
        }
        for label in self.labels:
            fence = self.leases.fence(label)
            self._kept[label].clear()
            for consumer in self._consumers_of[label]:
                consumer.take_over(fence)
                self._ready.add(consumer)
            for part in (self.timers.get(label), self.calls.get(label)):
                if part is not None:
                    part.fence = fence
            if fence is not None and label in self.runtime.stores:
                self._unplanned.add(label)
        self._plan_missing()
        self.transport.hold(self.leases.held)
        self.changed_hands(self.leases.held)

    def _poll(self) -> None:
        """Look at everything, in case that a ring was lost."""
        self.lives()
        self._look_at_leases()
        self._plan_missing()
        self._guarded(self._follow_rebuilds)
        for consumer in self.consumers:
            self._guarded(consumer.look_at_parked)
        self._look_everywhere()
        self._look_at_due()
        self._guarded(self._look_at_itself)

    def _look_at_itself(self) -> None:
        held = [label for label in self.labels if self.leases.fence(label) is not None]
        self.watch.look(time.monotonic(), held, self.consumers)
        self.transport.measure(time.monotonic())

    def _look_everywhere(self) -> None:
        self._ready.update(self.consumers)
        self._call_news.update(self.calls)
        for log in self._logs.values():
            log.news()

    def close(self) -> None:
        """Let running calls finish, and let others take over."""
        self.pool.close()
        self._collect_calls()
        self.transport.close()
        self.leases.give_back()
        self.listener.close()

    def stop(self) -> None:
        self.is_stopping = True
        self.listener.wake()

    def turn(self) -> bool:
        """One batch of everything that has news; whether anything moved. What views have to do waits a moment while
        flows go on, and is done together."""
        moved = self._collect_calls()
        now = time.monotonic()
        if self._hidden:
            self._ready.update(self._hidden.due(now))
        moved |= self._step_ready(of_views=False)
        if not moved or now >= self._views_at:
            moved |= self._step_ready(of_views=True)
            self._views_at = time.monotonic() + VIEWS_SECONDS
        for label in list(self._call_news):
            self._call_news.discard(label)
            if self.calls[label].fence is not None:
                moved |= bool(self._guarded(self.calls[label].start))
        return moved

    def _step_ready(self, *, of_views: bool) -> bool:
        moved = False
        for consumer in self.consumers:
            if consumer in self._ready and consumer.participant.is_projector == of_views:
                self._ready.discard(consumer)
                moved |= self._step(consumer)
        self._finish_sent()
        return moved

    def drain(self, seconds: float = 60.0) -> None:
        """Work until nothing has news, for tests and benchmarks. Leases that others hold are waited for."""
        give_up = time.monotonic() + seconds
        has_looked = not self.transport.is_remote
        self._poll()
        while time.monotonic() < give_up:
            if self.turn():
                has_looked = not self.transport.is_remote
                continue
            if not self.pool.is_idle():
                self.listener.wait(0.05)
                continue
            if self._hidden:
                self.listener.wait(self._hidden.wait_at_most(POLL_SECONDS, time.monotonic()))
                continue
            if not all(consumer.fence for consumer in self.consumers):
                self.listener.wait(0.05)
                self._look_at_leases()
                continue
            self._look_at_due()
            if self._ready:
                self._look_at_leases()
            if not self.transport.is_at_rest():
                has_looked = False
                self._hear(self.listener.wait(0.02))
            elif not has_looked:
                # What has arrived was perhaps not rung for yet.
                self._look_everywhere()
                has_looked = True
            elif (self.transport.is_remote or not self._ready) and not self.turn():
                return
        raise TimeoutError(f"not at rest after {seconds} s")

    def _step(self, consumer: Consumer) -> bool:
        if consumer.fence is None:
            return False
        if self._stopped.get(consumer, 0.0) > time.monotonic():
            self._ready.add(consumer)
            return False
        lease = consumer.fence.lease
        took = self._attempt(consumer, lease, partial(_work, consumer))
        if took is None:
            return False
        if consumer.is_sent:
            self._sent = (consumer, lease, consumer.finish)
        if not consumer.stopped_lanes:
            self.watch.goes_on(consumer)
        self._tell_stopped_lanes(consumer)
        if consumer.stopped_lanes and self.leases.has_others(lease):
            # Somebody else may know what is too new for this program. The last who is ready stays, for the other lanes.
            self._leave(lease)
            return bool(took)
        self._hidden.note(consumer, time.monotonic())
        if took:
            self._ready.add(consumer)
            self._batches += 1
            self._collect_garbage(COLLECT_EVERY_BATCHES)
            if consumer.store.dialect.is_wanted():  # type: ignore[attr-defined]
                time.sleep(PAUSE_SECONDS)
        return bool(took)

    def _finish_sent(self) -> None:
        sent, self._sent = self._sent, None
        if sent is not None:
            self._attempt(*sent)

    def _attempt(self, consumer: Consumer, lease: str, step: Callable[[], int]) -> int | None:
        """How many messages it took up; None where it failed, which is no other subscription's end."""
        try:
            return step()
        except StoreUnavailable as error:
            self.watch.tell(f"{consumer.subscription} waits: {error}")
            # Its database may be another one, in which nobody holds the lease.
            self.leases.doubt(lease)
            self._later(consumer, POLL_SECONDS)
        except VersionConflict as error:
            self.watch.tell(f"{consumer.subscription} looks again: {error}")
            self.leases.doubt(lease)
            self._later(consumer, 0.1)
        except SubscriptionStopped as error:
            self.watch.stopped(consumer, f"stopped: {error}")
            if isinstance(error, SubscriptionOutgrown):
                self._leave(lease)
            self._stopped[consumer] = time.monotonic() + STOPPED_SECONDS
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this subscription's own
            self.watch.fault(
                consumer.subscription, f"{consumer.subscription} failed: {''.join(traceback.format_exception(error))}"
            )
            consumer.take_over(consumer.fence)
            self._stopped[consumer] = time.monotonic() + STOPPED_SECONDS
        return None

    def _leave(self, label: str) -> None:
        self._finish_sent()
        self.leases.leave(label)
        self._obey_leases()

    def _collect_garbage(self, after_batches: int) -> None:
        if self._batches >= after_batches:
            self._batches = 0
            gc.collect()

    def _tell_stopped_lanes(self, consumer: Consumer) -> None:
        told = self._told_lanes.setdefault(consumer, set())
        for (source, lane), why in consumer.stopped_lanes.items():
            if (source, lane) not in told:
                told.add((source, lane))
                self.watch.stopped(consumer, f"{consumer.subscription} stopped in lane {lane} of {source}: {why}")

    def _later(self, consumer: Consumer, seconds: float) -> None:
        """What stands in its way is not the messages' fault: it is tried again by itself."""
        self._stopped[consumer] = time.monotonic() + seconds
        self._ready.add(consumer)

    def _collect_calls(self) -> bool:
        has_moved = False
        for label, calls in self.calls.items():
            if self._guarded(calls.collect):
                has_moved = True
                if calls.has_more:
                    self._call_news.add(label)
        return has_moved

    def _look_at_due(self) -> None:
        for timers in self.timers.values():
            while timers.fence is not None and self._guarded(timers.step):
                pass
        self._call_news.update(self.calls)

    def _guarded(self, step: Callable[[], int | None]) -> int:
        try:
            return step() or 0
        except StoreUnavailable as error:
            self.watch.tell(f"waits: {error}")
        except Exception as error:  # noqa: BLE001 - a fault of one part is not the others' end; it is tried again
            self.watch.fault("worker", f"failed: {''.join(traceback.format_exception(error))}")
        return 0

    def _committed_in(self, label: str) -> Callable[[Changes], None]:
        def committed(changes: Changes) -> None:
            reached("worker.before_ring")
            self.runtime.look_for_withdrawals(label, changes)
            if changes.records:
                self.transport.told(label)
                if label in self._logs:
                    self._logs[label].told(changes.records)
            names = {record.wire_name for record in changes.records}
            for name in names:
                self._ready.update(self._listeners_of.get(name, ()))
            if changes.due and label in self.calls:
                if changes.begun:
                    reached("call.leased")
                if self.calls[label].begin(changes):
                    self._call_news.add(label)
            news = self.runtime.contexts[label].news(changes)
            elsewhere = names & self._heard_elsewhere
            if news or elsewhere:
                self.runtime.bell.ring(news | elsewhere)

        return committed

    def _told_in(self, label: str) -> Callable[[Changes], None]:
        committed = self._committed_in(label)

        def told(changes: Changes) -> None:
            reached("timer.told")
            committed(changes)

        return told

    def _hear(self, news: set[str]) -> None:
        if EVERYTHING in news:
            self._look_everywhere()
        self.transport.heard(news)
        if LEASES in news:
            self._look_at_leases()
        for log in self._logs.values():
            if not news.isdisjoint(log.wire_names):
                log.news()
        for name in news:
            self._ready.update(self._listeners_of.get(name, ()))
            if name == CALL:
                self._call_news.update(self.calls)
            elif name.startswith(REDRIVEN):
                for consumer in self._listeners_of.get(name, ()):
                    self._stopped.pop(consumer, None)
                    self._guarded(consumer.look_at_parked)


def _work(consumer: Consumer) -> int:
    # First, so that a subscription that stopped for too many parked messages goes on once these go well.
    consumer.retry_parked()
    return consumer.step()
