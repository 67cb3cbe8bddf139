"""Taxes' tables."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from argosy.platform.tables import AggregateRow, platform_tables


class TaxRuleRow(AggregateRow):
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=50)
    category = models.CharField(max_length=32)
    basis_points = models.IntegerField()
    is_inclusive = models.BooleanField()

    class Meta:
        db_table = "tax_rules"
        constraints = [
            models.UniqueConstraint(fields=["country", "region", "category"], name="taxes_one_rule_per_place"),
            models.CheckConstraint(
                condition=Q(basis_points__gte=0, basis_points__lte=10_000), name="taxes_rate_in_bounds"
            ),
        ]


tables = platform_tables(__name__, outbox="taxes_outbox_events")
