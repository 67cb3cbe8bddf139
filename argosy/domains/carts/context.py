"""Carts: what each buyer means to buy. Disposable; no cart computes money."""

from __future__ import annotations

from typing import Any

from argosy.domains.carts.application.carts import Carts
from argosy.domains.carts.application.guests import Guests
from argosy.domains.carts.application.ports import Randomness
from argosy.domains.carts.application.wishlists import Wishlists
from argosy.domains.carts.domain.cart import Cart
from argosy.domains.carts.domain.wishlist import Wishlist
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context
from argosy.platform.randomness import SystemRandomness


class CartsContext(Context):
    name = "argosy.domains.carts.adapters.outbound"
    label = "carts"
    database = "cart_db"
    criticality = "high"
    services = (Carts, Wishlists, Guests)
    hears = ("checkout",)
    randomness: Randomness = SystemRandomness()

    def build(self, work: UnitOfWork) -> tuple[object, ...]:
        carts = work.repository(Cart)
        return (
            Carts(work, carts),
            Wishlists(work, work.repository(Wishlist), carts),
            Guests(work, carts, self.randomness),
        )

    def rows(self) -> tuple[Any, ...]:
        from argosy.domains.carts.adapters.outbound.repositories import ROWS

        return ROWS
