"""Orders as their buyers and sellers see them, and what each seller has sold."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

import msgspec

from argosy.contracts.accounts import PersonErased
from argosy.contracts.orders import (
    Address,
    DeliveryChanged,
    OrderCancelled,
    OrderClaimed,
    OrderConfirmed,
    OrderCreated,
    OrderPaid,
    OrderPaymentMethodChanged,
    OrderRefunded,
)
from argosy.engine.people import blanked
from argosy.engine.reads import by, reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.read_models.documents import Document, told_at
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.codec import decoder, encode_sorted
from argosy.shared_kernel.ids import Id


class Became(msgspec.Struct, frozen=True):
    """A status that an order took, and when."""

    status: str
    at: str


class OrderDocument(msgspec.Struct):
    """An order with all that its page shows. What was frozen with the sale is carried along unread."""

    order_id: Id
    order_number: str
    purchase_id: Id
    checkout_id: Id
    buyer_id: Id
    seller_id: Id
    status: str
    currency: str
    total_amount: int
    payment_method: str
    created_at: datetime
    history: list[Became]
    address: msgspec.Raw
    lines: msgspec.Raw
    payment_id: Id | None = None
    cancel_reason: str = ""
    refunded_amount: int = 0

    def has_been(self, status: str) -> bool:
        return any(became.status == status for became in self.history)


@dataclass(kw_only=True, eq=False)
class OrderSummary(Document):
    """One per order."""

    is_kept: ClassVar[bool] = True
    buyer_id: Id
    claimed_by: Id | None = None
    seller_id: Id
    status: str
    total_amount: int
    created_at: datetime
    order_number: str = ""
    currency: str = ""


@dataclass(kw_only=True, eq=False)
class SellerDashboard(Aggregate):
    """What a seller has sold: `orders` counts those that were ever confirmed, paid, cancelled after it or refunded.

    `revenue` is paid less refunded, in the currency of the seller's first sale; sales in others are kept beside.
    """

    orders: dict[str, int] = field(default_factory=dict)
    currency: str = ""
    revenue: int = 0
    other_revenue: dict[str, int] = field(default_factory=dict)

    def count(self, fact: str) -> None:
        self.orders[fact] = self.orders.get(fact, 0) + 1

    def earn(self, amount: int, currency: str) -> None:
        self.currency = self.currency or currency
        if currency == self.currency:
            self.revenue += amount
        else:
            self.other_revenue[currency] = self.other_revenue.get(currency, 0) + amount


_READ = decoder(OrderDocument).decode


class OrderHistoryProjector:
    """An order takes each status once, and only then is it counted: an event that comes again changes nothing."""

    def __init__(
        self,
        work: UnitOfWork,
        orders: Repository[OrderSummary],
        sellers: Repository[SellerDashboard],
    ) -> None:
        self.work = work
        self.orders = orders
        self.sellers = sellers

    @reads(orders=lambda event: [event.order_id])
    def create(self, event: OrderCreated) -> None:
        if self.orders.find(event.order_id) is not None:
            return
        row = OrderSummary(
            id=event.order_id,
            buyer_id=event.buyer_id,
            seller_id=event.seller_id,
            status="CREATED",
            total_amount=event.total_amount,
            created_at=event.created_at,
            order_number=event.order_number,
            currency=event.currency,
        )
        row.show(
            OrderDocument(
                order_id=event.order_id,
                order_number=event.order_number,
                purchase_id=event.purchase_id,
                checkout_id=event.checkout_id,
                buyer_id=event.buyer_id,
                seller_id=event.seller_id,
                status="CREATED",
                currency=event.currency,
                total_amount=event.total_amount,
                payment_method=event.payment_method,
                created_at=event.created_at,
                history=[Became("CREATED", told_at(self.work))],
                address=msgspec.Raw(encode_sorted(event.address)),
                lines=msgspec.Raw(encode_sorted(event.lines)),
            )
        )
        self.orders.add(row)

    @reads(orders=lambda event: [event.order_id])
    def claim(self, event: OrderClaimed) -> None:
        """Is found among the orders of the account as well; what it shows stays as it is."""
        self.orders.get(event.order_id).claimed_by = event.user_id

    @reads(orders=lambda event: [event.order_id], sellers=lambda event: [event.seller_id])
    def confirm(self, event: OrderConfirmed) -> None:
        if self._become(event.order_id, "CONFIRMED") is not None:
            self._seller(event.seller_id).count("confirmed")

    @reads(orders=lambda event: [event.order_id])
    def pay_otherwise(self, event: OrderPaymentMethodChanged) -> None:
        row = self.orders.get(event.order_id)
        document = _READ(row.body)
        document.payment_method = event.payment_method
        row.show(document)

    @reads(orders=lambda event: [event.order_id], sellers=lambda event: [event.seller_id])
    def pay(self, event: OrderPaid) -> None:
        if self._become(event.order_id, "PAID", payment_id=event.payment_id) is not None:
            seller = self._seller(event.seller_id)
            seller.count("paid")
            seller.earn(event.total_amount, event.currency)

    @reads(orders=lambda event: [event.order_id], sellers=lambda event: [event.seller_id])
    def cancel(self, event: OrderCancelled) -> None:
        """Orders of checkouts that came to nothing are no business of the seller's."""
        document = self._become(event.order_id, "CANCELLED", cancel_reason=event.reason)
        if document is not None and document.has_been("CONFIRMED"):
            self._seller(event.seller_id).count("cancelled")

    @reads(orders=lambda event: [event.order_id], sellers=lambda event: [event.seller_id])
    def refund(self, event: OrderRefunded) -> None:
        if self._become(event.order_id, "REFUNDED", refunded_amount=event.amount) is not None:
            seller = self._seller(event.seller_id)
            seller.count("refunded")
            seller.earn(-event.amount, event.currency)

    @reads(orders=lambda event: [event.order_id])
    def deliver_elsewhere(self, event: DeliveryChanged) -> None:
        row = self.orders.get(event.order_id)
        document = _READ(row.body)
        document.address = msgspec.Raw(encode_sorted(event.address))
        row.show(document)

    @reads(orders=lambda event: [by("buyer_id", event.user_id)])
    def forget(self, event: PersonErased) -> None:
        """Where the parcels of an erased person went is shown to nobody any more."""
        for row in self.orders.all_by("buyer_id", event.user_id):
            document = _READ(row.body)
            document.address = msgspec.Raw(blanked(Address, bytes(document.address).decode()).encode())
            row.show(document)

    def _become(self, order_id: str, status: str, **changes: object) -> OrderDocument | None:
        """The document as it now is, or None where the order had this status already."""
        row = self.orders.get(order_id)
        document = _READ(row.body)
        if document.has_been(status):
            return None
        for name, value in changes.items():
            setattr(document, name, value)
        document.status = row.status = status
        document.history.append(Became(status, told_at(self.work)))
        row.show(document)
        return document

    def _seller(self, seller_id: Id) -> SellerDashboard:
        seller = self.sellers.find(seller_id)
        if seller is None:
            seller = SellerDashboard(id=seller_id)
            self.sellers.add(seller)
        return seller
