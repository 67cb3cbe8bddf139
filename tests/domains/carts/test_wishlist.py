"""A wishlist holds what its buyer wishes for, once each, and gives it to their cart or to nobody."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.contracts.carts import AddToWishlist, CartChanged, MoveFromWishlist, OfferSeen, RemoveFromWishlist
from argosy.domains.carts.application.carts import CartsBelongToBuyers
from argosy.domains.carts.domain.cart import Cart, QuantityOutOfRange
from argosy.domains.carts.domain.wishlist import (
    WISHES_MAX,
    NotOnTheWishlist,
    Wishlist,
    WishlistIsFull,
    wishlist_id_of,
)
from argosy.engine.work import Actor
from argosy.shared_kernel.errors import Several
from tests.domains.carts.test_cart import BUYER, CART, add, cart_line, carts_stage
from tests.support import Stage, an_id

WISHLIST = wishlist_id_of(an_id("buyer"))


@pytest.fixture
def stage() -> Stage:
    return carts_stage()


def wish(name: str) -> AddToWishlist:
    return AddToWishlist(product_id=an_id(f"product of {name}"), variant_id=an_id(name))


def wished(stage: Stage) -> list[str]:
    return [one.variant_id for one in stage.one(Wishlist, WISHLIST).wishes]


def refused(stage: Stage, command: Any, error: type[Exception], actor: Actor = BUYER) -> None:
    before = [one.__dict__ for kind in (Cart, Wishlist) for one in stage.all(kind)]
    with pytest.raises(error):
        stage.send(command, actor=actor)
    assert before == [one.__dict__ for kind in (Cart, Wishlist) for one in stage.all(kind)]


def test_each_thing_is_wished_for_once_and_told_to_nobody(stage: Stage) -> None:
    assert stage.send(wish("tea"), wish("cup"), wish("tea"), actor=BUYER) == []
    assert wished(stage) == [an_id("tea"), an_id("cup")]
    assert stage.send(RemoveFromWishlist(variant_id=an_id("tea")), actor=BUYER) == []
    stage.send(RemoveFromWishlist(variant_id=an_id("tea")), actor=BUYER)
    assert wished(stage) == [an_id("cup")]
    assert stage.undeclared_loads == 0


def test_a_wish_moves_into_the_cart_once(stage: Stage) -> None:
    stage.send(wish("tea"), actor=BUYER)
    move = MoveFromWishlist(variant_id=an_id("tea"), quantity=2, seen=OfferSeen(amount=5, currency="EUR"))
    told = stage.send(move, actor=BUYER)
    assert told == [CartChanged(cart_id=CART, buyer_id=an_id("buyer"), lines=(cart_line("tea", 2),), coupons=())]
    assert wished(stage) == []
    assert stage.one(Cart, CART).items[0].seen == OfferSeen(amount=5, currency="EUR")
    assert stage.send(move, actor=BUYER) == []
    assert stage.one(Cart, CART).lines == (cart_line("tea", 2),)
    assert stage.undeclared_loads == 0


def test_what_the_cart_refuses_stays_wished_for(stage: Stage) -> None:
    stage.send(wish("tea"), add("tea", 999), actor=BUYER)
    refused(stage, MoveFromWishlist(variant_id=an_id("tea")), QuantityOutOfRange)
    refused(stage, MoveFromWishlist(variant_id=an_id("cup")), NotOnTheWishlist)


def test_a_wishlist_is_capped_and_takes_ids_only(stage: Stage) -> None:
    stage.send(*[wish(str(index)) for index in range(WISHES_MAX)], actor=BUYER)
    refused(stage, wish("one more"), WishlistIsFull)
    assert stage.send(wish("7"), actor=BUYER) == []
    refused(stage, AddToWishlist(product_id="1", variant_id="B"), Several)


def test_a_wishlist_is_its_buyers_alone(stage: Stage) -> None:
    stage.send(wish("tea"), actor=BUYER)
    refused(stage, MoveFromWishlist(variant_id=an_id("tea")), NotOnTheWishlist, Actor(id=an_id("another")))
    refused(stage, wish("tea"), CartsBelongToBuyers, Actor())
