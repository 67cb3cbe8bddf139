"""Taxes' tables."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from argosy.platform.fields import IdField
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


tables = platform_tables(__name__, outbox="taxes_outbox_events")
