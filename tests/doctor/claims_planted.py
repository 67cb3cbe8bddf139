"""Violations about what guests have bought and accounts have claimed."""

from __future__ import annotations

from tests.doctor.cases import OLD, OTHER, Case, sql

PURCHASE = "(SELECT id FROM purchases WHERE order_count > 0 ORDER BY id LIMIT 1)"

CLAIMS = (
    Case(
        "I71",
        "a claim of nobody's",
        sql(
            "accounts",
            "guest_claims",
            f"INSERT INTO guest_claims (id, version, sequence, guest_id, user_id, claimed_at) "
            f"VALUES ('{OTHER}', 1, 0, '{OTHER}', '{OTHER}', '{OLD}')",
        ),
    ),
    Case(
        "I71",
        "a purchase that nobody has claimed",
        sql("orders", "purchases", f"UPDATE purchases SET claimed_by = '{OTHER}' WHERE id = {PURCHASE}"),
    ),
    Case(
        "I71",
        "an order that is claimed without its purchase",
        sql("orders", "orders", f"UPDATE orders SET claimed_by = '{OTHER}' WHERE purchase_id = {PURCHASE}"),
    ),
)
