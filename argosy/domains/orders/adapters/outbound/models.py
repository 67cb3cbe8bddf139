"""Orders' tables. The constraints say again what the domain promises."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from argosy.domains.orders.domain.cancellation import CANCELLATION_STATUSES
from argosy.domains.orders.domain.order_status import NOTHING, ORDER_TYPES, STATUSES
from argosy.platform.fields import IdField, InstantField
from argosy.platform.tables import AggregateRow, platform_tables


class PurchaseRow(AggregateRow):
    """What one checkout bought; also the memory of a cancellation that came first (no buyer, no orders)."""

    flow_id = IdField(unique=True)
    # Names (buyer_id, client_request_id): the one look-up and the one unique index for the pair.
    request_key = IdField(null=True, unique=True)
    buyer_id = IdField(null=True)
    claimed_by = IdField(null=True)
    client_request_id = models.CharField(max_length=200)
    status = models.CharField(max_length=12)
    currency = models.CharField(max_length=3)
    total_amount = models.BigIntegerField()
    payment_method = models.CharField(max_length=200)
    snapshot_hash = models.CharField(max_length=200)
    order_count = models.IntegerField()
    created_at = InstantField()

    class Meta:
        db_table = "purchases"
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["PLACED", "CANCELLED"]), name="purchase_status_is_known"),
            models.CheckConstraint(condition=Q(total_amount__gte=0), name="purchase_total_not_negative"),
            models.CheckConstraint(
                condition=Q(buyer_id__isnull=False, request_key__isnull=False, order_count__gt=0)
                | Q(status="CANCELLED", order_count=0),
                name="purchase_placed_has_buyer_and_orders",
            ),
        ]


class OrderRow(AggregateRow):
    purchase_id = IdField(db_index=True)
    buyer_id = IdField()
    claimed_by = IdField(null=True)
    seller_id = IdField()
    order_number = models.CharField(max_length=14, unique=True)
    status = models.CharField(max_length=12)
    order_type = models.CharField(max_length=20)
    currency = models.CharField(max_length=3)
    total_amount = models.BigIntegerField()
    payment_id = IdField(null=True)
    address_json = models.JSONField()
    pay_by = InstantField(null=True)
    is_being_cancelled = models.BooleanField(db_default=False)
    has_label = models.BooleanField(db_default=False)
    created_at = InstantField()
    updated_at = InstantField()

    class Meta:
        db_table = "orders"
        constraints = [
            models.CheckConstraint(condition=Q(status__in=STATUSES), name="order_status_is_known"),
            models.CheckConstraint(condition=Q(order_type__in=ORDER_TYPES), name="order_type_is_known"),
            models.CheckConstraint(condition=Q(total_amount__gte=0), name="order_total_not_negative"),
        ]


class OrderItemRow(models.Model):
    """A line as sold. `price_snapshot` is the price of one in minor units of the order's currency."""

    id = IdField(primary_key=True)
    order_id = IdField(db_index=True)
    seller_id = IdField()
    line_no = models.IntegerField()
    product_id = IdField()
    variant_id = IdField()
    stock_unit_id = IdField()
    units_each = models.BigIntegerField()
    quantity = models.BigIntegerField()
    price_snapshot = models.BigIntegerField()
    discount_amount = models.BigIntegerField()
    tax_amount = models.BigIntegerField()
    tax_on_top = models.BigIntegerField()
    total_amount = models.BigIntegerField()
    shipping_amount = models.BigIntegerField()
    shipping_tax_amount = models.BigIntegerField()
    shipping_tax_on_top = models.BigIntegerField()
    product_snapshot_json = models.JSONField()
    shipped_quantity = models.BigIntegerField(default=0)
    received_quantity = models.BigIntegerField(default=0)
    cancelled_quantity = models.BigIntegerField(default=0)
    refunded_quantity = models.BigIntegerField(default=0)
    refunded_amount = models.BigIntegerField(default=0)
    created_at = InstantField()

    class Meta:
        db_table = "order_items"
        constraints = [
            models.CheckConstraint(
                condition=Q(total_amount=F("quantity") * F("price_snapshot") - F("discount_amount") + F("tax_on_top")),
                name="order_item_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(
                    quantity__gt=0,
                    units_each__gt=0,
                    price_snapshot__gte=0,
                    discount_amount__gte=0,
                    tax_on_top__gte=0,
                    shipping_amount__gte=0,
                    shipping_tax_on_top__gte=0,
                ),
                name="order_item_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    discount_amount__lte=F("quantity") * F("price_snapshot"),
                    tax_on_top__lte=F("tax_amount"),
                    shipping_tax_on_top__lte=F("shipping_tax_amount"),
                ),
                name="order_item_parts_within_whole",
            ),
            models.CheckConstraint(
                condition=Q(
                    shipped_quantity__gte=0,
                    received_quantity__gte=0,
                    cancelled_quantity__gte=0,
                    refunded_quantity__gte=0,
                    refunded_amount__gte=0,
                    quantity__gte=F("shipped_quantity") + F("cancelled_quantity"),
                    received_quantity__lte=F("shipped_quantity"),
                    refunded_quantity__lte=F("quantity"),
                    refunded_amount__lte=(F("total_amount") + F("shipping_amount") + F("shipping_tax_on_top")),
                ),
                name="order_item_facts_within_sale",
            ),
        ]


class OrderStatusHistoryRow(models.Model):
    """Append-only: the database refuses to change or delete a step."""

    id = IdField(primary_key=True)
    order_id = IdField(db_index=True)
    from_status = models.CharField(max_length=12, blank=True)
    to_status = models.CharField(max_length=12)
    reason = models.CharField(max_length=200)
    changed_by = models.CharField(max_length=64)
    changed_at = InstantField()

    class Meta:
        db_table = "order_status_history"
        constraints = [
            models.CheckConstraint(
                condition=Q(from_status__in=[NOTHING, *STATUSES]) & Q(to_status__in=STATUSES),
                name="order_history_statuses_are_known",
            ),
        ]


class OrderPaymentRow(models.Model):
    """An order's part of what a payment took (CAPTURED) or gave back (REFUNDED)."""

    id = IdField(primary_key=True)
    order_id = IdField(db_index=True)
    payment_id = IdField()
    amount = models.BigIntegerField()
    status = models.CharField(max_length=12)
    created_at = InstantField()

    class Meta:
        db_table = "order_payments"
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="order_payment_not_negative"),
            models.CheckConstraint(
                condition=Q(status__in=["CAPTURED", "REFUNDED"]), name="order_payment_status_is_known"
            ),
        ]


class OrderShipmentRow(models.Model):
    """Parcels of an order, noted when shipping tells of them."""

    id = IdField(primary_key=True)
    order_id = IdField(db_index=True)
    shipment_id = IdField()
    carrier = models.CharField(max_length=100)
    tracking_number = models.CharField(max_length=100)
    status = models.CharField(max_length=20)
    created_at = InstantField()

    class Meta:
        db_table = "order_shipments"


class OrderRefundRow(models.Model):
    """Refunds of an order, noted when refunds tells of them."""

    id = IdField(primary_key=True)
    order_id = IdField(db_index=True)
    refund_id = IdField()
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    status = models.CharField(max_length=20)
    created_at = InstantField()

    class Meta:
        db_table = "order_refunds"
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="order_refund_not_negative")]


class CancellationRow(AggregateRow):
    """A paid order that was called off, under the order's id: from asking until its money is back."""

    refund_id = IdField(unique=True)
    status = models.CharField(max_length=12)
    asked_by = models.CharField(max_length=64)
    asked_as = models.CharField(max_length=10)
    reason = models.CharField(max_length=200)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    times = models.IntegerField()
    had_left = models.BooleanField()
    to_credit = models.BooleanField(db_default=False)
    failure = models.CharField(max_length=200)
    asked_at = InstantField()
    ended_at = InstantField(null=True)

    class Meta:
        db_table = "order_cancellations"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=CANCELLATION_STATUSES), name="order_cancellation_status_is_known"
            ),
        ]


tables = platform_tables(__name__, outbox="orders_outbox_events")
