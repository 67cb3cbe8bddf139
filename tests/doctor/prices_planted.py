"""Violations about prices in several currencies."""

from __future__ import annotations

from tests.doctor.cases import OTHER, Case, sql

OFFER = "(SELECT id FROM product_offers WHERE is_on_sale ORDER BY id LIMIT 1)"
BESIDE = f'[{{"currency":"JPY","amount":1,"price_id":"{OTHER}"}}]'

PRICES = (
    Case(
        "I70",
        "an offer that charges what is not in force",
        sql("products", "product_offers", f"UPDATE product_offers SET unit_amount = 1 WHERE id = {OFFER}"),
    ),
    Case(
        "I70",
        "an offer in a currency in which nothing is in force",
        sql("products", "product_offers", f"UPDATE product_offers SET other_prices = '{BESIDE}' WHERE id = {OFFER}"),
    ),
    Case(
        "I70",
        "a price in force that is not charged",
        sql(
            "products",
            "product_pricing",
            "INSERT INTO product_pricing (id, version, sequence, product_id, variant_id, base_price, discount, "
            f"currency, effective_from) SELECT '{OTHER}', 1, 0, product_id, id, 5, 0, 'JPY', "
            f"'2020-01-01 00:00:00.000001' FROM product_offers WHERE id = {OFFER}",
        ),
    ),
    Case(
        "I70",
        "a variant that says another price",
        sql("products", "product_variants", f"UPDATE product_variants SET price = 1 WHERE id = {OFFER}"),
    ),
)
