"""Prices: what is charged for a variant, in each currency, is the version in force (I70)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from argosy.apps.doctor.check import Check, Violation
from argosy.apps.doctor.databases import Databases, Row, side_by_side

APPLIED_SECONDS = 600
"""By when the timer of a planned price has brought it into force."""

Charged = tuple[str, str, int]
"""A currency, the version of its price, and the amount."""


def charged_is_in_force(databases: Databases) -> Iterator[Violation]:
    """Offers copy the versions in force, and variants say what their offers do."""
    lately = databases.ago("products", APPLIED_SECONDS)
    now = databases.ago("products", 0)
    versions = databases.stream(
        "products",
        "SELECT variant_id, currency, id, base_price - discount, "
        "CASE WHEN effective_from < ? AND (effective_to IS NULL OR effective_to > ?) THEN 1 ELSE 0 END "
        "FROM product_pricing WHERE effective_from <= ? AND (effective_to IS NULL OR effective_to > ?) "
        "AND (effective_to IS NULL OR effective_to > effective_from) AND {only:variant_id} "
        f"ORDER BY {databases.binary('products', 'variant_id')}",
        lately,
        now,
        now,
        lately,
    )
    offers = databases.stream(
        "products",
        "SELECT o.id, o.currency, o.price_id, o.unit_amount, o.other_prices, v.currency, v.price, v.other_prices, "
        "p.status FROM product_offers o JOIN product_variants v ON v.id = o.id JOIN products p ON p.id = v.product_id "
        f"WHERE {{only:o.id}} ORDER BY {databases.binary('products', 'o.id')}",
    )
    for id, (there, here) in side_by_side(versions, offers):
        for row in here:
            yield from _compared(id, there, row)


def _compared(id: str, versions: list[Row], row: Row) -> Iterator[Violation]:
    _, currency, price_id, amount, others, said_currency, said_amount, said_others, status = row
    charged = _beside(others)
    if price_id is not None:
        charged.add((currency, str(price_id), amount))
    in_force = {(version[1], str(version[2]), version[3]) for version in versions}
    settled = {(version[1], str(version[2]), version[3]) for version in versions if version[4]}
    for one in sorted(charged - in_force) if status != "ARCHIVED" else ():
        yield Violation(f"product_offers {id}", f"charges {one[2]} {one[0]}, which is not in force", key=id)
    for one in sorted(settled - charged) if status != "ARCHIVED" else ():
        yield Violation(f"product_offers {id}", f"does not charge {one[2]} {one[0]}, which is in force", key=id)
    if (said_currency, said_amount) != (currency, amount) or _beside(said_others) != _beside(others):
        yield Violation(f"product_variants {id}", "says another price than its offer", key=id)


def _beside(prices: Any) -> set[Charged]:
    read = json.loads(prices) if isinstance(prices, str) else prices
    return {(one["currency"], one["price_id"], one["amount"]) for one in read}


CHECKS = (
    Check(
        "I70",
        "what is charged for a variant in each currency is the version of its price in force",
        charged_is_in_force,
        spans=True,
    ),
)
