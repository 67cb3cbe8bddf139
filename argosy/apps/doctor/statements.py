"""What gateways list of what they moved, as it was kept, beside our notes (I19)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from argosy.apps.doctor.check import Violation
from argosy.apps.doctor.databases import Databases, Row, side_by_side
from argosy.domains.payments.domain import refund as refunds
from argosy.domains.payments.domain.difference import AMOUNT, CURRENCY, GATEWAY, OURS
from argosy.domains.payments.domain.payment import APPROVED, CAPTURE, REFUND, RETURN

Movement = tuple[str, str, int, str]


class Settled(NamedTuple):
    """What staff settled of one payment: movements that only the gateway has, and movements that only we have."""

    theirs: Counter[Movement]
    ours: Counter[Movement]


def settled(rows: Iterable[Row]) -> Settled:
    """Of rows of `settled_rows`: each explains one movement, of just this amount."""
    found = Settled(Counter(), Counter())
    for _, side, operation, reference, amount, currency, expected_amount, expected_currency in rows:
        if side in (GATEWAY, AMOUNT, CURRENCY):
            found.theirs[_movement(operation, reference, amount, currency)] += 1
        if side == OURS:
            found.ours[_movement(operation, reference, amount, currency)] += 1
        if side in (AMOUNT, CURRENCY):
            found.ours[_movement(operation, reference, expected_amount, expected_currency)] += 1
    return found


def settled_rows(databases: Databases) -> Iterator[Row]:
    """Differences that somebody bears."""
    return databases.stream(
        "payments",
        "SELECT payment_id, side, operation, gateway_transaction_id, amount, currency, expected_amount, "
        "expected_currency FROM gateway_differences WHERE borne_by <> '' AND {only:payment_id} ORDER BY payment_id",
    )


def statements_agree(databases: Databases) -> Iterator[Violation]:
    """Each line that was kept is a note of ours, unless its outcome is still being asked for or somebody bears it; each
    note of ours whose time was compared is a line, or borne. Parts of a payment are told apart by their amounts."""
    lines = databases.stream(
        "payments",
        "SELECT payment_id, operation, gateway_transaction_id, amount, currency FROM statement_lines WHERE "
        "{only:payment_id} ORDER BY payment_id",
    )
    notes = databases.stream(
        "payments",
        "SELECT t.payment_intent_id, t.type, t.gateway_transaction_id, t.amount, t.currency, "
        "CASE WHEN t.created_at >= r.begun_at AND t.created_at < r.judged_until THEN 1 ELSE 0 END "
        "FROM payment_transactions t JOIN payment_intents p ON p.id = t.payment_intent_id "
        "JOIN statement_rounds r ON r.gateway = p.gateway AND r.begun_at IS NOT NULL "
        "WHERE t.status = ? AND t.type IN (?, ?, ?) AND t.amount > 0 AND {only:t.payment_intent_id} "
        "ORDER BY t.payment_intent_id",
        APPROVED,
        CAPTURE,
        REFUND,
        RETURN,
    )
    open_ = databases.stream(
        "payments",
        "SELECT p.id, p.pending, (SELECT count(*) FROM refunds r WHERE r.payment_intent_id = p.id AND r.status IN "
        "(?, ?)) FROM payment_intents p WHERE {only:p.id} ORDER BY p.id",
        refunds.REQUESTED,
        refunds.UNKNOWN,
    )
    for payment_id, (listed, noted, intent, borne) in side_by_side(lines, notes, open_, settled_rows(databases)):
        theirs = Counter(_movement(*row[1:5]) for row in listed)
        ours = Counter(_movement(*row[1:5]) for row in noted)
        compared = Counter(_movement(*row[1:5]) for row in noted if row[5])
        explained = settled(borne)
        for operation, reference, amount, currency in theirs - ours - explained.theirs:
            is_open = bool(intent) and (intent[0][2] if operation == REFUND else intent[0][1] == operation)
            if not is_open:
                yield Violation(
                    f"statement_lines of {payment_id}",
                    f"list {operation} {reference} of {amount} {currency}; payment_transactions do not",
                    payment_id,
                )
        for operation, reference, amount, currency in (ours - theirs - explained.ours) & compared:
            yield Violation(
                f"payment_transactions of {payment_id}",
                f"say {operation} {reference} of {amount} {currency}; no statement lists it",
                payment_id,
            )


def _movement(operation: str, reference: str, amount: int, currency: str) -> Movement:
    return operation, reference.partition("/")[0], amount, currency
