"""What shipping can be asked about its rates: set one, quote with them."""

from __future__ import annotations

from collections.abc import Iterator

from argosy.contracts.shipping import QuoteShipping, SetShippingRate, ShippingQuoted
from argosy.domains.shipping.domain.rate import (
    PLATFORM,
    MayNotSetRates,
    ShippingRate,
    charges,
    check_lines,
    check_rate,
    rate_id,
)
from argosy.engine.reads import reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id


def _wanted(command: QuoteShipping) -> Iterator[Id]:
    for line in command.lines:
        yield rate_id(line.seller_id, line.method, command.currency)
        yield rate_id(PLATFORM, line.method, command.currency)


class ShippingRates:
    """A quote counts with the rates of its moment and writes nothing but its answer."""

    def __init__(self, work: UnitOfWork, rates: Repository[ShippingRate]) -> None:
        self.work = work
        self.rates = rates

    @then_reads(rates=lambda self, command: [rate_id(self._seller_of(command), command.method, command.currency)])
    def set_shipping_rate(self, command: SetShippingRate) -> Id:
        """Say what a seller charges from now on; the rate's id. Staff who name no seller set the platform's rate."""
        check_rate(command)
        seller_id = self._seller_of(command)
        id = rate_id(seller_id, command.method, command.currency)
        rate = self.rates.find(id)
        if rate is None:
            rate = ShippingRate(id=id, seller_id=seller_id, method=command.method, currency=command.currency)
            self.rates.add(rate)
        rate.apply(command)
        return id

    @reads(rates=_wanted)
    def quote_shipping(self, command: QuoteShipping) -> None:
        """Price delivery of every line, or refuse with every line that cannot be delivered so."""
        check_lines(command.lines, command.country, command.currency)
        rates: dict[tuple[str, str], ShippingRate] = {}
        for line in command.lines:
            key = (line.seller_id, line.method)
            if key not in rates:
                rate = self.rates.find(rate_id(line.seller_id, line.method, command.currency)) or self.rates.find(
                    rate_id(PLATFORM, line.method, command.currency)
                )
                if rate is not None:
                    rates[key] = rate
        self.work.announce(
            ShippingQuoted(flow_id=command.flow_id, charges=charges(command.lines, command.country, rates))
        )

    def _seller_of(self, command: SetShippingRate) -> Id:
        actor = self.work.actor
        if actor.has("system") or actor.has("staff"):
            return command.seller_id or PLATFORM
        if not actor.has("seller") or not actor.seller_id or command.seller_id not in (None, actor.seller_id):
            raise MayNotSetRates()
        return Id(actor.seller_id)
