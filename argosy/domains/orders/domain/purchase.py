"""Purchases: what a buyer bought in one go, of however many sellers, and that its sums are right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

from argosy.contracts.orders import OrderLine, PlaceOrders
from argosy.domains.orders.domain.order_status import CASH_ON_DELIVERY, PREPAID
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import Invalid, NotFound, RuleBroken
from argosy.shared_kernel.ids import Id, is_id, named_id
from argosy.shared_kernel.money import AMOUNT_MAX, exponent

PLACED, CANCELLED = "PLACED", "CANCELLED"
CASH_ON_DELIVERY_METHOD = "cash_on_delivery"
TRANSFER_METHODS = ("bank_transfer", "manual_transfer")
"""Paid after the sale stands, and before anything leaves."""

LINES_MAX = 200
QUANTITY_MAX = 999
UNITS_EACH_MAX = 100_000
TEXT_MAX = 200
_AMOUNTS = (
    "unit_amount",
    "discount_amount",
    "tax_amount",
    "tax_on_top",
    "total_amount",
    "shipping_amount",
    "shipping_tax_amount",
    "shipping_tax_on_top",
    "tax_basis_points",
)
_amounts_of = attrgetter(*_AMOUNTS)
_LINE_IDS = ("product_id", "variant_id", "price_id", "stock_unit_id")

Fault = dict[str, Any]


class PurchaseIsMalformed(Invalid):
    """A purchase has orders with lines, each with a quantity, amounts and ids that can be read."""


class PurchaseDoesNotAddUp(RuleBroken):
    """Lines make orders and orders make the purchase, to the minor unit."""


class AlreadyPurchased(RuleBroken):
    """This flow, or this request of this buyer, was recorded as another purchase."""


class PurchaseWasCancelled(RuleBroken):
    """A cancelled purchase is neither placed nor confirmed any more."""


class NoSuchPurchase(NotFound):
    """There is no such purchase."""


class PaymentIsMissing(Invalid):
    """A prepaid purchase is confirmed by the payment that paid for it."""


class PaymentIsNotDueYet(Invalid):
    """Cash on delivery, and what is paid by transfer, are confirmed without a payment."""


@dataclass(kw_only=True, eq=False)
class Purchase(Aggregate):
    """One checkout's orders together. A purchase that was cancelled before it was placed is kept as CANCELLED, without
    a buyer, so that its late request is refused."""

    flow_id: Id
    # Names (buyer, client_request_id), which a unique constraint allows once.
    request_key: Id | None
    buyer_id: Id | None
    claimed_by: Id | None = None
    client_request_id: str
    status: str
    currency: str
    total_amount: int
    payment_method: str
    snapshot_hash: str
    order_count: int
    created_at: datetime

    @classmethod
    def place(cls, command: PlaceOrders, now: datetime) -> Purchase:
        return cls(
            id=command.purchase_id,
            flow_id=command.flow_id,
            request_key=request_key(command),
            buyer_id=command.buyer_id,
            client_request_id=command.client_request_id,
            status=PLACED,
            currency=command.currency,
            total_amount=command.total_amount,
            payment_method=command.payment_method,
            snapshot_hash=command.snapshot_hash,
            order_count=len(command.orders),
            created_at=now,
        )

    @classmethod
    def cancelled_before(cls, purchase_id: Id, flow_id: Id, now: datetime) -> Purchase:
        """What is remembered of a cancellation that came before its purchase."""
        return cls(
            id=purchase_id,
            flow_id=flow_id,
            request_key=None,
            buyer_id=None,
            client_request_id="",
            status=CANCELLED,
            currency="",
            total_amount=0,
            payment_method="",
            snapshot_hash="",
            order_count=0,
            created_at=now,
        )

    @property
    def order_type(self) -> str:
        return CASH_ON_DELIVERY if self.payment_method == CASH_ON_DELIVERY_METHOD else PREPAID

    @property
    def is_paid_by_transfer(self) -> bool:
        return self.payment_method in TRANSFER_METHODS and self.total_amount > 0

    def must_be(self, command: PlaceOrders) -> None:
        """A repeat asks for what was placed, and nothing else."""
        if self.status == CANCELLED:
            raise PurchaseWasCancelled(purchase_id=command.purchase_id)
        same = (
            self.id == command.purchase_id
            and self.flow_id == command.flow_id
            and self.buyer_id == command.buyer_id
            and self.snapshot_hash == command.snapshot_hash
            and self.total_amount == command.total_amount
            and self.order_count == len(command.orders)
        )
        if not same:
            raise AlreadyPurchased(purchase_id=command.purchase_id)

    def must_be_confirmed_by(self, payment_id: Id | None) -> None:
        """What is prepaid comes with its payment, if there was anything to pay; cash on delivery without."""
        if self.status == CANCELLED:
            raise PurchaseWasCancelled(purchase_id=self.id)
        is_paid_later = self.order_type == CASH_ON_DELIVERY or self.is_paid_by_transfer
        if is_paid_later and payment_id is not None:
            raise PaymentIsNotDueYet(purchase_id=self.id)
        if not is_paid_later and self.total_amount > 0 and not is_id(payment_id):
            raise PaymentIsMissing(purchase_id=self.id)

    def change_method(self, method: str) -> bool:
        """Is paid in this way from now on, where it is another; whether it is."""
        if self.status == CANCELLED or method in ("", self.payment_method):
            return False
        if len(method) > TEXT_MAX:
            raise PurchaseIsMalformed(faults=[{"field": "payment_method", "maximum": TEXT_MAX}])
        self.payment_method = method
        return True

    def claim(self, user_id: Id) -> None:
        """Is an account's as well, and stays the guest's."""
        if self.claimed_by is None and user_id != self.buyer_id:
            self.claimed_by = user_id

    def cancel(self) -> None:
        self.status = CANCELLED


def request_key(command: PlaceOrders) -> Id:
    """One name for (buyer, client_request_id)."""
    return _request_key(command.buyer_id, command.client_request_id)


@lru_cache(maxsize=1024)  # Asked for when reading, deciding and writing one purchase.
def _request_key(buyer_id: Id, client_request_id: str) -> Id:
    return named_id("purchase-request", buyer_id, client_request_id)


def check(command: PlaceOrders) -> None:
    """Nothing is recorded that cannot be read or does not add up; every fault is told at once."""
    exponent(command.currency)
    faults = list(_malformed(command))
    if faults:
        raise PurchaseIsMalformed(faults=faults)
    faults = list(_wrong_sums(command))
    if faults:
        raise PurchaseDoesNotAddUp(faults=faults)


def _malformed(command: PlaceOrders) -> Iterator[Fault]:
    for name in ("flow_id", "purchase_id", "buyer_id"):
        if not is_id(getattr(command, name)):
            yield {"field": name}
    for name in ("client_request_id", "payment_method", "snapshot_hash"):
        if not 0 < len(getattr(command, name)) <= TEXT_MAX:
            yield {"field": name, "maximum": TEXT_MAX}
    lines = [line for order in command.orders for line in order.lines]
    if not command.orders or len(lines) > LINES_MAX:
        yield {"field": "orders", "lines_maximum": LINES_MAX}
    if len({order.order_id for order in command.orders}) != len(command.orders):
        yield {"field": "order_id", "fault": "repeated"}
    if len({order.seller_id for order in command.orders}) != len(command.orders):
        yield {"field": "seller_id", "fault": "repeated"}
    if len({line.line_no for line in lines}) != len(lines):
        yield {"field": "line_no", "fault": "repeated"}
    for order in command.orders:
        if not (is_id(order.order_id) and is_id(order.seller_id) and order.lines):
            yield {"order_id": order.order_id[:36], "field": "order"}
        for line in order.lines:
            yield from _malformed_line(line)


def _malformed_line(line: OrderLine) -> Iterator[Fault]:
    if not 1 <= line.quantity <= QUANTITY_MAX:
        yield {"line_no": line.line_no, "field": "quantity", "maximum": QUANTITY_MAX}
    if not 1 <= line.units_each <= UNITS_EACH_MAX:
        yield {"line_no": line.line_no, "field": "units_each", "maximum": UNITS_EACH_MAX}
    amounts = _amounts_of(line)
    if min(amounts) < 0 or max(amounts) > AMOUNT_MAX:
        for name, amount in zip(_AMOUNTS, amounts, strict=True):
            if not 0 <= amount <= AMOUNT_MAX:
                yield {"line_no": line.line_no, "field": name, "minimum": 0, "maximum": AMOUNT_MAX}
    for name in _LINE_IDS:
        if not is_id(getattr(line, name)):
            yield {"line_no": line.line_no, "field": name}


def _wrong_sums(command: PlaceOrders) -> Iterator[Fault]:
    purchase_total = 0
    for order in command.orders:
        order_total = 0
        for line in order.lines:
            yield from _wrong_line(line)
            order_total += line.total_amount + line.shipping_amount + line.shipping_tax_on_top
        if order.total_amount != order_total:
            yield {"order_id": order.order_id, "field": "total_amount", "said": order.total_amount, "sum": order_total}
        purchase_total += order.total_amount
    if command.total_amount != purchase_total:
        yield {"field": "total_amount", "said": command.total_amount, "sum": purchase_total}
    if purchase_total > AMOUNT_MAX:
        yield {"field": "total_amount", "maximum": AMOUNT_MAX}


def _wrong_line(line: OrderLine) -> Iterator[Fault]:
    goods = line.quantity * line.unit_amount
    total = goods - line.discount_amount + line.tax_on_top
    if line.total_amount != total:
        yield {"line_no": line.line_no, "field": "total_amount", "said": line.total_amount, "sum": total}
    if line.discount_amount > goods:
        yield {"line_no": line.line_no, "field": "discount_amount", "said": line.discount_amount, "maximum": goods}
    for part, whole in (("tax_on_top", "tax_amount"), ("shipping_tax_on_top", "shipping_tax_amount")):
        if getattr(line, part) > getattr(line, whole):
            yield {"line_no": line.line_no, "field": part, "said": getattr(line, part), "maximum": getattr(line, whole)}
