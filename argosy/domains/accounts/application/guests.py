"""Who has bought without an account."""

from __future__ import annotations

from datetime import timedelta

from argosy.contracts.accounts import ForgetGuest, KeepGuest
from argosy.contracts.checkout import CheckoutAborted, CheckoutExpired, CheckoutFailed
from argosy.contracts.orders import ReleaseBuyer
from argosy.domains.accounts.domain.guest import Guest
from argosy.domains.accounts.domain.user import normalised_email
from argosy.engine.reads import reads
from argosy.engine.work import Repository, UnitOfWork

KEPT_FOR_NOTHING = timedelta(days=30)
FORGET_TIMER = "forget-guest"


class Guests:
    """Keeps where guests are reached: checkout has what they gave, and forgets it."""

    def __init__(self, work: UnitOfWork, guests: Repository[Guest]) -> None:
        self.work = work
        self.guests = guests

    @reads(guests=lambda command: [command.guest_id])
    def keep_guest(self, command: KeepGuest) -> None:
        email, guest = normalised_email(command.email), self.guests.find(command.guest_id)
        if guest is None:
            guest = Guest.new(command.guest_id, self.work.now)
            self.guests.add(guest)
        guest.reach_at(email, self.work.now)
        guest.begin_purchase()
        self.work.never_mind(FORGET_TIMER, guest.id)

    @reads(guests=lambda event: [event.buyer_id])
    def purchase_came_to_nothing(self, event: CheckoutFailed | CheckoutExpired | CheckoutAborted) -> None:
        """Who has bought nothing and is buying nothing is forgotten in a while, unless they try again."""
        guest = self.guests.find(event.buyer_id)
        if guest is None:
            return
        guest.end_purchase()
        if guest.bought_nothing:
            at = self.work.now + KEPT_FOR_NOTHING
            self.work.later(FORGET_TIMER, guest.id, at, ForgetGuest(guest_id=guest.id))

    @reads(guests=lambda command: [command.guest_id])
    def forget_guest(self, command: ForgetGuest) -> None:
        """As if they had asked for it: orders have the last word."""
        guest = self.guests.find(command.guest_id)
        if guest is not None and guest.bought_nothing:
            guest.ask_erasure(self.work.now)
            self.work.announce(ReleaseBuyer(flow_id=guest.id, buyer_id=guest.id))
