"""Integrations: the outside's programs, the keys that they use and the news that they are told.

The feed is a subscription of its own, and only where it is switched on: it hears every order, and a marketplace whose
sellers have no programs need not pay for that.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from argosy.domains.integrations.application.api_keys import ApiKeys
from argosy.domains.integrations.application.deliveries import WEBHOOK, Deliveries, WebhookRequest
from argosy.domains.integrations.application.feed import NEWS, Feed, is_feed_on
from argosy.domains.integrations.application.forgetting import Forgetting
from argosy.domains.integrations.application.ports import Ports, Randomness
from argosy.domains.integrations.application.suspensions import Suspensions
from argosy.domains.integrations.application.webhooks import Webhooks
from argosy.domains.integrations.domain.api_key import ApiKey
from argosy.domains.integrations.domain.feed import FeedEvent, FeedOrder, ProductOwner
from argosy.domains.integrations.domain.webhook import Delivery, Lane, Webhook
from argosy.engine.due import CallTarget
from argosy.engine.participant import Participant, handlers_of
from argosy.engine.store import Changes
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context, Subscription
from argosy.platform.randomness import SystemRandomness
from argosy.platform.rows import Rows

if TYPE_CHECKING:
    from argosy.domains.integrations.adapters.outbound.gateways.webhooks import PublicNetwork
    from argosy.platform.runtime import Runtime

SERVICES = (ApiKeys, Webhooks, Forgetting, Suspensions)
FEED_SERVICES = (Feed, Deliveries)


def build(work: UnitOfWork, ports: Ports) -> tuple[Any, ...]:
    """The services for one unit of work."""
    keys, webhooks = work.repository(ApiKey), work.repository(Webhook)
    return (
        ApiKeys(work, keys, ports.randomness),
        Webhooks(work, webhooks, work.repository(Delivery), work.repository(Lane), ports),
        Forgetting(work, keys, webhooks),
        Suspensions(work, webhooks),
    )


def build_feed(work: UnitOfWork) -> tuple[Any, ...]:
    """The same for the feed."""
    webhooks, deliveries, lanes = work.repository(Webhook), work.repository(Delivery), work.repository(Lane)
    return (
        Feed(work, work.repository(FeedOrder), work.repository(FeedEvent), work.repository(ProductOwner)),
        Deliveries(work, webhooks, deliveries, lanes),
    )


class IntegrationsContext(Context):
    name = "argosy.domains.integrations.adapters.outbound"
    label = "integrations"
    database = "integrations_db"
    criticality = "medium"
    services = SERVICES
    randomness: Randomness = SystemRandomness()

    def build(self, work: UnitOfWork) -> Sequence[Any]:
        return build(work, self._ports)

    @cached_property
    def feed(self) -> Participant:
        return Participant("integrations.feed", handlers_of(FEED_SERVICES), build_feed)

    @property
    def by_setting(self) -> Sequence[Participant]:
        return (self.feed,)

    def subscriptions(self, runtime: Runtime) -> Sequence[Subscription]:
        own = super().subscriptions(runtime)
        if not is_feed_on(os.environ):
            return own
        return (*own, Subscription(self.feed.name, self.feed, runtime.stores[self.label]))

    def rows(self) -> Sequence[Rows]:
        from argosy.domains.integrations.adapters.outbound.repositories import ROWS

        return ROWS

    def calls(self) -> Mapping[str, CallTarget]:
        if not is_feed_on(os.environ):
            return {}
        from argosy.domains.integrations.adapters.outbound.gateways.webhooks import Sender
        from argosy.domains.integrations.adapters.outbound.queries import parcel_of
        from argosy.platform.seals import SecretSeals

        sender = Sender(self._network(), SecretSeals(), parcel_of)
        return {WEBHOOK: CallTarget(WebhookRequest, sender.send, seconds=20)}

    def withdraws(self, changes: Changes) -> bool:
        """A key that was revoked or forgotten; that one was used takes nothing away."""
        ended = any(
            key.__dict__["revoked_at"] != original["revoked_at"] for key, original in changes.updates.get(ApiKey, ())
        )
        return ended or ApiKey in changes.deletes

    def news(self, changes: Changes) -> set[str]:
        """That the feed has grown, for those who wait for it."""
        return {NEWS} if FeedEvent in changes.inserts else set()

    @property
    def _ports(self) -> Ports:
        from argosy.platform.seals import SecretSeals

        return Ports(self.randomness, SecretSeals(), self._network(), is_feed_on(os.environ))

    @staticmethod
    def _network() -> PublicNetwork:
        from argosy.domains.integrations.adapters.outbound.gateways.webhooks import PLAIN_SETTING, PublicNetwork
        from argosy.platform.outbound import Outbound

        schemes = ("https", "http") if os.environ.get(PLAIN_SETTING, "no") == "yes" else ("https",)
        return PublicNetwork(Outbound.of(os.environ), schemes)
