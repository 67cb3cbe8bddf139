"""Who has bought without an account."""

from __future__ import annotations

from datetime import timedelta

from argosy.contracts.accounts import ForgetGuest, KeepGuest
from argosy.contracts.checkout import CheckoutAborted, CheckoutExpired, CheckoutFailed
from argosy.contracts.orders import ReleaseBuyer
from argosy.domains.accounts.application.claims import Claimed, claim_for
from argosy.domains.accounts.domain.guest import Guest
from argosy.domains.accounts.domain.guest_purchase import GuestPurchase
from argosy.domains.accounts.domain.user import User, normalised_email
from argosy.engine.reads import By, by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id

KEPT_FOR_NOTHING = timedelta(days=30)
FORGET_TIMER = "forget-guest"


class Guests:
    """Keeps where guests are reached: checkout has what they gave, and forgets it."""

    def __init__(self, work: UnitOfWork, guests: Repository[Guest], users: Repository[User], claimed: Claimed) -> None:
        self.work = work
        self.guests = guests
        self.users = users
        self.purchases, self.claims = claimed

    @reads(
        guests=lambda command: [command.guest_id],
        purchases=lambda command: [command.checkout_id] if command.checkout_id else [],
        claims=lambda command: [command.checkout_id] if command.checkout_id else [],
    )
    @then_reads(users=lambda self, command: self._waited_for(command))
    def keep_guest(self, command: KeepGuest) -> None:
        email, guest = normalised_email(command.email), self.guests.find(command.guest_id)
        if guest is None:
            guest = Guest.new(command.guest_id, self.work.now)
            self.guests.add(guest)
        guest.reach_at(email, self.work.now)
        guest.begin_purchase()
        self.work.never_mind(FORGET_TIMER, guest.id)
        purchase = self.purchases.find(command.checkout_id) if command.checkout_id is not None else None
        if purchase is not None and purchase.came_to_nothing:
            self._end(guest, purchase)
        elif command.checkout_id is not None and guest.is_there:
            self._note(command.checkout_id, guest, email)

    @reads(guests=lambda event: [event.buyer_id], purchases=lambda event: [event.checkout_id])
    def purchase_came_to_nothing(self, event: CheckoutFailed | CheckoutExpired | CheckoutAborted) -> None:
        """Who has bought nothing and is buying nothing is forgotten in a while, unless they try again. Where its
        beginning is still on its way, its end is remembered until that comes."""
        guest, purchase = self.guests.find(event.buyer_id), self.purchases.find(event.checkout_id)
        if purchase is not None and purchase.came_to_nothing:
            return
        if guest is not None and (purchase is not None or not event.is_guest):
            self._end(guest, purchase)
        elif event.is_guest and (guest is None or guest.is_there):
            self.purchases.add(
                GuestPurchase(id=event.checkout_id, guest_id=event.buyer_id, email="", created_at=self.work.now)
            )

    @reads(guests=lambda command: [command.guest_id])
    def forget_guest(self, command: ForgetGuest) -> None:
        """As if they had asked for it: orders have the last word."""
        guest = self.guests.find(command.guest_id)
        if guest is not None and guest.bought_nothing:
            guest.ask_erasure(self.work.now)
            self.work.announce(ReleaseBuyer(flow_id=guest.id, buyer_id=guest.id))

    def _end(self, guest: Guest, purchase: GuestPurchase | None) -> None:
        """One purchase of theirs came to nothing."""
        guest.end_purchase()
        if purchase is not None:
            self.purchases.remove(purchase)
        if guest.bought_nothing:
            at = self.work.now + KEPT_FOR_NOTHING
            self.work.later(FORGET_TIMER, guest.id, at, ForgetGuest(guest_id=guest.id))

    def _note(self, checkout_id: Id, guest: Guest, email: str) -> None:
        """At which address this purchase is made, until somebody claims it."""
        purchase = self.purchases.find(checkout_id)
        if purchase is None:
            if self.claims.find(checkout_id) is None:
                self.purchases.add(
                    GuestPurchase(id=checkout_id, guest_id=guest.id, email=email, created_at=self.work.now)
                )
        elif not purchase.email:
            purchase.email = email
            claim_for(self.work, (self.purchases, self.claims), purchase, self.users.find_by("email", email))

    def _waited_for(self, command: KeepGuest) -> list[By]:
        """Whose address it is, where the purchase is made already."""
        purchase = self.purchases.find(command.checkout_id) if command.checkout_id else None
        return [by("email", normalised_email(command.email))] if purchase is not None and not purchase.email else []
