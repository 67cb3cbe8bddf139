"""A payment that has failed is tried again, while stock, orders and coupons are held on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from argosy.contracts import inventory, payments
from argosy.contracts.checkout import AbortCheckout, ExpireCheckout, RetryCheckout, RetryPayment
from argosy.contracts.orders import ConfirmOrders
from argosy.contracts.payments import AuthorizePayment, CapturePayment, VoidPayment
from argosy.domains.checkout.domain.session import (
    PAYMENT_ATTEMPTS_MAX,
    CheckoutHasEnded,
    NoPaymentToRetry,
    NoSuchCheckout,
)
from argosy.engine.work import SYSTEM, Actor
from argosy.shared_kernel.errors import DomainError, Invalid
from tests.domains.checkout.fakes import BUYER, Payments, start
from tests.domains.checkout.playing import Play
from tests.support import an_id


def declined(*moods: str, **changed: Any) -> Play:
    """A checkout whose payment was declined; further attempts go by these moods."""
    following = iter(("decline", *moods))
    play = Play(payments=Payments(mood=lambda: next(following)))
    play.send(start(**{"may_retry_payment": True, **changed}))
    return play


def again(play: Play, source: str = "tok_other", **changed: Any) -> RetryPayment:
    return RetryPayment(**{"checkout_id": play.session.id, "buyer_id": BUYER, "payment_source": source, **changed})


def test_what_is_held_is_held_on_while_the_buyer_looks_for_another_card() -> None:
    play = declined()
    session = play.session
    assert (session.status, session.outcome, session.payment_failure) == ("RESERVED", "", "card_declined")
    assert play.effects() == {"orders": {"place": 1}, "inventory": {"hold": 1}, "promotions": {"hold": 1}}
    told = play.told[-1]
    assert (type(told).__name__, told.attempt, told.reason) == ("CheckoutPaymentDeclined", 1, "card_declined")
    assert told.attempts_left == PAYMENT_ATTEMPTS_MAX - 1


def test_who_did_not_ask_for_it_is_told_at_once_that_it_failed() -> None:
    assert declined(may_retry_payment=False).session.status == "FAILED"


def test_another_card_pays_for_the_same_orders_and_the_coupon_is_used_once() -> None:
    play = declined("yes")
    play.send(again(play))
    assert (play.session.status, play.session.payment_attempt, play.session.payment_failure) == ("COMPLETED", 2, "")
    first, second = [asked for asked in play.asked if isinstance(asked, AuthorizePayment)]
    assert (second.source, second.replaces, second.amount) == ("tok_other", first.payment_id, first.amount)
    assert play.the(CapturePayment).payment_id == second.payment_id != first.payment_id
    assert play.effects() == {
        "orders": {"place": 1, "confirm": 1},
        "inventory": {"hold": 1, "commit": 1},
        "payments": {"hold": 1, "capture": 1},
        "promotions": {"hold": 1, "consume": 1},
    }
    assert "CheckoutPaymentRetried" in play.names_told()


def test_each_attempt_holds_the_stock_until_its_own_end_and_never_beyond_the_checkouts() -> None:
    play = declined("decline", "decline")
    began = play.session.started_at
    play.stage.clock.time = began + timedelta(minutes=12)
    play.send(again(play))
    play.stage.clock.time = began + timedelta(minutes=18)
    play.send(again(play))
    asked = [command for command in play.asked if isinstance(command, AuthorizePayment)]
    held = [command for command in play.asked if isinstance(command, inventory.ExtendReservation)]
    assert [command.expires_at - began for command in held] == [timedelta(minutes=17), timedelta(minutes=20)]
    assert [command.expires_at for command in asked[1:]] == [command.expires_at for command in held]


def test_after_the_last_attempt_it_has_failed() -> None:
    play = declined(*["decline"] * PAYMENT_ATTEMPTS_MAX)
    for _ in range(PAYMENT_ATTEMPTS_MAX - 1):
        assert play.session.status == "RESERVED"
        play.send(again(play))
    assert (play.session.status, play.session.failure, play.session.outcome) == (
        "FAILED",
        "card_declined",
        "COMPENSATED",
    )
    assert play.effects()["inventory"] == {"hold": 1, "release": 1}
    with pytest.raises(CheckoutHasEnded):
        play.send(again(play))


def test_where_the_gateway_lied_no_other_card_is_asked_for() -> None:
    play = Play()
    play.send(start(may_retry_payment=True), until=AuthorizePayment)
    asked = play.the(AuthorizePayment)
    lie = "gateway_told_another_amount"
    play.send(payments.PaymentFailed(flow_id=asked.flow_id, payment_id=asked.payment_id, reason=lie))
    assert (play.session.status, play.session.failure) == ("FAILED", lie)


def test_nothing_is_tried_again_while_an_attempt_is_under_way() -> None:
    play = declined("ghost")
    play.send(again(play))
    with pytest.raises(NoPaymentToRetry):
        play.send(again(play))
    assert len([asked for asked in play.asked if isinstance(asked, AuthorizePayment)]) == 2


def test_a_failed_attempt_that_was_held_after_all_is_let_go_and_the_other_pays() -> None:
    play = declined("ghost")
    play.send(again(play))
    first, second = [asked for asked in play.asked if isinstance(asked, AuthorizePayment)]
    late = payments.PaymentAuthorized(
        flow_id=first.flow_id, payment_id=first.payment_id, amount=first.amount, currency="INR"
    )
    play.send(late)
    assert play.the(VoidPayment).payment_id == first.payment_id
    assert (play.session.status, play.session.steps["authorize"]) == ("RESERVED", "ASKED")
    play.send(*play.participants["payments"].wake(play.session.id))
    assert play.session.status == "COMPLETED"
    assert play.the(CapturePayment).payment_id == second.payment_id


def test_time_and_the_buyer_end_what_waits_for_another_card() -> None:
    for end in (
        lambda play: ExpireCheckout(checkout_id=play.session.id, deadline=play.session.deadline),
        lambda play: AbortCheckout(checkout_id=play.session.id, buyer_id=BUYER),
    ):
        play = declined()
        play.send(end(play))
        assert (play.session.outcome, play.session.payment_failure) == ("COMPENSATED", "")
        assert play.effects()["inventory"] == {"hold": 1, "release": 1}
        assert play.effects()["promotions"] == {"hold": 1, "release": 1}


def test_a_checkout_whose_buyer_never_came_back_is_told_as_abandoned() -> None:
    play = declined()
    play.send(ExpireCheckout(checkout_id=play.session.id, deadline=play.session.deadline))
    (told,) = [event for event in play.told if type(event).__name__ == "CheckoutAbandoned"]
    assert (told.buyer_id, told.cart_id, told.total_amount) == (BUYER, an_id("cart"), play.session.total_amount)
    unconfirmed = Play()
    unconfirmed.send(start(), until=AuthorizePayment)
    asked = unconfirmed.the(AuthorizePayment)
    about = {"flow_id": asked.flow_id, "payment_id": asked.payment_id}
    unconfirmed.send(payments.PaymentActionRequired(action_url="https://x", **about))
    unconfirmed.send(payments.PaymentFailed(reason="timed_out", **about))
    assert unconfirmed.names_told().count("CheckoutAbandoned") == 1


def test_who_stops_is_declined_or_never_had_a_turn_has_abandoned_nothing() -> None:
    stopped = declined()
    stopped.send(AbortCheckout(checkout_id=stopped.session.id, buyer_id=BUYER))
    refused = declined(may_retry_payment=False)
    slow = Play()
    slow.send(start(), until=AuthorizePayment)
    slow.send(ExpireCheckout(checkout_id=slow.session.id, deadline=slow.session.deadline))
    for play in (stopped, refused, slow):
        assert play.session.outcome in ("COMPENSATED", "UNDOING")
        assert "CheckoutAbandoned" not in play.names_told()


def test_an_operator_who_asks_again_ends_no_attempt() -> None:
    play = declined()
    play.send(RetryCheckout(checkout_id=play.session.id), actor=SYSTEM)
    assert (play.session.status, play.session.payment_attempt) == ("RESERVED", 1)
    assert play.names_told().count("CheckoutPaymentDeclined") == 1


def test_a_stranger_pays_for_nobody() -> None:
    play = declined()
    stranger = Actor(id=an_id("stranger"))
    for buyer_id in (BUYER, stranger.id):
        with pytest.raises(NoSuchCheckout):
            play.send(again(play, buyer_id=buyer_id), actor=stranger)


@pytest.mark.parametrize("wrong", [{"source": ""}, {"source": "4242 4242"}, {"gateway": "no gateway"}])
def test_means_that_cannot_be_means_change_nothing(wrong: dict[str, str]) -> None:
    play = declined()
    with pytest.raises(DomainError) as refused:
        play.send(again(play, **wrong))
    assert isinstance(refused.value, Invalid)
    assert play.session.payment_failure == "card_declined"


# In another way than by card.


@pytest.mark.parametrize("method", ["cash_on_delivery", "bank_transfer"])
def test_what_could_not_be_paid_by_card_is_paid_later_with_what_is_held(method: str) -> None:
    play = declined()
    play.send(again(play, source="", payment_method=method))
    session = play.session
    assert (session.status, session.payment_method, session.payment_attempt) == ("COMPLETED", method, 2)
    assert play.effects() == {
        "orders": {"place": 1, "confirm": 1},
        "inventory": {"hold": 1, "commit": 1},
        "promotions": {"hold": 1, "consume": 1},
    }
    confirmed = play.the(ConfirmOrders)
    assert (confirmed.payment_id, confirmed.payment_method) == (None, method)
    assert len([asked for asked in play.asked if isinstance(asked, AuthorizePayment)]) == 1
    assert play.stage.due() == {}


def test_who_pays_as_they_said_tells_orders_nothing_new() -> None:
    play = Play()
    play.send(start())
    assert play.the(ConfirmOrders).payment_method == ""


def test_a_card_that_was_held_after_all_is_let_go_when_it_is_paid_at_the_door() -> None:
    play = declined("ghost")
    play.send(again(play), until=AuthorizePayment)
    _, second = [asked for asked in play.asked if isinstance(asked, AuthorizePayment)]
    play.send(payments.PaymentFailed(flow_id=second.flow_id, payment_id=second.payment_id, reason="gateway_timeout"))
    play.send(again(play, source="", payment_method="cash_on_delivery"))
    assert play.session.status == "COMPLETED"
    late = payments.PaymentAuthorized(
        flow_id=second.flow_id, payment_id=second.payment_id, amount=second.amount, currency="INR"
    )
    play.send(late)
    assert play.the(VoidPayment).payment_id == second.payment_id
    assert play.session.outcome == "COMPLETED"


def test_where_the_stock_is_gone_meanwhile_nothing_is_sold_at_the_door() -> None:
    play = declined()
    held = play.participants["inventory"]
    held.expire(play.session.id, play.session.reservation_id)
    play.send(again(play, source="", payment_method="cash_on_delivery"))
    assert (play.session.status, play.session.outcome) == ("FAILED", "COMPENSATED")
    assert play.effects()["orders"] == {"place": 1, "cancel": 1}


def test_a_way_to_pay_that_there_is_not_is_refused_and_changes_nothing() -> None:
    play = declined()
    before = play.session
    for method in ("gold", "", "CARD"):
        with pytest.raises(Invalid):
            play.send(again(play, payment_method=method))
    with pytest.raises(Invalid):
        play.send(again(play, source=""))
    assert play.session.same_as(before)
