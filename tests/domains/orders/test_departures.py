"""A buyer is let go when none of their orders is open."""

from __future__ import annotations

import pytest

from argosy.contracts.orders import BuyerHeld, BuyerReleased, ReleaseBuyer
from argosy.domains.orders.application.departures import Departures
from argosy.domains.orders.domain.order import Order
from argosy.domains.orders.domain.order_status import STATUSES
from argosy.domains.orders.domain.purchase import Purchase
from argosy.engine.participant import Participant, handlers_of
from tests.domains.orders.purchases import BUYER, orders_stage, place
from tests.support import Stage, an_id

ENDED = {"CLOSED", "CANCELLED", "REFUNDED"}


@pytest.fixture
def stage() -> Stage:
    """Orders, with one purchase of the buyer's."""
    stage = orders_stage()
    stage.send(place())
    stage.participant = Participant(
        "orders",
        handlers_of((Departures,)),
        lambda work: (Departures(work, work.repository(Purchase), work.repository(Order)),),
    )
    return stage


@pytest.mark.parametrize("status", STATUSES)
def test_a_buyer_goes_when_nothing_is_owed_to_them(stage: Stage, status: str) -> None:
    for order in stage.store.rows[Order].values():
        assert isinstance(order, Order)
        order.status = status
    asked = ReleaseBuyer(flow_id=BUYER, buyer_id=BUYER)
    count = len(stage.store.rows[Order])
    assert stage.send(asked) == [
        BuyerReleased(flow_id=BUYER, buyer_id=BUYER)
        if status in ENDED
        else BuyerHeld(flow_id=BUYER, buyer_id=BUYER, open_orders=count)
    ]


def test_who_never_bought_goes_at_once(stage: Stage) -> None:
    other = an_id("other")
    assert stage.send(ReleaseBuyer(flow_id=other, buyer_id=other)) == [BuyerReleased(flow_id=other, buyer_id=other)]


def test_a_buyer_is_held_by_what_they_bought_as_a_guest(stage: Stage) -> None:
    ana = an_id("account")
    asked = ReleaseBuyer(flow_id=ana, buyer_id=ana, guest_ids=(BUYER,))
    assert stage.send(asked) == [BuyerHeld(flow_id=ana, buyer_id=ana, open_orders=len(stage.store.rows[Order]))]
    for order in stage.store.rows[Order].values():
        assert isinstance(order, Order)
        order.status = "CLOSED"
    assert stage.send(asked) == [BuyerReleased(flow_id=ana, buyer_id=ana, guest_ids=(BUYER,))]
