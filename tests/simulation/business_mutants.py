"""Deliberate bugs of stock, coupons, orders, carts and views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from argosy.domains.carts.domain.cart import Cart
from argosy.domains.checkout.domain import quote
from argosy.domains.inventory.application.keeping import StockKeeping
from argosy.domains.inventory.application.reservations import Reservations
from argosy.domains.inventory.domain.reservation import COMMITTED
from argosy.domains.inventory.domain.stock import StockItem
from argosy.domains.orders.application.orders import Orders
from argosy.domains.orders.domain.order import Order
from argosy.domains.promotions.domain import discount
from argosy.domains.promotions.domain.coupon import Coupon
from argosy.domains.promotions.domain.redemption import Redemption
from argosy.read_models.checkout_progress.projector import CheckoutProgressProjector
from tests.simulation.planting import Patch, around, mutant

# Stock.


@mutant
def stock_is_released_twice(patch: Patch) -> None:
    """What is let go of counts twice."""

    def free(original: Any, self: StockItem, pieces: int, now: Any) -> None:
        original(self, pieces, now)
        self.reserved = max(0, self.reserved - pieces)

    around(patch, StockItem, "free", free)


@mutant
def shortage_is_not_looked_for(patch: Patch) -> None:
    """Pieces are promised whether they are there or not."""
    patch.setattr("argosy.domains.inventory.application.reservations._shortages", lambda wanted, shelves: ())
    patch.setattr(
        "argosy.domains.inventory.application.reservations.spread", lambda items, pieces: [(items[0], pieces)]
    )

    def hold(original: Any, self: StockItem, pieces: int, now: Any) -> None:
        self.reserved += pieces

    around(patch, StockItem, "hold", hold)


@mutant
def packs_count_as_one(patch: Patch) -> None:
    """A pack draws one piece, however many are in it."""

    def stock_of(original: Any, order: Any) -> Any:
        lines = original(order)
        by_line = {line.line_no: line for line in order.lines}
        return [
            msgspec.structs.replace(stock, quantity=line.quantity)
            for stock, line in zip(lines, by_line.values(), strict=False)
        ]

    around(patch, quote, "_stock_of", stock_of)


@mutant
def sold_pieces_stay_held(patch: Patch) -> None:
    """A commit allocates and forgets to end the hold."""

    def allocate(original: Any, self: StockItem, pieces: int, now: Any) -> None:
        reserved = self.reserved
        original(self, pieces, now)
        if self.available >= pieces:
            self.reserved = reserved

    around(patch, StockItem, "allocate", allocate)


@mutant
def restocking_does_nothing(patch: Patch) -> None:
    """What was sold and undone is never back on the shelf."""

    def end(original: Any, self: Reservations, reservation: Any, status: str, change: Any) -> None:
        if reservation.status == COMMITTED:
            reservation.move(status)
        else:
            original(self, reservation, status, change)

    around(patch, Reservations, "_end", end)


@mutant
def receipt_counts_each_time(patch: Patch) -> None:
    """The same receipt, sent again, counts again."""

    def move(
        original: Any, self: StockKeeping, item: StockItem, change: int, reason: str, reference_id: str, **how: Any
    ) -> Any:
        return original(self, item, change, reason, f"{reference_id}-{self.work.new_id()}", **how)

    around(patch, StockKeeping, "move", move)


@mutant
def shelves_do_not_tell(patch: Patch) -> None:
    """What is left of a thing changes, and the shop window is not told."""

    def changed(original: Any, self: StockItem, before: int, now: Any) -> None:
        self.updated_at = now

    around(patch, StockItem, "_changed", changed)


# Coupons.


@mutant
def coupon_uses_count_after_payment(patch: Patch) -> None:
    """A use counts when it was paid with, and not when it is promised."""

    def consume(original: Any, self: Coupon, buyer_id: Any, purchase_id: Any) -> None:
        self.uses_consumed += 1

    def give_back(original: Any, self: Coupon, *, was_consumed: bool) -> None:
        self.uses_consumed -= was_consumed

    around(patch, Coupon, "hold_use", lambda original, self: None)
    around(patch, Coupon, "consume_use", consume)
    around(patch, Coupon, "give_back_use", give_back)


@mutant
def uses_are_not_given_back(patch: Patch) -> None:
    """A checkout that fails keeps its coupon's use."""
    around(patch, Coupon, "give_back_use", lambda original, self, *, was_consumed: None)


@mutant
def buyers_limit_is_forgotten(patch: Patch) -> None:
    """A coupon that each may use once may be used as often as one likes."""

    def hold(original: Any, *given: Any) -> Redemption:
        use: Redemption = original(*given)
        use.has_buyer_limit = False
        return use

    around(patch, Redemption, "hold", hold)


@mutant
def discounts_are_rounded_apart(patch: Patch) -> None:
    """A discount is rounded on each line, and not spread."""
    patch.setattr(discount, "allocate", lambda total, bases: [total * base // max(sum(bases), 1) for base in bases])


# Orders, carts, views.


@mutant
def one_order_is_called_off(patch: Patch) -> None:
    """Of several orders of an undone purchase only the first is cancelled."""

    def orders_of(original: Any, self: Orders, purchase: Any, ids: Sequence[Any]) -> list[Order]:
        return list(original(self, purchase, ids))[:1]

    def call_off(original: Any, self: Orders, purchase: Any, command: Any) -> None:
        around(patch, Orders, "_orders_of", orders_of)
        try:
            original(self, purchase, command)
        finally:
            patch.setattr(Orders, "_orders_of", kept)

    kept = Orders._orders_of
    around(patch, Orders, "_call_off", call_off)


@mutant
def history_misses_a_step(patch: Patch) -> None:
    """An order becomes CONFIRMED and nobody writes it down."""

    def move(original: Any, self: Order, status: str, reason: str, occasion: Any) -> None:
        original(self, status, reason, occasion)
        if status == "CONFIRMED":
            self.history.pop()

    around(patch, Order, "move_to", move)


@mutant
def bought_things_stay_in_the_cart(patch: Patch) -> None:
    """What was bought is still meant to be bought."""
    around(patch, Cart, "take_out", lambda original, self, variants, codes, now: None)


@mutant
def failure_is_not_shown(patch: Patch) -> None:
    """A buyer whose checkout failed waits for ever."""
    around(patch, CheckoutProgressProjector, "fail", lambda original, self, event: None)
