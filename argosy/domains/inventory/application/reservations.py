"""What a checkout asks of inventory: hold, commit, let go, take back; and what ends a hold that nobody ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from argosy.contracts.inventory import (
    CommitReservation,
    ExpireReservation,
    ExpireReservations,
    ExtendReservation,
    ReleaseReservation,
    ReservationConfirmed,
    ReservationExpired,
    ReservationReleased,
    ReserveStock,
    Restock,
    Shortage,
    StockReserved,
    StockRestocked,
    StockShort,
)
from argosy.domains.inventory.domain.allocation import DEFAULT_POLICY, ordered, place_of
from argosy.domains.inventory.domain.reservation import (
    ACTIVE,
    COMMITTED,
    EXPIRED,
    OPEN_HOLDS_MAX,
    OPEN_HOLDS_OF_BUYER_MAX,
    RELEASED,
    RESTOCKED,
    NoSuchReservation,
    Reservation,
    ReservationHasEnded,
    ReservationIsCommitted,
    ReservedLine,
    TooLateToHold,
    TooManyOpenHolds,
    demand,
)
from argosy.domains.inventory.domain.stock import StockItem, spread
from argosy.domains.inventory.domain.warehouse import Warehouse
from argosy.engine.reads import By, by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id

EXPIRED_MAX = 1_000
"""How many overdue reservations one sweep takes up; the next sweep takes up the rest."""

Change = Callable[[StockItem, int, datetime], None]
"""One of a stock item's moves, such as `StockItem.free`."""


class OverdueReservations(Protocol):
    """Finds what nobody ended."""

    def __call__(self, now: datetime, limit: int) -> Sequence[Id]:
        """Ids of at most `limit` reservations that are ACTIVE past their time, earliest first."""
        ...


def _units(command: ReserveStock) -> list[By]:
    return [by("stock_unit_id", line.stock_unit_id) for line in command.lines]


def _holds(command: ReserveStock) -> list[Id | By]:
    """The reservation itself, and what else its buyer holds."""
    return [command.reservation_id, *([by("held_by", command.buyer_id)] if command.buyer_id else [])]


def _held_items(service: Reservations, command: ExpireReservation | CommitReservation) -> list[Id]:
    reservation = service.reservations.find(command.reservation_id)
    return [line.stock_item_id for line in reservation.lines] if reservation is not None else []


@dataclass(frozen=True)
class HoldingRules:
    """What the operator decides: from which warehouses goods are taken, and how many open holds of one buyer may draw
    on one stock unit; 0 is any number, of all units together as well."""

    policy: str = DEFAULT_POLICY
    open_holds_max: int = OPEN_HOLDS_MAX


DEFAULT_RULES = HoldingRules()


class Reservations:
    """Every hold ends: committed, released, or expired; and it ends once.

    Each command is decided by the reservation's state alone, so that a repeat gives the same answer and changes
    nothing. A shortage is not remembered: it holds nothing, and asking again decides again.
    """

    def __init__(
        self,
        work: UnitOfWork,
        items: Repository[StockItem],
        reservations: Repository[Reservation],
        overdue: OverdueReservations,
        warehouses: Repository[Warehouse],
        rules: HoldingRules = DEFAULT_RULES,
    ) -> None:
        self.work = work
        self.items = items
        self.reservations = reservations
        self.overdue = overdue
        self.warehouses = warehouses
        self.rules = rules

    @reads(reservations=_holds, items=_units)
    @then_reads(warehouses=lambda self, command: self._places(command))
    def reserve_stock(self, command: ReserveStock) -> None:
        """Hold every line, or none and tell every shortage."""
        earlier = self.reservations.find(command.reservation_id)
        if earlier is not None:
            self._repeat(earlier, command)
            return
        now = self.work.now
        wanted = demand(command.lines)
        if command.expires_at <= now:
            raise TooLateToHold(expires_at=command.expires_at.isoformat())
        self._leave_some_to_others(command, wanted)
        shelves = self._shelves(wanted, command.ships_to)
        shortages = _shortages(wanted, shelves)
        if shortages:
            self.work.announce(
                StockShort(flow_id=command.flow_id, reservation_id=command.reservation_id, shortages=shortages)
            )
            return
        lines = []
        for line in command.lines:
            for item, pieces in spread(shelves[line.stock_unit_id], line.quantity):
                item.hold(pieces, now)
                lines.append(
                    ReservedLine(
                        id=self.work.new_id(),
                        stock_item_id=item.id,
                        order_id=line.order_id,
                        quantity=pieces,
                        status=ACTIVE,
                        expires_at=command.expires_at,
                    )
                )
        self.reservations.add(
            Reservation(
                id=command.reservation_id,
                flow_id=command.flow_id,
                status=ACTIVE,
                open_until=command.expires_at,
                created_at=now,
                held_by=command.buyer_id,
                lines=lines,
            )
        )
        self.work.announce(
            StockReserved(flow_id=command.flow_id, reservation_id=command.reservation_id, expires_at=command.expires_at)
        )

    def _leave_some_to_others(self, command: ReserveStock, wanted: dict[Id, int]) -> None:
        """Whoever begins many purchases of the same goods holds them for no more than a few."""
        if command.buyer_id is None or not self.rules.open_holds_max:
            return
        open_holds = [hold for hold in self.reservations.all_by("held_by", command.buyer_id) if hold.is_active]
        if len(open_holds) >= OPEN_HOLDS_OF_BUYER_MAX:
            raise TooManyOpenHolds(maximum=OPEN_HOLDS_OF_BUYER_MAX)
        if len(open_holds) < self.rules.open_holds_max:
            return
        held = [{line.stock_item_id for line in hold.lines} for hold in open_holds]
        hoarded = []
        for unit_id in wanted:
            items = {item.id for item in self.items.all_by("stock_unit_id", unit_id)}
            if sum(1 for hold in held if hold & items) >= self.rules.open_holds_max:
                hoarded.append(unit_id)
        if hoarded:
            raise TooManyOpenHolds(maximum=self.rules.open_holds_max, stock_unit_ids=hoarded)

    @reads(reservations=lambda command: (command.reservation_id,))
    def extend_reservation(self, command: ExtendReservation) -> None:
        """Hold on; answered by StockReserved with the time that now counts."""
        reservation = self._of_flow(command)
        if not reservation.is_active:
            raise ReservationHasEnded(reservation_id=reservation.id, status=reservation.status)
        reservation.extend(command.expires_at)
        self.work.announce(
            StockReserved(flow_id=command.flow_id, reservation_id=reservation.id, expires_at=reservation.expires_at)
        )

    @reads(reservations=lambda command: (command.reservation_id,))
    @then_reads(items=_held_items)
    def commit_reservation(self, command: CommitReservation) -> None:
        """The hold becomes an allocation. One whose time has passed still counts until the sweep has ended it."""
        reservation = self._of_flow(command)
        if reservation.is_active:
            self._end(reservation, COMMITTED, StockItem.allocate)
        elif reservation.status != COMMITTED:
            raise ReservationHasEnded(reservation_id=reservation.id, status=reservation.status)
        self.work.announce(ReservationConfirmed(flow_id=command.flow_id, reservation_id=reservation.id))

    @reads(reservations=lambda command: (command.reservation_id,))
    @then_reads(items=_held_items)
    def release_reservation(self, command: ReleaseReservation) -> None:
        """The hold is gone, and stays gone where its request has not come yet."""
        reservation = self._found_or_refused_for_good(command)
        if reservation.is_active:
            self._end(reservation, RELEASED, StockItem.free)
        elif reservation.status == COMMITTED:
            raise ReservationIsCommitted(reservation_id=reservation.id)
        self.work.announce(ReservationReleased(flow_id=command.flow_id, reservation_id=reservation.id))

    @reads(reservations=lambda command: (command.reservation_id,))
    @then_reads(items=_held_items)
    def restock(self, command: Restock) -> None:
        """Nothing is sold by this reservation any more, or nothing to these orders. What was not committed yet is let
        go of, so that a commit that comes later is refused."""
        reservation = self._found_or_refused_for_good(command)
        if reservation.status == COMMITTED and command.order_ids:
            for line in reservation.allocated_to(command.order_ids):
                self.items.get(line.stock_item_id).take_back(line.quantity, self.work.now)
            reservation.take_back(command.order_ids)
        elif reservation.status == COMMITTED:
            self._end(reservation, RESTOCKED, StockItem.take_back)
        elif reservation.is_active:
            self._end(reservation, RELEASED, StockItem.free)
        self.work.announce(StockRestocked(flow_id=command.flow_id, reservation_id=reservation.id))

    def expire_reservations(self, command: ExpireReservations) -> None:
        """Ask for the end of every overdue hold, each by a message of its own: so the batch loads them together, and
        one that fails parks alone."""
        for id in self.overdue(self.work.now, EXPIRED_MAX):
            self.work.announce(ExpireReservation(reservation_id=id))

    @reads(reservations=lambda command: (command.reservation_id,))
    @then_reads(items=_held_items)
    def expire_reservation(self, command: ExpireReservation) -> None:
        """End a hold whose time has passed; one that was extended or has ended meanwhile takes no notice."""
        reservation = self.reservations.find(command.reservation_id)
        if reservation is None or not reservation.is_overdue(self.work.now):
            return
        self._end(reservation, EXPIRED, StockItem.free)
        self.work.announce(ReservationExpired(flow_id=reservation.flow_id, reservation_id=reservation.id))

    def _repeat(self, earlier: Reservation, command: ReserveStock) -> None:
        if earlier.flow_id != command.flow_id:
            raise NoSuchReservation(reservation_id=command.reservation_id)
        if earlier.status not in (ACTIVE, COMMITTED):
            raise ReservationHasEnded(reservation_id=earlier.id, status=earlier.status)
        self.work.announce(
            StockReserved(flow_id=command.flow_id, reservation_id=earlier.id, expires_at=earlier.expires_at)
        )

    def _shelves(self, wanted: dict[Id, int], ships_to: str) -> dict[Id, list[StockItem]]:
        """The stock items of each unit over all warehouses, in the order in which they are to be taken from."""
        shelves = {unit_id: self.items.all_by("stock_unit_id", unit_id) for unit_id in wanted}
        places = {place_of(item): None for shelf in shelves.values() for item in shelf if _may_choose(shelf)}
        if not places:
            return shelves
        warehouses = {id: self.warehouses.find(id) for id in places}
        return ordered(self.rules.policy, wanted, shelves, warehouses, ships_to)

    def _places(self, command: ReserveStock) -> list[Id]:
        """The warehouses to choose from. Most units lie in `main` alone, and nothing is looked up."""
        shelves = [self.items.all_by("stock_unit_id", line.stock_unit_id) for line in command.lines]
        return list({place_of(item): None for shelf in shelves if _may_choose(shelf) for item in shelf})

    def _of_flow(self, command: ExtendReservation | CommitReservation) -> Reservation:
        reservation = self.reservations.find(command.reservation_id)
        if reservation is None or reservation.flow_id != command.flow_id:
            raise NoSuchReservation(reservation_id=command.reservation_id)
        return reservation

    def _found_or_refused_for_good(self, command: ReleaseReservation | Restock) -> Reservation:
        """The reservation; where there is none yet, a cancellation that its request will find."""
        reservation = self.reservations.find(command.reservation_id)
        if reservation is None:
            reservation = Reservation.never(command.reservation_id, command.flow_id, self.work.now)
            self.reservations.add(reservation)
        elif reservation.flow_id != command.flow_id:
            raise NoSuchReservation(reservation_id=command.reservation_id)
        return reservation

    def _end(self, reservation: Reservation, status: str, change: Change) -> None:
        now = self.work.now
        for line in reservation.lines:
            if line.status == reservation.status:
                change(self.items.get(line.stock_item_id), line.quantity, now)
        reservation.move(status)


def _may_choose(shelf: Sequence[StockItem]) -> bool:
    """Whether it matters what is known of this unit's warehouses."""
    return len(shelf) > 1 or (len(shelf) == 1 and shelf[0].warehouse_id is not None)


def _shortages(wanted: dict[Id, int], shelves: dict[Id, list[StockItem]]) -> tuple[Shortage, ...]:
    short = []
    for unit_id, asked in wanted.items():
        available = sum([item.promisable for item in shelves[unit_id]])
        if available < asked:
            short.append(Shortage(stock_unit_id=unit_id, asked=asked, available=available))
    return tuple(short)
