"""Programs of sellers and of staff: they read the feed of events, and have some of it brought to them."""

from __future__ import annotations

from typing import Any

from argosy.contracts.integrations import ChangeWebhook, RedeliverEvent, RegisterWebhook, RotateWebhookSecret
from argosy.domains.integrations.domain.webhook import ACTIVE, FAILED, STOPPED, Delivery, Webhook
from argosy.engine.work import Actor
from argosy.shared_kernel.ids import Id
from argosy.simulation.aftersales import STAFF
from argosy.simulation.facts import Facts
from argosy.simulation.integrations import LABEL, feed_after, has_feed
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.people import Person
from argosy.simulation.receivers import STAFF as STAFF_OWNER
from argosy.simulation.receivers import TROUBLE_UNTIL, Receiver
from argosy.simulation.rush import Rush
from argosy.simulation.scheduler import DAY, HOUR, MINUTE
from argosy.simulation.shop import seller, seller_actor

PROGRAMS = (0, 3, -1)
"""Of which sellers, by their numbers; -1 are staff."""
TYPES = {
    0: ("order.paid", "order.cancelled", "order.refunded"),
    3: ("price.changed", "stock.low", "product.published", "product.unpublished", "order.confirmed"),
    -1: ("shortage.opened", "shortage.closed", "order.refunded"),
}
PAGES = (1, 7, 50)


class Program(Person):
    """One program. It remembers where it was, and who it was told of."""

    def __init__(self, place: Marketplace, facts: Facts, number: int) -> None:
        super().__init__(place, facts, f"program {number}")
        self.owner = seller(number) if number >= 0 else STAFF_OWNER
        self.actor: Actor = seller_actor(seller(number)) if number >= 0 else STAFF
        self.types = TYPES[number]
        self.url = f"https://program-{number}.example/events"
        self.is_there = has_feed(place.faults)
        self._cursor = 0

    def open(self) -> None:
        """An address is known from the first day."""
        if self.is_there:
            self.facts.read[self.owner] = []
            made: Any = self.place.webs[0].do(LABEL, RegisterWebhook(url=self.url, types=self.types), self.actor)
            self.receiver = Receiver(self.owner, self.types, made.webhook_id, [made.secret])
            self.place.receivers.by_url[self.url] = self.receiver
            self.place.scheduler.at(30 * DAY + 11 * HOUR, self.name, self.read)

    def attend(self, rush: Rush) -> None:
        if not self.is_there:
            return
        faults, at = self.place.faults, rush.at + self.random.randrange(rush.spread + MINUTE)
        if faults.strikes("programs"):
            self.place.scheduler.at(at, self.name, self.read)
        if at > TROUBLE_UNTIL:
            return
        if faults.strikes("secret changed"):
            self.place.scheduler.at(at, self.name, self._change_secret)
        self.place.scheduler.at(at + HOUR, self.name, self._look_after_it)

    # The feed.

    def read(self) -> None:
        """Page by page, to the end that there is now."""
        store, limit = self.place.store(LABEL), self.random.choice(PAGES)
        whose = "" if self.owner == STAFF_OWNER else self.owner
        self._begin_again()
        while True:
            page, self._cursor = feed_after(store, self._cursor, whose, limit)
            if not page:
                return
            self.facts.read[self.owner] += [event.id for event in page]

    def _begin_again(self) -> None:
        """Who was away for as long as the feed is kept is told where it begins now: what is gone is not read."""
        feed, swept = self.place.feed, self.place.feed.swept()
        if self._cursor < swept:
            gone = [event for event in feed.every_event() if self._cursor < event.position <= swept]
            self.facts.read[self.owner] += [event.id for event in gone if self.owner in (STAFF_OWNER, event.seller_id)]
            self._cursor = swept

    # What is brought.

    def _change_secret(self) -> None:
        """Until it is told the new one it cannot know who signs; the one before counts for a day."""
        if self.receiver.is_rotating:
            return
        self.receiver.is_rotating = True

        def told(made: Any) -> None:
            self.receiver.secrets = [*self.receiver.secrets, made.secret][-2:]
            self.receiver.is_rotating = False
            self.later(DAY + MINUTE, lambda: self._forget_old(made.secret))

        self.ask(LABEL, RotateWebhookSecret(webhook_id=Id(self.receiver.webhook_id)), self.actor, told=told)

    def _forget_old(self, secret: str) -> None:
        if not self.receiver.is_rotating:
            known = self.receiver.secrets
            self.receiver.secrets = known[known.index(secret) :] if secret in known else known

    def _look_after_it(self) -> None:
        """What was disabled is told of anew, and some of what was given up asked for once more."""
        receiver, store = self.receiver, self.place.store(LABEL)
        row: Any = store.rows[Webhook][receiver.webhook_id]
        if receiver.away_until > self.place.scheduler.time:
            return
        if row.status != ACTIVE and row.reason != STOPPED:
            receiver.is_gone = False
            command = ChangeWebhook(webhook_id=row.id, url=self.url, types=self.types)
            self.ask(LABEL, command, self.actor, told=lambda _: self._is_open())
        for delivery in store.all(Delivery):
            if (delivery.webhook_id, delivery.status) != (row.id, FAILED) or delivery.event_id in self.facts.sent_again:
                continue
            if self.place.faults.strikes("event sent again"):
                self.facts.sent_again.add(delivery.event_id)
                again = RedeliverEvent(webhook_id=row.id, delivery_id=delivery.id)
                self.later(self.random.randrange(1, MINUTE), lambda again=again: self.ask(LABEL, again, self.actor))  # type: ignore[misc]

    def _is_open(self) -> None:
        now = self.place.scheduler.time
        self.receiver.closed = [(begin, now if end is None else max(end, now)) for begin, end in self.receiver.closed]
