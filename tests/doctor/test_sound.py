"""A healthy marketplace is sound, whatever its checkouts went through."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.engine import consumer
from argosy.platform.archiving import Archiver
from argosy.platform.subscriptions import fix_starts
from tests.doctor.planting import violated
from tests.marketplace import Marketplace


def test_a_healthy_marketplace_is_sound(sold: Marketplace) -> None:
    outcomes = {row[0] for row in sold.rows("checkout", "SELECT DISTINCT status FROM checkout_sessions")}
    assert outcomes == {"COMPLETED", "FAILED", "ABORTED"}
    assert violated(sold) == {}


def test_a_healthy_marketplace_is_sound_when_its_logs_are_archived(
    sold: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive(sold, monkeypatch, "orders", "inventory")
    assert violated(sold) == {}
    archive(sold, monkeypatch, *sold.runtime.stores)
    assert violated(sold) == {}


@pytest.mark.parametrize(
    ("check", "label", "plant"),
    [
        ("I29", "orders", lambda records: []),
        ("I31", "orders", lambda records: [one for one in records if one.sequence != 2]),
        ("I32", "checkout", lambda records: [one for one in records if one.wire_name != "checkout.CheckoutCompleted"]),
        ("I34", "checkout", lambda records: [one for one in records if one.wire_name != "payments.VoidPayment"]),
    ],
)
def test_what_an_archive_has_lost_is_reported(
    sold: Marketplace, monkeypatch: pytest.MonkeyPatch, check: str, label: str, plant: Any
) -> None:
    archive(sold, monkeypatch, label)
    archived = sold.runtime.stores[label].log.archive
    assert archived is not None
    records = archived.records
    monkeypatch.setattr(archived, "records", lambda segment: plant(records(segment)))
    assert check in violated(sold)


def archive(place: Marketplace, monkeypatch: pytest.MonkeyPatch, *labels: str) -> None:
    """All but the last message of these logs."""
    monkeypatch.setattr(consumer, "IDLE_LANE_LAG", 0)
    place.drain()
    now = place.runtime.clock.now()
    moved = {label: Archiver(place.runtime, label, now).run() for label in labels}
    assert {label for label, archived in moved.items() if archived.held_by} == set()


def test_a_marketplace_that_nobody_has_bought_from_is_sound(marketplace: Marketplace) -> None:
    """Reactors that are new to an empty log begin where it begins."""
    assert fix_starts(marketplace.runtime) > 0
    assert violated(marketplace) == {}
