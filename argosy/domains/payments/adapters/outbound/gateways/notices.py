"""Webhooks of the `test` gateway: how they are written and signed, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from argosy.domains.payments.application.gateways import Notice
from argosy.domains.payments.domain.payment import AUTHORIZE, CAPTURE, REFUND, VOID
from argosy.domains.payments.domain.signatures import timed_header, verify_timed
from argosy.domains.payments.domain.webhook import WebhookIsUnreadable
from argosy.shared_kernel.ids import Id, is_id
from argosy.shared_kernel.money import AMOUNT_MAX

HEADER = "test-gateway-signature"


class TestEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway sends: the line of its book that it is about."""

    __test__ = False

    id: str
    type: str
    key: str = ""
    transaction_id: str = ""
    amount: int = 0
    currency: str = ""


def written(event: TestEvent, secret: str, at: datetime) -> tuple[bytes, dict[str, str]]:
    """The body of a webhook, and its header."""
    body = msgspec.json.encode(event)
    return body, {HEADER: timed_header(secret, at, body)}


def read(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> Notice:
    """A webhook whose signature holds."""
    told_at = verify_timed(headers.get(HEADER, ""), body, secrets, now)
    try:
        event = msgspec.json.decode(body, type=TestEvent)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise WebhookIsUnreadable() from None
    payment_id, operation, refund_id = (*event.key.split(":"), "", "", "")[:3]
    is_sound = (
        0 < len(event.id) <= 200
        and len(event.type) <= 100
        and len(event.transaction_id) <= 255
        and len(event.currency) <= 3
        and 0 <= event.amount <= AMOUNT_MAX
    )
    if not is_sound:
        raise WebhookIsUnreadable()
    return Notice(
        event_id=event.id,
        type=event.type,
        told_at=told_at,
        operation=operation if operation in (AUTHORIZE, CAPTURE, VOID, REFUND) else "",
        payment_id=Id(payment_id) if is_id(payment_id) else None,
        refund_id=Id(refund_id) if is_id(refund_id) else None,
        reference=event.transaction_id,
        amount=event.amount,
        currency=event.currency,
    )
