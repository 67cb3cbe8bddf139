"""How integrations' aggregates become rows."""

from __future__ import annotations

from argosy.domains.integrations.adapters.outbound.models import (
    ApiKeyRow,
    DeliveryRow,
    FeedEventRow,
    FeedOrderRow,
    LaneRow,
    ProductOwnerRow,
    WebhookRow,
)
from argosy.domains.integrations.domain.api_key import ApiKey
from argosy.domains.integrations.domain.feed import FeedEvent, FeedOrder, ProductOwner
from argosy.domains.integrations.domain.webhook import Delivery, Lane, Webhook
from argosy.platform.rows import Rows

ROWS = (
    Rows(ApiKey, ApiKeyRow),
    Rows(FeedOrder, FeedOrderRow),
    Rows(FeedEvent, FeedEventRow),
    Rows(ProductOwner, ProductOwnerRow),
    Rows(Webhook, WebhookRow),
    Rows(Delivery, DeliveryRow),
    Rows(Lane, LaneRow),
)
