"""Campaigns of codes as their owners see them: asked for once, made a few hundred codes at a time."""

from __future__ import annotations

from typing import Protocol

from argosy.contracts.promotions import DisableCouponCampaign, GenerateCoupons, GenerateMoreCoupons
from argosy.domains.promotions.application.coupons import CouponsAreNotYoursToMake, may_decide
from argosy.domains.promotions.domain.campaign import Campaign, CampaignIdIsTaken, NoSuchCampaign
from argosy.domains.promotions.domain.coupon import Coupon
from argosy.engine.reads import reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id, is_id


class Randomness(Protocol):
    """Bytes that nobody can guess."""

    def random_bytes(self, count: int) -> bytes: ...


class Campaigns:
    """Who has which codes made."""

    def __init__(
        self,
        work: UnitOfWork,
        campaigns: Repository[Campaign],
        coupons: Repository[Coupon],
        randomness: Randomness,
    ) -> None:
        self.work = work
        self.campaigns = campaigns
        self.coupons = coupons
        self.randomness = randomness

    @reads(campaigns=lambda command: filter(is_id, [command.campaign_id]))
    def generate_coupons(self, command: GenerateCoupons) -> Id:
        """Codes that are made from now on. The same terms again under its id are the same campaign."""
        if not may_decide(self.work.actor, command.funded_by):
            raise CouponsAreNotYoursToMake()
        made = Campaign.create(command, command.campaign_id or self.work.new_id(), self.work.now)
        known = self.campaigns.find(made.id) if command.campaign_id else None
        if known is None:
            self.campaigns.add(made)
            self.work.announce(GenerateMoreCoupons(campaign_id=made.id))
        elif not known.has_terms_of(command):
            raise CampaignIdIsTaken()
        return made.id

    @reads(campaigns=lambda command: [command.campaign_id])
    def generate_more_coupons(self, command: GenerateMoreCoupons) -> None:
        """The next codes, until all are made or it is disabled; asked again after that, nothing."""
        campaign = self.campaigns.get(command.campaign_id)
        if campaign.is_done:
            return
        for coupon in campaign.make_more(self.work.new_id, self.randomness.random_bytes, self.work.now):
            self.coupons.add(coupon)
        if not campaign.is_done:
            self.work.announce(command)

    @reads(campaigns=lambda command: [command.campaign_id])
    def disable_coupon_campaign(self, command: DisableCouponCampaign) -> Id:
        """No code of it counts any more. A stranger's is answered like one that does not exist."""
        campaign = self.campaigns.find(command.campaign_id)
        if campaign is None or not may_decide(self.work.actor, campaign.funded_by):
            raise NoSuchCampaign()
        campaign.disable()
        return campaign.id
