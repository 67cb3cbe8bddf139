"""Taxes' tables."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from argosy.platform.fields import IdField, InstantField
from argosy.platform.tables import AggregateRow, platform_tables


class TaxRuleRow(AggregateRow):
    """`country` empty: `region` is the code of a zone. `category` empty: what is said of the place, in `place`."""

    country = models.CharField(max_length=2)
    region = models.CharField(max_length=50)
    category = models.CharField(max_length=32)
    basis_points = models.IntegerField()
    hundredths = models.SmallIntegerField(default=0, db_default=0)
    is_inclusive = models.BooleanField()
    versions = models.JSONField(default=list, db_default=[])
    place = models.JSONField(default=dict, db_default={})

    class Meta:
        db_table = "tax_rules"
        constraints = [
            models.UniqueConstraint(fields=["country", "region", "category"], name="taxes_one_rule_per_place"),
            models.CheckConstraint(
                condition=Q(basis_points__gte=0, basis_points__lte=10_000), name="taxes_rate_in_bounds"
            ),
        ]


class TaxZoneRow(AggregateRow):
    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)
    places = models.JSONField(default=list)

    class Meta:
        db_table = "tax_zones"


class TaxPartyRow(AggregateRow):
    role = models.CharField(max_length=8)
    party = IdField(db_index=True)
    country = models.CharField(max_length=2)
    vat_id = models.CharField(max_length=40)
    registrations = models.JSONField(default=list)
    exemptions = models.JSONField(default=list)
    vat_check = models.JSONField(default=dict, db_default={})
    region = models.CharField(max_length=50, default="", db_default="")
    postal_code = models.CharField(max_length=20, default="", db_default="")

    class Meta:
        db_table = "tax_parties"


class TaxThresholdRow(AggregateRow):
    code = models.CharField(max_length=32, unique=True)
    versions = models.JSONField(default=list)

    class Meta:
        db_table = "tax_thresholds"


class TaxSaleRow(AggregateRow):
    """An order, under its id."""

    seller_id = IdField()
    month = models.CharField(max_length=7)
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=50)
    currency = models.CharField(max_length=3)
    is_business = models.BooleanField()
    gross = models.BigIntegerField()
    net = models.BigIntegerField()
    status = models.CharField(max_length=8)

    class Meta:
        db_table = "tax_sales"
        indexes = [models.Index(fields=["month"], name="taxes_sales_by_month")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["PLACED", "PAID", "REFUNDED"]), name="taxes_sale_status_is_known"
            ),
        ]


class SalesSumRow(AggregateRow):
    seller_id = IdField()
    month = models.CharField(max_length=7)
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=50)
    currency = models.CharField(max_length=3)
    is_business = models.BooleanField()
    sales = models.BigIntegerField()
    gross = models.BigIntegerField()
    net = models.BigIntegerField()
    refunded_sales = models.BigIntegerField()
    refunded_gross = models.BigIntegerField()
    refunded_net = models.BigIntegerField()

    class Meta:
        db_table = "tax_sales_sums"
        indexes = [models.Index(fields=["month"], name="taxes_sums_by_month")]
        constraints = [
            models.UniqueConstraint(
                fields=["seller_id", "month", "country", "region", "currency", "is_business"],
                name="taxes_one_sum_per_place",
            ),
            models.CheckConstraint(
                condition=Q(refunded_sales__gte=0, refunded_sales__lte=F("sales")), name="taxes_refunded_was_sold"
            ),
        ]


class ThresholdStandingRow(AggregateRow):
    seller_id = IdField(db_index=True)
    threshold_id = IdField()
    code = models.CharField(max_length=32)
    level = models.CharField(max_length=8)
    period = models.CharField(max_length=16)
    percent = models.BigIntegerField()
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    sales = models.BigIntegerField()
    others = models.JSONField(default=dict)
    unregistered = models.JSONField(default=list)
    told = models.JSONField(default=dict)
    reached_at = InstantField(null=True)

    class Meta:
        db_table = "tax_standings"
        constraints = [
            models.UniqueConstraint(fields=["seller_id", "threshold_id"], name="taxes_one_standing_per_threshold"),
        ]
        indexes = [
            models.Index(fields=["level", "id"], name="taxes_standings_by_level"),
        ]


tables = platform_tables(__name__, outbox="taxes_outbox_events")
