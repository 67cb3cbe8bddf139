"""Promotions' tables. The constraints say again what the domain promises."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from argosy.domains.promotions.domain.redemption import STATUSES
from argosy.platform.fields import IdField, InstantField
from argosy.platform.tables import AggregateRow, platform_tables


class CouponRow(AggregateRow):
    """`discount` is in ten-thousandths, or 0 of one with a fixed amount in its `terms`; uses of 0 mean no limit."""

    code = models.CharField(max_length=40, unique=True)
    type = models.CharField(max_length=20)
    discount = models.IntegerField()
    max_uses = models.BigIntegerField()
    max_uses_per_buyer = models.BigIntegerField()
    funded_by = models.CharField(max_length=36)
    status = models.CharField(max_length=12)
    valid_from = InstantField()
    valid_to = InstantField(null=True)
    uses_reserved = models.BigIntegerField()
    uses_consumed = models.BigIntegerField()
    created_at = InstantField()
    terms = models.JSONField(default=dict, db_default={})
    campaign_id = IdField(null=True)

    class Meta:
        db_table = "coupons"
        indexes = [
            # Codes of a campaign are listed in the order in which they were made.
            models.Index(
                fields=["campaign_id", "id"], condition=Q(campaign_id__isnull=False), name="coupons_of_campaign"
            ),
            # The others, in the order of their codes; a campaign's hundred thousand are not passed over.
            models.Index(fields=["funded_by", "code"], condition=Q(campaign_id__isnull=True), name="coupons_by_funder"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(type__in=["FIXED", "FREE_DELIVERY"], discount=0)
                | ~Q(type__in=["FIXED", "FREE_DELIVERY"]) & Q(discount__gte=1, discount__lte=10_000),
                name="coupon_is_a_percentage",
            ),
            models.CheckConstraint(
                condition=Q(uses_reserved__gte=0, uses_consumed__gte=0), name="coupon_uses_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(max_uses=0) | Q(max_uses__gte=F("uses_reserved") + F("uses_consumed")),
                name="coupon_uses_within_limit",
            ),
            models.CheckConstraint(condition=Q(status__in=["ACTIVE", "DISABLED"]), name="coupon_status_is_known"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="coupon_period_not_empty"
            ),
        ]


class CampaignRow(AggregateRow):
    """Many codes under the same terms; `made` of `count` are there."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=20, blank=True)
    count = models.BigIntegerField()
    made = models.BigIntegerField()
    status = models.CharField(max_length=12, default="ACTIVE", db_default="ACTIVE")
    basis_points = models.IntegerField()
    funded_by = models.CharField(max_length=36)
    valid_from = InstantField()
    valid_to = InstantField(null=True)
    created_at = InstantField()
    terms = models.JSONField()

    class Meta:
        db_table = "coupon_campaigns"
        indexes = [models.Index(fields=["funded_by", "id"], name="campaigns_by_funder")]
        constraints = [
            models.CheckConstraint(condition=Q(made__gte=0, made__lte=F("count")), name="campaign_makes_what_it_said"),
            models.CheckConstraint(condition=Q(status__in=["ACTIVE", "DISABLED"]), name="campaign_status_is_known"),
        ]


class PromotionRow(AggregateRow):
    """One promotion that is planned or runs."""

    name = models.CharField(max_length=100)
    scope_key = models.CharField(max_length=120, db_index=True)
    funded_by = models.CharField(max_length=36)
    terms = models.JSONField()
    starts_at = InstantField()
    ends_at = InstantField(db_index=True)
    created_at = InstantField()
    units_max = models.BigIntegerField(default=0, db_default=0)
    units_reserved = models.BigIntegerField(default=0, db_default=0)
    units_sold = models.BigIntegerField(default=0, db_default=0)
    buyer_limit = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "promotions"
        indexes = [models.Index(fields=["funded_by", "id"], name="promotions_by_funder")]
        constraints = [
            models.CheckConstraint(
                condition=Q(units_reserved__gte=0, units_sold__gte=0), name="promotion_units_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(units_max=0) | Q(units_max__gte=F("units_reserved") + F("units_sold")),
                name="promotion_units_within_limit",
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="promotion_period_not_empty"),
        ]


class EndedPromotionRow(AggregateRow):
    """What a promotion was when it ended."""

    promotion_id = IdField()
    name = models.CharField(max_length=100)
    funded_by = models.CharField(max_length=36)
    terms = models.JSONField()
    starts_at = InstantField()
    ends_at = InstantField()
    created_at = InstantField()
    ended_at = InstantField()
    units_sold = models.BigIntegerField()

    class Meta:
        db_table = "ended_promotions"
        indexes = [models.Index(fields=["funded_by", "ended_at", "id"], name="ended_promotions_by_funder")]


class BuyerRow(AggregateRow):
    """What is known of a buyer, whose id it has."""

    has_ordered = models.BooleanField()
    first_order_flow = IdField(null=True)
    groups = models.JSONField()

    class Meta:
        db_table = "promotion_buyers"


class CouponRuleRow(models.Model):
    """Conditions of a coupon beyond its own columns. None are made yet: limits stand on the coupon itself."""

    id = IdField(primary_key=True)
    coupon_id = IdField(db_index=True)
    rule_type = models.CharField(max_length=40)
    rule_json = models.JSONField()

    class Meta:
        db_table = "coupon_rules"


class CouponRedemptionRow(AggregateRow):
    """One use, with the terms that it was held under. Without a code: of the promotion that `coupon_id` names, from
    which it draws `quantity` units; without either: a release that came before its request."""

    flow_id = IdField()
    coupon_id = IdField(null=True)
    user_id = IdField(null=True)
    purchase_id = IdField(null=True)
    order_id = IdField(null=True)
    status = models.CharField(max_length=12)
    code = models.CharField(max_length=40, blank=True)
    basis_points = models.IntegerField()
    funded_by = models.CharField(max_length=36, blank=True)
    has_buyer_limit = models.BooleanField()
    discount_amount = models.BigIntegerField()
    currency = models.CharField(max_length=3, blank=True)
    expires_at = InstantField()
    redeemed_at = InstantField(null=True)
    terms = models.JSONField(default=dict, db_default={})
    quantity = models.BigIntegerField(default=0, db_default=0)
    is_first_order = models.BooleanField(default=False, db_default=False)
    buyer_count = models.BigIntegerField(default=1, db_default=1)

    class Meta:
        db_table = "coupon_redemptions"
        constraints = [
            # Also the index by which a checkout finds its uses.
            models.UniqueConstraint(fields=["flow_id", "coupon_id"], name="coupon_one_use_per_checkout"),
            models.CheckConstraint(condition=Q(status__in=STATUSES), name="redemption_status_is_known"),
            models.CheckConstraint(condition=Q(discount_amount__gte=0), name="redemption_discount_not_negative"),
            models.CheckConstraint(
                condition=Q(status="RELEASED") | Q(coupon_id__isnull=False, user_id__isnull=False),
                name="redemption_live_has_coupon_and_buyer",
            ),
            models.CheckConstraint(
                condition=~Q(status="CONSUMED") | Q(redeemed_at__isnull=False, purchase_id__isnull=False),
                name="redemption_consumed_names_purchase",
            ),
        ]
        indexes = [
            # Held uses are few at any time: the search for overdue ones looks through these alone.
            models.Index(fields=["expires_at"], condition=Q(status="RESERVED"), name="redemptions_held_by_time"),
        ]


class BuyerUseRow(AggregateRow):
    """Live uses of one coupon by one buyer, for coupons that limit them."""

    coupon_id = IdField()
    user_id = IdField()
    uses = models.BigIntegerField()

    class Meta:
        db_table = "coupon_buyer_uses"
        constraints = [
            models.UniqueConstraint(fields=["coupon_id", "user_id"], name="coupon_one_count_per_buyer"),
            models.CheckConstraint(condition=Q(uses__gte=0), name="coupon_buyer_uses_not_negative"),
        ]


tables = platform_tables(__name__, outbox="coupons_outbox_events")
