"""Look-ups of promotions' own that are not by id, and what owners read of their coupons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from argosy.contracts.promotions import CouponTerms
from argosy.domains.promotions.adapters.outbound.models import CampaignRow, CouponRedemptionRow, CouponRow, PromotionRow
from argosy.domains.promotions.application.redemptions import ExpiredUse
from argosy.domains.promotions.domain.coupon import ACTIVE
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


class CampaignShown(msgspec.Struct, kw_only=True):
    """A campaign; its codes are there once `made` is `count`."""

    campaign_id: Id
    name: str
    prefix: str
    count: int
    made: int
    status: str
    basis_points: int
    funded_by: str
    valid_from: datetime
    valid_to: datetime | None
    created_at: datetime
    terms: CouponTerms


class CodeShown(msgspec.Struct, kw_only=True):
    """A code of a campaign, and how it is used: it is free where neither is 1."""

    coupon_id: Id
    code: str
    status: str
    uses_reserved: int
    uses_consumed: int


def campaign_shown(campaign_id: str, funded_by: str | None) -> CampaignShown | None:
    """A campaign that this seller (or the platform) pays for, or anybody's where nobody is named; or None."""
    row = CampaignRow.objects.filter(id=campaign_id, **_paid_by(funded_by)).first()
    if row is None:
        return None
    return CampaignShown(
        campaign_id=Id(str(row.id)),
        name=row.name,
        prefix=row.prefix,
        count=row.count,
        made=row.made,
        status=row.status,
        basis_points=row.basis_points,
        funded_by=row.funded_by,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        created_at=row.created_at,
        terms=msgspec.convert(row.terms, CouponTerms),
    )


def codes_of_campaign(campaign: CampaignShown, after: str, limit: int) -> list[CodeShown]:
    """At most `limit` codes of a campaign that come after this coupon's id, in the order of their ids. Those of a
    campaign that is disabled are so, whatever their rows say."""
    found = CouponRow.objects.filter(campaign_id=campaign.campaign_id, **({"id__gt": after} if after else {})).order_by(
        "id"
    )
    columns = found.values_list("id", "code", "status", "uses_reserved", "uses_consumed")
    return [
        CodeShown(
            coupon_id=Id(str(id)),
            code=code,
            status=status if campaign.status == ACTIVE else campaign.status,
            uses_reserved=held,
            uses_consumed=used,
        )
        for id, code, status, held, used in columns[:limit]
    ]


def _paid_by(funded_by: str | None) -> dict[str, str]:
    return {} if funded_by is None else {"funded_by": funded_by}
