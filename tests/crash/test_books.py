"""The comparison of the books is seen to fail: each planted fault is told, and nothing else."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

import pytest

from argosy.domains.payments.adapters.outbound.gateways.registry import book_path
from argosy.platform.runtime import dialect_of
from tests.crash.scene import Scene

if TYPE_CHECKING:
    from tests.marketplace import Marketplace

pytestmark = pytest.mark.skipif("ARGOSY_POSTGRES" in os.environ, reason="the faults are planted in SQLite's words")

PLANTED = [
    ("checkout", "UPDATE checkout_sessions SET status = 'PAID' WHERE id = {id}", "1 checkouts are going on"),
    ("checkout", "DELETE FROM checkout_sessions WHERE id = {id}", "checkout {id} is lost"),
    (
        "orders",
        "DELETE FROM orders_cursors WHERE lane = (SELECT lane FROM orders_cursors WHERE source = 'checkout' "
        "LIMIT 1) AND source = 'checkout'",
        "orders stands at 0 of",
    ),
    ("checkout", "UPDATE checkout_cursors SET position = position - 1 WHERE source = 'payments'", "checkout stands at"),
    (
        "inventory",
        "INSERT INTO inventory_outbox_events SELECT id + 1000000, xid, epoch, message_id, aggregate_id, "
        "event_type, schema_version, lane, 0, payload, correlation_id, 'another', subject, created_at, "
        "published_at FROM inventory_outbox_events WHERE event_type = 'inventory.StockReserved' LIMIT 1",
        " is there 2 times",
    ),
    ("promotions", "DELETE FROM coupons_outbox_events WHERE sequence = 3", "I31 "),
    (
        "orders",
        "UPDATE orders SET status = 'CONFIRMED' WHERE id = (SELECT min(id) FROM orders)",
        "is CONFIRMED, was PAID 1 times",
    ),
    ("orders", "UPDATE purchases SET total_amount = total_amount + 1 WHERE flow_id = {id}", "in 2 orders has"),
    (
        "payments",
        "UPDATE payment_intents SET captured_amount = captured_amount - 1 WHERE flow_id = {id}",
        "our books say",
    ),
    ("payments", "DELETE FROM payment_intents WHERE flow_id = {id}", "we know nothing of it"),
    ("payments", "UPDATE ledger_accounts SET balance = balance + 1 WHERE name = 'commission'", "I09 "),
    (
        "inventory",
        "UPDATE stock_items SET allocated = allocated + 1, available_quantity = available_quantity - 1 "
        "WHERE id = (SELECT min(id) FROM stock_items)",
        " moved, 0 reserved, ",
    ),
    ("promotions", "UPDATE coupons SET uses_consumed = uses_consumed + 1", "coupon BENCH10: 0 held, 5 used of 4"),
    ("promotions", "UPDATE coupon_redemptions SET status = 'RESERVED' WHERE flow_id = {id}", " is RESERVED"),
    ("search", "DELETE FROM checkout_progress_view WHERE rowid = 1", "I38 "),
]


@pytest.fixture
def scene(marketplace: Marketplace) -> Scene:
    scene = Scene(marketplace.runtime)
    scene.send("planted", 4)
    marketplace.drain()
    assert scene.faults() == []
    return scene


def test_each_planted_fault_is_told(scene: Scene) -> None:
    one = next(iter(scene.buyers.told.values()))
    for label, sql, expected in PLANTED:
        raw, before = dialect_of(scene.place.contexts[label].alias).raw(), sqlite3.connect(":memory:")
        raw.backup(before)
        raw.execute("PRAGMA ignore_check_constraints = on")
        assert raw.execute(sql.format(id=f"'{one}'")).rowcount > 0, sql
        found = scene.faults()
        raw.execute("PRAGMA ignore_check_constraints = off")
        assert any(expected.format(id=one) in fault for fault in found), (sql, found)
        before.backup(raw)
        before.close()
    assert scene.faults() == []


def test_what_the_gateway_took_twice_is_told(scene: Scene) -> None:
    with sqlite3.connect(book_path()) as book:
        columns = "operation, payment_id, status, amount, currency, transaction_id, source, reason, created_at"
        book.execute(
            f"INSERT INTO operations (key, {columns}) SELECT key || ':again', {columns} FROM operations "
            f"WHERE operation = 'capture' LIMIT 1"
        )
    ours, *doctors = scene.faults()
    assert ": the gateway took [" in ours
    assert {fault[:3] for fault in doctors} == {"I19", "I20"}


def test_a_checkout_that_was_answered_and_is_not_there_is_told(scene: Scene) -> None:
    scene.buyers.told["another"] = "another"
    assert scene.faults() == ["checkout another is lost", "4 checkouts for 5 that were asked for"]


def test_a_request_that_was_never_answered_is_told(scene: Scene) -> None:
    scene.requests += scene.buyers.baskets("silent", 1)
    assert scene.faults() == ["silent-0 was never answered"]
