"""Checkout on its stage, among fake participants that answer at once and in order."""

from __future__ import annotations

from typing import Any

from argosy.domains.checkout.application.checkout_flow import CheckoutFlow
from argosy.domains.checkout.application.quotes import Quotes
from argosy.domains.checkout.application.watching import CheckoutWatch
from argosy.domains.checkout.domain.quotation import Quotation
from argosy.domains.checkout.domain.session import CheckoutDetail, CheckoutSession
from argosy.engine.work import Actor, UnitOfWork
from argosy.shared_kernel.messages import Command, Event, Message
from tests.domains.checkout.fakes import (
    BUYER,
    Carts,
    Inventory,
    Orders,
    Participant,
    Payments,
    Products,
    Promotions,
    Shipping,
    Taxes,
)
from tests.support import Stage

BUYING = Actor(id=BUYER, roles=frozenset({"buyer"}))


def build(work: UnitOfWork) -> tuple[object, ...]:
    sessions, details = work.repository(CheckoutSession), work.repository(CheckoutDetail)
    quotes = work.repository(Quotation)
    return (
        CheckoutFlow(work, sessions, details, quotes),
        CheckoutWatch(work, sessions, details),
        Quotes(work, quotes, lambda until, limit: []),
    )


class Play:
    """`asked` is every command that checkout sent, `told` every event, by class name in order."""

    def __init__(self, **participants: Participant) -> None:
        self.stage = Stage((CheckoutFlow, CheckoutWatch, Quotes), build, unique=[(CheckoutSession, ("request_key",))])
        self.stage.store.keep_logs(CheckoutSession, "attempts", "failures")
        self.participants: dict[str, Any] = {
            "carts": Carts(),
            "products": Products(),
            "promotions": Promotions(),
            "shipping": Shipping(),
            "taxes": Taxes(),
            "orders": Orders(),
            "inventory": Inventory(),
            "payments": Payments(),
            **participants,
        }
        self.asked: list[Any] = []
        self.told: list[Any] = []

    def send(self, *messages: Message, actor: Actor = BUYING, until: type[Message] | None = None) -> Any:
        """Handle these and everything that follows, but leave a command of the class `until` unanswered."""
        result = None
        queue: list[Message] = list(messages)
        while queue:
            message = queue.pop(0)
            for told in self.stage.send(message, actor=actor):
                if isinstance(told, Command):
                    self.asked.append(told)
                    if until is None or not isinstance(told, until):
                        queue += self.participants[told.wire_name.partition(".")[0]].take(told)
                else:
                    assert isinstance(told, Event)
                    self.told.append(told)
            result = self.stage.result if result is None else result
        assert self.stage.undeclared_loads == 0
        return result

    def names_asked(self) -> list[str]:
        return [type(command).__name__ for command in self.asked]

    def names_told(self) -> list[str]:
        return [type(event).__name__ for event in self.told]

    def the(self, kind: type[Message]) -> Any:
        """The one command of a kind that was asked."""
        (found,) = [command for command in self.asked if isinstance(command, kind)]
        return found

    @property
    def session(self) -> CheckoutSession:
        (session,) = self.stage.all(CheckoutSession)
        return session

    def effects(self) -> dict[str, dict[str, int]]:
        """What each participant did, over all flows."""
        found: dict[str, dict[str, int]] = {}
        for name, participant in self.participants.items():
            for (_, effect), count in participant.effects.items():
                found.setdefault(name, {})[effect] = found.get(name, {}).get(effect, 0) + count
        return found
