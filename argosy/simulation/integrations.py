"""The integrations context over a simulated database, in seeds whose operator keeps a feed of events."""

from __future__ import annotations

from random import Random
from typing import Any

from argosy.domains.integrations.adapters.outbound.gateways.webhooks import Sender, Times
from argosy.domains.integrations.application.deliveries import WEBHOOK, WebhookRequest
from argosy.domains.integrations.application.ports import Ports
from argosy.domains.integrations.context import FEED_JOBS, FEED_SERVICES, SERVICES, build, build_feed
from argosy.domains.integrations.domain.feed import FeedEvent
from argosy.domains.integrations.domain.webhook import Delivery, Webhook
from argosy.engine.due import CallTarget
from argosy.engine.participant import Participant, handlers_of
from argosy.engine.people import people_of
from argosy.simulation.contexts import CountedBytes, Part, PlainSeals, Unique
from argosy.simulation.faults import Faults
from argosy.simulation.feed_keeping import FeedKeeping
from argosy.simulation.receivers import Receivers
from argosy.simulation.scheduler import Scheduler, moment
from argosy.simulation.store import SimulatedStore

LABEL = "integrations"
ONE_IN = 3
"""In so many seeds: the feed hears every order, which is a tenth of all that a seed does."""
UNIQUE: tuple[Unique, ...] = ((FeedEvent, ("position",)), (Delivery, ("webhook_id", "event_id")))


def has_feed(faults: Faults) -> bool:
    return bool(faults.rates["programs"]) and Random(f"{faults.seed}:feed").randrange(ONE_IN) == 0


def integrations_of(
    scheduler: Scheduler, faults: Faults, receivers: Receivers, keeping: FeedKeeping
) -> dict[str, Part]:
    """Nothing where there is no feed."""
    if not has_feed(faults):
        return {}
    keeping.store = store = SimulatedStore(LABEL, UNIQUE, scheduler, faults)
    times = Times(lambda: moment(scheduler.time), lambda: 0.0)
    sender = Sender(receivers, PlainSeals(), lambda id: _parcel(store, id), times)
    ports = Ports(CountedBytes(), PlainSeals(), receivers, has_feed=True)

    participant = Participant(LABEL, handlers_of(SERVICES), lambda work: build(work, ports))
    feed = Participant(
        f"{LABEL}.feed",
        handlers_of(FEED_SERVICES),
        lambda work: build_feed(work, keeping, keeping.retention),
        hears=(LABEL,),
    )
    calls = {WEBHOOK: CallTarget(WebhookRequest, sender.send, seconds=20)}
    schedule = FEED_JOBS if keeping.is_swept else ()
    return {LABEL: Part(LABEL, participant, store, schedule, calls, people_of(LABEL), (feed,))}


def _parcel(store: SimulatedStore, delivery_id: str) -> tuple[Any, Any] | None:
    delivery: Any = store.rows.get(Delivery, {}).get(delivery_id)
    webhook = store.rows.get(Webhook, {}).get(delivery.webhook_id) if delivery is not None else None
    event = store.rows[FeedEvent].get(delivery.event_id) if delivery is not None else None
    return None if webhook is None or event is None else (webhook, event)


def feed_after(store: SimulatedStore, position: int, seller_id: str, limit: int) -> tuple[list[FeedEvent], int]:
    """Events behind a position, a seller's own or (empty) everybody's, and the position of the last one."""
    behind = [event for event in store.all(FeedEvent) if event.position > position]
    found = sorted([event for event in behind if seller_id in ("", event.seller_id)], key=lambda event: event.position)
    return found[:limit], found[:limit][-1].position if found else position
