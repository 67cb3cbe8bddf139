"""What inventory tells of its stock to whoever shows it or has it in a system of their own.

A hold tells nothing of a deep shelf: two more messages a checkout would be the dearest thing that inventory does. So
what has changed is marked in the row that is written anyway, and told of by a sweep, each stock unit once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from argosy.contracts.inventory import StockTold, TellStock, UnitLevel
from argosy.domains.inventory.domain.stock import StockItem
from argosy.engine.reads import by, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id

UNITS_MAX = 500
"""Stock units that one unit of work tells of."""
UNITS_PER_MESSAGE = 100


class UntoldUnits(Protocol):
    """Finds stock units that have changed since they were last told of."""

    def __call__(self, after: Id | None, limit: int) -> Sequence[Id]:
        """At most `limit` of them, by id, behind one."""
        ...


class Telling:
    """Tells how stock stands."""

    def __init__(self, work: UnitOfWork, items: Repository[StockItem], untold: UntoldUnits) -> None:
        self.work = work
        self.items = items
        self.untold = untold
        self._found: dict[Id | None, Sequence[Id]] = {}

    @then_reads(items=lambda self, command: [by("stock_unit_id", unit_id) for unit_id in self._units(command)])
    def tell_stock(self, command: TellStock) -> None:
        """A unit is told of in all its warehouses, so that nobody has to add up what they heard at several times."""
        units = self._units(command)
        changed = [
            items
            for items in (self.items.all_by("stock_unit_id", unit_id) for unit_id in units)
            if not all(item.is_told for item in items)
        ]
        for first in range(0, len(changed), UNITS_PER_MESSAGE):
            some = changed[first : first + UNITS_PER_MESSAGE]
            self.work.announce(StockTold(job=command.job, units=tuple(map(_level, some))))
        for items in changed:
            for item in items:
                item.is_told = True
        if len(units) == UNITS_MAX:
            self.work.announce(TellStock(after=units[-1]))

    def _units(self, command: TellStock) -> Sequence[Id]:
        if command.after not in self._found:
            self._found[command.after] = self.untold(command.after, UNITS_MAX)
        return self._found[command.after]


def _level(items: Sequence[StockItem]) -> UnitLevel:
    known = next((item for item in items if item.variant_id is not None), items[0])
    return UnitLevel(
        stock_unit_id=known.stock_unit_id,
        seller_id=known.seller_id,
        sku=known.sku,
        product_id=known.product_id,
        variant_id=known.variant_id,
        shelves=tuple(item.shelf_level() for item in sorted(items, key=lambda item: item.warehouse)),
    )
