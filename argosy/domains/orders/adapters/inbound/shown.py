"""What orders look like over HTTP: the members of what the queries give, for those who read the API's description."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from argosy.contracts.orders import Address
from argosy.shared_kernel.ids import Id


class SoldLine(TypedDict):
    """A line as it was sold, in minor units."""

    line_no: int
    product_id: Id
    variant_id: Id
    sku: str
    title: str
    quantity: int
    unit_amount: int
    price_id: Id
    discount_amount: int
    discounts: list[str]
    tax_amount: int
    tax_on_top: int
    tax_basis_points: int
    total_amount: int
    shipping_method: str
    shipping_amount: int
    shipping_tax_amount: int
    shipping_tax_on_top: int


class StatusStep(TypedDict):
    """One step of an order's path."""

    from_status: str
    to_status: str
    reason: str
    changed_by: str
    changed_at: datetime


class OrderHead(TypedDict):
    """An order without its lines."""

    order_id: Id
    order_number: str
    purchase_id: Id
    seller_id: Id
    status: str
    order_type: str
    currency: str
    total_amount: int
    is_being_cancelled: bool
    pay_by: datetime | None
    created_at: datetime
    updated_at: datetime


class WholeOrder(OrderHead):
    """An order with everything that was frozen when it was made, and its path since."""

    address: Address
    lines: list[SoldLine]
    history: list[StatusStep]


class WholePurchase(TypedDict):
    """What was bought at once: one order per seller."""

    purchase_id: Id
    checkout_id: Id
    currency: str
    total_amount: int
    payment_method: str
    created_at: datetime
    orders: list[OrderHead]


class LineEligibility(TypedDict):
    """Whether the money for a line may be asked back without anybody's leave, until when, and why not."""

    line_no: int
    category: str
    is_eligible: bool
    until: datetime | None
    why: str


class OrderEligibility(TypedDict):
    """What may be asked back of an order now."""

    order_id: Id
    lines: list[LineEligibility]
