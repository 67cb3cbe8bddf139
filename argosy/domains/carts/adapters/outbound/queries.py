"""What buyers read of their own carts.

Written out as SQL for both databases: built by Django anew each time, these were measured to cost eight times as
much.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from argosy.contracts.carts import CartLine, OfferSeen
from argosy.domains.carts.domain.notices import Notice
from argosy.platform.runtime import runtime
from argosy.shared_kernel.ids import Id

_CART = "SELECT CAST(id AS text), version, updated_at, currency FROM carts WHERE user_id = ?"
_LINES = """
    SELECT CAST(product_id AS text), CAST(variant_id AS text), quantity, seen_amount, seen_currency, seen_on_sale,
    seen_left FROM cart_items WHERE cart_id = ? ORDER BY added_at, id
"""
_SAVED = """
    SELECT CAST(product_id AS text), CAST(variant_id AS text), quantity FROM cart_saved_items WHERE cart_id = ?
    ORDER BY saved_at, id
"""
_COUPONS = "SELECT code FROM cart_coupons WHERE cart_id = ? ORDER BY applied_at, id"
_WISHES = """
    SELECT CAST(item.product_id AS text), CAST(item.variant_id AS text), item.added_at
    FROM wishlists JOIN wishlist_items item ON item.wishlist_id = wishlists.id
    WHERE wishlists.user_id = ? ORDER BY item.added_at DESC, item.id DESC
"""


_GUESTS = """
    SELECT CAST(id AS text) FROM carts WHERE is_guest AND updated_at <= ? ORDER BY updated_at, id LIMIT ?
"""
_IDLE = """
    SELECT CAST(id AS text) FROM carts WHERE idle_since IS NOT NULL AND idle_since <= ? ORDER BY idle_since, id LIMIT ?
"""


class WishHeld(msgspec.Struct, kw_only=True):
    """Something that is wished for, since when."""

    product_id: Id
    variant_id: Id
    added_at: datetime


class OwnLine(msgspec.Struct, kw_only=True):
    """A line, and what the shop showed of it when its buyer last saw to it."""

    product_id: Id
    variant_id: Id
    quantity: int
    seen: OfferSeen


class OwnCart(msgspec.Struct, kw_only=True):
    """A cart as its buyer sees it; `version` 0 is one that nothing was ever put into. `notices` say what has moved
    since, until they are acknowledged or their line is changed."""

    cart_id: Id
    version: int = 0
    updated_at: datetime | None = None
    lines: list[OwnLine] = []
    coupons: list[str] = []
    saved: list[CartLine] = []
    notices: list[Notice] = []
    currency: str = ""

    @property
    def product_ids(self) -> list[Id]:
        """Of what is in it and what was put aside."""
        return [line.product_id for line in self.lines] + [line.product_id for line in self.saved]

    def product_of(self, variant_id: str) -> Id | None:
        """The product of something that is in it or was put aside."""
        held: list[OwnLine | CartLine] = [*self.lines, *self.saved]
        return next((line.product_id for line in held if line.variant_id == variant_id), None)


class StoredOldCarts:
    """Carts that nobody touched, by index."""

    def guests(self, until: datetime, limit: int) -> Sequence[Id]:
        return self._ids(_GUESTS, until, limit)

    def idle(self, until: datetime, limit: int) -> Sequence[Id]:
        return self._ids(_IDLE, until, limit)

    @staticmethod
    def _ids(statement: str, until: datetime, limit: int) -> Sequence[Id]:
        dialect = runtime().stores["carts"].dialect
        return [Id(id) for (id,) in dialect.query(statement, (dialect.instant(until), limit))]


def cart_of_buyer(buyer_id: Id) -> OwnCart | None:
    """A buyer's own cart with its version, or None where they have put nothing into one yet."""
    dialect = runtime().stores["carts"].dialect
    rows: list[tuple[Any, ...]] = dialect.query(_CART, (buyer_id,))
    if not rows:
        return None
    cart_id, version, updated_at, currency = rows[0]
    return OwnCart(
        cart_id=cart_id,
        version=version,
        updated_at=dialect.to_instant(updated_at),
        currency=currency,
        lines=[
            OwnLine(
                product_id=product_id,
                variant_id=variant_id,
                quantity=quantity,
                seen=OfferSeen(amount=amount, currency=currency, is_on_sale=bool(is_on_sale), left=left),
            )
            for product_id, variant_id, quantity, amount, currency, is_on_sale, left in dialect.query(
                _LINES, (cart_id,)
            )
        ],
        saved=[
            CartLine(product_id=product_id, variant_id=variant_id, quantity=quantity)
            for product_id, variant_id, quantity in dialect.query(_SAVED, (cart_id,))
        ],
        coupons=[code for (code,) in dialect.query(_COUPONS, (cart_id,))],
    )


def wishes_of_buyer(buyer_id: Id) -> list[WishHeld]:
    """What a buyer wishes for, the newest first."""
    dialect = runtime().stores["carts"].dialect
    return [
        WishHeld(product_id=product_id, variant_id=variant_id, added_at=dialect.to_instant(added_at))
        for product_id, variant_id, added_at in dialect.query(_WISHES, (buyer_id,))
    ]
