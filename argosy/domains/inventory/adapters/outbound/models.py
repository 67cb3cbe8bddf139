"""Inventory's tables. The constraints say again what the domain promises."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from argosy.platform.fields import IdField, InstantField
from argosy.platform.tables import AggregateRow, platform_tables

STATUSES = ["ACTIVE", "COMMITTED", "RELEASED", "EXPIRED", "RESTOCKED"]


OVERSELLS = ["", "backorder", "preorder"]


class StockItemRow(AggregateRow):
    stock_unit_id = IdField(db_index=True)
    warehouse = models.CharField(max_length=32)
    warehouse_id = IdField(null=True)
    product_id = IdField(null=True)
    variant_id = IdField(null=True)
    seller_id = IdField(null=True)
    sku = models.CharField(max_length=64, default="", db_default="")
    total_quantity = models.BigIntegerField()
    reserved = models.BigIntegerField()
    allocated = models.BigIntegerField()
    available_quantity = models.BigIntegerField()
    safety_stock = models.BigIntegerField(default=0, db_default=0)
    low_at = models.BigIntegerField(default=0, db_default=0)
    oversell = models.CharField(max_length=16, default="", db_default="")
    oversell_max = models.BigIntegerField(default=0, db_default=0)
    expected_at = InstantField(null=True)
    # Promised beyond what is there: on purpose, and because a count found less.
    backordered = models.BigIntegerField(default=0, db_default=0)
    missing = models.BigIntegerField(default=0, db_default=0)
    missing_since = InstantField(null=True)
    updated_at = InstantField()
    is_told = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "stock_items"
        indexes = [
            models.Index(fields=["seller_id", "id"], name="stock_items_by_seller"),
            models.Index(fields=["seller_id", "stock_unit_id"], name="stock_items_by_unit"),
            models.Index(fields=["sku"], name="stock_items_by_sku"),
            models.Index(fields=["seller_id", "warehouse", "id"], name="stock_items_by_place"),
            models.Index(fields=["stock_unit_id"], condition=Q(is_told=False), name="stock_items_untold"),
            models.Index(fields=["missing_since"], condition=Q(missing__gt=0), name="stock_items_short"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(total_quantity__gte=0), name="stock_on_hand_not_negative"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="stock_reserved_not_negative"),
            models.CheckConstraint(condition=Q(allocated__gte=0), name="stock_allocated_not_negative"),
            models.CheckConstraint(
                condition=Q(total_quantity__gte=F("reserved") + F("allocated") - F("backordered") - F("missing")),
                name="stock_promises_are_covered",
            ),
            models.CheckConstraint(
                condition=Q(
                    available_quantity=F("total_quantity")
                    - F("reserved")
                    - F("allocated")
                    + F("backordered")
                    + F("missing")
                )
                & (Q(backordered=0, missing=0) | Q(available_quantity=0)),
                name="stock_available_is_what_is_left",
            ),
            models.CheckConstraint(
                condition=Q(
                    backordered__gte=0, missing__gte=0, safety_stock__gte=0, low_at__gte=0, oversell_max__gte=0
                ),
                name="stock_rules_not_negative",
            ),
            models.CheckConstraint(condition=Q(oversell__in=OVERSELLS), name="stock_oversell_is_known"),
            models.CheckConstraint(
                condition=Q(missing=0, missing_since__isnull=True) | Q(missing__gt=0, missing_since__isnull=False),
                name="stock_shortage_has_a_beginning",
            ),
        ]


class ReservationRow(AggregateRow):
    flow_id = IdField()
    status = models.CharField(max_length=12)
    # Set while the hold is open: the search for overdue holds looks through these alone.
    open_until = InstantField(null=True)
    # The buyer, while the hold is open.
    held_by = IdField(null=True)
    created_at = InstantField()

    class Meta:
        db_table = "reservations"
        indexes = [
            models.Index(
                fields=["open_until"], condition=Q(open_until__isnull=False), name="reservations_open_by_time"
            ),
            models.Index(fields=["held_by"], condition=Q(held_by__isnull=False), name="reservations_open_by_buyer"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=STATUSES), name="reservation_status_is_known"),
            models.CheckConstraint(
                condition=Q(status="ACTIVE", open_until__isnull=False)
                | (~Q(status="ACTIVE") & Q(open_until__isnull=True)),
                name="reservation_open_while_active",
            ),
        ]


class StockReservationRow(models.Model):
    """A line of a reservation; with a COMMITTED one it is the allocation."""

    id = IdField(primary_key=True)
    reservation_id = IdField(db_index=True)
    stock_item_id = IdField()
    order_id = IdField()
    quantity = models.BigIntegerField()
    status = models.CharField(max_length=12)
    expires_at = InstantField()
    created_at = InstantField()

    class Meta:
        db_table = "stock_reservations"
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="stock_reservation_holds_pieces"),
            models.CheckConstraint(condition=Q(status__in=STATUSES), name="stock_reservation_status_is_known"),
        ]


class StockMovementRow(AggregateRow):
    """Append-only: the database refuses to change or delete a movement."""

    stock_item_id = IdField()
    change = models.BigIntegerField()
    reason = models.CharField(max_length=100)
    reference_id = models.CharField(max_length=100)
    created_at = InstantField()

    class Meta:
        db_table = "stock_movements"
        constraints = [
            models.UniqueConstraint(fields=["stock_item_id", "reference_id", "reason"], name="stock_moved_once"),
            models.CheckConstraint(condition=~Q(change=0), name="stock_movement_moves"),
        ]


class WarehouseRow(AggregateRow):
    """A seller's own, or (without seller) the marketplace's. The id is made of owner and code."""

    seller_id = IdField(null=True, db_index=True)
    code = models.CharField(max_length=32)
    name = models.CharField(max_length=100)
    country = models.CharField(max_length=2)
    serves = models.JSONField()
    parcel_cost = models.BigIntegerField()
    abroad_cost = models.BigIntegerField()
    priority = models.BigIntegerField()
    is_open = models.BooleanField()
    created_at = InstantField()
    updated_at = InstantField()

    class Meta:
        db_table = "warehouses"
        constraints = [
            models.UniqueConstraint(fields=["seller_id", "code"], name="warehouse_once_per_owner_and_code"),
            models.CheckConstraint(
                condition=Q(parcel_cost__gte=0, abroad_cost__gte=0, priority__gte=0),
                name="warehouse_costs_not_negative",
            ),
        ]


class StockTransferRow(AggregateRow):
    """Pieces on their way between warehouses, and what of them arrived."""

    stock_unit_id = IdField()
    seller_id = IdField(null=True)
    from_item_id = IdField()
    to_item_id = IdField()
    from_warehouse = models.CharField(max_length=32)
    to_warehouse = models.CharField(max_length=32)
    quantity = models.BigIntegerField()
    received = models.BigIntegerField()
    status = models.CharField(max_length=12)
    reference_id = models.CharField(max_length=100)
    created_at = InstantField()
    updated_at = InstantField()

    class Meta:
        db_table = "stock_transfers"
        indexes = [models.Index(fields=["seller_id", "id"], name="stock_transfers_by_seller")]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["SENT", "RECEIVED"]), name="stock_transfer_status_is_known"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, received__gte=0, received__lte=F("quantity"))
                & (Q(status="RECEIVED") | Q(received=0)),
                name="stock_transfer_brings_what_was_sent",
            ),
        ]


class StockCountRow(AggregateRow):
    """That a warehouse was counted; written once."""

    warehouse = models.CharField(max_length=32)
    seller_id = IdField(null=True)
    reference_id = models.CharField(max_length=100)
    units = models.BigIntegerField()
    differing = models.BigIntegerField()
    created_at = InstantField()

    class Meta:
        db_table = "stock_counts"


class CountRunRow(AggregateRow):
    """A count that came as a file, and what became of it."""

    source = models.CharField(max_length=100)
    seller_id = IdField(null=True)
    status = models.CharField(max_length=8)
    lines = models.BigIntegerField()
    done = models.BigIntegerField()
    differing = models.BigIntegerField()
    rejected = models.BigIntegerField()
    rejects = models.JSONField()
    failure = models.CharField(max_length=300, default="")
    created_at = InstantField()
    ended_at = InstantField(null=True)

    class Meta:
        db_table = "stock_count_runs"
        indexes = [
            models.Index(fields=["seller_id", "created_at", "id"], name="count_runs_by_seller"),
            models.Index(fields=["created_at", "id"], name="count_runs_by_age"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["RUNNING", "DONE", "FAILED"]), name="count_run_status_is_known"
            ),
            models.CheckConstraint(condition=Q(done__lte=F("lines")), name="count_run_does_what_it_has"),
        ]


class CountedPartRow(AggregateRow):
    """Lines of a count that wait to be worked off."""

    lines = models.JSONField()

    class Meta:
        db_table = "stock_count_parts"


tables = platform_tables(__name__, outbox="inventory_outbox_events")
