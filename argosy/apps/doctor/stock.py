"""Stock: counts that are the sum of what moved, promises that are covered, holds that end (I01 to I06)."""

from __future__ import annotations

from collections.abc import Iterator

from argosy.apps.doctor.check import Check, Violation, all_of
from argosy.apps.doctor.databases import Databases, side_by_side
from argosy.domains.inventory.domain.reservation import ACTIVE, COMMITTED, RESTOCKED
from argosy.domains.inventory.domain.stock import DISPATCH
from argosy.domains.orders.domain.order_status import CLOSED, CONFIRMED, DELIVERED, PAID, SHIPPED

SWEEP_SECONDS = 60
SWEEP_RESERVATIONS = "sweep reservations"
LIVE = (CONFIRMED, PAID, SHIPPED, DELIVERED, CLOSED)


def moved(databases: Databases) -> Iterator[Violation]:
    for id, on_hand, sum_moved in databases.stream(
        "inventory",
        "SELECT i.id, i.total_quantity, coalesce(m.moved, 0) FROM stock_items i LEFT JOIN "
        "(SELECT stock_item_id, CAST(sum(change) AS bigint) AS moved FROM stock_movements GROUP BY "
        "stock_item_id) m ON m.stock_item_id = i.id WHERE i.total_quantity <> coalesce(m.moved, 0)",
    ):
        yield Violation(f"stock_items {id}", f"says {on_hand} pieces, its movements sum to {sum_moved}")
    for id, item_id in databases.stream(
        "inventory",
        "SELECT m.id, m.stock_item_id FROM stock_movements m WHERE NOT EXISTS "
        "(SELECT 1 FROM stock_items i WHERE i.id = m.stock_item_id)",
    ):
        yield Violation(f"stock_movements {id}", f"moved pieces of stock item {item_id}, which is not there")


def covered(databases: Databases) -> Iterator[Violation]:
    """What is backordered or missing is promised and not there, to the piece; all else that is promised is there."""
    for id, on_hand, reserved, allocated, available, backordered, missing in databases.stream(
        "inventory",
        "SELECT id, total_quantity, reserved, allocated, available_quantity, backordered, missing FROM stock_items "
        "WHERE total_quantity < 0 OR reserved < 0 OR allocated < 0 OR backordered < 0 OR missing < 0 "
        "OR reserved + allocated > total_quantity + backordered + missing "
        "OR (backordered + missing > 0 AND reserved + allocated <> total_quantity + backordered + missing) "
        "OR available_quantity <> total_quantity - reserved - allocated + backordered + missing",
    ):
        lacking = f", {backordered} backordered and {missing} missing" if backordered or missing else ""
        yield Violation(
            f"stock_items {id}",
            f"has {on_hand} pieces, {reserved} held, {allocated} sold and {available} available{lacking}",
        )


def counted(databases: Databases) -> Iterator[Violation]:
    """Lines without a stock item are found here too: their pieces are in no counter."""
    lines = (
        "SELECT stock_item_id, CAST(sum(CASE WHEN status = ? THEN quantity ELSE 0 END) AS bigint) AS held, "
        "CAST(sum(CASE WHEN status = ? THEN quantity ELSE 0 END) AS bigint) AS sold FROM stock_reservations "
        "GROUP BY stock_item_id"
    )
    for id, reserved, held, allocated, sold in databases.stream(
        "inventory",
        f"SELECT i.id, i.reserved, coalesce(l.held, 0), i.allocated, coalesce(l.sold, 0) FROM stock_items i "
        f"LEFT JOIN ({lines}) l ON l.stock_item_id = i.id "
        f"WHERE i.reserved <> coalesce(l.held, 0) OR i.allocated <> coalesce(l.sold, 0)",
        ACTIVE,
        COMMITTED,
    ):
        yield Violation(
            f"stock_items {id}", f"counts {reserved} held and {allocated} sold, its lines say {held} and {sold}"
        )
    for id, item_id in databases.stream(
        "inventory",
        "SELECT l.id, l.stock_item_id FROM stock_reservations l WHERE l.status IN (?, ?) AND NOT "
        "EXISTS (SELECT 1 FROM stock_items i WHERE i.id = l.stock_item_id)",
        ACTIVE,
        COMMITTED,
    ):
        yield Violation(f"stock_reservations {id}", f"holds stock item {item_id}, which is not there")


def ended(databases: Databases) -> Iterator[Violation]:
    for id, until in databases.stream(
        "inventory",
        "SELECT id, open_until FROM reservations WHERE status = ? AND (open_until IS NULL OR open_until < ?)",
        ACTIVE,
        databases.ago("inventory", SWEEP_SECONDS),
    ):
        yield Violation(f"reservations {id}", f"is still {ACTIVE}; it was to end by {until}", cure=SWEEP_RESERVATIONS)


def allocated(databases: Databases) -> Iterator[Violation]:
    for id, status, owner, owned in databases.stream(
        "inventory",
        "SELECT l.id, l.status, r.id, r.status FROM stock_reservations l LEFT JOIN reservations r "
        "ON r.id = l.reservation_id WHERE r.id IS NULL OR (r.status <> l.status AND NOT (r.status = ? AND "
        "l.status = ?))",
        COMMITTED,
        RESTOCKED,
    ):
        said = f"its reservation {owner} is {owned}" if owner else "its reservation is not there"
        yield Violation(f"stock_reservations {id}", f"is {status}, and {said}")
    for (id,) in databases.stream(
        "inventory",
        "SELECT r.id FROM reservations r WHERE r.status = ? AND NOT EXISTS "
        "(SELECT 1 FROM stock_reservations l WHERE l.reservation_id = r.id)",
        COMMITTED,
    ):
        yield Violation(f"reservations {id}", f"is {COMMITTED} and allocates nothing")


def not_oversold(databases: Databases) -> Iterator[Violation]:
    """Orders are read first: whatever they say is sold was received before, or is backordered or missing by now."""
    sold = databases.stream(
        "orders",
        f"SELECT i.stock_unit_id, CAST(sum((i.quantity - i.cancelled_quantity) * i.units_each) AS bigint) "
        f"FROM order_items i JOIN orders o ON o.id = i.order_id WHERE o.status IN ({_marks(LIVE)}) "
        f"AND {{only:i.stock_unit_id}} GROUP BY i.stock_unit_id ORDER BY i.stock_unit_id",
        *LIVE,
    )
    received = databases.stream(
        "inventory",
        "SELECT i.stock_unit_id, CAST(sum(i.backordered + i.missing + coalesce((SELECT sum(m.change) FROM "
        "stock_movements m WHERE m.stock_item_id = i.id AND m.reason <> ?), 0)) AS bigint) FROM stock_items i "
        "WHERE {only:i.stock_unit_id} GROUP BY i.stock_unit_id ORDER BY i.stock_unit_id",
        DISPATCH,
    )
    for unit_id, (out, came) in side_by_side(sold, received):
        pieces, there = (rows[0][1] if rows else 0 for rows in (out, came))
        if pieces > there:
            yield Violation(
                f"stock unit {unit_id}", f"{pieces} pieces are sold in live orders, {there} ever came in", unit_id
            )


def allocated_to_orders(databases: Databases) -> Iterator[Violation]:
    """A live order's stock was committed before it was confirmed."""
    sold = databases.stream(
        "orders",
        f"SELECT o.id, CAST(sum(i.quantity * i.units_each) AS bigint) FROM order_items i JOIN orders o "
        f"ON o.id = i.order_id WHERE o.status IN ({_marks(LIVE)}) AND {{only:o.id}} GROUP BY o.id ORDER BY o.id",
        *LIVE,
    )
    promised = databases.stream(
        "inventory",
        "SELECT order_id, CAST(sum(quantity) AS bigint) FROM stock_reservations WHERE status = ? "
        "AND {only:order_id} GROUP BY order_id ORDER BY order_id",
        COMMITTED,
    )
    for order_id, (out, kept) in side_by_side(sold, promised):
        if out and (not kept or kept[0][1] != out[0][1]):
            pieces = kept[0][1] if kept else 0
            yield Violation(f"orders {order_id}", f"sold {out[0][1]} pieces, {pieces} are allocated to it", order_id)


def _marks(values: tuple[str, ...]) -> str:
    return ", ".join("?" for _ in values)


CHECKS = (
    Check("I01", "what is on hand is the sum of its movements", moved),
    Check("I02", "nothing is negative, and no more is promised than is there", covered),
    Check("I03", "held and sold counters equal the lines that they count", counted),
    Check("I04", f"no hold outlives its time by more than {SWEEP_SECONDS} s", ended),
    Check("I05", "a committed reservation is one allocation, any other is none", allocated),
    Check(
        "I06",
        "live orders hold no more pieces than ever came in, and theirs are allocated to them",
        all_of(not_oversold, allocated_to_orders),
        spans=True,
    ),
)
