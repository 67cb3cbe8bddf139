"""Stock of one unit in one warehouse: what is there, what is held for a while, and what is sold but not yet gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from argosy.contracts.inventory import (
    AvailabilityChanged,
    ShelfLevel,
    ShortageClosed,
    ShortageOpened,
    StockAdjusted,
    StockRanLow,
)
from argosy.contracts.products import ListedVariant, StockedVariant
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.messages import Value

MAIN_WAREHOUSE = "main"
"""Where stock is kept that nobody says another warehouse of. It is always there, described or not."""

PIECES_MAX = 1_000_000_000
"""The most pieces that one message may speak of, and that one stock item may count."""

LINES_MAX = 500
"""The most stock units that one message may name."""

TEXT_MAX = 100

SHOWN_MAX = 10
"""Up to this many pieces a shop window says how many are left; above it only that there are more."""

RECEIPT, DISPATCH, COUNT = "receipt", "dispatch", "count"
TRANSFER_OUT, TRANSFER_IN = "transfer_out", "transfer_in"
RESERVED_REASONS = frozenset({RECEIPT, DISPATCH, COUNT, TRANSFER_OUT, TRANSFER_IN})

LESSENS = frozenset({"damaged", "expired", "lost", "sample", "stolen"})
ADDS = frozenset({"found", "returned"})
"""Reasons with a direction; all others are the warehouse's own words."""

BACKORDER, PREORDER = "backorder", "preorder"
OVERSELLS = ("", BACKORDER, PREORDER)


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


class ReasonContradictsChange(Invalid):
    """Goods are not found by becoming fewer, nor lost by becoming more."""


class NothingWasCounted(Invalid):
    """A count names from one to so many stock units; longer ones are sent in parts."""


class UnitIsCountedTwice(Invalid):
    """A count names each stock unit once."""


class NotAnOversell(Invalid):
    """Stock is oversold by backorder, by preorder until a day to come, or not at all."""


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
    safety_stock: int = 0
    low_at: int = 0
    oversell: str = ""
    oversell_max: int = 0
    expected_at: datetime | None = None
    backordered: int = 0
    missing: int = 0


def promisable_of(on_hand: int, safety_stock: int, oversell_max: int, promised: int) -> int:
    """What may still be promised, there or not."""
    return max(0, max(0, on_hand - safety_stock) + oversell_max - promised)


def stock_item_id(stock_unit_id: str, warehouse: str = MAIN_WAREHOUSE) -> Id:
    """One stock item per stock unit and warehouse."""
    return named_id("stock", stock_unit_id, warehouse)


@dataclass(kw_only=True, eq=False)
class StockItem(Aggregate):
    """Never promises more than there is, but for what it says itself: `reserved + allocated <= on_hand + backordered +
    missing`, none of them below zero, and equal where anything is backordered or missing.

    `on_hand` is the sum of its movements; `reserved` of its lines in ACTIVE reservations; `allocated` of those in
    COMMITTED ones, whose goods are sold and still here. `backordered` pieces were promised beyond what is there because
    its rules allow that; `missing` ones are promised and were not found when it was counted.
    """

    stock_unit_id: Id
    warehouse: str = MAIN_WAREHOUSE
    warehouse_id: Id | None = None
    product_id: Id | None = None
    variant_id: Id | None = None
    seller_id: Id | None = None
    sku: str = ""
    """Its seller's name for what it holds, learned from products."""
    on_hand: int = 0
    reserved: int = 0
    allocated: int = 0
    safety_stock: int = 0
    low_at: int = 0
    oversell: str = ""
    oversell_max: int = 0
    expected_at: datetime | None = None
    backordered: int = 0
    missing: int = 0
    missing_since: datetime | None = None
    updated_at: datetime
    is_told: bool = False
    """Whether all of this was told by StockTold."""

    @property
    def promised(self) -> int:
        return self.reserved + self.allocated

    @property
    def available(self) -> int:
        """What is there and promised to nobody."""
        return max(0, self.on_hand - self.reserved - self.allocated)

    @property
    def sellable(self) -> int:
        """What of that may be promised."""
        return max(0, self.on_hand - self.safety_stock - self.reserved - self.allocated)

    @property
    def promisable(self) -> int:
        """What may still be promised, there or not."""
        return promisable_of(self.on_hand, self.safety_stock, self.oversell_max, self.promised)

    def learn(self, variant: StockedVariant | ListedVariant, product_id: Id, seller_id: Id) -> None:
        """Of a product that draws on it: the first one says whose it is; one that is there keeps its owner."""
        if (
            self.variant_id is None
            and self.seller_id in (None, seller_id)
            and self.product_id
            in (
                None,
                product_id,
            )
        ):
            self.product_id, self.variant_id, self.seller_id = product_id, variant.variant_id, seller_id
            self.is_told = False
        if self.variant_id == variant.variant_id and self.seller_id == seller_id and variant.sku not in ("", self.sku):
            self.sku, self.is_told = variant.sku, False

    def level(self) -> StockLevel:
        return StockLevel(
            stock_item_id=self.id,
            stock_unit_id=self.stock_unit_id,
            warehouse=self.warehouse,
            on_hand=self.on_hand,
            reserved=self.reserved,
            allocated=self.allocated,
            available=self.available,
            safety_stock=self.safety_stock,
            low_at=self.low_at,
            oversell=self.oversell,
            oversell_max=self.oversell_max,
            expected_at=self.expected_at,
            backordered=self.backordered,
            missing=self.missing,
        )

    def shelf_level(self) -> ShelfLevel:
        return ShelfLevel(
            stock_item_id=self.id,
            warehouse=self.warehouse,
            on_hand=self.on_hand,
            reserved=self.reserved,
            allocated=self.allocated,
            available=self.available,
            promisable=self.promisable,
            missing=self.missing,
            safety_stock=self.safety_stock,
            low_at=self.low_at,
            updated_at=self.updated_at,
        )

    def count(self, change: int, reason: str, now: datetime, *, may_uncover: bool = False) -> None:
        """Correct what is there. Only a count of the shelf itself (`may_uncover`) may find less than is promised, and
        opens a shortage."""
        on_hand = self.on_hand + change
        if on_hand > PIECES_MAX:
            raise TooManyPieces(stock_unit_id=self.stock_unit_id, on_hand=self.on_hand, change=change, max=PIECES_MAX)
        assert on_hand >= 0 or not may_uncover, f"counted {on_hand}"
        if change < 0 and on_hand < self.promised and not may_uncover:
            raise BelowWhatIsPromised(
                stock_unit_id=self.stock_unit_id, on_hand=self.on_hand, change=change, promised=self.promised
            )
        before, missing = self.promisable, self.missing
        uncovered = max(0, self.promised - on_hand) - max(0, self.promised - self.on_hand)
        self.on_hand = on_hand
        if uncovered > 0:
            self.missing += uncovered
        elif self.missing or self.backordered:
            self._cover()
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
        self._tell_missing(missing, now)

    def rule(
        self, safety_stock: int, low_at: int, oversell: str, oversell_max: int, expected_at: datetime | None
    ) -> bool:
        """Promise by these rules from now on; whether they are others than before. What is promised stays promised."""
        rules = (safety_stock, low_at, oversell, oversell_max if oversell else 0, expected_at)
        if rules == (self.safety_stock, self.low_at, self.oversell, self.oversell_max, self.expected_at):
            return False
        self.safety_stock, self.low_at, self.oversell, self.oversell_max, self.expected_at = rules
        return True

    def hold(self, pieces: int, now: datetime) -> None:
        """Promise pieces for a while. Whoever asks has looked whether there are enough."""
        before = self.promisable
        assert 0 < pieces <= before, f"held {pieces} of {before}"
        uncovered = self.reserved + self.allocated + pieces - self.on_hand - self.backordered - self.missing
        self.reserved += pieces
        if uncovered > 0:
            self.backordered += uncovered
        self._changed(before, now)

    def free(self, pieces: int, now: datetime) -> None:
        """The hold has ended without a sale."""
        assert 0 < pieces <= self.reserved, f"freed {pieces} of {self.reserved}"
        before = self.promisable
        self.reserved -= pieces
        self._settle(before, now)

    def allocate(self, pieces: int, now: datetime) -> None:
        """The held pieces are sold: they stay promised until they leave."""
        assert 0 < pieces <= self.reserved, f"allocated {pieces} of {self.reserved}"
        self.reserved -= pieces
        self.allocated += pieces
        self._touch(now)

    def take_back(self, pieces: int, now: datetime) -> None:
        """Sold pieces that never left can be sold again."""
        assert 0 < pieces <= self.allocated, f"took back {pieces} of {self.allocated}"
        before = self.promisable
        self.allocated -= pieces
        self._settle(before, now)

    def tell_availability(self, before: int, now: datetime) -> None:
        """Tell what its rules have changed."""
        self._changed(before, now)

    def _settle(self, before: int, now: datetime) -> None:
        missing = self.missing
        if missing or self.backordered:
            self._cover()
        self._changed(before, now)
        if missing:
            self._tell_missing(missing, now)

    def _cover(self) -> None:
        """Fewer pieces lack than before: those that are missing are covered first, they were promised as there."""
        lacking = max(0, self.reserved + self.allocated - self.on_hand)
        covered = self.backordered + self.missing - lacking
        found = min(covered, self.missing)
        self.missing -= found
        self.backordered -= covered - found

    def _tell_missing(self, before: int, now: datetime) -> None:
        if self.missing > before:
            self.missing_since = self.missing_since or now
            self.record(
                ShortageOpened(
                    stock_item_id=self.id,
                    stock_unit_id=self.stock_unit_id,
                    warehouse=self.warehouse,
                    seller_id=self.seller_id,
                    missing=self.missing,
                )
            )
        elif before and not self.missing:
            self.missing_since = None
            self.record(
                ShortageClosed(
                    stock_item_id=self.id,
                    stock_unit_id=self.stock_unit_id,
                    warehouse=self.warehouse,
                    seller_id=self.seller_id,
                )
            )

    def _touch(self, now: datetime) -> None:
        self.updated_at, self.is_told = now, False

    def _changed(self, before: int, now: datetime) -> None:
        """Tell what a shop window must know. A deep shelf says nothing: that would be two messages a checkout."""
        self._touch(now)
        after = self.promisable
        if self.low_at and after <= self.low_at < before:
            self.record(
                StockRanLow(
                    stock_item_id=self.id,
                    stock_unit_id=self.stock_unit_id,
                    warehouse=self.warehouse,
                    seller_id=self.seller_id,
                    available=after,
                    low_at=self.low_at,
                )
            )
        if before == after or (before > SHOWN_MAX and after > SHOWN_MAX):
            return
        self.record(
            AvailabilityChanged(
                stock_item_id=self.id,
                stock_unit_id=self.stock_unit_id,
                product_id=self.product_id,
                available=after,
                is_oversold=bool(self.oversell_max) and after > self.sellable,
                expected_at=self.expected_at,
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
    """From which stock items to take `pieces`, in the order of `items`: first what is there, as much as there is of
    each, then what may be promised beyond that."""
    for room in (_sellable, _promisable):
        for item in items:
            taken = min(pieces, room(item))
            if taken > 0:
                pieces -= taken
                yield item, taken
            if not pieces:
                return
    assert not pieces, "whoever asks has looked whether there are enough"


_sellable, _promisable = attrgetter("sellable"), attrgetter("promisable")


def check_text(name: str, text: str) -> None:
    if not 0 < len(text.strip()) <= len(text) <= TEXT_MAX or not text.isprintable():
        raise TextNotReadable(field=name, length_max=TEXT_MAX)
