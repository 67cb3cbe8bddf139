"""Carts at rest: guests' carts are merged, and what was put aside or wished for is as its buyer was last told."""

from __future__ import annotations

from collections.abc import Iterator

from argosy.domains.carts.domain.cart import MERGED, Cart, cart_id_of
from argosy.domains.carts.domain.wishlist import Wishlist, wishlist_id_of
from argosy.shared_kernel.ids import Id
from argosy.simulation.facts import Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.violation import Violation


def browsing(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    carts = place.store("carts").rows.get(Cart, {})
    wishlists = place.store("carts").rows.get(Wishlist, {})
    for buyer_id, guests in facts.guests.items():
        for guest_id in guests:
            cart = carts.get(cart_id_of(Id(guest_id)))
            if isinstance(cart, Cart) and (cart.items or cart.coupons) and facts.merged.get(guest_id):
                yield Violation("I24", f"cart of guest {guest_id}", f"still holds what went to {buyer_id}")
            if isinstance(cart, Cart) and cart.status != MERGED and facts.merged.get(guest_id):
                yield Violation(
                    "I36", f"cart of guest {guest_id}", f"is {cart.status}; {buyer_id} was told it is theirs"
                )
    for buyer_id, told in facts.aside.items():
        cart = carts.get(cart_id_of(Id(buyer_id)))
        saved = sorted(f"{item.variant_id} {item.quantity}" for item in cart.saved) if isinstance(cart, Cart) else []
        if tuple(saved) != told:
            yield Violation("I36", f"cart of {buyer_id}", f"has {saved} put aside; its buyer was told of {told}")
    for buyer_id, wished in facts.wished.items():
        row = wishlists.get(wishlist_id_of(Id(buyer_id)))
        there = sorted(wish.variant_id for wish in row.wishes) if isinstance(row, Wishlist) else []
        if tuple(there) != wished:
            yield Violation("I36", f"wishlist of {buyer_id}", f"has {there}; its buyer was told of {wished}")
