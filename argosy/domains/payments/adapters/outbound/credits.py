"""Store credit and gift cards as they are read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from argosy.domains.payments.adapters.outbound.models import CreditMovementRow, CreditRow, GiftCardRow
from argosy.domains.payments.domain.gift_card import OPEN
from argosy.domains.payments.domain.payment import NO_CURRENCY
from argosy.shared_kernel.ids import Id


class CreditShown(msgspec.Struct, frozen=True, kw_only=True):
    """Store credit in one currency: what may be spent, and what is on its way to or from purchases."""

    currency: str
    balance: int
    held: int


class CreditMovementShown(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a balance, and what was left after it. `kind`: `issued` by us, of a `gift_card`, `paid` for a
    purchase, `not_paid` after all, `refunded`. `reference_id` is the payment's or the gift card's."""

    movement_id: Id
    currency: str
    kind: str
    amount: int
    balance: int
    reason: str
    reference_id: Id
    at: datetime


class GiftCardShown(msgspec.Struct, frozen=True, kw_only=True):
    """A gift card without its code, of which `code_end` is the end."""

    gift_card_id: Id
    batch_id: Id
    code_end: str
    amount: int
    currency: str
    status: str
    reason: str
    issued_at: datetime
    expires_at: datetime | None
    redeemed_by: Id | None
    ended_at: datetime | None


def credits_of(buyer_id: str) -> list[CreditShown]:
    """A buyer's store credit, currency by currency."""
    rows = CreditRow.objects.filter(buyer_id=buyer_id).exclude(currency=NO_CURRENCY).order_by("currency")
    return [CreditShown(currency=row.currency, balance=row.balance, held=row.held) for row in rows]


def movements_of(buyer_id: str, currency: str, before: str | None, limit: int) -> list[CreditMovementShown]:
    """At most so many movements of a buyer's balances, or of the one in a currency, the newest first."""
    known = {str(row.id): row.currency for row in CreditRow.objects.filter(buyer_id=buyer_id)}
    wanted = [id for id, its in known.items() if currency in ("", its)]
    rows = CreditMovementRow.objects.filter(credit_id__in=wanted)
    if before:
        rows = rows.filter(id__lt=before)
    return [
        CreditMovementShown(
            movement_id=Id(str(row.id)),
            currency=known[str(row.credit_id)],
            kind=row.kind,
            amount=row.amount,
            balance=row.balance,
            reason=row.reason,
            reference_id=Id(str(row.reference_id)),
            at=row.created_at,
        )
        for row in rows.order_by("-id")[:limit]
    ]


def gift_cards(before: str | None, limit: int, **only: Any) -> list[GiftCardShown]:
    """At most so many gift cards, the newest first; `only` narrows them down."""
    rows = GiftCardRow.objects.filter(**only)
    if before:
        rows = rows.filter(id__lt=before)
    return [_card(row) for row in rows.order_by("-id")[:limit]]


def expired_cards(now: datetime, limit: int) -> Sequence[Id]:
    """Cards that are open although their time is over, the longest first."""
    rows = GiftCardRow.objects.filter(status=OPEN, expires_at__lte=now).order_by("expires_at")
    return [Id(str(id)) for id in rows.values_list("id", flat=True)[:limit]]


def _card(row: GiftCardRow) -> GiftCardShown:
    return GiftCardShown(
        gift_card_id=Id(str(row.id)),
        batch_id=Id(str(row.batch_id)),
        code_end=row.code_end,
        amount=row.amount,
        currency=row.currency,
        status=row.status,
        reason=row.reason,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        redeemed_by=Id(str(row.redeemed_by)) if row.redeemed_by else None,
        ended_at=row.ended_at,
    )
