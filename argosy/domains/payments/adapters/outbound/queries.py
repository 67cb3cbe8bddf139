"""Look-ups of payments' own that are not by id."""

from __future__ import annotations

from collections.abc import Sequence

from argosy.contracts.payments import StatementLine
from argosy.domains.payments.adapters.outbound.models import PaymentIntentRow, PaymentTransactionRow, WebhookRow
from argosy.domains.payments.domain.payment import APPROVED, CAPTURE, REFUND, RETURN
from argosy.domains.payments.domain.webhook import RECEIVED
from argosy.shared_kernel.ids import Id


def noted_money(gateway: str, after: str, up_to: str, limit: int) -> Sequence[StatementLine]:
    """At most so many approved captures, refunds and returns at a gateway, of payments behind one id and up to another,
    in order of payments; an empty `up_to` is the end."""
    rows = PaymentTransactionRow.objects.filter(
        status=APPROVED,
        type__in=(CAPTURE, REFUND, RETURN),
        payment_intent_id__in=PaymentIntentRow.objects.filter(gateway=gateway).values("id"),
    )
    if after:
        rows = rows.filter(payment_intent_id__gt=after)
    if up_to:
        rows = rows.filter(payment_intent_id__lte=up_to)
    return [
        StatementLine(
            key=f"{row.payment_intent_id}:{row.type}",
            operation=row.type,
            payment_id=Id(str(row.payment_intent_id)),
            gateway_transaction_id=row.gateway_transaction_id,
            amount=row.amount,
            currency=row.currency,
            done_at=row.created_at,
        )
        for row in rows.order_by("payment_intent_id")[:limit]
    ]


def open_webhooks(limit: int) -> Sequence[Id]:
    """Ids of at most so many webhooks that are RECEIVED, the earliest first."""
    rows = WebhookRow.objects.filter(status=RECEIVED).order_by("received_at").values_list("id", flat=True)
    return [Id(str(id)) for id in rows[:limit]]
