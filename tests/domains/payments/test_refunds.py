"""Paying back: books first, never more than was taken, once per refund id."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.contracts.payments import PaymentRefunded, RefundAnswered, RefundPayment
from argosy.domains.payments.application.reconciling import REASON
from argosy.domains.payments.application.refunds import AGAIN_EVERY
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Refused
from tests.domains.payments.counter import (
    ANNA,
    BEN,
    FLOW,
    PAYMENT,
    a_share,
    captured,
    decline,
    no_answer,
    nothing,
    refund,
    told,
)
from tests.domains.payments.test_holds import pass_by
from tests.domains.payments.test_unknown import MINUTE
from tests.support import an_id


def code(messages: list[Any]) -> str:
    (refused,) = messages
    assert isinstance(refused, Refused)
    return refused.code


def test_the_books_come_before_the_gateway() -> None:
    counter = captured()
    assert counter.send(refund(2_500)) == []
    assert counter.gateway.asked == ["authorize", "capture"]
    assert counter.balance("clearing:test") == 7_500
    assert (counter.intent.refunding_amount, counter.intent.refunded_amount) == (2_500, 0)
    assert counter.intent.status == "CAPTURED"
    assert counter.call() == [
        PaymentRefunded(flow_id=FLOW, payment_id=PAYMENT, refund_id=an_id("refund"), amount=2_500, currency="EUR")
    ]
    assert (counter.intent.refunding_amount, counter.intent.refunded_amount) == (0, 2_500)
    assert counter.intent.status == "PARTIALLY_REFUNDED"
    assert {each.transaction_id for each in counter.entries} == {PAYMENT, an_id("refund")}
    assert counter.faults() == []
    assert counter.stage.undeclared_loads == 0


def test_a_refund_in_full_leaves_every_account_as_it_was() -> None:
    counter = captured()
    counter.send(refund())
    assert told(counter.call()) == ["PaymentRefunded"]
    assert counter.intent.status == "REFUNDED"
    accounts = {each.account for each in counter.entries}
    assert len(accounts) == 6
    assert {counter.balance(name) for name in accounts} == {0}
    assert counter.faults() == []


def test_a_repeat_is_one_refund_with_one_answer() -> None:
    counter = captured()
    counter.send(refund(100))
    assert counter.send(refund(100)) == []
    first = counter.call()
    assert counter.send(refund(100)) == first
    assert counter.gateway.asked == ["authorize", "capture", "refund"]
    assert code(counter.send(refund(200))) == "refund_id_is_taken"
    assert counter.intent.refunded_amount == 100


def test_what_is_on_its_way_counts_as_paid_back() -> None:
    counter = captured()
    counter.send(refund(6_000, "one"))
    assert code(counter.send(refund(4_001, "two"))) == "refund_exceeds_capture"
    assert counter.send(refund(4_000, "three")) == []
    assert told(counter.call()) == ["PaymentRefunded", "PaymentRefunded"]
    assert counter.intent.status == "REFUNDED"


def test_when_all_is_paid_back_the_rest_is_nothing() -> None:
    counter = captured()
    counter.send(refund())
    counter.call()
    assert counter.send(refund(None, "again")) == [
        PaymentRefunded(flow_id=FLOW, payment_id=PAYMENT, refund_id=an_id("again"), amount=0, currency="EUR")
    ]
    assert code(counter.send(refund(1, "more"))) == "refund_exceeds_capture"
    assert counter.balance("clearing:test") == 0


@pytest.mark.parametrize("amount", [0, -1])
def test_an_amount_that_is_none_is_refused(amount: int) -> None:
    counter = captured()
    assert code(counter.send(refund(amount))) == "amount_is_not_refundable"
    assert len(counter.entries) == 6


def test_a_declined_refund_is_taken_back_once_and_can_be_asked_for_anew() -> None:
    counter = captured(refund=[decline])
    counter.send(refund(3_333))
    assert code(counter.call()) == "refund_was_declined"
    assert counter.refund("refund").status == "FAILED"
    assert counter.intent.left_amount == 10_000
    assert counter.balance(f"escrow:{ANNA}") == 7_200
    assert [each.kind for each in counter.entries].count("refund_reversed") == 6
    assert code(counter.send(refund(3_333))) == "refund_was_declined"
    assert counter.faults() == []
    assert counter.stage.undeclared_loads == 0
    counter.send(refund(None, "anew"))
    assert told(counter.call()) == ["PaymentRefunded"]
    assert counter.intent.status == "REFUNDED"


def test_a_refund_that_payments_asks_for_by_itself_is_asked_for_again_until_the_gateway_pays() -> None:
    counter = captured(refund=[decline, decline])
    counter.send(msgspec.structs.replace(refund(None), reason=REASON))
    assert code(counter.call()) == "refund_was_declined"
    assert counter.intent.left_amount == 10_000
    assert told(pass_by(counter, 2 * AGAIN_EVERY)) == ["Refused", "PaymentRefunded"]
    assert (counter.intent.status, counter.faults()) == ("REFUNDED", [])


def test_a_refund_without_an_answer_is_looked_up_and_paid_once() -> None:
    counter = captured(refund=[no_answer], look_up=[no_answer])
    counter.send(refund(500))
    assert counter.call() == []
    assert counter.refund("refund").status == "UNKNOWN"
    assert told(counter.call(until=MINUTE)) == ["PaymentRefunded"]
    assert counter.gateway.asked == ["authorize", "capture", "refund", "look_up refund", "look_up refund"]
    assert counter.balance("clearing:test") == 9_500


def test_a_refund_that_never_happened_is_asked_for_again_under_its_key() -> None:
    counter = captured(refund=[no_answer], look_up=[nothing])
    counter.send(refund(500))
    assert told(counter.call(until=MINUTE)) == ["PaymentRefunded"]
    assert counter.gateway.asked[2:] == ["refund", "look_up refund", "refund"]
    assert counter.intent.refunded_amount == 500


def test_a_second_answer_to_a_refund_changes_nothing() -> None:
    counter = captured()
    counter.send(refund(500))
    counter.call()
    key = f"gw:{PAYMENT}:refund:{an_id('refund')}"
    same = RefundAnswered(
        payment_id=PAYMENT,
        refund_id=an_id("refund"),
        call=1,
        outcome="approved",
        amount=500,
        currency="EUR",
        gateway_transaction_id=key,
    )
    assert counter.send(same) == []
    assert counter.intent.refunded_amount == 500


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6_000), st.sampled_from(["approve", "decline"])), max_size=8))
def test_refunds_never_exceed_the_capture_and_the_books_follow(drawn: list[tuple[int, str]]) -> None:
    counter = captured()
    paid = 0
    for index, (amount, outcome) in enumerate(drawn):
        counter.gateway.script["refund"] = [decline] if outcome == "decline" else []
        refused = counter.send(refund(amount, str(index)))
        assert bool(refused) == (amount > 10_000 - paid)
        counter.call()
        if not refused and outcome == "approve":
            paid += amount
        assert counter.balance("clearing:test") == 10_000 - paid
    assert counter.intent.refunded_amount == paid
    assert counter.intent.refunding_amount == 0
    assert counter.faults() == []


def test_refunds_in_odd_parts_leave_every_account_as_it_was() -> None:
    counter = captured()
    for index, amount in enumerate((1, 3_333, 17, 6_648, 1)):
        counter.send(refund(amount, str(index)))
        assert told(counter.call()) == ["PaymentRefunded"]
    assert counter.intent.status == "REFUNDED"
    assert {counter.balance(each.account) for each in counter.entries} == {0}
    assert counter.faults() == []


def of_order(seller: Id, amount: int | None = None, name: str = "refund") -> RefundPayment:
    return msgspec.structs.replace(refund(amount, name), order_id=an_id(f"order of {seller}"))


def test_a_refund_of_one_order_takes_from_its_share_alone() -> None:
    counter = captured()
    others = counter.balance(f"escrow:{BEN}")
    counter.send(of_order(ANNA))
    assert told(counter.call()) == ["PaymentRefunded"]
    assert (counter.intent.refunded_amount, counter.balance(f"escrow:{ANNA}")) == (7_100, 0)
    assert counter.balance("promotions") == 0
    assert counter.balance(f"escrow:{BEN}") == others
    assert counter.faults() == []
    counter.send(of_order(BEN, name="rest"))
    counter.call()
    assert counter.intent.status == "REFUNDED"
    assert {counter.balance(each.account) for each in counter.entries} == {0}


def test_a_refund_of_one_order_is_within_what_was_paid_for_it() -> None:
    counter = captured()
    (no,) = counter.send(of_order(BEN, 2_901))
    assert isinstance(no, Refused) and (no.code, no.details["left"]) == ("refund_exceeds_capture", 2_900)
    (none,) = counter.send(of_order(an_id("stranger"), name="other"))
    assert isinstance(none, Refused) and none.code == "order_has_no_share"
    assert counter.stage.undeclared_loads == 0
    counter.send(of_order(BEN, name="one"))
    (taken,) = counter.send(of_order(ANNA, name="one"))
    assert isinstance(taken, Refused) and taken.code == "refund_id_is_taken"


def test_a_part_that_cost_its_buyer_nothing_gives_its_subsidy_back() -> None:
    free = a_share(ANNA, 0, subsidy=700)
    counter = captured(1_000, (free, a_share(BEN, 1_000)))
    assert (counter.balance(f"escrow:{ANNA}"), counter.balance("promotions")) == (700, 700)
    asked = RefundPayment(flow_id=FLOW, payment_id=PAYMENT, refund_id=an_id("refund"), order_id=free.order_id)
    for _ in range(2):
        (answer,) = counter.send(asked)
        assert isinstance(answer, PaymentRefunded) and answer.amount == 0
        assert counter.call() == []
    assert (counter.balance(f"escrow:{ANNA}"), counter.balance("promotions")) == (0, 0)
    assert (counter.intent.status, counter.refund("refund").status) == ("CAPTURED", "SUCCEEDED")
    counter.send(refund(None, "rest"))
    counter.call()
    assert counter.intent.status == "REFUNDED"
    assert counter.faults() == []
