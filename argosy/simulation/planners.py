"""Sellers who plan: how much of a thing is kept back, and how much is sold before it is there, switched mid-sale."""

from __future__ import annotations

from functools import partial

from argosy.contracts.inventory import SetStockRules
from argosy.domains.inventory.domain.stock import BACKORDER, PREORDER
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id
from argosy.simulation.facts import Facts, Promising
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.people import Person
from argosy.simulation.rush import Rush
from argosy.simulation.scheduler import DAY, HOUR, MINUTE, SECOND, moment
from argosy.simulation.shop import goods_of, seller, seller_actor

LAST_DAY = 29 * DAY
KINDS = {"safety stock": "", "backorder": BACKORDER, "preorder": PREORDER}


class Planner(Person):
    """One seller's rules of promising. One thing is asked at a time, so that it is known what may be in force."""

    def __init__(self, place: Marketplace, facts: Facts, number: int) -> None:
        super().__init__(place, facts, f"planner {number}")
        self.seller_id = seller(number)
        self.actor = seller_actor(self.seller_id)
        self.units = sorted({goods.stock_unit_id for goods in goods_of(number)})
        self._is_busy = False

    def open(self) -> None:
        """At first all that is there is sold, and nothing else."""

    def attend(self, rush: Rush) -> None:
        for kind in KINDS:
            if self.place.faults.strikes(kind):
                wanted = rush.wanted if rush.wanted and rush.wanted.seller_id == self.seller_id else None
                unit = wanted.stock_unit_id if wanted else self.random.choice(self.units)
                at = rush.at + self.random.randrange(rush.spread)
                self._plan(at - self.random.choice((0, MINUTE)), partial(self._switch, unit, kind))
                if self.random.random() < 0.5:
                    back = at + self.random.choice((SECOND, 10 * SECOND, HOUR))
                    self._plan(back, partial(self._ask, unit, Promising()))

    def _plan(self, at: int, act: partial[None]) -> None:
        self.place.scheduler.at(at, self.name, act)

    def _switch(self, unit: Id, kind: str) -> None:
        safety = self.random.randrange(1, 8) if kind == "safety stock" or self.random.random() < 0.2 else 0
        oversell = KINDS[kind]
        until = None
        if oversell == PREORDER:
            until = self.place.scheduler.time + 2 * HOUR + self.random.randrange(3 * DAY)
            if until > LAST_DAY:
                return
        self._ask(unit, Promising(safety, oversell, self.random.randrange(1, 6) if oversell else 0, until))

    def _ask(self, unit: Id, rules: Promising) -> None:
        if self._is_busy:
            return
        self._is_busy = True
        known = self.facts.promising.setdefault(unit, [Promising()])
        known.append(rules)
        self.facts.beyond[unit] = max(self.facts.beyond[unit], rules.oversell_max)
        command = SetStockRules(
            stock_unit_id=unit,
            safety_stock=rules.safety_stock,
            low_at=5,
            oversell=rules.oversell,
            oversell_max=rules.oversell_max,
            expected_at=moment(rules.until) if rules.until is not None else None,
        )

        def told(_: object) -> None:
            known[:] = [rules]
            self._is_busy = False

        def refused(_: DomainError) -> None:
            known.remove(rules)
            self._is_busy = False

        self.ask("inventory", command, self.actor, told=told, refused=refused)
