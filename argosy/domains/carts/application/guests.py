"""Carts of visitors who have not signed in: begun under a token, and taken into the buyer's cart when they do."""

from __future__ import annotations

from argosy.contracts.carts import BeginGuestCart, MergeGuestCart
from argosy.domains.carts.application.carts import CartContents, CartsBelongToBuyers
from argosy.domains.carts.application.ports import Randomness
from argosy.domains.carts.domain.cart import Cart, Merger, NotMerged, cart_id_of
from argosy.domains.carts.domain.guest import NotAGuestToken, guest_id_of, guest_token_from, is_guest_token
from argosy.engine.reads import then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.bearer_tokens import TOKEN_BYTES
from argosy.shared_kernel.ids import Id, is_id
from argosy.shared_kernel.messages import Value


class GuestCart(Value):
    """A cart that nobody else can reach: its token is told once and kept nowhere."""

    token: str
    cart_id: Id


class MergedCart(CartContents):
    """The buyer's cart as it now is, and what of the guest's did not fit into it."""

    not_merged: tuple[NotMerged, ...] = ()
    coupons_not_merged: tuple[str, ...] = ()


def _both_carts(service: Guests, command: MergeGuestCart) -> list[Id]:
    return [cart_id_of(Id(service.work.actor.id)), cart_id_of(guest_id_of(command.guest_token))]


class Guests:
    """A guest's cart obeys what every cart obeys, and ends in a buyer's cart or is swept."""

    def __init__(self, work: UnitOfWork, carts: Repository[Cart], randomness: Randomness) -> None:
        self.work = work
        self.carts = carts
        self.randomness = randomness

    def begin_guest_cart(self, command: BeginGuestCart) -> GuestCart:
        """Nothing is written: a visitor who only asks costs nothing."""
        token = guest_token_from(self.randomness.random_bytes(TOKEN_BYTES))
        return GuestCart(token=token, cart_id=cart_id_of(guest_id_of(token)))

    @then_reads(carts=_both_carts)
    def merge_guest_cart(self, command: MergeGuestCart) -> MergedCart:
        """Once: the guest's cart is emptied in the same commit, so that whoever asks again finds nothing to merge."""
        actor, now = self.work.actor, self.work.now
        if not is_id(actor.id) or actor.is_guest:
            raise CartsBelongToBuyers()
        if not is_guest_token(command.guest_token):
            raise NotAGuestToken(field="guest_token")
        own_id, guest_id = _both_carts(self, command)
        known, guest = self.carts.find(own_id), self.carts.find(guest_id)
        cart, merger = known or Cart.of(Id(actor.id), now), Merger()
        if guest is not None:
            if known is None:
                self.carts.add(cart)
            merger = cart.take_in(guest, now, self.work.new_id)
        return MergedCart.of(cart, not_merged=merger.lines, coupons_not_merged=merger.coupons)
