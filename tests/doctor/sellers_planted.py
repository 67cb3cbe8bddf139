"""Violations about sellers who may not sell, and about their stores."""

from __future__ import annotations

from tests.doctor.cases import OLD, OTHER, Case, sql

OFFER = "(SELECT id FROM product_offers WHERE is_on_sale ORDER BY id LIMIT 1)"

SELLERS = (
    Case(
        "I48",
        "an offer that is withheld for nothing",
        sql("products", "product_offers", f"UPDATE product_offers SET withheld = 'suspended' WHERE id = {OFFER}"),
    ),
    Case(
        "I48",
        "a product of a suspended seller on sale",
        sql(
            "products",
            "product_sellers",
            f"INSERT INTO product_sellers (id, version, sequence, is_suspended, is_on_holiday, updated_at) SELECT "
            f"seller_id, 1, 0, true, false, '{OLD}' FROM product_offers WHERE id = {OFFER}",
        ),
    ),
    Case(
        "I48",
        "a suspension that products never heard of",
        sql(
            "accounts",
            "seller_stores",
            f"INSERT INTO seller_stores (id, version, sequence, user_id, name, country, region, city, opened_at, "
            f"status, reason, on_holiday) VALUES ('{OTHER}', 1, 0, '{OTHER}', 'x', '', '', '', '{OLD}', 'SUSPENDED', "
            f"'', false)",
        ),
    ),
    Case(
        "I73",
        "a store with a slug that leads nowhere",
        sql(
            "accounts",
            "seller_stores",
            f"INSERT INTO seller_stores (id, version, sequence, user_id, name, country, region, city, opened_at, "
            f"status, reason, on_holiday, slug) VALUES ('{OTHER}', 1, 0, '{OTHER}', 'x', '', '', '', '{OLD}', 'OPEN', "
            f"'', false, 'nowhere')",
        ),
    ),
)
