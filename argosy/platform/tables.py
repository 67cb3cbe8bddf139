"""The engine's own tables, the same in every context's database: log, its archived segments, due work, cursors, parked,
keys, leases, subscriptions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.db import models

from argosy.platform.fields import IdField, InstantField, XidField


class AggregateRow(models.Model):
    """What every aggregate's row has: its id, the count of its writes and of its events."""

    id = IdField(primary_key=True)
    version = models.BigIntegerField()
    sequence = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class OutboxRow(models.Model):
    """The log of a context. `id` and `xid` are the position, `event_type` the wire name, `aggregate_id` the key."""

    id = models.BigAutoField(primary_key=True)
    xid = XidField(editable=False)
    epoch = models.IntegerField(default=1)
    message_id = IdField()
    aggregate_id = models.CharField(max_length=100)
    event_type = models.CharField(max_length=100)
    schema_version = models.SmallIntegerField(default=1)
    lane = models.SmallIntegerField()
    sequence = models.BigIntegerField(default=0)
    payload = models.JSONField()
    correlation_id = models.CharField(max_length=100)
    cause_id = models.CharField(max_length=200)
    subject = models.CharField(max_length=36, default="")
    created_at = InstantField()
    published_at = InstantField(null=True)

    class Meta:
        abstract = True


class DueRow(models.Model):
    """Due work: timers and calls, written with the state that they belong to."""

    id = models.CharField(primary_key=True, max_length=200)
    kind = models.CharField(max_length=8)
    name = models.CharField(max_length=100)
    key = models.CharField(max_length=100)
    due_at = InstantField(db_index=True)
    payload = models.TextField()
    correlation_id = models.CharField(max_length=100)
    cause_id = models.CharField(max_length=200)
    version = models.SmallIntegerField(default=1)
    attempts = models.IntegerField(default=0)
    lease_until = InstantField(null=True)
    token = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class CursorRow(models.Model):
    """How far a subscription has read one lane of a source, and the furthest that it ever got."""

    id = models.BigAutoField(primary_key=True)
    subscription = models.CharField(max_length=100)
    source = models.CharField(max_length=50)
    lane = models.SmallIntegerField()
    epoch = models.IntegerField()
    xid = models.BigIntegerField()
    position = models.BigIntegerField()
    high_epoch = models.IntegerField()
    high_xid = models.BigIntegerField()
    high_position = models.BigIntegerField()

    class Meta:
        abstract = True


class ParkedRow(models.Model):
    """Messages that failed alone, and those that wait behind them."""

    id = models.BigAutoField(primary_key=True)
    subscription = models.CharField(max_length=100)
    source = models.CharField(max_length=50)
    epoch = models.IntegerField()
    xid = models.BigIntegerField()
    position = models.BigIntegerField()
    key = models.CharField(max_length=100)
    record = models.TextField()
    tries = models.IntegerField()
    next_try = InstantField()
    error = models.TextField()

    class Meta:
        abstract = True


class IdempotencyKeyRow(models.Model):
    """Stored answers to keyed commands from outside."""

    id = models.BigAutoField(primary_key=True)
    actor = models.CharField(max_length=64)
    route = models.CharField(max_length=200)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.SmallIntegerField()
    answer = models.TextField()
    created_at = InstantField(db_index=True)

    class Meta:
        abstract = True


class EpochRow(models.Model):
    """Each life of this log: raised when the database is restored, moved or fails over."""

    epoch = models.IntegerField(primary_key=True)
    first_id = models.BigIntegerField()
    system = models.CharField(max_length=100)

    class Meta:
        abstract = True


class SegmentRow(models.Model):
    """An archived segment of this log: which records its file holds, and what its bytes must be."""

    id = models.BigAutoField(primary_key=True)
    first_epoch = models.IntegerField()
    first_xid = models.BigIntegerField()
    first_id = models.BigIntegerField()
    last_epoch = models.IntegerField()
    last_xid = models.BigIntegerField()
    last_id = models.BigIntegerField()
    record_count = models.IntegerField()
    wire_names = models.JSONField()
    has_subjects = models.BooleanField()
    digest = models.CharField(max_length=64)
    revision = models.IntegerField(default=1)

    class Meta:
        abstract = True


class LeaseRow(models.Model):
    """Who works off a subscription; the token only grows and fences the holder before."""

    name = models.CharField(primary_key=True, max_length=100)
    holder = models.CharField(max_length=100)
    token = models.BigIntegerField()
    expires_at = InstantField()

    class Meta:
        abstract = True


class SubscriptionRow(models.Model):
    """Which messages a subscription handles, and in which versions, as the newest worker of it knew."""

    name = models.CharField(primary_key=True, max_length=100)
    wire_names = models.JSONField()

    class Meta:
        abstract = True


def platform_tables(module: str, *, outbox: str = "") -> SimpleNamespace:
    """Declare the engine's tables in the app of `module`, the log as `outbox`, the rest as `<its prefix>_due` and so
    on. A database of views tells nothing and has no log."""
    prefix = outbox.removesuffix("_outbox_events") or "search"

    def table(base: type[models.Model], name: str, *parts: models.BaseConstraint | models.Index) -> Any:
        indexes = [part for part in parts if isinstance(part, models.Index)]
        constraints = [part for part in parts if isinstance(part, models.BaseConstraint)]
        meta = type("Meta", (), {"db_table": name, "constraints": constraints, "indexes": indexes})
        return type(base.__name__, (base,), {"__module__": module, "Meta": meta})

    return SimpleNamespace(
        outbox=table(OutboxRow, outbox) if outbox else None,
        due=table(
            DueRow,
            f"{prefix}_due",
            models.Index(fields=["key"], condition=models.Q(kind="call"), name=f"{prefix}_calls_by_key"),
        ),
        cursors=table(
            CursorRow,
            f"{prefix}_cursors",
            models.UniqueConstraint(fields=["subscription", "source", "lane"], name=f"{prefix}_one_cursor_per_lane"),
        ),
        parked=table(
            ParkedRow,
            f"{prefix}_parked",
            models.UniqueConstraint(
                fields=["subscription", "source", "epoch", "xid", "position"], name=f"{prefix}_parked_once"
            ),
        ),
        keys=table(
            IdempotencyKeyRow,
            f"{prefix}_idempotency_keys",
            models.UniqueConstraint(fields=["actor", "route", "key"], name=f"{prefix}_one_answer_per_key"),
        ),
        epochs=table(EpochRow, f"{prefix}_log_epochs"),
        segments=table(
            SegmentRow,
            f"{prefix}_log_segments",
            models.UniqueConstraint(
                fields=["last_epoch", "last_xid", "last_id"], name=f"{prefix}_one_segment_per_place"
            ),
        )
        if outbox
        else None,
        leases=table(LeaseRow, f"{prefix}_leases"),
        subscriptions=table(SubscriptionRow, f"{prefix}_subscriptions"),
    )
