"""Stock of one unit in one warehouse: what is there, what is held for a while, and what is sold but not yet gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from argosy.contracts.inventory import AvailabilityChanged, StockAdjusted
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.messages import Value

MAIN_WAREHOUSE = "main"
WAREHOUSES = frozenset({MAIN_WAREHOUSE})

PIECES_MAX = 1_000_000_000
"""The most pieces that one message may speak of, and that one stock item may count."""

TEXT_MAX = 100

SHOWN_MAX = 10
"""Up to this many pieces a shop window says how many are left; above it only that there are more."""

RECEIPT, DISPATCH = "receipt", "dispatch"
RESERVED_REASONS = frozenset({RECEIPT, DISPATCH})


class QuantityOutOfBounds(Invalid):
    """Quantities count pieces: whole numbers from one up to a limit."""


class TextNotReadable(Invalid):
    """The text is empty, too long, or holds characters that cannot be printed."""


class NotAnId(Invalid):
    """This is not an id."""


class NoSuchWarehouse(Invalid):
    """There is no such warehouse."""


class ReasonIsReserved(Invalid):
    """This reason is written by the warehouse itself; state another one."""


class NoSuchStockUnit(NotFound):
    """There is no such stock unit, or it is not yours."""


class MayNotCountStock(NotAllowed):
    """Only the owning seller or our staff may change the count of a stock item."""


class TooManyPieces(RuleBroken):
    """A stock item cannot count that many pieces."""


class BelowWhatIsPromised(RuleBroken):
    """The count cannot fall below what is held and sold already."""


class ReferenceAlreadyUsed(RuleBroken):
    """This reference was used for another change of the same stock item."""


class StockLevel(Value):
    """Where a stock item stands."""

    stock_item_id: Id
    stock_unit_id: Id
    warehouse: str
    on_hand: int
    reserved: int
    allocated: int
    available: int


def stock_item_id(stock_unit_id: str, warehouse: str = MAIN_WAREHOUSE) -> Id:
    """One stock item per stock unit and warehouse."""
    return named_id("stock", stock_unit_id, warehouse)


@dataclass(kw_only=True, eq=False)
class StockItem(Aggregate):
    """Never promises more than there is: reserved + allocated <= on_hand, and none of them below zero.

    `on_hand` is the sum of its movements; `reserved` of its lines in ACTIVE reservations; `allocated` of those in
    COMMITTED ones, whose goods are sold and still here.
    """

    stock_unit_id: Id
    warehouse: str = MAIN_WAREHOUSE
    product_id: Id | None = None
    variant_id: Id | None = None
    seller_id: Id | None = None
    on_hand: int = 0
    reserved: int = 0
    allocated: int = 0
    updated_at: datetime

    @property
    def promised(self) -> int:
        return self.reserved + self.allocated

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved - self.allocated

    def level(self) -> StockLevel:
        return StockLevel(
            stock_item_id=self.id,
            stock_unit_id=self.stock_unit_id,
            warehouse=self.warehouse,
            on_hand=self.on_hand,
            reserved=self.reserved,
            allocated=self.allocated,
            available=self.available,
        )

    def count(self, change: int, reason: str, now: datetime) -> None:
        """Correct what is there; never below what is promised."""
        on_hand = self.on_hand + change
        if on_hand > PIECES_MAX:
            raise TooManyPieces(stock_unit_id=self.stock_unit_id, on_hand=self.on_hand, change=change, max=PIECES_MAX)
        if on_hand < self.promised:
            raise BelowWhatIsPromised(
                stock_unit_id=self.stock_unit_id, on_hand=self.on_hand, change=change, promised=self.promised
            )
        before = self.available
        self.on_hand = on_hand
        self.record(
            StockAdjusted(
                stock_item_id=self.id,
                stock_unit_id=self.stock_unit_id,
                change=change,
                reason=reason,
                on_hand=on_hand,
                available=self.available,
            )
        )
        self._changed(before, now)

    def hold(self, pieces: int, now: datetime) -> None:
        """Promise pieces for a while. Whoever asks has looked whether there are enough."""
        before = self.available
        assert 0 < pieces <= before, f"held {pieces} of {before}"
        self.reserved += pieces
        self._changed(before, now)

    def free(self, pieces: int, now: datetime) -> None:
        """The hold has ended without a sale."""
        assert 0 < pieces <= self.reserved, f"freed {pieces} of {self.reserved}"
        before = self.available
        self.reserved -= pieces
        self._changed(before, now)

    def allocate(self, pieces: int, now: datetime) -> None:
        """The held pieces are sold: they stay promised until they leave."""
        assert 0 < pieces <= self.reserved, f"allocated {pieces} of {self.reserved}"
        self.reserved -= pieces
        self.allocated += pieces
        self.updated_at = now

    def take_back(self, pieces: int, now: datetime) -> None:
        """Sold pieces that never left can be sold again."""
        assert 0 < pieces <= self.allocated, f"took back {pieces} of {self.allocated}"
        before = self.available
        self.allocated -= pieces
        self._changed(before, now)

    def _changed(self, before: int, now: datetime) -> None:
        """Tell what a shop window must know. A deep shelf says nothing: that would be two messages a checkout."""
        self.updated_at = now
        after = self.available
        if before == after or (before > SHOWN_MAX and after > SHOWN_MAX):
            return
        self.record(
            AvailabilityChanged(
                stock_item_id=self.id, stock_unit_id=self.stock_unit_id, product_id=self.product_id, available=after
            )
        )


@dataclass(kw_only=True, eq=False)
class StockMovement(Aggregate):
    """Pieces that came or went, and why; written once and never changed.

    Its id is made of stock item, reason and reference, so that the same movement cannot be written twice.
    """

    stock_item_id: Id
    change: int
    reason: str
    reference_id: str
    created_at: datetime


def movement_id(item_id: str, reason: str, reference_id: str) -> Id:
    return named_id("movement", item_id, reason, reference_id)


def spread(items: Sequence[StockItem], pieces: int) -> Iterator[tuple[StockItem, int]]:
    """From which stock items to take `pieces`: as many as there are from each, in the order of `items`."""
    for item in items:
        taken = min(pieces, item.available)
        if taken > 0:
            pieces -= taken
            yield item, taken
        if not pieces:
            return
    assert not pieces, "whoever asks has looked whether there are enough"


def check_text(name: str, text: str) -> None:
    if not 0 < len(text.strip()) <= len(text) <= TEXT_MAX or not text.isprintable():
        raise TextNotReadable(field=name, length_max=TEXT_MAX)
