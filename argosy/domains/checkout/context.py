"""Checkout: the flow from a cart to paid orders. It owns process, not truth."""

from __future__ import annotations

from typing import Any

from argosy.domains.checkout.application.checkout_flow import CheckoutFlow
from argosy.domains.checkout.application.people import CheckoutPeople
from argosy.domains.checkout.domain.session import CheckoutDetail, CheckoutSession
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context


class CheckoutContext(Context):
    name = "argosy.domains.checkout.adapters.outbound"
    label = "checkout"
    database = "checkout_db"
    criticality = "high"
    services = (CheckoutFlow, CheckoutPeople)
    hears = ("checkout",)

    def build(self, work: UnitOfWork) -> tuple[object, ...]:
        sessions, details = work.repository(CheckoutSession), work.repository(CheckoutDetail)
        return CheckoutFlow(work, sessions, details), CheckoutPeople(work, sessions, details)

    def rows(self) -> Any:
        from argosy.domains.checkout.adapters.outbound.repositories import ROWS

        return ROWS
