"""Deliveries begin: one after the other for each thing that they are about, each a call of due work."""

from __future__ import annotations

from datetime import datetime

import msgspec

from argosy.contracts.integrations import EventTold
from argosy.domains.integrations.domain.feed import STAFF_OWNER
from argosy.domains.integrations.domain.webhook import Delivery, Lane, Webhook, lane_of
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id

WEBHOOK = "webhook"


class WebhookRequest(msgspec.Struct, frozen=True):
    """What the sender is asked: everything else it reads at the time of each try."""

    delivery_id: Id


class Deliveries:
    """Begins deliveries of what the feed tells."""

    def __init__(
        self,
        work: UnitOfWork,
        webhooks: Repository[Webhook],
        deliveries: Repository[Delivery],
        lanes: Repository[Lane],
    ) -> None:
        self.work = work
        self.webhooks = webhooks
        self.deliveries = deliveries
        self.lanes = lanes

    @reads(webhooks=lambda event: [by("owner", event.seller_id), by("owner", STAFF_OWNER)])
    @then_reads(lanes=lambda self, event: [lane_of(one.id, event.about) for one in self._listening(event)])
    def deliver(self, event: EventTold) -> None:
        """To everybody who listens, behind those about the same thing that are open."""
        for webhook in self._listening(event):
            delivery = Delivery(
                id=self.work.new_id(),
                webhook_id=webhook.id,
                event_id=event.event_id,
                lane_id=lane_of(webhook.id, event.about),
                type=event.type,
                created_at=self.work.now,
            )
            self.deliveries.add(delivery)
            join(self.work, self.lanes, delivery)

    def _listening(self, event: EventTold) -> list[Webhook]:
        found = [*self.webhooks.all_by("owner", event.seller_id), *self.webhooks.all_by("owner", STAFF_OWNER)]
        return [one for one in found if one.wants(event.type) and one.created_at <= event.occurred_at]


def join(work: UnitOfWork, lanes: Repository[Lane], delivery: Delivery) -> None:
    """Behind those of its lane that are open; the first is called at once."""
    lane = lanes.find(delivery.lane_id)
    if lane is None:
        lane = Lane(id=delivery.lane_id)
        lanes.add(lane)
    if lane.join(delivery.id):
        call(work, delivery.id, delivery.lane_id, work.now)


def call(work: UnitOfWork, delivery_id: str, lane_id: Id, at: datetime) -> None:
    """Have it tried at this time."""
    work.call(WEBHOOK, lane_id, WebhookRequest(Id(delivery_id)), at=at)
