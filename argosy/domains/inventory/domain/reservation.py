"""Reservations: which pieces are promised to whom, for how long, and how that ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from argosy.contracts.inventory import StockLine
from argosy.domains.inventory.domain.stock import PIECES_MAX, QuantityOutOfBounds
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import Invalid, NotFound, RuleBroken
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Value

LINES_MAX = 500

ACTIVE, COMMITTED, RELEASED, EXPIRED, RESTOCKED = "ACTIVE", "COMMITTED", "RELEASED", "EXPIRED", "RESTOCKED"

STARTS = frozenset({ACTIVE, RELEASED})
"""RELEASED from the start: a cancellation that came before its request, remembered so that the request is refused."""

MOVES = {
    ACTIVE: frozenset({COMMITTED, RELEASED, EXPIRED}),
    COMMITTED: frozenset({RESTOCKED}),
    RELEASED: frozenset[str](),
    EXPIRED: frozenset[str](),
    RESTOCKED: frozenset[str](),
}


OPEN_HOLDS_MAX = 5
"""How many open holds of one buyer may draw on one stock unit, unless the operator says otherwise."""

OPEN_HOLDS_OF_BUYER_MAX = 50
"""How many open holds a buyer may have at all: so many are looked through for each more."""


class NothingToReserve(Invalid):
    """A reservation has from one to so many lines."""


class NoSuchReservation(NotFound):
    """There is no such reservation in this flow."""


class ReservationHasEnded(RuleBroken):
    """The hold has ended: its stock may be promised to others by now."""


class ReservationIsCommitted(RuleBroken):
    """The goods are sold: a sale is taken back by restocking, not by letting go of a hold."""


class TooManyOpenHolds(RuleBroken):
    """Other purchases of this buyer that are not paid yet hold the same goods: end them, or wait until they run out."""


class TooLateToHold(RuleBroken):
    """The hold would end before it began."""


class ReservedLine(Value):
    """Pieces of one stock item for one order. With a COMMITTED reservation it is the allocation."""

    id: Id
    stock_item_id: Id
    order_id: Id
    quantity: int
    status: str
    expires_at: datetime

    def turned(self, status: str, expires_at: datetime) -> ReservedLine:
        """The same pieces, with what has become of them."""
        return ReservedLine(
            id=self.id,
            stock_item_id=self.stock_item_id,
            order_id=self.order_id,
            quantity=self.quantity,
            status=status,
            expires_at=expires_at,
        )


@dataclass(kw_only=True, eq=False)
class Reservation(Aggregate):
    """All lines of one purchase, held together and ended together. A line's status is its reservation's; but lines of
    orders that were called off are RESTOCKED alone, until the last of them takes the reservation along."""

    is_kept: ClassVar[bool] = True

    flow_id: Id
    status: str
    open_until: datetime | None
    """When an ACTIVE hold runs out by itself; None once it has ended. The search for overdue ones looks at this."""
    created_at: datetime
    held_by: Id | None = None
    """The buyer, while the hold is open."""
    lines: list[ReservedLine] = field(default_factory=list)

    @classmethod
    def never(cls, id: Id, flow_id: Id, now: datetime) -> Reservation:
        """A cancellation that came before its request: it holds nothing, and the request will be refused."""
        return cls(id=id, flow_id=flow_id, status=RELEASED, open_until=None, created_at=now)

    @property
    def is_active(self) -> bool:
        return self.status == ACTIVE

    @property
    def expires_at(self) -> datetime:
        """Until when the hold was promised, whatever became of it."""
        return self.lines[0].expires_at

    def is_overdue(self, now: datetime) -> bool:
        return self.open_until is not None and self.open_until <= now

    def extend(self, expires_at: datetime) -> None:
        """Hold on for longer; never shortens."""
        assert self.open_until is not None, "only a hold that lasts can last longer"
        if expires_at > self.open_until:
            self.open_until = expires_at
            self.lines = [line.turned(line.status, expires_at) for line in self.lines]

    def move(self, status: str) -> None:
        assert status in MOVES[self.status], f"a reservation goes nowhere from {self.status} to {status}"
        self.status = status
        self.open_until = self.held_by = None
        self.lines = [line.turned(status, line.expires_at) for line in self.lines]

    def allocated_to(self, order_ids: Collection[Id]) -> list[ReservedLine]:
        """What is sold to these orders and was not taken back."""
        return [line for line in self.lines if line.status == COMMITTED and line.order_id in order_ids]

    def take_back(self, order_ids: Collection[Id]) -> None:
        """Nothing is sold to these orders any more."""
        self.lines = [
            line.turned(RESTOCKED, line.expires_at) if line.status == COMMITTED and line.order_id in order_ids else line
            for line in self.lines
        ]
        if all(line.status == RESTOCKED for line in self.lines):
            self.move(RESTOCKED)


def demand(lines: Sequence[StockLine]) -> dict[Id, int]:
    """How many pieces of each stock unit are asked for: lines may name the same unit. All faults are told at once."""
    if not 0 < len(lines) <= LINES_MAX:
        raise NothingToReserve(lines=len(lines), lines_max=LINES_MAX)
    wanted: dict[Id, int] = {}
    is_sound = True
    for line in lines:
        is_sound = is_sound and 0 < line.quantity <= PIECES_MAX
        wanted[line.stock_unit_id] = wanted.get(line.stock_unit_id, 0) + line.quantity
    if not is_sound:
        raise QuantityOutOfBounds(
            quantity_max=PIECES_MAX,
            lines=[
                {"stock_unit_id": line.stock_unit_id, "quantity": line.quantity}
                for line in lines
                if not 0 < line.quantity <= PIECES_MAX
            ],
        )
    return wanted
