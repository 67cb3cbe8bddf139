"""A healthy marketplace is sound, whatever its checkouts went through."""

from __future__ import annotations

from tests.doctor.planting import violated
from tests.marketplace import Marketplace


def test_a_healthy_marketplace_is_sound(sold: Marketplace) -> None:
    outcomes = {row[0] for row in sold.rows("checkout", "SELECT DISTINCT status FROM checkout_sessions")}
    assert outcomes == {"COMPLETED", "FAILED", "ABORTED"}
    assert violated(sold) == {}
