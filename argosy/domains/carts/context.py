"""Carts: what each buyer means to buy. Disposable; no cart computes money."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from argosy.contracts.carts import FindAbandonedCarts, SweepGuestCarts
from argosy.domains.carts.application.carts import Carts
from argosy.domains.carts.application.guests import Guests
from argosy.domains.carts.application.ports import OldCarts, Randomness
from argosy.domains.carts.application.sweeping import Patience, PatienceIsWrong, Sweeping
from argosy.domains.carts.application.wishlists import Wishlists
from argosy.domains.carts.domain.cart import Cart
from argosy.domains.carts.domain.wishlist import Wishlist
from argosy.engine.due import Every
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context
from argosy.platform.randomness import SystemRandomness


class CartsContext(Context):
    name = "argosy.domains.carts.adapters.outbound"
    label = "carts"
    database = "cart_db"
    criticality = "high"
    services = (Carts, Wishlists, Guests, Sweeping)
    hears = ("checkout", "carts")
    schedule = (
        Every(seconds=900, send=FindAbandonedCarts(), first_after=300),
        Every(seconds=3_600, send=SweepGuestCarts(), first_after=600),
    )
    randomness: Randomness = SystemRandomness()

    @cached_property
    def patience(self) -> Patience:
        """For how long carts may lie untouched, by setting."""
        try:
            return Patience.of(os.environ)
        except PatienceIsWrong as error:
            raise ImproperlyConfigured(str(error)) from None

    def build(self, work: UnitOfWork) -> tuple[object, ...]:
        carts = work.repository(Cart)
        return (
            Carts(work, carts),
            Wishlists(work, work.repository(Wishlist), carts),
            Guests(work, carts, self.randomness),
            Sweeping(work, carts, self.old(work), self.patience),
        )

    def old(self, work: UnitOfWork) -> OldCarts:
        """Where old carts are looked for; a simulation looks through its own store instead."""
        from argosy.domains.carts.adapters.outbound.queries import StoredOldCarts

        return StoredOldCarts()

    def rows(self) -> tuple[Any, ...]:
        from argosy.domains.carts.adapters.outbound.repositories import ROWS

        return ROWS
