"""Who may do what with an order, and until when: tables, which the README repeats and a test compares."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from argosy.domains.orders.domain.order_status import (
    CASH_ON_DELIVERY,
    CLOSED,
    CONFIRMED,
    CREATED,
    DELIVERED,
    PAID,
    PREPAID,
    SHIPPED,
)

BUYER, SELLER, STAFF = "buyer", "seller", "staff"
"""As whom somebody acts on an order: whoever is several of them acts as the last that they are."""


class CancellationRule(NamedTuple):
    """Orders of this type may be called off by these people while they are in one of these statuses."""

    who: str
    order_type: str
    statuses: tuple[str, ...]
    needs_reason: bool


CANCELLATIONS = (
    CancellationRule(BUYER, PREPAID, (CREATED, CONFIRMED, PAID), needs_reason=False),
    CancellationRule(BUYER, CASH_ON_DELIVERY, (CONFIRMED,), needs_reason=False),
    CancellationRule(SELLER, PREPAID, (CREATED, CONFIRMED, PAID), needs_reason=True),
    CancellationRule(SELLER, CASH_ON_DELIVERY, (CONFIRMED,), needs_reason=True),
    CancellationRule(STAFF, PREPAID, (CREATED, CONFIRMED, PAID, SHIPPED, DELIVERED, CLOSED), needs_reason=True),
    CancellationRule(STAFF, CASH_ON_DELIVERY, (CONFIRMED, PAID, CLOSED), needs_reason=True),
)


def cancellation_rule(who: str, order_type: str) -> CancellationRule:
    """The one line of the table that counts."""
    return next(rule for rule in CANCELLATIONS if (rule.who, rule.order_type) == (who, order_type))


# Until when an order may be sent elsewhere, and from when it may leave. CONFIRMED alone says nothing of money: an order
# that is paid by transfer waits there for it.

CHANGEABLE = {PREPAID: (CONFIRMED, PAID), CASH_ON_DELIVERY: (CONFIRMED,)}
"""Statuses in which an address or telephone number may change, as long as no label was printed."""

SHIPPABLE = {PREPAID: (PAID,), CASH_ON_DELIVERY: (CONFIRMED,)}
"""Statuses in which a first parcel may leave, unless the order is being called off."""

TRANSFER_DAYS = 7
"""How long a transfer may take; then the order is called off, and its goods are sold to others."""


class ReturnRule(NamedTuple):
    """Goods of a category can be sent back for so many days after they were received."""

    category: str
    days: int
    why: str


RETURN_DAYS_ELSE = 30
RETURNS = (
    ReturnRule("food", 0, "spoils"),
    ReturnRule("flowers", 0, "spoils"),
    ReturnRule("made_to_order", 0, "made for one buyer"),
    ReturnRule("downloads", 0, "used once it is delivered"),
    ReturnRule("hygiene", 14, "sealed goods, by law"),
    ReturnRule("electronics", 14, "loses value quickly"),
)
"""Every other category has RETURN_DAYS_ELSE."""


class Eligibility(NamedTuple):
    """Whether a line's money may be asked back without anybody's leave, until when, and why not."""

    is_eligible: bool
    until: datetime | None
    why: str


def return_days(category: str) -> int:
    return next((rule.days for rule in RETURNS if rule.category == category), RETURN_DAYS_ELSE)


def refund_eligibility(status: str, category: str, received_at: datetime | None, now: datetime) -> Eligibility:
    """By status, category and days since receipt. Faults of the goods are another matter: those go to a dispute."""
    if status == PAID and received_at is None:
        return Eligibility(True, None, "not_shipped_yet")
    if status == SHIPPED:
        return Eligibility(True, None, "not_received_yet")
    if status not in (DELIVERED, PAID, CLOSED) or received_at is None:
        return Eligibility(False, None, "nothing_to_refund")
    days = return_days(category)
    if days == 0:
        return Eligibility(False, None, "category_is_not_returnable")
    until = received_at + timedelta(days=days)
    return Eligibility(now <= until, until, "within_return_days" if now <= until else "return_days_are_over")


class StuckRule(NamedTuple):
    """An order that stays in a status for longer than this needs a person."""

    status: str
    order_type: str
    days: int
    what: str


STUCK = (
    StuckRule(CONFIRMED, PREPAID, TRANSFER_DAYS + 1, "neither paid nor called off"),
    StuckRule(CONFIRMED, CASH_ON_DELIVERY, 7, "confirmed and not shipped"),
    StuckRule(PAID, PREPAID, 7, "paid and not shipped"),
    StuckRule(SHIPPED, PREPAID, 45, "shipped and not delivered"),
    StuckRule(SHIPPED, CASH_ON_DELIVERY, 45, "shipped and not delivered"),
    StuckRule(DELIVERED, CASH_ON_DELIVERY, 7, "delivered and its cash not received"),
)
CANCELLING_DAYS = 1
"""A cancellation whose money is not back by then needs a person as well."""
NOT_PAID_BACK = "called off and not paid back"
