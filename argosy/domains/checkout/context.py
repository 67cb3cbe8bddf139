"""Checkout: the flow from a cart to paid orders. It owns process, not truth."""

from __future__ import annotations

from typing import Any

from argosy.contracts.checkout import CompensateCheckout, ExpireCheckout, FindSlowCheckouts, RetryCheckout
from argosy.domains.checkout.application.checkout_flow import CheckoutFlow
from argosy.domains.checkout.application.people import CheckoutPeople
from argosy.domains.checkout.application.saga import CheckoutSaga
from argosy.domains.checkout.application.watching import CheckoutWatch
from argosy.domains.checkout.domain.session import CheckoutDetail, CheckoutSession
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context, Every
from argosy.platform.flows import Watched


class CheckoutContext(Context):
    name = "argosy.domains.checkout.adapters.outbound"
    label = "checkout"
    database = "checkout_db"
    criticality = "high"
    services = (CheckoutFlow, CheckoutWatch, CheckoutPeople)
    hears = ("checkout", "orders")
    schedule = (Every(seconds=120, send=FindSlowCheckouts(), first_after=120),)
    flows = (
        Watched(
            name="checkout",
            saga=CheckoutSaga,
            state=CheckoutSession,
            began="started_at",
            timers=(ExpireCheckout, RetryCheckout),
            retry=RetryCheckout,
            compensate=CompensateCheckout,
        ),
    )

    def build(self, work: UnitOfWork) -> tuple[object, ...]:
        sessions, details = work.repository(CheckoutSession), work.repository(CheckoutDetail)
        parts = (work, sessions, details)
        return CheckoutFlow(*parts), CheckoutWatch(*parts), CheckoutPeople(*parts)

    def rows(self) -> Any:
        from argosy.domains.checkout.adapters.outbound.repositories import ROWS

        return ROWS
