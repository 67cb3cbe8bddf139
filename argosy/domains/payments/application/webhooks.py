"""What is made of webhooks: a look-up at the gateway, and nothing else. Its answer counts; what was said, never."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from argosy.contracts.payments import (
    ReceiveWebhook,
    ResolveWebhook,
    ResolveWebhooks,
    WebhookReceived,
    WebhookUnmatched,
)
from argosy.contracts.payments_settling import AssignWebhook, DismissWebhook, WebhookSettled
from argosy.domains.payments.application.outgoing import verify
from argosy.domains.payments.domain.difference import wrong_reason
from argosy.domains.payments.domain.payment import (
    AUTHORIZE,
    CAPTURE,
    REFUND,
    VOID,
    VOIDED,
    NoSuchPayment,
    PaymentIntent,
)
from argosy.domains.payments.domain.refund import SUCCEEDED, Refund
from argosy.domains.payments.domain.webhook import (
    DISMISSED,
    IGNORED,
    KNOWN,
    LOOKED_UP,
    NoSuchWebhook,
    Webhook,
    WebhookIsAboutAnother,
    WebhookIsResolved,
    webhook_id,
)
from argosy.engine.reads import reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import refuse
from argosy.shared_kernel.ids import Id

OPEN_MAX = 500
"""How many open webhooks one sweep takes up; the next takes up the rest."""


class OpenWebhooks(Protocol):
    """Finds webhooks that are not resolved."""

    def __call__(self, limit: int) -> Sequence[Id]:
        """Ids of at most so many that are RECEIVED, the earliest first."""
        ...


class Webhooks:
    """Events come early, late, twice and in any order. Each is kept once, and the gateway asked once how things are."""

    def __init__(
        self,
        work: UnitOfWork,
        webhooks: Repository[Webhook],
        intents: Repository[PaymentIntent],
        refunds: Repository[Refund],
        open_webhooks: OpenWebhooks,
    ) -> None:
        self.work = work
        self.webhooks = webhooks
        self.intents = intents
        self.refunds = refunds
        self.open_webhooks = open_webhooks

    @reads(
        webhooks=lambda command: [webhook_id(command.gateway, command.event_id)],
        intents=lambda command: [command.payment_id] if command.payment_id else [],
        refunds=lambda command: [command.refund_id] if command.refund_id else [],
    )
    def receive_webhook(self, command: ReceiveWebhook) -> WebhookReceived:
        """The same event again changes nothing, whatever else it says."""
        id = webhook_id(command.gateway, command.event_id)
        known = self.webhooks.find(id)
        if known is not None:
            return WebhookReceived(webhook_id=id, is_repeat=True)
        webhook = Webhook.received(command, self.work.now)
        self.webhooks.add(webhook)
        self._resolve(webhook)
        return WebhookReceived(webhook_id=id, is_repeat=False)

    def resolve_webhooks(self, command: ResolveWebhooks) -> None:
        """Look again for what was not there yet, each by a message of its own: one that fails parks alone."""
        for id in self.open_webhooks(OPEN_MAX):
            self.work.announce(ResolveWebhook(webhook_id=id))

    @reads(webhooks=lambda command: [command.webhook_id])
    @then_reads(
        intents=lambda self, command: [one.payment_id for one in self._of(command) if one.payment_id],
        refunds=lambda self, command: [one.refund_id for one in self._of(command) if one.refund_id],
    )
    def resolve_webhook(self, command: ResolveWebhook) -> None:
        """What is about nothing that we know, for longer than a payment can be late, is for a person."""
        for webhook in self._of(command):
            if not webhook.is_open:
                continue
            self._resolve(webhook)
            if webhook.is_unmatched(self.work.now):
                webhook.suspend()
                self.work.announce(
                    WebhookUnmatched(
                        webhook_id=webhook.id,
                        gateway=webhook.gateway,
                        event_id=webhook.event_id,
                        type=webhook.type,
                        reference=webhook.reference,
                        amount=webhook.amount,
                        currency=webhook.currency,
                    )
                )

    @reads(
        webhooks=lambda command: [command.webhook_id],
        intents=lambda command: [command.payment_id],
        refunds=lambda command: [command.refund_id] if command.refund_id else [],
    )
    def assign_webhook(self, command: AssignWebhook) -> WebhookSettled:
        """It moves no payment either: what follows is the one look-up that it would have been from the beginning."""
        webhook, about = self._settled(command), (command.payment_id, command.refund_id)
        if not webhook.is_open:
            if webhook.outcome == DISMISSED or (webhook.payment_id, webhook.refund_id) != about:
                raise WebhookIsResolved(webhook_id=webhook.id)
            return _as_settled(webhook)
        if self.intents.find(command.payment_id) is None:
            raise NoSuchPayment(payment_id=command.payment_id)
        webhook.payment_id, webhook.refund_id = about
        self._resolve(webhook)
        if webhook.is_open:
            raise WebhookIsAboutAnother(webhook_id=webhook.id, gateway=webhook.gateway, operation=webhook.operation)
        webhook.settled_by, webhook.reason = self.work.actor.id, command.reason.strip()
        return _as_settled(webhook)

    @reads(webhooks=lambda command: [command.webhook_id])
    def dismiss_webhook(self, command: DismissWebhook) -> WebhookSettled:
        """No money was moved by it, and none will be."""
        webhook = self._settled(command)
        if webhook.is_open:
            webhook.resolve(DISMISSED, self.work.now)
            webhook.settled_by, webhook.reason = self.work.actor.id, command.reason.strip()
        elif webhook.outcome != DISMISSED:
            raise WebhookIsResolved(webhook_id=webhook.id)
        return _as_settled(webhook)

    def _settled(self, command: AssignWebhook | DismissWebhook) -> Webhook:
        webhook = self.webhooks.find(command.webhook_id)
        if webhook is None:
            raise NoSuchWebhook(webhook_id=command.webhook_id)
        refuse(wrong_reason(command.reason))
        return webhook

    def _resolve(self, webhook: Webhook) -> None:
        """Not yet where its payment is not there, or is another gateway's: that is nobody's to move by a webhook."""
        if not webhook.operation:
            return webhook.resolve(IGNORED, self.work.now)
        intent = self.intents.find(webhook.payment_id) if webhook.payment_id else None
        if intent is None or intent.gateway != webhook.gateway:
            return None
        refund = self.refunds.find(webhook.refund_id) if webhook.refund_id else None
        if webhook.operation == REFUND and (refund is None or refund.payment_intent_id != intent.id):
            return None
        if self._is_known(webhook, intent, refund):
            return webhook.resolve(KNOWN, self.work.now)
        verify(self.work, intent, webhook.operation, webhook.id, refund)
        return webhook.resolve(LOOKED_UP, self.work.now)

    def _is_known(self, webhook: Webhook, intent: PaymentIntent, refund: Refund | None) -> bool:
        """Whether it tells what the gateway has told us in answer to a call."""
        reference = webhook.reference
        if webhook.operation == AUTHORIZE:
            return bool(reference) and intent.authorization_reference == reference
        if webhook.operation == CAPTURE and intent.captures:
            return intent.part is None  # Of parts that nobody asked for a gateway's statement tells.
        if webhook.operation == CAPTURE:
            return intent.is_captured and intent.capture_reference == reference
        if webhook.operation == VOID:
            return intent.status == VOIDED
        return refund is not None and refund.status == SUCCEEDED

    def _of(self, command: ResolveWebhook) -> list[Webhook]:
        found = self.webhooks.find(command.webhook_id)
        return [found] if found is not None else []


def _as_settled(webhook: Webhook) -> WebhookSettled:
    return WebhookSettled(webhook_id=webhook.id, status=webhook.status, outcome=webhook.outcome)
