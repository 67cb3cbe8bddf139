"""A PostgreSQL server that is stopped, whose connections are cut, on which somebody forgets a transaction; and a worker
whose clock is wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from argosy.apps.chaos.calm import rows, unread
from argosy.apps.chaos.conditions import AHEAD
from argosy.apps.chaos.experiment import POSTGRES, Experiment
from argosy.apps.chaos.load import everyday
from argosy.apps.chaos.scene import Scene, within
from argosy.platform.databases import NAMES
from argosy.shared_kernel.clock import Clock

LATE_SECONDS = 18
"""So long messages wait before the doctor is asked here: it gives them a minute, and nobody waits for the rest."""
AHEAD_SECONDS = 600
CONFIRMED_SECONDS = 4.0
IN_HAND = 10
"""So many checkouts more than those under way may have been told before it began, and be heard."""


def restarts(scene: Scene) -> None:
    """The server stops as if the power were cut, and is away for up to two seconds; or all connections are ended."""
    cluster = scene.cluster
    assert cluster is not None
    scene.web()
    scene.worker()
    with scene.buying() as load:
        until, turn = time.monotonic() + scene.seconds, 0
        while scene.goes_on(until) or turn < 2:
            scene.wait(scene.chance.uniform(1.0, 3.0))
            if turn % 2:
                with _session(scene, "postgres") as server:
                    [(ended,)] = server.execute(
                        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                        "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
                    ).fetchall()
                scene.injected["connections ended"] += int(str(ended))
            else:
                cluster.stop()
                scene.injected["servers stopped"] += 1
                scene.wait(scene.chance.uniform(0.0, 2.0))
                cluster.start()
            turn += 1
        before = scene.accepted()
        if not within(lambda: scene.accepted() > before, 10.0):
            scene.wrong.append("nothing was accepted within 10 s of the server's return")
        if not load.tally.counts["told to come back"]:
            scene.wrong.append("nobody was told to come back while the server was away")


def forgotten_transaction(scene: Scene) -> None:
    """Somebody has begun to write in checkout's database and does not end it: nothing after it may be skipped."""
    scene.web()
    scene.worker()
    with scene.buying():
        within(lambda: scene.completed() > 0, scene.calm_seconds)
        with _session(scene, NAMES["checkout"]) as forgotten:
            forgotten.execute("BEGIN")
            forgotten.execute("SELECT pg_current_xact_id()")
            scene.injected["transactions forgotten"] += 1
            before, done, in_hand = scene.accepted(), scene.completed(), scene.under_way() + IN_HAND
            scene.wait(scene.seconds)
            scene.measured["accepted meanwhile"] = scene.accepted() - before
            if scene.accepted() == before:
                scene.wrong.append("nothing was accepted while a transaction was open")
            if not list(unread(scene.place)) or scene.completed() > done + in_hand:
                scene.wrong.append("messages were heard that an older transaction may still stand before")
            if scene.seconds > LATE_SECONDS and not _alarm(scene):
                scene.wrong.append("nobody was told that messages are late")
            forgotten.execute("ROLLBACK")


def _alarm(scene: Scene) -> bool:
    """Whether the doctor would say so once the rest of its minute has passed: it is asked with that time's clock."""
    from argosy.apps.doctor.examination import Examination, chosen
    from argosy.apps.doctor.messages import LAG_SECONDS

    then = _Ahead(scene.place.clock, timedelta(seconds=LAG_SECONDS - LATE_SECONDS))
    [finding] = Examination(scene.place, look_again_seconds=(), clock=then).run(chosen(["I28"]))
    scene.measured["lags told by the doctor"] = finding.count
    return finding.count > 0


@dataclass(frozen=True)
class _Ahead:
    """A clock that is so far ahead of another."""

    of: Clock
    by: timedelta

    def now(self) -> datetime:
        return self.of.now() + self.by


def clock_ahead(scene: Scene) -> None:
    """One of two workers takes it to be ten minutes later: nothing ends early, nothing is held for ever."""
    scene.web()
    right = scene.worker()

    def make(number: int) -> dict[str, object]:
        source = "tok_action" if number % 4 == 0 else "tok_approve"
        return {**everyday(number), "payment_source": source}

    with scene.buying(make=make):
        scene.wait(2.0)
        wrong = scene.worker(environment={AHEAD: str(AHEAD_SECONDS)})
        scene.injected["workers ten minutes ahead"] += 1
        scene.wait(scene.seconds / 2)
        scene.kill(right)
        taken = time.monotonic()
        before = scene.completed()
        if not within(lambda: scene.completed() > before, 15.0):
            scene.wrong.append("the one that is ahead did not take over within 15 s")
        scene.wait(max(scene.seconds / 2 - (time.monotonic() - taken), 1.0))
        [(early,)] = rows(
            scene.place,
            "checkout",
            "SELECT count(*) FROM checkout_sessions WHERE payment_source = 'tok_action' "
            "AND status IN ('FAILED', 'EXPIRED')",
        )
        scene.measured["checkouts that ended early"] = early
        if early:
            scene.wrong.append(f"{early} checkouts that wait for their buyers ended minutes early")
        right = scene.worker()
        scene.wait(1.0)
        scene.kill(wrong)
        before = scene.completed()
        if not within(lambda: scene.completed() > before, 15.0):
            scene.wrong.append("nobody took over within 15 s from the one that was ahead")
    _confirm(scene)


def _confirm(scene: Scene) -> None:
    """Buyers confirm at last, and are not too late."""
    from argosy.domains.payments.adapters.outbound.gateways.registry import book_path
    from argosy.domains.payments.adapters.outbound.gateways.test import TestGateway

    def confirm() -> None:
        for (id,) in rows(scene.place, "payments", "SELECT id FROM payment_intents WHERE status <> 'CAPTURED'"):
            gateway.complete(id)

    gateway = TestGateway(book_path())
    for purchase in scene.load.purchases:
        purchase.must_sell = True
    until = time.monotonic() + CONFIRMED_SECONDS
    while time.monotonic() < until:
        confirm()
        time.sleep(0.5)
    gateway.close()


@contextmanager
def _session(scene: Scene, database: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    assert scene.cluster is not None
    with psycopg.connect(f"{scene.cluster.url}/{database}", autocommit=True) as session:
        yield session


EXPERIMENTS = (
    Experiment(
        name="postgres-restarts",
        level="L3",
        proves="R03",
        target="the PostgreSQL server",
        failure="stopped as if the power were cut, away for up to 2 s; or every connection is ended by the server",
        expected="503 or a second try, no acknowledged write lost, all goes on by itself",
        rollback="an answer of 500, or an acknowledged checkout that is not there",
        owner="Platform",
        invariants=("I29", "I30", "I32", "I36"),
        inject=restarts,
        needs=POSTGRES,
        seconds=25,
    ),
    Experiment(
        name="idle-in-transaction",
        level="L3",
        proves="R10",
        target="checkout's database on PostgreSQL",
        failure="somebody begins to write, and forgets the transaction for longer than messages may be late",
        expected="messages behind it wait and are counted as late; when it ends all are heard, none is skipped",
        rollback="a message is heard before one that stands before it",
        owner="Platform",
        invariants=("I28", "I29", "I31"),
        inject=forgotten_transaction,
        needs=POSTGRES,
        seconds=22,
    ),
    Experiment(
        name="clock-ahead",
        level="L1",
        proves="R13",
        target="one of two workers, on PostgreSQL",
        failure="its clock is ten minutes ahead; then each of the two dies",
        expected="nothing ends early and nothing is held for ever: the server's clock counts; takeovers within 15 s",
        rollback="a checkout that waits for its buyer ends early",
        owner="Platform",
        invariants=("I04", "I33", "I35"),
        inject=clock_ahead,
        needs=POSTGRES,
        seconds=16,
    ),
)
