"""A run that is told as one purchase's story."""

from __future__ import annotations

from collections import Counter

from argosy.engine.store import Changes
from argosy.simulation.run import Outcome, Plan, Simulation
from argosy.simulation.store import SimulatedStore
from argosy.simulation.story import Story


class NoSuchPurchase(Exception):
    """No checkout of this run is meant by that."""


def story_of(plan: Plan, which: str = "") -> list[str]:
    """The story of a checkout: by its id or its number; without either, the one that an invariant was broken about,
    or that most was told of."""
    checkout_id = _chosen(plan, which)
    simulation = Simulation(plan)
    story = Story(simulation.place, checkout_id)
    for part in simulation.place.parts.values():
        watch = part.store.watch

        def both(store: SimulatedStore, changes: Changes, watch: object = watch) -> None:
            assert callable(watch)
            watch(store, changes)
            story.watch(store, changes)

        part.store.watch = both
    simulation.run()
    return story.lines


def _chosen(plan: Plan, which: str) -> str:
    simulation = Simulation(plan)
    simulation.run()
    outcome = simulation.outcome(with_digest=False)
    records = simulation.place.store("checkout").log.records
    flows = list(dict.fromkeys(record.key for record in records if record.wire_name == "checkout.CheckoutStarted"))
    if which.isdigit():
        if not 1 <= int(which) <= len(flows):
            raise NoSuchPurchase(f"seed {plan.seed} has checkouts 1 to {len(flows)}")
        return flows[int(which) - 1]
    if which:
        if which not in flows:
            raise NoSuchPurchase(f"seed {plan.seed} has no checkout {which[:40]}")
        return which
    return _broken_one(outcome, flows) or _longest(flows, [record.key for record in records])


def _broken_one(outcome: Outcome, flows: list[str]) -> str:
    """Ids that are made of a checkout's begin like it."""
    for violation in outcome.violations:
        for word in violation.where.split():
            for flow in flows:
                if word == flow or (len(word) == 36 and word[:13] == flow[:13]):
                    return flow
    return ""


def _longest(flows: list[str], keys: list[str]) -> str:
    told = Counter(keys)
    return max(flows, key=lambda flow: told[flow])
