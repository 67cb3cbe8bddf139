"""Payments that are captured in parts: how much, under which key, what is booked, and what is released."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from argosy.contracts.payments import (
    CaptureAnswered,
    CapturePayment,
    EndAuthorization,
    PaymentCaptured,
    PaymentVoided,
    RefundPayment,
    StatementLine,
    StatementRead,
)
from argosy.contracts.payments_credit import IssueCredit
from argosy.domains.payments.application.gateways import GatewayAnswer, GatewayRequest
from argosy.domains.payments.application.parts import Capturing
from argosy.domains.payments.context import Ports
from argosy.domains.payments.domain.capture import capture_id_of, rest_id_of
from argosy.domains.payments.domain.payment import PaymentIntent
from argosy.engine.work import Actor
from argosy.shared_kernel.messages import Message, Refused
from tests.domains.payments.counter import (
    ANNA,
    BEN,
    BUYER,
    FLOW,
    PAYMENT,
    PURCHASE,
    SHARES,
    Counter,
    Says,
    approve,
    capture,
    decline,
    no_answer,
    nothing,
    one_more,
    refund,
    told,
    void,
)
from tests.support import an_id

OF_ANNA, OF_BEN = SHARES[0].order_id, SHARES[1].order_id
ANNAS, BENS = 7_100, 2_900
CARTA = an_id("carta")


def held(
    how: str = "parts",
    *,
    is_by_order: bool = False,
    credit: int = 0,
    noted: Sequence[StatementLine] = (),
    **script: list[Says],
) -> Counter:
    """A payment of 10,000 that is held, at a gateway that can take so much of it."""
    ports = Ports(noted=lambda after, up_to, limit: noted, capturing=Capturing(lambda gateway: how, is_by_order))
    counter = Counter(ports=ports, **script)
    if credit:
        given = IssueCredit(buyer_id=BUYER, amount=credit, currency="EUR", reason="sorry")
        counter.stage.send(given, actor=Actor(id="staff"))
    counter.authorize(credit_amount=credit)
    counter.call()
    return counter


def part(name: str, *shares: int, is_final: bool = False) -> CapturePayment:
    chosen = tuple(SHARES[index] for index in shares)
    return CapturePayment(flow_id=FLOW, payment_id=PAYMENT, shares=chosen, capture_id=an_id(name), is_final=is_final)


def called_off(*order_ids: Any) -> CapturePayment:
    return msgspec.structs.replace(capture(), called_off=order_ids)


def taken(counter: Counter) -> list[tuple[str, int]]:
    """What the books say was captured, transaction by transaction."""
    found: dict[str, int] = {}
    for entry in counter.entries:
        if entry.kind == "capture" and entry.account.startswith(("clearing", "credit_held")):
            found[entry.transaction_id] = found.get(entry.transaction_id, 0) + entry.debit
    return list(found.items())


def go_on(counter: Counter) -> list[Message]:
    """Calls, with what payments asks of itself, until it rests."""
    answers = counter.call(until=timedelta(seconds=5))
    for command in [one for one in answers if isinstance(one, RefundPayment)]:
        answers += counter.send(command) + counter.call(until=timedelta(seconds=5))
    return answers


def refusal(messages: list[Message]) -> str:
    (refused,) = messages
    assert isinstance(refused, Refused)
    return refused.code


def is_sound(counter: Counter) -> bool:
    assert counter.faults() == []
    assert counter.stage.undeclared_loads == 0
    return True


def test_a_part_is_taken_and_booked_by_itself_and_the_rest_stays_held() -> None:
    """Only its seller is owed anything, and the payment is open for more."""
    counter = held()
    assert counter.send(part("one", 0)) == []
    assert told(counter.call()) == ["PaymentPartCaptured"]
    intent = counter.intent
    assert (intent.status, intent.captured_amount, intent.uncaptured_amount) == ("PARTIALLY_CAPTURED", ANNAS, BENS)
    assert taken(counter) == [(an_id("one"), ANNAS)]
    assert (counter.balance(f"escrow:{ANNA}"), counter.balance(f"escrow:{BEN}")) == (7_200, 0)
    assert counter.gateway.asked == ["authorize", "capture"]
    assert is_sound(counter)


def test_parts_follow_one_another_each_under_a_key_of_its_own_until_nothing_is_left() -> None:
    """The second waits for the first; the last one ends the capture, and the flow hears what all come to."""
    keys: list[tuple[str, int, bool, int]] = []

    def remember(request: GatewayRequest) -> GatewayAnswer:
        keys.append((request.key, request.amount, request.is_final, request.taken_amount))
        return msgspec.structs.replace(approve(request), fee_amount=10)

    counter = held(capture=[remember, remember])
    assert counter.send(part("one", 0), part("two", 1)) == []
    answers = counter.call()
    assert told(answers) == ["PaymentPartCaptured", "PaymentPartCaptured", "PaymentCaptured"]
    assert answers[-1] == PaymentCaptured(
        flow_id=FLOW, payment_id=PAYMENT, purchase_id=PURCHASE, amount=10_000, currency="EUR"
    )
    assert keys == [
        (f"{PAYMENT}:capture:{an_id('one')}", ANNAS, False, 0),
        (f"{PAYMENT}:capture:{an_id('two')}", BENS, True, ANNAS),
    ]
    assert [one.reference for one in counter.intent.captures] == [f"gw:{key}" for key, *_ in keys]
    assert (counter.intent.status, counter.intent.fee_amount) == ("CAPTURED", 20)
    assert taken(counter) == [(an_id("one"), ANNAS), (an_id("two"), BENS)]
    assert is_sound(counter)


def test_a_final_part_releases_the_rest_and_nothing_is_taken_of_that() -> None:
    counter = held()
    counter.send(part("one", 0, is_final=True))
    assert told(counter.call()) == ["PaymentPartCaptured", "PaymentCaptured"]
    assert (counter.intent.status, counter.intent.captured_amount) == ("CAPTURED", ANNAS)
    assert refusal(counter.send(part("two", 1))) == "capture_is_final"
    assert refusal(counter.send(capture())) == "captured_differently"
    assert counter.gateway.asked == ["authorize", "capture"]


def test_more_than_was_authorized_is_not_asked_for() -> None:
    counter = held()
    counter.send(part("one", 0))
    counter.call()
    again = msgspec.structs.replace(part("two", 0), capture_id=an_id("two"))
    assert refusal(counter.send(again)) == "capture_exceeds_authorization"
    assert refusal(counter.send(msgspec.structs.replace(again, shares=()))) == "not_a_capture"
    assert counter.gateway.asked == ["authorize", "capture"]


def test_asking_for_a_part_again_is_one_part() -> None:
    counter = held()
    assert counter.send(part("one", 0), part("one", 0)) == []
    counter.call()
    assert told(counter.send(part("one", 0))) == ["PaymentPartCaptured"]
    assert refusal(counter.send(part("one", 1))) == "capture_id_is_taken"
    assert taken(counter) == [(an_id("one"), ANNAS)]


@pytest.mark.parametrize(
    ("how", "command", "code"),
    [
        ("whole", part("one", 0, is_final=True), "gateway_captures_the_whole"),
        ("part", part("one", 0), "gateway_captures_once"),
    ],
)
def test_what_a_gateway_cannot_do_is_refused_before_it_is_asked(how: str, command: Message, code: str) -> None:
    counter = held(how)
    assert refusal(counter.send(command)) == code
    assert counter.gateway.asked == ["authorize"]
    assert told(counter.send(capture()) + counter.call()) == ["PaymentCaptured"], "it can still be captured whole"


def test_a_part_without_an_answer_is_looked_up_and_never_asked_for_twice() -> None:
    """Taken, and the answer lost: the look-up under its own key finds it (D16)."""
    counter = held(capture=[no_answer])
    counter.send(part("one", 0))
    counter.call()
    assert (counter.intent.status, counter.intent.captures[0].status) == ("UNKNOWN", "UNKNOWN")
    assert told(counter.call(until=timedelta(seconds=5))) == ["PaymentPartCaptured"]
    assert counter.gateway.asked == ["authorize", "capture", "look_up capture"]
    assert counter.intent.status == "PARTIALLY_CAPTURED"
    assert is_sound(counter)


def test_a_part_that_never_happened_is_asked_for_once_more() -> None:
    counter = held(capture=[no_answer], look_up=[nothing])
    counter.send(part("one", 0))
    counter.call(until=timedelta(seconds=5))
    assert counter.gateway.asked == ["authorize", "capture", "look_up capture", "capture"]
    assert taken(counter) == [(an_id("one"), ANNAS)]


def test_a_named_part_that_is_declined_fails_by_itself() -> None:
    counter = held(capture=[approve, decline])
    counter.send(part("one", 0), part("two", 1))
    answers = counter.call()
    assert told(answers) == ["PaymentPartCaptured", "Refused"]
    assert (counter.intent.status, counter.intent.captured_amount) == ("PARTIALLY_CAPTURED", ANNAS)
    assert told(counter.send(part("three", 1)) + counter.call()) == ["PaymentPartCaptured", "PaymentCaptured"]
    assert is_sound(counter)


def test_a_lie_about_a_part_never_counts_and_goes_back() -> None:
    """What was told of stands in suspense until it is back; the part before it goes back as well, as one capture."""
    counter = held(is_by_order=True, capture=[approve, one_more])
    counter.send(capture())
    answers = go_on(counter)
    assert {"GatewayContradicted", "Refused"} <= set(told(answers))
    assert counter.intent.status == "REFUNDED"
    assert (counter.balance("suspense"), counter.balance("clearing:test")) == (0, 0)
    assert is_sound(counter)


def test_an_order_that_was_called_off_is_not_captured() -> None:
    """The others are, at once and for good; the amount says so."""
    counter = held("part")
    assert counter.send(called_off(OF_BEN)) == []
    assert [one.amount for one in counter.call() if isinstance(one, PaymentCaptured)] == [ANNAS]
    assert (counter.intent.status, [one.order_id for one in counter.intent.shares]) == ("CAPTURED", [OF_ANNA])
    assert taken(counter) == [(rest_id_of(PAYMENT), ANNAS)]
    assert told(counter.send(called_off(OF_BEN))) == ["PaymentCaptured"]
    assert counter.gateway.asked == ["authorize", "capture"]
    assert is_sound(counter)


def test_where_a_gateway_takes_the_whole_the_order_that_was_called_off_is_taken_too() -> None:
    """Stated, and seen by the amount: whoever asked has that order's share refunded."""
    counter = held("whole")
    counter.send(called_off(OF_BEN))
    assert [one.amount for one in counter.call() if isinstance(one, PaymentCaptured)] == [10_000]
    back = msgspec.structs.replace(refund(), order_id=OF_BEN)
    counter.send(back)
    counter.call()
    assert (counter.intent.refunded_amount, counter.balance(f"escrow:{BEN}")) == (BENS, 0)
    assert is_sound(counter)


def test_per_order_each_order_is_a_part_of_its_own_to_the_cent() -> None:
    counter = held(is_by_order=True)
    counter.send(capture())
    assert told(counter.call()) == ["PaymentPartCaptured", "PaymentPartCaptured", "PaymentCaptured"]
    assert taken(counter) == [(capture_id_of(PAYMENT, OF_ANNA), ANNAS), (capture_id_of(PAYMENT, OF_BEN), BENS)]
    assert counter.balance(f"escrow:{BEN}") == 2_540
    assert told(counter.send(capture())) == ["PaymentCaptured"]
    assert is_sound(counter)


def test_per_order_is_all_at_once_where_the_gateway_takes_one_part_only() -> None:
    for how in ("part", "whole"):
        counter = held(how, is_by_order=True)
        counter.send(capture())
        assert told(counter.call()) == ["PaymentCaptured"]
        assert taken(counter) == [(PAYMENT, 10_000)]


def test_parts_of_one_capture_are_all_taken_or_none_is_kept() -> None:
    """The second order's is declined: the first one's goes back, the rest is let go of, the flow is refused once."""
    counter = held(is_by_order=True, capture=[approve, decline])
    counter.send(capture())
    answers = go_on(counter)
    assert [one.code for one in answers if isinstance(one, Refused)] == ["capture_was_declined"]
    assert (counter.intent.status, counter.balance("clearing:test")) == ("REFUNDED", 0)
    assert sorted(counter.gateway.asked) == ["authorize", "capture", "capture", "refund", "void"]
    assert told(counter.send(void())) == ["PaymentVoided"], "the flow can let go of what is gone"
    assert refusal(counter.send(capture())) == "capture_was_declined"
    assert is_sound(counter)


def test_what_is_held_beyond_the_parts_is_released_when_the_authorization_ends() -> None:
    counter = held()
    counter.send(part("one", 0))
    counter.call()
    answers = counter.send(EndAuthorization(payment_id=PAYMENT)) + counter.call()
    assert told(answers) == ["AuthorizationExpired", "PaymentCaptured"]
    assert counter.gateway.asked[-1] == "void"
    assert (counter.intent.status, counter.intent.captured_amount) == ("CAPTURED", ANNAS)
    assert refusal(counter.send(part("two", 1))) == "capture_is_final"


def test_a_refund_of_what_was_captured_so_far_lets_go_of_the_rest() -> None:
    counter = held()
    counter.send(part("one", 0))
    counter.call()
    counter.send(refund())
    go_on(counter)
    assert (counter.intent.status, counter.intent.refunded_amount) == ("REFUNDED", ANNAS)
    assert sorted(counter.gateway.asked) == ["authorize", "capture", "refund", "void"]
    assert is_sound(counter)


def test_a_refund_waits_for_a_part_that_is_on_its_way() -> None:
    counter = held(capture=[no_answer], look_up=[no_answer])
    counter.send(part("one", 0))
    counter.call()
    assert counter.send(refund()) == []
    counter.call(until=timedelta(seconds=30))
    assert (counter.intent.status, counter.intent.refunded_amount) == ("REFUNDED", ANNAS)
    assert is_sound(counter)


@pytest.mark.parametrize(("credit", "spent", "by_card"), [(3_000, 3_000, 4_100), (9_000, ANNAS, 0)])
def test_store_credit_pays_the_first_parts_and_what_is_released_of_it_is_the_buyers(
    credit: int, spent: int, by_card: int
) -> None:
    counter = held(credit=credit)
    counter.send(called_off(OF_BEN))
    counter.call()
    assert counter.intent.status == "CAPTURED"
    assert counter.balance("clearing:test") == by_card
    assert (counter.balance(f"credit:{BUYER}"), counter.balance(f"credit_held:{BUYER}")) == (credit - spent, 0)
    assert ("void" in counter.gateway.asked) == (by_card == 0), "what the card holds is let go of"
    assert is_sound(counter)


def test_store_credit_is_spent_part_by_part() -> None:
    counter = held(is_by_order=True, credit=8_000)
    counter.send(capture())
    assert told(counter.call())[-1] == "PaymentCaptured"
    assert (counter.balance("clearing:test"), counter.intent.credit_status) == (2_000, "SPENT")
    assert counter.gateway.asked == ["authorize", "capture"], "the first part asks the gateway for nothing"
    assert is_sound(counter)


def test_a_part_that_credit_pays_wholly_is_missed_in_no_gateways_book() -> None:
    """It was asked of no gateway: beside a book without it nothing differs, and a part of money is missed there."""
    noted: list[StatementLine] = []
    counter = held(is_by_order=True, credit=8_000, noted=noted)
    counter.send(capture())
    counter.call()
    noted += [
        StatementLine(
            key=f"{PAYMENT}:{line.type}",
            operation=line.type,
            payment_id=PAYMENT,
            gateway_transaction_id=line.gateway_transaction_id,
            amount=line.amount,
            currency=line.currency,
            done_at=line.created_at,
        )
        for line in counter.stage.store.logged[PaymentIntent, "transactions"]
        if (line.type, line.status) == ("capture", "approved")
    ]
    assert [line.amount for line in noted] == [0, 2_000]
    asked_at = counter.clock.now() + timedelta(hours=1)
    read = StatementRead(gateway="test", after="", up_to="", lines=tuple(noted[1:]), asked_at=asked_at)
    assert counter.send(read) == []
    assert told(counter.send(msgspec.structs.replace(read, lines=()))) == ["ComparePayment"]


def test_what_the_card_holds_is_let_go_of_where_credit_paid_the_part_that_came_too_late() -> None:
    """The flow let go while the first part was taken, which asks nothing of the gateway: nothing has to come back."""
    counter = held(is_by_order=True, credit=8_000)
    counter.send(capture())
    counter.send(void())
    assert PaymentVoided(flow_id=FLOW, payment_id=PAYMENT) in counter.call()
    assert counter.gateway.asked == ["authorize", "void"]
    assert (counter.intent.status, counter.balance(f"credit:{BUYER}")) == ("VOIDED", 8_000)
    assert is_sound(counter)


def test_a_late_yes_to_a_part_that_was_given_up_is_sent_back_once() -> None:
    """However often the gateway says it."""
    counter = held(capture=[no_answer, no_answer], look_up=[nothing, nothing])
    counter.send(part("one", 0))
    assert refusal(counter.call(until=timedelta(hours=1))) == "capture_was_declined"
    yes = CaptureAnswered(
        payment_id=PAYMENT,
        call=0,
        outcome="approved",
        gateway_transaction_id="gw:late",
        amount=ANNAS,
        currency="EUR",
        capture_id=an_id("one"),
    )
    assert told(counter.send(yes)) == ["GatewayContradicted"]
    counter.call()
    assert counter.send(yes) == []
    counter.call()
    assert counter.gateway.asked.count("return") == 1
    assert [one.kind for one in counter.entries] == ["suspense_taken"] * 2 + ["suspense_returned"] * 2
    assert is_sound(counter)


def test_one_orders_refund_does_not_end_the_capture_of_the_others() -> None:
    """It waits for the part that is on its way, and the payment stays open for more."""
    counter = held()
    counter.send(part("one", 0))
    counter.call()
    smaller = msgspec.structs.replace(SHARES[1], goods_amount=1_000)
    counter.send(msgspec.structs.replace(part("two"), shares=(smaller,)))
    counter.send(msgspec.structs.replace(refund(), order_id=OF_ANNA))
    assert told(counter.call()) == ["PaymentPartCaptured", "PaymentRefunded"]
    assert (counter.intent.status, counter.intent.refunded_amount) == ("PARTIALLY_CAPTURED", ANNAS)
    assert "void" not in counter.gateway.asked
    assert is_sound(counter)


@pytest.mark.parametrize("at_once", [True, False])
def test_each_of_two_strays_goes_back_under_a_key_of_its_own(at_once: bool) -> None:
    """Whether the second comes while the first is on its way, or after it is back."""
    counter = held(capture=[no_answer] * 4, look_up=[nothing] * 4)
    for name, share in (("one", 0), ("two", 1)):
        counter.send(part(name, share))
        counter.call(until=timedelta(hours=1))
    yes = [late_yes("one", "gw:a", ANNAS), late_yes("two", "gw:b", BENS)]
    counter.send(yes[0])
    if not at_once:
        counter.call()
    counter.send(yes[1])
    counter.call()
    counter.call()
    assert counter.send(*yes) == [], "the same yes again is nothing new"
    returned = [one for one in counter.transactions if one[0] == "return"]
    assert returned == [("return", "approved", ANNAS), ("return", "approved", BENS)]
    assert len({one.transaction_id for one in counter.entries if one.kind.startswith("suspense")}) == 4
    assert (counter.balance("suspense"), counter.balance("clearing:test")) == (0, 0)
    assert [one.is_returned for one in counter.intent.strays] == [True, True]
    assert is_sound(counter)


@pytest.mark.parametrize("answer", [decline, one_more])
def test_a_stray_that_does_not_go_back_keeps_no_other_waiting(answer: Says) -> None:
    counter = held(capture=[no_answer] * 4, look_up=[nothing] * 4, **{"return": [answer]})
    for name, share in (("one", 0), ("two", 1)):
        counter.send(part(name, share))
        counter.call(until=timedelta(hours=1))
    counter.send(late_yes("one", "gw:a", ANNAS), late_yes("two", "gw:b", BENS))
    assert told(counter.call()) == ["GatewayContradicted"]
    counter.call()
    assert counter.gateway.asked.count("return") == 2
    assert [(one.is_returned, one.is_left) for one in counter.intent.strays] == [(False, True), (True, False)]
    assert (counter.balance("suspense"), counter.intent.suspended_amount) == (ANNAS, 0)
    assert is_sound(counter)


def late_yes(name: str, reference: str, amount: int) -> CaptureAnswered:
    return CaptureAnswered(
        payment_id=PAYMENT,
        call=0,
        outcome="approved",
        gateway_transaction_id=reference,
        amount=amount,
        currency="EUR",
        capture_id=an_id(name),
    )
