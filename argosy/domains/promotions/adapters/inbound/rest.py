"""Coupons and promotions over HTTP: staff's, and those that sellers pay for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from argosy.contracts.promotions import CreateCoupon, CreatePromotion, DisableCoupon, EndPromotion, SimulatePromotion
from argosy.domains.promotions.application.promotions import SimulatedDiscounts
from argosy.platform.auth import merchant
from argosy.platform.rest import Asked, Made, post


def paid_by(asked: Asked) -> Mapping[str, Any]:
    """Staff's coupons are the platform's, a seller's are their own."""
    return {"funded_by": "platform" if asked.actor.has("staff") else asked.actor.seller_id}


endpoints = [
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
    post("promotions/{promotion_id}/end", EndPromotion, allow=merchant, answers=Made),
    post("coupons/{code}/disable", DisableCoupon, allow=merchant, answers=Made),
]
