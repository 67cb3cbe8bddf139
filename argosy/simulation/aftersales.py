"""What becomes of a purchase once it is made: called off by whoever may, paid by transfer in time, late or never."""

from __future__ import annotations

from functools import partial

from argosy.contracts.orders import CancelOrder, RecordMoney
from argosy.domains.checkout.domain.quote import order_id_of
from argosy.domains.orders.domain.cancellation import FAILED, Cancellation
from argosy.domains.orders.domain.order import Order
from argosy.domains.orders.domain.policies import TRANSFER_DAYS
from argosy.engine.work import Actor
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id, named_id
from argosy.simulation.facts import Facts, Purchase
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.people import Person
from argosy.simulation.scheduler import DAY, HOUR, MINUTE, SECOND
from argosy.simulation.shop import SELLER_OF, seller_actor

TRANSFERS_UNTIL = (30 - TRANSFER_DAYS - 2) * DAY
"""Nobody begins to pay by transfer later than this: what is never paid must have been called off by the end."""
STAFF = Actor(id=named_id("simulated staff"), roles=frozenset({"staff"}))
TRIES = 6


class Aftersales(Person):
    """One buyer's orders, and all who have a say in them. What they do is drawn apart from what the buyer does."""

    def __init__(self, place: Marketplace, facts: Facts, buyer_actor: Actor) -> None:
        super().__init__(place, facts, f"orders of {buyer_actor.id}")
        self.buyer_actor = buyer_actor

    def follow(self, purchase: Purchase, checkout_id: Id) -> None:
        """The checkout is under way: from now on its orders may be called off, and their money may come."""
        sellers = sorted({SELLER_OF[line.variant_id] for line in purchase.command.lines})
        orders = {order_id_of(checkout_id, seller_id): seller_id for seller_id in sellers}
        if self.place.faults.strikes("called off"):
            self._plan_cancellation(orders)
        if purchase.command.payment_method == "bank_transfer":
            for order_id in orders:
                self._plan_transfer(order_id)

    # Calling off.

    def _plan_cancellation(self, orders: dict[Id, Id]) -> None:
        """All of a purchase or one order of it: in the middle of the checkout, soon after it, or within a day."""
        chosen = list(orders) if self.random.random() < 0.5 else [self.random.choice(list(orders))]
        longest = self.random.choice((10 * SECOND, MINUTE, HOUR, DAY))
        for order_id in chosen:
            who = self.random.choice((self.buyer_actor, self.buyer_actor, seller_actor(orders[order_id]), STAFF))
            if not who.seller_id and self.place.faults.strikes("credit asked back"):
                self.facts.to_credit.add(order_id)
            times = 2 if self.random.random() < 0.2 else 1
            for _ in range(times):
                self.later(self.random.randrange(SECOND, longest), partial(self._call_off, order_id, who, TRIES))

    def _call_off(self, order_id: Id, who: Actor, tries: int) -> None:
        """Whoever comes before the order stands comes again."""
        self.facts.asked_off.setdefault(order_id, "")

        def refused(error: DomainError) -> None:
            if tries > 1:
                self.later(self.random.randrange(SECOND, 20 * SECOND), lambda: self._call_off(order_id, who, tries - 1))

        def told(standing: object) -> None:
            self.facts.asked_off[order_id] = "accepted"
            self.later(HOUR, lambda: self._insist(order_id))

        self.ask("orders", self._calling_off(order_id, "not wanted"), who, told=told, refused=refused)

    def _insist(self, order_id: Id) -> None:
        """The gateway would not pay back: staff try once more, under a refund of its own."""
        known = self.place.store("orders").rows.get(Cancellation, {}).get(order_id)
        if isinstance(known, Cancellation) and known.status == FAILED and known.times == 1:
            self.ask("orders", self._calling_off(order_id, "asked again"), STAFF)

    def _calling_off(self, order_id: Id, reason: str) -> CancelOrder:
        return CancelOrder(order_id=order_id, reason=reason, to_credit=order_id in self.facts.to_credit)

    # Transfers.

    def _plan_transfer(self, order_id: Id) -> None:
        """Most come in time, some at the very end of it, some too late, and some never."""
        day = self.random.choice((0, 1, 4, TRANSFER_DAYS, TRANSFER_DAYS, TRANSFER_DAYS + 1, None))
        if day is not None:
            self.later(day * DAY + self.random.randrange(10 * MINUTE), lambda: self._record(order_id))

    def _record(self, order_id: Id) -> None:
        """What the bank says is told to orders, once it is known what it was for; money for nothing is not booked."""
        order = self.place.store("orders").rows.get(Order, {}).get(order_id)
        if isinstance(order, Order) and order.total_amount:
            self.facts.transfers[order_id] = order.total_amount
            money = RecordMoney(
                order_id=order_id,
                amount=order.total_amount,
                currency=order.currency,
                reference=f"bank {order_id[-12:]}",
            )
            self.ask("orders", money, STAFF)
