"""A cart says what has moved since its buyer last saw to a line, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.contracts.carts import (
    AcknowledgeNotice,
    AddToCart,
    CartChanged,
    ChangeQuantity,
    MoveToCart,
    OfferSeen,
    SaveForLater,
)
from argosy.domains.carts.adapters.outbound.queries import OwnLine
from argosy.domains.carts.domain.cart import Cart, NotInTheCart, OfferUnreadable
from argosy.domains.carts.domain.notices import notices_of
from tests.domains.carts.test_cart import BUYER, CART, carts_stage, refused
from tests.support import Stage, an_id

TEN = OfferSeen(amount=1_000, currency="EUR")


@pytest.fixture
def stage() -> Stage:
    return carts_stage()


def kinds(was: OfferSeen, now: OfferSeen | None, quantity: int = 4) -> list[str]:
    line = OwnLine(product_id=an_id("product"), variant_id=an_id("tea"), quantity=quantity, seen=was)
    return [notice.kind for notice in notices_of([line], {} if now is None else {an_id("tea"): now})]


def offer(**changes: Any) -> OfferSeen:
    return OfferSeen(**{"amount": 1_000, "currency": "EUR", **changes})


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        (TEN, TEN, []),
        (TEN, None, []),
        (TEN, offer(amount=1_001), ["price_changed"]),
        (TEN, offer(currency="USD"), ["price_changed"]),
        (OfferSeen(), TEN, []),
        (TEN, offer(is_on_sale=False), ["off_sale"]),
        (TEN, OfferSeen(is_on_sale=False), ["off_sale"]),
        (offer(is_on_sale=False), offer(is_on_sale=False, amount=5), []),
        (offer(is_on_sale=False), offer(amount=5), ["on_sale_again", "price_changed"]),
        (TEN, offer(left=4), []),
        (TEN, offer(left=3), ["short_of_stock"]),
        (TEN, offer(left=0), ["short_of_stock"]),
        (offer(left=3), offer(left=3), []),
        (offer(left=3), offer(left=2), ["short_of_stock"]),
        (offer(left=0), offer(left=2), []),
        (TEN, offer(amount=9, left=1), ["price_changed", "short_of_stock"]),
    ],
)
def test_a_notice_tells_what_moved_and_how(was: OfferSeen, now: OfferSeen | None, told: list[str]) -> None:
    assert kinds(was, now) == told


def seen(stage: Stage) -> OfferSeen:
    (item,) = stage.one(Cart, CART).items
    return item.seen


def add(quantity: int = 1, seen: OfferSeen | None = TEN) -> AddToCart:
    return AddToCart(product_id=an_id("product"), variant_id=an_id("tea"), quantity=quantity, seen=seen)


def test_a_line_keeps_what_was_seen_when_it_was_put_in_changed_or_acknowledged(stage: Stage) -> None:
    tea = an_id("tea")
    stage.send(add(), actor=BUYER)
    assert seen(stage) == TEN
    stage.send(add(seen=None), actor=BUYER)
    assert seen(stage) == TEN
    stage.send(add(seen=offer(amount=900)), actor=BUYER)
    assert seen(stage) == offer(amount=900)
    assert stage.send(ChangeQuantity(variant_id=tea, quantity=3, seen=offer(left=2)), actor=BUYER) == []
    assert seen(stage) == offer(left=2)
    assert isinstance(stage.send(ChangeQuantity(variant_id=tea, quantity=4, seen=TEN), actor=BUYER)[0], CartChanged)
    assert seen(stage) == TEN
    assert stage.send(AcknowledgeNotice(variant_id=tea, seen=offer(amount=7)), actor=BUYER) == []
    assert seen(stage) == offer(amount=7)
    stage.send(SaveForLater(variant_id=tea), actor=BUYER)
    stage.send(MoveToCart(variant_id=tea, seen=offer(amount=8)), actor=BUYER)
    assert seen(stage) == offer(amount=8)
    assert stage.undeclared_loads == 0


def test_a_price_that_is_shown_no_more_is_the_last_one_seen(stage: Stage) -> None:
    stage.send(add(), actor=BUYER)
    stage.send(AcknowledgeNotice(variant_id=an_id("tea"), seen=OfferSeen(is_on_sale=False)), actor=BUYER)
    assert seen(stage) == offer(is_on_sale=False)


@pytest.mark.parametrize(
    "strange",
    [
        OfferSeen(amount=1),
        OfferSeen(currency="EUR"),
        OfferSeen(amount=-1, currency="EUR"),
        OfferSeen(amount=1, currency="eur"),
        OfferSeen(left=-1),
        OfferSeen(left=2**40),
    ],
)
def test_what_no_shop_shows_is_not_acknowledged(stage: Stage, strange: OfferSeen) -> None:
    stage.send(add(), actor=BUYER)
    refused(stage, AcknowledgeNotice(variant_id=an_id("tea"), seen=strange), OfferUnreadable)


def test_there_is_nothing_to_acknowledge_of_what_is_not_in_the_cart(stage: Stage) -> None:
    refused(stage, AcknowledgeNotice(variant_id=an_id("tea"), seen=TEN), NotInTheCart)
