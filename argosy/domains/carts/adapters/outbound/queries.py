"""What buyers read of their own carts.

Written out as SQL for both databases: built by Django anew each time, these were measured to cost eight times as
much.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from argosy.contracts.carts import CartLine
from argosy.platform.runtime import runtime
from argosy.shared_kernel.ids import Id

_CART = "SELECT CAST(id AS text), version, updated_at FROM carts WHERE user_id = ?"
_LINES = """
    SELECT CAST(product_id AS text), CAST(variant_id AS text), quantity FROM cart_items WHERE cart_id = ?
    ORDER BY added_at, id
"""
_SAVED = """
    SELECT CAST(product_id AS text), CAST(variant_id AS text), quantity FROM cart_saved_items WHERE cart_id = ?
    ORDER BY saved_at, id
"""
_COUPONS = "SELECT code FROM cart_coupons WHERE cart_id = ? ORDER BY applied_at, id"


class OwnCart(msgspec.Struct, kw_only=True):
    """A cart as its buyer sees it; `version` 0 is one that nothing was ever put into."""

    cart_id: Id
    version: int = 0
    updated_at: datetime | None = None
    lines: list[CartLine] = []
    coupons: list[str] = []
    saved: list[CartLine] = []


def cart_of_buyer(buyer_id: Id) -> OwnCart | None:
    """A buyer's own cart with its version, or None where they have put nothing into one yet."""
    dialect = runtime().stores["carts"].dialect
    rows: list[tuple[Any, ...]] = dialect.query(_CART, (buyer_id,))
    if not rows:
        return None
    cart_id, version, updated_at = rows[0]
    lines, saved = (
        [
            CartLine(product_id=product_id, variant_id=variant_id, quantity=quantity)
            for product_id, variant_id, quantity in dialect.query(statement, (cart_id,))
        ]
        for statement in (_LINES, _SAVED)
    )
    return OwnCart(
        cart_id=cart_id,
        version=version,
        updated_at=dialect.to_instant(updated_at),
        lines=lines,
        saved=saved,
        coupons=[code for (code,) in dialect.query(_COUPONS, (cart_id,))],
    )
