"""Second warehouses: what goes there, what of it arrives, and what is found there when it is counted."""

from __future__ import annotations

from typing import Any

from argosy.contracts.inventory import CountedUnit, OpenWarehouse, ReceiveTransfer, ReconcileStock, SendTransfer
from argosy.domains.inventory.domain.stock import StockItem, stock_item_id
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id
from argosy.simulation.facts import Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.people import Person
from argosy.simulation.scheduler import MINUTE, SECOND
from argosy.simulation.shop import goods_of, seller, seller_actor

MAIN, SECOND_ONE = "main", "annexe"
KEPT = 6
"""Pieces that stay where they are bought in."""


class Storekeeper(Person):
    """Keeps one seller's second warehouse, and does one thing there at a time: so the facts are exact."""

    def __init__(self, place: Marketplace, facts: Facts, number: int) -> None:
        super().__init__(place, facts, f"storekeeper {number}")
        self.actor = seller_actor(seller(number))
        self.units = sorted({goods.stock_unit_id for goods in goods_of(number)})
        self.is_open = bool(place.faults.rates["second warehouse"])
        self._number = 0
        self._is_busy = False

    def open(self) -> None:
        """Some keep it abroad: then it is the nearer one for some buyers."""
        if self.is_open:
            self.place.faults.count("second warehouse")
            country = self.random.choice(("BR", "AR"))
            command = OpenWarehouse(code=SECOND_ONE, name="Annexe", country=country, parcel_cost=500, priority=1)
            self.place.webs[0].do("inventory", command, self.actor)

    def attend(self, at: int, spread: int) -> None:
        """Before a rush something is sent there; in the middle of it what is there is counted."""
        faults, scheduler = self.place.faults, self.place.scheduler
        if not self.is_open:
            return
        if faults.strikes("sent elsewhere"):
            scheduler.at(at - self.random.randrange(MINUTE, 4 * MINUTE), self.name, self._begin_sending)
        if faults.strikes("shelf counted"):
            moment = at + self.random.randrange(spread + 5 * SECOND)
            scheduler.at(moment, self.name, self._count)

    def _begin_sending(self) -> None:
        unit = self.random.choice(self.units)
        pieces = self.random.randrange(1, 6)
        if self._is_busy or self._available(unit) < pieces + KEPT:
            return
        self._is_busy = True
        command = SendTransfer(
            stock_unit_id=unit,
            from_warehouse=MAIN,
            to_warehouse=SECOND_ONE,
            quantity=pieces,
            reference_id=self._reference(),
        )
        self.ask("inventory", command, self.actor, told=lambda id: self._sent(unit, pieces, id), refused=self._not_done)

    def _sent(self, unit: Id, pieces: int, transfer_id: Any) -> None:
        """Now and then something is lost on the way."""
        self.facts.moved[unit, MAIN] -= pieces
        arrived = pieces - (self.random.random() < 0.3)
        command = ReceiveTransfer(transfer_id=transfer_id, quantity=arrived)

        def received(_: object) -> None:
            self.facts.moved[unit, SECOND_ONE] += arrived
            self._is_busy = False

        delay = self.random.choice((SECOND, MINUTE, 2 * MINUTE))
        self.later(delay, lambda: self.ask("inventory", command, self.actor, told=received, refused=self._not_done))

    def _count(self) -> None:
        """What is there is there, also where more of it was sold."""
        held = [unit for unit in self.units if self.facts.moved[unit, SECOND_ONE]]
        if self._is_busy or not held:
            return
        self._is_busy = True
        found = {unit: max(0, self.facts.moved[unit, SECOND_ONE] - self.random.randrange(3)) for unit in held}
        command = ReconcileStock(
            warehouse=SECOND_ONE,
            reference_id=self._reference(),
            counts=tuple([CountedUnit(stock_unit_id=unit, counted=pieces) for unit, pieces in found.items()]),
        )

        def counted(_: object) -> None:
            for unit, pieces in found.items():
                self.facts.moved[unit, SECOND_ONE] = pieces
            self._is_busy = False

        self.ask("inventory", command, self.actor, told=counted, refused=self._not_done)

    def _not_done(self, error: DomainError) -> None:
        self._is_busy = False

    def _reference(self) -> str:
        self._number += 1
        return f"{self.name}-{self._number}"

    def _available(self, unit: Id) -> int:
        row = self.place.store("inventory").rows[StockItem].get(stock_item_id(unit))
        return row.available if isinstance(row, StockItem) else 0
