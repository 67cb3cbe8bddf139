"""Look-ups of promotions' own that are not by id, and what owners read of their coupons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from argosy.domains.promotions.adapters.outbound.models import CouponRedemptionRow, CouponRow, PromotionRow
from argosy.domains.promotions.application.redemptions import ExpiredUse
from argosy.shared_kernel.ids import Id


def expired_uses(until: datetime, limit: int) -> Sequence[ExpiredUse]:
    """At most `limit` uses that are held although their time ended by `until`, earliest first."""
    held = CouponRedemptionRow.objects.filter(status="RESERVED", expires_at__lte=until).order_by("expires_at", "id")
    columns = held.values_list("id", "coupon_id", "user_id", "has_buyer_limit")
    return [ExpiredUse(*row) for row in columns[:limit]]


def ended_promotions(until: datetime, limit: int) -> Sequence[Id]:
    """At most `limit` promotions whose time ended by `until`, earliest first."""
    over = PromotionRow.objects.filter(ends_at__lte=until).order_by("ends_at", "id")
    return [Id(str(id)) for id in over.values_list("id", flat=True)[:limit]]


def coupon_of(code: str, funded_by: str) -> dict[str, Any] | None:
    """A coupon that this seller (or the platform) pays for, with its uses, or None."""
    columns = (
        "id",
        "code",
        "type",
        "discount",
        "max_uses",
        "max_uses_per_buyer",
        "funded_by",
        "status",
        "valid_from",
        "valid_to",
        "uses_reserved",
        "uses_consumed",
        "created_at",
        "terms",
    )
    return CouponRow.objects.filter(code=code, funded_by=funded_by).values(*columns).first()
