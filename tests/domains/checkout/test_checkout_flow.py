"""A checkout from start to end, and every way in which it ends without a sale."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from argosy.contracts import inventory, orders, payments, promotions, taxes
from argosy.contracts.checkout import AbortCheckout, CheckoutFailed, ExpireCheckout
from argosy.contracts.orders import ConfirmOrders, PlaceOrders
from argosy.contracts.payments import AuthorizePayment, CapturePayment
from argosy.contracts.promotions import ReserveCoupons
from argosy.contracts.shipping import DeliveryCharge, QuoteShipping, ShippingQuoted
from argosy.domains.checkout.application.saga import CheckoutSaga
from argosy.domains.checkout.domain.quote import hash_of
from argosy.domains.checkout.domain.session import (
    MOVES,
    BuyerIsSomebodyElse,
    CheckoutDetail,
    CheckoutHasEnded,
    CheckoutIdIsTaken,
    CheckoutIsPaid,
    CheckoutSession,
    ClientRequestIdReused,
    NoSuchCheckout,
)
from argosy.engine.work import SYSTEM, Actor
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.messages import Command
from tests.domains.checkout.fakes import BUYER, Orders, Payments, Promotions, start
from tests.domains.checkout.playing import BUYING, Play
from tests.support import an_id

README = Path(__file__).parents[3] / "argosy/domains/checkout/README.md"
STRANGER = Actor(id=an_id("stranger"))


def refusing(*kinds: type[Command]) -> Any:
    return lambda command: isinstance(command, kinds)


def played(**participants: Any) -> Play:
    play = Play(**participants)
    play.send(start())
    return play


def held_at(kind: type[Command], **changed: Any) -> Play:
    """A checkout that waits for the answer to this command."""
    play = Play()
    play.send(start(**changed), until=kind)
    return play


def test_asks_everybody_once_and_in_order() -> None:
    play = played()
    assert play.names_asked() == [
        "QuoteLines",
        "ReserveCoupons",
        "QuoteShipping",
        "QuoteTax",
        "PlaceOrders",
        "ReserveStock",
        "AuthorizePayment",
        "CommitReservation",
        "CapturePayment",
        "ConfirmOrders",
        "ConsumeCoupons",
    ]
    assert play.names_told() == [
        "CheckoutStarted",
        "CheckoutInventoryReserved",
        "CheckoutPaymentAuthorized",
        "CheckoutCompleted",
    ]
    assert (play.session.status, play.session.outcome) == ("COMPLETED", "COMPLETED")
    assert play.session.completed_at == play.stage.clock.now()
    assert play.stage.due() == {}


def test_orders_money_and_event_bear_the_same_total() -> None:
    play = played()
    place, hold, done = play.the(PlaceOrders), play.the(AuthorizePayment), play.told[-1]
    # 1,300 of goods, 130 off, 80 delivery, and 5 % of 1,250 on top, rounded by line.
    assert {place.total_amount, hold.amount, done.total_amount, play.session.total_amount} == {1_313}
    assert (
        sum(share.goods_amount + share.shipping_amount + share.tax_amount for share in play.the(CapturePayment).shares)
        == 1_313
    )
    assert done.order_ids == tuple(order.order_id for order in place.orders) == play.session.order_ids
    assert done.variant_ids == (an_id("v1"), an_id("v2")) and done.coupons == ("TEN",)


def test_orders_keep_the_hash_of_the_frozen_snapshot() -> None:
    play = played()
    (detail,) = play.stage.all(CheckoutDetail)
    assert play.the(PlaceOrders).snapshot_hash == detail.snapshot_hash == hash_of(detail.snapshot.encode())


def test_each_wait_has_its_own_time() -> None:
    play = played()
    now = play.stage.clock.now()
    assert play.the(inventory.ReserveStock).expires_at == now + timedelta(minutes=15)
    assert play.the(AuthorizePayment).expires_at == now + timedelta(minutes=5)
    assert play.the(ReserveCoupons).expires_at > now + timedelta(minutes=20)
    assert play.told[0].expires_at == now + timedelta(minutes=20)


def test_cash_on_delivery_moves_no_money() -> None:
    play = Play()
    play.send(start(payment_method="cash_on_delivery"))
    assert play.session.status == "COMPLETED"
    assert play.effects()["inventory"] == {"hold": 1, "commit": 1}
    assert "payments" not in play.effects()
    assert play.the(ConfirmOrders).payment_id is None


def test_what_costs_nothing_is_not_charged() -> None:
    free = Promotions()
    free.basis_points = 10_000
    play = Play(promotions=free)
    play.participants["shipping"].on_quote_shipping = lambda command: []
    play.send(start())
    play.send(*delivered_free(play))
    assert (play.session.status, play.session.total_amount) == ("COMPLETED", 0)
    assert "AuthorizePayment" not in play.names_asked() and "CapturePayment" not in play.names_asked()


def delivered_free(play: Play) -> list[Any]:
    asked = play.the(QuoteShipping)
    return [
        ShippingQuoted(
            flow_id=asked.flow_id,
            charges=tuple(
                DeliveryCharge(
                    line_no=line.line_no,
                    seller_id=line.seller_id,
                    method="standard",
                    amount=0,
                    days_min=1,
                    days_max=2,
                    rate_id=an_id("rate"),
                )
                for line in asked.lines
            ),
        )
    ]


def test_without_coupons_none_is_used_up() -> None:
    play = Play()
    play.send(start(coupons=()))
    assert "ConsumeCoupons" not in play.names_asked() and play.session.status == "COMPLETED"


def test_the_total_that_was_shown_is_the_total_that_is_paid() -> None:
    play = Play()
    play.send(start(expected_total=1_313))
    assert play.session.status == "COMPLETED"


def test_another_total_ends_it_before_an_order_or_money_moves() -> None:
    play = Play()
    play.send(start(expected_total=1_312))
    failed = play.told[-1]
    assert isinstance(failed, CheckoutFailed)
    assert (failed.reason, failed.details) == ("price_changed", {"expected": 1_312, "actual": 1_313})
    assert play.names_asked()[-1] == "ReleaseCoupons"
    assert play.effects() == {"promotions": {"hold": 1, "release": 1}}


REFUSALS: list[tuple[type[Command], list[str]]] = [
    (taxes.QuoteTax, ["ReleaseCoupons"]),
    (orders.PlaceOrders, ["ReserveStock", "ReleaseReservation", "ReleaseCoupons"]),
    (inventory.ReserveStock, ["CancelOrders", "ReleaseCoupons"]),
    (payments.AuthorizePayment, ["ReleaseReservation", "CancelOrders", "ReleaseCoupons"]),
    (inventory.CommitReservation, ["VoidPayment", "ReleaseReservation", "CancelOrders", "ReleaseCoupons"]),
    (payments.CapturePayment, ["Restock", "VoidPayment", "ReleaseReservation", "CancelOrders", "ReleaseCoupons"]),
]


@pytest.mark.parametrize(("refused", "undone"), REFUSALS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_refusal_undoes_what_was_done_from_the_last_step_back(refused: type[Command], undone: list[str]) -> None:
    play = Play()
    for participant in play.participants.values():
        participant.refuse = refusing(refused)
    play.send(start())
    asked = play.names_asked()
    assert asked[asked.index(refused.__name__) + 1 :] == undone
    assert (play.session.status, play.session.outcome, play.session.failure) == (
        "FAILED",
        "COMPENSATED",
        "refused_at_random",
    )
    assert play.stage.due() == {}


def test_a_refused_confirmation_gives_the_money_back() -> None:
    play = played(orders=Orders(refusing(ConfirmOrders)))
    assert play.session.status == "FAILED"
    assert play.effects()["payments"] == {"hold": 1, "capture": 1, "refund": 1}
    assert play.effects()["inventory"] == {"hold": 1, "commit": 1, "restock": 1}
    assert play.effects()["orders"] == {"place": 1, "cancel": 1}


def test_a_coupon_that_cannot_be_counted_takes_no_sale_back() -> None:
    play = played(promotions=Promotions(refusing(promotions.ConsumeCoupons)))
    assert (play.session.status, play.session.steps["consume"]) == ("COMPLETED", "FAILED")
    assert play.effects()["payments"] == {"hold": 1, "capture": 1}


def test_a_declined_card_fails_with_the_gateways_reason() -> None:
    play = played(payments=Payments(mood=lambda: "decline"))
    assert (play.told[-1].reason, play.session.failure) == ("card_declined", "card_declined")
    assert play.effects()["inventory"] == {"hold": 1, "release": 1}


def test_a_failure_that_comes_again_turns_no_sale_round_whose_money_is_taken() -> None:
    play = held_at(ConfirmOrders)
    asked = play.the(AuthorizePayment)
    play.send(payments.PaymentFailed(flow_id=asked.flow_id, payment_id=asked.payment_id, reason="gateway_timed_out"))
    assert (play.session.outcome, play.session.steps["capture"]) == ("", "DONE")
    assert "RefundPayment" not in play.names_asked()


def test_a_gateways_long_reason_is_cut_to_what_a_row_holds() -> None:
    play = held_at(AuthorizePayment)
    asked = play.the(AuthorizePayment)
    play.send(payments.PaymentFailed(flow_id=asked.flow_id, payment_id=asked.payment_id, reason="no " * 99))
    assert (len(play.session.failure), play.session.status) == (100, "FAILED")


def test_it_waits_for_the_money_only_once_its_orders_are_there_too() -> None:
    play = held_at(PlaceOrders)
    assert (play.session.status, play.session.steps["stock"]) == ("STARTED", "DONE")
    assert "CheckoutInventoryReserved" not in play.names_told()
    play.send(*play.participants["orders"].take(play.the(PlaceOrders)))
    assert play.names_told().count("CheckoutInventoryReserved") == 1
    assert play.session.status == "COMPLETED"


def test_a_flow_whose_stock_an_earlier_release_heard_of_first_goes_on() -> None:
    play = held_at(PlaceOrders)
    session = play.session
    session.status = "RESERVED"
    play.stage.store.rows[CheckoutSession][session.id] = session
    play.send(*play.participants["orders"].take(play.the(PlaceOrders)))
    assert play.session.status == "COMPLETED"


def test_short_stock_says_what_is_short() -> None:
    play = held_at(inventory.ReserveStock)
    asked = play.the(inventory.ReserveStock)
    play.send(
        inventory.StockShort(
            flow_id=asked.flow_id,
            reservation_id=asked.reservation_id,
            shortages=(inventory.Shortage(stock_unit_id=an_id("v1"), asked=2, available=1),),
        )
    )
    assert play.told[-1].reason == "stock_short"
    assert play.told[-1].details == {"shortages": [{"stock_unit_id": an_id("v1"), "asked": 2, "available": 1}]}
    assert play.effects()["orders"] == {"place": 1, "cancel": 1}


def test_a_hold_that_ran_out_while_waiting_for_money_gives_up() -> None:
    play = held_at(AuthorizePayment)
    play.send(*play.participants["inventory"].expire(play.session.id, play.session.reservation_id))
    assert (play.session.failure, play.session.outcome) == ("reservation_expired", "COMPENSATED")
    assert play.names_asked()[-3:] == ["VoidPayment", "CancelOrders", "ReleaseCoupons"]


def test_money_held_in_another_amount_is_let_go() -> None:
    play = held_at(AuthorizePayment)
    asked = play.the(AuthorizePayment)
    play.participants["payments"].take(asked)
    play.send(
        payments.PaymentAuthorized(
            flow_id=asked.flow_id, payment_id=asked.payment_id, amount=asked.amount - 1, currency="INR"
        )
    )
    assert play.session.failure == "payment_mismatch"
    assert play.effects()["payments"] == {"hold": 1, "void": 1}


def test_a_yes_after_giving_up_is_undone() -> None:
    play = played(payments=Payments(mood=lambda: "late"))
    assert play.session.failure == "gateway_timed_out"
    assert play.effects()["payments"] == {"hold": 1, "void": 1}
    assert play.session.steps["authorize"] == "UNDONE"


def test_the_buyer_is_shown_where_to_act_and_the_sale_goes_on() -> None:
    play = held_at(AuthorizePayment)
    asked = play.the(AuthorizePayment)
    act = payments.PaymentActionRequired(flow_id=asked.flow_id, payment_id=asked.payment_id, action_url="https://x")
    play.send(act, act)
    assert (play.session.action_url, play.names_told().count("CheckoutActionRequired")) == ("https://x", 1)
    play.send(*play.participants["payments"].take(asked))
    assert (play.session.status, play.session.action_url) == ("COMPLETED", "")


def test_a_flow_that_turned_round_keeps_why_and_how() -> None:
    play = played(payments=Payments(mood=lambda: "decline"))
    logged = play.stage.store.logged
    assert [(found.reason, found.details) for found in logged[CheckoutSession, "failures"]] == [("card_declined", {})]
    assert [(found.step_type, found.status) for found in logged[CheckoutSession, "attempts"]] == [
        ("authorize", "FAILED"),
        ("stock", "UNDOING"),
        ("orders", "UNDOING"),
        ("coupons", "UNDOING"),
    ]


def test_a_sale_that_went_well_logs_no_steps() -> None:
    assert [len(rows) for rows in played().stage.store.logged.values()] == [0, 0]


def test_an_undo_that_is_refused_stays_visible_and_the_rest_is_undone() -> None:
    play = held_at(AuthorizePayment)
    play.participants["inventory"].undoes = ()
    play.participants["inventory"].refuse = refusing(inventory.ReleaseReservation)
    play.send(AbortCheckout(checkout_id=play.session.id, buyer_id=BUYER))
    assert (play.session.status, play.session.outcome, play.session.completed_at) == ("ABORTED", "STUCK", None)
    assert (play.session.steps["stock"], play.session.steps["orders"]) == ("STUCK", "UNDONE")
    play.send(inventory.ReservationReleased(flow_id=play.session.id, reservation_id=play.session.reservation_id))
    assert (play.session.outcome, play.session.steps["stock"]) == ("COMPENSATED", "UNDONE")


# Time.


def test_runs_out_of_time_after_twenty_minutes() -> None:
    play = held_at(AuthorizePayment)
    (timer,) = play.stage.due().values()
    assert timer.due_at == play.session.started_at + timedelta(minutes=20)
    play.send(ExpireCheckout(checkout_id=play.session.id, deadline=timer.due_at))
    assert (play.session.status, play.session.outcome) == ("EXPIRED", "COMPENSATED")
    assert play.names_told()[-1] == "CheckoutExpired"
    assert play.names_asked()[-4:] == ["VoidPayment", "ReleaseReservation", "CancelOrders", "ReleaseCoupons"]


def test_a_timer_of_another_deadline_changes_nothing() -> None:
    play = held_at(AuthorizePayment)
    before = play.session
    play.send(ExpireCheckout(checkout_id=before.id, deadline=before.started_at))
    play.send(ExpireCheckout(checkout_id=an_id("unknown"), deadline=before.started_at))
    assert play.session.same_as(before)


def test_time_does_not_end_a_sale_that_is_being_confirmed() -> None:
    play = held_at(ConfirmOrders)
    play.send(ExpireCheckout(checkout_id=play.session.id, deadline=play.session.deadline))
    assert play.session.status == "PAID" and play.effects()["payments"] == {"hold": 1, "capture": 1}
    play.send(*play.participants["orders"].take(play.the(ConfirmOrders)))
    assert play.session.status == "COMPLETED"


# Who may.


def test_the_buyer_may_abort_and_ask_twice() -> None:
    play = held_at(AuthorizePayment)
    abort = AbortCheckout(checkout_id=play.session.id, buyer_id=BUYER)
    assert play.send(abort).status == "ABORTED"
    asked = list(play.asked)
    assert play.send(abort).status == "ABORTED"
    assert play.asked == asked and play.session.outcome == "COMPENSATED"


@pytest.mark.parametrize("claims_to_be", [BUYER, STRANGER.id])
def test_a_stranger_is_answered_as_if_there_were_no_such_checkout(claims_to_be: str) -> None:
    play = held_at(AuthorizePayment)
    answers = []
    for checkout_id in (play.session.id, an_id("unknown")):
        with pytest.raises(NoSuchCheckout) as refused:
            play.send(AbortCheckout(checkout_id=checkout_id, buyer_id=claims_to_be), actor=STRANGER)
        answers.append((type(refused.value), refused.value.details.keys(), refused.value.sentence))
    assert answers[0] == answers[1] and play.session.status == "RESERVED"


def test_an_abort_in_anothers_name_finds_nothing() -> None:
    play = held_at(AuthorizePayment)
    for actor in (BUYING, SYSTEM):
        with pytest.raises(NoSuchCheckout):
            play.send(AbortCheckout(checkout_id=play.session.id, buyer_id=STRANGER.id), actor=actor)
    assert play.session.status == "RESERVED"


@pytest.mark.parametrize(("until", "error"), [(ConfirmOrders, CheckoutIsPaid), (None, CheckoutHasEnded)])
def test_what_is_paid_is_no_longer_aborted(until: Any, error: type[DomainError]) -> None:
    play = Play()
    play.send(start(), until=until)
    with pytest.raises(error):
        play.send(AbortCheckout(checkout_id=play.session.id, buyer_id=BUYER))
    assert play.effects()["payments"] == {"hold": 1, "capture": 1}


def test_nobody_buys_for_somebody_else() -> None:
    play = Play()
    with pytest.raises(BuyerIsSomebodyElse):
        play.send(start(), actor=STRANGER)
    assert play.stage.all(CheckoutSession) == [] and play.asked == []
    play.send(start(), actor=SYSTEM)
    assert play.session.status == "COMPLETED"


# Repeats.


def test_the_same_request_is_one_checkout() -> None:
    play = Play()
    first = play.send(start())
    asked = list(play.asked)
    again = play.send(start())
    other_id = play.send(msgspec.structs.replace(start(), checkout_id=an_id("another")))
    assert (first.status, again.status) == ("STARTED", "COMPLETED")
    assert first.checkout_id == again.checkout_id == other_id.checkout_id
    assert play.asked == asked and len(play.stage.all(CheckoutSession)) == 1


def test_the_same_request_id_for_something_else_is_refused() -> None:
    play = played()
    with pytest.raises(ClientRequestIdReused):
        play.send(start(coupons=()))
    assert len(play.stage.all(CheckoutSession)) == 1


def test_anothers_checkout_id_cannot_be_taken() -> None:
    play = played()
    with pytest.raises(CheckoutIdIsTaken):
        play.send(start(client_request_id="another"))


def test_two_buyers_may_use_the_same_request_id() -> None:
    play = played()
    other = Actor(id=an_id("other buyer"))
    play.send(start("other", buyer_id=other.id, client_request_id="request-checkout"), actor=other)
    assert len(play.stage.all(CheckoutSession)) == 2


def test_answers_of_unknown_flows_and_repeats_change_nothing() -> None:
    play = held_at(AuthorizePayment)
    before = play.session
    play.send(payments.PaymentAuthorized(flow_id=an_id("refund"), payment_id=an_id("x"), amount=1, currency="INR"))
    play.send(*play.participants["orders"].take(play.the(PlaceOrders)))
    play.send(*play.participants["inventory"].take(play.the(inventory.ReserveStock)))
    assert play.session.same_as(before)


def test_answers_of_many_flows_share_a_unit_of_work() -> None:
    play = Play()
    told = play.stage.send(*(start(name) for name in ("one", "two")), actor=BUYING)
    assert [type(message).__name__ for message in told] == ["CheckoutStarted", "QuoteLines"] * 2
    answers = [answer for asked in told[1::2] for answer in play.participants["products"].take(asked)]
    told = play.stage.send(*answers, *answers)
    assert [type(message).__name__ for message in told] == ["ReserveCoupons", "QuoteShipping"] * 2
    assert play.stage.undeclared_loads == 0


# The README.


def test_the_readme_tells_the_moves_as_they_are() -> None:
    rows = [
        tuple(cell.strip() for cell in line.strip("| \n").split("|"))
        for line in README.read_text(encoding="utf-8").splitlines()
        if line.startswith("| ")
    ]
    moves = {(row[0], row[1]) for row in rows if len(row) == 3 and row[0] in MOVES}
    assert moves == {(source, target) for source, targets in MOVES.items() for target in targets}


def test_the_readme_tells_every_step_and_its_undo() -> None:
    text = README.read_text(encoding="utf-8")
    for step in (step for stage in CheckoutSaga.stages for step in stage):
        row = next(line for line in text.splitlines() if line.startswith("|") and f" {step.name} |" in line)
        undo = step.undoes.wire_name if step.undoes else "-"
        assert f"`{step.asks.wire_name}`" in row and (f"`{undo}`" in row or undo == "-"), step.name
