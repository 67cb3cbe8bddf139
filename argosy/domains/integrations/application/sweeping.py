"""What is old is forgotten: events of the feed, and deliveries that have ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from argosy.contracts.integrations import FeedSwept, SweepFeed
from argosy.domains.integrations.domain.feed import ORDER_FEED, FeedEvent, FeedOrder
from argosy.domains.integrations.domain.webhook import Delivery, Lane
from argosy.engine.reads import then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id

AT_ONCE_MAX = 500
"""How many of each one look takes up; where there are more, it looks again."""
EVENTS_DAYS, DELIVERIES_DAYS = "ARGOSY_FEED_DAYS", "ARGOSY_DELIVERIES_DAYS"
EVENTS_DAYS_MIN = 10
"""A delivery is tried for three days, and others of its lane wait behind it: what it tells must be there still."""


class RetentionIsWrong(Exception):
    """A setting that is no number of days, or deliveries that would outlive what they tell."""


@dataclass(frozen=True)
class Retention:
    """For how many days events, and deliveries that have ended, are kept; 0: for good."""

    events: int = 90
    deliveries: int = 30

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Retention:
        usual = cls()
        kept = cls(_days(environment, EVENTS_DAYS, usual.events), _days(environment, DELIVERIES_DAYS, usual.deliveries))
        if kept.events and kept.events < EVENTS_DAYS_MIN:
            raise RetentionIsWrong(f"{EVENTS_DAYS} is {kept.events}; it is at least {EVENTS_DAYS_MIN}, or 0 for good")
        if kept.events and not 0 < kept.deliveries <= kept.events:
            raise RetentionIsWrong(
                f"{DELIVERIES_DAYS} is {kept.deliveries or 'for good'}; deliveries are kept no longer than the events "
                f"that they tell, {kept.events} days by {EVENTS_DAYS}"
            )
        return kept


def _days(environment: Mapping[str, str], name: str, usual: int) -> int:
    text = environment.get(name, "") or str(usual)
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise RetentionIsWrong(f"{name} is {text!r}; it is a whole number of days, or 0 for good")
    return int(text)


class OldDelivery(NamedTuple):
    """One that has ended, and the lane in which it was."""

    id: Id
    lane_id: Id


class Old(Protocol):
    """Finds what is older than it is kept."""

    def events(self, until: datetime, limit: int) -> Sequence[Id]:
        """Those with which the feed begins, in order, as long as they happened before then."""
        ...

    def deliveries(self, until: datetime, limit: int) -> Sequence[OldDelivery]:
        """Those that have ended, of all that began before then; the oldest first."""
        ...


class Sweeping:
    """Forgets, a bounded part at a time."""

    def __init__(
        self,
        work: UnitOfWork,
        repositories: tuple[Repository[FeedOrder], Repository[FeedEvent], Repository[Delivery], Repository[Lane]],
        old: Old,
        retention: Retention,
    ) -> None:
        self.work = work
        self.order, self.events, self.deliveries, self.lanes = repositories
        self.old = old
        self.retention = retention
        self._old_events: Sequence[Id] | None = None
        self._old_deliveries: Sequence[OldDelivery] | None = None

    @then_reads(
        order=lambda self, command: [ORDER_FEED],
        events=lambda self, command: self._events(),
        deliveries=lambda self, command: [one.id for one in self._deliveries()],
        lanes=lambda self, command: [one.lane_id for one in self._deliveries()],
    )
    def sweep_feed(self, command: SweepFeed) -> None:
        """From the oldest on. A cursor that points before what is gone is told where the feed begins."""
        order = self.order.find(ORDER_FEED)
        events = [event for event in map(self.events.find, self._events()) if event is not None]
        ended = [(self.deliveries.find(one.id), self.lanes.find(one.lane_id)) for one in self._deliveries()]
        if order is None or not (events or ended):
            return
        for event in events:
            order.swept = max(order.swept, event.position)
            self.events.remove(event)
        for delivery, lane in ended:
            if delivery is not None and not delivery.is_open:
                self.deliveries.remove(delivery)
            if lane is not None and not lane.queue:
                self.lanes.remove(lane)
        self.work.announce(FeedSwept(job=command.job, events=len(events), deliveries=len(ended), up_to=order.swept))
        if AT_ONCE_MAX in (len(events), len(ended)):
            self.work.announce(command)

    # Looked up once per unit of work.

    def _events(self) -> Sequence[Id]:
        if self._old_events is None:
            days = self.retention.events
            self._old_events = self.old.events(self._before(days), AT_ONCE_MAX) if days else ()
        return self._old_events

    def _deliveries(self) -> Sequence[OldDelivery]:
        if self._old_deliveries is None:
            days = self.retention.deliveries
            self._old_deliveries = self.old.deliveries(self._before(days), AT_ONCE_MAX) if days else ()
        return self._old_deliveries

    def _before(self, days: int) -> datetime:
        return self.work.now - timedelta(days=days)
