"""Orders: sums that add up to the frozen quote, histories that are legal paths, one purchase per request (I21, I23 to
I25)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from argosy.apps.doctor.check import Check, Violation, all_of
from argosy.apps.doctor.databases import Databases, Row, side_by_side
from argosy.domains.checkout.domain.quote import Snapshot, hash_of
from argosy.domains.checkout.domain.session import COMPLETED
from argosy.domains.orders.domain.order_status import NOTHING, is_legal

_SNAPSHOT = msgspec.json.Decoder(Snapshot)


def adds_up(databases: Databases) -> Iterator[Violation]:
    for id, total, expected in databases.stream(
        "orders",
        "SELECT id, total_amount, quantity * price_snapshot - discount_amount + tax_on_top FROM "
        "order_items WHERE total_amount <> quantity * price_snapshot - discount_amount + tax_on_top",
    ):
        yield Violation(f"order_items {id}", f"costs {total}, its parts make {expected}")
    for id, total, expected in databases.stream(
        "orders",
        "SELECT o.id, o.total_amount, coalesce(i.total, 0) FROM orders o LEFT JOIN (SELECT order_id, "
        "CAST(sum(total_amount + shipping_amount + shipping_tax_on_top) AS bigint) AS total FROM order_items "
        "GROUP BY order_id) i ON i.order_id = o.id WHERE o.total_amount <> coalesce(i.total, 0)",
    ):
        yield Violation(f"orders {id}", f"costs {total}, its lines and their delivery make {expected}")
    for id, total, expected in databases.stream(
        "orders",
        "SELECT p.id, p.total_amount, coalesce(o.total, 0) FROM purchases p LEFT JOIN (SELECT "
        "purchase_id, CAST(sum(total_amount) AS bigint) AS total FROM orders GROUP BY purchase_id) o ON "
        "o.purchase_id = p.id WHERE p.total_amount <> coalesce(o.total, 0)",
    ):
        yield Violation(f"purchases {id}", f"costs {total}, its orders make {expected}")


def as_frozen(databases: Databases) -> Iterator[Violation]:
    """Orders are read first: their quote was frozen before. A checkout that is not kept any more proves nothing."""
    sold = databases.stream(
        "orders",
        "SELECT p.flow_id, p.id, p.snapshot_hash, p.total_amount, o.id, o.total_amount, i.line_no, i.quantity, "
        "i.price_snapshot, i.discount_amount, i.tax_amount, i.total_amount, i.shipping_amount "
        "FROM purchases p JOIN orders o ON o.purchase_id = p.id LEFT JOIN order_items i ON i.order_id = o.id "
        "WHERE {only:p.flow_id} ORDER BY p.flow_id, o.id, i.line_no",
    )
    frozen = databases.stream(
        "checkout",
        "SELECT id, snapshot, snapshot_hash FROM checkout_details WHERE snapshot <> '' AND {only:id} ORDER BY id",
    )
    for flow_id, (lines, detail) in side_by_side(sold, frozen):
        if lines and detail:
            _, purchase_id, kept_hash, total, *_ = lines[0]
            snapshot, told_hash = detail[0][1:]
            if not (hash_of(snapshot.encode()) == told_hash == kept_hash):
                yield Violation(f"purchases {purchase_id}", "its quote's hash is not the one that was frozen", flow_id)
            elif _quoted(_SNAPSHOT.decode(snapshot)) != (total, {row[4:] for row in lines}):
                yield Violation(f"purchases {purchase_id}", "its orders are not what was quoted and frozen", flow_id)


def _quoted(snapshot: Snapshot) -> tuple[int, set[Row]]:
    return snapshot.total_amount, {
        (
            order.order_id,
            order.total_amount,
            line.line_no,
            line.quantity,
            line.unit_amount,
            line.discount_amount,
            line.tax_amount,
            line.total_amount,
            line.shipping_amount,
        )
        for order in snapshot.orders
        for line in order.lines
    }


def path_is_legal(databases: Databases) -> Iterator[Violation]:
    """Followed from step to step: statuses go one way, so that each is left once."""
    steps = databases.stream(
        "orders",
        "SELECT o.id, o.status, o.order_type, h.from_status, h.to_status FROM orders o LEFT JOIN "
        "order_status_history h ON h.order_id = o.id ORDER BY o.id",
    )
    for order_id, (rows,) in side_by_side(steps):
        fault = _fault_of([row[1:] for row in rows])
        if fault:
            yield Violation(f"orders {order_id}", fault)
    for id, order_id in databases.stream(
        "orders",
        "SELECT h.id, h.order_id FROM order_status_history h WHERE NOT EXISTS (SELECT 1 FROM orders o "
        "WHERE o.id = h.order_id)",
    ):
        yield Violation(f"order_status_history {id}", f"tells of order {order_id}, which is not there")


def _fault_of(rows: list[Row]) -> str:
    """What is wrong with one order's history; rows are (status, order type, from, to)."""
    status, order_type = rows[0][:2]
    steps = {from_status: to for _, _, from_status, to in rows if to is not None}
    if len(steps) < len(rows):
        return "has no history" if rows[0][3] is None else "left one status twice"
    illegal = [f"{came or 'nothing'} to {went}" for came, went in steps.items() if not is_legal(order_type, came, went)]
    if illegal:
        return f"went from {', '.join(illegal)}"
    here, taken = NOTHING, 0
    while here in steps and taken < len(steps):
        here, taken = steps[here], taken + 1
    if taken < len(steps):
        return f"has a gap in its history after {here or 'nothing'}"
    return "" if here == status else f"is {status}, its history ends at {here}"


def bought_once(databases: Databases) -> Iterator[Violation]:
    for flow_id, times in databases.stream(
        "orders", "SELECT flow_id, count(*) FROM purchases GROUP BY flow_id HAVING count(*) > 1"
    ):
        yield Violation(f"purchases of checkout {flow_id}", f"are {times}")
    for buyer_id, request, times in databases.stream(
        "orders",
        "SELECT buyer_id, client_request_id, count(*) FROM purchases WHERE buyer_id IS NOT NULL "
        "GROUP BY buyer_id, client_request_id HAVING count(*) > 1",
    ):
        yield Violation(f"purchases of buyer {buyer_id}", f"are {times} for one request {request!r}")
    for id, said, there, sellers in databases.stream(
        "orders",
        "SELECT p.id, p.order_count, coalesce(o.there, 0), coalesce(o.sellers, 0) FROM purchases p LEFT "
        "JOIN (SELECT purchase_id, count(*) AS there, count(DISTINCT seller_id) AS sellers FROM orders GROUP BY "
        "purchase_id) o ON o.purchase_id = p.id WHERE p.order_count <> coalesce(o.there, 0) OR p.order_count <> "
        "coalesce(o.sellers, 0)",
    ):
        yield Violation(f"purchases {id}", f"says {said} orders; there are {there}, of {sellers} sellers")
    for id, purchase_id in databases.stream(
        "orders",
        "SELECT o.id, o.purchase_id FROM orders o WHERE NOT EXISTS (SELECT 1 FROM purchases p WHERE "
        "p.id = o.purchase_id)",
    ):
        yield Violation(f"orders {id}", f"belongs to purchase {purchase_id}, which is not there")


def completed_is_recorded(databases: Databases) -> Iterator[Violation]:
    """Checkouts are read first: a completed one was recorded before."""
    sessions = databases.stream(
        "checkout",
        "SELECT id, purchase_id FROM checkout_sessions WHERE status = ? AND {only:id} ORDER BY id",
        COMPLETED,
    )
    purchases = databases.stream(
        "orders", "SELECT flow_id, id, status FROM purchases WHERE {only:flow_id} ORDER BY flow_id"
    )
    for flow_id, (session, bought) in side_by_side(sessions, purchases):
        if session and not any(row[1] == session[0][1] for row in bought):
            yield Violation(
                f"checkout_sessions {flow_id}", f"is completed; its purchase {session[0][1]} is not there", flow_id
            )


def sold_by_one(databases: Databases) -> Iterator[Violation]:
    for id, seller_id, order_id, other in databases.stream(
        "orders",
        "SELECT i.id, i.seller_id, i.order_id, o.seller_id FROM order_items i LEFT JOIN orders o ON "
        "o.id = i.order_id WHERE o.id IS NULL OR o.seller_id <> i.seller_id",
    ):
        said = f"of seller {other}" if other else "not there"
        yield Violation(f"order_items {id}", f"is of seller {seller_id}; its order {order_id} is {said}")


CHECKS = (
    Check(
        "I21", "lines, orders and purchases add up, as their quote was frozen", all_of(adds_up, as_frozen), spans=True
    ),
    Check("I23", "every order's history is a legal path without gaps to where it stands", path_is_legal),
    Check(
        "I24",
        "one purchase per checkout, and per buyer and request",
        all_of(bought_once, completed_is_recorded),
        spans=True,
    ),
    Check("I25", "every line is of its order's seller", sold_by_one),
)
