"""What payments takes and tells of what staff put right: differences from a gateway's book, and webhooks about nothing
that is known."""

from __future__ import annotations

from datetime import datetime

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Value


class SettleDifference(Command):
    """Say who bears a difference between a gateway's book and ours, and why, and have it booked, once: the `sale` (a
    refund or chargeback at the gateway's own counter, out of all orders that the payment is of, or of one), the
    `platform`, or `nobody`, where the money is none of ours. Saying the same again changes nothing."""

    payment_id: Id
    difference_id: Id
    borne_by: str
    reason: str
    order_id: Id | None = None


class Settlement(Value):
    """How a difference was settled; `refund_id` is the refund that the sale bears."""

    difference_id: Id
    borne_by: str
    refund_id: Id | None
    closed_at: datetime


class OrderPaidBack(Value):
    """What of an order was paid back, and what of it is left that could be."""

    order_id: Id
    amount: int
    left_amount: int


class DifferenceSettled(Event, key="payment_id"):
    """Staff said who bears a difference, and it is booked; of what the sale bears, `orders` says what follows."""

    payment_id: Id
    difference_id: Id
    borne_by: str
    reason: str
    operation: str
    gateway_transaction_id: str
    amount: int
    currency: str
    refund_id: Id | None = None
    orders: tuple[OrderPaidBack, ...] = ()


class AssignWebhook(Command):
    """Say which payment a webhook is about that named none that is known, and which refund of it: the gateway is asked
    once how that stands, and only its answer counts."""

    webhook_id: Id
    payment_id: Id
    reason: str
    refund_id: Id | None = None


class DismissWebhook(Command):
    """A webhook about nothing of ours: nobody need look at it any more."""

    webhook_id: Id
    reason: str


class WebhookSettled(Value):
    """How a webhook stands, and what came of it."""

    webhook_id: Id
    status: str
    outcome: str
