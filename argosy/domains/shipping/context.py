"""Shipping: what delivery costs and how long it takes; the parcels themselves come later."""

from __future__ import annotations

from typing import Any

from argosy.domains.shipping.application.quotes import ShippingQuotes
from argosy.domains.shipping.application.rates import ShippingRates
from argosy.domains.shipping.domain.rate import ShippingRate
from argosy.engine.due import CallTarget
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context

SERVICES = (ShippingRates, ShippingQuotes)


def build(work: UnitOfWork) -> tuple[object, ...]:
    """The services for one unit of work."""
    rates = work.repository(ShippingRate)
    return (ShippingRates(work, rates), ShippingQuotes(work, rates))


class ShippingContext(Context):
    name = "argosy.domains.shipping.adapters.outbound"
    label = "shipping"
    database = "shipping_db"
    criticality = "high"
    services = SERVICES
    hears = ("checkout",)

    def build(self, work: UnitOfWork) -> tuple[object, ...]:
        return build(work)

    def rows(self) -> tuple[Any, ...]:
        from argosy.domains.shipping.adapters.outbound.repositories import ROWS

        return ROWS

    def calls(self) -> dict[str, CallTarget]:
        return {}
