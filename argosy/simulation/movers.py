"""Buyers who move: what they have bought is to come elsewhere; and others who would like it to come to them."""

from __future__ import annotations

from functools import partial

from argosy.contracts.orders import ChangeDelivery
from argosy.domains.checkout.domain.quote import order_id_of
from argosy.engine.work import Actor
from argosy.shared_kernel.ids import Id
from argosy.simulation.facts import Facts, Moved, Purchase
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.people import Person
from argosy.simulation.rush import Rush
from argosy.simulation.scheduler import HOUR, MINUTE, SECOND
from argosy.simulation.shop import SELLER_OF, buyer_actor, seller_actor


class Mover(Person):
    """Looks at what was begun in a rush, and has some of it sent elsewhere: once for each order."""

    def __init__(self, place: Marketplace, facts: Facts) -> None:
        super().__init__(place, facts, "mover")
        self._looked_at = 0

    def open(self) -> None:
        """Nobody has bought anything yet."""

    def attend(self, rush: Rush) -> None:
        if self.place.faults.rates["address changed"]:
            at = rush.at + rush.spread // 2 + self.random.choice((SECOND, 10 * SECOND, MINUTE))
            self.place.scheduler.at(at, self.name, self._look)

    def _look(self) -> None:
        purchases = list(self.facts.purchases.values())[self._looked_at :]
        self._looked_at += len(purchases)
        for purchase in purchases:
            if purchase.answered and self.place.faults.strikes("address changed"):
                delay = self.random.randrange(1, self.random.choice((10 * SECOND, HOUR)))
                self.later(delay, partial(self._move, purchase))

    def _move(self, purchase: Purchase) -> None:
        """One order of it; now and then somebody tries whose order it is not."""
        bought, buyer_id = purchase.command, purchase.command.buyer_id
        seller_id = SELLER_OF[self.random.choice(bought.lines).variant_id]
        order_id = order_id_of(Id(purchase.answered[0]), seller_id)
        moved = self.facts.moved_to[order_id] = Moved(f"Rua {self.random.randrange(1_000)}")
        self._ask(order_id, moved, buyer_actor(buyer_id))
        if self.random.random() < 0.3:
            self._try(order_id, seller_actor(seller_id))

    def _ask(self, order_id: Id, moved: Moved, who: Actor) -> None:
        def told(_: object) -> None:
            moved.is_told = True

        # Where it is refused (not placed yet, or called off), it may have been done at a try that nobody answered.
        self.ask("orders", ChangeDelivery(order_id=order_id, street=moved.asked), who, told=told)

    def _try(self, order_id: Id, who: Actor) -> None:
        def told(_: object) -> None:
            self.place.broken("I39", f"order {order_id}", "was sent elsewhere by its seller")

        self.ask("orders", ChangeDelivery(order_id=order_id, street="Rua do Vendedor"), who, told=told)
