"""Coupons and promotions over HTTP: staff's, and those that sellers pay for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from argosy.contracts.promotions import (
    AssignBuyerGroups,
    CreateCoupon,
    CreatePromotion,
    DisableCoupon,
    DisableCouponCampaign,
    DisableCoupons,
    EndPromotion,
    GenerateCoupons,
    SimulatePromotion,
)
from argosy.domains.promotions.adapters.outbound.queries import (
    ENDED,
    BuyerKnown,
    CampaignShown,
    CouponShown,
    PromotionShown,
    buyer_known,
    campaign_shown,
    campaigns_of,
    codes_of_campaign,
    coupon_of,
    coupons_of,
    ended_of,
    promotion_of,
    promotions_of,
)
from argosy.domains.promotions.application.promotions import SimulatedDiscounts
from argosy.domains.promotions.domain.campaign import NoSuchCampaign
from argosy.domains.promotions.domain.coupon import CODE_LENGTH_MAX, PLATFORM, NoSuchCoupon, normal
from argosy.domains.promotions.domain.promotion import NoSuchPromotion
from argosy.platform.auth import merchant, staff
from argosy.platform.bodies import IdText, matching
from argosy.platform.owned import Owned, seller_asking
from argosy.platform.pages import Page, PageQuery, cursor, page
from argosy.platform.rest import PREFIX, Asked, Made, get, post, put
from argosy.platform.runtime import runtime

_Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_Code = Annotated[str, matching("^[!-~]+$", max_length=CODE_LENGTH_MAX)]


class OwnersQuery(PageQuery, kw_only=True, frozen=True):
    """Staff may name a seller; without one they see the platform's."""

    seller_id: str = ""


class CouponsQuery(OwnersQuery, kw_only=True, frozen=True):
    """`status`: only those that stand so."""

    status: Literal["", "ACTIVE", "DISABLED"] = ""


class PromotionsQuery(OwnersQuery, kw_only=True, frozen=True):
    """`state`: those that have ended, instead of those that are planned or run."""

    state: Literal["", "ended"] = ""


def paid_by(asked: Asked) -> Mapping[str, Any]:
    """Staff's coupons are the platform's, a seller's are their own."""
    return {"funded_by": "platform" if asked.actor.has("staff") else asked.actor.seller_id}


def coupons(asked: Asked) -> Page:
    """Your coupons with their uses, in the order of their codes; those of campaigns are listed by campaign."""
    query: CouponsQuery = asked.query
    after = query.position(tuple[_Code])
    found = coupons_of(_owner(asked), query.status, after[0] if after else "", query.limit + 1, runtime().clock.now())
    last = cursor(found[: query.limit][-1].code) if found else ""
    return page(found, query, f"{PREFIX}coupons", last, seller_id=query.seller_id, status=query.status)


def coupon(asked: Asked) -> CouponShown | None:
    """One of your coupons, also of a campaign: how often it is used, and whether it counts now."""
    return coupon_of(normal(asked["code"]), _whose(asked), runtime().clock.now())


def promotions(asked: Asked) -> Page:
    """Your promotions that are planned or run, the newest first; or those that have ended, the last ended first."""
    query: PromotionsQuery = asked.query
    if query.state == ENDED:
        return _ended(asked, query)
    before = query.position(tuple[IdText])
    found = promotions_of(_owner(asked), before[0] if before else "", query.limit + 1, runtime().clock.now())
    last = cursor(found[: query.limit][-1].promotion_id) if found else ""
    return page(found, query, f"{PREFIX}promotions", last, seller_id=query.seller_id)


def _ended(asked: Asked, query: PromotionsQuery) -> Page:
    found = ended_of(_owner(asked), query.position(tuple[_Instant, IdText]), query.limit + 1)
    last = cursor(*found[: query.limit][-1].place) if found else ""
    shown = [one.shown for one in found]
    return page(shown, query, f"{PREFIX}promotions", last, seller_id=query.seller_id, state=query.state)


def promotion(asked: Asked) -> PromotionShown | None:
    """One of your promotions that is planned or runs, and how much of it is had."""
    return promotion_of(asked["promotion_id"], _whose(asked), runtime().clock.now())


def buyer_groups(asked: Asked) -> BuyerKnown:
    """Which groups a buyer is in, and whether a first order is behind them."""
    return buyer_known(asked["buyer_id"])


def coupon_campaigns(asked: Asked) -> Page:
    """Your campaigns, the newest first."""
    query: CouponsQuery = asked.query
    before = query.position(tuple[IdText])
    found = campaigns_of(_owner(asked), query.status, before[0] if before else "", query.limit + 1)
    last = cursor(found[: query.limit][-1].campaign_id) if found else ""
    return page(found, query, f"{PREFIX}coupon-campaigns", last, seller_id=query.seller_id, status=query.status)


def coupon_campaign(asked: Asked) -> CampaignShown | None:
    """One of your campaigns; staff see everybody's."""
    return campaign_shown(asked["campaign_id"], _whose(asked))


def _whose(asked: Asked) -> str | None:
    """Whose one thing may be: staff see everybody's."""
    return None if asked.actor.has("staff") else asked.actor.seller_id


def _owner(asked: Asked) -> str:
    """Whose list is meant: sellers see their own, whomever they name."""
    if asked.actor.has("staff"):
        named: str = asked.query.seller_id
        return named or PLATFORM
    return asked.actor.seller_id


def codes(asked: Asked) -> Page | None:
    """The codes of one of your campaigns, in the order in which they were made."""
    query: PageQuery = asked.query
    campaign = coupon_campaign(asked)
    if campaign is None:
        return None
    after = query.position(tuple[IdText])
    found = codes_of_campaign(campaign, after[0] if after else "", query.limit + 1)
    last = cursor(found[query.limit - 1].coupon_id) if len(found) > query.limit else ""
    return page(found, query, f"{PREFIX}coupon-campaigns/{asked['campaign_id']}/coupons", last)


OWN = (Owned("promotions", "promotion_id", {"funded_by": seller_asking}, NoSuchPromotion),)
OWN_CAMPAIGN = (Owned("coupon_campaigns", "campaign_id", {"funded_by": seller_asking}, NoSuchCampaign),)
OWN_COUPON = (Owned("coupons", "code", {"funded_by": seller_asking}, NoSuchCoupon, "code", spelled=normal),)

endpoints = [
    # First: terms that are shown are described under the same name as terms that are sent, which ask for more.
    get("coupons", coupons, allow=merchant, parameters=CouponsQuery, answers=Page),
    get("coupons/{code}", coupon, allow=merchant, answers=CouponShown),
    get("promotions", promotions, allow=merchant, parameters=PromotionsQuery, answers=Page),
    get("promotions/{promotion_id}", promotion, allow=merchant, answers=PromotionShown),
    post(
        "coupon-campaigns",
        GenerateCoupons,
        allow=merchant,
        status=201,
        fill=paid_by,
        filled=("campaign_id", "funded_by"),
        answers=Made,
        location="coupon-campaigns/{id}",
    ),
    get("coupon-campaigns", coupon_campaigns, allow=merchant, parameters=CouponsQuery, answers=Page),
    get("coupon-campaigns/{campaign_id}", coupon_campaign, allow=merchant, answers=CampaignShown),
    get(
        "coupon-campaigns/{campaign_id}/coupons",
        codes,
        allow=merchant,
        parameters=PageQuery,
        answers=Page,
        called="ListCodesOfCampaign",
    ),
    post(
        "coupon-campaigns/{campaign_id}/disable",
        DisableCouponCampaign,
        allow=merchant,
        answers=Made,
        owned=OWN_CAMPAIGN,
    ),
    post(
        "coupons",
        CreateCoupon,
        allow=merchant,
        status=201,
        fill=paid_by,
        filled=("coupon_id", "funded_by"),
        answers=Made,
    ),
    post(
        "promotions",
        CreatePromotion,
        allow=merchant,
        status=201,
        fill=paid_by,
        filled=("promotion_id", "funded_by"),
        answers=Made,
        location="promotions/{id}",
    ),
    post(
        "promotions/simulate",
        SimulatePromotion,
        allow=merchant,
        fill=paid_by,
        filled=("funded_by",),
        answers=SimulatedDiscounts,
    ),
    post("promotions/{promotion_id}/end", EndPromotion, allow=merchant, answers=Made, owned=OWN),
    get("promotions/buyers/{buyer_id}/groups", buyer_groups, allow=staff, answers=BuyerKnown),
    put("promotions/buyers/{buyer_id}/groups", AssignBuyerGroups, allow=staff, answers=Made),
    post("coupons/disable", DisableCoupons, allow=merchant),
    post("coupons/{code}/disable", DisableCoupon, allow=merchant, answers=Made, owned=OWN_COUPON),
]
