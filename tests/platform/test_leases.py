"""One worker works off a context at a time, and another takes over when it is gone."""

from __future__ import annotations

import socket

import pytest

from argosy.engine.memory import MemoryStore
from argosy.platform.leases import LEASE_SECONDS, Leases, holder_name, is_dead
from argosy.platform.worker import Worker
from tests.marketplace import Marketplace
from tests.support import FakeClock


def two(clock: FakeClock) -> tuple[Leases, Leases]:
    store = MemoryStore("orders")
    return Leases({"orders": store}, clock, "here:a"), Leases({"orders": store}, clock, "there:b")


def test_the_second_waits_while_the_first_keeps_its_lease() -> None:
    clock = FakeClock()
    first, second = two(clock)
    assert first.look(0)
    for elapsed in range(1, 30):
        clock.tick(seconds=1)
        first.look(elapsed)
        assert not second.look(elapsed)
    assert second.fence("orders") is None


def test_the_second_takes_over_when_the_first_falls_silent() -> None:
    clock = FakeClock()
    first, second = two(clock)
    first.look(0)
    clock.tick(seconds=LEASE_SECONDS + 1)
    assert second.look(100)
    mine, theirs = first.fence("orders"), second.fence("orders")
    assert mine is not None
    assert theirs is not None
    assert theirs.token > mine.token
    assert first.look(100), "the first learns that it was replaced"
    assert first.fence("orders") is None


def test_a_lease_that_is_given_back_is_free_at_once() -> None:
    clock = FakeClock()
    first, second = two(clock)
    first.look(0)
    first.give_back()
    assert second.look(0)


def test_a_process_of_this_machine_that_is_gone_is_not_waited_for() -> None:
    machine = holder_name("x").partition(":")[0]
    assert machine.startswith(socket.gethostname())
    assert not is_dead(holder_name("x"))
    assert is_dead(f"{machine}:4194999:x")
    assert not is_dead("elsewhere:4194999:x")
    assert not is_dead(f"{socket.gethostname()}/1:4194999:x"), "a container of that name numbers processes apart"


def test_a_holders_name_fits_its_column_whatever_the_machine_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "worker-of-checkout-and-orders-" * 8)
    assert len(holder_name("0190f5d6-0000-7000-8000-0123456789ab")) <= 100


def test_a_second_worker_stands_by_until_the_first_leaves(marketplace: Marketplace) -> None:
    first = marketplace.worker
    second = Worker(marketplace.runtime, ["inventory"])
    consumer = next(consumer for consumer in second.consumers if consumer.subscription == "inventory")
    assert consumer.fence is None
    first.leases.give_back()
    second._look_at_leases()
    assert consumer.fence is not None
    second.close()
