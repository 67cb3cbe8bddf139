"""What gateways say of their own accord: the signature before anything else, over the bytes as they came, and only then
is it kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from argosy.contracts.payments import ReceiveWebhook, WebhookReceived
from argosy.domains.payments.adapters.outbound.gateways.registry import gateways
from argosy.domains.payments.application.gateways import Notice
from argosy.domains.payments.domain.webhook import WebhookIsUnreadable
from argosy.engine.work import SYSTEM
from argosy.platform.problems import not_found
from argosy.platform.runtime import runtime
from argosy.shared_kernel.cards import holds_card_number


def receive(gateway: str, headers: Mapping[str, str], body: bytes) -> WebhookReceived:
    """Keep what a gateway says, once. SignatureDoesNotHold and WebhookIsUnreadable are for what is not kept at all."""
    reader: Any = gateways().get(gateway)
    if reader is None or getattr(reader, "read_webhook", None) is None:
        raise not_found()
    return _keep(gateway, reader.read_webhook(headers, body, runtime().clock.now()), body)


def _keep(gateway: str, notice: Notice, body: bytes) -> WebhookReceived:
    try:
        raw = body.decode()
    except UnicodeDecodeError:
        raise WebhookIsUnreadable() from None
    if "\x00" in raw or holds_card_number(raw):
        raise WebhookIsUnreadable()
    command = ReceiveWebhook(
        gateway=gateway,
        event_id=notice.event_id,
        type=notice.type,
        operation=notice.operation,
        payment_id=notice.payment_id,
        refund_id=notice.refund_id,
        reference=notice.reference,
        amount=notice.amount,
        currency=notice.currency,
        told_at=notice.told_at,
        raw=raw,
    )
    kept: WebhookReceived = runtime().outside("payments").run(command, SYSTEM)
    return kept
