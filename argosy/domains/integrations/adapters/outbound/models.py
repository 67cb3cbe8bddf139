"""Integrations' tables."""

from __future__ import annotations

from django.db import models

from argosy.domains.integrations.domain.api_key import NAME_MAX
from argosy.domains.integrations.domain.webhook import ACTIVE, DELIVERED, DISABLED, FAILED, HELD, PENDING, REMOVED
from argosy.platform.fields import IdField, InstantField
from argosy.platform.tables import AggregateRow, platform_tables


class ApiKeyRow(AggregateRow):
    """A key's fingerprint, and what it may do for whom. The key itself is nowhere."""

    user_id = IdField(db_index=True)
    seller_id = IdField(null=True)
    name = models.CharField(max_length=NAME_MAX)
    prefix = models.CharField(max_length=32)
    token_hash = models.CharField(max_length=64)
    scopes = models.JSONField()
    created_at = InstantField()
    expires_at = InstantField(null=True)
    revoked_at = InstantField(null=True)
    last_used_at = InstantField(null=True)

    class Meta:
        db_table = "api_keys"
        constraints = [
            models.UniqueConstraint(fields=["token_hash"], name="api_keys_one_per_key"),
            models.CheckConstraint(
                condition=models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=models.F("created_at")),
                name="api_keys_end_after_they_begin",
            ),
        ]


class FeedOrderRow(AggregateRow):
    """One row, which numbers the feed."""

    last = models.BigIntegerField(default=0)
    swept = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "feed_order"


class FeedEventRow(AggregateRow):
    """What programs are told of one thing that happened."""

    position = models.BigIntegerField()
    seller_id = IdField()
    type = models.CharField(max_length=40)
    occurred_at = InstantField()
    data = models.JSONField()

    class Meta:
        db_table = "feed_events"
        constraints = [models.UniqueConstraint(fields=["position"], name="feed_numbered_once")]
        indexes = [models.Index(fields=["seller_id", "position"], name="feed_by_seller")]


class ProductOwnerRow(AggregateRow):
    """Whose a product is."""

    seller_id = IdField()

    class Meta:
        db_table = "feed_product_owners"


class WebhookRow(AggregateRow):
    """An address where news are delivered; its secrets are sealed."""

    owner = models.CharField(max_length=36, db_index=True)
    made_by = IdField(db_index=True)
    url = models.CharField(max_length=2000)
    types = models.JSONField()
    secret = models.CharField(max_length=400)
    secret_before = models.CharField(max_length=400, default="")
    secret_changed_at = InstantField(null=True)
    status = models.CharField(max_length=8, default=ACTIVE)
    reason = models.CharField(max_length=8, default="")
    failing_since = InstantField(null=True)
    created_at = InstantField()

    class Meta:
        db_table = "webhooks"
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=(ACTIVE, DISABLED)), name="webhooks_status_known")
        ]


class DeliveryRow(AggregateRow):
    """An event on its way to a webhook, and what became of it."""

    webhook_id = IdField()
    event_id = IdField()
    lane_id = IdField()
    type = models.CharField(max_length=40)
    status = models.CharField(max_length=9)
    round_tries = models.SmallIntegerField(default=0)
    tries = models.JSONField()
    next_try_at = InstantField(null=True)
    created_at = InstantField()
    ended_at = InstantField(null=True)

    class Meta:
        db_table = "webhook_deliveries"
        constraints = [
            models.UniqueConstraint(fields=["webhook_id", "event_id"], name="deliveries_one_per_event"),
            models.CheckConstraint(
                condition=models.Q(status__in=(PENDING, DELIVERED, FAILED, HELD, REMOVED)),
                name="deliveries_status_known",
            ),
        ]
        indexes = [
            models.Index(fields=["webhook_id", "id"], name="deliveries_of_webhook"),
            models.Index(fields=["created_at"], name="deliveries_by_age"),
            models.Index(fields=["id"], condition=models.Q(status=PENDING), name="deliveries_open"),
        ]


class LaneRow(AggregateRow):
    """Open deliveries to one webhook about one thing."""

    queue = models.JSONField()

    class Meta:
        db_table = "webhook_lanes"


tables = platform_tables(__name__, outbox="integrations_outbox_events")
