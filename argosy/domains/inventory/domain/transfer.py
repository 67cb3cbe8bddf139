"""Transfers: pieces on their way from one warehouse to another, and what of them arrived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from argosy.contracts.inventory import TransferReceived, TransferSent
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import Invalid, NotFound, RuleBroken
from argosy.shared_kernel.ids import Id, named_id

SENT, RECEIVED = "SENT", "RECEIVED"
TRANSFER_STATUSES = (SENT, RECEIVED)


class SameWarehouse(Invalid):
    """A transfer goes from one warehouse to another."""


class NoSuchTransfer(NotFound):
    """There is no such transfer, or it is not yours."""


class NotEnoughToSend(RuleBroken):
    """Only pieces that are there and promised to nobody can be sent elsewhere."""


class MoreThanWasSent(RuleBroken):
    """No more can arrive than was sent."""


class TransferHasArrived(RuleBroken):
    """This transfer has arrived, with another number of pieces."""


@dataclass(kw_only=True, eq=False)
class StockTransfer(Aggregate):
    """SENT until what arrives is counted; then RECEIVED for good. What did not arrive is lost."""

    stock_unit_id: Id
    seller_id: Id | None
    from_item_id: Id
    to_item_id: Id
    from_warehouse: str
    to_warehouse: str
    quantity: int
    received: int = 0
    status: str = SENT
    reference_id: str
    created_at: datetime
    updated_at: datetime

    @property
    def lost(self) -> int:
        return self.quantity - self.received if self.status == RECEIVED else 0

    def send(self) -> None:
        """Told once, when it leaves."""
        self.record(
            TransferSent(
                transfer_id=self.id,
                stock_unit_id=self.stock_unit_id,
                from_warehouse=self.from_warehouse,
                to_warehouse=self.to_warehouse,
                quantity=self.quantity,
                seller_id=self.seller_id,
            )
        )

    def receive(self, pieces: int, now: datetime) -> None:
        """So many have arrived."""
        assert self.status == SENT, f"a transfer that is {self.status} does not arrive"
        if pieces > self.quantity:
            raise MoreThanWasSent(transfer_id=self.id, sent=self.quantity, received=pieces)
        self.status, self.received, self.updated_at = RECEIVED, pieces, now
        self.record(
            TransferReceived(
                transfer_id=self.id,
                stock_unit_id=self.stock_unit_id,
                to_warehouse=self.to_warehouse,
                quantity=pieces,
                lost=self.lost,
                seller_id=self.seller_id,
            )
        )


def transfer_id(stock_unit_id: str, reference_id: str) -> Id:
    """One per stock unit and reference."""
    return named_id("transfer", stock_unit_id, reference_id)


@dataclass(kw_only=True, eq=False)
class StockCount(Aggregate):
    """That a warehouse was counted, and how much differed; written once. Which pieces came or went is in movements."""

    warehouse: str
    seller_id: Id | None
    reference_id: str
    units: int
    differing: int
    created_at: datetime


def count_id(seller_id: str | None, warehouse: str, reference_id: str) -> Id:
    return named_id("count", seller_id or "", warehouse, reference_id)
