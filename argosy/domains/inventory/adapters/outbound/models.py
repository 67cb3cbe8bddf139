"""Inventory's tables. The constraints say again what the domain promises."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from argosy.platform.fields import IdField, InstantField
from argosy.platform.tables import AggregateRow, platform_tables

STATUSES = ["ACTIVE", "COMMITTED", "RELEASED", "EXPIRED", "RESTOCKED"]


class StockItemRow(AggregateRow):
    stock_unit_id = IdField(db_index=True)
    warehouse = models.CharField(max_length=32)
    product_id = IdField(null=True)
    variant_id = IdField(null=True)
    seller_id = IdField(null=True)
    total_quantity = models.BigIntegerField()
    reserved = models.BigIntegerField()
    allocated = models.BigIntegerField()
    available_quantity = models.BigIntegerField()
    updated_at = InstantField()

    class Meta:
        db_table = "stock_items"
        constraints = [
            models.CheckConstraint(condition=Q(total_quantity__gte=0), name="stock_on_hand_not_negative"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="stock_reserved_not_negative"),
            models.CheckConstraint(condition=Q(allocated__gte=0), name="stock_allocated_not_negative"),
            models.CheckConstraint(
                condition=Q(total_quantity__gte=F("reserved") + F("allocated")), name="stock_promises_are_covered"
            ),
            models.CheckConstraint(
                condition=Q(available_quantity=F("total_quantity") - F("reserved") - F("allocated")),
                name="stock_available_is_what_is_left",
            ),
        ]


class ReservationRow(AggregateRow):
    flow_id = IdField()
    status = models.CharField(max_length=12)
    # Set while the hold is open: the search for overdue holds looks through these alone.
    open_until = InstantField(null=True)
    created_at = InstantField()

    class Meta:
        db_table = "reservations"
        indexes = [
            models.Index(fields=["open_until"], condition=Q(open_until__isnull=False), name="reservations_open_by_time")
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


tables = platform_tables(__name__, outbox="inventory_outbox_events")
