"""Several worker processes share the contexts: one is killed under load, and the others have all within ten seconds.

With ARGOSY_POSTGRES set the same runs on PostgreSQL, as workers on several machines would.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
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


def wait_until(place: Runtime, is_so: Callable[[Counter[str]], bool], seconds: float) -> float:
    """Until that is so of the number of contexts that each machine holds; how long that took."""
    began = time.monotonic()
    while not is_so(Counter(holders(place).values())):
        assert time.monotonic() - began < seconds, f"after {seconds} s the contexts are with {holders(place)}"
        time.sleep(0.05)
    return time.monotonic() - began


def shared(contexts: int, *machines: str) -> Callable[[Counter[str]], bool]:
    """Whether these machines hold so many contexts between them, none of them two more than another."""

    def is_so(held: Counter[str]) -> bool:
        counts = [held[machine] for machine in machines]
        return sum(counts) == contexts and max(counts) - min(counts) <= 1

    return is_so


def test_a_killed_workers_contexts_are_another_machines_within_ten_seconds_and_the_books_agree(
    marketplace: Marketplace,
) -> None:
    place = marketplace.runtime
    seed_goods(place)
    orders = list(islice(baskets("shared", place.ids), 400))
    everything = len(place.contexts)
    with ExitStack() as stack:
        first = stack.enter_context(worker("first"))
        wait_until(place, shared(everything, "first"), 20)
        second = stack.enter_context(worker("second"))
        wait_until(place, shared(everything, "first", "second"), 20)
        send(place, "checkout", list(orders[:200]))
        dying, living = (first, "second") if holders(place)["orders"] == "first" else (second, "first")
        while books.rows(place, "orders", "SELECT count(*) FROM orders") == [(0,)]:
            time.sleep(0.01)
        dying.kill()
        send(place, "checkout", list(orders[200:]))
        assert wait_until(place, shared(everything, living), 15) < 10
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
        wait_until(place, shared(everything, "first"), 20)
        with worker("pinned", "--contexts", "orders,checkout"):
            wait_until(place, shared(everything - 2, "first"), 20)
            wait_until(place, shared(2, "pinned"), 20)
            assert {holders(place)[label] for label in ("orders", "checkout")} == {"pinned"}
            with worker("second") as second:
                wait_until(place, shared(everything - 2, "first", "second"), 20)
                second.terminate()
                assert wait_until(place, shared(everything - 2, "first"), 15) < 5
            first.terminate()
            first.wait(20)
            time.sleep(1)
            assert set(holders(place)) == {"orders", "checkout"}
