"""Taxes: a VAT id that counts by its form alone does not do so for good (I58), and what thresholds count is what was
sold (I67)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from argosy.apps.doctor.check import Check, Violation, all_of
from argosy.apps.doctor.databases import Databases, side_by_side
from argosy.domains.orders.domain.order_status import PAID as WAS_PAID
from argosy.domains.orders.domain.order_status import REFUNDED as WAS_REFUNDED
from argosy.domains.taxes.application.registers import VAT_CHECK
from argosy.domains.taxes.application.thresholds import is_watching
from argosy.domains.taxes.domain.party import PENDING
from argosy.domains.taxes.domain.places import is_country, is_region, region_of
from argosy.domains.taxes.domain.sales import NO_COUNTRY, PAID, PLACED, REFUNDED
from argosy.domains.taxes.domain.standing import looks_back_to

_KEY = "seller_id, month, country, region, currency, is_business"


def numbers_asked_for(databases: Databases) -> Iterator[Violation]:
    planned = {str(id) for (id,) in databases.stream("taxes", "SELECT id FROM taxes_due WHERE name = ?", VAT_CHECK)}
    for id, said in databases.stream(
        "taxes",
        "SELECT id, vat_check FROM tax_parties WHERE vat_id <> '' AND CAST(vat_check AS text) LIKE ?",
        f'%"{PENDING}"%',
    ):
        asked = (json.loads(said) if isinstance(said, str) else said)["asked"]
        if f"call:{VAT_CHECK}:{id}:{asked}" not in planned:
            yield Violation(f"tax_parties {id}", "counts by the form of its VAT id, and nobody is going to ask for it")


def sums_as_sold(databases: Databases) -> Iterator[Violation]:
    """Each sum is what its sales come to, and each sale is part of one, in the months that thresholds count."""
    since = looks_back_to(databases.now)
    off = ("sales", "gross", "net", "refunded_sales", "refunded_gross", "refunded_net")
    for *key, sales, gross, net, _, _, _ in databases.stream(
        "taxes",
        f"SELECT {_KEY}, {', '.join(f'sum({name}) AS {name}' for name in off)} FROM ("
        f"SELECT {_KEY}, {', '.join(off)} FROM tax_sales_sums WHERE month >= ? UNION ALL "
        f"SELECT {_KEY}, -1, -gross, -net, -CASE WHEN status = ? THEN 1 ELSE 0 END, "
        "-CASE WHEN status = ? THEN gross ELSE 0 END, -CASE WHEN status = ? THEN net ELSE 0 END "
        f"FROM tax_sales WHERE status <> ? AND month >= ?) parts GROUP BY {_KEY} "
        f"HAVING {' OR '.join(f'sum({name}) <> 0' for name in off)}",
        since,
        REFUNDED,
        REFUNDED,
        REFUNDED,
        PLACED,
        since,
    ):
        where = " ".join(str(part) for part in key[:5] if part)
        yield Violation(
            f"tax_sales_sums {where}", f"differs from its sales by {sales} of them, gross {gross}, net {net}"
        )


def sales_as_ordered(databases: Databases) -> Iterator[Violation]:
    """Where sales are counted, each order is kept as it was sold, and counts if it was paid. Of months that no
    threshold counts any more nothing needs to be kept."""
    if not is_watching(os.environ):
        return
    since = looks_back_to(databases.now)
    first = datetime.fromisoformat(f"{since}-01T00:00:00+00:00")
    kept = databases.stream(
        "taxes",
        "SELECT id, seller_id, country, region, currency, gross, net, status FROM tax_sales "
        f"WHERE month >= ? AND {{only:id}} ORDER BY {databases.binary('taxes', 'id')}",
        since,
    )
    sold = databases.stream(
        "orders",
        "SELECT o.id, o.seller_id, o.address_json, o.currency, o.total_amount, o.status, "
        "(SELECT sum(i.tax_amount + i.shipping_tax_amount) FROM order_items i WHERE i.order_id = o.id), "
        "(SELECT count(*) FROM order_status_history h WHERE h.order_id = o.id AND h.to_status = ?) "
        f"FROM orders o WHERE o.created_at >= ? AND {{only:o.id}} ORDER BY {databases.binary('orders', 'o.id')}",
        WAS_PAID,
        databases.dialect("orders").instant(first),
    )
    for id, (sales, orders) in side_by_side(kept, sold):
        was = _sale(orders[0]) if orders else None
        if not sales:
            if was is not None and was[-1] != PLACED:
                yield Violation(f"orders {id}", "was paid, and no threshold counts it", id)
        elif was is None or sales[0][1:] != was:
            told = ", ".join(map(str, was)) if was else "no order"
            yield Violation(f"tax_sales {id}", f"is {', '.join(map(str, sales[0][1:]))}; it was {told}", id)


def _sale(order: tuple[Any, ...]) -> tuple[Any, ...]:
    """What taxes keeps of such an order."""
    _, seller_id, address, currency, total, status, tax, paid = order
    place = json.loads(address) if isinstance(address, str) else address
    country, region = place["country"], region_of(place.get("region", ""))
    return (
        seller_id,
        country if is_country(country) else NO_COUNTRY,
        region if is_region(region) else "",
        currency,
        total,
        total - int(tax or 0),
        REFUNDED if paid and status == WAS_REFUNDED else PAID if paid else PLACED,
    )


CHECKS = (
    Check(
        "I58",
        "a VAT id that no register has answered for is planned to be asked for",
        numbers_asked_for,
    ),
    Check(
        "I67",
        "what registration thresholds count is what was sold",
        all_of(sums_as_sold, sales_as_ordered),
        spans=True,
    ),
)
