"""Orders: the legal record of every sale, one order per seller, and the path that each has taken."""

from __future__ import annotations

from typing import Any

from argosy.contracts.orders import FindOpenPurchases
from argosy.domains.orders.application.departures import Departures
from argosy.domains.orders.application.orders import Orders
from argosy.domains.orders.application.reconciling import OrderReconciliation
from argosy.domains.orders.domain.order import Order
from argosy.domains.orders.domain.purchase import Purchase
from argosy.engine.lookback import Lookback
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context, Every


class OrdersContext(Context):
    name = "argosy.domains.orders.adapters.outbound"
    label = "orders"
    database = "orders_db"
    criticality = "critical"
    services = (Orders, Departures, OrderReconciliation)
    hears = ("checkout", "accounts", "orders", "payments")
    schedule = (Every(seconds=60, send=FindOpenPurchases(), first_after=60),)

    def build(self, work: UnitOfWork) -> tuple[object, ...]:
        purchases, orders = work.repository(Purchase), work.repository(Order)
        return (
            Orders(work, purchases, orders),
            Departures(work, purchases, orders),
            OrderReconciliation(work, purchases, orders, Lookback(work, "orders.open")),
        )

    def rows(self) -> tuple[Any, ...]:
        from argosy.domains.orders.adapters.outbound.repositories import ROWS

        return ROWS
