"""Inventory: how much of each stock unit there is, and for whom it is held."""

from __future__ import annotations

from typing import Any

from argosy.contracts.inventory import ExpireReservations
from argosy.domains.inventory.application.reservations import OverdueReservations, Reservations
from argosy.domains.inventory.application.stock import Stock
from argosy.domains.inventory.domain.reservation import Reservation
from argosy.domains.inventory.domain.stock import StockItem, StockMovement
from argosy.engine.due import CallTarget
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context, Every


class InventoryContext(Context):
    name = "argosy.domains.inventory.adapters.outbound"
    label = "inventory"
    database = "inventory_db"
    criticality = "critical"
    services = (Stock, Reservations)
    hears = ("checkout", "inventory", "orders")
    schedule = (Every(seconds=15, send=ExpireReservations()),)

    def build(self, work: UnitOfWork) -> tuple[object, ...]:
        items = work.repository(StockItem)
        return (
            Stock(work, items, work.repository(StockMovement)),
            Reservations(work, items, work.repository(Reservation), self.overdue(work)),
        )

    def overdue(self, work: UnitOfWork) -> OverdueReservations:
        """Where overdue reservations are looked for; a simulation looks through its own store instead."""
        from argosy.domains.inventory.adapters.outbound.queries import overdue_reservations

        return overdue_reservations

    def rows(self) -> tuple[Any, ...]:
        from argosy.domains.inventory.adapters.outbound.repositories import ROWS

        return ROWS

    def calls(self) -> dict[str, CallTarget]:
        return {}
