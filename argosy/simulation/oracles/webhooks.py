"""Webhooks at rest: kept once where the gateway sent them, resolved where they were about something, and no others."""

from __future__ import annotations

from collections.abc import Iterator

from argosy.domains.payments.domain.webhook import RESOLVED, SUSPENDED, Webhook
from argosy.simulation.facts import Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.violation import Violation


def webhooks(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    kept: set[str] = set()
    for row in place.store("payments").all(Webhook):
        where = f"webhook {row.event_id}"
        if row.event_id in kept:
            yield Violation("I37", where, "is kept twice")
        kept.add(row.event_id)
        is_ours = facts.events.get(row.event_id)
        if is_ours is None:
            yield Violation("I37", where, "was never sent by the gateway")
        elif row.status != (RESOLVED if is_ours else SUSPENDED):
            yield Violation("I37", where, f"is {row.status} at rest")
