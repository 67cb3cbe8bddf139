"""Promotions: every discount decision, and how often each coupon is used."""

from __future__ import annotations

from typing import Any

from argosy.contracts.promotions import ExpireCouponUses, ExpirePromotions, ReconcileUses
from argosy.domains.promotions.application.books import Books
from argosy.domains.promotions.application.buyers import Buyers
from argosy.domains.promotions.application.campaigns import Campaigns, Randomness
from argosy.domains.promotions.application.coupons import Coupons
from argosy.domains.promotions.application.promotions import EndedPromotions, Promotions, ending
from argosy.domains.promotions.application.reconciling import FindDrifts, Reconciling
from argosy.domains.promotions.application.redemptions import ExpiredUses, Redemptions
from argosy.domains.promotions.domain.buyer import Buyer
from argosy.domains.promotions.domain.campaign import Campaign
from argosy.domains.promotions.domain.coupon import Coupon
from argosy.domains.promotions.domain.promotion import EndedPromotion, Promotion
from argosy.domains.promotions.domain.redemption import BuyerUse, Redemption
from argosy.engine.due import Every
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context
from argosy.platform.randomness import SystemRandomness


class PromotionsContext(Context):
    name = "argosy.domains.promotions.adapters.outbound"
    label = "promotions"
    database = "coupons_db"
    criticality = "medium"
    outbox_table = "coupons_outbox_events"
    services = (Coupons, Campaigns, Redemptions, Buyers, Promotions, Reconciling)
    randomness: Randomness = SystemRandomness()
    hears = ("checkout", "promotions", "orders")
    schedule = (
        Every(seconds=30, send=ExpireCouponUses()),
        Every(seconds=300, send=ExpirePromotions(), first_after=300),
        Every(seconds=6 * 3_600, send=ReconcileUses(), first_after=3_600),
    )

    def build(self, work: UnitOfWork) -> tuple[object, ...]:
        coupons, promotions = work.repository(Coupon), work.repository(Promotion)
        campaigns, buyers = work.repository(Campaign), work.repository(Buyer)
        end = ending(work, promotions, work.repository(EndedPromotion))
        books = Books(
            work,
            coupons,
            campaigns,
            work.repository(Redemption),
            work.repository(BuyerUse),
            promotions,
            buyers,
            end,
        )
        return (
            Coupons(work, coupons),
            Campaigns(work, campaigns, coupons, self.randomness),
            Redemptions(work, books, self.expired(work)),
            Buyers(work, buyers),
            Promotions(work, promotions, self.ended(work), end),
            Reconciling(work, coupons, promotions, books.buyer_uses, self.drifts(work)),
        )

    def ended(self, work: UnitOfWork) -> EndedPromotions:
        """Where promotions are looked for whose time has ended; a simulation looks through its own store instead."""
        from argosy.domains.promotions.adapters.outbound.queries import ended_promotions

        return ended_promotions

    def drifts(self, work: UnitOfWork) -> FindDrifts:
        """Where wrong counters are looked for; a simulation does not look, so that its oracles see them."""
        from argosy.domains.promotions.adapters.outbound.drifts import drifts

        return drifts

    def expired(self, work: UnitOfWork) -> ExpiredUses:
        """Where overdue uses are looked for; a simulation looks through its own store instead."""
        from argosy.domains.promotions.adapters.outbound.queries import expired_uses

        return expired_uses

    def rows(self) -> tuple[Any, ...]:
        from argosy.domains.promotions.adapters.outbound.repositories import ROWS

        return ROWS
