"""For how long the feed of events is kept, and what was in it, in seeds whose operator keeps one: in every second of
these what is old is swept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from random import Random

from argosy.domains.integrations.application.sweeping import OldDelivery, Retention
from argosy.domains.integrations.domain.feed import ORDER_FEED, FeedEvent, FeedOrder
from argosy.domains.integrations.domain.webhook import Delivery
from argosy.shared_kernel.ids import Id
from argosy.simulation.faults import Faults
from argosy.simulation.scheduler import DAY, microseconds
from argosy.simulation.store import SimulatedStore

KEPT = (Retention(events=10, deliveries=10), Retention(events=10, deliveries=4), Retention(events=14, deliveries=7))
FOR_GOOD = Retention(events=0, deliveries=0)


class FeedKeeping:
    """Finds what is older than it is kept, and remembers what it found: what is swept may be asked after."""

    def __init__(self, faults: Faults) -> None:
        self.store: SimulatedStore | None = None
        random = Random(f"{faults.seed}:feed swept")
        self.retention = random.choice(KEPT) if random.randrange(2) == 0 else FOR_GOOD
        self.found_at: dict[Id, int] = {}
        """When an event was first found to be old."""
        self._events: dict[Id, FeedEvent] = {}
        self._deliveries: dict[Id, Delivery] = {}

    @property
    def is_swept(self) -> bool:
        return self.store is not None and self.retention.events > 0

    # What the sweep asks.

    def events(self, until: datetime, limit: int) -> Sequence[Id]:
        live = sorted(self._store.all(FeedEvent), key=lambda event: event.position)
        found = list(takewhile(lambda event: event.occurred_at < until, live[:limit]))
        for event in found:
            self._events[event.id] = event
            self.found_at.setdefault(event.id, self._store.scheduler.time)
        return [event.id for event in found]

    def deliveries(self, until: datetime, limit: int) -> Sequence[OldDelivery]:
        ended = [row for row in self._store.all(Delivery) if row.created_at < until and not row.is_open]
        found = sorted(ended, key=lambda row: row.created_at)[:limit]
        self._deliveries.update({row.id: row for row in found})
        return [OldDelivery(row.id, row.lane_id) for row in found]

    # What is asked of it.

    def swept(self) -> int:
        """Up to which position nothing is kept any more."""
        order = self._store.rows.get(FeedOrder, {}).get(ORDER_FEED)
        return order.swept if isinstance(order, FeedOrder) else 0

    def every_event(self) -> list[FeedEvent]:
        """Also those that were swept, in the order of the feed."""
        every = {**self._events, **{event.id: event for event in self._store.all(FeedEvent)}}
        return sorted(every.values(), key=lambda event: event.position)

    def every_delivery(self) -> list[Delivery]:
        """Also those that were swept."""
        return list({**self._deliveries, **{row.id: row for row in self._store.all(Delivery)}}.values())

    def is_overdue(self, now: int) -> bool:
        """Whether something is kept that is to be swept by now."""
        first = min(self._store.all(FeedEvent), key=lambda event: event.position, default=None)
        return first is not None and microseconds(first.occurred_at) + self.retention.events * DAY < now

    @property
    def _store(self) -> SimulatedStore:
        assert self.store is not None, "there is a feed"
        return self.store
