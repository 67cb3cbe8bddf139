"""Inventory: how much of each stock unit there is, and for whom it is held."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from argosy.contracts.inventory import ExpireReservations, TellStock
from argosy.contracts.inventory_counts import AskWarehouses
from argosy.domains.inventory.application.count_runs import WAREHOUSE, CountRuns, WarehouseQuestion
from argosy.domains.inventory.application.keeping import StockKeeping
from argosy.domains.inventory.application.reservations import (
    DEFAULT_RULES,
    HoldingRules,
    OverdueReservations,
    Reservations,
)
from argosy.domains.inventory.application.stock import Stock
from argosy.domains.inventory.application.telling import Telling, UntoldUnits
from argosy.domains.inventory.application.warehouses import Counting, Transfers, Warehouses
from argosy.domains.inventory.domain.allocation import DEFAULT_POLICY, POLICIES
from argosy.domains.inventory.domain.count_run import CountedPart, CountRun
from argosy.domains.inventory.domain.reservation import OPEN_HOLDS_MAX, OPEN_HOLDS_OF_BUYER_MAX, Reservation
from argosy.domains.inventory.domain.stock import StockItem, StockMovement
from argosy.domains.inventory.domain.transfer import StockCount, StockTransfer
from argosy.domains.inventory.domain.warehouse import Warehouse
from argosy.engine.due import CallTarget, Every
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context

SERVICES = (Stock, Reservations, Warehouses, Transfers, Counting, Telling, CountRuns)
COUNTS_FOLDER = "ARGOSY_COUNTS_FOLDER"


def build(
    work: UnitOfWork,
    overdue: OverdueReservations,
    untold: UntoldUnits,
    rules: HoldingRules = DEFAULT_RULES,
    *,
    has_system: bool = False,
) -> tuple[Any, ...]:
    """The services for one unit of work."""
    items, movements = work.repository(StockItem), work.repository(StockMovement)
    warehouses = work.repository(Warehouse)
    keeping = StockKeeping(work, items, movements, warehouses)
    return (
        Stock(work, items, movements, warehouses),
        Reservations(work, items, work.repository(Reservation), overdue, warehouses, rules),
        Warehouses(work, warehouses),
        Transfers(keeping, work.repository(StockTransfer)),
        Counting(keeping, work.repository(StockCount)),
        Telling(work, items, untold),
        CountRuns(keeping, work.repository(CountRun), work.repository(CountedPart), has_system=has_system),
    )


class InventoryContext(Context):
    name = "argosy.domains.inventory.adapters.outbound"
    label = "inventory"
    database = "inventory_db"
    criticality = "critical"
    services = SERVICES
    hears = ("checkout", "inventory", "orders")
    schedule = (
        Every(seconds=15, send=ExpireReservations()),
        Every(seconds=15, send=TellStock(), first_after=15),
        Every(seconds=60, send=AskWarehouses(), first_after=60),
    )

    @cached_property
    def policy(self) -> str:
        """From which warehouses goods are taken: one of `POLICIES`, by the setting ARGOSY_ALLOCATION."""
        name = os.environ.get("ARGOSY_ALLOCATION", DEFAULT_POLICY)
        if name not in POLICIES:
            raise ImproperlyConfigured(f"ARGOSY_ALLOCATION is {name!r}; it is one of {', '.join(POLICIES)}")
        return name

    @cached_property
    def rules(self) -> HoldingRules:
        """The policy, and by the setting ARGOSY_OPEN_HOLDS_MAX how many open holds a buyer may have on one unit."""
        text = os.environ.get("ARGOSY_OPEN_HOLDS_MAX", "") or str(OPEN_HOLDS_MAX)
        if not (text.isascii() and text.isdigit() and int(text[:9]) <= OPEN_HOLDS_OF_BUYER_MAX):
            raise ImproperlyConfigured(
                f"ARGOSY_OPEN_HOLDS_MAX is {text!r}; it is a whole number from 1 to {OPEN_HOLDS_OF_BUYER_MAX}, or 0 "
                "for no bound"
            )
        return HoldingRules(self.policy, int(text))

    def build(self, work: UnitOfWork) -> tuple[object, ...]:
        return build(
            work, self.overdue(work), self.untold(work), self.rules, has_system=bool(os.environ.get(COUNTS_FOLDER))
        )

    def overdue(self, work: UnitOfWork) -> OverdueReservations:
        """Where overdue reservations are looked for; a simulation looks through its own store instead."""
        from argosy.domains.inventory.adapters.outbound.queries import overdue_reservations

        return overdue_reservations

    def untold(self, work: UnitOfWork) -> UntoldUnits:
        """Where stock units are looked for that nobody was told of yet; likewise."""
        from argosy.domains.inventory.adapters.outbound.queries import untold_units

        return untold_units

    def rows(self) -> tuple[Any, ...]:
        from argosy.domains.inventory.adapters.outbound.repositories import ROWS

        return ROWS

    def calls(self) -> dict[str, CallTarget]:
        """The folder into which a warehouse's system writes its counts, where the operator has named one."""
        folder = os.environ.get(COUNTS_FOLDER)
        if not folder:
            return {}
        from argosy.domains.inventory.adapters.outbound.gateways.count_files import CountFolder

        return {WAREHOUSE: CallTarget(WarehouseQuestion, CountFolder(Path(folder)).next, seconds=60)}
