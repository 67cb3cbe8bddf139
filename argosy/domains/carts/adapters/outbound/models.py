"""Carts' tables. The constraints say again what the domain promises."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from argosy.platform.fields import IdField, InstantField
from argosy.platform.tables import AggregateRow, platform_tables


class CartRow(AggregateRow):
    """One per buyer or guest: its id is named after them. A guest's `user_id` is named after their token's
    fingerprint."""

    user_id = IdField(unique=True)
    is_guest = models.BooleanField(default=False, db_default=False)
    status = models.CharField(max_length=12)
    currency = models.CharField(max_length=3, default="", db_default="")
    created_at = InstantField()
    updated_at = InstantField()
    # Set while a buyer's cart lies there with something in it: the search for abandoned ones looks through these alone.
    idle_since = InstantField(null=True)

    class Meta:
        db_table = "carts"
        indexes = [
            models.Index(fields=["updated_at"], condition=Q(is_guest=True), name="carts_of_guests_by_time"),
            models.Index(fields=["idle_since"], condition=Q(idle_since__isnull=False), name="carts_idle_by_time"),
        ]


class CartItemRow(models.Model):
    """A line. `seen_...` is what the shop showed of it when its buyer last saw to it."""

    id = IdField(primary_key=True)
    cart_id = IdField()
    product_id = IdField()
    variant_id = IdField()
    quantity = models.IntegerField()
    added_at = InstantField()
    seen_amount = models.BigIntegerField(null=True)
    seen_currency = models.CharField(max_length=3, default="", db_default="")
    seen_on_sale = models.BooleanField(default=True, db_default=True)
    seen_left = models.IntegerField(null=True)

    class Meta:
        db_table = "cart_items"
        constraints = [
            models.UniqueConstraint(fields=["cart_id", "variant_id"], name="cart_one_line_per_variant"),
            models.CheckConstraint(condition=Q(quantity__gte=1, quantity__lte=999), name="cart_quantity_within_range"),
        ]


class SavedItemRow(models.Model):
    """What is put aside for later, beside the cart's lines."""

    id = IdField(primary_key=True)
    cart_id = IdField()
    product_id = IdField()
    variant_id = IdField()
    quantity = models.IntegerField()
    saved_at = InstantField()

    class Meta:
        db_table = "cart_saved_items"
        constraints = [
            models.UniqueConstraint(fields=["cart_id", "variant_id"], name="cart_saves_a_variant_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1, quantity__lte=999), name="cart_saved_within_range"),
        ]


class CartCouponRow(models.Model):
    """A code to try. Which coupon it is, if any, only promotions knows: `coupon_id` stays empty until it is told."""

    id = IdField(primary_key=True)
    cart_id = IdField()
    coupon_id = IdField(null=True)
    code = models.CharField(max_length=40)
    applied_at = InstantField()

    class Meta:
        db_table = "cart_coupons"
        constraints = [models.UniqueConstraint(fields=["cart_id", "code"], name="cart_notes_a_code_once")]


class WishlistRow(AggregateRow):
    """One per buyer: its id is named after them."""

    user_id = IdField(unique=True)
    created_at = InstantField()
    updated_at = InstantField()

    class Meta:
        db_table = "wishlists"


class WishRow(models.Model):
    id = IdField(primary_key=True)
    wishlist_id = IdField()
    product_id = IdField()
    variant_id = IdField()
    added_at = InstantField()

    class Meta:
        db_table = "wishlist_items"
        constraints = [models.UniqueConstraint(fields=["wishlist_id", "variant_id"], name="wishlist_wishes_once")]


tables = platform_tables(__name__, outbox="carts_outbox_events")
