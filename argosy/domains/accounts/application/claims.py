"""What somebody bought as a guest becomes their account's as well, once they have proven the address."""

from __future__ import annotations

from argosy.contracts.accounts import EmailVerified, UserRegistered
from argosy.contracts.accounts_email import EmailChanged, EmailChangeReverted
from argosy.contracts.checkout import CheckoutCompleted
from argosy.domains.accounts.domain.guest_purchase import GuestClaim, GuestPurchase, may_claim
from argosy.domains.accounts.domain.user import User
from argosy.engine.reads import By, by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id

Claimed = tuple[Repository[GuestPurchase], Repository[GuestClaim]]


class Claims:
    """Whichever comes last, the purchase or the proof of its address, has it claimed; a repeat changes nothing."""

    def __init__(self, work: UnitOfWork, users: Repository[User], claimed: Claimed) -> None:
        self.work = work
        self.users = users
        self.purchases, self.claims = claimed

    @reads(
        purchases=lambda event: [event.checkout_id] if event.is_guest else [],
        claims=lambda event: [event.checkout_id] if event.is_guest else [],
    )
    @then_reads(users=lambda self, event: self._reached(event))
    def note_purchase(self, event: CheckoutCompleted) -> None:
        """From now on it can be claimed: of checkouts that came to nothing nobody wants the orders."""
        if not event.is_guest or self.claims.find(event.checkout_id) is not None:
            return
        purchase = self.purchases.find(event.checkout_id)
        if purchase is None:  # Where they are reached is still on its way.
            purchase = GuestPurchase(id=event.checkout_id, guest_id=event.buyer_id, email="", created_at=self.work.now)
            self.purchases.add(purchase)
        purchase.is_bought = True
        if purchase.email:
            claim_for(self.work, (self.purchases, self.claims), purchase, self.users.find_by("email", purchase.email))

    @reads(users=lambda event: [event.user_id])
    @then_reads(purchases=lambda self, event: self._made_at(event.user_id))
    def claim_purchases(self, event: EmailVerified | UserRegistered | EmailChanged | EmailChangeReverted) -> None:
        """All that guests have bought at this address, and nobody has claimed."""
        user = self.users.find(event.user_id)
        if user is None:
            return
        for purchase in self.purchases.all_by("email", user.email):
            claim_for(self.work, (self.purchases, self.claims), purchase, user)

    def _reached(self, event: CheckoutCompleted) -> list[By]:
        purchase = self.purchases.find(event.checkout_id) if event.is_guest else None
        return [by("email", purchase.email)] if purchase is not None and purchase.email else []

    def _made_at(self, user_id: Id) -> list[By]:
        user = self.users.find(user_id)
        return [by("email", user.email)] if user is not None else []


def claim_for(work: UnitOfWork, claimed: Claimed, purchase: GuestPurchase, user: User | None) -> None:
    """The address is kept no longer than it is needed for this."""
    purchases, claims = claimed
    if user is not None and may_claim(user, purchase):
        claims.add(GuestClaim.of(purchase, user, work.now))
        purchases.remove(purchase)
