"""Who buyers are to promotions: facts that conditions ask for, told by orders and by staff."""

from __future__ import annotations

from argosy.contracts.accounts import PersonErased
from argosy.contracts.orders import OrderConfirmed
from argosy.contracts.promotions import AssignBuyerGroups
from argosy.domains.promotions.domain.buyer import Buyer
from argosy.engine.reads import reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import NotAllowed
from argosy.shared_kernel.ids import Id


class MayNotGroupBuyers(NotAllowed):
    """Staff put buyers into groups."""


class Buyers:
    """What is known of buyers. A quote fixes what it counted with: what changes afterwards changes no quote."""

    def __init__(self, work: UnitOfWork, buyers: Repository[Buyer]) -> None:
        self.work = work
        self.buyers = buyers

    @reads(buyers=lambda command: [command.buyer_id])
    def assign_buyer_groups(self, command: AssignBuyerGroups) -> Id:
        """These groups, and no others."""
        actor = self.work.actor
        if not (actor.has("staff") or actor.has("system")):
            raise MayNotGroupBuyers()
        self._buyer(command.buyer_id).put_into(command.groups)
        return command.buyer_id

    @reads(buyers=lambda event: [event.buyer_id])
    def note_order(self, event: OrderConfirmed) -> None:
        """Their first order is behind them, whatever becomes of it."""
        buyer = self._buyer(event.buyer_id)
        if not buyer.has_ordered:
            buyer.has_ordered = True

    @reads(buyers=lambda event: [event.user_id])
    def forget_person(self, event: PersonErased) -> None:
        buyer = self.buyers.find(event.user_id)
        if buyer is not None:
            self.buyers.remove(buyer)

    def _buyer(self, id: Id) -> Buyer:
        known = self.buyers.find(id)
        if known is None:
            known = Buyer(id=id)
            self.buyers.add(known)
        return known
