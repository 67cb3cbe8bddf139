"""Checkout: the flow from a cart to paid orders. It owns process, not truth."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from argosy.contracts.checkout import (
    CompensateCheckout,
    ExpireCheckout,
    FindSlowCheckouts,
    RetryCheckout,
    SweepQuotes,
)
from argosy.domains.checkout.application.checkout_flow import CheckoutFlow
from argosy.domains.checkout.application.people import CheckoutPeople
from argosy.domains.checkout.application.quotes import ExpiredQuotes, Quotes
from argosy.domains.checkout.application.saga import CheckoutSaga
from argosy.domains.checkout.application.watching import CheckoutWatch
from argosy.domains.checkout.domain.quotation import Quotation
from argosy.domains.checkout.domain.request import ShopTerms
from argosy.domains.checkout.domain.session import CheckoutDetail, CheckoutSession
from argosy.engine.due import Every
from argosy.engine.store import Changes
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context
from argosy.platform.flows import Watched


class CheckoutContext(Context):
    name = "argosy.domains.checkout.adapters.outbound"
    label = "checkout"
    database = "checkout_db"
    criticality = "high"
    services = (CheckoutFlow, CheckoutWatch, CheckoutPeople, Quotes)
    hears = ("checkout", "orders")
    schedule = (
        Every(seconds=120, send=FindSlowCheckouts(), first_after=120),
        Every(seconds=120, send=SweepQuotes(), first_after=180),
    )
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

    @cached_property
    def terms(self) -> ShopTerms:
        """What the operator has set; a simulation has a shop of its own."""
        from argosy.domains.checkout.adapters.outbound.shop_terms import shop_terms

        return shop_terms()

    def build(self, work: UnitOfWork) -> tuple[object, ...]:
        sessions, details = work.repository(CheckoutSession), work.repository(CheckoutDetail)
        quotes = work.repository(Quotation)
        return (
            CheckoutFlow(work, sessions, details, quotes, self.terms),
            CheckoutWatch(work, sessions, details),
            CheckoutPeople(work, sessions, details, quotes),
            Quotes(work, quotes, self.expired_quotes(work), self.terms),
        )

    def expired_quotes(self, work: UnitOfWork) -> ExpiredQuotes:
        """Where expired quotes are looked for; a simulation looks through its own store instead."""
        from argosy.domains.checkout.adapters.outbound.quotes import expired_quotes

        return expired_quotes

    def news(self, changes: Changes) -> set[str]:
        """Quotes that somebody may be waiting for; checkouts have a view of their own."""
        return {f"document:quote:{now.id}" for now, _ in changes.updates.get(Quotation, ())}

    def rows(self) -> Any:
        from argosy.domains.checkout.adapters.outbound.repositories import ROWS

        return ROWS
