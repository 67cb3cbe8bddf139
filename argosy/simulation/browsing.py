"""Before a purchase: carts of guests, what is put aside or wished for, and what it would cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from argosy.contracts.carts import (
    AddToCart,
    AddToWishlist,
    BeginGuestCart,
    MergeGuestCart,
    MoveFromWishlist,
    MoveToCart,
    RemoveFromWishlist,
    SaveForLater,
)
from argosy.contracts.checkout import CheckoutLine, RequestQuote
from argosy.contracts.orders import Address
from argosy.domains.carts.domain.guest import guest_id_of
from argosy.domains.checkout.domain.quotation import FAILED, READY, Quotation, QuoteStanding
from argosy.engine.work import GUEST, SYSTEM, Actor
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id
from argosy.simulation.facts import Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.people import Person
from argosy.simulation.scheduler import MINUTE, SECOND
from argosy.simulation.shop import ADDRESSES, ALL_GOODS, Goods

LOOKS = 5


class Quoted(NamedTuple):
    """A price as its buyer saw it; `tries` counts purchases of one wish."""

    address: Address | None = None
    quote_id: Id | None = None
    total: int | None = None
    tries: int = 0
    currency: str = ""


Then = Callable[[Quoted], None]


class Browsing(Person):
    """What one buyer does beside buying, drawn apart from what they buy."""

    def __init__(self, place: Marketplace, facts: Facts, actor: Actor) -> None:
        super().__init__(place, facts, f"browsing of {actor.id}")
        self.actor = actor
        self._is_tidying = False

    def pass_time(self, liked: Goods) -> None:
        """Perhaps be somebody else first, and perhaps leave something for another day."""
        if self.place.faults.strikes("guest"):
            self.ask("carts", BeginGuestCart(), SYSTEM, told=self._as_guest)
        if self.place.faults.strikes("put aside") and not self._is_tidying:
            self._is_tidying = True
            self._tidy(liked)

    # As a guest.

    def _as_guest(self, cart: Any) -> None:
        guest = Actor(id=guest_id_of(cart.token), roles=frozenset({GUEST}))
        self.facts.guests.setdefault(self.actor.id, []).append(guest.id)
        filled: list[object] = []
        for goods in self.random.sample(ALL_GOODS, 2):
            add = AddToCart(
                product_id=goods.product_id, variant_id=goods.variant_id, quantity=self.random.randrange(1, 9)
            )
            self.ask("carts", add, guest, told=filled.append)
        merge = MergeGuestCart(guest_token=cart.token)

        def sign_in() -> None:
            """What is put in after that is in a guest's cart: it was begun anew, or is refused."""
            is_whole = len(filled) == 2

            def merged(_: object) -> None:
                self.facts.merged[guest.id] = self.facts.merged.get(guest.id, True) and is_whole

            self.ask("carts", merge, self.actor, told=merged)

        for _ in range(self.random.choice((1, 1, 2, 3))):
            self.later(self.random.randrange(1, 5 * SECOND), sign_in)

    # Tidying up: one thing after the other, so that the last answer is how it stands.

    def _tidy(self, goods: Goods) -> None:
        draw = self.random.random()
        if draw < 0.4:
            self._ask_cart(SaveForLater(variant_id=goods.variant_id))
        elif draw < 0.6:
            aside = self.facts.aside.get(self.actor.id, ())
            self._ask_cart(MoveToCart(variant_id=Id(aside[0].partition(" ")[0]) if aside else goods.variant_id))
        elif draw < 0.8:
            self._ask_wishlist(AddToWishlist(product_id=goods.product_id, variant_id=goods.variant_id))
        else:
            wished = self.facts.wished.get(self.actor.id, ())
            variant_id = Id(wished[0]) if wished else goods.variant_id
            if draw < 0.9:
                self._ask_wishlist(RemoveFromWishlist(variant_id=variant_id))
            else:
                self._ask_cart(MoveFromWishlist(variant_id=variant_id))

    def _ask_cart(self, command: SaveForLater | MoveToCart | MoveFromWishlist) -> None:
        def told(cart: Any) -> None:
            self._is_tidying = False
            if isinstance(command, MoveFromWishlist):
                wished = self.facts.wished.get(self.actor.id, ())
                self.facts.wished[self.actor.id] = tuple(id for id in wished if id != command.variant_id)
            self.facts.aside[self.actor.id] = tuple(sorted(f"{line.variant_id} {line.quantity}" for line in cart.saved))

        self.ask("carts", command, self.actor, told=told, refused=self._not_there)

    def _ask_wishlist(self, command: AddToWishlist | RemoveFromWishlist) -> None:
        def told(wishlist: Any) -> None:
            self._is_tidying = False
            self.facts.wished[self.actor.id] = tuple(sorted(wishlist.variant_ids))

        self.ask("carts", command, self.actor, told=told, refused=self._not_there)

    def _not_there(self, error: DomainError) -> None:
        self._is_tidying = False

    # What it would cost.

    def ask_price(self, currency: str, lines: tuple[CheckoutLine, ...], coupons: tuple[str, ...], then: Then) -> None:
        """Buy at the price that was shown, or by its total alone; without either where nothing is shown in time."""
        address = ADDRESSES[self.random.randrange(len(ADDRESSES))]
        command = RequestQuote(
            quote_id=self.place.ids.new(),
            buyer_id=Id(self.actor.id),
            country=address.country,
            region=address.region,
            postal_code=address.postal_code,
            lines=lines,
            coupons=coupons,
            currency=currency,
        )
        self.ask(
            "checkout",
            command,
            self.actor,
            told=lambda standing: self._look(standing, Quoted(address, currency=currency), then, LOOKS),
            refused=lambda error: then(Quoted(currency=currency)),
        )

    def _look(self, standing: QuoteStanding, wanted: Quoted, then: Then, looks: int) -> None:
        quote = self.place.store("checkout").rows.get(Quotation, {}).get(standing.quote_id)
        if isinstance(quote, Quotation) and quote.status == READY:
            by_id = self.random.random() < 0.7
            shown = wanted._replace(quote_id=quote.id if by_id else None, total=quote.total_amount)
            # Now and then the quote's quarter of an hour is over by then.
            longest = 20 * MINUTE if self.random.random() < 0.05 else self.random.choice((SECOND, SECOND, 10 * SECOND))
            self.later(self.random.randrange(1, longest), lambda: then(shown))
        elif looks and not (isinstance(quote, Quotation) and quote.status == FAILED):
            self.later(self.random.randrange(SECOND, 4 * SECOND), lambda: self._look(standing, wanted, then, looks - 1))
        else:
            then(Quoted(currency=wanted.currency))
