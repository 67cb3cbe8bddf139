"""What a reference checkout may cost in queries, commits, messages and rows. Counts, never times."""

from __future__ import annotations

import os
from itertools import islice

import pytest

from argosy.platform.dialects import Statistics
from benchmarks.reference import baskets, seed, send
from tests.marketplace import Marketplace

CHECKOUTS = 64

# Of one checkout, in a batch of 64. Messages are exact; the others hang on how calls fall together, so that they have a
# little room. Whoever must raise one says in the commit what the buyer gets for it.
MESSAGES = 31
ROWS_MAX = 116.0
QUERIES_MAX = 11.0
COMMITS_MAX = 1.2


@pytest.fixture
def costs(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """What 64 reference checkouts cost the worker, for one of them."""
    monkeypatch.setenv("ARGOSY_TEST_GATEWAY_LATENCY_MS", "0")
    place = marketplace.runtime
    seed(place)
    send(place, "checkout", list(islice(baskets("warm", place.ids), 1)))
    marketplace.drain()
    send(place, "checkout", list(islice(baskets("counted", place.ids), CHECKOUTS)))
    heads = {label: store.log.head().id for label, store in place.stores.items()}
    before = (Statistics.queries, Statistics.commits, Statistics.rows_written)
    marketplace.drain()
    queries, commits, rows = (
        now - then
        for now, then in zip((Statistics.queries, Statistics.commits, Statistics.rows_written), before, strict=True)
    )
    [(done,)] = marketplace.rows("checkout", "SELECT count(*) FROM checkout_sessions WHERE status = 'COMPLETED'")
    assert done == CHECKOUTS + 1
    messages = sum(store.log.head().id - heads[label] for label, store in place.stores.items())
    worker = marketplace.worker
    return {
        "messages": messages / CHECKOUTS,
        "rows": rows / CHECKOUTS,
        "queries": queries / CHECKOUTS,
        "commits": commits / CHECKOUTS,
        "undeclared_loads": sum(consumer.undeclared_loads for consumer in worker.consumers)
        + sum(calls.undeclared_loads for calls in worker.calls.values()),
    }


@pytest.mark.skipif("ARGOSY_POSTGRES" in os.environ, reason="the bounds are those of SQLite")
def test_a_checkout_costs_no_more_messages_rows_queries_and_commits_than_allowed(costs: dict[str, float]) -> None:
    assert costs["messages"] == MESSAGES, costs
    assert costs["rows"] <= ROWS_MAX, costs
    assert costs["queries"] <= QUERIES_MAX, costs
    assert costs["commits"] <= COMMITS_MAX, costs


def test_a_checkout_loads_nothing_that_is_not_declared(costs: dict[str, float]) -> None:
    assert costs["undeclared_loads"] == 0
