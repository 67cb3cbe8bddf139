"""Differences from a gateway's book are settled by staff: somebody bears each, and it is booked once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from argosy.contracts.payments import ComparePayment, PaymentRecovered, PaymentRefunded, StatementLine, StatementPair
from argosy.contracts.payments_settling import DifferenceSettled, OrderPaidBack, SettleDifference
from argosy.domains.payments.domain.difference import (
    DifferenceIsClosed,
    GatewayDifference,
    GatewayIsNotKnown,
    NoSuchDifference,
    SaleBearsNoSuchDifference,
    foreign_id,
)
from argosy.engine.work import Actor
from argosy.shared_kernel.errors import Several
from argosy.shared_kernel.messages import Message
from tests.domains.payments.counter import ANNA, BEN, PAYMENT, Counter, captured, refund, told
from tests.support import an_id

STAFF = Actor(id="clerk", roles=frozenset({"staff"}))
WHY = "paid back by telephone"
ACCOUNTS = (f"escrow:{ANNA}", f"escrow:{BEN}", "commission", "tax", "promotions", "refunds", "clearing:test")


def line(operation: str = "refund", amount: int = 1_000, **changes: Any) -> StatementLine:
    fields: dict[str, Any] = {
        "key": "",
        "operation": operation,
        "payment_id": PAYMENT,
        "gateway_transaction_id": f"at_counter_{operation}",
        "amount": amount,
        "currency": "EUR",
        "done_at": datetime(2026, 1, 1, tzinfo=UTC),
        **changes,
    }
    return StatementLine(**fields)


def named(counter: Counter, **found: Any) -> GatewayDifference:
    """The one difference that a comparison named."""
    payment_id = next(one.payment_id for one in (*found.get("theirs", ()), *found.get("ours", ()), line()))
    counter.send(ComparePayment(payment_id=payment_id, **{"theirs": (), "ours": (), **found}))
    (difference,) = counter.stage.all(GatewayDifference)
    return difference


def settle(counter: Counter, difference: GatewayDifference, borne_by: str = "sale", **changes: Any) -> list[Message]:
    fields: dict[str, Any] = {"payment_id": difference.payment_id, "difference_id": difference.id, "reason": WHY}
    return counter.stage.send(SettleDifference(borne_by=borne_by, **{**fields, **changes}), actor=STAFF)


def balances(counter: Counter) -> list[int]:
    return [counter.balance(name) for name in ACCOUNTS]


@pytest.mark.parametrize("operation", ["refund", "dispute"])
def test_what_was_paid_back_at_the_counter_is_booked_like_any_refund_and_nobody_is_asked(operation: str) -> None:
    counter, other = captured(), captured()
    other.send(refund(1_000))
    other.call()
    difference = named(counter, theirs=(line(operation),))
    answers = settle(counter, difference)
    assert balances(counter) == balances(other)
    assert counter.intent.shares == other.intent.shares
    assert (counter.intent.status, counter.intent.refunded_amount) == ("PARTIALLY_REFUNDED", 1_000)
    assert counter.call() == [] and "refund" not in counter.gateway.asked
    assert told(answers) == ["PaymentRefunded", "DifferenceSettled"]
    refunded, settled = answers
    assert isinstance(refunded, PaymentRefunded) and isinstance(settled, DifferenceSettled)
    assert refunded.flow_id == difference.id, "no flow takes it for an answer to itself"
    left = {one.order_id: sum(one.left()) for one in counter.intent.shares}
    assert {one.order_id: one.left_amount for one in settled.orders} == left
    assert sum(one.amount for one in settled.orders) == 1_000
    closed = counter.stage.one(GatewayDifference, difference.id)
    assert (closed.borne_by, closed.reason, closed.settled_by) == ("sale", WHY, "clerk")
    assert closed.refund_id == refunded.refund_id == settled.refund_id
    assert counter.faults() == [] and counter.stage.undeclared_loads == 0


def test_one_order_alone_may_bear_it_and_what_is_left_can_still_be_refunded() -> None:
    counter = captured()
    bens = an_id(f"order of {BEN}")
    before = counter.balance(f"escrow:{ANNA}")
    settled = settle(counter, named(counter, theirs=(line(amount=2_900),)), order_id=bens)[-1]
    assert isinstance(settled, DifferenceSettled)
    assert settled.orders == (OrderPaidBack(order_id=bens, amount=2_900, left_amount=0),)
    assert (counter.balance(f"escrow:{BEN}"), counter.balance(f"escrow:{ANNA}")) == (0, before)
    counter.send(refund())
    assert [one.amount for one in counter.call() if isinstance(one, PaymentRefunded)] == [7_100]
    assert (counter.intent.status, counter.balance("clearing:test")) == ("REFUNDED", 0)
    assert counter.faults() == []


@pytest.mark.parametrize(
    ("found", "clearing", "fees"),
    [
        ({"theirs": (line("refund"),)}, -1_000, 0),
        ({"theirs": (line("dispute"),)}, -1_000, 0),
        ({"theirs": (line("reinstate"),)}, 1_000, 0),
        ({"theirs": (line("capture"),)}, 1_000, 0),
        ({"ours": (line("capture"),)}, -1_000, 0),
        ({"ours": (line("refund"),)}, 1_000, 0),
        ({"differing": (StatementPair(ours=line("capture", 1_000), theirs=line("capture", 990)),)}, -10, 0),
        ({"differing": (StatementPair(ours=line(fee_amount=7), theirs=line(fee_amount=9)),)}, -2, 2),
    ],
)
def test_what_the_platform_bears_moves_the_gateways_account_to_what_it_really_is(
    found: dict[str, Any], clearing: int, fees: int
) -> None:
    counter = captured()
    before = counter.balance("clearing:test")
    assert told(settle(counter, named(counter, **found), "platform")) == ["DifferenceSettled"]
    assert counter.balance("clearing:test") - before == clearing
    assert (counter.balance("losses"), counter.balance("fees")) == (-clearing - fees, fees)
    assert (counter.intent.status, counter.intent.refunded_amount) == ("CAPTURED", 0)
    assert counter.faults() == [] and counter.stage.undeclared_loads == 0


def test_another_currency_is_booked_in_both() -> None:
    counter = captured()
    pair = StatementPair(ours=line("capture", 1_000), theirs=line("capture", 1_100, currency="USD"))
    settle(counter, named(counter, differing=(pair,)), "platform")
    assert (counter.balance("losses"), counter.balance("losses", "USD")) == (1_000, -1_100)
    assert counter.balance("clearing:test", "USD") == 1_100
    assert counter.faults() == [] and counter.stage.undeclared_loads == 0


def test_what_is_nobodys_is_closed_and_nothing_is_booked() -> None:
    counter = captured()
    entries = len(counter.entries)
    assert told(settle(counter, named(counter, theirs=(line(),)), "nobody")) == ["DifferenceSettled"]
    assert len(counter.entries) == entries
    assert counter.stage.all(GatewayDifference)[0].closed_at is not None


def test_money_of_no_payment_is_booked_at_the_gateway_that_lists_it() -> None:
    counter = captured()
    stray = line("capture", gateway_transaction_id="ch_x", payment_id=foreign_id("test", "ch_x"))
    settle(counter, named(counter, theirs=(stray,)), "platform")
    assert counter.balance("losses") == -1_000
    other = Counter()
    gone = line("capture", gateway_transaction_id="ch_x", payment_id=foreign_id("gone", "ch_x"))
    difference = named(other, theirs=(gone,))
    with pytest.raises(GatewayIsNotKnown):
        settle(other, difference, "platform")
    settle(other, difference, "nobody")


def test_it_is_settled_once_and_the_same_again_hears_the_same() -> None:
    counter = captured()
    difference = named(counter, theirs=(line(),))
    settle(counter, difference)
    first, entries = counter.stage.result, len(counter.entries)
    assert settle(counter, difference, reason="once more") == []
    assert counter.stage.result == first
    for other in ({"borne_by": "platform"}, {"order_id": an_id(f"order of {BEN}")}):
        with pytest.raises(DifferenceIsClosed):
            settle(counter, difference, **other)
    assert len(counter.entries) == entries


@pytest.mark.parametrize(
    "found",
    [
        {"ours": (line("refund"),)},
        {"theirs": (line("capture"),)},
        {"theirs": (line(currency="USD"),)},
        {"theirs": (line(amount=10_001),)},
        {"differing": (StatementPair(ours=line(), theirs=line(amount=900)),)},
    ],
)
def test_a_sale_bears_only_what_was_paid_back_of_it(found: dict[str, Any]) -> None:
    counter = captured()
    difference = named(counter, **found)
    with pytest.raises(SaleBearsNoSuchDifference):
        settle(counter, difference)
    assert counter.stage.all(GatewayDifference)[0].closed_at is None


def test_what_is_wrong_is_told_at_once_and_a_difference_is_its_payments() -> None:
    counter = captured()
    difference = named(counter, theirs=(line(),))
    with pytest.raises(Several) as refused:
        settle(counter, difference, "the buyer", reason=" ", order_id="x")
    assert [fault.details["field"] for fault in refused.value.faults] == ["borne_by", "order_id", "reason"]
    for other in ({"difference_id": an_id("none")}, {"payment_id": an_id("another")}):
        with pytest.raises(NoSuchDifference):
            settle(counter, difference, **other)


def test_a_part_that_is_recovered_closes_the_difference_that_was_named_of_it() -> None:
    """Stripe's list calls it by a balance transaction, its answer by the part: both behind the payment intent's id."""
    counter = captured()
    difference = named(counter, theirs=(line("capture", gateway_transaction_id="pi_1/txn_1"),))
    recovered = PaymentRecovered(
        payment_id=PAYMENT, operation="capture", gateway_transaction_id="pi_1/part", amount=1_000, currency="EUR"
    )
    counter.send(recovered, recovered)
    assert counter.stage.one(GatewayDifference, difference.id).closed_at is not None
    assert [one.side for one in counter.stage.all(GatewayDifference)] == ["gateway", "recovered"]
    assert counter.stage.undeclared_loads == 0
