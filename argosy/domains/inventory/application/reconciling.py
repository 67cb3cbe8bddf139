"""What a warehouse's own system has counted, against what inventory holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from argosy.shared_kernel.ids import Id


class Counted(NamedTuple):
    """So many pieces of a SKU lie in a warehouse, by the line that says so. Without `seller_id` the SKU alone must tell
    whose it is."""

    line: int
    warehouse: str
    sku: str
    seller_id: str
    pieces: int
    fields: tuple[str, ...] = ()


class Held(NamedTuple):
    """What inventory holds of a SKU in a warehouse."""

    stock_unit_id: Id
    seller_id: str
    on_hand: int
    promised: int


class Matched(NamedTuple):
    """A count, and what is held here: equal where `change` is 0."""

    counted: Counted
    held: Held

    @property
    def change(self) -> int:
        return self.counted.pieces - self.held.on_hand

    @property
    def missing(self) -> int:
        """Pieces that are promised and were not found."""
        return max(0, self.held.promised - self.counted.pieces)


class WarehouseSystem(Protocol):
    """Where counts come from."""

    def counts(self) -> Iterable[Counted]:
        """All that was counted."""
        ...


Shelves = Mapping[tuple[str, str], Sequence[Held]]
"""By warehouse and SKU, of every seller who has one."""


class Unmatched(NamedTuple):
    """A count that is of nothing here, and why."""

    counted: Counted
    reason: str


def compare(counts: Iterable[Counted], shelves: Shelves) -> Iterator[Matched | Unmatched]:
    """Each count with what it is of."""
    lines: dict[Id, dict[str, int]] = {}
    for one in counts:
        found = [held for held in shelves.get((one.warehouse, one.sku), ()) if one.seller_id in ("", held.seller_id)]
        if not found:
            yield Unmatched(one, f"there is no stock of SKU {one.sku} in {one.warehouse}")
        elif len(found) > 1:
            yield Unmatched(one, f"SKU {one.sku} is of several sellers in {one.warehouse}: name the seller")
        else:
            (held,) = found
            first = lines.setdefault(held.stock_unit_id, {}).setdefault(one.warehouse, one.line)
            if first != one.line:
                yield Unmatched(one, f"the same SKU in the same warehouse is on line {first}")
            else:
                yield Matched(one, held)
