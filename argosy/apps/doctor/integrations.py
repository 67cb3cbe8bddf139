"""Integrations: secrets are kept as they may be, the feed is whole, and no delivery is forgotten."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from argosy.apps.doctor.check import Check, Violation, all_of
from argosy.apps.doctor.databases import Databases
from argosy.domains.integrations.application.deliveries import WEBHOOK
from argosy.domains.integrations.domain.api_key import KEY_BEGINS, SEEN
from argosy.domains.integrations.domain.webhook import PENDING, SECRET_BEGINS

FINGERPRINT_LETTERS = 64


def keys_as_fingerprints(databases: Databases) -> Iterator[Violation]:
    for (id,) in databases.stream(
        "integrations",
        "SELECT id FROM api_keys WHERE length(token_hash) <> ? OR length(prefix) > ?",
        FINGERPRINT_LETTERS,
        len(KEY_BEGINS) + SEEN,
    ):
        yield Violation(f"api_keys {id}", "holds more of its key than a fingerprint and its beginning")


def secrets_sealed(databases: Databases) -> Iterator[Violation]:
    for (id,) in databases.stream(
        "integrations",
        "SELECT id FROM webhooks WHERE substr(secret, 1, 6) = ? OR substr(secret_before, 1, 6) = ?",
        SECRET_BEGINS,
        SECRET_BEGINS,
    ):
        yield Violation(f"webhooks {id}", "holds a secret that is not sealed")


def feed_numbered(databases: Databases) -> Iterator[Violation]:
    for id, last, swept, count, first, furthest in databases.stream(
        "integrations",
        "SELECT o.id, o.last, o.swept, f.count, f.first, f.furthest FROM feed_order o CROSS JOIN "
        "(SELECT count(*) AS count, min(position) AS first, max(position) AS furthest FROM feed_events) f "
        "WHERE o.last - o.swept <> f.count OR o.last <> coalesce(f.furthest, o.swept) "
        "OR o.swept + 1 <> coalesce(f.first, o.last + 1)",
    ):
        yield Violation(
            f"feed_order {id}",
            f"has numbered {last} events and forgotten {swept}; there are {count}, from {first} to {furthest}",
        )


def deliveries_planned(databases: Databases) -> Iterator[Violation]:
    """The first of a lane is called; every other one waits behind it."""
    for id, queue in databases.stream(
        "integrations",
        "SELECT d.id, l.queue FROM webhook_deliveries d LEFT JOIN webhook_lanes l ON l.id = d.lane_id "
        "WHERE d.status = ? AND NOT EXISTS (SELECT 1 FROM integrations_due w WHERE w.name = ? AND "
        "w.payload = '{\"delivery_id\":\"' || CAST(d.id AS text) || '\"}')",
        PENDING,
        WEBHOOK,
    ):
        waiting = _list(queue)
        if id not in waiting:
            yield Violation(f"webhook_deliveries {id}", "is open, and in no lane")
        elif waiting[0] == id:
            yield Violation(f"webhook_deliveries {id}", "is the first of its lane, and nothing is planned for it")


def _list(queue: Any) -> list[str]:
    found: list[str] = json.loads(queue) if isinstance(queue, str) else queue or []
    return found


CHECKS = (
    Check(
        "I50",
        "of keys fingerprints are kept, and secrets of webhooks sealed",
        all_of(keys_as_fingerprints, secrets_sealed),
    ),
    Check(
        "I51",
        "the feed is numbered without gaps, and every open delivery is planned or waits in its lane",
        all_of(feed_numbered, deliveries_planned),
    ),
)
