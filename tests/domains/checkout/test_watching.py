"""No checkout is forgotten: what is not answered is asked again, and what was lost is undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from argosy.contracts import inventory, orders, payments, promotions
from argosy.contracts.checkout import (
    AbortCheckout,
    AccountForPurchase,
    CheckoutFailed,
    CheckoutStarted,
    CompensateCheckout,
    ExpireCheckout,
    FindSlowCheckouts,
    RetryCheckout,
)
from argosy.contracts.orders import ConfirmOrders, PlaceOrders
from argosy.contracts.products import QuoteLines
from argosy.contracts.promotions import ReserveCoupons
from argosy.contracts.shipping import QuoteShipping
from argosy.contracts.taxes import QuoteTax
from argosy.domains.checkout.application.watching import SLOW_SECONDS, OnlyOperatorsDo
from argosy.domains.checkout.domain.session import (
    CHECKOUT_SECONDS,
    CheckoutHasEnded,
    CheckoutSession,
    ClientRequestIdReused,
    NoSuchCheckout,
)
from argosy.engine.work import SYSTEM, Actor
from argosy.shared_kernel.messages import Command, Refused
from tests.domains.checkout.fakes import BUYER, start
from tests.domains.checkout.playing import BUYING, Play
from tests.support import an_id

ID = an_id("checkout")


def held_at(kind: type[Command]) -> Play:
    """A checkout whose question of this kind was lost."""
    play = Play()
    play.send(start(), until=kind)
    return play


def retry(play: Play, **changed: Any) -> Any:
    return play.send(RetryCheckout(checkout_id=ID, **changed), actor=SYSTEM)


ASKED = (
    QuoteLines,
    ReserveCoupons,
    QuoteShipping,
    QuoteTax,
    PlaceOrders,
    inventory.ReserveStock,
    payments.AuthorizePayment,
    inventory.CommitReservation,
    payments.CapturePayment,
    ConfirmOrders,
    promotions.ConsumeCoupons,
)


@pytest.mark.parametrize("lost", ASKED, ids=lambda kind: kind.__name__)
def test_a_flow_goes_on_whichever_question_was_lost(lost: type[Command]) -> None:
    play = held_at(lost)
    assert not play.session.is_over
    [first] = [command for command in play.asked if isinstance(command, lost)]
    retry(play)
    assert play.session.outcome == "COMPLETED"
    again = [command for command in play.asked if isinstance(command, lost)][-1]
    assert {name: getattr(again, name) for name in again.__struct_fields__ if name != "expires_at"} == {
        name: getattr(first, name) for name in first.__struct_fields__ if name != "expires_at"
    }, "the same was asked"
    assert all(count == 1 for had in play.effects().values() for count in had.values())


UNDONE = (orders.CancelOrders, inventory.ReleaseReservation, payments.VoidPayment, promotions.ReleaseCoupons)


@pytest.mark.parametrize("lost", UNDONE, ids=lambda kind: kind.__name__)
def test_an_undo_that_is_not_answered_is_asked_for_again_by_itself(lost: type[Command]) -> None:
    play = held_at(payments.AuthorizePayment)
    play.send(AbortCheckout(checkout_id=ID, buyer_id=BUYER), until=lost)
    assert play.session.outcome == "UNDOING"
    [(name, watch)] = play.stage.due().items()
    assert name == f"watch:{ID}"
    assert watch.due_at - play.stage.clock.now() == timedelta(seconds=120)
    retry(play, times=1)
    assert (play.session.outcome, play.session.status) == ("COMPENSATED", "ABORTED")
    assert play.stage.due() == {}


def test_a_watch_waits_ever_longer_and_an_hour_at_most() -> None:
    play = held_at(payments.AuthorizePayment)
    play.send(AbortCheckout(checkout_id=ID, buyer_id=BUYER), until=payments.VoidPayment)
    waits = []
    for times in range(1, 8):
        play.send(RetryCheckout(checkout_id=ID, times=times), actor=SYSTEM, until=payments.VoidPayment)
        waits.append((play.stage.due()[f"watch:{ID}"].due_at - play.stage.clock.now()).total_seconds())
    assert waits == [240, 480, 960, 1_920, 3_600, 3_600, 3_600]


def test_an_undo_that_was_refused_is_tried_again() -> None:
    play = held_at(payments.AuthorizePayment)
    play.send(AbortCheckout(checkout_id=ID, buyer_id=BUYER), until=payments.VoidPayment)
    play.send(Refused(flow_id=ID, command=payments.VoidPayment.wire_name, code="void_was_declined", details={}))
    assert (play.session.outcome, play.session.steps["authorize"]) == ("STUCK", "STUCK")
    retry(play)
    assert play.session.outcome == "COMPENSATED"


def test_a_flow_whose_time_is_up_is_ended_though_its_timer_was_lost() -> None:
    play = held_at(payments.AuthorizePayment)
    play.stage.store.due_rows.clear()
    play.stage.clock.tick(seconds=CHECKOUT_SECONDS)
    retry(play)
    assert (play.session.status, play.session.outcome) == ("EXPIRED", "COMPENSATED")


def test_a_timer_that_was_lost_is_set_again() -> None:
    play = held_at(payments.AuthorizePayment)
    planned = play.stage.due()
    play.stage.store.due_rows.clear()
    play.send(RetryCheckout(checkout_id=ID), actor=SYSTEM, until=payments.AuthorizePayment)
    assert {id: due.due_at for id, due in play.stage.due().items()} == {id: due.due_at for id, due in planned.items()}


def test_slow_flows_are_found_by_their_timers_and_young_ones_left_alone() -> None:
    play = held_at(payments.AuthorizePayment)
    play.stage.clock.tick(seconds=SLOW_SECONDS - 1)
    play.send(FindSlowCheckouts(), actor=SYSTEM, until=payments.AuthorizePayment)
    assert play.names_asked().count("AuthorizePayment") == 1
    play.stage.clock.tick(seconds=2)
    assert [type(told) for told in play.stage.send(FindSlowCheckouts())] == [RetryCheckout]


def test_a_sale_that_is_being_confirmed_is_watched_past_its_time() -> None:
    play = held_at(ConfirmOrders)
    deadline = play.session.deadline
    assert deadline is not None
    play.stage.clock.tick(seconds=CHECKOUT_SECONDS + 1)
    play.send(ExpireCheckout(checkout_id=ID, deadline=deadline), actor=SYSTEM)
    assert f"watch:{ID}" in play.stage.due()
    retry(play, times=1)
    assert play.session.outcome == "COMPLETED"


def refused(play: Play, command: Command, actor: Actor) -> str:
    [answer] = play.stage.send(command, actor=actor)
    assert isinstance(answer, Refused)
    return answer.code


def test_operators_may_and_others_may_not() -> None:
    play = held_at(payments.AuthorizePayment)
    assert refused(play, CompensateCheckout(checkout_id=ID), BUYING) == OnlyOperatorsDo.code
    play.send(CompensateCheckout(checkout_id=ID), actor=SYSTEM)
    assert (play.session.status, play.session.outcome, play.session.failure) == ("FAILED", "COMPENSATED", "compensated")
    assert refused(play, CompensateCheckout(checkout_id=ID), SYSTEM) == CheckoutHasEnded.code
    assert refused(play, CompensateCheckout(checkout_id=an_id("other")), SYSTEM) == NoSuchCheckout.code


# Purchases that wait for a flow.


def purchase(play: Play) -> AccountForPurchase:
    place = play.the(PlaceOrders)
    return AccountForPurchase(
        flow_id=ID,
        purchase_id=place.purchase_id,
        buyer_id=BUYER,
        client_request_id=place.client_request_id,
        order_ids=tuple(order.order_id for order in place.orders),
        total_amount=place.total_amount,
        currency=place.currency,
        payment_method=place.payment_method,
    )


STAGES = (
    inventory.ReserveStock,
    payments.AuthorizePayment,
    inventory.CommitReservation,
    payments.CapturePayment,
    ConfirmOrders,
)


@pytest.mark.parametrize("reached", STAGES, ids=lambda kind: kind.__name__)
def test_a_lost_flow_is_undone_wherever_it_had_come(reached: type[Command]) -> None:
    play = held_at(reached)
    asked = purchase(play)
    play.stage.store.rows.clear()
    play.stage.store.due_rows.clear()
    play.told.clear()
    play.send(asked, actor=SYSTEM)
    assert (play.session.outcome, play.session.failure) == ("COMPENSATED", "lost")
    assert [type(event) for event in play.told] == [CheckoutStarted, CheckoutFailed]
    did = play.effects()
    assert did["orders"] == {"place": 1, "cancel": 1}
    for name, pairs in {
        "payments": (("hold", "void"), ("capture", "refund")),
        "promotions": (("hold", "release"),),
    }.items():
        for had, back in pairs:
            if not (had == "hold" and {"capture", "consume"} & did.get(name, {}).keys()):
                assert did.get(name, {}).get(had, 0) == did.get(name, {}).get(back, 0), (name, did)
    held, gone = did.get("inventory", {}), ("release", "restock")
    assert held.get("hold", 0) == sum(held.get(name, 0) for name in gone)


def test_a_lost_flow_does_not_take_the_place_of_the_buyer_s_next_try() -> None:
    play = held_at(payments.AuthorizePayment)
    asked = purchase(play)
    play.stage.store.rows.clear()
    play.send(start(checkout_id=an_id("again")), until=QuoteLines)
    play.send(asked, actor=SYSTEM)
    flows = {session.id: session.outcome for session in play.stage.all(CheckoutSession)}
    assert flows == {ID: "COMPENSATED", an_id("again"): ""}


def test_a_request_whose_flow_was_lost_is_not_begun_again() -> None:
    play = held_at(payments.AuthorizePayment)
    asked = purchase(play)
    play.stage.store.rows.clear()
    play.send(asked, actor=SYSTEM)
    with pytest.raises(ClientRequestIdReused):
        play.send(start())


def test_orders_are_told_again_how_their_flow_ended() -> None:
    play = Play()
    play.send(start())
    play.stage.send(purchase(play))
    assert [type(told) for told in play.stage.send(purchase(play))] == [ConfirmOrders]
    ended = held_at(payments.AuthorizePayment)
    asked = purchase(ended)
    ended.send(AbortCheckout(checkout_id=ID, buyer_id=BUYER))
    assert [type(told) for told in ended.stage.send(asked)] == [orders.CancelOrders]


def test_a_flow_that_goes_on_goes_on() -> None:
    play = held_at(payments.AuthorizePayment)
    play.send(purchase(play), actor=SYSTEM)
    assert play.session.outcome == "COMPLETED"
