"""Deliberate bugs about prices, money and credit in a second currency."""

from __future__ import annotations

from typing import Any

from argosy.domains.products.application.pricing import Pricing
from argosy.domains.products.domain.offer import Charged, Offer
from argosy.domains.promotions.domain.coupon import Coupon
from argosy.read_models.order_history.projector import SellerDashboard
from tests.simulation.planting import Patch, around, mutant


@mutant
def every_price_is_the_own_one(patch: Patch) -> None:
    """What has a price in another currency is quoted in that currency at the amount of its own."""

    def price_in(original: Any, self: Offer, currency: str) -> Charged | None:
        found = original(self, currency)
        return None if found is None else found._replace(amount=self.unit_amount)

    around(patch, Offer, "price_in", price_in)


@mutant
def ended_price_is_charged_on(patch: Patch) -> None:
    """A seller who sells in a currency no more is told yes, and goes on selling in it."""

    def beside(original: Any, self: Pricing, *given: Any) -> None:
        *_, price, _ = given
        if price is not None:
            original(self, *given)

    around(patch, Pricing, "_price_beside", beside)


@mutant
def turnover_is_added_up_across_currencies(patch: Patch) -> None:
    """A seller is shown one revenue, whatever currencies it was earned in."""
    around(
        patch,
        SellerDashboard,
        "earn",
        lambda original, self, amount, currency: original(self, amount, self.currency or currency),
    )


@mutant
def amounts_count_in_every_currency(patch: Patch) -> None:
    """A coupon of a fixed amount takes as many minor units off whatever currency is paid in."""
    around(
        patch,
        Coupon,
        "reason_against",
        lambda original, self, now, currency: original(self, now, self.terms.currency or currency),
    )
