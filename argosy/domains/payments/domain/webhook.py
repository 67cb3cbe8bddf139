"""Webhooks: what a gateway said of its own accord, kept as it came once its signature held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from argosy.contracts.payments import ReceiveWebhook
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import Invalid, NotFound, RuleBroken
from argosy.shared_kernel.ids import Id, named_id

RECEIVED, RESOLVED, SUSPENDED = "RECEIVED", "RESOLVED", "SUSPENDED"
WEBHOOK_STATUSES = (RECEIVED, RESOLVED, SUSPENDED)

WEBHOOK_MOVES: dict[str, tuple[str, ...]] = {RECEIVED: (RESOLVED, SUSPENDED), SUSPENDED: (RESOLVED,), RESOLVED: ()}
"""SUSPENDED: nobody knows what it is about, after UNMATCHED_SECONDS; a person was told. RESOLVED is final."""

UNMATCHED_SECONDS = 1_800
"""How long a webhook may be ahead of the payment that it is about."""
RAW_LETTERS_MAX = 262_144

LOOKED_UP, KNOWN, IGNORED, DISMISSED = "looked_up", "known", "ignored", "dismissed"
"""What came of it: the gateway was asked, we knew already, it tells of nothing that concerns payments, or staff said
that it is about nothing of ours."""


class WebhookIsUnreadable(Invalid):
    """The signature holds, but what was signed is no event that we know how to read."""


class NoSuchWebhook(NotFound):
    """There is no such webhook."""


class WebhookIsResolved(RuleBroken):
    """Something came of it already; nothing else will."""


class WebhookIsAboutAnother(RuleBroken):
    """It is of another gateway than this payment, or of a refund that this payment does not have."""


@dataclass(kw_only=True, eq=False)
class Webhook(Aggregate):
    """One event of one gateway; its id names (gateway, event), so that it has one effect however often it comes."""

    gateway: str
    event_id: str
    type: str
    operation: str
    payment_id: Id | None
    refund_id: Id | None
    reference: str
    amount: int
    currency: str
    raw: str
    status: str = RECEIVED
    outcome: str = ""
    told_at: datetime
    received_at: datetime
    resolved_at: datetime | None = None
    settled_by: str = ""
    """Who said what it is about, or that it is about nothing of ours; and why."""
    reason: str = ""

    @classmethod
    def received(cls, command: ReceiveWebhook, now: datetime) -> Webhook:
        return cls(
            id=webhook_id(command.gateway, command.event_id),
            gateway=command.gateway,
            event_id=command.event_id,
            type=command.type,
            operation=command.operation,
            payment_id=command.payment_id,
            refund_id=command.refund_id,
            reference=command.reference,
            amount=command.amount,
            currency=command.currency,
            raw=command.raw,
            told_at=command.told_at,
            received_at=now,
        )

    @property
    def is_open(self) -> bool:
        return self.status != RESOLVED

    def is_unmatched(self, now: datetime) -> bool:
        """Whether what it is about should have been here by now."""
        return self.status == RECEIVED and now - self.received_at >= timedelta(seconds=UNMATCHED_SECONDS)

    def resolve(self, outcome: str, now: datetime) -> None:
        self._move(RESOLVED)
        self.outcome, self.resolved_at = outcome, now

    def suspend(self) -> None:
        self._move(SUSPENDED)

    def _move(self, status: str) -> None:
        assert status in WEBHOOK_MOVES[self.status], f"a webhook goes nowhere from {self.status} to {status}"
        self.status = status


def webhook_id(gateway: str, event_id: str) -> Id:
    return named_id("webhook", gateway, event_id)
