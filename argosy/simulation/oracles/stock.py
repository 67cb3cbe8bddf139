"""Stock at rest: counters beside rows, rows beside orders, all beside what the warehouse really received."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from argosy.domains.inventory.domain.reservation import ACTIVE, COMMITTED, RESTOCKED, Reservation
from argosy.domains.inventory.domain.stock import MAIN_WAREHOUSE, StockItem, StockMovement
from argosy.domains.orders.domain.order import Order
from argosy.domains.orders.domain.order_status import CLOSED, CONFIRMED, DELIVERED, PAID, SHIPPED
from argosy.simulation.facts import Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.violation import Violation

LIVE = (CONFIRMED, PAID, SHIPPED, DELIVERED, CLOSED)


def stock(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    yield from _counters(place, facts)
    yield from _reservations(place)
    yield from _sold(place, facts)


def _counters(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    store = place.store("inventory")
    moved: Counter[str] = Counter()
    for movement in store.all(StockMovement):
        moved[movement.stock_item_id] += movement.change
    held: Counter[str] = Counter()
    sold: Counter[str] = Counter()
    for reservation in store.all(Reservation):
        for line in reservation.lines:
            if line.status == ACTIVE:
                held[line.stock_item_id] += line.quantity
            elif line.status == COMMITTED:
                sold[line.stock_item_id] += line.quantity
    for item in store.all(StockItem):
        where = f"stock item {item.id}"
        if item.on_hand != moved[item.id]:
            yield Violation("I01", where, f"says {item.on_hand} pieces, its movements sum to {moved[item.id]}")
        if (item.reserved, item.allocated) != (held[item.id], sold[item.id]):
            what = f"counts {item.reserved} and {item.allocated}, its lines say {held[item.id]} and {sold[item.id]}"
            yield Violation("I03", where, what)
        there = facts.moved[item.stock_unit_id, item.warehouse]
        if item.warehouse == MAIN_WAREHOUSE:
            there += facts.received.get(item.stock_unit_id, 0) + facts.corrected.get(item.stock_unit_id, 0)
        if item.missing + item.backordered != max(0, item.promised - item.on_hand):
            lacks = f"{item.missing} are missing and {item.backordered} sold beforehand"
            what = f"says that {lacks}; {item.promised} are promised and {item.on_hand} there"
            yield Violation("I02", where, what)
        if item.on_hand != there:
            yield Violation("I01", where, f"says {item.on_hand} pieces; the warehouse has {there}")


def _reservations(place: Marketplace) -> Iterator[Violation]:
    for reservation in place.store("inventory").all(Reservation):
        where = f"reservation {reservation.id}"
        if reservation.status == ACTIVE:
            yield Violation("I04", where, f"is still {ACTIVE} at rest; it was to end by {reservation.open_until}")
        allowed = (COMMITTED, RESTOCKED) if reservation.status == COMMITTED else (reservation.status,)
        if any(line.status not in allowed for line in reservation.lines):
            yield Violation("I05", where, f"is {reservation.status}, and its lines are not")
        if reservation.status == COMMITTED and not reservation.lines:
            yield Violation("I05", where, "is committed and allocates nothing")


def _sold(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    """Orders say what was sold; neither counters nor reservations are asked."""
    store = place.store("orders")
    live = {order.id for order in store.all(Order) if order.status in LIVE}
    by_unit: Counter[str] = Counter()
    by_order: Counter[str] = Counter()
    for order_id, item in store.parts(Order, "items"):
        if order_id in live:
            by_unit[item.stock_unit_id] += item.quantity * item.units_each
            by_order[order_id] += item.quantity * item.units_each
    # What was counted away under a promise is named as missing, what was sold beforehand as that: both were sold.
    missing = Counter[str]()
    for item in place.store("inventory").all(StockItem):
        missing[item.stock_unit_id] += item.missing + item.backordered
    for unit_id, pieces in sorted(by_unit.items()):
        there = facts.received.get(unit_id, 0) + facts.corrected.get(unit_id, 0) + missing[unit_id]
        there += sum(change for (unit, _), change in facts.moved.items() if unit == unit_id)
        if pieces > there:
            yield Violation("I06", f"stock unit {unit_id}", f"{pieces} pieces are sold, {there} ever came in")
    allocated: Counter[str] = Counter()
    for reservation in place.store("inventory").all(Reservation):
        if reservation.status == COMMITTED:
            for line in reservation.lines:
                if line.status == COMMITTED:
                    allocated[line.order_id] += line.quantity
    for order_id in sorted(by_order.keys() | allocated.keys()):
        if by_order[order_id] != allocated[order_id]:
            what = f"sold {by_order[order_id]} pieces, {allocated[order_id]} are allocated to it"
            yield Violation("I06", f"order {order_id}", what)
