"""The doctor as a job: it goes its rounds in a worker, check by check, with a bounded share of the time.

One worker at a time goes them, under a lease in the database of views; which check is next is told by when each was
last looked at, so that a round goes on wherever the last worker has stopped. Nothing waits for it, and it holds
nothing: it reads, writes down what it found, sets metrics, and says one line when an invariant breaks or holds again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog
from django.db import connections

from argosy.apps.doctor.check import Check
from argosy.apps.doctor.databases import CannotCheck
from argosy.apps.doctor.examination import CHECKS, Examination
from argosy.apps.doctor.verdicts import Verdict, is_sound, keep, verdicts
from argosy.engine.store import Fence, StoreUnavailable
from argosy.observability import metrics
from argosy.platform.engine_tables import EngineTables
from argosy.platform.leases import holder_name, is_dead
from argosy.platform.runtime import Runtime

LEASE = "doctor"
LEASE_SECONDS = 600
ROUND_SECONDS = 300
"""Each invariant is looked at this often, or less where that would take more than its share of the time."""
SHARE = 0.1
"""So much of one processor at most."""
TURN_SECONDS = 2.0
"""A turn begins no further check after this."""
REST_SECONDS = 15.0
NEVER = datetime.min.replace(tzinfo=UTC)
LOOKED_AT = tuple(check for check in CHECKS if check.look)

logger = structlog.get_logger("argosy.doctor")


class Rounds:
    """Looks at what was not looked at for longest, a few checks a turn."""

    def __init__(self, runtime: Runtime, tell: Callable[[str], None] = lambda line: None) -> None:
        self.runtime = runtime
        self.tell = tell
        self.holder = holder_name(runtime.ids.new())
        self.fence: Fence | None = None
        self.look_again_seconds = (2.0, 8.0)
        search = runtime.contexts["search"]
        self._store: EngineTables = search.subscriptions(runtime)[0].store

    def turn(self) -> list[Verdict]:
        """What was looked at: nothing where another worker goes the rounds, or all was looked at a short while ago."""
        if not self._holds_lease():
            return []
        known = {verdict.id: verdict for verdict in verdicts()}
        now = self.runtime.clock.now()
        last = {check.id: known[check.id].looked_at if check.id in known else NEVER for check in LOOKED_AT}
        due = sorted(
            (check for check in LOOKED_AT if now - last[check.id] >= timedelta(seconds=ROUND_SECONDS)),
            key=lambda check: (last[check.id], check.id),
        )
        began, found = time.monotonic(), []
        for check in due:
            found.append(self._look(check, known))
            known[check.id] = found[-1]
            if time.monotonic() - began >= TURN_SECONDS:
                break
        self._measure(list(known.values()))
        return found

    def _look(self, check: Check, known: dict[str, Verdict]) -> Verdict:
        began = time.monotonic()
        examination = Examination(self.runtime, look_again_seconds=self.look_again_seconds)
        [finding] = examination.run([check])
        verdict = keep(finding, self.runtime.clock.now(), int((time.monotonic() - began) * 1_000))
        before = known[check.id].violated if check.id in known else 0
        if verdict.violated != before:
            self._alert(verdict)
        return verdict

    def _alert(self, verdict: Verdict) -> None:
        if not verdict.violated:
            logger.info("holds again", invariant=verdict.id, promise=verdict.promise)
            self.tell(f"{verdict.id} holds again: {verdict.promise}")
            return
        row, what = verdict.found[0]
        logger.error(
            "violated", invariant=verdict.id, promise=verdict.promise, violated=verdict.violated, row=row, what=what
        )
        self.tell(f"VIOLATED {verdict.id} ({verdict.promise}) by {verdict.violated:,}: {row} {what}")

    def _measure(self, known: list[Verdict]) -> None:
        for verdict in known:
            metrics.DOCTOR_VIOLATIONS.labels(verdict.id).set(verdict.violated)
        count = {verdict.id: verdict.violated for verdict in known}
        metrics.PAYMENT_MISMATCHES.labels("orders").set(count.get("I17", 0) + count.get("I18", 0))
        metrics.PAYMENT_MISMATCHES.labels("gateway").set(count.get("I19", 0))
        metrics.RESERVATION_LEAKS.set(count.get("I04", 0))
        if len(known) == len(LOOKED_AT):
            metrics.DOCTOR_IS_SOUND.set(is_sound(known))
            metrics.DOCTOR_LAST.set(min(verdict.looked_at for verdict in known).timestamp())
            metrics.DOCTOR_SECONDS.set(sum(verdict.milliseconds for verdict in known) / 1_000)

    def _holds_lease(self) -> bool:
        now = self.runtime.clock.now()
        until = now + timedelta(seconds=LEASE_SECONDS)
        if self.fence is None or not self._store.keep_lease(self.fence, until):
            self.fence = self._store.take_lease(LEASE, self.holder, now, until, is_dead)
        return self.fence is not None

    def give_back(self) -> None:
        """Let another worker go on at once."""
        if self.fence is not None:
            self._store.keep_lease(self.fence, self.runtime.clock.now() - timedelta(seconds=1))
            self.fence = None


class Turns(Protocol):
    """What is gone round by round."""

    def turn(self) -> object:
        """Do what is due."""
        ...

    def give_back(self) -> None:
        """Let another worker go on at once."""
        ...


class InBackground:
    """Goes the rounds in a thread of a worker, until `stop`; they are counted as runs of this job."""

    def __init__(
        self, rounds: Turns, rest_seconds: float = REST_SECONDS, share: float = SHARE, job: str = LEASE
    ) -> None:
        self.rounds = rounds
        self.job = job
        self.rest_seconds = rest_seconds
        self.share = share
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work, name=job, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends after the check at hand; a process that cannot wait for that ends all the same."""
        self._is_over.set()
        self._thread.join(timeout=2.0)

    def rest_after(self, worked_seconds: float) -> float:
        """How long to rest so that no more than the share of the time is worked."""
        return max(self.rest_seconds, worked_seconds * (1 / self.share - 1))

    def _work(self) -> None:
        rest = self.rest_seconds
        while not self._is_over.wait(rest):
            began = time.thread_time()
            try:
                self.rounds.turn()
            except CannotCheck as reason:
                metrics.JOB_RUNS.labels(self.job, "failed").inc()
                logger.warning("cannot check", reason=str(reason))
            except Exception:  # a fault of a job is nobody else's end
                metrics.JOB_RUNS.labels(self.job, "failed").inc()
                logger.exception("a round failed", task=self.job)
            else:
                metrics.JOB_RUNS.labels(self.job, "done").inc()
                metrics.JOB_LAST_DONE.labels(self.job).set_to_current_time()
            rest = self.rest_after(time.thread_time() - began)
            connections.close_all()
        with suppress(StoreUnavailable):  # The lease ends by itself.
            self.rounds.give_back()
