"""A context that has tables and no services yet stands in the marketplace and is in nobody's way."""

from __future__ import annotations

from argosy.contracts.inventory import ReceiveStock
from argosy.domains.notifications.context import NotificationsContext
from tests.marketplace import Marketplace
from tests.support import an_id


def test_it_hears_nobody() -> None:
    assert NotificationsContext.services == ()
    assert NotificationsContext.hears == ()
    assert NotificationsContext.schedule == ()


def test_a_worker_rests_beside_it_and_its_log_stays_empty(marketplace: Marketplace) -> None:
    assert "notifications" in marketplace.runtime.contexts
    marketplace.do("inventory", ReceiveStock(stock_unit_id=an_id("unit"), quantity=5, reference_id="first"))
    marketplace.drain()
    assert marketplace.rows("notifications", "SELECT count(*) FROM notifications_outbox_events") == [(0,)]
    assert marketplace.rows("notifications", "SELECT count(*) FROM notifications") == [(0,)]
    assert marketplace.rows("inventory", "SELECT total_quantity FROM stock_items") == [(5,)]
