"""Shipping's tables. Parcels, their events and carriers are filled once goods leave."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from argosy.platform.fields import IdField, InstantField
from argosy.platform.tables import AggregateRow, platform_tables


class ShippingRateRow(AggregateRow):
    """A row without a method is no template: its `policy` holds for all methods of its seller."""

    seller_id = IdField()
    method = models.CharField(max_length=32)
    currency = models.CharField(max_length=3)
    base_amount = models.BigIntegerField()
    item_amount = models.BigIntegerField()
    countries = models.JSONField()
    free_from_amount = models.BigIntegerField()
    days_min = models.IntegerField()
    days_max = models.IntegerField()
    label = models.CharField(max_length=100, default="", db_default="")
    zones = models.JSONField(default=list, db_default=[])
    bands = models.JSONField(default=list, db_default=[])
    extra_grams = models.BigIntegerField(default=0, db_default=0)
    extra_amount = models.BigIntegerField(default=0, db_default=0)
    volumetric_divisor = models.IntegerField(default=0, db_default=0)
    restrictions = models.JSONField(default=list, db_default=[])
    is_offered = models.BooleanField(default=True, db_default=True)
    is_ended = models.BooleanField(default=False, db_default=False)
    policy = models.JSONField(default=dict, db_default={})

    class Meta:
        db_table = "shipping_rates"
        constraints = [
            models.UniqueConstraint(fields=["seller_id", "method", "currency"], name="shipping_one_rate_per_method"),
            models.CheckConstraint(
                condition=Q(base_amount__gte=0, item_amount__gte=0, free_from_amount__gte=0),
                name="shipping_rate_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(days_min__gte=0, days_max__gte=F("days_min")), name="shipping_days_in_order"
            ),
        ]


class ShipmentRow(AggregateRow):
    order_id = IdField(db_index=True)
    carrier = models.CharField(max_length=64)
    tracking_number = models.CharField(max_length=128)
    status = models.CharField(max_length=16)
    shipped_at = InstantField(null=True)
    delivered_at = InstantField(null=True)

    class Meta:
        db_table = "shipments"


class ShipmentEventRow(models.Model):
    id = IdField(primary_key=True)
    shipment_id = IdField(db_index=True)
    event_type = models.CharField(max_length=64)
    payload = models.JSONField()
    created_at = InstantField()

    class Meta:
        db_table = "shipment_events"


class CarrierIntegrationRow(AggregateRow):
    """`credentials` names a secret; the secret itself is never stored."""

    carrier_name = models.CharField(max_length=64, unique=True)
    api_endpoint = models.CharField(max_length=500)
    credentials = models.CharField(max_length=200)

    class Meta:
        db_table = "carrier_integrations"


tables = platform_tables(__name__, outbox="shipping_outbox_events")
