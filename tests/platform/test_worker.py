"""A worker outlives the faults of its parts."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.engine.consumer import SubscriptionOutgrown, SubscriptionStopped
from argosy.engine.store import StoreUnavailable, VersionConflict
from argosy.platform import worker as module
from argosy.platform.context import Context
from argosy.platform.planning import plan_missing
from argosy.platform.worker import Worker
from tests.marketplace import Marketplace


def test_a_fault_that_nobody_foresaw_stops_one_subscription_and_no_other(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, told = marketplace.worker, []
    worker.report = told.append
    broken = next(consumer for consumer in worker.consumers if consumer.subscription == "orders")

    def fall() -> int:
        raise KeyError("a bug")

    monkeypatch.setattr(broken, "step", fall)
    marketplace.drain()
    assert [line.splitlines()[0] for line in told] == ["orders failed: Traceback (most recent call last):"]


def test_too_many_parked_messages_do_not_keep_them_from_being_tried_again(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = marketplace.worker
    full = next(consumer for consumer in worker.consumers if consumer.subscription == "orders")
    tried = []

    def stop() -> int:
        raise SubscriptionStopped("more than 1000 parked")

    monkeypatch.setattr(full, "step", stop)
    monkeypatch.setattr(full, "retry_parked", lambda: tried.append(1) or 0)
    marketplace.drain()
    assert tried


def test_an_outgrown_program_leaves_the_context_to_others(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Worker(marketplace.runtime, ["orders"])
    consumer = next(one for one in old.consumers if one.subscription == "orders")

    def stand_down() -> int:
        raise SubscriptionOutgrown("orders is worked off by a newer program")

    monkeypatch.setattr(consumer, "retry_parked", stand_down)
    old.turn()
    assert consumer.fence is None
    old._look_at_leases()
    assert consumer.fence is None
    newer = Worker(marketplace.runtime, ["orders"])
    assert newer.consumers[0].fence is not None
    newer.close()
    old.close()


def test_who_meets_what_is_too_new_leaves_the_context_once_somebody_else_is_ready(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Worker(marketplace.runtime, ["orders"])
    consumer = next(one for one in old.consumers if one.subscription == "orders")
    consumer.stopped_lanes["payments", 3] = "payments.PaymentCaptured version 2 is newer than this program"
    monkeypatch.setattr(consumer, "step", lambda: 0)
    old._look_at_leases()
    old.turn()
    assert consumer.fence is not None, "nobody else would work off the other lanes"
    newer = Worker(marketplace.runtime, ["orders"])
    for worker in (old, newer):  # Else whose turn it is hangs on their names.
        monkeypatch.setattr(worker.leases, "_is_my_turn", lambda label, elapsed: True)
    old._look_at_leases()
    old._ready.add(consumer)
    old.turn()
    assert consumer.fence is None
    newer.leases.doubt("orders")
    newer._look_at_leases()
    assert newer.consumers[0].fence is not None
    old._look_at_leases()
    assert consumer.fence is None, "for as long as it lives"
    newer.close()
    old.close()


@pytest.mark.parametrize("fault", [VersionConflict("another wrote first"), StoreUnavailable("it is away")])
def test_a_schedule_that_could_not_be_planned_is_planned_with_the_next_poll(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """Nobody else would do it: leases may stay where they are for weeks."""
    tries = []

    def refused_once(context: Context, *rest: Any) -> Any:
        tries.append(context.label)
        if tries.count(context.label) == 1:
            raise fault
        return plan_missing(context, *rest)

    monkeypatch.setattr(module, "plan_missing", refused_once)
    worker = Worker(marketplace.runtime, ["inventory"])
    assert marketplace.runtime.stores["inventory"].recurring() == set()
    worker._poll()
    wanted = {every.send.wire_name for every in marketplace.runtime.contexts["inventory"].schedule}
    assert marketplace.runtime.stores["inventory"].recurring() == wanted
    worker._poll()
    assert tries == ["inventory"] * 2, "once planned it is left alone"
    worker.close()


def test_workers_that_start_together_plan_recurring_commands_once(marketplace: Marketplace) -> None:
    workers = [Worker(marketplace.runtime, ["inventory"]) for _ in range(3)]
    planned = marketplace.rows("inventory", "SELECT name FROM inventory_due WHERE cause_id = 'every:'")
    wanted = [every.send.wire_name for every in marketplace.runtime.contexts["inventory"].schedule]
    assert sorted(name for (name,) in planned) == sorted(wanted)
    for worker in workers:
        worker.close()
