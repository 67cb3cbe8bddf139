"""What a cart says about its lines: that an offer is no longer what its buyer saw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from argosy.contracts.carts import OfferSeen
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Value

PRICE_CHANGED = "price_changed"
OFF_SALE = "off_sale"
ON_SALE_AGAIN = "on_sale_again"
SHORT_OF_STOCK = "short_of_stock"


class Notice(Value):
    """Something moved since the buyer saw to a line: `was` is what they saw, `now` what the shop shows."""

    variant_id: Id
    kind: str
    quantity: int
    was: OfferSeen
    now: OfferSeen


class SeenLine(Protocol):
    """A line of a cart, with what its buyer saw of it."""

    @property
    def variant_id(self) -> Id: ...
    @property
    def quantity(self) -> int: ...
    @property
    def seen(self) -> OfferSeen: ...


def notices_of(lines: Iterable[SeenLine], offers: Mapping[Id, OfferSeen]) -> list[Notice]:
    """All that moved, in the order of the lines. Of what the shop tells nothing, nothing is said."""
    found = []
    for line in lines:
        now = offers.get(line.variant_id)
        if now is not None:
            found += [
                Notice(variant_id=line.variant_id, kind=kind, quantity=line.quantity, was=line.seen, now=now)
                for kind in _kinds(line.seen, now, line.quantity)
            ]
    return found


def _kinds(was: OfferSeen, now: OfferSeen, quantity: int) -> Iterable[str]:
    if not now.is_on_sale:
        if was.is_on_sale:
            yield OFF_SALE
        return
    if not was.is_on_sale:
        yield ON_SALE_AGAIN
    if was.amount is not None and now.amount is not None and (was.amount, was.currency) != (now.amount, now.currency):
        yield PRICE_CHANGED
    # Above a few pieces the shop tells no number: whoever saw none saw that there were enough.
    if now.left is not None and now.left < quantity and (was.left is None or now.left < was.left):
        yield SHORT_OF_STOCK
