"""Integrations' tables."""

from __future__ import annotations

from django.db import models

from argosy.domains.integrations.domain.api_key import NAME_MAX
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


tables = platform_tables(__name__, outbox="integrations_outbox_events")
