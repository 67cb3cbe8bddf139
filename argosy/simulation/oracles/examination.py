"""All oracles of a run: some look at every commit, the others when everything is at rest."""

from __future__ import annotations

from collections.abc import Callable

from argosy.engine.store import Changes
from argosy.simulation.doors import has_teams
from argosy.simulation.exporters import has_second_currency
from argosy.simulation.facts import Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.addresses import addresses
from argosy.simulation.oracles.browsing import browsing
from argosy.simulation.oracles.checkouts import checkouts
from argosy.simulation.oracles.claims import claims
from argosy.simulation.oracles.commissions import Sales, commissions
from argosy.simulation.oracles.commits import CommitOracle
from argosy.simulation.oracles.credit import credit
from argosy.simulation.oracles.currencies import Abroad, currencies
from argosy.simulation.oracles.deadlines import DeadlineOracle
from argosy.simulation.oracles.files import files
from argosy.simulation.oracles.ledger import ledger
from argosy.simulation.oracles.messages import messages
from argosy.simulation.oracles.money import money
from argosy.simulation.oracles.orders import orders
from argosy.simulation.oracles.people import people
from argosy.simulation.oracles.programs import programs
from argosy.simulation.oracles.promises import Promises, promises
from argosy.simulation.oracles.sellers import sellers
from argosy.simulation.oracles.stock import stock
from argosy.simulation.oracles.teams import Writing, teams
from argosy.simulation.oracles.views import views
from argosy.simulation.oracles.violation import Violation
from argosy.simulation.oracles.webhooks import webhooks
from argosy.simulation.store import SimulatedStore

AT_REST = (
    stock,
    ledger,
    money,
    orders,
    checkouts,
    messages,
    views,
    people,
    sellers,
    browsing,
    webhooks,
    commissions,
    promises,
    credit,
    programs,
    addresses,
    currencies,
    claims,
    teams,
    files,
)
TOLD_MAX = 50
Watch = Callable[[SimulatedStore, Changes], None]


class Enough(BaseException):
    """So much is broken that the run need not go on. No program may catch it by accident."""


class Oracles:
    """What is found to be broken, in the order of finding."""

    def __init__(self, place: Marketplace, facts: Facts) -> None:
        self.place = place
        self.facts = facts
        self.violations: list[Violation] = []
        self._commits = CommitOracle(self.broken, facts)
        place.broken = place.receivers.broken = self.broken
        self.deadlines = DeadlineOracle(place)
        self._of_context: dict[str, list[Watch]] = {
            "payments": [Sales(facts).watch],
            "inventory": [Promises(place, facts).watch],
            "products": [],
        }
        if has_second_currency(place.faults):
            self._of_context["products"].append(Abroad(place, facts).watch)
        if has_teams(place.faults):
            self._of_context["products"].append(Writing(place, facts).watch)
        for part in place.parts.values():
            part.store.watch = self._watch

    def broken(self, id: str, where: str, what: str) -> None:
        if len(self.violations) >= TOLD_MAX:
            raise Enough()
        self.violations.append(Violation(id, where, what))

    def examine(self) -> None:
        """Everything is at rest: now all must hold."""
        for oracle in AT_REST:
            for violation in oracle(self.place, self.facts):
                self.broken(*violation)

    def _watch(self, store: SimulatedStore, changes: Changes) -> None:
        self._commits.watch(store, changes)
        self.place.jobs.watch(store, changes)
        for look in self._of_context.get(store.context, ()):
            look(store, changes)
