"""Every metric that Argosy exports, declared in one place: name, what it says, its labels.

Names are `argosy_<what>_<unit>`; counters end in `_total`, durations are in seconds. Labels hold small closed sets
(contexts, subscriptions, routes, reasons), never ids. Whoever counts does so per batch or per request: `inc(n)` costs
half a microsecond, so nothing here is called once per message.

Each process has its own REGISTRY; `exposition.py` brings those of one machine together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, disable_created_metrics

disable_created_metrics()
REGISTRY = CollectorRegistry(auto_describe=False)

QUICK_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
FLOW_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1_200.0)


class Finding(Gauge):
    """A gauge without labels that is not there until somebody has set it: a process that never looked says nothing."""

    _is_told = False

    def set(self, value: float) -> None:
        self._is_told = True
        super().set(value)

    def collect(self) -> Iterable[Metric]:
        return super().collect() if self._is_told else ()


def _counter(name: str, says: str, *labels: str) -> Counter:
    return Counter(name, says, labels, registry=REGISTRY)


def _gauge(name: str, says: str, *labels: str) -> Gauge:
    kind: Any = Gauge if labels else Finding
    gauge: Gauge = kind(name, says, labels, registry=REGISTRY)
    return gauge


def _histogram(name: str, says: str, *labels: str, buckets: tuple[float, ...] = QUICK_SECONDS) -> Histogram:
    return Histogram(name, says, labels, registry=REGISTRY, buckets=buckets)


# What the business does. Counted when it is committed, once, by the process that commits it.

CHECKOUTS = _counter(
    "argosy_checkouts_total", "Checkouts by what became of them: started completed failed expired aborted", "outcome"
)
ORDERS = _counter(
    "argosy_orders_total", "Orders by what became of them: placed confirmed paid cancelled refunded", "outcome"
)
PAYMENTS = _counter(
    "argosy_payments_total",
    "Answers to payment requests: authorized action_required captured failed voided refunded contradicted",
    "outcome",
)
WEBHOOKS_REFUSED = _counter(
    "argosy_webhooks_refused_total",
    "Webhooks of which nothing was kept: the signature did not hold, or nothing could be made of them",
    "gateway",
    "reason",
)
RATE_LIMITED = _counter("argosy_rate_limited_total", "Requests refused: their asker has used up its quota", "kind")
RATE_LIMITS_ALONE = _gauge(
    "argosy_rate_limits_alone", "1 where this process counts requests alone, because the store of limits is away"
)
RESERVATIONS = _counter(
    "argosy_reservations_total", "Reservations of stock: reserved short confirmed released expired restocked", "outcome"
)

# What reconciliation and the self-healing jobs find.

PAYMENTS_COMPARED = _counter(
    "argosy_payments_compared_total",
    "Payments laid beside their orders by reconciliation: all that were compared, and of these each mismatch",
    "result",
)
PAYMENT_MISMATCHES = _gauge(
    "argosy_payment_mismatches", "Payments that disagree with orders or gateway as of the last look, by kind", "kind"
)
RESERVATION_LEAKS = _gauge(
    "argosy_reservation_leaks",
    "Reservations that hold stock for nobody as of the last look: past their time, or orphaned",
)
JOB_RUNS = _counter("argosy_job_runs_total", "Runs of self-healing jobs by result: done failed", "task", "result")
JOB_FOUND = _counter("argosy_job_found_total", "What self-healing jobs found to be wrong, and had put right", "task")
JOB_LAST_DONE = _gauge(
    "argosy_job_last_done_timestamp_seconds", "When each self-healing job was last done without failing", "task"
)
JOB_EVERY = _gauge("argosy_job_every_seconds", "How often each scheduled job is told", "task")
DOCTOR_VIOLATIONS = _gauge(
    "argosy_doctor_violations", "Violations of each invariant as of the doctor's last examination", "invariant"
)
DOCTOR_IS_SOUND = _gauge("argosy_doctor_is_sound", "1 where the doctor's last examination found nothing, else 0")
DOCTOR_LAST = _gauge("argosy_doctor_last_timestamp_seconds", "When the doctor's last examination ended")
DOCTOR_SECONDS = _gauge("argosy_doctor_last_seconds", "How long the doctor's last examination took")

# Flows.

SAGA_SECONDS = _histogram(
    "argosy_saga_seconds",
    "From a flow's first message to its end, by outcome",
    "saga",
    "outcome",
    buckets=FLOW_SECONDS,
)
SAGA_STEP_SECONDS = _histogram(
    "argosy_saga_step_seconds",
    "From asking a step of a flow to its answer, by answer: yes no undone",
    "saga",
    "step",
    "answer",
    buckets=FLOW_SECONDS,
)
SAGAS_OPEN = _gauge(
    "argosy_sagas_open", "Flows that have not ended, by how they stand: going undoing stuck late", "saga", "standing"
)
SAGA_OLDEST_SECONDS = _gauge("argosy_saga_oldest_seconds", "Age of the oldest flow that has not ended", "saga")

# Messages.

MESSAGES_TOLD = _counter("argosy_messages_told_total", "Messages committed to a context's log", "context", "message")
MESSAGES_HANDLED = _counter("argosy_messages_handled_total", "Messages applied by a subscription", "subscription")
BATCHES = _counter("argosy_batches_total", "Batches committed by a subscription", "subscription")
DISPATCH_SECONDS = _histogram(
    "argosy_dispatch_seconds",
    "From the telling of a batch's oldest message to the commit of its effects",
    "subscription",
    buckets=FLOW_SECONDS,
)
DISPATCH_LAG_MESSAGES = _gauge(
    "argosy_dispatch_lag_messages",
    "Messages in a source's log behind a subscription's cursor",
    "context",
    "subscription",
    "source",
)
DISPATCH_LAG_SECONDS = _gauge(
    "argosy_dispatch_lag_seconds",
    "Age of the oldest message of a source that a subscription has not applied",
    "context",
    "subscription",
    "source",
)
PARKED_MESSAGES = _gauge(
    "argosy_parked_messages", "Messages that failed alone, and those behind them", "context", "subscription"
)
PARKED = _counter("argosy_parked_total", "Messages that were parked", "subscription", "message")
SUBSCRIPTION_STOPPED = _gauge(
    "argosy_subscription_stopped",
    "1 where a subscription, or a lane of it, has stopped by itself",
    "context",
    "subscription",
)
RELAY_LAG_MESSAGES = _gauge("argosy_relay_lag_messages", "Messages of a log that its broker has not got", "context")
RELAY_FAILURES = _counter(
    "argosy_relay_failures_total", "Failed tries to hand messages to the broker", "context", "reason"
)

# Due work.

CALLS_WAITING = _gauge("argosy_calls_waiting", "Calls to the outside that are due and not answered", "context", "call")
CALLS_ANSWERED = _counter("argosy_calls_answered_total", "Calls to the outside that were answered", "context", "call")
CALLS_FAILED = _counter("argosy_calls_failed_total", "Failed tries of calls to the outside", "context", "call", "error")
TIMERS_LATE_SECONDS = _gauge("argosy_timers_late_seconds", "How late the context's most overdue timer is", "context")

# Databases and processes.

COMMITS = _counter("argosy_commits_total", "Units of work committed, by who wrote: worker request", "context", "writer")
CONFLICTS = _counter("argosy_conflicts_total", "Units of work that found that somebody else wrote first", "context")
LOCK_WAIT_SECONDS = _histogram(
    "argosy_sqlite_lock_wait_seconds", "Waits for the turn to write a SQLite file, where there was one", "database"
)
DATABASE_UP = _gauge("argosy_database_up", "1 where a context's database answered the last look, else 0", "context")
LEASES_HELD = _gauge("argosy_leases_held", "1 for each context that this process works off", "context")
LEASES_LOST = _counter("argosy_leases_lost_total", "Leases that another worker took over from this one", "context")
TURN = _gauge("argosy_worker_turn_timestamp_seconds", "When this worker last looked at everything")
FAULTS = _counter("argosy_worker_faults_total", "Unforeseen faults of a worker's parts", "part")
CONTEXT_INFO = _gauge(
    "argosy_context_info",
    "1 for each context: how much hangs on it (critical high medium low)",
    "context",
    "criticality",
)
BUILD = _gauge("argosy_build_info", "1, with the version that runs", "version", "role")

# HTTP.

HTTP_REQUESTS = _counter("argosy_http_requests_total", "Requests answered", "route", "method", "status")
HTTP_SECONDS = _histogram("argosy_http_request_seconds", "How long answers took", "route", "method")
WAITS_OPEN = _gauge("argosy_http_waits_open", "Long polls and event streams that are open")
