"""What a worker tells of itself: counters once per batch, gauges every few seconds, and lines of its log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import structlog

from argosy.engine.consumer import Applied, Consumer
from argosy.engine.log import Record
from argosy.engine.store import Changes, Due, Parked, StoreUnavailable
from argosy.observability import metrics, tracing
from argosy.platform.context import Context
from argosy.platform.flows import FlowTimes, Watched, note_ended, open_flows
from argosy.platform.overdue import overdue
from argosy.platform.runtime import Runtime

LOOK_SECONDS = 5.0

logger = structlog.get_logger("argosy.worker")


class Watch:
    """The worker's eye on itself. `report` hears each line too, for whoever runs a worker by hand."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.report: Callable[[str], None] = lambda line: None
        self.times = FlowTimes([flow for context in runtime.contexts.values() for flow in context.flows])
        self._look_at = 0.0
        self._held: set[str] = set()
        self._stopped: set[str] = set()
        self._lagging: set[tuple[str, str, str]] = set()
        self._calls_known: set[tuple[str, str]] = set()

    # As it goes.

    def applied_by(self, context: Context, subscription: str) -> Applied:
        """What a consumer is to call once per batch."""
        handled_total = metrics.MESSAGES_HANDLED.labels(subscription)
        batches = metrics.BATCHES.labels(subscription)
        seconds = metrics.DISPATCH_SECONDS.labels(subscription)
        jobs = {every.send.wire_name for every in context.schedule}
        flows: Sequence[Watched] = context.flows if subscription == context.label else ()

        def applied(handled: Sequence[tuple[str, Record]], changes: Changes, began: datetime) -> None:
            batches.inc()
            if not handled:
                return
            handled_total.inc(len(handled))
            oldest = min([record.created_at for _, record in handled])
            seconds.observe((self.runtime.clock.now() - oldest).total_seconds())
            if jobs:
                self._note_jobs([record.wire_name for _, record in handled if record.wire_name in jobs])
            self.times.look(handled, changes.records if flows else ())
            for flow in flows:
                note_ended(flow, changes, began)
            if (tracer := tracing.current()) is not None:
                tracer.handled(context.label, subscription, handled, began, self.runtime.clock.now())

        return applied

    def _note_jobs(self, done: Iterable[str]) -> None:
        for name in done:
            metrics.JOB_RUNS.labels(name, "done").inc()
            metrics.JOB_LAST_DONE.labels(name).set_to_current_time()

    def taken_over(self, label: str) -> None:
        metrics.LEASES_LOST.labels(label).inc()
        self.tell(f"another worker has taken {label} over", context=label)

    def parked(self, label: str, parked: Parked) -> None:
        name = parked.record.wire_name
        metrics.PARKED.labels(parked.subscription, name).inc()
        if any(every.send.wire_name == name for every in self.runtime.contexts[label].schedule):
            metrics.JOB_RUNS.labels(name, "failed").inc()
        self.tell(
            f"parked {parked.record.wire_name} {parked.record.message_id}: {parked.error}",
            level="error",
            **about_record(label, parked.record),
        )

    def calls_answered(self, label: str, calls: Sequence[Due]) -> None:
        for name, count in Counter([due.name for due in calls]).items():
            metrics.CALLS_ANSWERED.labels(label, name).inc(count)
        if (tracer := tracing.current()) is not None:
            tracer.called(label, calls, self.runtime.clock.now())

    def call_failed(self, label: str, due: Due, error: Exception) -> None:
        metrics.CALLS_FAILED.labels(label, due.name, type(error).__name__).inc()
        self.tell(f"{due.id}, attempt {due.attempts}: {type(error).__name__}: {error}", **about_due(label, due))

    def stopped(self, consumer: Consumer, line: str) -> None:
        """It goes no further by itself."""
        label, subscription = consumer.store.context, consumer.subscription
        self._stopped.add(subscription)
        metrics.SUBSCRIPTION_STOPPED.labels(label, subscription).set(1)
        self.tell(line, level="error", context=label)

    def goes_on(self, consumer: Consumer) -> None:
        if consumer.subscription in self._stopped:
            self._stopped.discard(consumer.subscription)
            metrics.SUBSCRIPTION_STOPPED.labels(consumer.store.context, consumer.subscription).set(0)

    def fault(self, part: str, line: str) -> None:
        metrics.FAULTS.labels(part).inc()
        self.tell(line, level="error", context=part)

    def tell(self, line: str, level: str = "warning", **fields: str) -> None:
        getattr(logger, level)(line, **fields)
        self.report(line)

    # Now and then.

    def look(self, elapsed: float, held: Iterable[str], consumers: Iterable[Consumer]) -> None:
        """Measure how things stand, if it is time. `held` are the contexts that this worker has."""
        metrics.TURN.set_to_current_time()
        if elapsed < self._look_at:
            return
        self._look_at = elapsed + LOOK_SECONDS
        mine = set(held)
        for label in self._held - mine:
            self.taken_over(label)
        self._held = mine
        for label, context in self.runtime.contexts.items():
            metrics.LEASES_HELD.labels(label).set(label in mine)
            metrics.CONTEXT_INFO.labels(label, context.criticality).set(1)
        for consumer in consumers:
            self._look_at_consumer(consumer)
        now = self.runtime.clock.now()
        for label in mine:
            if label in self.runtime.stores:
                self._look_at_database(label, now)

    def _look_at_consumer(self, consumer: Consumer) -> None:
        """How far behind it is. What it has not applied is looked for only where its log goes on beyond it."""
        if consumer.fence is None:
            return self._forget(consumer)
        label = consumer.store.context
        metrics.PARKED_MESSAGES.labels(label, consumer.subscription).set(len(consumer.parked()))
        now = self.runtime.clock.now()
        for source, reached in consumer.looked_through().items():
            behind, age = 0, 0.0
            try:
                head = self.runtime.logs[source].head()
                if head > reached:
                    names = consumer.participant.wire_names()[source]
                    page = self.runtime.logs[source].read(reached, names, 1)
                    if page.records:
                        behind = max(head.id - page.records[0].position.id + 1, 1)
                        age = (now - page.records[0].created_at).total_seconds()
            except StoreUnavailable:
                continue
            metrics.DISPATCH_LAG_MESSAGES.labels(label, consumer.subscription, source).set(behind)
            metrics.DISPATCH_LAG_SECONDS.labels(label, consumer.subscription, source).set(max(age, 0.0))
            self._lagging.add((label, consumer.subscription, source))

    def _forget(self, consumer: Consumer) -> None:
        """Another worker has it, and tells of it."""
        for known in [one for one in self._lagging if one[1] == consumer.subscription]:
            metrics.DISPATCH_LAG_MESSAGES.remove(*known)
            metrics.DISPATCH_LAG_SECONDS.remove(*known)
            self._lagging.discard(known)

    def _look_at_database(self, label: str, now: datetime) -> None:
        store, flows = self.runtime.stores[label], self.runtime.contexts[label].flows
        for every in self.runtime.contexts[label].schedule:
            metrics.JOB_EVERY.labels(every.send.wire_name).set(every.seconds)
        try:
            waiting = overdue(store, now)
            standing = {flow.name: open_flows(store, flow, now) for flow in flows}
        except StoreUnavailable:
            metrics.DATABASE_UP.labels(label).set(0)
            return
        metrics.DATABASE_UP.labels(label).set(1)
        metrics.TIMERS_LATE_SECONDS.labels(label).set(waiting.timers_late_seconds)
        for name in {*waiting.calls, *(call for of, call in self._calls_known if of == label)}:
            self._calls_known.add((label, name))
            metrics.CALLS_WAITING.labels(label, name).set(waiting.calls.get(name, 0))
        for name, found in standing.items():
            for how in ("going", "undoing", "stuck", "late"):
                metrics.SAGAS_OPEN.labels(name, how).set(getattr(found, how))
            age = (now - found.oldest).total_seconds() if found.oldest else 0.0
            metrics.SAGA_OLDEST_SECONDS.labels(name).set(age)


def about_record(label: str, record: Record) -> dict[str, str]:
    """What a line about a message says of it."""
    return {
        "context": label,
        "message_type": record.wire_name,
        "message_id": record.message_id,
        "correlation_id": record.correlation_id,
        "causation_id": record.cause_id,
    }


def about_due(label: str, due: Due) -> dict[str, str]:
    """What a line about a call or a timer says of it."""
    return {
        "context": label,
        "message_type": due.name,
        "message_id": due.id,
        "correlation_id": due.correlation_id,
        "causation_id": due.cause_id,
    }
