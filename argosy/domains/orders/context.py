"""Orders: the legal record of every sale, one order per seller, and the path that each has taken."""

from __future__ import annotations

from typing import Any

from argosy.contracts.orders import FindOpenPurchases, FindStuckOrders
from argosy.domains.orders.application.cancellations import Cancellations
from argosy.domains.orders.application.claims import OrderClaims
from argosy.domains.orders.application.deliveries import Deliveries
from argosy.domains.orders.application.departures import Departures
from argosy.domains.orders.application.orders import Orders
from argosy.domains.orders.application.receipts import Receipts, SoldItems
from argosy.domains.orders.application.reconciling import OrderReconciliation
from argosy.domains.orders.application.stuck import StuckOrders, StuckOrderWatch
from argosy.domains.orders.domain.cancellation import Cancellation
from argosy.domains.orders.domain.order import Order
from argosy.domains.orders.domain.purchase import Purchase
from argosy.engine.due import Every
from argosy.engine.lookback import Lookback
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context


class OrdersContext(Context):
    name = "argosy.domains.orders.adapters.outbound"
    label = "orders"
    database = "orders_db"
    criticality = "critical"
    services = (
        Orders,
        Departures,
        OrderReconciliation,
        Cancellations,
        Deliveries,
        StuckOrderWatch,
        Receipts,
        OrderClaims,
    )
    hears = ("checkout", "accounts", "orders", "payments")
    schedule = (
        Every(seconds=60, send=FindOpenPurchases(), first_after=60),
        Every(seconds=21_600, send=FindStuckOrders(), first_after=600),
    )

    def build(self, work: UnitOfWork) -> tuple[object, ...]:
        purchases, orders = work.repository(Purchase), work.repository(Order)
        return (
            Orders(work, purchases, orders),
            Departures(work, purchases, orders),
            OrderReconciliation(work, purchases, orders, Lookback(work, "orders.open")),
            Cancellations(work, purchases, orders, work.repository(Cancellation)),
            Deliveries(work, orders),
            StuckOrderWatch(work, self.stuck(work)),
            Receipts(work, orders, self.sold(work)),
            OrderClaims(work, purchases, orders),
        )

    def sold(self, work: UnitOfWork) -> SoldItems:
        """Where an order's lines are looked up, which are not loaded with it."""
        from argosy.domains.orders.adapters.outbound.queries import sold_items

        return sold_items

    def stuck(self, work: UnitOfWork) -> StuckOrders:
        """Where orders that do not move on are looked for; a simulation looks through its own store instead."""
        from argosy.domains.orders.adapters.outbound.queries import stuck_orders

        return stuck_orders

    def rows(self) -> tuple[Any, ...]:
        from argosy.domains.orders.adapters.outbound.repositories import ROWS

        return ROWS
