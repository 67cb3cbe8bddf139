"""Who may do what with an order, and until when: the tables of the README, walked."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

import argosy.domains.orders
from argosy.domains.orders.domain.cancellation import OrderCannotBeCancelled, ReasonIsMissing, check_cancellation
from argosy.domains.orders.domain.order import Occasion, OrderIsBeingCancelled
from argosy.domains.orders.domain.order_status import (
    CASH_ON_DELIVERY,
    CLOSED,
    DELIVERED,
    ORDER_TYPES,
    PAID,
    PREPAID,
    SHIPPED,
    STATUSES,
)
from argosy.domains.orders.domain.policies import (
    BUYER,
    CANCELLATIONS,
    CHANGEABLE,
    RETURN_DAYS_ELSE,
    RETURNS,
    SELLER,
    SHIPPABLE,
    STAFF,
    STUCK,
    Eligibility,
    refund_eligibility,
)
from tests.domains.orders.test_order_status import an_order
from tests.support import CountingIds, FakeClock

README = Path(argosy.domains.orders.__file__).with_name("README.md").read_text(encoding="utf-8")
SHOWN = {PREPAID: "prepaid", CASH_ON_DELIVERY: "cash on delivery"}
NOW = FakeClock().now()


def table(heading: str) -> list[tuple[str, ...]]:
    """The rows of the one table under a heading of the README."""
    section = README.partition(f"### {heading}\n")[2].partition("\n#")[0]
    rows = [row for row in section.splitlines() if row.startswith("|")]
    return [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in rows[2:]]


def test_the_readme_shows_who_may_cancel() -> None:
    assert table("Who may cancel") == [
        (rule.who, SHOWN[rule.order_type], ", ".join(rule.statuses), "needed" if rule.needs_reason else "not needed")
        for rule in CANCELLATIONS
    ]


def test_the_readme_shows_until_when_delivery_changes_and_from_when_orders_ship() -> None:
    assert table("When delivery may change, and when an order may ship") == [
        (SHOWN[kind], ", ".join(CHANGEABLE[kind]), ", ".join(SHIPPABLE[kind])) for kind in ORDER_TYPES
    ]


def test_the_readme_shows_how_long_goods_can_be_sent_back() -> None:
    assert table("What may be asked back") == [
        *((rule.category, str(rule.days), rule.why) for rule in RETURNS),
        ("all others", str(RETURN_DAYS_ELSE), ""),
    ]


def test_the_readme_shows_when_an_order_is_stuck() -> None:
    assert table("When an order is stuck") == [
        (rule.status, SHOWN[rule.order_type], str(rule.days), rule.what) for rule in STUCK
    ]


@pytest.mark.parametrize(("who", "kind", "status"), list(product((BUYER, SELLER, STAFF), ORDER_TYPES, STATUSES)))
def test_an_order_is_cancelled_by_exactly_those_of_the_table(who: str, kind: str, status: str) -> None:
    order = an_order(kind, status)
    (rule,) = [rule for rule in CANCELLATIONS if (rule.who, rule.order_type) == (who, kind)]
    if status in rule.statuses:
        check_cancellation(order, who, "out of stock")
        if rule.needs_reason:
            with pytest.raises(ReasonIsMissing):
                check_cancellation(order, who, "  ")
        else:
            check_cancellation(order, who, "")
    else:
        with pytest.raises(OrderCannotBeCancelled):
            check_cancellation(order, who, "out of stock")


@pytest.mark.parametrize(("kind", "status"), list(product(ORDER_TYPES, STATUSES)))
def test_an_order_ships_only_when_it_may(kind: str, status: str) -> None:
    order = an_order(kind, status)
    assert order.may_ship == (status in SHIPPABLE[kind])
    order.is_being_cancelled = True
    assert not order.may_ship
    with pytest.raises(OrderIsBeingCancelled):
        order.move_to(SHIPPED, "left", Occasion(by="carrier", at=NOW, new_id=CountingIds().new))
    assert order.status == status


@pytest.mark.parametrize(
    ("status", "category", "days", "expected"),
    [
        (PAID, "home", None, (True, "not_shipped_yet")),
        (SHIPPED, "home", None, (True, "not_received_yet")),
        (DELIVERED, "home", 30, (True, "within_return_days")),
        (DELIVERED, "home", 30.0001, (False, "return_days_are_over")),
        (CLOSED, "electronics", 14, (True, "within_return_days")),
        (CLOSED, "electronics", 14.0001, (False, "return_days_are_over")),
        (DELIVERED, "food", 0, (False, "category_is_not_returnable")),
        ("CREATED", "home", None, (False, "nothing_to_refund")),
        ("CANCELLED", "home", None, (False, "nothing_to_refund")),
        ("REFUNDED", "home", 1, (False, "nothing_to_refund")),
    ],
)
def test_money_may_be_asked_back_by_status_category_and_days(
    status: str, category: str, days: float | None, expected: tuple[bool, str]
) -> None:
    received = None if days is None else NOW - timedelta(days=days)
    found = refund_eligibility(status, category, received, NOW)
    assert (found.is_eligible, found.why) == expected
    assert isinstance(found, Eligibility)
    assert (found.until is None) == (not re.match("within|return_days", found.why))
