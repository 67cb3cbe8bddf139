"""What sellers and staff say of delivery: freight templates, and what holds for all of them."""

from __future__ import annotations

from argosy.contracts.shipping import EndShippingRate, SetDeliveryPolicy, SetShippingRate
from argosy.domains.shipping.domain.faults import MayNotSetRates, NoSuchRate, SellerNotReadable
from argosy.domains.shipping.domain.policy import policy_faults, policy_of
from argosy.domains.shipping.domain.rate import PLATFORM, ShippingRate, policy_id, rate_faults, rate_id
from argosy.engine.reads import reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import refuse
from argosy.shared_kernel.ids import Id, is_id


class ShippingRates:
    """A seller says what is their own, staff what is the platform's or anybody's."""

    def __init__(self, work: UnitOfWork, rates: Repository[ShippingRate]) -> None:
        self.work = work
        self.rates = rates

    @then_reads(
        rates=lambda self, command: [rate_id(self._seller_of(command.seller_id), command.method, command.currency)]
    )
    def set_shipping_rate(self, command: SetShippingRate) -> Id:
        """Say what a seller charges from now on; the rate's id. Staff who name no seller set the platform's rate."""
        refuse(rate_faults(command))
        seller_id = self._seller_of(command.seller_id)
        id = rate_id(seller_id, command.method, command.currency)
        rate = self.rates.find(id)
        if rate is None:
            rate = ShippingRate(id=id, seller_id=seller_id, method=command.method, currency=command.currency)
            self.rates.add(rate)
        rate.apply(command)
        return id

    @reads(rates=lambda command: [command.rate_id])
    def end_shipping_rate(self, command: EndShippingRate) -> None:
        """It counts no more; again changes nothing. Somebody else's is answered like one that is not there."""
        rate, actor = self.rates.find(command.rate_id), self.work.actor
        if rate is None or not rate.method:
            raise NoSuchRate()
        if not (actor.has("system") or actor.has("staff") or actor.seller_id == rate.seller_id):
            raise NoSuchRate()
        rate.end()

    @then_reads(rates=lambda self, command: [policy_id(self._seller_of(command.seller_id))])
    def set_delivery_policy(self, command: SetDeliveryPolicy) -> Id:
        """Say when parcels leave and which goods may not go where; staff who name no seller say it for the platform."""
        faults = list(policy_faults(command))
        if command.seller_id is not None and not is_id(command.seller_id):
            faults.insert(0, SellerNotReadable())
        refuse(faults)
        seller_id = self._seller_of(command.seller_id)
        id = policy_id(seller_id)
        row = self.rates.find(id)
        if row is None:
            row = ShippingRate(id=id, seller_id=seller_id, method="", currency="")
            self.rates.add(row)
        row.set_policy(policy_of(command))
        return id

    def _seller_of(self, named: Id | None) -> Id:
        actor = self.work.actor
        if actor.has("system") or actor.has("staff"):
            return named or PLATFORM
        if not actor.has("seller") or not actor.seller_id or named not in (None, actor.seller_id):
            raise MayNotSetRates()
        return Id(actor.seller_id)
