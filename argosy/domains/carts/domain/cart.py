"""Carts: what a buyer means to buy. A cart counts things and never computes money."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from argosy.contracts.carts import CartAbandoned, CartChanged, CartLine, OfferSeen
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import DomainError, Invalid, NotFound, RuleBroken, refuse
from argosy.shared_kernel.ids import Id, is_id, named_id
from argosy.shared_kernel.messages import Value
from argosy.shared_kernel.money import exponent

ACTIVE = "ACTIVE"
MERGED = "MERGED"

QUANTITY_MAX = 999
LINES_MAX = 200
COUPONS_MAX = 10
SAVED_MAX = 200

PIECES_MAX = 1_000_000
"""More left than this is told by nobody."""

_CODE = re.compile(r"[A-Z0-9._-]{1,40}")
_CURRENCY = re.compile(r"[A-Z]{3}")


class NotAnId(Invalid):
    """An id is a lower-case UUID."""


class QuantityOutOfRange(Invalid):
    """A cart holds 1 to 999 pieces of one thing."""


class NotACode(Invalid):
    """A coupon code is 1 to 40 letters, digits, dots, dashes or underscores."""


class CartIsFull(RuleBroken):
    """A cart holds at most 200 different things."""


class TooMuchSaved(RuleBroken):
    """At most 200 different things are put aside for later."""


class TooManyCoupons(RuleBroken):
    """A cart holds at most 10 coupons."""


class OfferUnreadable(Invalid):
    """An offer has an amount of at least 0 with a currency of three capitals, and at least 0 pieces left."""


class NotInTheCart(NotFound):
    """There is no such thing in the cart."""


class CartItem(Value):
    """So many of one variant, and what the shop showed of it when its buyer last saw to it."""

    id: Id
    product_id: Id
    variant_id: Id
    quantity: int
    added_at: datetime
    seen_amount: int | None = None
    seen_currency: str = ""
    seen_on_sale: bool = True
    seen_left: int | None = None

    @property
    def seen(self) -> OfferSeen:
        return OfferSeen(
            amount=self.seen_amount, currency=self.seen_currency, is_on_sale=self.seen_on_sale, left=self.seen_left
        )


class SavedItem(Value):
    """So many of one variant, put aside for later: neither quoted nor bought."""

    id: Id
    product_id: Id
    variant_id: Id
    quantity: int
    saved_at: datetime


class NotedCoupon(Value):
    """A code to try at checkout; whether it counts is decided there."""

    id: Id
    code: str
    applied_at: datetime


class NotMerged(Value):
    """So many of a variant did not go into the buyer's cart, and why: the code that adding them would be refused
    with."""

    variant_id: Id
    quantity: int
    code: str


class Merger(Value):
    """What did not fit when a guest's cart was taken in."""

    lines: tuple[NotMerged, ...] = ()
    coupons: tuple[str, ...] = ()


@dataclass(kw_only=True, eq=False)
class Cart(Aggregate):
    """The one cart of a buyer or guest: at most one line per variant and one note per code, in the order of adding.

    A guest's is told to nobody: it is nobody's business until it is a buyer's.
    """

    user_id: Id
    is_guest: bool = False
    status: str = ACTIVE
    currency: str = ""
    """In which its owner means to buy; "": whatever the shop takes."""
    created_at: datetime
    updated_at: datetime
    idle_since: datetime | None = None
    """When a buyer last touched it, while there is something in it and nobody was told that they left it."""
    items: list[CartItem] = field(default_factory=list)
    coupons: list[NotedCoupon] = field(default_factory=list)
    saved: list[SavedItem] = field(default_factory=list)

    @classmethod
    def of(cls, owner_id: Id, now: datetime, *, is_guest: bool = False) -> Cart:
        return cls(id=cart_id_of(owner_id), user_id=owner_id, is_guest=is_guest, created_at=now, updated_at=now)

    @property
    def lines(self) -> tuple[CartLine, ...]:
        return _lines_of(self.items)

    @property
    def saved_lines(self) -> tuple[CartLine, ...]:
        return _lines_of(self.saved)

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple([coupon.code for coupon in self.coupons])

    def take_in(self, guest: Cart, now: datetime, new_id: Callable[[], Id]) -> Merger:
        """All of a guest's cart that fits joins this one, and the guest's is empty for good. Again it takes in
        nothing."""
        if guest.status == MERGED:
            return Merger()
        had_any = bool(guest.items or guest.coupons or guest.saved or guest.currency)
        lines = tuple([left for item in guest.items if (left := self._take_in_line(item, now, new_id)) is not None])
        codes = [code for code in guest.codes if code not in self.codes]
        room = COUPONS_MAX - len(self.coupons)
        self.coupons += [NotedCoupon(id=new_id(), code=code, applied_at=now) for code in codes[:room]]
        saved = tuple([left for item in guest.saved if (left := self._take_in_saved(item, now, new_id)) is not None])
        self.currency = guest.currency or self.currency
        guest.items, guest.coupons, guest.saved = [], [], []
        guest.status, guest.updated_at = MERGED, now
        if had_any:
            self._changed(now)
        return Merger(lines=lines + saved, coupons=tuple(codes[room:]))

    def _take_in_line(self, item: CartItem, now: datetime, new_id: Callable[[], Id]) -> NotMerged | None:
        index = self._index(item.variant_id)
        if index is None and len(self.items) >= LINES_MAX:
            return NotMerged(variant_id=item.variant_id, quantity=item.quantity, code=CartIsFull.code)
        taken = min(item.quantity, QUANTITY_MAX - (0 if index is None else self.items[index].quantity))
        if taken:
            line = CartLine(product_id=item.product_id, variant_id=item.variant_id, quantity=taken)
            self._put(line, now, new_id)
            self._see(item.variant_id, item.seen)
        return _not_merged(item.variant_id, item.quantity - taken)

    def _take_in_saved(self, item: SavedItem, now: datetime, new_id: Callable[[], Id]) -> NotMerged | None:
        at = _index_of(self.saved, item.variant_id)
        if at is None and len(self.saved) >= SAVED_MAX:
            return NotMerged(variant_id=item.variant_id, quantity=item.quantity, code=TooMuchSaved.code)
        before = 0 if at is None else self.saved[at].quantity
        taken = min(item.quantity, QUANTITY_MAX - before)
        if taken:
            kept = SavedItem(
                id=new_id() if at is None else self.saved[at].id,
                product_id=item.product_id,
                variant_id=item.variant_id,
                quantity=before + taken,
                saved_at=now,
            )
            self.saved = [one for one in self.saved if one.variant_id != item.variant_id] + [kept]
        return _not_merged(item.variant_id, item.quantity - taken)

    def has(self, variant_id: Id) -> bool:
        return self._index(variant_id) is not None

    def add(self, line: CartLine, now: datetime, new_id: Callable[[], Id], seen: OfferSeen | None = None) -> None:
        """So many more of a variant, as its offer was `seen`. Its product is the one named last."""
        self._put(line, now, new_id)
        self._see(line.variant_id, seen)
        self._changed(now)

    def _put(self, line: CartLine, now: datetime, new_id: Callable[[], Id]) -> None:
        faults: list[DomainError] = [
            NotAnId(field=name) for name in ("product_id", "variant_id") if not is_id(getattr(line, name))
        ]
        index = self._index(line.variant_id)
        has = 0 if index is None else self.items[index].quantity
        if not _is_quantity(line.quantity) or has + line.quantity > QUANTITY_MAX:
            faults.append(QuantityOutOfRange(asked=line.quantity, in_cart=has, maximum=QUANTITY_MAX))
        refuse(faults)
        if index is None and len(self.items) >= LINES_MAX:
            raise CartIsFull(maximum=LINES_MAX)
        if index is None:
            self.items.append(
                CartItem(
                    id=new_id(),
                    product_id=line.product_id,
                    variant_id=line.variant_id,
                    quantity=line.quantity,
                    added_at=now,
                )
            )
        else:
            self._replace(index, has + line.quantity, line.product_id)

    def set_quantity(self, variant_id: Id, quantity: int, now: datetime, seen: OfferSeen | None = None) -> None:
        """Exactly so many of a variant that is there; 0 takes it out, and may be repeated. Whoever sets it has seen
        the offer."""
        if quantity != 0 and not _is_quantity(quantity):
            raise QuantityOutOfRange(asked=quantity, maximum=QUANTITY_MAX)
        index = self._index(variant_id)
        if index is None:
            if quantity:
                raise NotInTheCart(variant_id=variant_id[:36])
            return
        if quantity:
            self._see(variant_id, seen)
        if self.items[index].quantity == quantity:
            return
        if quantity:
            self._replace(index, quantity, self.items[index].product_id)
        else:
            del self.items[index]
        self._changed(now)

    def acknowledge(self, variant_id: Id, seen: OfferSeen, now: datetime) -> None:
        """The buyer has seen what the shop shows of a line. It is no change of the cart, and told to nobody."""
        check_offer(seen)
        if self._index(variant_id) is None:
            raise NotInTheCart(variant_id=variant_id[:36])
        self._see(variant_id, seen)
        self.updated_at = now
        if not self.is_guest:
            self.idle_since = now

    def abandon(self, until: datetime) -> None:
        """Tell that its buyer left it, where they have not touched it since then. Again it tells nothing."""
        if self.idle_since is None or self.idle_since > until:
            return
        since, self.idle_since = self.idle_since, None
        self.record(CartAbandoned(cart_id=self.id, buyer_id=self.user_id, lines=self.lines, since=since))

    def save_for_later(self, variant_id: Id, now: datetime, new_id: Callable[[], Id]) -> None:
        """A line is put aside with its quantity, which joins what was put aside of it before (at most 999). Again it
        changes nothing."""
        index = self._index(variant_id)
        at = _index_of(self.saved, variant_id)
        if index is None:
            if at is None:
                raise NotInTheCart(variant_id=variant_id[:36])
            return
        if at is None and len(self.saved) >= SAVED_MAX:
            raise TooMuchSaved(maximum=SAVED_MAX)
        item = self.items.pop(index)
        before = 0 if at is None else self.saved[at].quantity
        kept = SavedItem(
            id=new_id() if at is None else self.saved[at].id,
            product_id=item.product_id,
            variant_id=variant_id,
            quantity=min(before + item.quantity, QUANTITY_MAX),
            saved_at=now,
        )
        self.saved = [one for one in self.saved if one.variant_id != variant_id] + [kept]
        self._changed(now)

    def move_to_cart(
        self, variant_id: Id, now: datetime, new_id: Callable[[], Id], seen: OfferSeen | None = None
    ) -> None:
        """What was put aside is a line again: added to what is there, or refused by the same caps. Again it changes
        nothing."""
        at = _index_of(self.saved, variant_id)
        if at is None:
            if self._index(variant_id) is None:
                raise NotInTheCart(variant_id=variant_id[:36])
            return
        item = self.saved[at]
        line = CartLine(product_id=item.product_id, variant_id=variant_id, quantity=item.quantity)
        self._put(line, now, new_id)
        self._see(variant_id, seen)
        del self.saved[at]
        self._changed(now)

    def forget_saved(self, variant_id: Id, now: datetime) -> None:
        """Nothing of it is put aside. Forgetting it again changes nothing."""
        at = _index_of(self.saved, variant_id)
        if at is not None:
            del self.saved[at]
            self._changed(now)

    def choose_currency(self, currency: str, now: datetime) -> None:
        """Buy in this currency from now on, or ("") in the shop's. Again it changes nothing."""
        if currency:
            exponent(currency)
        if currency != self.currency:
            self.currency = currency
            self._changed(now)

    def note_coupon(self, text: str, now: datetime, new_id: Callable[[], Id]) -> None:
        """A code to try at checkout. Noting it again changes nothing."""
        code = normal_code(text)
        if code in self.codes:
            return
        if len(self.coupons) >= COUPONS_MAX:
            raise TooManyCoupons(maximum=COUPONS_MAX)
        self.coupons.append(NotedCoupon(id=new_id(), code=code, applied_at=now))
        self._changed(now)

    def forget_coupon(self, text: str, now: datetime) -> None:
        """The code is not tried. Forgetting it again changes nothing."""
        self._keep(self.items, [coupon for coupon in self.coupons if coupon.code != text.strip().upper()], now)

    def empty(self, now: datetime) -> None:
        self._keep([], [], now)

    def take_out(self, variant_ids: Iterable[Id], codes: Iterable[str], now: datetime) -> None:
        """What was bought and used is no longer meant; what is not there any more is not missed."""
        bought, used = set(variant_ids), {code.upper() for code in codes}
        self._keep(
            [item for item in self.items if item.variant_id not in bought],
            [coupon for coupon in self.coupons if coupon.code not in used],
            now,
        )

    def _keep(self, items: list[CartItem], coupons: list[NotedCoupon], now: datetime) -> None:
        if len(items) == len(self.items) and len(coupons) == len(self.coupons):
            return
        self.items, self.coupons = items, coupons
        self._changed(now)

    def _index(self, variant_id: Id) -> int | None:
        return _index_of(self.items, variant_id)

    def _replace(self, index: int, quantity: int, product_id: Id) -> None:
        item = self.items[index]
        self.items[index] = _item(item, product_id, quantity, item.seen)

    def _see(self, variant_id: Id, seen: OfferSeen | None) -> None:
        """Nothing seen leaves what was seen before, and so does a price that was not shown."""
        index = self._index(variant_id)
        if seen is None or index is None:
            return
        item = self.items[index]
        if seen.amount is None:
            seen = OfferSeen(
                amount=item.seen.amount, currency=item.seen.currency, is_on_sale=seen.is_on_sale, left=seen.left
            )
        self.items[index] = _item(item, item.product_id, item.quantity, seen)

    def _changed(self, now: datetime) -> None:
        self.updated_at = now
        if self.is_guest:
            return
        self.idle_since = now if self.items else None
        self.record(
            CartChanged(
                cart_id=self.id,
                buyer_id=self.user_id,
                lines=self.lines,
                coupons=self.codes,
                saved=self.saved_lines,
                currency=self.currency,
            )
        )


def cart_id_of(owner_id: Id) -> Id:
    """A buyer or guest has one cart, which can be named before it exists."""
    return named_id("cart", owner_id)


def normal_code(text: str) -> str:
    """A coupon code in its one spelling: capitals, no blanks around it."""
    code = text.strip().upper()
    if not _CODE.fullmatch(code):
        raise NotACode(field="code")
    return code


def check_offer(offer: OfferSeen) -> None:
    """What a client says that it was shown, within what any shop shows."""
    is_price = _CURRENCY.fullmatch(offer.currency) if offer.amount is not None else not offer.currency
    faults = [
        None if is_price and (offer.amount is None or offer.amount >= 0) else OfferUnreadable(field="seen.amount"),
        None if offer.left is None or 0 <= offer.left <= PIECES_MAX else OfferUnreadable(field="seen.left"),
    ]
    refuse(faults)


def _not_merged(variant_id: Id, quantity: int) -> NotMerged | None:
    return NotMerged(variant_id=variant_id, quantity=quantity, code=QuantityOutOfRange.code) if quantity else None


def _item(item: CartItem, product_id: Id, quantity: int, seen: OfferSeen) -> CartItem:
    """The same line with so many pieces, and with another offer seen."""
    return CartItem(
        id=item.id,
        product_id=product_id,
        variant_id=item.variant_id,
        quantity=quantity,
        added_at=item.added_at,
        seen_amount=seen.amount,
        seen_currency=seen.currency,
        seen_on_sale=seen.is_on_sale,
        seen_left=seen.left,
    )


def _lines_of(items: Iterable[CartItem | SavedItem]) -> tuple[CartLine, ...]:
    return tuple(
        [CartLine(product_id=item.product_id, variant_id=item.variant_id, quantity=item.quantity) for item in items]
    )


def _index_of(items: Sequence[CartItem | SavedItem], variant_id: Id) -> int | None:
    return next((index for index, item in enumerate(items) if item.variant_id == variant_id), None)


def _is_quantity(quantity: object) -> bool:
    return type(quantity) is int and 1 <= quantity <= QUANTITY_MAX
