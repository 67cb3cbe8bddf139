"""Look-ups of promotions' own that are not by id, and what owners read of their coupons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from argosy.contracts.promotions import CouponTerms, PromotionTerms
from argosy.domains.promotions.adapters.outbound.models import (
    BuyerRow,
    CampaignRow,
    CouponRedemptionRow,
    CouponRow,
    EndedPromotionRow,
    PromotionRow,
)
from argosy.domains.promotions.application.redemptions import ExpiredUse
from argosy.domains.promotions.domain.coupon import ACTIVE, DISABLED, Coupon
from argosy.shared_kernel.ids import Id

ENDED = "ended"


def expired_uses(until: datetime, limit: int) -> Sequence[ExpiredUse]:
    """At most `limit` uses that are held although their time ended by `until`, earliest first."""
    held = CouponRedemptionRow.objects.filter(status="RESERVED", expires_at__lte=until).order_by("expires_at", "id")
    columns = held.values_list("id", "coupon_id", "user_id", "has_buyer_limit")
    return [ExpiredUse(*row) for row in columns[:limit]]


def ended_promotions(until: datetime, limit: int) -> Sequence[Id]:
    """At most `limit` promotions whose time ended by `until`, earliest first."""
    over = PromotionRow.objects.filter(ends_at__lte=until).order_by("ends_at", "id")
    return [Id(str(id)) for id in over.values_list("id", flat=True)[:limit]]


class CouponShown(msgspec.Struct, kw_only=True):
    """A coupon as who pays for it sees it. `why_not`: why nobody may use it now, as a quote would say; empty where
    somebody may."""

    coupon_id: Id
    code: str
    type: str
    basis_points: int
    terms: CouponTerms
    max_uses: int
    max_uses_per_buyer: int
    uses_reserved: int
    uses_consumed: int
    funded_by: str
    campaign_id: Id | None
    status: str
    why_not: str
    valid_from: datetime
    valid_to: datetime | None
    created_at: datetime


def coupons_of(funded_by: str, status: str, after: str, limit: int, now: datetime) -> list[CouponShown]:
    """At most `limit` coupons that this seller (or the platform) pays for, of no campaign, behind a code, in the order
    of their codes."""
    found = CouponRow.objects.filter(funded_by=funded_by, campaign_id__isnull=True, code__gt=after)
    if status:
        found = found.filter(status=status)
    return [_coupon(row, now) for row in found.order_by("code")[:limit]]


def coupon_of(code: str, funded_by: str | None, now: datetime) -> CouponShown | None:
    """A coupon that this seller (or the platform) pays for, or anybody's where nobody is named; or None. A code of a
    campaign that is disabled is so, whatever its row says."""
    row = CouponRow.objects.filter(code=code, **_paid_by(funded_by)).first()
    if row is None:
        return None
    if row.campaign_id is not None and CampaignRow.objects.filter(id=row.campaign_id, status=DISABLED).exists():
        row.status = DISABLED
    return _coupon(row, now)


def _coupon(row: CouponRow, now: datetime) -> CouponShown:
    terms = msgspec.convert(row.terms, CouponTerms)
    shared: dict[str, Any] = {
        name: getattr(row, name)
        for name in (
            "code",
            "type",
            "max_uses",
            "max_uses_per_buyer",
            "uses_reserved",
            "uses_consumed",
            "funded_by",
            "status",
            "valid_from",
            "valid_to",
            "created_at",
        )
    }
    id, basis_points = Id(str(row.id)), row.discount
    coupon = Coupon(id=id, basis_points=basis_points, terms=terms, **shared)
    return CouponShown(
        coupon_id=id,
        basis_points=basis_points,
        terms=terms,
        campaign_id=Id(str(row.campaign_id)) if row.campaign_id else None,
        why_not=coupon.reason_against(now, terms.currency),
        **shared,
    )


class PromotionShown(msgspec.Struct, kw_only=True):
    """A promotion as who pays for it sees it. `state`: planned, running, over for a few minutes until it is put away,
    or ended (at `ended_at`). `units_reserved` are held by checkouts, `units_sold` are had."""

    promotion_id: Id
    name: str
    terms: PromotionTerms
    funded_by: str
    state: str
    units_reserved: int
    units_sold: int
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    ended_at: datetime | None = None


class Ended(NamedTuple):
    """A promotion that has ended, and its place in the list of those."""

    shown: PromotionShown
    place: tuple[datetime, Id]


def ended_of(funded_by: str, before: tuple[datetime, str] | None, limit: int) -> list[Ended]:
    """At most `limit` promotions that this seller (or the platform) paid for and that have ended, the last ended
    first."""
    rows = EndedPromotionRow.objects.filter(funded_by=funded_by)
    if before is not None:
        at, id = before
        rows = rows.filter(ended_at__lte=at).exclude(ended_at=at, id__gte=id)
    return [
        Ended(
            PromotionShown(
                promotion_id=Id(str(row.promotion_id)),
                name=row.name,
                terms=msgspec.convert(row.terms, PromotionTerms),
                funded_by=row.funded_by,
                state=ENDED,
                units_reserved=0,
                units_sold=row.units_sold,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                created_at=row.created_at,
                ended_at=row.ended_at,
            ),
            (row.ended_at, Id(str(row.id))),
        )
        for row in rows.order_by("-ended_at", "-id")[:limit]
    ]


def promotions_of(funded_by: str, before: str, limit: int, now: datetime) -> list[PromotionShown]:
    """At most `limit` promotions, planned or running, that this seller (or the platform) pays for, the newest first."""
    found = PromotionRow.objects.filter(funded_by=funded_by, **({"id__lt": before} if before else {}))
    return [_promotion(row, now) for row in found.order_by("-id")[:limit]]


def promotion_of(promotion_id: str, funded_by: str | None, now: datetime) -> PromotionShown | None:
    """A promotion that this seller (or the platform) pays for, or anybody's where nobody is named; or None."""
    row = PromotionRow.objects.filter(id=promotion_id, **_paid_by(funded_by)).first()
    return None if row is None else _promotion(row, now)


def _promotion(row: PromotionRow, now: datetime) -> PromotionShown:
    begun, over = row.starts_at <= now, row.ends_at <= now
    return PromotionShown(
        promotion_id=Id(str(row.id)),
        name=row.name,
        terms=msgspec.convert(row.terms, PromotionTerms),
        funded_by=row.funded_by,
        state="over" if over else "running" if begun else "planned",
        units_reserved=row.units_reserved,
        units_sold=row.units_sold,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        created_at=row.created_at,
    )


class BuyerKnown(msgspec.Struct, kw_only=True):
    """What promotions know of a buyer: whether a first order is behind them, and the groups that staff put them in."""

    has_ordered: bool = False
    groups: list[str] = msgspec.field(default_factory=list)


def buyer_known(buyer_id: str) -> BuyerKnown:
    """What promotions know of a buyer; of one that they have not heard of, nothing."""
    row = BuyerRow.objects.filter(id=buyer_id).first()
    return BuyerKnown() if row is None else BuyerKnown(has_ordered=row.has_ordered, groups=sorted(row.groups))


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
    return None if row is None else _campaign(row)


def campaigns_of(funded_by: str, status: str, before: str, limit: int) -> list[CampaignShown]:
    """At most `limit` campaigns that this seller (or the platform) pays for, the newest first."""
    found = CampaignRow.objects.filter(funded_by=funded_by, **({"id__lt": before} if before else {}))
    if status:
        found = found.filter(status=status)
    return [_campaign(row) for row in found.order_by("-id")[:limit]]


def _campaign(row: CampaignRow) -> CampaignShown:
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
