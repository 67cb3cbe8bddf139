"""What sellers have sold, counted from the events of orders where the operator has thresholds watched.

It hears every order, so it is a subscription of its own, and off where nobody asks for it. It begins at the beginning
of orders' log, like a view: what was sold before it was switched on counts too. An order is counted once, whatever
comes again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from argosy.contracts.orders import OrderCancelled, OrderCreated, OrderPaid, OrderRefunded
from argosy.contracts.taxes_thresholds import SweepTaxSales
from argosy.domains.taxes.domain.sales import PAID, PLACED, REFUNDED, SalesSum, TaxSale, sale_of, sums_id
from argosy.domains.taxes.domain.standing import looks_back_to
from argosy.engine.reads import reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id

AT_ONCE_MAX = 500
"""How many of each one look takes up; where there are more, it looks again."""


class TaxSales:
    """An order is kept when it is made, as only then its address and taxes are told, and counts once it is paid."""

    def __init__(self, work: UnitOfWork, sales: Repository[TaxSale], sums: Repository[SalesSum]) -> None:
        self.work = work
        self.sales = sales
        self.sums = sums

    @reads(sales=lambda event: [event.order_id], sums=lambda event: [sums_id(sale_of(event))])
    def keep_sale(self, event: OrderCreated) -> None:
        """Remember what it comes to, and where it goes."""
        if self.sales.find(event.order_id) is None:
            self.sales.add(sale_of(event))

    @reads(sales=lambda event: [event.order_id])
    @then_reads(sums=lambda self, event: self._sums_of(event.order_id))
    def count_sale(self, event: OrderPaid) -> None:
        """It is sold: the money is there."""
        sale = self.sales.find(event.order_id)
        if sale is None or sale.status != PLACED:
            return
        sale.status = PAID
        id = sums_id(sale)
        sums = self.sums.find(id)
        if sums is None:
            sums = SalesSum.around(sale)
            self.sums.add(sums)
        sums.count(sale)

    @reads(sales=lambda event: [event.order_id])
    @then_reads(sums=lambda self, event: self._sums_of(event.order_id))
    def take_back(self, event: OrderRefunded) -> None:
        """The whole of it was paid back: out of the month in which it was sold, where a threshold says so."""
        sale = self.sales.find(event.order_id)
        if sale is None or sale.status != PAID:
            return
        sale.status = REFUNDED
        self.sums.get(sums_id(sale)).take_back(sale)

    @reads(sales=lambda event: [event.order_id])
    def forget_sale(self, event: OrderCancelled) -> None:
        """It came to nothing."""
        sale = self.sales.find(event.order_id)
        if sale is not None and sale.status == PLACED:
            self.sales.remove(sale)

    def _sums_of(self, order_id: str) -> list[Id]:
        sale = self.sales.find(order_id)
        return [] if sale is None else [sums_id(sale)]


class Old(Protocol):
    """Finds what was sold in months before one."""

    def old_sales(self, before: str, limit: int) -> Sequence[Id]: ...

    def old_sums(self, before: str, limit: int) -> Sequence[Id]: ...


class SalesSweeping:
    """Forgets what no threshold counts: months before the last calendar year. A sum goes after the last of its sales,
    so that each sale that is kept is still part of one."""

    def __init__(self, work: UnitOfWork, sales: Repository[TaxSale], sums: Repository[SalesSum], old: Old) -> None:
        self.work = work
        self.sales = sales
        self.sums = sums
        self.old = old
        self._found: tuple[Sequence[Id], Sequence[Id]] | None = None

    @then_reads(sales=lambda self, command: self._old()[0], sums=lambda self, command: self._old()[1])
    def sweep_tax_sales(self, command: SweepTaxSales) -> None:
        """A bounded part; where there is more, it goes on at once."""
        old_sales, old_sums = self._old()
        for sale in [found for id in old_sales if (found := self.sales.find(id)) is not None]:
            self.sales.remove(sale)
        for sums in [kept for id in old_sums if (kept := self.sums.find(id)) is not None]:
            self.sums.remove(sums)
        if AT_ONCE_MAX in (len(old_sales), len(old_sums)):
            self.work.announce(command)

    def _old(self) -> tuple[Sequence[Id], Sequence[Id]]:
        """Looked up once per unit of work."""
        if self._found is None:
            since = looks_back_to(self.work.now)
            sales = self.old.old_sales(since, AT_ONCE_MAX)
            self._found = sales, self.old.old_sums(since, AT_ONCE_MAX) if len(sales) < AT_ONCE_MAX else ()
        return self._found
