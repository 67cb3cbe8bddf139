"""What a guest bought is an account's as well, once accounts say so."""

from __future__ import annotations

from argosy.contracts.accounts import GuestPurchaseClaimed
from argosy.contracts.orders import OrderClaimed
from argosy.domains.orders.application.claims import OrderClaims
from argosy.domains.orders.domain.order import Order
from argosy.domains.orders.domain.purchase import Purchase
from argosy.engine.participant import Participant, handlers_of
from tests.domains.orders.purchases import BUYER, orders_stage, place
from tests.support import Stage, an_id

ANA = an_id("account")


def claiming() -> tuple[Stage, Purchase]:
    stage = orders_stage()
    stage.send(place())
    stage.participant = Participant(
        "orders",
        handlers_of((OrderClaims,)),
        lambda work: (OrderClaims(work, work.repository(Purchase), work.repository(Order)),),
    )
    (purchase,) = stage.all(Purchase)
    return stage, purchase


def test_claiming_again_changes_nothing() -> None:
    stage, purchase = claiming()
    claimed = GuestPurchaseClaimed(checkout_id=purchase.flow_id, guest_id=BUYER, user_id=ANA)
    orders = sorted(order.id for order in stage.all(Order))
    told = sorted(stage.send(claimed), key=lambda one: str(getattr(one, "order_id", "")))
    assert told == [OrderClaimed(order_id=id, buyer_id=BUYER, user_id=ANA) for id in orders]
    assert {one.claimed_by for one in (*stage.all(Order), *stage.all(Purchase))} == {ANA}
    other = GuestPurchaseClaimed(checkout_id=purchase.flow_id, guest_id=BUYER, user_id=an_id("other"))
    assert stage.send(claimed, other) == []
    assert {one.buyer_id for one in stage.all(Order)} == {BUYER}, "it stays the guest's"


def test_what_another_bought_is_not_claimed() -> None:
    stage, purchase = claiming()
    wrong = GuestPurchaseClaimed(checkout_id=purchase.flow_id, guest_id=an_id("other-guest"), user_id=ANA)
    unknown = GuestPurchaseClaimed(checkout_id=an_id("no-checkout"), guest_id=BUYER, user_id=ANA)
    assert stage.send(wrong, unknown) == []
    assert {one.claimed_by for one in (*stage.all(Order), *stage.all(Purchase))} == {None}
