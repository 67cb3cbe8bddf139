"""Deliberate bugs of what is promised beyond the shelf, and kept back of it."""

from __future__ import annotations

from typing import Any

import msgspec

from argosy.domains.inventory.application.stock import Stock
from argosy.domains.inventory.domain import stock
from argosy.domains.inventory.domain.stock import StockItem
from tests.simulation.planting import Patch, around, mutant


@mutant
def safety_stock_is_sold(patch: Patch) -> None:
    """What is kept back is promised like anything else that is there."""
    around(
        patch,
        stock,
        "promisable_of",
        lambda original, on_hand, safety_stock, oversell_max, promised: original(on_hand, 0, oversell_max, promised),
    )


@mutant
def backorders_have_no_end(patch: Patch) -> None:
    """What was sold beforehand does not count when more is."""

    def promisable(original: Any, on_hand: int, safety_stock: int, oversell_max: int, promised: int) -> int:
        found: int = original(on_hand, safety_stock, 0, promised)
        return found + oversell_max

    around(patch, stock, "promisable_of", promisable)


@mutant
def preorders_go_on(patch: Patch) -> None:
    """The day of a preorder comes, and more is sold beforehand."""
    around(patch, Stock, "end_preorder", lambda original, self, command: None)


@mutant
def rules_only_grow(patch: Patch) -> None:
    """A seller who takes back that more is sold than is there is told yes, and it goes on."""

    def rules(original: Any, self: Stock, command: Any) -> Any:
        item = self.keeping.owned(command.stock_unit_id, command.warehouse)
        if not command.oversell and item.oversell:
            command = msgspec.structs.replace(
                command, oversell=item.oversell, oversell_max=item.oversell_max, expected_at=item.expected_at
            )
        return original(self, command)

    around(patch, Stock, "set_stock_rules", rules)


@mutant
def what_came_in_is_not_owed_less(patch: Patch) -> None:
    """What was sold beforehand has come, and counts as sold beforehand still."""

    def cover(original: Any, self: StockItem) -> None:
        before = self.backordered
        original(self)
        self.backordered = before

    around(patch, StockItem, "_cover", cover)
