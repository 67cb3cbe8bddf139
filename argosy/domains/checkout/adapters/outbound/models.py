"""checkout_db: sessions, their details, and what became of flows that turned round."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from argosy.platform.fields import IdField, InstantField
from argosy.platform.tables import AggregateRow, platform_tables

STATUSES = ("STARTED", "RESERVED", "PAID", "COMPLETED", "FAILED", "EXPIRED", "ABORTED")
QUOTE_STATUSES = ("PRICING", "READY", "FAILED")
OUTCOMES = ("", "UNDOING", "STUCK", "COMPLETED", "COMPENSATED")


class CheckoutSessionRow(AggregateRow):
    """One checkout. `request_key` is a name for (user_id, client_request_id): unique means one purchase for each."""

    user_id = IdField()
    cart_id = IdField()
    request_key = IdField()
    status = models.CharField(max_length=10)
    started_at = InstantField()
    completed_at = InstantField(null=True)
    deadline = InstantField(null=True)
    stage = models.SmallIntegerField()
    outcome = models.CharField(max_length=12)
    failure = models.CharField(max_length=100)
    steps = models.JSONField()
    payment_method = models.CharField(max_length=40)
    gateway = models.CharField(max_length=40)
    payment_source = models.CharField(max_length=200)
    credit_amount = models.BigIntegerField(db_default=0)
    has_coupons = models.BooleanField()
    purchase_id = IdField()
    payment_id = IdField()
    order_ids = models.JSONField()
    called_off = models.JSONField(default=list, db_default=[])
    total_amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    action_url = models.TextField()
    may_retry_payment = models.BooleanField(db_default=False)
    payment_attempt = models.SmallIntegerField(db_default=1)
    payment_failure = models.CharField(max_length=100, db_default="")
    is_guest = models.BooleanField(db_default=False)

    class Meta:
        db_table = "checkout_sessions"
        constraints = [
            models.UniqueConstraint(fields=["request_key"], name="one_checkout_per_client_request"),
            models.CheckConstraint(condition=Q(status__in=STATUSES), name="checkout_status_known"),
            models.CheckConstraint(condition=Q(outcome__in=OUTCOMES), name="checkout_outcome_known"),
            models.CheckConstraint(condition=Q(total_amount__gte=0), name="checkout_total_not_negative"),
        ]


class CheckoutDetailRow(AggregateRow):
    """What was asked for and quoted, as JSON text: read by few steps and so kept out of the session's row."""

    request = models.TextField()
    lines = models.TextField()
    discounts = models.TextField()
    charges = models.TextField()
    snapshot = models.TextField()
    snapshot_hash = models.CharField(max_length=64)

    class Meta:
        db_table = "checkout_details"


class QuoteRow(AggregateRow):
    """One quote; request, answers and snapshot are JSON text. Swept an hour after it expired."""

    buyer_id = IdField(db_index=True)
    status = models.CharField(max_length=10)
    requested_at = InstantField()
    expires_at = InstantField(db_index=True)
    deadline = InstantField(null=True)
    stage = models.SmallIntegerField()
    outcome = models.CharField(max_length=12)
    failure = models.CharField(max_length=100)
    failure_details = models.TextField()
    steps = models.JSONField()
    request = models.TextField()
    lines = models.TextField()
    discounts = models.TextField()
    uses = models.TextField()
    charges = models.TextField()
    snapshot = models.TextField()
    snapshot_hash = models.CharField(max_length=64)
    total_amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        db_table = "checkout_quotes"
        constraints = [
            models.CheckConstraint(condition=Q(status__in=QUOTE_STATUSES), name="quote_status_known"),
            models.CheckConstraint(condition=Q(total_amount__gte=0), name="quote_total_not_negative"),
        ]


class CheckoutStepRow(models.Model):
    """A step of a flow that turned round: it failed, was to be undone, or could not be."""

    id = IdField(primary_key=True)
    session_id = IdField(db_index=True)
    step_type = models.CharField(max_length=20)
    status = models.CharField(max_length=10)
    attempted_at = InstantField()

    class Meta:
        db_table = "checkout_steps"


class CheckoutFailureRow(models.Model):
    """Why a flow turned round: one row for each that did."""

    id = IdField(primary_key=True)
    session_id = IdField(db_index=True)
    reason = models.CharField(max_length=100)
    details = models.JSONField()
    failed_at = InstantField()

    class Meta:
        db_table = "checkout_failures"


tables = platform_tables(__name__, outbox="checkout_outbox_events")
