"""One trace follows one checkout through all contexts, and what was not traced costs nothing and tells nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from argosy.engine.work import Actor
from argosy.observability import tracing
from argosy.observability.about import now_about
from argosy.observability.tracing import Tracer, TracingSettingIsWrong, begin, current, span_id, trace_id, use
from benchmarks.reference import baskets, seed
from tests.marketplace import Marketplace

REQUEST = "0197f3d2-4c1e-7a35-9b1e-5a0d8c3f2b10"


class Kept:
    """Spans as they are told."""

    def __init__(self) -> None:
        self.spans: list[Any] = []

    def on_end(self, span: Any) -> None:
        self.spans.append(span)


@pytest.fixture
def kept() -> Iterator[Kept]:
    found = Kept()
    use(Tracer(found, "test"))
    yield found
    use(None)


def buy(place: Marketplace, name: str) -> str:
    """Bought over everything that a request is; its correlation id."""
    [command] = islice(baskets(name, place.runtime.ids), 1)
    now_about({"context": "checkout"})
    place.do("checkout", command, Actor(id=command.buyer_id))
    from argosy.observability.about import doing

    correlation = doing()["correlation_id"]
    tracer = current()
    assert tracer is not None
    now = place.runtime.clock.now()
    tracer.requested(doing(), "POST api/v1/checkouts", 202, (now, now))
    now_about({})
    place.drain()
    return correlation


def test_one_trace_follows_one_checkout_through_all_contexts(marketplace: Marketplace, kept: Kept) -> None:
    seed(marketplace.runtime)
    marketplace.drain()
    kept.spans.clear()
    correlation = buy(marketplace, "traced")
    spans = [span for span in kept.spans if span.context.trace_id == trace_id(correlation)]
    by_id = {span.context.span_id: span for span in spans}
    assert len(by_id) == len(spans), "a span is told once"
    roots = [span for span in spans if span.parent is None]
    assert [span.name for span in roots] == ["POST api/v1/checkouts"]
    orphans = [span.name for span in spans if span.parent is not None and span.parent.span_id not in by_id]
    assert orphans == []
    contexts = {span.attributes["argosy.context"] for span in spans}
    assert {"checkout", "products", "promotions", "taxes", "orders", "inventory", "payments", "search"} <= contexts
    names = [span.name for span in spans]
    assert names.count("payments calls gateway") == 2
    assert "payments handles payments.CapturePayment" in names


def test_a_span_is_caused_by_the_handling_that_told_its_message(marketplace: Marketplace, kept: Kept) -> None:
    seed(marketplace.runtime)
    marketplace.drain()
    kept.spans.clear()
    buy(marketplace, "caused")
    by_id = {span.context.span_id: span for span in kept.spans}
    [placed] = [span for span in kept.spans if span.name == "checkout handles orders.OrdersPlaced"]
    cause = by_id[placed.parent.span_id]
    assert cause.name == "orders handles orders.PlaceOrders"
    assert by_id[cause.parent.span_id].name == "checkout handles taxes.TaxQuoted"
    assert cause.end_time <= placed.end_time


def test_two_checkouts_are_two_traces(marketplace: Marketplace, kept: Kept) -> None:
    seed(marketplace.runtime)
    marketplace.drain()
    first, second = buy(marketplace, "one"), buy(marketplace, "two")
    assert trace_id(first) != trace_id(second)
    told = [span.attributes["argosy.correlation_id"] for span in kept.spans]
    assert first in told and second in told


def test_a_trace_is_told_as_a_whole_or_not_at_all(marketplace: Marketplace) -> None:
    none = Kept()
    use(Tracer(none, "test", ratio=0.0))
    seed(marketplace.runtime)
    buy(marketplace, "untold")
    use(None)
    assert none.spans == []


def test_ids_are_the_same_in_every_process() -> None:
    assert trace_id(REQUEST) == int(REQUEST.replace("-", ""), 16)
    assert span_id(REQUEST, "orders") == span_id(REQUEST, "orders") != span_id(REQUEST, "payments")


def test_what_a_schedule_tells_is_no_trace_without_end(marketplace: Marketplace, kept: Kept) -> None:
    marketplace.drain()
    handled = marketplace.rows("inventory", "SELECT count(*) FROM inventory_outbox_events")
    assert handled[0][0] > 0, "a sweep has been told and heard"
    assert kept.spans == []


def test_nothing_is_traced_unless_it_is_asked_for() -> None:
    begin("off", "1", "test")
    assert current() is None


def test_what_is_asked_for_wrongly_is_one_clear_line() -> None:
    with pytest.raises(TracingSettingIsWrong, match="there are off, console, otlp"):
        begin("yes", "1", "test")
    for ratio in ("2", "-1", "much"):
        with pytest.raises(TracingSettingIsWrong, match="between 0 and 1"):
            begin("console", ratio, "test")
    assert current() is None


def test_the_exporters_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(tracing._exporter("console")).__name__ == "ConsoleSpanExporter"
    assert type(tracing._exporter("otlp")).__name__ == "OTLPSpanExporter"
