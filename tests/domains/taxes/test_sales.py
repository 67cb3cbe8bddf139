"""What sellers have sold is counted once per order, whatever comes again and in whichever parts, and sums to the same
as counting the orders by hand."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from argosy.contracts.orders import OrderCancelled
from argosy.contracts.taxes_thresholds import SweepTaxSales
from argosy.domains.taxes.application import sales as counting
from argosy.domains.taxes.domain.sales import PAID, REFUNDED, SalesSum, TaxSale
from argosy.shared_kernel.messages import Message
from tests.domains.taxes.desk import OTHER, SELLER
from tests.domains.taxes.sold import paid, placed, refunded, sell, stage_with
from tests.support import Stage, an_id

ORDERS = some.fixed_dictionaries(
    {
        "amount": some.integers(0, 10**9),
        "tax": some.integers(0, 10**9),
        "seller_id": some.sampled_from((SELLER, OTHER)),
        "country": some.sampled_from(("US", "DE", "d3")),
        "region": some.sampled_from(("TX", "tx ", "", "Île-de-France")),
        "currency": some.sampled_from(("USD", "EUR")),
        "month": some.integers(1, 3),
        "reason": some.sampled_from(("rule", "reverse_charge")),
        "end": some.sampled_from(("placed", "cancelled", "paid", "refunded")),
    }
)


def told_of(number: int, order: dict[str, Any]) -> list[Message]:
    """What orders tells of it, in order."""
    names = ("amount", "country", "region", "seller_id", "currency", "reason")
    said = {name: order[name] for name in names}
    created = placed(
        f"order {number}",
        **said,
        tax=min(order["tax"], order["amount"]),
        at=datetime(2026, order["month"], 9, tzinfo=UTC),
    )
    if order["end"] == "placed":
        return [created]
    if order["end"] == "cancelled":
        seller = created.seller_id
        return [
            created,
            OrderCancelled(order_id=created.order_id, buyer_id=created.buyer_id, seller_id=seller, reason=""),
        ]
    return [created, paid(created), *([refunded(created)] if order["end"] == "refunded" else [])]


def by_hand(orders: list[dict[str, Any]]) -> dict[Any, list[int]]:
    """Sales, gross and net, and of what was paid back the same, by whose, when, where, in what and to whom."""
    sums: dict[Any, list[int]] = {}
    for order in orders:
        if order["end"] not in ("paid", "refunded"):
            continue
        country = order["country"] if order["country"] != "d3" else ""
        region = "TX" if order["region"].strip().upper() == "TX" else ""
        month = f"2026-0{order['month']}"
        key = (order["seller_id"], month, country, region, order["currency"], order["reason"] == "reverse_charge")
        row = sums.setdefault(key, [0] * 6)
        volume = (1, order["amount"], order["amount"] - min(order["tax"], order["amount"]))
        for place, value in enumerate(volume):
            row[place] += value
            row[place + 3] += value if order["end"] == "refunded" else 0
    return sums


def kept(stage: Stage) -> dict[Any, list[int]]:
    names = ("sales", "gross", "net", "refunded_sales", "refunded_gross", "refunded_net")
    return {
        (one.seller_id, one.month, one.country, one.region, one.currency, one.is_business): [
            getattr(one, name) for name in names
        ]
        for one in stage.all(SalesSum)
    }


@given(orders=some.lists(ORDERS, max_size=12), batch=some.integers(1, 40), chance=some.randoms(use_true_random=False))
def test_sums_are_those_of_the_orders_in_whatever_batches_they_come(
    orders: list[dict[str, Any]], batch: int, chance: Any
) -> None:
    stage = stage_with()
    waiting = [told_of(number, order) for number, order in enumerate(orders)]
    messages: list[Message] = []
    while waiting:
        own = chance.choice(waiting)
        messages.append(own.pop(0))
        waiting = [one for one in waiting if one]
    for first in range(0, len(messages), batch):
        assert stage.send(*messages[first : first + batch]) == []
    assert kept(stage) == by_hand(orders)
    assert stage.undeclared_loads == 0
    ends = Counter(one.status for one in stage.all(TaxSale))
    assert [ends[end] for end in (PAID, REFUNDED)] == [
        sum(order["end"] == end for order in orders) for end in ("paid", "refunded")
    ]


def test_an_order_that_is_told_again_is_counted_once() -> None:
    stage = stage_with()
    order = placed("one", 10_000)
    for _ in range(2):
        stage.send(order, paid(order), refunded(order))
    stage.send(paid(order))
    ((count, *_, refunds, _, _),) = kept(stage).values()
    assert (count, refunds) == (1, 1)


def test_of_an_order_that_was_never_paid_nothing_stays() -> None:
    stage = stage_with()
    order = placed("one", 10_000)
    gone = OrderCancelled(order_id=an_id("one"), buyer_id=order.buyer_id, seller_id=SELLER, reason="")
    stage.send(order)
    stage.send(gone)
    stage.send(gone)
    assert (stage.all(TaxSale), stage.all(SalesSum)) == ([], [])


def test_an_order_that_was_never_told_of_is_nothing() -> None:
    stage = stage_with()
    order = placed("one", 10_000)
    assert stage.send(paid(order)) == stage.send(refunded(order)) == []
    assert stage.all(SalesSum) == []


def test_sales_of_months_that_no_threshold_counts_are_forgotten_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "AT_ONCE_MAX", 2)
    stage = stage_with()
    old = [sell(stage, f"old {day}", 1_000, at=datetime(2025, 12, day, tzinfo=UTC)) for day in (1, 2, 31)]
    stage.send(placed("never paid", 1_000, at=datetime(2025, 11, 1, tzinfo=UTC)))
    kept_on = sell(stage, "of the last year", 1_000, at=datetime(2026, 1, 1, tzinfo=UTC))
    before = kept(stage)
    stage.clock.time = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    assert stage.send(SweepTaxSales()) == []
    assert (len(stage.all(TaxSale)), kept(stage)) == (5, before), "last year counts"
    stage.clock.time = datetime(2027, 1, 1, tzinfo=UTC)
    rounds = 0
    told: list[Message] = [SweepTaxSales()]
    while told and rounds < 9:
        told, rounds = stage.send(*told), rounds + 1
        in_sums = {(one.seller_id, one.month) for one in stage.all(SalesSum)}
        assert all((one.seller_id, one.month) in in_sums for one in stage.all(TaxSale) if one.status == PAID)
    assert rounds == 3, "two of a kind at a time, and once more to see that nothing is left"
    assert [one.id for one in stage.all(TaxSale)] == [kept_on.order_id]
    assert [key[1] for key in kept(stage)] == ["2026-01"]
    assert stage.undeclared_loads == 0
    after = kept(stage)
    assert stage.send(refunded(old[0]), paid(old[1]), SweepTaxSales()) == []
    assert kept(stage) == after, "what comes later of such an order changes nothing"
