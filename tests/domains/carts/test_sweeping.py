"""Carts that nobody comes back to: looks are bounded, guests' carts go, of buyers' it is told once."""

from __future__ import annotations

import pytest

from argosy.contracts.carts import (
    AcknowledgeNotice,
    CartAbandoned,
    CartChanged,
    EmptyCart,
    FindAbandonedCarts,
    MergeGuestCart,
    OfferSeen,
    SweepGuestCarts,
)
from argosy.domains.carts.application import sweeping
from argosy.domains.carts.application.sweeping import Patience, PatienceIsWrong
from argosy.domains.carts.domain.cart import Cart, cart_id_of
from argosy.engine.work import Actor
from tests.domains.carts.test_cart import BUYER, CART, add, cart_line, carts_stage, completed
from tests.domains.carts.test_guests import begun
from tests.support import Stage, an_id


@pytest.fixture
def stage() -> Stage:
    return carts_stage()


def test_an_abandoned_cart_is_told_of_once(stage: Stage) -> None:
    stage.send(add("tea", 2), actor=BUYER)
    since = stage.clock.now()
    stage.clock.tick(hours=23, minutes=59)
    assert stage.send(FindAbandonedCarts()) == []
    stage.clock.tick(minutes=1)
    abandoned = CartAbandoned(cart_id=CART, buyer_id=an_id("buyer"), lines=(cart_line("tea", 2),), since=since)
    assert stage.send(FindAbandonedCarts()) == [abandoned]
    stage.clock.tick(hours=100)
    assert stage.send(FindAbandonedCarts()) == []
    # Touched again and left again, it is told again.
    stage.send(add("cup"), actor=BUYER)
    stage.clock.tick(hours=24)
    (told,) = stage.send(FindAbandonedCarts())
    assert isinstance(told, CartAbandoned)
    assert told.lines == (cart_line("tea", 2), cart_line("cup", 1))
    assert stage.undeclared_loads == 0


def test_who_only_acknowledges_has_touched_it(stage: Stage) -> None:
    stage.send(add("tea"), actor=BUYER)
    stage.clock.tick(hours=20)
    stage.send(AcknowledgeNotice(variant_id=an_id("tea"), seen=OfferSeen()), actor=BUYER)
    stage.clock.tick(hours=20)
    assert stage.send(FindAbandonedCarts()) == []


def test_nobody_leaves_an_empty_cart_or_one_that_was_bought(stage: Stage) -> None:
    other = Actor(id=an_id("other"))
    stage.send(add("tea"), actor=BUYER)
    stage.send(add("tea"), actor=other)
    stage.send(completed("tea"))
    stage.send(EmptyCart(), actor=other)
    stage.clock.tick(hours=100)
    assert stage.send(FindAbandonedCarts()) == []


def test_a_guests_cart_is_forgotten_after_its_time(stage: Stage) -> None:
    guest, _ = begun(stage)
    merger, token = begun(stage)
    stage.send(add("tea"), actor=guest)
    stage.send(add("cup"), actor=merger)
    stage.send(MergeGuestCart(guest_token=token), actor=BUYER)
    stage.clock.tick(days=20)
    stage.send(add("tea"), actor=guest)
    stage.clock.tick(days=15)
    assert stage.send(SweepGuestCarts()) == []
    assert {cart.id for cart in stage.all(Cart)} == {CART, cart_id_of(guest.id)}
    stage.clock.tick(days=15)
    stage.send(SweepGuestCarts())
    assert [cart.id for cart in stage.all(Cart)] == [CART]
    assert stage.undeclared_loads == 0
    # Its bearer begins again with nothing.
    stage.send(add("tea"), actor=guest)
    assert stage.one(Cart, cart_id_of(guest.id)).lines == (cart_line("tea", 1),)


def test_a_look_is_bounded_and_goes_on(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "AT_ONCE_MAX", 2)
    for number in range(3):
        stage.send(add("tea"), actor=Actor(id=an_id(str(number))))
        stage.send(add("tea"), actor=begun(stage)[0])
    stage.clock.tick(days=40)
    told = stage.send(FindAbandonedCarts())
    assert [type(one) for one in told] == [CartAbandoned, CartAbandoned, FindAbandonedCarts]
    assert [type(one) for one in stage.send(FindAbandonedCarts())] == [CartAbandoned]
    assert stage.send(SweepGuestCarts()) == [SweepGuestCarts()]
    assert stage.send(SweepGuestCarts()) == []
    assert len(stage.all(Cart)) == 3
    assert not any(isinstance(one, CartChanged) for one in told)


def test_settings_are_whole_numbers() -> None:
    assert Patience.of({}) == Patience()
    few = Patience.of({"ARGOSY_GUEST_CART_DAYS": "3", "ARGOSY_CART_ABANDONED_HOURS": "2"})
    assert (few.guest.days, few.buyer.total_seconds()) == (3, 7_200)
    for text in ("0", "-1", "x", "1.5", "9" * 30, "\u0661"):
        with pytest.raises(PatienceIsWrong):
            Patience.of({"ARGOSY_GUEST_CART_DAYS": text})
