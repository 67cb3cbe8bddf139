"""Passers-by: they buy as guests, at one address and at another, and some of them open accounts at these addresses,
whose purchases that are then; and some ask to be forgotten afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from random import Random

from argosy.contracts.accounts import ErasePerson, RegisterUser
from argosy.contracts.checkout import AbortCheckout, CheckoutLine, StartCheckout
from argosy.contracts.orders import CancelOrder
from argosy.domains.accounts.domain.guest import Guest
from argosy.domains.accounts.domain.user import User
from argosy.domains.checkout.domain.quote import order_id_of
from argosy.domains.checkout.domain.session import CheckoutStanding
from argosy.engine.work import GUEST, SYSTEM, Actor
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id, named_id
from argosy.simulation.facts import Facts, Purchase
from argosy.simulation.faults import Faults
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.people import Person
from argosy.simulation.rush import Rush
from argosy.simulation.scheduler import DAY, HOUR, MINUTE, SECOND
from argosy.simulation.shop import ADDRESSES, ALL_GOODS, SELLER_OF, buyer_actor

ONE_IN = 3
"""In so many seeds."""
HOUSEHOLDS = 2
LEAVES_FROM = 9
"""Nobody leaves before the rush of this number: first something is bought."""
ASKS = (3 * HOUR, 30 * HOUR)
"""After how long they ask, and ask again: until then the money for what they called off is back."""
TRIES = 4


@dataclass
class Household:
    """People who share a browser, and so the guest that it buys as."""

    number: int
    guest: Actor
    members: dict[str, Id]
    """Accounts that they have or will have, by address."""
    orders: list[tuple[str, Id]] = field(default_factory=list)
    """What they were told is theirs: at which address it was bought, and the order's id."""
    is_leaving: bool = False


def has_passersby(faults: Faults) -> bool:
    return bool(faults.rates["bought as a guest"]) and Random(f"{faults.seed}:passers-by").randrange(ONE_IN) == 0


class PassersBy(Person):
    """A few households."""

    def __init__(self, place: Marketplace, facts: Facts) -> None:
        super().__init__(place, facts, "passers-by")
        self.are_there = has_passersby(place.faults)
        self.households = [_household(number) for number in range(HOUSEHOLDS)]

    def open(self) -> None:
        """Some have an account before they buy anything."""
        if self.are_there:
            for household in self.households:
                self._register(self.random.choice(list(household.members)), household)

    def attend(self, rush: Rush) -> None:
        if not self.are_there:
            return
        household, at = self.households[rush.number % HOUSEHOLDS], rush.at + self.random.randrange(rush.spread)
        if self.place.faults.strikes("bought as a guest"):
            self.place.scheduler.at(at, self.name, partial(self._buy, household, rush.number))
        if rush.number >= LEAVES_FROM and self.place.faults.strikes("claimant forgotten"):
            self.place.scheduler.at(at + HOUR, self.name, partial(self._leave, household))

    # Buying.

    def _buy(self, household: Household, number: int) -> None:
        """At an address of one of them, or of nobody who has an account."""
        if household.is_leaving or not self._is_there(household.guest):
            return
        email = self.random.choice((*household.members, *household.members, f"nobody.{household.number}@example.com"))
        request = f"passing-{number}"
        picked = self.random.sample(ALL_GOODS, self.random.choice((1, 1, 2)))
        command = StartCheckout(
            checkout_id=self.place.ids.new(),
            buyer_id=Id(household.guest.id),
            cart_id=named_id("cart", household.guest.id),
            lines=tuple(
                [CheckoutLine(product_id=one.product_id, variant_id=one.variant_id, quantity=1) for one in picked]
            ),
            address=self.random.choice(ADDRESSES),
            client_request_id=request,
            payment_method="card",
            payment_source="tok_approve",
            email=email,
        )
        purchase = self.facts.purchases[household.guest.id, request] = Purchase(command, self.place.scheduler.time)
        self.facts.bought_at[household.guest.id, request] = email
        is_dropped = self.random.random() < 0.25

        def told(standing: CheckoutStanding) -> None:
            purchase.answered.append(standing.checkout_id)
            sellers = sorted({SELLER_OF[line.variant_id] for line in command.lines})
            household.orders += [(email, order_id_of(standing.checkout_id, seller_id)) for seller_id in sellers]
            if is_dropped:
                longest = self.random.choice((SECOND // 20, 2 * SECOND))
                self.later(self.random.randrange(1, longest), partial(self._abort, household, purchase))

        self.ask("checkout", command, household.guest, told=told, refused=partial(_refused, purchase))
        if email in household.members and self.random.random() < 0.5:
            self.later(self.random.choice((1, SECOND, 5 * SECOND, DAY)), partial(self._register, email, household))

    def _abort(self, household: Household, purchase: Purchase) -> None:
        abort = AbortCheckout(checkout_id=Id(purchase.answered[0]), buyer_id=Id(household.guest.id))
        self.ask("checkout", abort, household.guest, told=lambda _: setattr(purchase, "is_aborted", True))

    def _register(self, email: str, household: Household) -> None:
        """Whom an operator registers has an address that counts as proven."""
        if household.is_leaving or email in self.facts.proven:
            return
        self.facts.proven[email] = user_id = household.members[email]
        register = RegisterUser(email=email.upper(), password="correct horse battery", user_id=user_id)
        self.ask("accounts", register, SYSTEM)

    # Leaving.

    def _leave(self, household: Household) -> None:
        """All that stands is called off, and then one of them asks to be forgotten, or each of them."""
        if household.is_leaving:
            return
        household.is_leaving = True
        for email, order_id in household.orders:
            self._call_off(household, email, order_id, TRIES)
        for email in list(household.members)[: self.random.choice((1, 1, 2))]:
            if email in self.facts.proven:
                for after in ASKS:
                    self.later(after + self.random.randrange(MINUTE), partial(self._ask_to_go, household, email))

    def _call_off(self, household: Household, email: str, order_id: Id, tries: int) -> None:
        """By whose it is, with the account or with the guest's token; whoever lives with them has no say in it."""
        theirs = self.facts.proven.get(email)
        is_claimed = theirs is not None and tries % 2 == 0
        who = buyer_actor(Id(theirs)) if is_claimed and theirs is not None else household.guest
        if not (self._is_there(who) and self._is_there(household.guest)):
            return
        self.facts.asked_off.setdefault(order_id, "")

        def told(_: object) -> None:
            self.facts.asked_off[order_id] = "accepted"

        def refused(_: DomainError) -> None:
            if tries > 1:
                self.later(20 * MINUTE, lambda: self._call_off(household, email, order_id, tries - 1))

        self.ask("orders", CancelOrder(order_id=order_id, reason="moving away"), who, told=told, refused=refused)
        for other in household.members:
            if other != email and tries == TRIES:
                self._try(order_id, buyer_actor(household.members[other]))

    def _try(self, order_id: Id, who: Actor) -> None:
        def told(_: object) -> None:
            self.place.broken("I39", f"order {order_id}", "was called off by who lives with its buyer")

        self.ask("orders", CancelOrder(order_id=order_id, reason="not mine"), who, told=told)

    def _ask_to_go(self, household: Household, email: str) -> None:
        who = buyer_actor(household.members[email])
        if self._is_there(who):
            self.facts.forgotten.setdefault(who.id, self.place.scheduler.time)
            self.facts.forgotten.setdefault(household.guest.id, self.place.scheduler.time)
            self.ask("accounts", ErasePerson(), who)

    def _is_there(self, who: Actor) -> bool:
        """Who is forgotten is signed in nowhere, and a guest's token opens nothing then."""
        rows = self.place.store("accounts").rows
        person = rows.get(User, {}).get(who.id) or rows.get(Guest, {}).get(who.id)
        return not isinstance(person, User | Guest) or person.is_there


def _household(number: int) -> Household:
    guest = Actor(id=named_id("simulated passer-by", str(number)), roles=frozenset({GUEST}))
    emails = [f"{name}.{number}@example.com" for name in ("ana", "eva")]
    return Household(number, guest, {email: named_id("simulated claimant", email) for email in emails})


def _refused(purchase: Purchase, error: DomainError) -> None:
    purchase.refused = error.code
