"""Webhooks: addresses where programs are told of news, signed as Standard Webhooks says, tried for three days."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from argosy.contracts.integrations import WebhookDisabled
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import Invalid, NotFound, RuleBroken
from argosy.shared_kernel.ids import Id, named_id

SECRET_BYTES = 32
SECRET_BEGINS = "whsec_"
WEBHOOKS_MAX = 10
RETRY_SECONDS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 72_000)
"""Between tries: ten in three days."""
BOTH_SECRETS_FOR = timedelta(days=1)
FAILING_MAX = timedelta(days=5)
"""So long may everything fail before an address is given up."""
TRIES_KEPT = 20

ACTIVE, DISABLED = "ACTIVE", "DISABLED"
PENDING, DELIVERED, FAILED, HELD, REMOVED = "PENDING", "DELIVERED", "FAILED", "HELD", "REMOVED"
GONE = "GONE"
STOPPED = "stopped"
MAKER_LEFT = "maker_left"


class UrlNotUsable(Invalid):
    """News are delivered to https addresses of the public internet."""


class TooManyWebhooks(RuleBroken):
    """You have as many webhooks as you may have: remove one first."""


class NoSuchWebhook(NotFound):
    """There is no such webhook, or it is not yours."""


class NoSuchDelivery(NotFound):
    """There is no such delivery, or it is not yours."""


class DeliveryUnderWay(RuleBroken):
    """This delivery is being tried already."""


def secret_from(chance: bytes) -> str:
    assert len(chance) == SECRET_BYTES
    return SECRET_BEGINS + b64encode(chance).decode()


def signature(secret: str, event_id: str, at_seconds: int, body: bytes) -> str:
    """As Standard Webhooks 1.0 has it: HMAC-SHA256 of id, time and body."""
    key = b64decode(secret.removeprefix(SECRET_BEGINS))
    signed = f"{event_id}.{at_seconds}.".encode() + body
    return "v1," + b64encode(hmac.digest(key, signed, sha256)).decode()


@dataclass(kw_only=True, eq=False)
class Webhook(Aggregate):
    """An address of one owner: a seller, or staff, who are told of everything. `made_by` is the person or the key that
    made it, or changed it last. Secrets are sealed."""

    owner: str
    made_by: Id
    url: str
    types: list[str] = field(default_factory=list)
    secret: str
    secret_before: str = ""
    secret_changed_at: datetime | None = None
    status: str = ACTIVE
    reason: str = ""
    failing_since: datetime | None = None
    created_at: datetime

    def wants(self, type: str) -> bool:
        return self.status == ACTIVE and (not self.types or type in self.types)

    def change(self, url: str, types: tuple[str, ...], by_whom: Id) -> None:
        """From now on it is as if they had made it: where it goes is what they said."""
        self.made_by = by_whom
        self.url, self.types = url, sorted(set(types))
        self.status, self.reason, self.failing_since = ACTIVE, "", None

    def stop(self) -> None:
        """Its seller is suspended."""
        if self.status == ACTIVE:
            self.status, self.reason = DISABLED, STOPPED
            self.record(WebhookDisabled(webhook_id=self.id, owner=self.owner, reason=self.reason))

    def go_on(self) -> None:
        """Its seller is reinstated; an address that had been given up stays so."""
        if (self.status, self.reason) == (DISABLED, STOPPED):
            self.status, self.reason, self.failing_since = ACTIVE, "", None

    def leave(self) -> None:
        """Who made it works on the store no more."""
        if self.status == ACTIVE or self.reason == STOPPED:
            self.status, self.reason = DISABLED, MAKER_LEFT
            self.record(WebhookDisabled(webhook_id=self.id, owner=self.owner, reason=self.reason))

    def rotate(self, sealed: str, now: datetime) -> None:
        self.secret_before, self.secret, self.secret_changed_at = self.secret, sealed, now

    def note(self, outcome: str, now: datetime) -> None:
        """What became of a try; an address that fails for too long is given up, and told."""
        if outcome == DELIVERED:
            self.failing_since = None
        elif self.status == ACTIVE and outcome in (FAILED, GONE):
            self.failing_since = self.failing_since or now
            if outcome == GONE or now - self.failing_since >= FAILING_MAX:
                self.status, self.reason = DISABLED, "gone" if outcome == GONE else "failing"
                self.record(WebhookDisabled(webhook_id=self.id, owner=self.owner, reason=self.reason))


@dataclass(kw_only=True, eq=False)
class Delivery(Aggregate):
    """One event on its way to one webhook. `tries` are the last ones, `round_tries` counts those that failed since it
    was asked for."""

    webhook_id: Id
    event_id: Id
    lane_id: Id
    type: str
    status: str = PENDING
    round_tries: int = 0
    tries: list[dict[str, Any]] = field(default_factory=list)
    next_try_at: datetime | None = None
    created_at: datetime
    ended_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.status == PENDING

    def again(self) -> None:
        self.status, self.round_tries, self.ended_at = PENDING, 0, None

    def note(self, outcome: str, tried: dict[str, Any], now: datetime) -> None:
        """What became of a try. It goes on until it is delivered or there are no more tries."""
        self.next_try_at = None
        self.tries = [*self.tries, tried][-TRIES_KEPT:]
        if outcome == FAILED and self.round_tries < len(RETRY_SECONDS):
            self.next_try_at = now + timedelta(seconds=RETRY_SECONDS[self.round_tries])
            self.round_tries += 1
            return
        self.status = FAILED if outcome == GONE else outcome
        self.ended_at = now


@dataclass(kw_only=True, eq=False)
class Lane(Aggregate):
    """What is open for one webhook about one thing, in order: the first is being tried, the others wait behind it."""

    queue: list[str] = field(default_factory=list)

    def join(self, delivery_id: str) -> bool:
        """Whether it is the first, whose turn has come."""
        self.queue = [*self.queue, delivery_id]
        return len(self.queue) == 1

    def leave(self, delivery_id: str) -> str | None:
        """Whose turn comes next."""
        self.queue = [one for one in self.queue if one != delivery_id]
        return self.queue[0] if self.queue else None


def lane_of(webhook_id: str, about: str) -> Id:
    return named_id("lane", webhook_id, about)
