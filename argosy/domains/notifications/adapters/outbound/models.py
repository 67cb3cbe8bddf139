"""Notifications' tables, filled once people are told anything."""

from __future__ import annotations

from django.db import models

from argosy.platform.fields import IdField, InstantField
from argosy.platform.tables import AggregateRow, platform_tables


class NotificationRow(AggregateRow):
    user_id = IdField(db_index=True)
    type = models.CharField(max_length=64)
    payload_json = models.JSONField()
    status = models.CharField(max_length=16)
    created_at = InstantField()
    sent_at = InstantField(null=True)

    class Meta:
        db_table = "notifications"


class NotificationChannelRow(AggregateRow):
    """`provider_info` names a provider and where its secret is kept; the secret itself is never stored."""

    type = models.CharField(max_length=16, unique=True)
    provider_info = models.JSONField()

    class Meta:
        db_table = "notification_channels"


tables = platform_tables(__name__, outbox="notifications_outbox_events")
