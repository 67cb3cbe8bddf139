"""`argosy sagas`: what has not ended, one flow's story, and stepping in with a trace."""

from __future__ import annotations

import json
from itertools import islice

import pytest

from argosy.contracts.checkout import StartCheckout
from argosy.engine.work import Actor
from benchmarks.reference import baskets, seed
from tests.cli.olist import failure, success
from tests.marketplace import Marketplace

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def place(marketplace: Marketplace) -> Marketplace:
    seed(marketplace.runtime)
    return marketplace


def start(place: Marketplace, name: str = "sagas") -> StartCheckout:
    [command] = islice(baskets(name, place.runtime.ids), 1)
    place.do("checkout", command, Actor(id=command.buyer_id))
    return command


def acts(place: Marketplace) -> list[dict[str, str]]:
    rows = place.rows(
        "checkout",
        "SELECT CAST(payload AS text) FROM checkout_outbox_events WHERE event_type = 'messages.OperatorActed'",
    )
    return [json.loads(row[0]) for row in rows]


def asked(place: Marketplace, wire_name: str) -> int:
    [(count,)] = place.rows("checkout", "SELECT count(*) FROM checkout_outbox_events WHERE event_type = ?", wire_name)
    return int(count)


def test_an_open_flow_is_listed_with_what_it_waits_for_and_until_when(place: Marketplace, capsys: Captured) -> None:
    started = start(place)
    [listed] = json.loads(success(capsys, "sagas", "--json"))["sagas"]
    assert (listed["id"], listed["saga"], listed["standing"]) == (started.checkout_id, "checkout", "GOING")
    story = json.loads(success(capsys, "sagas", started.checkout_id, "--json"))
    assert story["steps"] == {"lines": "ASKED"}
    waits = {one["for"]: one.get("until") for one in story["waits"]}
    assert waits["lines: an answer to products.QuoteLines"] == listed["deadline"] is not None
    assert "checkout tells checkout.ExpireCheckout" in waits
    assert [(line["context"], line["message"]) for line in story["told"]] == [
        ("checkout", "checkout.CheckoutStarted"),
        ("checkout", "products.QuoteLines"),
    ]


def test_a_finished_flow_is_a_timeline_through_all_contexts_and_is_open_no_more(
    place: Marketplace, capsys: Captured
) -> None:
    started = start(place)
    place.drain()
    assert success(capsys, "sagas") == "no flow is open\n"
    [recent] = json.loads(success(capsys, "sagas", "--recent", "1", "--json"))["sagas"]
    assert (recent["id"], recent["standing"]) == (started.checkout_id, "COMPLETED")
    story = json.loads(success(capsys, "sagas", started.checkout_id, "--json"))
    assert set(story["steps"].values()) == {"DONE"} and story["waits"] == []
    told = [line["message"] for line in story["told"]]
    order = ["checkout.CheckoutStarted", "products.LinesQuoted", "orders.OrdersPlaced", "payments.PaymentCaptured"]
    assert sorted(order, key=told.index) == order
    assert told.count("checkout.CheckoutCompleted") == 1
    assert {"checkout", "products", "orders", "inventory", "payments"} <= {line["context"] for line in story["told"]}
    text = success(capsys, "sagas", started.checkout_id)
    assert "COMPLETED" in text and "payments.PaymentCaptured" in text


def test_of_two_flows_each_story_tells_its_own(place: Marketplace, capsys: Captured) -> None:
    first, second = start(place, "one"), start(place, "two")
    place.drain()
    ids = [
        {line["message_id"] for line in json.loads(success(capsys, "sagas", id, "--json"))["told"]}
        for id in (first.checkout_id, second.checkout_id)
    ]
    assert ids[0] and ids[1] and not ids[0] & ids[1]


def test_a_retry_asks_again_and_the_log_says_who_and_why(place: Marketplace, capsys: Captured) -> None:
    started = start(place)
    assert asked(place, "products.QuoteLines") == 1
    success(capsys, "sagas", "retry", started.checkout_id, "--reason", "the gateway is back", "--by", "mo")
    assert asked(place, "products.QuoteLines") == 2
    [act] = acts(place)
    assert (act["about"], act["what"], act["operator"], act["reason"]) == (
        started.checkout_id,
        "flow: retry",
        "mo",
        "the gateway is back",
    )
    place.drain()
    [recent] = json.loads(success(capsys, "sagas", "--recent", "1", "--json"))["sagas"]
    assert recent["standing"] == "COMPLETED"
    assert place.rows("orders", "SELECT count(*) FROM orders")[0][0] == len({line.product_id for line in started.lines})
    told = json.loads(success(capsys, "sagas", started.checkout_id, "--json"))["told"]
    assert [line["details"]["operator"] for line in told if line["message"] == "messages.OperatorActed"] == ["mo"]


def test_a_compensated_flow_is_undone_and_sells_nothing(place: Marketplace, capsys: Captured) -> None:
    started = start(place)
    success(capsys, "sagas", "compensate", started.checkout_id, "--reason", "asked by phone", "--by", "mo")
    place.drain()
    [recent] = json.loads(success(capsys, "sagas", "--recent", "1", "--json"))["sagas"]
    assert recent["standing"] == "COMPENSATED"
    assert place.rows("payments", "SELECT count(*) FROM payment_transactions") == [(0,)]


def test_what_is_refused_changes_nothing_and_leaves_no_trace(place: Marketplace, capsys: Captured) -> None:
    started = start(place)
    place.drain()
    assert "has ended already" in failure(
        capsys, "sagas", "compensate", started.checkout_id, "--reason", "too late", "--by", "mo"
    )
    assert acts(place) == []


def test_stepping_in_needs_a_reason(place: Marketplace, capsys: Captured) -> None:
    started = start(place)
    assert "say who you are and why" in failure(capsys, "sagas", "retry", started.checkout_id)
    assert acts(place) == []


def test_bad_input_is_one_clear_line(place: Marketplace, capsys: Captured) -> None:
    nobody = "0197f3d2-4c1e-7a35-9b1e-5a0d8c3f2b10"
    assert failure(capsys, "sagas", "x").strip() == "x is no id of a flow"
    assert failure(capsys, "sagas", nobody).strip() == f"there is no flow {nobody}"
    assert "what?" in failure(capsys, "sagas", "retry")
    assert "is no deed" in failure(capsys, "sagas", "explode", nobody)
