"""One seed: thirty days of buying while everything goes wrong, then rest, and what the oracles say of it."""

from __future__ import annotations

import gc
import traceback
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from random import Random

from argosy.domains.checkout.domain.session import CheckoutSession
from argosy.simulation.buyers import Buyer
from argosy.simulation.facts import Facts
from argosy.simulation.jobs import COUNTED
from argosy.simulation.keepers import Operator, Seller
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.examination import Enough, Oracles
from argosy.simulation.oracles.violation import Violation
from argosy.simulation.others import others
from argosy.simulation.postman import Postman
from argosy.simulation.rush import Rush
from argosy.simulation.scheduler import DAY, HOUR, MINUTE, SECOND
from argosy.simulation.shop import ALL_GOODS, BUYERS, SELLERS, open_shop
from argosy.simulation.storekeepers import Storekeeper
from argosy.simulation.visitors import Visitor

DAYS, RUSHES, CHECKOUTS = 30, 16, 304
CHECKOUTS_LEAST, LATE = 300, 30 * MINUTE
REST = 12 * HOUR
"""How long after the last fault everything may take to come to rest."""


@dataclass(frozen=True)
class Plan:
    """Which run it is: all of a seed, or what shrinking has left of it."""

    seed: int
    buyers: tuple[int, ...] = tuple(range(BUYERS))
    rushes: tuple[int, ...] = tuple(range(RUSHES))
    without: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        return len(self.rushes) == RUSHES and len(self.buyers) == BUYERS


@dataclass
class Outcome:
    """What happened. `violations` are the invariants that were broken, first ones first."""

    plan: Plan
    checkouts: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    messages: int = 0
    commits: int = 0
    steps: int = 0
    interleaved: int = 0
    days: float = 0.0
    faults: dict[str, int] = field(default_factory=dict)
    jobs: dict[str, int] = field(default_factory=dict)
    """How often each recurring job was told, and what they found."""
    violations: list[Violation] = field(default_factory=list)
    digest: str = ""

    @property
    def is_sound(self) -> bool:
        return not self.violations


class Simulation:
    """A run in the making."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.random = Random(f"{plan.seed}:run")
        self.facts = Facts()
        self.place = Marketplace(plan.seed, plan.without)
        self.oracles = Oracles(self.place, self.facts)
        self.buyers = [Buyer(self.place, self.facts, number) for number in range(BUYERS)]
        self.sellers = [Seller(self.place, self.facts, number) for number in range(SELLERS)]
        self.storekeepers = [Storekeeper(self.place, self.facts, number) for number in range(SELLERS)]
        self.operator = Operator(self.place, self.facts)
        self.others = others(self.place, self.facts)
        self.place.gateway.told = Postman(self.place, self.facts).tell

    def run(self) -> None:
        """Thirty days, then rest, then the oracles."""
        scheduler = self.place.scheduler
        open_shop(self.place, self.facts)
        for storekeeper in self.storekeepers:
            storekeeper.open()
        for one in self.others:
            one.open()
        self.place.open()
        scheduler.run_until(MINUTE)
        self._plan_rushes()
        self.place.let_faults_happen(interleaving=self.random.choice((0.0, 0.01, 0.05)))
        self.oracles.deadlines.begin()
        scheduler.run_until(DAYS * DAY)
        self._come_to_rest()
        self.oracles.examine()

    def _plan_rushes(self) -> None:
        """When people come, and who; the same for those that are left, whoever is left out."""
        per_rush = -(-CHECKOUTS // RUSHES)
        for number in range(RUSHES):
            draw = Random(f"{self.plan.seed}:rush {number}")
            at = HOUR + number * (DAYS * DAY - 6 * HOUR) // RUSHES + draw.randrange(DAY)
            spread = draw.choice((SECOND // 4, SECOND, 2 * SECOND, 15 * SECOND))
            coming = draw.sample(range(BUYERS), min(BUYERS, per_rush))
            wanted = draw.choice(ALL_GOODS)
            if number not in self.plan.rushes:
                continue
            rush = Rush(number, at, spread, None, "")
            if self.place.faults.strikes("last unit"):
                rush.wanted = wanted
                owner = next(one for one in self.sellers if one.id == wanted.seller_id)
                left = draw.randrange(1, 4)
                self.place.scheduler.at(at - MINUTE, owner.name, partial(owner.sell_out, wanted, left))
            if self.place.faults.strikes("flash deal"):
                rush.wanted = wanted
                self.operator.flash_deal(at, wanted)
            if self.place.faults.strikes("last coupon"):
                rush.coupon = self.operator.last_coupon(at, spread)
            for index in coming:
                if index in self.plan.buyers:
                    self.buyers[index].join(rush)
            for seller in self.sellers:
                self.place.scheduler.at(at - 5 * MINUTE, seller.name, seller.fill_up)
                seller.attend(at, spread)
            for storekeeper in self.storekeepers:
                storekeeper.attend(at, spread)
            self.operator.attend(at, spread)
            for one in self.others:
                one.attend(rush)
            if self.place.faults.strikes("forgotten"):
                Visitor(self.place, self.facts, number).join(rush)
            if number == RUSHES - 1 and self.plan.is_whole:
                self.place.scheduler.at(at + spread + LATE, "run", partial(self._come_again, number + 1))

    def _come_again(self, number: int) -> None:
        """Where so many went away with their carts full that fewer have bought than should, some come back."""
        missing = CHECKOUTS_LEAST - len(self.place.store("checkout").all(CheckoutSession))
        for first in range(0, missing, BUYERS):
            rush = Rush(number + first, self.place.scheduler.time, MINUTE, None, "")
            for buyer in self.buyers[: missing - first]:
                buyer.join_at_last(rush)

    def _come_to_rest(self) -> None:
        """Faults end; what is parked is tried again; and nothing is left to do within the bound."""
        self.place.end_faults()
        scheduler = self.place.scheduler
        end = scheduler.time + REST
        self.operator.redrive()
        for worker in self.place.workers:
            if worker.is_alive:
                worker.look_at_everything()
        scheduler.run_until(scheduler.time + MINUTE)
        self.operator.redrive()
        scheduler.run_until(end)

    def outcome(self, *, with_digest: bool) -> Outcome:
        """What happened, so far as it went."""
        place, scheduler = self.place, self.place.scheduler
        outcome = Outcome(self.plan)
        outcome.violations = list(self.oracles.violations)
        sessions = place.store("checkout").all(CheckoutSession)
        outcome.checkouts = len(sessions)
        for session in sessions:
            outcome.outcomes[session.status] = outcome.outcomes.get(session.status, 0) + 1
        outcome.steps, outcome.interleaved = scheduler.steps, scheduler.interleaved
        outcome.days = scheduler.time / DAY
        outcome.messages = sum(len(part.store.log.records) for part in place.parts.values())
        outcome.commits = sum(part.store.commits for part in place.parts.values())
        outcome.faults = dict(place.faults.counts)
        outcome.jobs = {name: place.jobs.counts[name] for name in COUNTED}
        outcome.digest = digest_of(place) if with_digest else ""
        return outcome


def simulate(plan: Plan, *, with_digest: bool = True) -> Outcome:
    """Run a plan. Two runs of one plan are equal to the byte. What the simulation itself stumbles over is a violation
    like any other."""
    is_collecting = gc.isenabled()
    gc.disable()  # What a run makes it needs to its end: to look through it again and again took a sixth of the time.
    try:
        return _simulated(Simulation(plan), with_digest=with_digest)
    finally:
        if is_collecting:
            gc.enable()


def _simulated(simulation: Simulation, *, with_digest: bool) -> Outcome:
    try:
        simulation.run()
    except Enough:
        pass
    except Exception as error:  # noqa: BLE001 - a bug is what we are looking for
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = where.filename.rpartition("argosy/")[2]
        simulation.oracles.broken("run", f"{place}:{where.lineno}", f"{type(error).__name__}: {error}")
    simulation.place.scheduler.end()
    outcome = simulation.outcome(with_digest=with_digest)
    simulation.place.close()
    return outcome


def digest_of(place: Marketplace) -> str:
    """A fingerprint of all that was told and of all that the gateway did."""
    digest = blake2b(digest_size=16)
    for label, part in place.parts.items():
        for record in part.store.log.records:
            row = (label, record.message_id, record.wire_name, record.key, record.payload, record.created_at)
            digest.update(repr(row).encode())
    for line in place.gateway.book.values():
        digest.update(repr(line).encode())
    return digest.hexdigest()
