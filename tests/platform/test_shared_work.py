"""Several worker processes share the contexts: one is killed under load, and the others have all within ten seconds.

With ARGOSY_POSTGRES set the same runs on PostgreSQL, as workers on several machines would.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice

import pytest

from argosy.platform.runtime import Runtime
from benchmarks.reference import baskets, send
from benchmarks.reference import seed as seed_goods
from tests.crash import books
from tests.marketplace import Marketplace

pytestmark = pytest.mark.slow

AS_ON = """
import sys
from argosy.platform import leases
leases._machine = lambda: sys.argv[1]
from argosy.apps.cli.main import main
sys.exit(main(sys.argv[2:]))
"""


@contextmanager
def worker(machine: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that believes itself on a machine of that name: others see no process of its own die."""
    process = subprocess.Popen(
        [sys.executable, "-c", AS_ON, machine, "worker", "--quiet", *arguments],
        env={**os.environ, "ARGOSY_TEST_GATEWAY_LATENCY_MS": "1"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def holders(place: Runtime) -> dict[str, str]:
    """The machine whose worker holds each context now."""
    found = {}
    for label, context in place.contexts.items():
        store = context.subscriptions(place)[0].store
        for holder, until in store.dialect.query(
            f"SELECT holder, expires_at FROM {store.prefix}_leases WHERE name = ?", (label,)
        ):
            if store.dialect.to_instant(until) > place.clock.now():
                found[label] = holder.partition(":")[0]
    return found


def wait_until_held(place: Runtime, counts: dict[str, int], seconds: float) -> float:
    """Until each machine holds that many contexts; how long that took."""
    began = time.monotonic()
    while True:
        held = list(holders(place).values())
        if {machine: held.count(machine) for machine in counts} == counts:
            return time.monotonic() - began
        assert time.monotonic() - began < seconds, f"{counts} after {seconds} s are {holders(place)}"
        time.sleep(0.05)


def test_a_killed_workers_contexts_are_another_machines_within_ten_seconds_and_the_books_agree(
    marketplace: Marketplace,
) -> None:
    place = marketplace.runtime
    seed_goods(place)
    orders = list(islice(baskets("shared", place.ids), 400))
    half = len(place.contexts) // 2
    with ExitStack() as stack:
        first = stack.enter_context(worker("first"))
        wait_until_held(place, {"first": 2 * half}, 20)
        second = stack.enter_context(worker("second"))
        wait_until_held(place, {"first": half, "second": half}, 20)
        send(place, "checkout", list(orders[:200]))
        dying, living = (first, "second") if holders(place)["orders"] == "first" else (second, "first")
        while books.rows(place, "orders", "SELECT count(*) FROM orders") == [(0,)]:
            time.sleep(0.01)
        dying.kill()
        send(place, "checkout", list(orders[200:]))
        assert wait_until_held(place, {living: 2 * half}, 15) < 10
        books.wait_until_calm(place, 90)
        assert first.poll() is None or second.poll() is None
    assert books.faults(place, [order.checkout_id for order in orders]) == []
    [(completed,)] = books.rows(place, "checkout", "SELECT count(*) FROM checkout_sessions WHERE status = 'COMPLETED'")
    assert completed == len(orders)


def test_a_worker_that_is_told_to_end_is_followed_at_once_and_a_pinned_one_keeps_to_its_own(
    marketplace: Marketplace,
) -> None:
    place = marketplace.runtime
    everything = len(place.contexts)
    with worker("first") as first:
        wait_until_held(place, {"first": everything}, 20)
        with worker("pinned", "--contexts", "orders,checkout"):
            wait_until_held(place, {"pinned": 2, "first": everything - 2}, 20)
            assert {holders(place)[label] for label in ("orders", "checkout")} == {"pinned"}
            with worker("second") as second:
                wait_until_held(place, {"pinned": 2, "first": everything // 2 - 1, "second": everything // 2 - 1}, 20)
                second.terminate()
                assert wait_until_held(place, {"first": everything - 2}, 15) < 5
            first.terminate()
            first.wait(20)
            time.sleep(1)
            assert set(holders(place)) == {"orders", "checkout"}
