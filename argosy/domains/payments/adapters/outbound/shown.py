"""Payments as staff read them: one whole, and what waits for a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Q

from argosy.domains.payments.adapters.outbound.models import (
    GatewayDifferenceRow,
    LedgerRow,
    PaymentIntentRow,
    PaymentTransactionRow,
    RefundRow,
    WebhookRow,
)
from argosy.domains.payments.domain.capture import CapturePart
from argosy.domains.payments.domain.payment import APPROVED, REFUND
from argosy.domains.payments.domain.refund import FAILED, SUCCEEDED
from argosy.domains.payments.domain.shares import PaidShare, RefundedPart
from argosy.shared_kernel.ids import Id

ENTRIES_MAX = 500
"""Of one payment's entries so many are shown, the first ones."""
_ATTEMPTS_MAX = 100

Place = tuple[datetime, str]
"""Where a list goes on: behind a time and an id."""


class TransactionShown(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway said once. `amount` 0: nothing was asked of it, or it told no amount."""

    type: str
    status: str
    amount: int
    currency: str
    gateway_transaction_id: str
    at: datetime


class CaptureShown(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a payment that is taken in parts."""

    capture_id: Id
    status: str
    amount: int
    credit_amount: int
    fee_amount: int
    is_final: bool
    gateway_transaction_id: str


class RefundShown(msgspec.Struct, frozen=True, kw_only=True):
    """A refund; `credit_amount` is what of it became store credit."""

    refund_id: Id
    order_id: Id | None
    status: str
    amount: int
    credit_amount: int
    reason: str
    gateway_transaction_id: str
    at: datetime


class ShareShown(msgspec.Struct, frozen=True, kw_only=True):
    """How one order's part of it splits, and what of it was paid back."""

    order_id: Id
    seller_id: Id
    goods_amount: int
    shipping_amount: int
    tax_amount: int
    subsidy_amount: int
    commission_amount: int
    refunded_amount: int


class EntryShown(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the books."""

    position: int
    transaction_id: Id
    kind: str
    account: str
    debit: int
    credit: int
    currency: str
    at: datetime


class WebhookShown(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway said of its own accord, without the text as it came. `reason` is why staff settled it."""

    webhook_id: Id
    gateway: str
    event_id: str
    type: str
    operation: str
    payment_id: Id | None
    refund_id: Id | None
    reference: str
    amount: int
    currency: str
    status: str
    outcome: str
    told_at: datetime
    received_at: datetime
    resolved_at: datetime | None
    settled_by: str
    reason: str


class DifferenceShown(msgspec.Struct, frozen=True, kw_only=True):
    """A difference between a gateway's book and ours. `side` says whose book alone has it, or in what both differ: then
    `expected_amount` is ours. `borne_by` and `reason` say how staff settled it."""

    difference_id: Id
    payment_id: Id
    side: str
    operation: str
    gateway_transaction_id: str
    amount: int
    currency: str
    expected_amount: int
    expected_currency: str
    found_at: datetime
    closed_at: datetime | None
    borne_by: str
    reason: str
    settled_by: str
    refund_id: Id | None


class AttemptShown(msgspec.Struct, frozen=True, kw_only=True):
    """Another attempt to pay for the same purchase."""

    payment_id: Id
    gateway: str
    status: str
    amount: int
    failure: str
    created_at: datetime


class PaymentShown(msgspec.Struct, frozen=True, kw_only=True):
    """A payment whole. `credit_amount` is the part that store credit pays, and `credit_status` where that is;
    `attempts` are those before and after it, the first one first."""

    payment_id: Id
    purchase_id: Id | None
    buyer_id: Id | None
    gateway: str
    status: str
    currency: str
    amount: int
    credit_amount: int
    credit_status: str
    captured_amount: int
    refunded_amount: int
    refunding_amount: int
    suspended_amount: int
    fee_amount: int
    failure: str
    pending: str
    replaced_by: Id | None
    created_at: datetime
    attempts: list[AttemptShown]
    shares: list[ShareShown]
    captures: list[CaptureShown]
    refunds: list[RefundShown]
    transactions: list[TransactionShown]
    webhooks: list[WebhookShown]
    differences: list[DifferenceShown]
    entries: list[EntryShown]


class PaidBackShown(msgspec.Struct, frozen=True, kw_only=True):
    """What of one order went back by one refund, or is on its way. `done_at` is when it was back."""

    refund_id: Id
    amount: int
    is_done: bool
    asked_at: datetime
    done_at: datetime | None


class PaidShareShown(msgspec.Struct, frozen=True, kw_only=True):
    """One order's part of a payment; `payment_amount` and `credit_amount` are of the whole of it."""

    share: ShareShown
    payment_amount: int
    credit_amount: int
    refunds: list[PaidBackShown]


_PLAIN = [
    name
    for name in PaymentShown.__struct_fields__
    if name in {field.name for field in PaymentIntentRow._meta.fields} and name not in ("captures", "shares")
]


def payment_whole(payment_id: Id) -> PaymentShown | None:
    """Everything that there is of a payment."""
    row = PaymentIntentRow.objects.filter(id=payment_id).first()
    if row is None:
        return None
    return PaymentShown(
        payment_id=row.id,
        **{name: getattr(row, name) for name in _PLAIN},
        attempts=_attempts(row),
        shares=[_share(one) for one in shares_of(row)],
        captures=[_capture(one) for one in msgspec.convert(row.captures, tuple[CapturePart, ...])],
        refunds=[_shown(RefundShown, one, at="created_at", refund_id="id") for one in refund_rows(payment_id)],
        transactions=[_shown(TransactionShown, one, at="created_at") for one in transaction_rows(payment_id)],
        webhooks=[
            _webhook(one) for one in WebhookRow.objects.filter(payment_id=payment_id).order_by("received_at", "id")
        ],
        differences=[
            _difference(one)
            for one in GatewayDifferenceRow.objects.filter(payment_id=payment_id).order_by("found_at", "id")
        ],
        entries=[
            _shown(EntryShown, one, at="created_at")
            for one in LedgerRow.objects.filter(reference_id=payment_id).order_by("position")[:ENTRIES_MAX]
        ],
    )


def shares_of(row: PaymentIntentRow) -> tuple[PaidShare, ...]:
    """How what was taken of it splits."""
    return msgspec.convert(row.shares, tuple[PaidShare, ...])


def paid_share(payment_id: Id, order_id: Id) -> PaidShareShown | None:
    """What was taken for one order, and what of it went back; None where nothing was."""
    row = PaymentIntentRow.objects.filter(id=payment_id).first()
    shares = shares_of(row) if row is not None else ()
    found = [(index, one) for index, one in enumerate(shares) if one.order_id == order_id]
    if row is None or not found:
        return None
    [(index, share)] = found
    done = {one.gateway_transaction_id: one.created_at for one in transaction_rows(payment_id) if _is_paid_back(one)}
    return PaidShareShown(
        share=_share(share),
        payment_amount=row.captured_amount,
        credit_amount=row.credit_amount,
        refunds=[
            PaidBackShown(
                refund_id=one.id,
                amount=amount,
                is_done=one.status == SUCCEEDED,
                asked_at=one.created_at,
                done_at=done.get(one.gateway_transaction_id, one.created_at) if one.status == SUCCEEDED else None,
            )
            for one in refund_rows(payment_id)
            if one.status != FAILED and (amount := _of_share(one, index))
        ],
    )


def _is_paid_back(row: PaymentTransactionRow) -> bool:
    return row.type == REFUND and row.status == APPROVED


def _of_share(row: RefundRow, index: int) -> int:
    """What a refund took of one share; those that were taken after it have no part in it."""
    parts = msgspec.convert(row.parts, tuple[RefundedPart, ...])
    return parts[index].seller + parts[index].commission + parts[index].tax if index < len(parts) else 0


def refund_rows(payment_id: Id) -> list[RefundRow]:
    return list(RefundRow.objects.filter(payment_intent_id=payment_id).order_by("created_at", "id"))


def transaction_rows(payment_id: Id) -> list[PaymentTransactionRow]:
    return list(PaymentTransactionRow.objects.filter(payment_intent_id=payment_id).order_by("created_at", "id"))


def webhooks_in(status: str, after: Place | None, limit: int, **only: Any) -> list[WebhookShown]:
    """At most so many webhooks in a status, the earliest first; `only` narrows them down."""
    rows = WebhookRow.objects.filter(status=status, **only)
    if after is not None:
        rows = rows.filter(Q(received_at__gt=after[0]) | Q(received_at=after[0], id__gt=after[1]))
    return [_webhook(row) for row in rows.order_by("received_at", "id")[:limit]]


def differences(after: Place | None, limit: int, *, is_open: bool, **only: Any) -> list[DifferenceShown]:
    """At most so many differences that are open, or closed, the earliest first; `only` narrows them down."""
    rows = GatewayDifferenceRow.objects.filter(closed_at__isnull=is_open, **only)
    if after is not None:
        rows = rows.filter(Q(found_at__gt=after[0]) | Q(found_at=after[0], id__gt=after[1]))
    return [_difference(row) for row in rows.order_by("found_at", "id")[:limit]]


def buyer_of_payment(payment_id: str) -> str | None:
    """Who paid it."""
    return PaymentIntentRow.objects.filter(id=payment_id).values_list("buyer_id", flat=True).first()


def _attempts(row: PaymentIntentRow) -> list[AttemptShown]:
    """Along the chain of those that replaced one another, both ways."""
    earlier: list[PaymentIntentRow] = []
    first: PaymentIntentRow | None = row
    while first is not None and len(earlier) < _ATTEMPTS_MAX:
        first = PaymentIntentRow.objects.filter(replaced_by=first.id).first()
        earlier += [first] if first is not None else []
    later: list[PaymentIntentRow] = []
    last: PaymentIntentRow | None = row
    while last is not None and last.replaced_by and len(later) < _ATTEMPTS_MAX:
        last = PaymentIntentRow.objects.filter(id=last.replaced_by).first()
        later += [last] if last is not None else []
    return [_shown(AttemptShown, one, payment_id="id") for one in (*reversed(earlier), *later)]


def _share(one: PaidShare) -> ShareShown:
    return ShareShown(**{name: getattr(one, name) for name in ShareShown.__struct_fields__})


def _capture(one: CapturePart) -> CaptureShown:
    return CaptureShown(
        capture_id=one.id,
        gateway_transaction_id=one.reference,
        **{name: getattr(one, name) for name in ("status", "amount", "credit_amount", "fee_amount", "is_final")},
    )


def _webhook(row: WebhookRow) -> WebhookShown:
    return _shown(WebhookShown, row, webhook_id="id")


def _difference(row: GatewayDifferenceRow) -> DifferenceShown:
    return _shown(DifferenceShown, row, difference_id="id")


def _shown(kind: Any, row: Any, **called: str) -> Any:
    """A row as it is shown: each field under its own name, or as it is `called` there."""
    return kind(**{name: getattr(row, called.get(name, name)) for name in kind.__struct_fields__})
