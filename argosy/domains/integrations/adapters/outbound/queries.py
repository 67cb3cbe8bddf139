"""What owners see of their keys and webhooks, whom a key stands for, and the feed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any, NamedTuple

import msgspec
from django.db.models import Q

from argosy.domains.integrations.adapters.outbound.models import (
    ApiKeyRow,
    DeliveryRow,
    FeedEventRow,
    FeedOrderRow,
    WebhookRow,
)
from argosy.domains.integrations.application.sweeping import OldDelivery
from argosy.domains.integrations.domain.api_key import SELLER, STAFF, granted_by
from argosy.domains.integrations.domain.feed import ORDER_FEED
from argosy.domains.integrations.domain.webhook import PENDING
from argosy.shared_kernel.bearer_tokens import fingerprint
from argosy.shared_kernel.ids import Id


class KeyFound(NamedTuple):
    """A key that counts: whose it is, and what it may."""

    key_id: str
    user_id: str
    seller_id: str | None
    scopes: frozenset[str]
    last_used_at: datetime | None


def key_behind(token: str, now: datetime) -> KeyFound | None:
    """The key that this token is; None for one that is unknown, revoked or expired."""
    found = (
        ApiKeyRow.objects.filter(token_hash=fingerprint(token), revoked_at=None)
        .filter(Q(expires_at=None) | Q(expires_at__gt=now))
        .values_list("id", "user_id", "seller_id", "scopes", "last_used_at")
        .first()
    )
    if found is None:
        return None
    key_id, user_id, seller_id, scopes, used = found
    return KeyFound(key_id, user_id, seller_id, granted_by(tuple(scopes)), used)


class KeyShown(msgspec.Struct, frozen=True):
    """A key as its owner sees it. `status` is ACTIVE, EXPIRED or REVOKED; `last_used_at` is right to five minutes."""

    key_id: Id
    name: str
    prefix: str
    scopes: tuple[str, ...]
    acts_as: str
    status: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


def keys_of(user_id: str, now: datetime | None = None) -> tuple[KeyShown, ...]:
    """A person's own keys, the newest first."""
    instant = now or datetime.now(UTC)
    return tuple(
        _shown(row, instant) for row in ApiKeyRow.objects.filter(user_id=user_id).order_by("-created_at", "-id")
    )


def key_of(user_id: str, key_id: str) -> KeyShown | None:
    return next((_shown(row, datetime.now(UTC)) for row in ApiKeyRow.objects.filter(id=key_id, user_id=user_id)), None)


def _shown(row: ApiKeyRow, now: datetime) -> KeyShown:
    is_over = row.expires_at is not None and row.expires_at <= now
    return KeyShown(
        key_id=Id(str(row.id)),
        name=row.name,
        prefix=row.prefix,
        scopes=tuple(row.scopes),
        acts_as=STAFF if row.seller_id is None else SELLER,
        status="REVOKED" if row.revoked_at is not None else "EXPIRED" if is_over else "ACTIVE",
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )


class FeedShown(msgspec.Struct, frozen=True):
    """One event of the feed. `data` holds what docs/how-to/integrate-a-program.md lists for its `type`."""

    id: Id
    type: str
    timestamp: datetime
    seller_id: Id
    data: dict[str, Any]


def feed_after(position: int, seller_id: str, types: tuple[str, ...], limit: int) -> tuple[list[FeedShown], int]:
    """Events behind a position, a seller's own or (empty) everybody's, and the position behind which to go on: that of
    the last one, or of the whole feed's last where there is nothing more for this asker. So the cursor of one who asks
    for what is rare does not grow old."""
    head, _ = feed_bounds()
    rows = FeedEventRow.objects.filter(position__gt=position).order_by("position")
    if seller_id:
        rows = rows.filter(seller_id=seller_id)
    if types:
        rows = rows.filter(type__in=types)
    columns = ("position", "id", "type", "occurred_at", "seller_id", "data")
    found = list(rows.values_list(*columns)[:limit])
    shown = [FeedShown(*row[1:]) for row in found]
    last = found[-1][0] if found else position
    return shown, last if len(found) == limit else max(last, head)


def feed_bounds() -> tuple[int, int]:
    """The position of the last event, and the one up to which nothing is kept any more."""
    found = FeedOrderRow.objects.filter(id=ORDER_FEED).values_list("last", "swept").first()
    return found or (0, 0)


class StoredOld:
    """What is older than it is kept."""

    def events(self, until: datetime, limit: int) -> Sequence[Id]:
        """Without a gap: the first one that is younger ends it."""
        first = FeedEventRow.objects.order_by("position").values_list("id", "occurred_at")[:limit]
        return [Id(id) for id, _ in takewhile(lambda one: one[1] < until, first)]

    def deliveries(self, until: datetime, limit: int) -> Sequence[OldDelivery]:
        found = DeliveryRow.objects.filter(created_at__lt=until).exclude(status=PENDING).order_by("created_at")
        return [OldDelivery(Id(id), Id(lane)) for id, lane in found.values_list("id", "lane_id")[:limit]]


def parcel_of(delivery_id: str) -> tuple[WebhookRow, FeedEventRow] | None:
    """Where a delivery goes, and what it tells; None where nobody wants it any more."""
    delivery = DeliveryRow.objects.filter(id=delivery_id).first()
    webhook = WebhookRow.objects.filter(id=delivery.webhook_id).first() if delivery is not None else None
    event = FeedEventRow.objects.filter(id=delivery.event_id).first() if delivery is not None else None
    return None if webhook is None or event is None else (webhook, event)


class WebhookShown(msgspec.Struct, frozen=True):
    """A webhook as its owner sees it. `status` is ACTIVE or DISABLED, and `reason` says why: `failing`, `gone`, or
    `stopped` while its seller is suspended."""

    webhook_id: Id
    url: str
    types: tuple[str, ...]
    status: str
    reason: str
    failing_since: datetime | None
    secret_changed_at: datetime | None
    created_at: datetime


class DeliveryShown(msgspec.Struct, frozen=True):
    """An event on its way: PENDING, DELIVERED, FAILED, HELD (the webhook is disabled) or REMOVED; its last tries."""

    delivery_id: Id
    event_id: Id
    type: str
    status: str
    tries: tuple[dict[str, Any], ...]
    next_try_at: datetime | None
    created_at: datetime
    ended_at: datetime | None


def webhooks_of(owner: str) -> tuple[WebhookShown, ...]:
    return tuple(map(_webhook, WebhookRow.objects.filter(owner=owner).order_by("created_at", "id")))


def webhook_of(owner: str, webhook_id: str) -> WebhookShown | None:
    return next(map(_webhook, WebhookRow.objects.filter(id=webhook_id, owner=owner)), None)


def deliveries_of(webhook_id: str, status: str, before: str | None, limit: int) -> list[DeliveryShown]:
    """The newest first."""
    rows = DeliveryRow.objects.filter(webhook_id=webhook_id).order_by("-id")
    if status:
        rows = rows.filter(status=status)
    if before:
        rows = rows.filter(id__lt=before)
    return [_delivery(row) for row in rows[:limit]]


def delivery_of(webhook_id: str, delivery_id: str) -> DeliveryShown | None:
    return next(map(_delivery, DeliveryRow.objects.filter(id=delivery_id, webhook_id=webhook_id)), None)


def _webhook(row: WebhookRow) -> WebhookShown:
    return WebhookShown(
        webhook_id=Id(str(row.id)),
        url=row.url,
        types=tuple(row.types),
        status=row.status,
        reason=row.reason,
        failing_since=row.failing_since,
        secret_changed_at=row.secret_changed_at,
        created_at=row.created_at,
    )


def _delivery(row: DeliveryRow) -> DeliveryShown:
    return DeliveryShown(
        delivery_id=Id(str(row.id)),
        event_id=Id(str(row.event_id)),
        type=row.type,
        status=row.status,
        tries=tuple(row.tries),
        next_try_at=row.next_try_at,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )
