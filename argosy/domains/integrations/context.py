"""Integrations: the outside's programs, the keys that they use and the news that they are told.

The feed is a subscription of its own, and only where it is switched on: it hears every order, and a marketplace whose
sellers have no programs need not pay for that.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured

from argosy.contracts.integrations import SweepFeed
from argosy.domains.integrations.application.api_keys import ApiKeys
from argosy.domains.integrations.application.deliveries import WEBHOOK, Deliveries, WebhookRequest
from argosy.domains.integrations.application.feed import NEWS, Feed, is_feed_on
from argosy.domains.integrations.application.forgetting import Forgetting
from argosy.domains.integrations.application.ports import Ports, Randomness
from argosy.domains.integrations.application.suspensions import Suspensions
from argosy.domains.integrations.application.sweeping import Old, Retention, RetentionIsWrong, Sweeping
from argosy.domains.integrations.application.webhooks import Webhooks
from argosy.domains.integrations.domain.api_key import ApiKey
from argosy.domains.integrations.domain.feed import FeedEvent, FeedOrder, ProductOwner
from argosy.domains.integrations.domain.webhook import Delivery, Lane, Webhook
from argosy.engine.due import CallTarget, Every
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
FEED_SERVICES = (Feed, Deliveries, Sweeping)
FEED_JOBS = (Every(seconds=3_600, send=SweepFeed(), first_after=600),)


def build(work: UnitOfWork, ports: Ports) -> tuple[Any, ...]:
    """The services for one unit of work."""
    keys, webhooks = work.repository(ApiKey), work.repository(Webhook)
    return (
        ApiKeys(work, keys, ports.randomness),
        Webhooks(work, webhooks, work.repository(Delivery), work.repository(Lane), ports),
        Forgetting(work, keys, webhooks),
        Suspensions(work, webhooks),
    )


def build_feed(work: UnitOfWork, old: Old, retention: Retention) -> tuple[Any, ...]:
    """The same for the feed."""
    webhooks, deliveries, lanes = work.repository(Webhook), work.repository(Delivery), work.repository(Lane)
    order, events = work.repository(FeedOrder), work.repository(FeedEvent)
    return (
        Feed(work, order, events, work.repository(ProductOwner)),
        Deliveries(work, webhooks, deliveries, lanes),
        Sweeping(work, (order, events, deliveries, lanes), old, retention),
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
        return Participant("integrations.feed", handlers_of(FEED_SERVICES), self._build_feed, hears=(self.label,))

    def _build_feed(self, work: UnitOfWork) -> Sequence[Any]:
        from argosy.domains.integrations.adapters.outbound.queries import StoredOld

        return build_feed(work, StoredOld(), self.retention)

    @cached_property
    def retention(self) -> Retention:
        """For how long events and deliveries are kept, by setting."""
        try:
            return Retention.of(os.environ)
        except RetentionIsWrong as error:
            raise ImproperlyConfigured(str(error)) from None

    @property
    def schedule(self) -> tuple[Every, ...]:  # type: ignore[override]
        """Where there is no feed, nothing is looked for: its jobs are heard by its own subscription alone."""
        return FEED_JOBS if is_feed_on(os.environ) else ()

    @cached_property
    def participant(self) -> Participant:
        return Participant(self.label, handlers_of(self.services), self.build)

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
