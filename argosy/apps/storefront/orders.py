"""Orders' pages: a list, one order whole, and calling it off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import msgspec
from django.http import HttpResponse

from argosy.apps.storefront import guests
from argosy.apps.storefront.pages import Visit
from argosy.apps.storefront.stores import store_name, store_names
from argosy.apps.storefront.words import faults_by_field, status_of
from argosy.contracts.orders import Address, CancelOrder
from argosy.domains.carts.domain.guest import is_guest_token
from argosy.domains.checkout.adapters.outbound.ways_to_pay import bank_account
from argosy.domains.orders.adapters.outbound import queries as own
from argosy.domains.orders.domain.order_status import CASH_ON_DELIVERY, CREATED, PREPAID
from argosy.domains.orders.domain.policies import BUYER, cancellation_rule
from argosy.engine.work import GUEST, Actor
from argosy.platform.bodies import IdText
from argosy.platform.pages import PageQuery, cursor
from argosy.platform.problems import Problem, not_found
from argosy.platform.runtime import runtime
from argosy.read_models.order_history import queries as history
from argosy.shared_kernel.codec import encode
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id, is_id

PAGE_SIZE = 20
_CODE_LETTERS_MAX = 100
STATUSES = {
    "CREATED": ("Waiting for payment", "waiting"),
    "CONFIRMED": ("Confirmed", ""),
    "PAID": ("Paid", ""),
    "SHIPPED": ("On its way", ""),
    "DELIVERED": ("Delivered", ""),
    "CLOSED": ("Closed", ""),
    "CANCELLED": ("Cancelled", "bad"),
    "REFUNDED": ("Refunded", "waiting"),
}
# An order's document in one of these has nothing newer behind it that its buyer would be waiting for. One that is paid
# may be called off at any moment.
_SETTLED = ("CANCELLED", "REFUNDED")

_Place = tuple[Annotated[datetime, msgspec.Meta(tz=True)], IdText]


class LineShown(msgspec.Struct):
    """A line as it was sold."""

    product_id: Id
    title: str
    sku: str
    quantity: int
    unit_amount: int
    discount_amount: int
    tax_amount: int
    tax_on_top: int
    total_amount: int
    shipping_amount: int
    shipping_tax_amount: int
    shipping_tax_on_top: int
    discounts: tuple[str, ...] = ()

    @property
    def goods_amount(self) -> int:
        """Before discount, tax and delivery, which the order shows for all its lines together."""
        return self.quantity * self.unit_amount

    @property
    def codes(self) -> str:
        """The coupons that made it cheaper; how each was computed is for the books."""
        return ", ".join(text.partition(":")[0] for text in self.discounts)


class Step(NamedTuple):
    """A status that the order took."""

    status: str
    at: datetime | str

    @property
    def name(self) -> str:
        """As an event that is past: whoever has paid is no longer waited for."""
        return "Placed" if self.status == "CREATED" else _status_name(self.status)


@dataclass(frozen=True)
class Sums:
    """What an order's lines come to, part by part; the parts make the order's total."""

    goods: int
    discount: int
    delivery: int
    tax_on_top: int
    tax: int

    @classmethod
    def of(cls, lines: list[LineShown]) -> Sums:
        return cls(
            goods=sum(line.goods_amount for line in lines),
            discount=sum(line.discount_amount for line in lines),
            delivery=sum(line.shipping_amount for line in lines),
            tax_on_top=sum(line.tax_on_top + line.shipping_tax_on_top for line in lines),
            tax=sum(line.tax_amount + line.shipping_tax_amount for line in lines),
        )

    @property
    def tax_included(self) -> int:
        return self.tax - self.tax_on_top


@dataclass(frozen=True)
class OrderShown:
    """All that an order's page shows."""

    order_id: str
    order_number: str
    checkout_id: str
    seller_id: str
    status: str
    currency: str
    total_amount: int
    created_at: datetime | str
    lines: list[LineShown]
    address: Address
    steps: list[Step]
    is_paid_in_cash: bool
    pay_by: str | None
    """When a transfer must have come that has not."""
    is_being_cancelled: bool = False
    """Called off, and its money is on its way back."""
    unfinished: str = ""
    """The checkout of which it is a part, while that is still under way."""

    @property
    def can_be_cancelled(self) -> bool:
        """By its buyer, now. While it is being bought, the page of its purchase says how to end that."""
        order_type = CASH_ON_DELIVERY if self.is_paid_in_cash else PREPAID
        statuses = cancellation_rule(BUYER, order_type).statuses
        return self.status in statuses and self.status != CREATED and not self.is_being_cancelled

    @property
    def status_name(self) -> str:
        return _status_name(self.status)

    @property
    def status_kind(self) -> str:
        return STATUSES.get(self.status, ("", ""))[1]

    @property
    def sums(self) -> Sums:
        return Sums.of(self.lines)

    @property
    def pieces(self) -> int:
        return sum(line.quantity for line in self.lines)


def listing(visit: Visit) -> HttpResponse:
    """The visitor's orders, the newest first: those of their account, or of the guest that this browser knows."""
    after, buyer = visit.asked("after"), guests.buyers_of(visit)[0]
    found = history.orders_of_buyer(buyer.id, _place(after), PAGE_SIZE + 1)
    shown = [_from_document(msgspec.json.decode(one.body)) for one in found[:PAGE_SIZE]]
    names = store_names(order.seller_id for order in shown)
    page = visit.show(
        "orders",
        orders=[(order, names.get(order.seller_id, "")) for order in shown],
        is_first=not after,
        guest_code=guests.code_of(visit, buyer),
        after=cursor(*found[PAGE_SIZE - 1].place) if len(found) > PAGE_SIZE else "",
    )
    return guests.not_stored(page) if buyer.is_guest else page


def one(visit: Visit) -> HttpResponse:
    """One of the visitor's orders; 404 for everybody else's."""
    return _page(visit, _own(visit)[0])


def cancel(visit: Visit) -> HttpResponse:
    """Call an order off, as its buyer, whatever else they are here: what was paid goes back first, and the page tells.
    Where that cannot be any more, it says so."""
    order, buyer = _own(visit)
    command = CancelOrder(order_id=Id(order.order_id), reason=visit.sent("reason"))
    try:
        runtime().outside("orders").run(command, Actor(id=buyer.id, roles=buyer.roles & {GUEST}))
    except DomainError as error:
        return _page(visit, order, faults_by_field(error), status=status_of(error))
    return visit.go(f"/orders/{order.order_id}")


def guest_form(visit: Visit) -> HttpResponse:
    """Where a guest comes back to what they bought."""
    return visit.show("guest_orders", code="", fault="")


def guest_enters(visit: Visit) -> HttpResponse:
    """With their code, which this browser knows from then on. Whether there are orders is seen on their page."""
    code = visit.sent("code")
    if not is_guest_token(code):
        fault = "This is no code of ours. It begins with argosy_guest_ and is copied whole."
        return visit.show("guest_orders", status=422, code=code[:_CODE_LETTERS_MAX], fault=fault)
    return guests.remember(visit, visit.go("/orders"), code, guests.BOUGHT_COOKIE)


def guest_leaves(visit: Visit) -> HttpResponse:
    """This browser knows of this guest no more, nor of their cart; their code works as before."""
    page = guests.forget(visit.go("/"), guests.BOUGHT_COOKIE)
    is_theirs = guests.token_of(visit) == guests.token_of(visit, guests.BOUGHT_COOKIE)
    return guests.forget(page) if is_theirs else page


def order_shown(order_id: str, buyer_id: str) -> OrderShown | None:
    """From its document; from the orders themselves where that is not there yet or may be older than what the buyer
    has just done."""
    if not is_id(order_id):
        return None
    stored = history.order_of_buyer(order_id, buyer_id)
    document = msgspec.json.decode(stored.body) if stored is not None else None
    if document is None or document["status"] not in _SETTLED:
        order = own.order_of_buyer(Id(order_id), Id(buyer_id))
        if order is not None:
            return _from_order(msgspec.json.decode(encode(order)))
    return _from_document(document) if document is not None else None


def _own(visit: Visit) -> tuple[OrderShown, Actor]:
    """The visitor's order, and as whom they bought it."""
    for buyer in guests.buyers_of(visit):
        order = order_shown(visit["order_id"], buyer.id)
        if order is not None:
            return order, buyer
    raise not_found()


def _page(
    visit: Visit, order: OrderShown, faults: Mapping[str, str] | None = None, *, status: int = 200
) -> HttpResponse:
    return visit.show(
        "order",
        status=status,
        order=replace(order, unfinished=_unfinished(visit, order)),
        store=store_name(order.seller_id),
        bank_account=bank_account(),
        faults=faults or {},
        reason=visit.sent("reason"),
    )


def _unfinished(visit: Visit, order: OrderShown) -> str:
    """The checkout that it is a part of, which is under way: whoever lost its page with their browser goes on there."""
    if order.status != "CREATED":
        return ""
    found = (own.checkout_of_order(Id(order.order_id), Id(buyer.id)) for buyer in guests.buyers_of(visit))
    return next((checkout_id for checkout_id in found if checkout_id), "")


def _status_name(status: str) -> str:
    return STATUSES.get(status, (status.title(), ""))[0]


def _from_document(document: dict[str, Any]) -> OrderShown:
    return _shown(document, [Step(step["status"], step["at"]) for step in document["history"]])


def _from_order(order: dict[str, Any]) -> OrderShown:
    return _shown(order, [Step(step["to_status"], step["changed_at"]) for step in order["history"]])


def _shown(order: dict[str, Any], steps: list[Step]) -> OrderShown:
    return OrderShown(
        order_id=str(order["order_id"]),
        order_number=order["order_number"],
        checkout_id=str(order.get("checkout_id", "")),
        seller_id=str(order["seller_id"]),
        status=order["status"],
        currency=order["currency"],
        total_amount=order["total_amount"],
        created_at=order["created_at"],
        lines=msgspec.convert(order["lines"], list[LineShown]),
        address=msgspec.convert(order["address"], Address),
        steps=steps,
        is_paid_in_cash=order.get("order_type") == CASH_ON_DELIVERY,
        pay_by=order.get("pay_by") if order["status"] == "CONFIRMED" else None,
        is_being_cancelled=order.get("is_being_cancelled", False),
    )


def _place(text: str) -> Any:
    try:
        return PageQuery(after=text[:500]).position(_Place)
    except Problem:
        raise not_found() from None
