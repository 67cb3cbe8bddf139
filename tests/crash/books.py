"""The books of a marketplace that has come to rest, compared: context with context, and with the gateway's own book.

Everything is read from the databases as they are; each comparison gives the faults that it finds, in words.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from argosy.apps.doctor.databases import CannotCheck
from argosy.apps.doctor.examination import CHECKS, Examination
from argosy.domains.payments.adapters.outbound.gateways.registry import book_path
from argosy.domains.payments.adapters.outbound.gateways.test import TestGateway
from argosy.domains.payments.domain.payment import APPROVED, CAPTURE
from argosy.engine.log import Position
from argosy.engine.store import CALL
from argosy.platform.runtime import Runtime, dialect_of
from argosy.read_models.rebuild import CLAIM_SECONDS

ENDED = ("COMPLETED", "FAILED", "EXPIRED", "ABORTED")

IN_PIECES = "inventory.StockTold"
"""What one look finds may be told in several pieces."""


def wait_until_calm(place: Runtime, seconds: float) -> float:
    """Until every flow has ended, every message is applied and no call is open; how long that took."""
    began = time.monotonic()
    while open_ends := list(unfinished(place)):
        assert time.monotonic() - began < seconds, f"not calm after {seconds} s: {open_ends[:10]}"
        time.sleep(0.05)
    return time.monotonic() - began


def unfinished(place: Runtime) -> Iterator[str]:
    """What still moves, in words. Cheap things first."""
    [(going,)] = rows(
        place,
        "checkout",
        "SELECT count(*) FROM checkout_sessions WHERE status NOT IN ('COMPLETED', "
        "'FAILED', 'EXPIRED', 'ABORTED') OR outcome IN ('UNDOING', 'STUCK')",
    )
    if going:
        yield f"{going} checkouts are going on"
        return
    for label, store in place.stores.items():
        [(calls,)] = rows(place, label, f"SELECT count(*) FROM {store.prefix}_due WHERE kind = ?", CALL)
        if calls:
            yield f"{label}: {calls} calls are open"
    yield from unread(place)


def faults(place: Runtime, started: Sequence[str]) -> list[str]:
    """Every difference in the books; `started` are the checkouts that were asked for. What must hold at rest alone is
    compared here, what must hold always is the doctor's."""
    at_rest = (
        unfinished(place),
        parked(place),
        repeated(place),
        checkouts(place, started),
        orders(place),
        money(place),
        stock(place),
        coupons(place),
        doctor(place),
    )
    return [fault for found in at_rest for fault in found]


def doctor(place: Runtime) -> Iterator[str]:
    """What `argosy doctor` tells; nothing is on its way, so that a first look is enough. Whoever was ended while a view
    was made anew keeps others from that for a minute."""
    give_up = time.monotonic() + CLAIM_SECONDS + 10
    while True:
        try:
            findings = list(Examination(place, look_again_seconds=()).run(CHECKS))
            break
        except CannotCheck:
            if time.monotonic() > give_up:
                raise
            time.sleep(1)
    for finding in findings:
        for violation in finding.violations:
            yield f"{finding.check.id} {violation.row} {violation.what}"


def rows(place: Runtime, label: str, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Of one context's database; `?` marks parameters. Ids are text on either database."""
    found = dialect_of(place.contexts[label].alias).query(sql, parameters)
    return [tuple(str(value) if isinstance(value, UUID) else value for value in row) for row in found]


# Messages.


def unread(place: Runtime) -> Iterator[str]:
    """I28, I29: each cursor stands at the last message of its lane that concerns its subscription."""
    for context in place.contexts.values():
        for name, participant, store in context.subscriptions(place):
            cursors = store.cursors(name)
            for source, names in participant.wire_names().items():
                if source not in place.stores:
                    continue
                marks = ", ".join("?" for _ in names)
                last = rows(
                    place,
                    source,
                    f"SELECT lane, max(id) FROM {place.stores[source].outbox} "
                    f"WHERE event_type IN ({marks}) GROUP BY lane",
                    *names,
                )
                for lane, head in last:
                    cursor = cursors.get((source, lane))
                    position = cursor.position if cursor else Position(0, 0, 0)
                    if position.id != head:
                        yield f"{name} stands at {position.id} of {head} in lane {lane} of {source}"


def parked(place: Runtime) -> Iterator[str]:
    for context in place.contexts.values():
        for name, _, store in context.subscriptions(place):
            for one in store.parked(name):
                yield f"{name} has parked {one.record.wire_name} {one.record.message_id}: {one.error}"


def repeated(place: Runtime) -> Iterator[str]:
    """I30: no message is told twice, and no cause tells one thing about one key twice."""
    for label, store in place.stores.items():
        for id, times in rows(
            place, label, f"SELECT message_id, count(*) FROM {store.outbox} GROUP BY message_id HAVING count(*) > 1"
        ):
            yield f"{label}: message {id} is there {times} times"
        for cause, kind, key, times in rows(
            place,
            label,
            f"SELECT cause_id, event_type, aggregate_id, count(*) FROM {store.outbox} "
            f"WHERE cause_id <> 'every:' AND event_type <> '{IN_PIECES}' GROUP BY 1, 2, 3 HAVING count(*) > 1",
        ):
            yield f"{label}: {cause} told {kind} of {key} {times} times"


# Flows and orders.


def checkouts(place: Runtime, started: Sequence[str]) -> Iterator[str]:
    """I33, I24: each that was asked for is there, once, and has ended."""
    found = dict(rows(place, "checkout", "SELECT id, status FROM checkout_sessions"))
    for id in started:
        if found.get(id) not in ENDED:
            yield f"checkout {id} is {found.get(id, 'lost')}"
    if len(found) != len(set(started)):
        yield f"{len(found)} checkouts for {len(set(started))} that were asked for"
    [(sessions, requests)] = rows(
        place, "checkout", "SELECT count(*), count(DISTINCT request_key) FROM checkout_sessions"
    )
    if sessions != requests:
        yield f"{sessions} checkouts for {requests} requests"


def orders(place: Runtime) -> Iterator[str]:
    """I17, I21, I23, I24: a completed checkout has one purchase, whose orders became PAID once and add up to it."""
    flows = {
        row[0]: row[1:] for row in rows(place, "checkout", "SELECT id, status, total_amount FROM checkout_sessions")
    }
    purchases = {
        row[0]: row[1:] for row in rows(place, "orders", "SELECT id, flow_id, total_amount, order_count FROM purchases")
    }
    of_purchase: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for id, purchase, status, amount in rows(
        place, "orders", "SELECT id, purchase_id, status, total_amount FROM orders"
    ):
        of_purchase[purchase].append((id, status, amount))
    paid = Counter(
        row[0] for row in rows(place, "orders", "SELECT order_id FROM order_status_history WHERE to_status = 'PAID'")
    )
    placed = Counter(flow for flow, _, _ in purchases.values())
    for flow, (status, _) in flows.items():
        if status == "COMPLETED" and placed[flow] != 1:
            yield f"checkout {flow} has {placed[flow]} purchases"
    for id, (flow, total, count) in purchases.items():
        is_paid = flows.get(flow, ("lost",))[0] == "COMPLETED"
        mine = of_purchase.get(id, [])
        if len(mine) != count or sum(amount for _, _, amount in mine) != total:
            yield f"purchase {id} of {total} in {count} orders has {mine}"
        if is_paid and flows[flow][1] != total:
            yield f"checkout {flow} of {flows[flow][1]} has a purchase of {total}"
        for order, status, _ in mine:
            if (status == "PAID") != is_paid or paid[order] != is_paid:
                yield f"order {order} is {status}, was PAID {paid[order]} times; checkout {flow} {flows.get(flow)}"


# Money.


def money(place: Runtime) -> Iterator[str]:
    """I14, I17, I19, I20: what the gateway took, in its own book, is what ours say, once for each purchase."""
    gateway = TestGateway(book_path())
    taken: dict[str, list[int]] = defaultdict(list)
    for line in gateway.operations():
        if line.status == APPROVED and line.operation in (CAPTURE, "refund"):
            taken[line.payment_id].append(line.amount if line.operation == CAPTURE else -line.amount)
    gateway.close()
    flows = dict(rows(place, "checkout", "SELECT id, status FROM checkout_sessions"))
    totals = dict(rows(place, "orders", "SELECT flow_id, total_amount FROM purchases WHERE status = 'PLACED'"))
    shown = Counter(
        row[0]
        for row in rows(
            place,
            "payments",
            "SELECT payment_intent_id FROM payment_transactions WHERE type = ? AND status = ?",
            CAPTURE,
            APPROVED,
        )
    )
    for id, flow, amount, captured, refunded, status in rows(
        place, "payments", "SELECT id, flow_id, amount, captured_amount, refunded_amount, status FROM payment_intents"
    ):
        lines = taken.pop(id, [])
        if sum(lines) != captured - refunded or len([line for line in lines if line > 0]) > 1:
            yield f"payment {id}: the gateway took {lines}, our books say {captured} less {refunded}"
        if flows.get(flow) == "COMPLETED":
            if (status, captured, amount) != ("CAPTURED", totals.get(flow), totals.get(flow)) or shown[id] != 1:
                yield f"payment {id} of {totals.get(flow)}: {status}, {captured} captured, {shown[id]} captures written"
        elif captured != refunded:
            yield f"payment {id} of a checkout that is {flows.get(flow)}: {captured} captured, {refunded} refunded"
    for id, lines in taken.items():
        yield f"payment {id}: the gateway took {lines}, we know nothing of it"


# Stock and coupons.


def stock(place: Runtime) -> Iterator[str]:
    """I01 to I06: allocated is what was sold, by our own reservations and by the orders; nothing stays reserved."""
    sold: Counter[str] = Counter()
    for unit, units in rows(
        place,
        "orders",
        "SELECT i.stock_unit_id, i.quantity * i.units_each FROM order_items i "
        "JOIN orders o ON o.id = i.order_id WHERE o.status <> 'CANCELLED'",
    ):
        sold[unit] += units
    held = _sums(
        rows(place, "inventory", "SELECT stock_item_id, quantity FROM stock_reservations WHERE status = 'COMMITTED'")
    )
    moved = _sums(rows(place, "inventory", "SELECT stock_item_id, change FROM stock_movements"))
    for id, unit, total, reserved, allocated in rows(
        place, "inventory", "SELECT id, stock_unit_id, total_quantity, reserved, allocated FROM stock_items"
    ):
        if reserved or allocated != sold.pop(unit, 0) or allocated != held[id] or total != moved[id]:
            yield (
                f"stock {unit}: {total} of {moved[id]} moved, {reserved} reserved, {allocated} allocated of "
                f"{held[id]} held"
            )
    for unit, units in sold.items():
        yield f"stock {unit}: {units} sold of what is not there"


def coupons(place: Runtime) -> Iterator[str]:
    """I27: a use is counted once for each completed checkout, and none is held at rest."""
    flows = dict(rows(place, "checkout", "SELECT id, status FROM checkout_sessions"))
    consumed: Counter[str] = Counter()
    for flow, coupon, status in rows(place, "promotions", "SELECT flow_id, coupon_id, status FROM coupon_redemptions"):
        if status != ("CONSUMED" if flows.get(flow) == "COMPLETED" else "RELEASED"):
            yield f"a coupon's use by checkout {flow} ({flows.get(flow)}) is {status}"
        consumed[coupon] += status == "CONSUMED"
    for id, code, held, used in rows(place, "promotions", "SELECT id, code, uses_reserved, uses_consumed FROM coupons"):
        if held or used != consumed[id]:
            yield f"coupon {code}: {held} held, {used} used of {consumed[id]}"


def _sums(pairs: Iterable[tuple[Any, ...]]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for key, amount in pairs:
        sums[key] += amount
    return sums
