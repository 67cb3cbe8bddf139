"""Sales: a lower price for a while, and the former price that may be shown (directive 98/6/EC, article 6a)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.contracts.products import ApplyPrice, PriceChanged, SetPrice, SetSale
from argosy.domains.products.application.ownership import NoSuchProduct
from argosy.domains.products.domain.offer import Offer
from argosy.domains.products.domain.price import NoPriceInCurrency, Price, PriceInThePast, price_at
from argosy.domains.products.domain.product import Product
from argosy.domains.products.domain.sale import (
    AnotherPriceIsPlanned,
    SaleEndsTooSoon,
    SaleLowersNothing,
    was_price,
)
from tests.domains.products.stage import AS_SELLER, AS_STRANGER, MUG, ProductsStage
from tests.support import an_id

BLUE = an_id("blue")


@pytest.fixture
def stage() -> ProductsStage:
    """A mug at 12.50 since 100 days."""
    stage = ProductsStage()
    stage.publish()
    stage.clock.tick(days=100)
    return stage


def sale(stage: ProductsStage, amount: int, days: float, *, after: float = 0, currency: str = "EUR") -> SetSale:
    starts = stage.clock.now() + timedelta(days=after)
    return SetSale(
        product_id=MUG,
        variant_id=BLUE,
        amount=amount,
        currency=currency,
        starts_at=starts if after else None,
        ends_at=starts + timedelta(days=days),
    )


def reprice(stage: ProductsStage, amount: int) -> None:
    stage.send(SetPrice(product_id=MUG, variant_id=BLUE, amount=amount, currency="EUR"))


def pass_days(stage: ProductsStage, days: float) -> list[PriceChanged]:
    """Let time pass, and the timers that come with it."""
    end = stage.clock.now() + timedelta(days=days)
    told = []
    for id, due in sorted(stage.due().items(), key=lambda one: one[1].due_at):
        if due.due_at <= end:
            stage.clock.time = due.due_at
            told += stage.send(ApplyPrice(product_id=MUG, variant_id=BLUE, effective_from=due.due_at))
            del stage.store.due_rows[id]
    stage.clock.time = end
    return [one for one in told if isinstance(one, PriceChanged)]


def shown(stage: ProductsStage) -> tuple[int, int | None, datetime | None]:
    (variant,) = stage.one(Product, MUG).variants
    assert stage.one(Offer, BLUE).unit_amount == variant.price
    return variant.price, variant.was_price, variant.sale_ends_at


def test_a_sale_lowers_the_price_and_ends_by_itself(stage: ProductsStage) -> None:
    ends = stage.clock.now() + timedelta(days=7)
    (told,) = stage.send(sale(stage, 1_000, 7), actor=AS_SELLER)
    assert isinstance(told, PriceChanged)
    assert (told.amount, told.was_amount, told.sale_ends_at) == (1_000, 1_250, ends)
    assert shown(stage) == (1_000, 1_250, ends)
    (told,) = pass_days(stage, 8)
    assert (told.amount, told.was_amount, told.sale_ends_at) == (1_250, None, None)
    assert shown(stage) == (1_250, None, None)
    assert stage.undeclared_loads == 0


def test_a_planned_sale_begins_on_its_day(stage: ProductsStage) -> None:
    assert stage.send(sale(stage, 1_000, 7, after=3), actor=AS_SELLER) == []
    assert shown(stage)[:2] == (1_250, None)
    begun, ended = pass_days(stage, 11)
    assert (begun.amount, begun.was_amount, ended.amount) == (1_000, 1_250, 1_250)


def test_the_former_price_is_the_lowest_of_the_thirty_days_before(stage: ProductsStage) -> None:
    reprice(stage, 1_100)
    pass_days(stage, 10)
    reprice(stage, 2_000)
    pass_days(stage, 19)
    stage.send(sale(stage, 900, 7))
    # 11.00 was charged 29 to 19 days before: raising the price first makes no reduction larger.
    assert shown(stage)[:2] == (900, 1_100)


def test_a_price_of_more_than_thirty_days_ago_does_not_count(stage: ProductsStage) -> None:
    reprice(stage, 1_100)
    pass_days(stage, 10)
    reprice(stage, 2_000)
    pass_days(stage, 31)
    stage.send(sale(stage, 900, 7))
    assert shown(stage)[:2] == (900, 2_000)


def test_no_former_price_is_shown_where_it_was_as_cheap_before(stage: ProductsStage) -> None:
    stage.send(sale(stage, 900, 7))
    pass_days(stage, 10)
    stage.send(sale(stage, 900, 7))
    assert shown(stage)[:2] == (900, None)


def test_a_reduction_that_grows_step_by_step_keeps_the_price_before_its_first_step(stage: ProductsStage) -> None:
    stage.send(sale(stage, 1_000, 7))
    pass_days(stage, 2)
    ends = shown(stage)[2]
    assert ends is not None
    stage.send(SetSale(product_id=MUG, variant_id=BLUE, amount=800, currency="EUR", ends_at=ends))
    assert shown(stage)[:2] == (800, 1_250)


def test_a_lower_price_that_is_no_sale_shows_no_former_price(stage: ProductsStage) -> None:
    reprice(stage, 900)
    assert shown(stage) == (900, None, None)


def test_a_sale_that_cannot_be_is_refused(stage: ProductsStage) -> None:
    before = stage.all(Price)
    for wrong, kind in (
        (sale(stage, 1_250, 7), SaleLowersNothing),
        (sale(stage, 1_000, -1), SaleEndsTooSoon),
        (sale(stage, 1_000, 366), SaleEndsTooSoon),
        (sale(stage, 1_000, 7, currency="USD"), NoPriceInCurrency),
        (sale(stage, 1_000, 7, after=-1), PriceInThePast),
    ):
        with pytest.raises(kind):
            stage.send(wrong, actor=AS_SELLER)
    assert len(stage.all(Price)) == len(before)
    stage.send(sale(stage, 1_000, 7, after=5))
    with pytest.raises(AnotherPriceIsPlanned):
        stage.send(sale(stage, 900, 6), actor=AS_SELLER)
    with pytest.raises(NoSuchProduct):
        stage.send(sale(stage, 900, 6), actor=AS_STRANGER)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 40), st.integers(500, 2_000), st.booleans()), max_size=8))
def test_the_former_price_is_never_above_anything_that_was_charged(steps: list[tuple[int, int, bool]]) -> None:
    """Beside a definition by days: what was charged at any hour of the 30 days before the reduction began."""
    stage = ProductsStage()
    stage.publish()
    start = stage.clock.now()
    for days, amount, is_sale in steps:
        pass_days(stage, days)
        current = shown(stage)[0]
        if not is_sale:
            reprice(stage, amount)
        elif amount < current and price_at(stage.all(Price), stage.clock.now() + timedelta(days=3)) is not None:
            try:
                stage.send(sale(stage, amount, 3))
            except AnotherPriceIsPlanned:
                continue
    versions = stage.all(Price)
    now = stage.clock.now()
    current_version = price_at(versions, now)
    assert current_version is not None
    was = was_price(versions, current_version)
    if was is None:
        return
    began = current_version.effective_from
    while (before := price_at(versions, began - timedelta(microseconds=1))) is not None and (
        before.discount and before.amount >= price_at(versions, began).amount  # type: ignore[union-attr]
    ):
        began = before.effective_from
    hours = [began - timedelta(hours=hour, microseconds=1) for hour in range(30 * 24)]
    charged = [one.amount for hour in hours if hour >= start and (one := price_at(versions, hour)) is not None]
    assert was == min(charged)
    assert was > current_version.amount
