"""Coupons and promotions over HTTP: staff's, and those that sellers pay for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

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
from argosy.domains.promotions.adapters.outbound.queries import CampaignShown, campaign_shown, codes_of_campaign
from argosy.domains.promotions.application.promotions import SimulatedDiscounts
from argosy.domains.promotions.domain.campaign import NoSuchCampaign
from argosy.domains.promotions.domain.coupon import NoSuchCoupon, normal
from argosy.domains.promotions.domain.promotion import NoSuchPromotion
from argosy.platform.auth import merchant, staff
from argosy.platform.bodies import ID_PATTERN
from argosy.platform.owned import Owned, seller_asking
from argosy.platform.pages import Page, PageQuery, cursor, page
from argosy.platform.rest import PREFIX, Asked, Made, get, post, put

_Id = Annotated[str, msgspec.Meta(pattern=ID_PATTERN)]


def paid_by(asked: Asked) -> Mapping[str, Any]:
    """Staff's coupons are the platform's, a seller's are their own."""
    return {"funded_by": "platform" if asked.actor.has("staff") else asked.actor.seller_id}


def coupon_campaign(asked: Asked) -> CampaignShown | None:
    """One of your campaigns; staff see everybody's."""
    return campaign_shown(asked["campaign_id"], None if asked.actor.has("staff") else asked.actor.seller_id)


def codes(asked: Asked) -> Page | None:
    """The codes of one of your campaigns, in the order in which they were made."""
    query: PageQuery = asked.query
    campaign = coupon_campaign(asked)
    if campaign is None:
        return None
    after = query.position(tuple[_Id])
    found = codes_of_campaign(campaign, after[0] if after else "", query.limit + 1)
    last = cursor(found[query.limit - 1].coupon_id) if len(found) > query.limit else ""
    return page(found, query, f"{PREFIX}coupon-campaigns/{asked['campaign_id']}/coupons", last)


OWN = (Owned("promotions", "promotion_id", {"funded_by": seller_asking}, NoSuchPromotion),)
OWN_CAMPAIGN = (Owned("coupon_campaigns", "campaign_id", {"funded_by": seller_asking}, NoSuchCampaign),)
OWN_COUPON = (Owned("coupons", "code", {"funded_by": seller_asking}, NoSuchCoupon, "code", spelled=normal),)

endpoints = [
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
    put("promotions/buyers/{buyer_id}/groups", AssignBuyerGroups, allow=staff, answers=Made),
    post("coupons/disable", DisableCoupons, allow=merchant),
    post("coupons/{code}/disable", DisableCoupon, allow=merchant, answers=Made, owned=OWN_COUPON),
]
