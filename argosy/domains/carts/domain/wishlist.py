"""Wishlists: what a buyer would like to have some day. Nothing in one is quoted, held or bought."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from argosy.domains.carts.domain.cart import NotAnId
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import NotFound, RuleBroken, refuse
from argosy.shared_kernel.ids import Id, is_id, named_id
from argosy.shared_kernel.messages import Value

WISHES_MAX = 500


class WishlistIsFull(RuleBroken):
    """A wishlist holds at most 500 different things."""


class NotOnTheWishlist(NotFound):
    """There is no such thing on the wishlist."""


class Wish(Value):
    """One variant that is wished for."""

    id: Id
    product_id: Id
    variant_id: Id
    added_at: datetime


@dataclass(kw_only=True, eq=False)
class Wishlist(Aggregate):
    """The one wishlist of a buyer: each variant once, in the order of adding."""

    user_id: Id
    created_at: datetime
    updated_at: datetime
    wishes: list[Wish] = field(default_factory=list)

    @classmethod
    def of(cls, buyer_id: Id, now: datetime) -> Wishlist:
        return cls(id=wishlist_id_of(buyer_id), user_id=buyer_id, created_at=now, updated_at=now)

    def find(self, variant_id: Id) -> Wish | None:
        return next((wish for wish in self.wishes if wish.variant_id == variant_id), None)

    def add(self, product_id: Id, variant_id: Id, now: datetime, new_id: Callable[[], Id]) -> None:
        refuse(
            NotAnId(field=name)
            for name, value in (("product_id", product_id), ("variant_id", variant_id))
            if not is_id(value)
        )
        if self.find(variant_id) is not None:
            return
        if len(self.wishes) >= WISHES_MAX:
            raise WishlistIsFull(maximum=WISHES_MAX)
        self.wishes.append(Wish(id=new_id(), product_id=product_id, variant_id=variant_id, added_at=now))
        self.updated_at = now

    def remove(self, variant_id: Id, now: datetime) -> None:
        if self.find(variant_id) is not None:
            self.wishes = [wish for wish in self.wishes if wish.variant_id != variant_id]
            self.updated_at = now


def wishlist_id_of(buyer_id: Id) -> Id:
    """A buyer has one wishlist, which can be named before it exists."""
    return named_id("wishlist", buyer_id)
