"""People who ask, and ask again when nobody answers."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from argosy.contracts.carts import AddToCart, ChangeQuantity, MoveFromWishlist
from argosy.engine.outside import Keyed, TooBusy
from argosy.engine.store import StoreUnavailable
from argosy.engine.work import Actor
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.messages import Command
from argosy.simulation.facts import Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.processes import NoAnswer, Web
from argosy.simulation.scheduler import SECOND
from argosy.simulation.store import Unreadable

AGAIN_MAX = 60 * SECOND
Told = Callable[[Any], None]
Refused = Callable[[DomainError], None]
Listening = tuple[Told, Refused, str]
"""Who hears the answer, who hears a refusal, and the request's key."""


class Person:
    """Somebody with a habit of their own, drawn by the seed. `tries` is how often they had to ask again until what was
    answered last was answered: 0 where they know that it was done once."""

    tries = 0

    def __init__(self, place: Marketplace, facts: Facts, name: str) -> None:
        self.place = place
        self.facts = facts
        self.name = name
        self.random = Random(f"{place.seed}:{name}")

    def later(self, delay: int, act: Callable[[], None]) -> None:
        self.place.scheduler.after(delay, self.name, act)

    def web(self) -> Web:
        return self.place.webs[self.random.randrange(len(self.place.webs))]

    def ask(
        self,
        label: str,
        command: Command,
        actor: Actor,
        *,
        told: Told = lambda result: None,
        refused: Refused = lambda error: None,
        key: str = "",
    ) -> None:
        """Send a request until somebody answers it. With a key it is one request, however often it is sent."""
        self._send(label, command, actor, (told, refused, key), 0)

    def _send(self, label: str, command: Command, actor: Actor, listening: Listening, tries: int) -> None:
        told, refused, key = listening
        self.tries = tries
        self.facts.requests += 1
        if isinstance(command, AddToCart | ChangeQuantity | MoveFromWishlist):
            self.facts.put[actor.id, command.variant_id] += command.quantity
        try:
            if key:
                route = command.wire_name
                keyed = Keyed(actor.id, route, key, f"{route}:{key}")
                result: Any = self.web().do_keyed(label, command, keyed, actor).body
                self.facts.answers[actor.id, route, key] = result
            else:
                result = self.web().do(label, command, actor)
        except (StoreUnavailable, NoAnswer, TooBusy, Unreadable):
            self.facts.unanswered += 1
            self.place.faults.count("sent again")
            wait = min(SECOND * 2 ** min(tries, 6), AGAIN_MAX)
            wait += self.random.randrange(wait)
            self.later(wait, lambda: self._send(label, command, actor, listening, tries + 1))
            return
        except DomainError as refusal:
            refused(refusal)
            return
        told(result)
