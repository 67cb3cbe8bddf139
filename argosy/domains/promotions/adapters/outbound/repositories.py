"""How promotions' aggregates become rows."""

from __future__ import annotations

from argosy.domains.promotions.adapters.outbound.models import (
    BuyerRow,
    BuyerUseRow,
    CampaignRow,
    CouponRedemptionRow,
    CouponRow,
    EndedPromotionRow,
    PromotionRow,
)
from argosy.domains.promotions.domain.buyer import Buyer
from argosy.domains.promotions.domain.campaign import Campaign
from argosy.domains.promotions.domain.coupon import Coupon
from argosy.domains.promotions.domain.promotion import EndedPromotion, Promotion
from argosy.domains.promotions.domain.redemption import BuyerUse, Redemption
from argosy.platform.rows import Rows

ROWS = (
    Rows(Coupon, CouponRow, names={"basis_points": "discount"}),
    Rows(Redemption, CouponRedemptionRow),
    Rows(BuyerUse, BuyerUseRow),
    Rows(
        Promotion,
        PromotionRow,
        copies={
            "units_max": lambda promotion: promotion.terms.units_max,
            "buyer_limit": lambda promotion: promotion.buyer_limit,
        },
    ),
    Rows(EndedPromotion, EndedPromotionRow),
    Rows(Buyer, BuyerRow),
    Rows(Campaign, CampaignRow),
)
