"""Our notes of money and the lines that were kept of gateways' lists, as comparing them asks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from argosy.contracts.payments import StatementLine
from argosy.domains.payments.adapters.outbound.models import PaymentIntentRow, PaymentTransactionRow, StatementLineRow
from argosy.domains.payments.domain.payment import APPROVED, CAPTURE, REFUND, RETURN
from argosy.shared_kernel.ids import Id

_OF_MONEY = f"status = '{APPROVED}' AND type IN ('{CAPTURE}', '{REFUND}', '{RETURN}')"
"""What the index of money by time covers, written out: of values that come apart from a query SQLite cannot tell."""


def notes_between(gateway: str, after: tuple[datetime, str], until: datetime, limit: int) -> Sequence[StatementLine]:
    """At most so many of our notes at a gateway, behind one time and id and before another time, in this order."""
    at, id = after
    behind = Q(created_at__gte=at) if not id else Q(created_at__gt=at) | Q(created_at=at, id__gt=id)
    rows = _notes(gateway).filter(behind, created_at__gte=at, created_at__lt=until).extra(where=[_OF_MONEY])
    return _lines(list(rows.order_by("created_at", "id")[:limit]))


def notes_of(gateway: str, payment_ids: Sequence[Id]) -> Sequence[StatementLine]:
    """All our notes of these payments, where they are the gateway's."""
    return _lines(list(_notes(gateway).filter(payment_intent_id__in=payment_ids).order_by("id")))


def lines_of(round_id: Id, payment_ids: Sequence[Id]) -> Sequence[StatementLine]:
    """What was kept of a gateway's lists of these payments."""
    return [
        StatementLine(
            key=row.key,
            operation=row.operation,
            payment_id=Id(str(row.payment_id)),
            gateway_transaction_id=row.gateway_transaction_id,
            amount=row.amount,
            currency=row.currency,
            done_at=row.done_at,
            fee_amount=row.fee_amount,
            fee_currency=row.fee_currency,
        )
        for row in StatementLineRow.objects.filter(payment_id__in=payment_ids, round_id=round_id).order_by("id")
    ]


def _notes(gateway: str) -> QuerySet[PaymentTransactionRow]:
    """Money alone: of what store credit pays nothing is asked of a gateway."""
    return PaymentTransactionRow.objects.filter(
        Exists(PaymentIntentRow.objects.filter(id=OuterRef("payment_intent_id"), gateway=gateway)),
        status=APPROVED,
        type__in=(CAPTURE, REFUND, RETURN),
        amount__gt=0,
    )


def _lines(rows: Sequence[PaymentTransactionRow]) -> list[StatementLine]:
    ids = {row.payment_intent_id for row in rows if row.type == CAPTURE}
    found = PaymentIntentRow.objects.filter(id__in=ids).values_list("id", "fee_amount", "captures")
    fees = {str(id): _fees(fee_amount, captures) for id, fee_amount, captures in found}
    return [
        StatementLine(
            key=str(row.id),
            operation=row.type,
            payment_id=Id(str(row.payment_intent_id)),
            gateway_transaction_id=row.gateway_transaction_id,
            amount=row.amount,
            currency=row.currency,
            done_at=row.created_at,
            fee_amount=_fee(row, fees),
            fee_currency=row.currency,
        )
        for row in rows
    ]


def _fees(fee_amount: int, captures: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """By the reference of what they were kept of; empty is the whole of a payment that was not taken in parts."""
    if not captures:
        return {"": fee_amount}
    return {part.get("reference", ""): part.get("fee_amount", 0) for part in captures}


def _fee(row: PaymentTransactionRow, fees: Mapping[str, Mapping[str, int]]) -> int:
    if row.type != CAPTURE:
        return 0
    known = fees.get(str(row.payment_intent_id), {})
    return known.get("", 0) if "" in known else known.get(row.gateway_transaction_id, 0)
