"""`argosy parked drop`: one message is given up for good, and its log says who did it and why."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import pytest

from argosy.domains.inventory.application.reservations import Reservations
from argosy.engine.work import Actor
from benchmarks.reference import baskets, seed
from tests.cli.olist import failure, success
from tests.cli.test_parked import stuck
from tests.marketplace import Marketplace

Captured = pytest.CaptureFixture[str]
__all__ = ["stuck"]


@pytest.fixture
def refusing(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> Marketplace:
    """A checkout whose stock nobody can reserve."""
    seed(marketplace.runtime)

    def fail(*_: Any) -> None:
        raise ZeroDivisionError("no shelf for it")

    monkeypatch.setattr(Reservations, "reserve_stock", fail)
    [command] = islice(baskets("drop", marketplace.runtime.ids), 1)
    marketplace.do("checkout", command, Actor(id=command.buyer_id))
    marketplace.drain()
    return marketplace


def parked(capsys: Captured) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(success(capsys, "parked", "--json"))["parked"]
    return found


def acts(place: Marketplace) -> list[dict[str, Any]]:
    rows = place.rows(
        "inventory",
        "SELECT CAST(payload AS text), correlation_id FROM inventory_outbox_events "
        "WHERE event_type = 'messages.OperatorActed'",
    )
    return [json.loads(row[0]) for row in rows]


def test_a_dropped_message_is_gone_for_good_and_the_log_says_why(refusing: Marketplace, capsys: Captured) -> None:
    [waiting] = parked(capsys)
    assert (waiting["subscription"], waiting["message"]) == ("inventory", "inventory.ReserveStock")
    success(capsys, "parked", "drop", "inventory", waiting["message_id"], "--reason", "a bug", "--by", "mo")
    assert parked(capsys) == []
    [act] = acts(refusing)
    assert (act["about"], act["operator"], act["reason"]) == (waiting["message_id"], "mo", "a bug")
    assert act["details"]["message"] == "inventory.ReserveStock" and "no shelf" in act["details"]["error"]
    refusing.drain()
    assert refusing.rows("inventory", "SELECT count(*) FROM stock_reservations") == [(0,)]


def test_those_behind_it_go_on(refusing: Marketplace, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """The flow gives up and asks for the release of what was never reserved: that waits behind, and then goes well."""
    [(flow,)] = refusing.rows("checkout", "SELECT CAST(id AS text) FROM checkout_sessions")
    success(capsys, "sagas", "compensate", flow, "--reason", "stock is stuck", "--by", "mo")
    refusing.drain()
    [waiting] = parked(capsys)
    assert waiting["followers"] == 1
    success(capsys, "parked", "drop", "inventory", waiting["message_id"], "--reason", "a bug", "--by", "mo")
    refusing.drain()
    assert parked(capsys) == []
    [(outcome,)] = refusing.rows("checkout", "SELECT outcome FROM checkout_sessions")
    assert outcome == "COMPENSATED"


def test_it_needs_a_reason_and_a_message_that_is_there(refusing: Marketplace, capsys: Captured) -> None:
    [waiting] = parked(capsys)
    for reason in ("", "   "):
        assert "say who you are and why" in failure(
            capsys, "parked", "drop", "inventory", waiting["message_id"], "--reason", reason, "--by", "mo"
        )
    assert "no message nothing is parked in inventory" in failure(
        capsys, "parked", "drop", "inventory", "nothing", "--reason", "a bug", "--by", "mo"
    )
    assert len(parked(capsys)) == 1 and acts(refusing) == []


def test_a_view_is_rebuilt_and_never_left_with_a_gap(stuck: Marketplace, capsys: Captured) -> None:
    waiting = parked(capsys)
    told = failure(
        capsys, "parked", "drop", waiting[0]["subscription"], waiting[0]["message_id"], "--reason", "x", "--by", "mo"
    )
    assert "rebuild" in told
    assert parked(capsys) == waiting
