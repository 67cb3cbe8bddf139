"""Judges of an experiment, after calm: facts of its own (what buyers were told, what the gateway took), then the
doctor."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from argosy.apps.chaos.calm import ENDED, parked, rows
from argosy.apps.chaos.load import Purchase
from argosy.apps.doctor.databases import CannotCheck
from argosy.apps.doctor.examination import CHECKS, Examination
from argosy.domains.payments.adapters.outbound.gateways.registry import book_path
from argosy.domains.payments.adapters.outbound.gateways.test import TestGateway
from argosy.domains.payments.domain.payment import APPROVED, CAPTURE
from argosy.platform.runtime import Runtime

SHOWN_MAX = 10


def faults(place: Runtime, purchases: Sequence[Purchase], given_back: Mapping[str, int] = {}) -> list[str]:
    """Everything that does not hold at rest; a few of each kind. `given_back`: by payment, of sales that stand."""
    looks = (
        ended(place, purchases),
        once(place, purchases),
        money(place, given_back),
        shelves(place),
        parked(place),
        doctor(place),
    )
    return [fault for found in looks for fault in _first(found)]


def _first(found: Iterable[str]) -> list[str]:
    shown = list(found)
    more = [f"and {len(shown) - SHOWN_MAX} more of these"] if len(shown) > SHOWN_MAX else []
    return shown[:SHOWN_MAX] + more


def ended(place: Runtime, purchases: Sequence[Purchase]) -> Iterator[str]:
    """Every checkout that was accepted has ended, and is sold where nothing spoke against it."""
    found = dict(rows(place, "checkout", "SELECT id, status FROM checkout_sessions"))
    for purchase in purchases:
        status = found.get(purchase.checkout_id, "lost")
        if purchase.checkout_id and (status not in ENDED or (purchase.must_sell and status != "COMPLETED")):
            yield f"checkout {purchase.checkout_id} ({purchase.body['payment_source']}) was accepted and is {status}"


def once(place: Runtime, purchases: Sequence[Purchase]) -> Iterator[str]:
    """No request became two checkouts, and none is there that nobody asked for."""
    asked = {purchase.checkout_id for purchase in purchases if purchase.checkout_id}
    found = {id for (id,) in rows(place, "checkout", "SELECT id FROM checkout_sessions")}
    for id in found - asked:
        yield f"checkout {id} was told to nobody"
    sold = Counter(flow for (flow,) in rows(place, "orders", "SELECT flow_id FROM purchases"))
    for flow, times in sold.items():
        if times > 1:
            yield f"checkout {flow} has {times} purchases"


def money(place: Runtime, given_back: Mapping[str, int] = {}) -> Iterator[str]:
    """What the gateway took and gave back, in its own book, is what our books say, and what sold purchases cost."""
    taken: dict[str, list[int]] = defaultdict(list)
    gateway = TestGateway(book_path())
    for line in gateway.operations():
        if line.status == APPROVED and line.operation in (CAPTURE, "refund"):
            taken[line.payment_id].append(line.amount if line.operation == CAPTURE else -line.amount)
    gateway.close()
    flows = dict(rows(place, "checkout", "SELECT id, status FROM checkout_sessions"))
    totals = dict(rows(place, "orders", "SELECT flow_id, total_amount FROM purchases WHERE status = 'PLACED'"))
    for id, flow, captured, refunded in rows(
        place, "payments", "SELECT id, flow_id, captured_amount, refunded_amount FROM payment_intents"
    ):
        lines = taken.pop(id, [])
        ours = [amount for amount in (captured, -refunded) if amount]
        if sorted(lines) != sorted(ours) and (sum(lines) != sum(ours) or len(lines) < len(ours)):
            yield f"payment {id}: the gateway's book has {lines}, ours {ours}"
        expected = totals.get(flow, 0) if flows.get(flow) == "COMPLETED" else 0
        expected -= given_back.get(id, 0)
        if sum(lines) != expected or sum(amount > 0 for amount in lines) > 1:
            yield f"payment {id} of a checkout {flows.get(flow, 'lost')}: {lines} taken for {expected}"
    for id, lines in taken.items():
        yield f"payment {id}: the gateway took {lines}, and we know nothing of it"


def shelves(place: Runtime) -> Iterator[str]:
    """What is allocated is what paid orders hold; nothing stays reserved."""
    sold: Counter[str] = Counter()
    for unit, pieces in rows(
        place,
        "orders",
        "SELECT i.stock_unit_id, i.quantity * i.units_each FROM order_items i "
        "JOIN orders o ON o.id = i.order_id WHERE o.status = 'PAID'",
    ):
        sold[unit] += pieces
    for unit, on_hand, reserved, allocated in rows(
        place, "inventory", "SELECT stock_unit_id, total_quantity, reserved, allocated FROM stock_items"
    ):
        if reserved or allocated != sold.pop(unit, 0) or allocated > on_hand:
            yield f"stock {unit}: {reserved} reserved, {allocated} of {on_hand} allocated"
    for unit, pieces in sold.items():
        yield f"stock {unit}: {pieces} sold of what is not there"


def doctor(place: Runtime) -> Iterator[str]:
    """What `argosy doctor` tells."""
    try:
        findings = Examination(place, look_again_seconds=(2.0,)).run(CHECKS)
    except CannotCheck as reason:
        yield f"the doctor cannot tell: {reason}"
        return
    for finding in findings:
        for violation in finding.violations[:SHOWN_MAX]:
            yield f"{finding.check.id} {violation.row}: {violation.what}"
