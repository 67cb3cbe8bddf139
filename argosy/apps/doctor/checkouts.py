"""Checkouts: flows that end in time, and what is left of those that were undone (I33, I34)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator

import msgspec

from argosy.apps.doctor.archives import gathered
from argosy.apps.doctor.check import Check, Violation, all_of
from argosy.apps.doctor.databases import Databases, side_by_side
from argosy.domains.checkout.application.saga import CheckoutSaga
from argosy.domains.inventory.domain import reservation as reservations
from argosy.domains.orders.domain import order_status as orders
from argosy.domains.payments.domain import payment as payments
from argosy.domains.promotions.domain import redemption as redemptions
from argosy.shared_kernel.saga import COMPENSATED, COMPLETED, DONE, FAILED, UNDOING, UNDONE

GRACE_SECONDS = 60
RETRY_CHECKOUTS = "retry checkouts"
UNDO_SECONDS = 900
"""How long undoing may take: gateways that do not answer are looked up for minutes."""

CALLED_OFF = "CALLED_OFF"
"""An order that was cancelled before anything was paid, by its own rules and not by its checkout."""

_STEPS = msgspec.json.Decoder(dict[str, str])
_ALL = tuple(step for stage in CheckoutSaga.stages for step in stage)
_UNDONE_BY = {step.undoes.wire_name: step.name for step in _ALL if step.undoes is not None}
_CAN_BE_UNDONE = frozenset(_UNDONE_BY.values())
_MAY_FAIL = frozenset(step.name for step in _ALL if not step.must_succeed)
_WHOLE = len(CheckoutSaga.stages) - 1


def ended(databases: Databases) -> Iterator[Violation]:
    for id, status, outcome, deadline in databases.stream(
        "checkout",
        "SELECT id, status, outcome, deadline FROM checkout_sessions WHERE outcome NOT IN (?, ?) AND "
        "(deadline IS NULL OR deadline < (CASE WHEN outcome = '' THEN ? ELSE ? END))",
        COMPLETED,
        COMPENSATED,
        databases.ago("checkout", GRACE_SECONDS),
        databases.ago("checkout", UNDO_SECONDS),
    ):
        yield Violation(
            f"checkout_sessions {id}",
            f"is {status} ({outcome or 'going on'}); its deadline was {deadline}",
            id,
            RETRY_CHECKOUTS,
        )
    for id, status in databases.stream(
        "checkout",
        "SELECT s.id, s.status FROM checkout_sessions s WHERE s.outcome = '' AND s.stage < ? AND "
        "s.deadline > ? AND NOT EXISTS (SELECT 1 FROM checkout_due d WHERE d.id = 'deadline:' || "
        "CAST(s.id AS text))",
        _WHOLE,
        databases.ago("checkout", 0),
    ):
        yield Violation(
            f"checkout_sessions {id}", f"is {status} and has no timer that would end it", id, RETRY_CHECKOUTS
        )


def steps_are_whole(databases: Databases) -> Iterator[Violation]:
    for id, outcome, text in databases.stream(
        "checkout", "SELECT id, outcome, steps FROM checkout_sessions WHERE outcome IN (?, ?)", COMPLETED, COMPENSATED
    ):
        steps = _STEPS.decode(text)
        if outcome == COMPLETED:
            wrong = {name for name, at in steps.items() if at != DONE and not (at == FAILED and name in _MAY_FAIL)}
        else:
            wrong = {name for name, at in steps.items() if name in _CAN_BE_UNDONE and at not in (UNDONE, FAILED)}
        if wrong:
            told = ", ".join(f"{name} {steps[name]}" for name in sorted(wrong))
            yield Violation(f"checkout_sessions {id}", f"is {outcome} with {told}")


def undone_as_often_as_noted(databases: Databases) -> Iterator[Violation]:
    """Each undo that was sent was decided once, and each that was decided was sent. A late yes is undone again."""
    names = sorted(_UNDONE_BY)
    key = databases.binary("checkout", "aggregate_id")
    sent = databases.stream(
        "checkout",
        f"SELECT {key} AS flow, event_type, count(*) FROM checkout_outbox_events WHERE event_type IN "
        f"({', '.join('?' for _ in names)}) GROUP BY 1, 2 ORDER BY 1",
        *names,
    )
    own = databases.binary("checkout", "session_id")
    noted = databases.stream(
        "checkout",
        f"SELECT {own} AS flow, step_type, count(*) FROM checkout_steps WHERE status = ? GROUP BY 1, 2 ORDER BY 1",
        UNDOING,
    )
    with gathered(databases, "checkout") as archive:
        sent_earlier = (
            archive.stream(
                f"SELECT aggregate_id, event_type, count(*) FROM log WHERE event_type IN "
                f"({', '.join('?' for _ in names)}) GROUP BY 1, 2 ORDER BY 1",
                *names,
            )
            if archive
            else ()
        )
        for flow_id, (commands, earlier, attempts) in side_by_side(sent, sent_earlier, noted):
            told: Counter[str] = Counter()
            for _, command, times in (*commands, *earlier):
                told[_UNDONE_BY[command]] += times
            kept = {name: times for _, name, times in attempts}
            for name in sorted(told.keys() | kept.keys()):
                if told.get(name, 0) != kept.get(name, 0):
                    yield Violation(
                        f"checkout_sessions {flow_id}",
                        f"undid {name} {kept.get(name, 0)} times and asked for it {told.get(name, 0)} times",
                    )


def nothing_is_left(databases: Databases) -> Iterator[Violation]:
    """What flows that ended hold at others. Flows are read first: at others all was done before they ended."""
    yield from _left(
        databases,
        "orders",
        "SELECT p.flow_id, CASE WHEN o.status = 'CANCELLED' AND (o.order_type = 'CASH_ON_DELIVERY' OR o.pay_by IS NOT "
        "NULL OR EXISTS (SELECT 1 FROM order_cancellations c WHERE c.id = o.id AND c.status = 'DONE')) "
        f"THEN '{CALLED_OFF}' ELSE o.status END FROM purchases p JOIN orders o ON "
        "o.purchase_id = p.id WHERE {only:p.flow_id} ORDER BY p.flow_id",
        _orders_are_wrong,
    )
    yield from _left(
        databases,
        "inventory",
        "SELECT flow_id, status FROM reservations WHERE {only:flow_id} ORDER BY flow_id",
        _reservation_is_wrong,
    )
    yield from _left(
        databases,
        "payments",
        "SELECT flow_id, status FROM payment_intents WHERE replaced_by IS NULL AND {only:flow_id} ORDER BY flow_id",
        _payment_is_wrong,
    )
    yield from _left(
        databases,
        "promotions",
        "SELECT flow_id, status FROM coupon_redemptions WHERE {only:flow_id} ORDER BY flow_id",
        _coupon_is_wrong,
    )


IsWrong = Callable[[str, str, Collection[str]], bool]


def _left(databases: Databases, label: str, sql: str, is_wrong: IsWrong) -> Iterator[Violation]:
    """Of a sale whose orders were all called off since, others may hold something or nothing: their own checks say."""
    flows = databases.stream(
        "checkout",
        "SELECT id, outcome, steps FROM checkout_sessions WHERE outcome IN (?, ?) AND {only:id} ORDER BY id",
        COMPLETED,
        COMPENSATED,
    )
    called_off = databases.stream(
        "orders",
        "SELECT flow_id, status FROM purchases WHERE status = 'CANCELLED' AND order_count > 0 AND {only:flow_id} "
        "ORDER BY flow_id",
    )
    for flow_id, (flow, held, gone) in side_by_side(flows, databases.stream(label, sql), called_off):
        for _, outcome, text in flow:
            if gone and outcome == COMPLETED:
                continue
            done = [name for name, at in _STEPS.decode(text).items() if at == DONE]
            for status in sorted({row[1] for row in held}):
                if is_wrong(outcome, status, done):
                    yield Violation(
                        f"checkout_sessions {flow_id}", f"is {outcome}, and {label} has it {status}", flow_id
                    )


def _orders_are_wrong(outcome: str, status: str, done: Collection[str]) -> bool:
    if outcome == COMPENSATED:
        return status not in (orders.CANCELLED, orders.REFUNDED, CALLED_OFF)
    return status in (orders.CREATED, orders.CANCELLED)


def _reservation_is_wrong(outcome: str, status: str, done: Collection[str]) -> bool:
    if outcome == COMPENSATED:
        return status in (reservations.ACTIVE, reservations.COMMITTED)
    return status != reservations.COMMITTED


def _payment_is_wrong(outcome: str, status: str, done: Collection[str]) -> bool:
    if outcome == COMPENSATED or "capture" not in done:
        # Where a card has failed the purchase may be paid at the door: nothing is kept of the attempt.
        return status in (
            payments.AUTHORIZED,
            payments.PARTIALLY_CAPTURED,
            payments.CAPTURED,
            payments.PARTIALLY_REFUNDED,
        )
    return status not in (payments.CAPTURED, payments.PARTIALLY_REFUNDED, payments.REFUNDED)


def _coupon_is_wrong(outcome: str, status: str, done: Collection[str]) -> bool:
    if outcome == COMPENSATED:
        return status != redemptions.RELEASED
    return "consume" in done and status != redemptions.CONSUMED


CHECKS = (
    Check(
        "I33",
        f"every checkout has ended {GRACE_SECONDS} s past its deadline, and is undone {UNDO_SECONDS} s past it",
        ended,
    ),
    Check(
        "I34",
        "what was compensated is undone step for step, what was completed is whole",
        all_of(steps_are_whole, undone_as_often_as_noted, nothing_is_left),
        spans=True,
    ),
)
