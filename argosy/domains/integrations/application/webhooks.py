"""Everything that can be asked about webhooks, and what becomes of what they are told."""

from __future__ import annotations

from collections.abc import Iterable

from argosy.contracts.integrations import (
    ChangeWebhook,
    RedeliverEvent,
    RegisterWebhook,
    RemoveWebhook,
    RotateWebhookSecret,
    WebhookAnswered,
    WebhookRegistered,
)
from argosy.domains.integrations.application.deliveries import call, join
from argosy.domains.integrations.application.ports import Addresses, Ports
from argosy.domains.integrations.domain.feed import STAFF_OWNER, EventFeedIsOff, type_faults
from argosy.domains.integrations.domain.webhook import (
    SECRET_BYTES,
    WEBHOOKS_MAX,
    Delivery,
    DeliveryUnderWay,
    Lane,
    NoSuchDelivery,
    NoSuchWebhook,
    TooManyWebhooks,
    UrlNotUsable,
    Webhook,
    secret_from,
)
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import Actor, Repository, UnitOfWork
from argosy.shared_kernel.errors import Invalid, refuse
from argosy.shared_kernel.ids import Id


class Webhooks:
    """Keeps addresses and secrets; notes what became of each try."""

    def __init__(
        self,
        work: UnitOfWork,
        webhooks: Repository[Webhook],
        deliveries: Repository[Delivery],
        lanes: Repository[Lane],
        ports: Ports,
    ) -> None:
        self.work = work
        self.webhooks = webhooks
        self.deliveries = deliveries
        self.lanes = lanes
        self.ports = ports

    @then_reads(webhooks=lambda self, command: [by("owner", owner_of(self.work.actor))])
    def register_webhook(self, command: RegisterWebhook) -> WebhookRegistered:
        if not self.ports.has_feed:
            raise EventFeedIsOff()
        _check(command, self.ports.addresses)
        owner = owner_of(self.work.actor)
        if len(self.webhooks.all_by("owner", owner)) >= WEBHOOKS_MAX:
            raise TooManyWebhooks(most=WEBHOOKS_MAX)
        secret = secret_from(self.ports.randomness.random_bytes(SECRET_BYTES))
        webhook = Webhook(
            id=self.work.new_id(),
            owner=owner,
            made_by=Id(self.work.actor.id),
            url=command.url,
            types=sorted(set(command.types)),
            secret=self.ports.seals.seal(secret.encode()),
            created_at=self.work.now,
        )
        self.webhooks.add(webhook)
        return WebhookRegistered(webhook_id=webhook.id, secret=secret)

    @reads(webhooks=lambda command: [command.webhook_id])
    def change_webhook(self, command: ChangeWebhook) -> None:
        webhook = self._own(command.webhook_id)
        _check(command, self.ports.addresses)
        webhook.change(command.url, command.types, Id(self.work.actor.id))

    @reads(webhooks=lambda command: [command.webhook_id])
    def rotate_webhook_secret(self, command: RotateWebhookSecret) -> WebhookRegistered:
        webhook = self._own(command.webhook_id)
        secret = secret_from(self.ports.randomness.random_bytes(SECRET_BYTES))
        webhook.rotate(self.ports.seals.seal(secret.encode()), self.work.now)
        return WebhookRegistered(webhook_id=webhook.id, secret=secret)

    @reads(webhooks=lambda command: [command.webhook_id])
    def remove_webhook(self, command: RemoveWebhook) -> None:
        """What is on its way there is given up at its next try."""
        self.webhooks.remove(self._own(command.webhook_id))

    @reads(webhooks=lambda command: [command.webhook_id], deliveries=lambda command: [command.delivery_id])
    @then_reads(lanes=lambda self, command: self._lane(command.delivery_id))
    def redeliver_event(self, command: RedeliverEvent) -> None:
        webhook = self._own(command.webhook_id)
        delivery = self.deliveries.find(command.delivery_id)
        if delivery is None or delivery.webhook_id != webhook.id:
            raise NoSuchDelivery(delivery_id=command.delivery_id)
        if delivery.is_open:
            raise DeliveryUnderWay(delivery_id=delivery.id)
        delivery.again()
        join(self.work, self.lanes, delivery)

    @reads(deliveries=lambda command: [command.delivery_id])
    @then_reads(
        webhooks=lambda self, command: self._webhook_of(command.delivery_id),
        lanes=lambda self, command: self._lane(command.delivery_id),
    )
    def note_answer(self, command: WebhookAnswered) -> None:
        """What became of a try; then it is tried again, or the next of its lane has its turn."""
        delivery = self.deliveries.find(command.delivery_id)
        if delivery is None or not delivery.is_open:
            return
        now = self.work.now
        tried = {
            "at": now.isoformat(),
            "outcome": command.outcome,
            "status": command.status,
            "detail": command.detail,
            "milliseconds": command.milliseconds,
        }
        delivery.note(command.outcome, tried, now)
        webhook = self.webhooks.find(delivery.webhook_id)
        if webhook is not None:
            webhook.note(command.outcome, now)
        if delivery.next_try_at is not None:
            call(self.work, delivery.id, delivery.lane_id, delivery.next_try_at)
            return
        lane = self.lanes.find(delivery.lane_id)
        following = lane.leave(delivery.id) if lane is not None else None
        if following is not None:
            call(self.work, following, delivery.lane_id, now)

    def _own(self, webhook_id: Id) -> Webhook:
        webhook = self.webhooks.find(webhook_id)
        if webhook is None or webhook.owner != owner_of(self.work.actor):
            raise NoSuchWebhook(webhook_id=webhook_id)
        return webhook

    def _lane(self, delivery_id: Id) -> Iterable[Id]:
        delivery = self.deliveries.find(delivery_id)
        return [] if delivery is None else [delivery.lane_id]

    def _webhook_of(self, delivery_id: Id) -> Iterable[Id]:
        delivery = self.deliveries.find(delivery_id)
        return [] if delivery is None else [delivery.webhook_id]


def owner_of(actor: Actor) -> str:
    """Whose webhooks these are: a seller's, or staff's."""
    return actor.seller_id or (STAFF_OWNER if actor.has("staff") else "nobody")


def _check(command: RegisterWebhook | ChangeWebhook, addresses: Addresses) -> None:
    faults: list[Invalid] = type_faults(command.types)
    reason = addresses.fault(command.url)
    if reason:
        faults.insert(0, UrlNotUsable(field="url", reason=reason))
    refuse(faults)
