"""A guest's cart is told to nobody, and goes into a buyer's once, under the caps of the cart."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.contracts.carts import (
    AddToCart,
    ApplyCoupon,
    BeginGuestCart,
    CartChanged,
    MergeGuestCart,
    SaveForLater,
)
from argosy.domains.carts.application.carts import CartsBelongToBuyers
from argosy.domains.carts.application.guests import MergedCart
from argosy.domains.carts.domain.cart import (
    COUPONS_MAX,
    LINES_MAX,
    MERGED,
    QUANTITY_MAX,
    Cart,
    NotMerged,
    cart_id_of,
)
from argosy.domains.carts.domain.guest import GuestCartIsMerged, NotAGuestToken, guest_id_of, is_guest_token
from argosy.engine.work import GUEST, Actor
from tests.domains.carts.test_cart import BUYER, CART, add, cart_line, carts_stage, refused
from tests.support import Stage, an_id


@pytest.fixture
def stage() -> Stage:
    return carts_stage()


def begun(stage: Stage) -> tuple[Actor, str]:
    stage.send(BeginGuestCart(), actor=Actor())
    token = stage.result.token
    assert stage.result.cart_id == cart_id_of(guest_id_of(token))
    return Actor(id=guest_id_of(token), roles=frozenset({GUEST})), token


def merged(stage: Stage, token: str, actor: Actor = BUYER) -> MergedCart:
    stage.send(MergeGuestCart(guest_token=token), actor=actor)
    result: MergedCart = stage.result
    return result


def test_beginning_writes_nothing_and_tokens_differ(stage: Stage) -> None:
    tokens = {begun(stage)[1] for _ in range(10)}
    assert len(tokens) == 10
    assert all(map(is_guest_token, tokens))
    assert stage.all(Cart) == []


def test_a_guests_cart_is_told_to_nobody_and_does_not_hold_the_token(stage: Stage) -> None:
    guest, token = begun(stage)
    assert stage.send(add("tea", 2), ApplyCoupon(code="TEN"), actor=guest) == []
    (cart,) = stage.all(Cart)
    assert cart.is_guest
    assert cart.lines == (cart_line("tea", 2),)
    assert token.removeprefix("argosy_guest_") not in repr(cart.__dict__)


def test_what_a_guest_put_in_is_the_buyers_once(stage: Stage) -> None:
    guest, token = begun(stage)
    stage.send(add("tea", 2), add("cup"), ApplyCoupon(code="TEN"), actor=guest)
    stage.send(add("bowl", 4), actor=guest)
    stage.send(SaveForLater(variant_id=an_id("bowl")), actor=guest)
    stage.send(add("tea", 3), actor=BUYER)
    (told,) = stage.send(MergeGuestCart(guest_token=token), actor=BUYER)
    lines = (cart_line("tea", 5), cart_line("cup", 1))
    saved = (cart_line("bowl", 4),)
    assert told == CartChanged(cart_id=CART, buyer_id=an_id("buyer"), lines=lines, coupons=("TEN",), saved=saved)
    assert stage.result == MergedCart(cart_id=CART, lines=lines, coupons=("TEN",), saved=saved)
    assert stage.send(MergeGuestCart(guest_token=token), actor=BUYER) == []
    assert stage.result == MergedCart(cart_id=CART, lines=lines, coupons=("TEN",), saved=saved)
    assert stage.send(MergeGuestCart(guest_token=token), actor=Actor(id=an_id("another"))) == []
    assert stage.one(Cart, cart_id_of(guest.id)).lines == ()
    assert stage.undeclared_loads == 0


def test_what_does_not_fit_is_told(stage: Stage) -> None:
    guest, token = begun(stage)
    stage.send(add("0", 600), add("one more", 2), add("1", 1), actor=guest)
    stage.send(*[ApplyCoupon(code=f"G{index}") for index in range(3)], actor=guest)
    stage.send(add("0", 500), *[add(str(index)) for index in range(1, LINES_MAX)], actor=BUYER)
    stage.send(*[ApplyCoupon(code=f"B{index}") for index in range(COUPONS_MAX - 1)], actor=BUYER)
    result = merged(stage, token)
    assert result.not_merged == (
        NotMerged(variant_id=an_id("0"), quantity=101, code="quantity_out_of_range"),
        NotMerged(variant_id=an_id("one more"), quantity=2, code="cart_is_full"),
    )
    assert result.coupons_not_merged == ("G1", "G2")
    assert result.lines[:2] == (cart_line("0", 999), cart_line("1", 2))
    assert len(result.lines) == LINES_MAX


def test_a_cart_that_was_merged_takes_nothing_more(stage: Stage) -> None:
    guest, token = begun(stage)
    stage.send(add("tea"), actor=guest)
    merged(stage, token)
    refused(stage, add("tea"), GuestCartIsMerged, guest)
    assert stage.one(Cart, cart_id_of(guest.id)).status == MERGED


def test_only_buyers_merge_and_only_tokens(stage: Stage) -> None:
    guest, token = begun(stage)
    stage.send(add("tea"), actor=guest)
    refused(stage, MergeGuestCart(guest_token=token), CartsBelongToBuyers, guest)
    refused(stage, MergeGuestCart(guest_token=token), CartsBelongToBuyers, Actor())
    for text in ("", "argosy_guest_", token[:-1], token + "x", "x" + token[1:], token + "\n"):
        refused(stage, MergeGuestCart(guest_token=text), NotAGuestToken)


def test_a_token_without_a_cart_merges_nothing(stage: Stage) -> None:
    assert stage.send(MergeGuestCart(guest_token=begun(stage)[1]), actor=BUYER) == []
    assert stage.all(Cart) == []


LINES = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, QUANTITY_MAX)), max_size=8)


def put_in(stage: Stage, lines: Any, actor: Actor) -> dict[str, int]:
    held: dict[str, int] = {}
    for name, quantity in lines:
        if held.get(name, 0) + quantity <= QUANTITY_MAX:
            stage.send(AddToCart(product_id=an_id("p"), variant_id=an_id(name), quantity=quantity), actor=actor)
            held[name] = held.get(name, 0) + quantity
    return held


@given(LINES, LINES)
def test_no_piece_is_lost_or_made_by_merging(of_guest: Any, of_buyer: Any) -> None:
    stage = carts_stage()
    guest, token = begun(stage)
    theirs, own = put_in(stage, of_guest, guest), put_in(stage, of_buyer, BUYER)
    result = merged(stage, token)
    now = {line.variant_id: line.quantity for line in merged(stage, token).lines}
    left = {one.variant_id: one.quantity for one in result.not_merged}
    for name in {*theirs, *own}:
        wanted = theirs.get(name, 0) + own.get(name, 0)
        assert now[an_id(name)] == min(wanted, QUANTITY_MAX)
        assert now[an_id(name)] + left.get(an_id(name), 0) == wanted
