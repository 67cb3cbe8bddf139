"""Deliberate bugs of where orders go."""

from __future__ import annotations

from argosy.domains.orders.application import deliveries
from argosy.domains.orders.domain.order import Order
from argosy.read_models.order_history.projector import OrderHistoryProjector
from tests.simulation.planting import Patch, around, mutant


@mutant
def sellers_say_where_it_goes(patch: Patch) -> None:
    """Who sold something can have it sent elsewhere."""
    patch.setattr(deliveries, "SELLER", "nobody")


@mutant
def new_address_is_not_shown(patch: Patch) -> None:
    """An order goes elsewhere, and is shown as before."""
    around(patch, OrderHistoryProjector, "deliver_elsewhere", lambda original, self, event: None)


@mutant
def new_address_is_not_kept(patch: Patch) -> None:
    """Whoever has an order sent elsewhere is told yes, and it goes where it went."""
    around(patch, Order, "deliver_to", lambda original, self, address, occasion: None)
