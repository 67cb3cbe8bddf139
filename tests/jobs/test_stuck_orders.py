"""Orders that do not move on are told of, each by its rule; nothing is done to them."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from argosy.contracts.orders import CancelOrder, FindStuckOrders
from argosy.engine.work import Actor
from tests.doctor.selling import start
from tests.jobs.conftest import Time
from tests.marketplace import Marketplace

TOLD = "SELECT CAST(payload AS text) FROM orders_outbox_events WHERE event_type = 'orders.OrderIsStuck'"


def alarms(shop: Marketplace) -> list[tuple[str, str]]:
    """Whom the last look told of, and what."""
    before = len(shop.rows("orders", TOLD))
    shop.do("orders", FindStuckOrders())
    told = [msgspec.json.decode(text) for (text,) in shop.rows("orders", TOLD)[before:]]
    return sorted((one["status"], one["what"]) for one in told)


def test_a_paid_order_that_is_not_shipped_for_a_week_is_told_of(shop: Marketplace, time: Time) -> None:
    start(shop, "bought")
    shop.drain()
    assert alarms(shop) == []
    time.ahead += timedelta(days=7, seconds=-60)
    assert alarms(shop) == []
    time.ahead += timedelta(seconds=120)
    assert alarms(shop) == [("PAID", "paid and not shipped")] * 2
    assert shop.rows("orders", "SELECT DISTINCT status FROM orders") == [("PAID",)]


def test_a_cancellation_whose_money_is_not_back_after_a_day_is_told_of(shop: Marketplace, time: Time) -> None:
    start(shop, "bought")
    shop.drain()
    [(order_id,)] = shop.rows("orders", "SELECT id FROM orders ORDER BY id LIMIT 1")
    clerk = Actor(id=str(order_id), roles=frozenset({"staff"}))
    shop.runtime.outside("orders").run(CancelOrder(order_id=str(order_id), reason="lost"), clerk)
    assert alarms(shop) == []
    time.ahead += timedelta(days=1, seconds=60)
    assert alarms(shop) == [("PAID", "called off and not paid back")]
    shop.drain()
    assert alarms(shop) == []
