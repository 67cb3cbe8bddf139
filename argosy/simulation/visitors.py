"""Visitors: they open an account, begin to buy, and ask to be forgotten while that is under way."""

from __future__ import annotations

from argosy.contracts.accounts import AddAddress, ErasePerson, RegisterUser
from argosy.contracts.checkout import CheckoutLine, StartCheckout
from argosy.contracts.orders import Address
from argosy.domains.accounts.domain.user import User
from argosy.engine.work import SYSTEM, Actor
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command
from argosy.simulation.buyers import Buyer
from argosy.simulation.facts import Facts, Purchase
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.people import Listening
from argosy.simulation.rush import Rush
from argosy.simulation.scheduler import HOUR, MINUTE, SECOND
from argosy.simulation.shop import ALL_GOODS, BUYERS

HOME = Address(
    recipient="Rosa Visitante", street="Rua do Sol 7", city="Manaus", postal_code="69000", country="BR", region="AM"
)
ASKS = (0, HOUR, 30 * HOUR)
"""Whoever is held back, since an order of theirs is open, asks again after so long."""


class Visitor(Buyer):
    """Somebody who comes in one rush, and does not want to have been there."""

    def __init__(self, place: Marketplace, facts: Facts, number: int) -> None:
        super().__init__(place, facts, BUYERS + number)

    def join(self, rush: Rush) -> None:
        scheduler = self.place.scheduler
        scheduler.at(rush.at - 2 * MINUTE, self.name, self._register)
        scheduler.at(rush.at - MINUTE, self.name, self._move_in)
        begin = rush.at + self.random.randrange(1, rush.spread + 1)
        scheduler.at(begin, self.name, lambda: self._begin(rush))
        leave = begin + self.random.choice((SECOND, 10 * SECOND, 5 * MINUTE, 30 * MINUTE))
        scheduler.at(leave + self.random.randrange(MINUTE), self.name, lambda: self._leave(0))

    @property
    def is_forgotten(self) -> bool:
        """Whether their sessions are gone: then nothing that they send is listened to."""
        user = self.place.store("accounts").rows.get(User, {}).get(self.id)
        return isinstance(user, User) and not user.is_active

    def _register(self) -> None:
        command = RegisterUser(
            email=f"{self.name.replace(' ', '.')}@example.com",
            password="correct horse battery",
            first_name="Rosa",
            last_name="Visitante",
            user_id=self.id,
        )
        self.ask("accounts", command, SYSTEM)

    def _move_in(self) -> None:
        address = AddAddress(
            recipient=HOME.recipient,
            street=HOME.street,
            city=HOME.city,
            postal_code=HOME.postal_code,
            country=HOME.country,
            region=HOME.region,
            address_id=self.place.ids.new(),
        )
        self.ask("accounts", address, self.actor)

    def _begin(self, rush: Rush) -> None:
        """Most do not confirm their payment, or abort: what they began ends without a sale."""
        goods, draw = self.random.choice(ALL_GOODS), self.random.random()
        request = f"visit-{rush.number}"
        command = StartCheckout(
            checkout_id=self.place.ids.new(),
            buyer_id=self.id,
            cart_id=self.cart_id,
            lines=(CheckoutLine(product_id=goods.product_id, variant_id=goods.variant_id, quantity=1),),
            address=HOME,
            client_request_id=request,
            payment_method="card",
            payment_source="tok_approve" if draw < 0.4 else "tok_action",
        )
        purchase = self.facts.purchases[self.id, request] = Purchase(command, self.place.scheduler.time)
        self._start(purchase, command)
        if 0.2 < draw < 0.7:
            delay = self.random.randrange(1, 20 * SECOND)
            self.later(delay, lambda: self._abort_any(purchase))

    def _abort_any(self, purchase: Purchase) -> None:
        for checkout_id in purchase.answered:
            self._abort(purchase, Id(checkout_id))

    def _leave(self, asked: int) -> None:
        if self.is_forgotten:
            return
        self.facts.forgotten.setdefault(self.id, self.place.scheduler.time)
        self.ask("accounts", ErasePerson(), self.actor)
        if asked + 1 < len(ASKS):
            self.later(ASKS[asked + 1], lambda: self._leave(asked + 1))

    def _send(self, label: str, command: Command, actor: Actor, listening: Listening, tries: int) -> None:
        """What is sent again after all was forgotten comes from nobody who is known."""
        if self.is_forgotten:
            for purchase in [one for (id, _), one in self.facts.purchases.items() if id == self.id]:
                purchase.refused = purchase.refused or "signed_out"
            return
        super()._send(label, command, actor, listening, tries)
