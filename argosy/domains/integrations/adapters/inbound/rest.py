"""Integrations over HTTP: keys, the feed of events, webhooks and their deliveries."""

from __future__ import annotations

import os
from typing import Annotated, Literal

import msgspec

from argosy.contracts.integrations import (
    ApiKeyMade,
    ChangeWebhook,
    CreateApiKey,
    RedeliverEvent,
    RegisterWebhook,
    RemoveWebhook,
    RevokeApiKey,
    RotateWebhookSecret,
    WebhookRegistered,
)
from argosy.domains.integrations.adapters.outbound.queries import (
    DeliveryShown,
    FeedShown,
    KeyShown,
    WebhookShown,
    deliveries_of,
    delivery_of,
    feed_after,
    feed_bounds,
    key_of,
    keys_of,
    webhook_of,
    webhooks_of,
)
from argosy.domains.integrations.application.feed import NEWS, is_feed_on
from argosy.domains.integrations.application.webhooks import owner_of
from argosy.domains.integrations.domain.api_key import NoSuchKey
from argosy.domains.integrations.domain.feed import EventFeedIsOff, type_faults
from argosy.domains.integrations.domain.webhook import NoSuchDelivery, NoSuchWebhook
from argosy.platform.auth import merchant
from argosy.platform.bodies import IdText
from argosy.platform.owned import Owned, buyer_asking, seller_asking
from argosy.platform.pages import Cursor, Limit, Page, PageQuery, cursor, page
from argosy.platform.problems import Problem
from argosy.platform.rest import Asked, Document, delete, document, get, post, put
from argosy.shared_kernel.errors import refuse


def my_api_keys(asked: Asked) -> Page:
    """Your keys, the newest first."""
    return Page(items=keys_of(asked.actor.id), next=None)


def my_api_key(asked: Asked) -> KeyShown | None:
    """One of your keys."""
    return key_of(asked.actor.id, asked["key_id"])


class FeedQuery(PageQuery, kw_only=True, frozen=True):
    """`after` is the `cursor` of the page before; without it the feed begins at its beginning. `types` are separated by
    commas; empty: all."""

    after: Cursor = ""
    limit: Limit = 100
    types: Annotated[str, msgspec.Meta(max_length=1_000)] = ""


class FeedPage(msgspec.Struct, frozen=True):
    """Events in their order, and the cursor behind them, from which to go on: it is good for as long as the operator
    keeps what comes behind it."""

    events: tuple[FeedShown, ...]
    cursor: str


def events(asked: Asked) -> Document:
    """What happened, in order: your store's own, for staff everybody's. Ask again behind the cursor; with
    `Prefer: wait=30` an empty page waits for what comes. A cursor that points before what is kept is answered 410
    `cursor_too_old`, with `start_again_at`."""
    if not is_feed_on(os.environ):
        raise EventFeedIsOff()
    query: FeedQuery = asked.query
    types = tuple(filter(None, query.types.split(",")))
    refuse(type_faults(types))
    after = query.position(tuple[_Position])[0] if query.after else 0
    if query.after and after < (swept := feed_bounds()[1]):
        raise Problem(
            410,
            "cursor_too_old",
            "Events behind this cursor are no longer kept. Read what you may have missed from the API itself, and go "
            "on from `start_again_at`.",
            extra={"start_again_at": cursor(swept)},
        )
    found, last = feed_after(after, asked.actor.seller_id, types, query.limit)
    shown = document(FeedPage(tuple(found), cursor(last)))
    return shown._replace(is_settled=bool(found), is_final=bool(found))


def my_webhooks(asked: Asked) -> Page:
    """Your webhooks."""
    return Page(items=webhooks_of(owner_of(asked.actor)), next=None)


def my_webhook(asked: Asked) -> WebhookShown | None:
    """One of your webhooks."""
    return webhook_of(owner_of(asked.actor), asked["webhook_id"])


class DeliveriesQuery(PageQuery, kw_only=True, frozen=True):
    """`status`: only deliveries that stand so."""

    status: Literal["", "PENDING", "DELIVERED", "FAILED", "HELD", "REMOVED"] = ""


def webhook_deliveries(asked: Asked) -> Page | None:
    """What was delivered to one of your webhooks and what was not, the newest first."""
    webhook_id = asked["webhook_id"]
    if webhook_of(owner_of(asked.actor), webhook_id) is None:
        return None
    query: DeliveriesQuery = asked.query
    before = query.position(tuple[IdText])[0] if query.after else None
    found = deliveries_of(webhook_id, query.status, before, query.limit + 1)
    last = found[: query.limit][-1].delivery_id if found else ""
    return page(found, query, f"/api/v1/webhooks/{webhook_id}/deliveries", cursor(last), status=query.status)


def webhook_delivery(asked: Asked) -> DeliveryShown | None:
    """One delivery with its tries."""
    if webhook_of(owner_of(asked.actor), asked["webhook_id"]) is None:
        return None
    return delivery_of(asked["webhook_id"], asked["delivery_id"])


_Position = Annotated[int, msgspec.Meta(ge=0, le=2**62)]

OWN_KEY = (Owned("api_keys", "key_id", {"user_id": buyer_asking}, NoSuchKey),)
OWN = (Owned("webhooks", "webhook_id", {"owner": seller_asking}, NoSuchWebhook),)
OWN_DELIVERY = (
    *OWN,
    Owned("webhook_deliveries", "delivery_id", {"webhook_id": lambda asked: asked["webhook_id"]}, NoSuchDelivery),
)

endpoints = [
    # Its answer holds the key, which is never stored: so it takes no Idempotency-Key.
    post(
        "api-keys",
        CreateApiKey,
        allow=merchant,
        status=201,
        answers=ApiKeyMade,
        location="api-keys/{key_id}",
        takes_key=False,
    ),
    get("api-keys", my_api_keys, allow=merchant, answers=Page),
    get("api-keys/{key_id}", my_api_key, allow=merchant, answers=KeyShown),
    delete("api-keys/{key_id}", RevokeApiKey, allow=merchant, takes_key=False, owned=OWN_KEY),
    get("events", events, allow=merchant, parameters=FeedQuery, answers=FeedPage, watches=NEWS, area="events"),
    # The same: secrets are told once.
    post(
        "webhooks",
        RegisterWebhook,
        allow=merchant,
        status=201,
        answers=WebhookRegistered,
        location="webhooks/{webhook_id}",
        takes_key=False,
        area="webhooks",
    ),
    get("webhooks", my_webhooks, allow=merchant, answers=Page, area="webhooks"),
    get("webhooks/{webhook_id}", my_webhook, allow=merchant, answers=WebhookShown, area="webhooks"),
    put("webhooks/{webhook_id}", ChangeWebhook, allow=merchant, takes_key=False, area="webhooks", owned=OWN),
    delete("webhooks/{webhook_id}", RemoveWebhook, allow=merchant, takes_key=False, area="webhooks", owned=OWN),
    post(
        "webhooks/{webhook_id}/secret",
        RotateWebhookSecret,
        allow=merchant,
        owned=OWN,
        answers=WebhookRegistered,
        takes_key=False,
        area="webhooks",
    ),
    get(
        "webhooks/{webhook_id}/deliveries",
        webhook_deliveries,
        allow=merchant,
        parameters=DeliveriesQuery,
        answers=Page,
        area="webhooks",
    ),
    get(
        "webhooks/{webhook_id}/deliveries/{delivery_id}",
        webhook_delivery,
        allow=merchant,
        answers=DeliveryShown,
        area="webhooks",
    ),
    post(
        "webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
        RedeliverEvent,
        allow=merchant,
        area="webhooks",
        owned=OWN_DELIVERY,
    ),
]
