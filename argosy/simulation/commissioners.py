"""What the platform takes of sales: changed by its operator while people buy."""

from __future__ import annotations

from argosy.contracts.payments import SetCommission
from argosy.simulation.aftersales import STAFF
from argosy.simulation.facts import Commission, Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.people import Person
from argosy.simulation.rush import Rush
from argosy.simulation.scheduler import MINUTE, SECOND, moment
from argosy.simulation.shop import CATEGORIES, SELLERS, seller

AT_MOST = 2_500


class Commissioner(Person):
    """Decides for a seller, a category, both or all, some minutes ahead: so that it counts from some moment of a rush
    on. Where the web's clock is far ahead, that is too soon for it and refused."""

    def __init__(self, place: Marketplace, facts: Facts) -> None:
        super().__init__(place, facts, "commissioner")
        self._number = 0

    def open(self) -> None:
        """Until they decide, the default counts."""

    def attend(self, rush: Rush) -> None:
        while self.place.faults.strikes("commission changed"):
            since = rush.at + self.random.randrange(rush.spread + 5 * SECOND)
            notice = self.random.choice((2 * MINUTE, 15 * MINUTE))
            self.place.scheduler.at(since - notice, self.name, lambda since=since: self._decide(since))  # type: ignore[misc]

    def _decide(self, since: int) -> None:
        self._number += 1
        rule = Commission(
            seller_id=self.random.choice((None, seller(self.random.randrange(SELLERS)))),
            category=self.random.choice(("", *CATEGORIES)),
            basis_points=self.random.randrange(AT_MOST),
            since=since,
        )
        command = SetCommission(
            basis_points=rule.basis_points,
            seller_id=rule.seller_id,
            category=rule.category,
            effective_from=moment(since),
        )
        self.ask(
            "payments", command, STAFF, key=f"rule {self._number}", told=lambda _: self.facts.commissions.append(rule)
        )
