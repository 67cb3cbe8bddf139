"""Experiments that are declared and not run yet: each says what it waits for."""

from __future__ import annotations

from argosy.apps.chaos.experiment import Experiment

EXPERIMENTS = (
    Experiment(
        name="carrier-down",
        level="L3",
        proves="scenario 5",
        target="the carrier's API",
        failure="answers 500, or nothing, for minutes",
        expected="orders stay PAID, parcels are delayed and asked for again, the buyer is told",
        rollback="an order leaves PAID, or a parcel is asked for twice",
        owner="Fulfilment",
        invariants=("I26",),
        waits_for="parcels: nothing leaves a warehouse yet",
    ),
    Experiment(
        name="refund-half-done",
        level="L2",
        proves="scenario 6",
        target="orders, while refunds are paid out",
        failure="the refund succeeds and orders' worker is killed",
        expected="the refund stays recorded, the order follows by itself",
        rollback="more is paid back than was taken, or an order says otherwise than the ledger",
        owner="Money + Orders",
        invariants=("I12", "I15", "I16"),
        waits_for="refund cases, which a buyer or a seller opens",
    ),
    Experiment(
        name="search-down",
        level="L2",
        proves="scenario 8",
        target="search",
        failure="its index and database are away",
        expected="search answers less, checkout does not notice",
        rollback="a checkout is refused or lost",
        owner="Catalogue",
        invariants=("I38",),
        waits_for="search over an index (`database-away` takes the read models' database already)",
    ),
)
