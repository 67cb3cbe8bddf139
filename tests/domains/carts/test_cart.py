"""A cart holds what its buyer put in, within its caps, and tells the whole of itself after every change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.contracts.carts import (
    AddToCart,
    ApplyCoupon,
    CartChanged,
    CartLine,
    ChangeQuantity,
    EmptyCart,
    ForgetSaved,
    MoveToCart,
    RemoveCoupon,
    SaveForLater,
)
from argosy.contracts.checkout import CheckoutCompleted
from argosy.domains.carts.application.carts import CartContents, Carts, CartsBelongToBuyers
from argosy.domains.carts.application.guests import Guests
from argosy.domains.carts.application.sweeping import Patience, Sweeping
from argosy.domains.carts.application.wishlists import Wishlists
from argosy.domains.carts.domain.cart import (
    COUPONS_MAX,
    LINES_MAX,
    QUANTITY_MAX,
    SAVED_MAX,
    Cart,
    CartIsFull,
    NotACode,
    NotInTheCart,
    QuantityOutOfRange,
    TooManyCoupons,
    TooMuchSaved,
    cart_id_of,
)
from argosy.domains.carts.domain.wishlist import Wishlist
from argosy.engine.work import SYSTEM, Actor, UnitOfWork
from argosy.platform.randomness import SystemRandomness
from argosy.shared_kernel.errors import DomainError, Several
from argosy.shared_kernel.ids import Id
from tests.support import Stage, an_id

BUYER = Actor(id=an_id("buyer"), roles=frozenset({"buyer"}))
CART = cart_id_of(an_id("buyer"))


@pytest.fixture
def stage() -> Stage:
    return carts_stage()


class Old:
    """Looks through all carts, as the databases look through their indexes."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def guests(self, until: datetime, limit: int) -> list[Id]:
        found = [cart for cart in self.stage.all(Cart) if cart.is_guest and cart.updated_at <= until]
        return [cart.id for cart in sorted(found, key=lambda cart: cart.updated_at)[:limit]]

    def idle(self, until: datetime, limit: int) -> list[Id]:
        found = [cart for cart in self.stage.all(Cart) if cart.idle_since is not None and cart.idle_since <= until]
        return [cart.id for cart in found[:limit]]


def carts_stage() -> Stage:
    def build(work: UnitOfWork) -> tuple[Any, ...]:
        carts = work.repository(Cart)
        return (
            Carts(work, carts),
            Wishlists(work, work.repository(Wishlist), carts),
            Guests(work, carts, SystemRandomness()),
            Sweeping(work, carts, Old(stage), Patience()),
        )

    stage = Stage((Carts, Wishlists, Guests, Sweeping), build, unique=((Cart, ("user_id",)), (Wishlist, ("user_id",))))
    return stage


def add(name: str, quantity: Any = 1) -> AddToCart:
    return AddToCart(product_id=an_id(f"product of {name}"), variant_id=an_id(name), quantity=quantity)


def cart_line(name: str, quantity: int) -> CartLine:
    return CartLine(product_id=an_id(f"product of {name}"), variant_id=an_id(name), quantity=quantity)


def completed(*variants: str, coupons: tuple[str, ...] = (), buyer: str = "buyer") -> CheckoutCompleted:
    return CheckoutCompleted(
        checkout_id=an_id("checkout"),
        buyer_id=an_id(buyer),
        cart_id=CART,
        purchase_id=an_id("purchase"),
        order_ids=(an_id("order"),),
        variant_ids=tuple(an_id(name) for name in variants),
        coupons=coupons,
        total_amount=1,
        currency="EUR",
    )


def refused(stage: Stage, command: Any, error: type[DomainError], actor: Actor = BUYER) -> dict[str, Any]:
    """The details of a refusal that changed and told nothing."""
    before = ([cart.__dict__ for cart in stage.all(Cart)], len(stage.store.log.records))
    with pytest.raises(error) as refusal:
        stage.send(command, actor=actor)
    assert before == ([cart.__dict__ for cart in stage.all(Cart)], len(stage.store.log.records))
    return refusal.value.details


def test_adding_makes_the_cart_and_tells_it_whole(stage: Stage) -> None:
    assert stage.send(add("tea", 2), actor=BUYER) == [
        CartChanged(cart_id=CART, buyer_id=an_id("buyer"), lines=(cart_line("tea", 2),), coupons=())
    ]
    assert stage.result == CartContents(cart_id=CART, lines=(cart_line("tea", 2),), coupons=(), saved=())


def test_adding_the_same_variant_adds_up_on_its_line(stage: Stage) -> None:
    stage.send(add("tea", 2), add("cup"), add("tea", 3), actor=BUYER)
    assert stage.one(Cart, CART).lines == (cart_line("tea", 5), cart_line("cup", 1))
    assert stage.undeclared_loads == 0


def test_everybody_has_a_cart_of_their_own(stage: Stage) -> None:
    stage.send(add("tea"), actor=BUYER)
    stage.send(EmptyCart(), actor=Actor(id=an_id("another")))
    stage.send(add("cup"), actor=Actor(id=an_id("another")))
    assert stage.one(Cart, CART).lines == (cart_line("tea", 1),)
    assert stage.one(Cart, cart_id_of(an_id("another"))).lines == (cart_line("cup", 1),)


@pytest.mark.parametrize("actor", [Actor(), SYSTEM])
def test_nobody_has_no_cart(stage: Stage, actor: Actor) -> None:
    refused(stage, add("tea"), CartsBelongToBuyers, actor)


@pytest.mark.parametrize("quantity", [0, -1, 1000, 2**63, True, 1.0])
def test_strange_quantities_are_refused(stage: Stage, quantity: Any) -> None:
    refused(stage, add("tea", quantity), QuantityOutOfRange)
    stage.send(add("tea"), actor=BUYER)
    if quantity != 0 and quantity is not True and quantity != 1.0:
        refused(stage, ChangeQuantity(variant_id=an_id("tea"), quantity=quantity), QuantityOutOfRange)


def test_a_line_is_capped_by_what_is_there_already(stage: Stage) -> None:
    stage.send(add("tea", 998), actor=BUYER)
    assert refused(stage, add("tea", 2), QuantityOutOfRange) == {"asked": 2, "in_cart": 998, "maximum": 999}


def test_every_fault_of_an_addition_is_told_at_once(stage: Stage) -> None:
    command = AddToCart(product_id="1", variant_id="AB", quantity=0)
    codes = [fault["code"] for fault in refused(stage, command, Several)["faults"]]
    assert codes == ["not_an_id", "not_an_id", "quantity_out_of_range"]


def test_a_full_cart_takes_no_other_thing_but_more_of_the_same(stage: Stage) -> None:
    stage.send(*[add(str(index)) for index in range(LINES_MAX)], actor=BUYER)
    assert refused(stage, add("one more"), CartIsFull) == {"maximum": LINES_MAX}
    stage.send(add("7"), actor=BUYER)
    assert sum(line.quantity for line in stage.one(Cart, CART).lines) == LINES_MAX + 1


def test_setting_a_quantity_replaces_it_and_zero_takes_out(stage: Stage) -> None:
    stage.send(add("tea", 2), add("cup"), actor=BUYER)
    stage.send(ChangeQuantity(variant_id=an_id("tea"), quantity=7), actor=BUYER)
    assert stage.one(Cart, CART).lines == (cart_line("tea", 7), cart_line("cup", 1))
    stage.send(ChangeQuantity(variant_id=an_id("tea"), quantity=0), actor=BUYER)
    assert stage.one(Cart, CART).lines == (cart_line("cup", 1),)
    assert stage.send(ChangeQuantity(variant_id=an_id("tea"), quantity=0), actor=BUYER) == []


def test_setting_the_quantity_that_is_there_tells_nothing(stage: Stage) -> None:
    stage.send(add("tea", 2), actor=BUYER)
    assert stage.send(ChangeQuantity(variant_id=an_id("tea"), quantity=2), actor=BUYER) == []
    assert stage.one(Cart, CART).version == 1


def test_what_is_not_in_the_cart_has_no_quantity_to_set(stage: Stage) -> None:
    refused(stage, ChangeQuantity(variant_id=an_id("tea"), quantity=3), NotInTheCart)


def test_a_code_is_noted_once_in_capitals(stage: Stage) -> None:
    stage.send(ApplyCoupon(code=" spring-10 "), actor=BUYER)
    assert stage.send(ApplyCoupon(code="SPRING-10"), actor=BUYER) == []
    assert stage.one(Cart, CART).codes == ("SPRING-10",)
    stage.send(RemoveCoupon(code="Spring-10"), actor=BUYER)
    assert stage.one(Cart, CART).codes == ()


@pytest.mark.parametrize("code", ["", " ", "A" * 41, "A B", "\xc4B", "A\n", "A;--", "\uff33\uff30"])
def test_what_is_no_code_is_not_noted(stage: Stage, code: str) -> None:
    if code == "A\n":
        stage.send(ApplyCoupon(code=code), actor=BUYER)
        assert stage.one(Cart, CART).codes == ("A",)
    else:
        refused(stage, ApplyCoupon(code=code), NotACode)


def test_an_eleventh_code_is_refused(stage: Stage) -> None:
    stage.send(*[ApplyCoupon(code=f"C{index}") for index in range(COUPONS_MAX)], actor=BUYER)
    assert refused(stage, ApplyCoupon(code="C10"), TooManyCoupons) == {"maximum": 10}


def test_what_is_saved_is_not_in_the_cart_and_comes_back_whole(stage: Stage) -> None:
    stage.send(add("tea", 3), actor=BUYER)
    told = stage.send(SaveForLater(variant_id=an_id("tea")), actor=BUYER)
    assert told == [
        CartChanged(cart_id=CART, buyer_id=an_id("buyer"), lines=(), coupons=(), saved=(cart_line("tea", 3),))
    ]
    assert stage.send(SaveForLater(variant_id=an_id("tea")), actor=BUYER) == []
    stage.send(add("tea", 2), actor=BUYER)
    stage.send(MoveToCart(variant_id=an_id("tea")), actor=BUYER)
    cart = stage.one(Cart, CART)
    assert (cart.lines, cart.saved_lines) == ((cart_line("tea", 5),), ())
    assert stage.send(MoveToCart(variant_id=an_id("tea")), actor=BUYER) == []
    assert stage.undeclared_loads == 0


def test_what_was_saved_is_not_bought_and_is_forgotten_only_when_asked(stage: Stage) -> None:
    stage.send(add("tea", 3), actor=BUYER)
    stage.send(SaveForLater(variant_id=an_id("tea")), actor=BUYER)
    stage.send(EmptyCart(), actor=BUYER)
    assert stage.one(Cart, CART).saved_lines == (cart_line("tea", 3),)
    stage.send(ForgetSaved(variant_id=an_id("tea")), actor=BUYER)
    assert stage.one(Cart, CART).saved_lines == ()
    assert stage.send(ForgetSaved(variant_id=an_id("tea")), actor=BUYER) == []


def test_saved_pieces_are_capped_and_come_back_under_the_caps_of_the_cart(stage: Stage) -> None:
    for _ in range(2):
        stage.send(add("tea", 600), actor=BUYER)
        stage.send(SaveForLater(variant_id=an_id("tea")), actor=BUYER)
    assert stage.one(Cart, CART).saved_lines == (cart_line("tea", QUANTITY_MAX),)
    stage.send(add("tea", 1), actor=BUYER)
    refused(stage, MoveToCart(variant_id=an_id("tea")), QuantityOutOfRange)
    assert stage.one(Cart, CART).saved_lines == (cart_line("tea", QUANTITY_MAX),)
    for command in (SaveForLater, MoveToCart):
        refused(stage, command(variant_id=an_id("coffee")), NotInTheCart)


def test_at_most_200_things_are_saved(stage: Stage) -> None:
    for number in range(SAVED_MAX):
        stage.send(add(f"thing {number}"), actor=BUYER)
        stage.send(SaveForLater(variant_id=an_id(f"thing {number}")), actor=BUYER)
    stage.send(add("one more"), actor=BUYER)
    refused(stage, SaveForLater(variant_id=an_id("one more")), TooMuchSaved)
    assert stage.one(Cart, CART).lines == (cart_line("one more", 1),)


def test_removing_from_no_cart_makes_none(stage: Stage) -> None:
    for command in (EmptyCart(), RemoveCoupon(code="X"), ChangeQuantity(variant_id=an_id("tea"), quantity=0)):
        assert stage.send(command, actor=BUYER) == []
    assert stage.all(Cart) == []
    assert stage.result == CartContents(cart_id=CART, lines=(), coupons=(), saved=())


def test_what_was_bought_leaves_and_the_rest_stays(stage: Stage) -> None:
    stage.send(add("tea", 2), add("cup"), ApplyCoupon(code="ONE"), ApplyCoupon(code="TWO"), actor=BUYER)
    (told,) = stage.send(completed("tea", "gone meanwhile", coupons=("one",)))
    assert told == CartChanged(cart_id=CART, buyer_id=an_id("buyer"), lines=(cart_line("cup", 1),), coupons=("TWO",))
    assert stage.send(completed("tea", coupons=("one",))) == []
    assert stage.undeclared_loads == 0


def test_a_purchase_of_another_buyer_takes_nothing_out(stage: Stage) -> None:
    stage.send(add("tea"), actor=BUYER)
    assert stage.send(completed("tea", buyer="another")) == []
    assert stage.one(Cart, CART).lines == (cart_line("tea", 1),)


NAMES = st.sampled_from(["a", "b", "c", "d"])
QUANTITIES = st.sampled_from([-1, 0, 1, 2, 500, 998, 999, 1000])
CODES = st.integers(0, 12).map(lambda number: f"C{number}")
COMMANDS = st.one_of(
    st.builds(add, NAMES, QUANTITIES),
    st.builds(lambda name, quantity: ChangeQuantity(variant_id=an_id(name), quantity=quantity), NAMES, QUANTITIES),
    st.builds(lambda code: ApplyCoupon(code=code), CODES),
    st.builds(lambda code: RemoveCoupon(code=code), CODES),
    st.just(EmptyCart()),
    st.builds(lambda names: completed(*names), st.lists(NAMES, max_size=2)),
)


@given(st.lists(COMMANDS, max_size=40))
def test_caps_hold_whatever_is_asked(commands: list[Any]) -> None:
    stage = carts_stage()
    for command in commands:
        try:
            stage.send(command, actor=BUYER)
        except DomainError:
            continue
    for cart in stage.all(Cart):
        assert all(1 <= line.quantity <= QUANTITY_MAX for line in cart.lines)
        assert len({line.variant_id for line in cart.lines}) == len(cart.lines) <= LINES_MAX
        assert len(set(cart.codes)) == len(cart.codes) <= COUPONS_MAX


@given(st.lists(COMMANDS, max_size=30))
def test_the_last_event_is_the_cart_and_only_changes_are_told(commands: list[Any]) -> None:
    stage = carts_stage()
    shown: tuple[Any, ...] = ((), ())
    for command in commands:
        try:
            told = stage.send(command, actor=BUYER)
        except DomainError:
            told = []
        cart = next(iter(stage.all(Cart)), None)
        now = (cart.lines, cart.codes) if cart else ((), ())
        assert len(told) == (0 if now == shown else 1)
        assert all((event.lines, event.coupons) == now for event in told)
        shown = now
