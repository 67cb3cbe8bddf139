"""Integrations played alone: ports that do nothing outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from argosy.domains.integrations.application.ports import Ports
from argosy.domains.integrations.application.sweeping import OldDelivery, Retention
from argosy.domains.integrations.context import build_feed
from argosy.domains.integrations.domain.feed import FeedEvent
from argosy.domains.integrations.domain.webhook import Delivery
from argosy.engine.work import UnitOfWork
from argosy.shared_kernel.ids import Id


class Counting:
    """Chance that counts, so that a test knows what comes."""

    def __init__(self) -> None:
        self.count = 0

    def random_bytes(self, count: int) -> bytes:
        self.count += 1
        return self.count.to_bytes(count, "big")


class Sealing:
    def seal(self, secret: bytes) -> str:
        return f"sealed {secret[::-1].decode()}"


class Addresses:
    def fault(self, url: str) -> str:
        return "" if url.startswith("https://") else "scheme_not_allowed"


def ports(*, has_feed: bool = True) -> Ports:
    return Ports(Counting(), Sealing(), Addresses(), has_feed)


class Old:
    """What is old of a stage's rows, by looking through all of them."""

    def __init__(self) -> None:
        self.stage: Any = None

    def events(self, until: datetime, limit: int) -> Sequence[Id]:
        found = sorted(self.stage.all(FeedEvent), key=lambda event: event.position)[:limit]
        return [event.id for event in found if event.occurred_at < until]

    def deliveries(self, until: datetime, limit: int) -> Sequence[OldDelivery]:
        found = sorted(self.stage.all(Delivery), key=lambda one: one.created_at)
        return [OldDelivery(one.id, one.lane_id) for one in found if one.created_at < until and not one.is_open][:limit]


def feed_services(work: UnitOfWork) -> Sequence[Any]:
    """The feed's, where nothing is ever old."""
    return build_feed(work, Old(), Retention())
