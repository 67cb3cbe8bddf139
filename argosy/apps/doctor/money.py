"""Payments beside orders, and beside the gateway's own book: every amount taken and given back is there once
(I14 to I20, I22)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from argosy.apps.doctor.check import Check, Violation, all_of
from argosy.apps.doctor.databases import PAGE, Databases, Row, side_by_side
from argosy.apps.doctor.statements import settled, settled_rows, statements_agree
from argosy.apps.doctor.stock import LIVE
from argosy.domains.orders.domain.order_status import CANCELLED, CLOSED, DELIVERED, PAID, PREPAID, SHIPPED
from argosy.domains.orders.domain.order_status import REFUNDED as ORDER_REFUNDED
from argosy.domains.payments.adapters.outbound.gateways.registry import book_path
from argosy.domains.payments.adapters.outbound.gateways.test import TestGateway
from argosy.domains.payments.domain import capture as captures
from argosy.domains.payments.domain import refund as refunds
from argosy.domains.payments.domain.capture import CapturePart
from argosy.domains.payments.domain.payment import (
    APPROVED,
    AUTHORIZE,
    CAPTURE,
    CAPTURED,
    PARTIALLY_CAPTURED,
    PARTIALLY_REFUNDED,
    REFUND,
    REFUNDED,
    RETURN,
    VOID,
)
from argosy.domains.payments.domain.receipt import BY_HAND
from argosy.domains.payments.domain.webhook import RECEIVED, RESOLVED, webhook_id
from argosy.shared_kernel.ids import is_id

_PARTS = msgspec.json.Decoder(tuple[CapturePart, ...])
GRACE_SECONDS = 900
WEBHOOK_SECONDS = 3_600
PAID_AND_LATER = (PAID, SHIPPED, DELIVERED, CLOSED)
TAKEN = (CAPTURED, PARTIALLY_REFUNDED, REFUNDED)
_AT_ONCE = "CAST(captures AS varchar(10)) = '[]'"
"""A payment that is not taken in parts."""


def captured_within(databases: Databases) -> Iterator[Violation]:
    marks = ", ".join("?" for _ in TAKEN)
    told = (
        "(SELECT coalesce(CAST(sum(t.amount) AS bigint), 0) FROM payment_transactions t WHERE "
        "t.payment_intent_id = p.id AND t.status = ? AND t.type = ?{more})"
    )
    handed = told.format(more=" AND t.gateway_transaction_id = p.capture_reference")
    holds = told.format(more=" AND t.gateway_transaction_id = p.authorization_reference")
    for id, status, amount, captured, taken, held in databases.stream(
        "payments",
        f"SELECT id, status, amount, captured_amount, taken, held FROM (SELECT p.id, p.status, p.amount, "
        f"p.captured_amount, p.credit_amount, {handed} AS taken, {holds} AS held "
        f"FROM payment_intents p WHERE {_AT_ONCE}) found WHERE captured_amount > amount OR captured_amount < 0 OR "
        f"(status IN ({marks}) AND (captured_amount = 0 OR captured_amount - credit_amount <> taken OR "
        f"captured_amount - credit_amount > held)) OR "
        f"(status NOT IN ({marks}) AND captured_amount <> 0)",
        APPROVED,
        CAPTURE,
        APPROVED,
        AUTHORIZE,
        *TAKEN,
        *TAKEN,
    ):
        yield Violation(
            f"payment_intents {id}",
            f"is {status} with {captured} captured of {amount}; the gateway held {held} and handed over {taken}",
        )


def captured_in_parts(databases: Databases) -> Iterator[Violation]:
    """Each part that is TAKEN is what the gateway handed over, they come to what was captured and no more than it held,
    and nothing was taken of what had been released."""
    intents = databases.stream(
        "payments",
        "SELECT id, status, amount, captured_amount, CAST(captures AS text), authorization_reference "
        f"FROM payment_intents WHERE NOT {_AT_ONCE} ORDER BY id",
    )
    told = databases.stream(
        "payments",
        "SELECT payment_intent_id, type, gateway_transaction_id, amount, created_at FROM payment_transactions "
        f"WHERE status = ? AND payment_intent_id IN (SELECT id FROM payment_intents WHERE NOT {_AT_ONCE}) "
        "ORDER BY payment_intent_id, created_at",
        APPROVED,
    )
    for payment_id, (intent, lines) in side_by_side(intents, told):
        for _, status, amount, captured, text, held_by in intent:
            parts = _PARTS.decode(text)
            taken = [part for part in parts if part.status == captures.TAKEN]
            held = sum(line[3] for line in lines if line[1] == AUTHORIZE and line[2] == held_by)
            handed = {line[2]: line[3] for line in lines if line[1] == CAPTURE}
            for fault in (
                *_faults_of_sums(status, amount, captured, parts),
                *(
                    f"part {part.id} of {part.gateway_amount} is not what the gateway handed over"
                    for part in taken
                    if part.gateway_amount and handed.get(part.reference) != part.gateway_amount
                ),
                *([f"took {taken} and held {held}"] if sum(part.gateway_amount for part in taken) > held else []),
                *_faults_of_release(taken, lines),
            ):
                yield Violation(f"payment_intents {payment_id}", f"is captured in parts: {fault}")


def _faults_of_sums(status: str, amount: int, captured: int, parts: tuple[CapturePart, ...]) -> Iterator[str]:
    total = sum(part.amount for part in parts if part.status == captures.TAKEN)
    if total != captured or not 0 <= captured <= amount:
        yield f"they come to {total}, it says {captured} of {amount}"
    if (captured > 0) != (status in (*TAKEN, PARTIALLY_CAPTURED)):
        yield f"{captured} is captured, and it is {status}"
    if status in TAKEN and any(part.is_open or part.status == captures.WAITING for part in parts):
        yield f"one is not decided, and it is {status}"


def _faults_of_release(taken: list[CapturePart], lines: list[Row]) -> Iterator[str]:
    if any(part.is_final for part in taken[:-1]):
        yield "one was taken behind the final one"
    released = [line[4] for line in lines if line[1] == VOID]
    if any(line[1] == CAPTURE and line[4] > at for line in lines for at in released[:1]):
        yield "one was taken of what had been let go of"


def refunded_within(databases: Databases) -> Iterator[Violation]:
    for id, captured, refunded, done, refunding, open_ in databases.stream(
        "payments",
        "SELECT p.id, p.captured_amount, p.refunded_amount, coalesce(r.done, 0), p.refunding_amount, "
        "coalesce(r.open, 0) FROM payment_intents p LEFT JOIN (SELECT payment_intent_id, "
        "CAST(sum(CASE WHEN status = ? THEN amount ELSE 0 END) AS bigint) AS done, "
        "CAST(sum(CASE WHEN status IN (?, ?) THEN amount ELSE 0 END) AS bigint) AS open "
        "FROM refunds GROUP BY payment_intent_id) r ON r.payment_intent_id = p.id "
        "WHERE p.refunded_amount + p.refunding_amount > p.captured_amount "
        "OR p.refunded_amount <> coalesce(r.done, 0) OR p.refunding_amount <> coalesce(r.open, 0)",
        refunds.SUCCEEDED,
        refunds.REQUESTED,
        refunds.UNKNOWN,
    ):
        yield Violation(
            f"payment_intents {id}",
            f"captured {captured}; says {refunded} paid back and {refunding} on "
            f"its way, its refunds say {done} and {open_}",
        )


def paid_in_full(databases: Databases) -> Iterator[Violation]:
    """Orders are read first: what they say is paid was captured before."""
    marks = ", ".join("?" for _ in PAID_AND_LATER)
    # Orders that were called off alone had their part in the capture, and gave it back.
    kept = ", ".join("?" for _ in (*PAID_AND_LATER, ORDER_REFUNDED))
    purchases = databases.stream(
        "orders",
        f"SELECT o.payment_id, p.id, p.total_amount - coalesce(off.amount, 0), CAST(sum(o.total_amount) AS bigint), "
        f"count(*), CAST(sum(op.noted) AS bigint) FROM orders o JOIN purchases p ON p.id = o.purchase_id LEFT JOIN "
        f"(SELECT order_id, payment_id, sum(amount) AS noted FROM order_payments WHERE status = 'CAPTURED' GROUP BY "
        f"order_id, payment_id) op ON op.order_id = o.id AND op.payment_id = o.payment_id LEFT JOIN "
        f"(SELECT purchase_id, CAST(sum(total_amount) AS bigint) AS amount FROM orders WHERE status = ? "
        f"GROUP BY purchase_id) off ON off.purchase_id = p.id "
        f"WHERE o.payment_id IS NOT NULL AND o.order_type = ? AND o.status IN ({kept}) AND {{only:o.payment_id}} "
        f"GROUP BY o.payment_id, p.id, p.total_amount, off.amount HAVING count(CASE WHEN o.status <> ? THEN 1 END) > 0 "
        f"ORDER BY o.payment_id",
        CANCELLED,  # Called off before the capture, and left out of it.
        PREPAID,
        *PAID_AND_LATER,
        ORDER_REFUNDED,
        ORDER_REFUNDED,
    )
    intents = databases.stream(
        "payments", "SELECT id, purchase_id, captured_amount, gateway FROM payment_intents WHERE {only:id} ORDER BY id"
    )
    for payment_id, (bought, intent) in side_by_side(purchases, intents):
        for _, purchase_id, total, parts, orders, noted in bought:
            captured = intent[0][2] if intent else 0
            # Orders that are paid by transfer or in cash each have a payment of their own.
            due = parts if intent and intent[0][3] in BY_HAND else total
            if not (captured == due == noted == parts) or intent[0][1] != purchase_id or len(bought) > 1:
                yield Violation(
                    f"purchases {purchase_id}",
                    f"costs {total} and {orders} orders of it ({parts}) are "
                    f"paid; payment {payment_id} captured {captured}, orders noted {noted}",
                    payment_id,
                )
    for id, total in databases.stream(
        "orders",
        f"SELECT id, total_amount FROM orders WHERE payment_id IS NULL AND total_amount > 0 AND "
        f"order_type = ? AND status IN ({marks})",
        PREPAID,
        *PAID_AND_LATER,
    ):
        yield Violation(f"orders {id}", f"is paid without a payment: {total}")


def captured_reached_orders(databases: Databases) -> Iterator[Violation]:
    """Payments are read first: an order that took the money was written later."""
    taken = databases.stream(
        "payments",
        "SELECT p.id, p.captured_amount, p.refunded_amount, p.refunding_amount FROM payment_intents p "
        "WHERE p.captured_amount > p.refunded_amount AND {only:p.id} AND NOT EXISTS (SELECT 1 FROM "
        "payment_transactions t WHERE t.payment_intent_id = p.id AND t.type = ? AND t.created_at > ?) ORDER BY p.id",
        CAPTURE,
        databases.ago("payments", GRACE_SECONDS),
    )
    marks = ", ".join("?" for _ in LIVE)
    orders = databases.stream(
        "orders",
        f"SELECT payment_id, count(*) FROM orders WHERE payment_id IS NOT NULL AND status IN ({marks}) "
        f"AND {{only:payment_id}} GROUP BY payment_id ORDER BY payment_id",
        *LIVE,
    )
    for payment_id, (money, live) in side_by_side(taken, orders):
        for _, captured, refunded, refunding in money:
            if not live:
                yield Violation(
                    f"payment_intents {payment_id}",
                    f"captured {captured} over {GRACE_SECONDS} s ago for "
                    f"no live order; {refunded} is paid back, {refunding} on its way",
                    payment_id,
                )


def gateway_agrees(databases: Databases) -> Iterator[Violation]:
    """Money taken and given back, one to one by the gateway's own ids. What is being asked for, or looked up, is
    known to be open; it is I18's to end in time. What staff have settled is explained."""
    theirs = _gateway_lines(databases, (CAPTURE, REFUND, RETURN))
    ours = databases.stream(
        "payments",
        "SELECT payment_intent_id, type, gateway_transaction_id, amount, currency FROM "
        "payment_transactions WHERE status = ? AND type IN (?, ?, ?) AND amount > 0 AND {only:payment_intent_id} "
        "AND payment_intent_id IN (SELECT id FROM payment_intents WHERE gateway = 'test') "
        "ORDER BY payment_intent_id",
        APPROVED,
        CAPTURE,
        REFUND,
        RETURN,
    )
    open_ = databases.stream(
        "payments",
        "SELECT p.id, p.pending, (SELECT count(*) FROM refunds r WHERE r.payment_intent_id = p.id AND "
        "r.status IN (?, ?)) FROM payment_intents p WHERE {only:p.id} ORDER BY p.id",
        refunds.REQUESTED,
        refunds.UNKNOWN,
    )
    for payment_id, (lines, notes, intent, borne) in side_by_side(theirs, ours, open_, settled_rows(databases)):
        explained = settled(borne)
        told = Counter((operation, id, amount, currency) for _, _, operation, id, amount, currency in lines)
        noted = Counter(row[1:] for row in notes)
        for operation, id, amount, currency in noted - told - explained.ours:
            yield Violation(
                f"payment_transactions of {payment_id}",
                f"say {operation} {id} of {amount} {currency}; the gateway's book does not",
                payment_id,
            )
        for operation, id, amount, currency in told - noted - explained.theirs:
            if not (intent and _is_open(operation, intent[0])):
                yield Violation(
                    f"gateway's book {payment_id}",
                    f"has {operation} {id} of {amount} {currency}; payment_transactions do not",
                    payment_id,
                )


def one_effect(databases: Databases) -> Iterator[Violation]:
    """A logical operation is an operation of a payment; of a refund, by the refund's id."""
    for payment_id, (lines,) in side_by_side(_gateway_lines(databases, (AUTHORIZE, CAPTURE, REFUND, RETURN))):
        done = Counter(_logical(key) for _, key, *_ in lines)
        for operation, times in done.items():
            if times > 1:
                yield Violation(f"gateway's book {payment_id}", f"did {operation} {times} times", payment_id)
    for payment_id, operation, times, text in databases.stream(
        "payments",
        "SELECT t.payment_intent_id, t.type, count(DISTINCT t.gateway_transaction_id), "
        "(SELECT CAST(p.captures AS text) FROM payment_intents p WHERE p.id = t.payment_intent_id) FROM "
        "payment_transactions t WHERE t.status = ? AND t.type IN (?, ?) AND {only:t.payment_intent_id} GROUP BY "
        "t.payment_intent_id, t.type HAVING count(DISTINCT t.gateway_transaction_id) > 1",
        APPROVED,
        AUTHORIZE,
        CAPTURE,
    ):
        # Each part is asked for once; one that was taken and may not be kept stands in suspense.
        if operation == CAPTURE and times <= len(_PARTS.decode(text or "[]")):
            continue
        yield Violation(f"payment_transactions of {payment_id}", f"tell of {operation} {times} times", payment_id)


def one_currency_each(databases: Databases) -> Iterator[Violation]:
    for id, currency, purchase_id, other in databases.stream(
        "orders",
        "SELECT o.id, o.currency, p.id, p.currency FROM orders o JOIN purchases p ON p.id = "
        "o.purchase_id WHERE o.currency <> p.currency",
    ):
        yield Violation(f"orders {id}", f"is in {currency}, its purchase {purchase_id} in {other}")
    for id, currency, payment_id, other in databases.stream(
        "payments",
        "SELECT r.id, r.currency, p.id, p.currency FROM refunds r JOIN payment_intents p ON p.id = "
        "r.payment_intent_id WHERE r.currency <> p.currency",
    ):
        yield Violation(f"refunds {id}", f"is in {currency}, its payment {payment_id} in {other}")
    for id, kind, currency, payment_id, other in databases.stream(
        "payments",
        "SELECT e.id, e.kind, e.currency, p.id, p.currency FROM ledgers e JOIN payment_intents p ON "
        "p.id = e.reference_id WHERE e.currency <> p.currency AND e.kind NOT IN ('suspense_taken', "
        "'suspense_returned', 'difference_settled')",
    ):
        yield Violation(f"ledgers {id}", f"books a {kind} in {currency}, its payment {payment_id} is in {other}")


def one_currency_along(databases: Databases) -> Iterator[Violation]:
    orders = databases.stream(
        "orders",
        "SELECT DISTINCT o.payment_id, o.currency FROM orders o WHERE o.payment_id IS NOT NULL AND "
        "{only:o.payment_id} ORDER BY o.payment_id",
    )
    intents = databases.stream("payments", "SELECT id, currency FROM payment_intents WHERE {only:id} ORDER BY id")
    for payment_id, (bought, intent) in side_by_side(orders, intents):
        for _, currency in bought:
            if intent and intent[0][1] != currency:
                yield Violation(
                    f"payment_intents {payment_id}", f"is in {intent[0][1]}, its orders in {currency}", payment_id
                )


def _gateway_lines(databases: Databases, operations: tuple[str, ...]) -> Iterator[Row]:
    """Approved lines of the gateway's own book by payment: (payment, key, operation, its id, amount, currency)."""
    path = book_path()
    if not path.is_file():
        return
    gateway = TestGateway(path)
    try:
        after = ""
        while page := gateway.page(after, PAGE):
            databases.read(len(page))
            for line in page:
                operation = _logical(line.key).partition(":")[0]
                if (
                    line.status == APPROVED
                    and operation in operations
                    and (databases.only is None or line.payment_id in databases.only)
                ):
                    yield line.payment_id, line.key, operation, line.transaction_id, line.amount, line.currency
            after = page[-1].key
    finally:
        gateway.close()


def _logical(key: str) -> str:
    """`<payment>:refund:<id>`, `<payment>:capture:<part>` and `<payment>:return:<id>` are one operation for each id,
    everything else one for each payment."""
    _, operation, *rest = key.split(":")
    return f"{operation}:{rest[0]}" if operation in (REFUND, CAPTURE, RETURN) and rest and is_id(rest[0]) else operation


def _is_open(operation: str, intent: Row) -> Any:
    _, pending, refunds_open = intent
    return bool(refunds_open) if operation == REFUND else pending == operation


def webhooks_once(databases: Databases) -> Iterator[Violation]:
    """That a signature held is proven when it is kept, by tests; here, that each event is kept once and came to an end.
    An event's effect is a look-up under the webhook's id, of which there is one."""
    for gateway, event_id, times in databases.stream(
        "payments",
        "SELECT gateway, event_id, count(*) FROM payment_webhooks GROUP BY gateway, event_id HAVING count(*) > 1",
    ):
        yield Violation(f"payment_webhooks {gateway} {event_id}", f"is kept {times} times")
    for id, gateway, event_id, status, resolved_at in databases.stream(
        "payments", "SELECT id, gateway, event_id, status, resolved_at FROM payment_webhooks"
    ):
        if str(id) != webhook_id(gateway, event_id):
            yield Violation(f"payment_webhooks {id}", f"is not named by its event {event_id} of {gateway}")
        if (status == RESOLVED) != (resolved_at is not None):
            yield Violation(f"payment_webhooks {id}", f"is {status}; it was resolved at {resolved_at}")
    for id, gateway, since in databases.stream(
        "payments",
        "SELECT id, gateway, received_at FROM payment_webhooks WHERE status = ? AND received_at < ?",
        RECEIVED,
        databases.ago("payments", WEBHOOK_SECONDS),
    ):
        yield Violation(f"payment_webhooks {id}", f"of {gateway} is not resolved since {since}")


CHECKS = (
    Check(
        "I14",
        "captured is within what was held, is what the gateway handed over, and nothing of what was released",
        all_of(captured_within, captured_in_parts),
    ),
    Check("I15", "paid back, and on its way back, is within what was captured", refunded_within),
    Check("I17", "every paid purchase has a capture of exactly its total", paid_in_full, spans=True),
    Check(
        "I18",
        f"every capture is a live order's or paid back in full within {GRACE_SECONDS} s",
        captured_reached_orders,
        spans=True,
    ),
    Check(
        "I19",
        "the gateway's book and ours agree on every capture and refund",
        all_of(gateway_agrees, statements_agree),
        spans=True,
    ),
    Check("I20", "the gateway did each operation once", one_effect, spans=True),
    Check("I37", f"a webhook has one effect, and is resolved within {WEBHOOK_SECONDS} s", webhooks_once),
    Check(
        "I22",
        "one currency along purchase, orders, payment, ledger and refunds",
        all_of(one_currency_each, one_currency_along),
        spans=True,
    ),
)
