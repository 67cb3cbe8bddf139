"""Paying with store credit: how much of it a buyer means to spend, and whether twice."""

from __future__ import annotations

from argosy.simulation.facts import Facts, Purchase
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.people import Person
from argosy.simulation.scheduler import SECOND

ALL = 10_000_000
AGAIN = 10
"""Tries from here on are second purchases with the same credit."""


class Wallet(Person):
    """One buyer's, who remembers what was given them and not what is left."""

    def __init__(self, place: Marketplace, facts: Facts, buyer_id: str) -> None:
        super().__init__(place, facts, f"wallet of {buyer_id}")
        self.buyer_id = buyer_id

    def part(self, tries: int) -> int:
        """What credit is to pay at most."""
        had = self.facts.credit[self.buyer_id]
        had += sum(card.amount for card in self.facts.cards.values() if self.buyer_id in card.redeemed_by)
        if not had or not (tries >= AGAIN or self.place.faults.strikes("credit spent")):
            return 0
        return self.random.choice((ALL, had, min(had, 1_500), self.random.randrange(1, had + 1)))

    def if_it_fails(self) -> int | None:
        """Another attempt goes without credit, or with as much."""
        return self.random.choice((0, 0, None))

    def spends_again(self, purchase: Purchase, tries: int) -> int | None:
        """After how long another purchase follows, with the same credit; None for none."""
        if purchase.command.credit_amount and tries < AGAIN and self.place.faults.strikes("credit spent twice"):
            return self.random.choice((1, SECOND, 20 * SECOND)) + self.random.randrange(SECOND)
        return None
