"""Whoever is suspended as a seller is told nothing until they are reinstated, and who works on a store no more is told
nothing of it. Their keys end by themselves."""

from __future__ import annotations

from argosy.contracts.accounts import SellerReinstated, SellerSuspended
from argosy.contracts.accounts_teams import MemberRemoved
from argosy.domains.integrations.domain.webhook import Webhook
from argosy.engine.reads import by, reads
from argosy.engine.work import Repository, UnitOfWork


class Suspensions:
    """Stops webhooks of sellers, and lets them go on."""

    def __init__(self, work: UnitOfWork, webhooks: Repository[Webhook]) -> None:
        self.work = work
        self.webhooks = webhooks

    @reads(webhooks=lambda event: [by("owner", event.seller_id)])
    def stop_or_go_on(self, event: SellerSuspended | SellerReinstated) -> None:
        """What is on its way is held at its next try; what happens meanwhile is in the feed alone."""
        for webhook in self.webhooks.all_by("owner", event.seller_id):
            if isinstance(event, SellerSuspended):
                webhook.stop()
            else:
                webhook.go_on()

    @reads(webhooks=lambda event: [by("made_by", event.member_id)])
    def stop_of_member(self, event: MemberRemoved) -> None:
        """What they had told somewhere stays the store's: it is told again once the store has looked at where, and
        changed it."""
        for webhook in self.webhooks.all_by("made_by", event.member_id):
            webhook.leave()
