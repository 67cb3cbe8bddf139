"""Deliberate bugs of what guests buy, and of whose it is afterwards."""

from __future__ import annotations

from typing import Any

from argosy.domains.accounts.application import claims
from argosy.domains.accounts.application.erasures import Erasures
from argosy.domains.accounts.application.guests import Guests
from argosy.domains.accounts.domain.guest_purchase import GuestPurchase
from argosy.domains.orders.domain.order import Order
from argosy.read_models.order_history.projector import OrderHistoryProjector
from tests.simulation.planting import Patch, around, mutant


@mutant
def guest_leaves_with_the_first(patch: Patch) -> None:
    """Whoever leaves takes along the guest that they have bought as, whoever else has claimed from it."""
    around(patch, Erasures, "_is_shared", lambda original, self, guest, user_id: False)


@mutant
def what_was_not_bought_is_claimed(patch: Patch) -> None:
    """A checkout that came to nothing is claimed like a purchase."""

    def may_claim(user: Any, purchase: GuestPurchase) -> bool:
        return user.is_there and user.is_verified and user.email == purchase.email

    def note(original: Any, self: Guests, checkout_id: Any, guest: Any, email: str) -> None:
        original(self, checkout_id, guest, email)
        self.purchases.get(checkout_id).is_bought = True

    for module in ("argosy.domains.accounts.domain.guest_purchase", "argosy.domains.accounts.application.claims"):
        patch.setattr(f"{module}.may_claim", may_claim)
    around(patch, Guests, "_note", note)


@mutant
def who_registers_later_gets_nothing(patch: Patch) -> None:
    """What was bought before its address was proven stays the guest's alone."""
    around(patch, claims.Claims, "claim_purchases", lambda original, self, event: None)


@mutant
def claimed_orders_are_not_written_down(patch: Patch) -> None:
    """A purchase is an account's as well, and its orders are the guest's alone."""
    around(patch, Order, "claim", lambda original, self, user_id: None)


@mutant
def claimed_orders_are_not_shown(patch: Patch) -> None:
    """Whoever has claimed an order does not find it among theirs."""
    around(patch, OrderHistoryProjector, "claim", lambda original, self, event: None)
