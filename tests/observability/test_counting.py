"""What happens in a marketplace is counted: once, where it is committed, and nothing else is."""

from __future__ import annotations

import time
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
from msgspec.structs import replace

from argosy.contracts.checkout import StartCheckout
from argosy.contracts.orders import CapturedPayment, PaymentsSettled, SettlePayments
from argosy.domains.inventory.application.reservations import Reservations
from argosy.engine.work import Actor, Cause, UnitOfWork
from argosy.observability.metrics import REGISTRY
from argosy.platform import flows
from benchmarks.reference import baskets, seed
from tests.marketplace import Marketplace
from tests.support import CountingIds

P = "0197f3d2-4c1e-7a35-9b1e-5a0d8c3f2b10"


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


class Since:
    """By how much each metric has grown."""

    def __init__(self, **wanted: tuple[str, dict[str, str]]) -> None:
        self.wanted = wanted
        self.before = self._now()

    def _now(self) -> dict[str, float]:
        return {key: value(name, **labels) for key, (name, labels) in self.wanted.items()}

    def grown(self) -> dict[str, float]:
        return {key: now - self.before[key] for key, now in self._now().items()}


def outcomes(name: str, *which: str) -> dict[str, tuple[str, dict[str, str]]]:
    return {f"{name}_{one}": (f"argosy_{name}_total", {"outcome": one}) for one in which}


@pytest.fixture
def place(marketplace: Marketplace) -> Marketplace:
    seed(marketplace.runtime)
    marketplace.drain()
    return marketplace


def start(place: Marketplace, name: str, **changes: Any) -> StartCheckout:
    [command] = islice(baskets(name, place.runtime.ids), 1)
    command = replace(command, **changes)
    place.do("checkout", command, Actor(id=command.buyer_id))
    return command


def look(place: Marketplace) -> None:
    worker = place.worker
    worker.watch._look_at = 0.0
    worker._look_at_itself()


def test_a_sale_is_counted_once_by_what_became_of_it(place: Marketplace) -> None:
    since = Since(
        **outcomes("checkouts", "started", "completed", "failed"),
        **outcomes("orders", "placed", "paid", "cancelled"),
        **outcomes("payments", "authorized", "captured", "failed"),
        **outcomes("reservations", "reserved", "confirmed", "released"),
        flow=("argosy_saga_seconds_count", {"saga": "checkout", "outcome": "completed"}),
        calls=("argosy_calls_answered_total", {"context": "payments", "call": "gateway"}),
        requests=("argosy_commits_total", {"context": "checkout", "writer": "request"}),
    )
    start(place, "sale")
    place.drain()
    assert since.grown() == {
        "checkouts_started": 1,
        "checkouts_completed": 1,
        "checkouts_failed": 0,
        "orders_placed": 2,
        "orders_paid": 2,
        "orders_cancelled": 0,
        "payments_authorized": 1,
        "payments_captured": 1,
        "payments_failed": 0,
        "reservations_reserved": 1,
        "reservations_confirmed": 1,
        "reservations_released": 0,
        "flow": 1,
        "calls": 2,
        "requests": 1,
    }


def test_a_declined_card_is_no_sale(place: Marketplace) -> None:
    since = Since(
        **outcomes("checkouts", "completed", "failed"),
        **outcomes("orders", "paid", "cancelled"),
        **outcomes("payments", "captured", "failed"),
        undone=("argosy_saga_step_seconds_count", {"saga": "checkout", "step": "orders", "answer": "undone"}),
        no=("argosy_saga_step_seconds_count", {"saga": "checkout", "step": "authorize", "answer": "no"}),
    )
    start(place, "declined", payment_source="tok_decline")
    place.drain()
    assert since.grown() == {
        "checkouts_completed": 0,
        "checkouts_failed": 1,
        "orders_paid": 0,
        "orders_cancelled": 2,
        "payments_captured": 0,
        "payments_failed": 1,
        "undone": 1,
        "no": 1,
    }


def test_each_step_of_a_flow_is_timed_from_question_to_answer(place: Marketplace) -> None:
    steps = "lines coupons delivery tax orders stock authorize commit capture confirm consume".split()
    since = Since(
        **{
            step: ("argosy_saga_step_seconds_count", {"saga": "checkout", "step": step, "answer": "yes"})
            for step in steps
        }
    )
    start(place, "steps")
    place.drain()
    assert since.grown() == dict.fromkeys(steps, 1)


def test_of_big_batches_only_some_flows_are_timed(place: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "SAMPLED_FROM", 0)
    since = Since(
        handled=("argosy_messages_handled_total", {"subscription": "checkout"}),
        timed=("argosy_saga_step_seconds_count", {"saga": "checkout", "step": "tax", "answer": "yes"}),
    )
    for command in islice(baskets("many", CountingIds()), 40):
        place.do("checkout", command, Actor(id=command.buyer_id))
    place.drain()
    grown = since.grown()
    assert grown["handled"] >= 400
    assert 0 < grown["timed"] < 20


def test_lag_is_measured_by_what_is_not_applied(place: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    look(place)
    lag = {"context": "products", "subscription": "products", "source": "checkout"}
    assert value("argosy_dispatch_lag_messages", **lag) == value("argosy_dispatch_lag_seconds", **lag) == 0
    start(place, "lag")
    later = place.runtime.clock.now() + timedelta(seconds=90)
    monkeypatch.setattr(type(place.runtime.clock), "now", lambda self: later)
    look(place)
    assert value("argosy_dispatch_lag_messages", **lag) >= 1
    assert 85 < value("argosy_dispatch_lag_seconds", **lag) < 95
    monkeypatch.undo()
    place.drain()
    look(place)
    assert value("argosy_dispatch_lag_messages", **lag) == value("argosy_dispatch_lag_seconds", **lag) == 0


def test_open_flows_are_gauged_by_how_they_stand(place: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    def standing() -> dict[str, float]:
        look(place)
        return {one: value("argosy_sagas_open", saga="checkout", standing=one) for one in ("going", "undoing", "late")}

    assert standing() == {"going": 0, "undoing": 0, "late": 0}
    start(place, "open")
    assert standing() == {"going": 1, "undoing": 0, "late": 0}
    later = place.runtime.clock.now() + timedelta(hours=1)
    monkeypatch.setattr(type(place.runtime.clock), "now", lambda self: later)
    assert standing() == {"going": 1, "undoing": 0, "late": 1}
    assert 3_500 < value("argosy_saga_oldest_seconds", saga="checkout") < 3_700
    monkeypatch.undo()
    place.drain()
    assert standing() == {"going": 0, "undoing": 0, "late": 0}
    assert value("argosy_saga_oldest_seconds", saga="checkout") == 0


def test_parked_messages_are_counted_and_gauged(place: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("no shelf for it")

    since = Since(parked=("argosy_parked_total", {"subscription": "inventory", "message": "inventory.ReserveStock"}))
    monkeypatch.setattr(Reservations, "reserve_stock", fail)
    start(place, "parked")
    place.drain()
    look(place)
    assert since.grown() == {"parked": 1}
    assert value("argosy_parked_messages", context="inventory", subscription="inventory") == 1


def test_leases_and_databases_are_told_of(place: Marketplace) -> None:
    look(place)
    for label, context in place.runtime.contexts.items():
        assert value("argosy_leases_held", context=label) == 1
        assert value("argosy_context_info", context=label, criticality=context.criticality) == 1
    assert value("argosy_database_up", context="payments") == 1


def test_jobs_are_counted_when_they_are_done(place: Marketplace) -> None:
    task = {"task": "inventory.ExpireReservations"}
    since = Since(done=("argosy_job_runs_total", {**task, "result": "done"}))
    later = place.runtime.clock.now() + timedelta(seconds=20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(place.runtime.clock), "now", lambda self: later)
        place.drain()
    look(place)
    assert since.grown() == {"done": 1}
    assert value("argosy_job_every_seconds", **task) == 15
    assert abs(value("argosy_job_last_done_timestamp_seconds", **task) - time.time()) < 30


def test_payments_that_reconciliation_lays_beside_orders_are_counted(place: Marketplace) -> None:
    since = Since(
        compared=("argosy_payments_compared_total", {"result": "compared"}),
        mismatch=("argosy_payments_compared_total", {"result": "mismatch"}),
    )
    asked = CapturedPayment(payment_id=P, purchase_id=P, order_ids=(), amount=1, currency="EUR")
    messages = [
        SettlePayments(payments=(asked, asked, asked)),
        PaymentsSettled(job="j", unexplained=(P,), confirmed=()),
    ]
    store = place.runtime.stores["orders"]
    work = UnitOfWork(store, place.runtime.clock.now())
    work.begin(Cause(P, P, place.runtime.ids))
    work.announce(*messages)
    work.keep()
    work.commit()
    assert since.grown() == {"compared": 3, "mismatch": 1}
