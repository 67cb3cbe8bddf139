"""Prices in several currencies: each currency has a history of its own, and a quote is in one."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from argosy.contracts.products import (
    ApplyPrice,
    CurrencyPriceChanged,
    EndPrice,
    LinesQuoted,
    NewPrice,
    PriceChanged,
    QuoteLines,
    SetPrice,
    SetPrices,
    SetSale,
    WantedLine,
)
from argosy.domains.products.application.ownership import NoSuchProduct
from argosy.domains.products.domain.offer import Offer
from argosy.domains.products.domain.price import (
    CURRENCIES_MAX,
    FirstPriceStartsNow,
    OwnCurrencyStays,
    Price,
    TooManyCurrencies,
    in_currency,
    price_at,
)
from argosy.domains.products.domain.product import Product
from argosy.shared_kernel.messages import Refused
from argosy.shared_kernel.money import _TWO_DECIMALS
from tests.domains.products.stage import AS_SELLER, AS_STRANGER, MUG, ProductsStage, variant
from tests.support import an_id

BLUE, RED = an_id("blue"), an_id("red")


@pytest.fixture
def stage() -> ProductsStage:
    stage = ProductsStage()
    stage.publish(variant("blue"), variant("red", 1_500))
    return stage


def set_price(stage: ProductsStage, amount: int, currency: str, at: datetime | None = None) -> None:
    stage.send(SetPrice(product_id=MUG, variant_id=BLUE, amount=amount, currency=currency, effective_from=at))


def sold_at(stage: ProductsStage, currency: str) -> int | None:
    charged = stage.one(Offer, BLUE).price_in(currency)
    return charged.amount if charged is not None else None


def amounts_in(stage: ProductsStage, currency: str, *days: int) -> list[int | None]:
    """What a blue one cost, costs or will cost in so many days."""
    history = in_currency([one for one in stage.all(Price) if one.variant_id == BLUE], currency)
    found = [price_at(history, stage.clock.now() + timedelta(days=one)) for one in days]
    return [price.amount if price is not None else None for price in found]


def quote(stage: ProductsStage, currency: str, *variants: str) -> LinesQuoted | Refused:
    lines = tuple(
        WantedLine(line_no=number, product_id=MUG, variant_id=an_id(name), quantity=1)
        for number, name in enumerate(variants, 1)
    )
    (answer,) = stage.send(QuoteLines(flow_id=an_id("flow"), lines=lines, currency=currency))
    assert isinstance(answer, LinesQuoted | Refused)
    return answer


def unpriced(*lines: int) -> Refused:
    """The answer that these lines have no price in the currency."""
    return Refused(
        flow_id=an_id("flow"),
        command="products.QuoteLines",
        code="lines_not_for_sale",
        details={"lines": [{"line_no": line, "code": "no_price_in_currency"} for line in lines]},
    )


def test_each_currency_has_a_history_of_its_own(stage: ProductsStage) -> None:
    """Prices of one currency neither end nor replace those of another, now and at every other time."""
    start = stage.clock.now()
    set_price(stage, 200_000, "JPY")
    set_price(stage, 4_125, "KWD")
    set_price(stage, 1_300, "EUR", start + timedelta(days=2))
    set_price(stage, 210_000, "JPY", start + timedelta(days=4))
    assert amounts_in(stage, "EUR", 0, 3, 5) == [1_250, 1_300, 1_300]
    assert amounts_in(stage, "JPY", 0, 3, 5) == [200_000, 200_000, 210_000]
    assert amounts_in(stage, "KWD", -1, 0, 5) == [None, 4_125, 4_125]
    assert (sold_at(stage, "EUR"), sold_at(stage, "JPY"), sold_at(stage, "KWD")) == (1_250, 200_000, 4_125)
    assert sold_at(stage, "USD") is None
    assert stage.undeclared_loads == 0


def test_one_call_prices_a_variant_in_several_currencies_and_in_each_once(stage: ProductsStage) -> None:
    wanted = [("EUR", 1_300), ("JPY", 200_000), ("KWD", 4_125), ("JPY", 210_000)]
    items = tuple(
        NewPrice(product_id=MUG, variant_id=BLUE, amount=amount, currency=currency) for currency, amount in wanted
    )
    stage.send(SetPrices(items=items))
    assert (sold_at(stage, "EUR"), sold_at(stage, "JPY"), sold_at(stage, "KWD")) == (1_300, 200_000, 4_125)
    assert stage.undeclared_loads == 0


def test_a_planned_price_comes_into_force_in_its_currency_alone(stage: ProductsStage) -> None:
    set_price(stage, 200_000, "JPY")
    at = stage.clock.now() + timedelta(days=1)
    set_price(stage, 190_000, "JPY", at)
    stage.clock.time = at
    (told,) = stage.send(ApplyPrice(product_id=MUG, variant_id=BLUE, effective_from=at, currency="JPY"))
    assert isinstance(told, CurrencyPriceChanged)
    assert (told.currency, told.amount, told.effective_from) == ("JPY", 190_000, at)
    assert (sold_at(stage, "JPY"), sold_at(stage, "EUR")) == (190_000, 1_250)
    assert stage.send(ApplyPrice(product_id=MUG, variant_id=BLUE, effective_from=at)) == []


def test_the_first_price_of_a_currency_starts_at_once(stage: ProductsStage) -> None:
    with pytest.raises(FirstPriceStartsNow):
        set_price(stage, 999, "USD", stage.clock.now() + timedelta(days=1))
    assert sold_at(stage, "USD") is None


def test_a_sale_in_one_currency_looks_back_thirty_days_in_that_currency(stage: ProductsStage) -> None:
    """The former price is the lowest of the currency's own thirty days, whatever another currency charged."""
    set_price(stage, 200_000, "JPY")
    stage.clock.time = stage.clock.now() + timedelta(days=10)
    set_price(stage, 180_000, "JPY")
    set_price(stage, 900, "EUR")
    stage.clock.time = stage.clock.now() + timedelta(days=10)
    set_price(stage, 220_000, "JPY")
    ends = stage.clock.now() + timedelta(days=5)
    told = stage.send(SetSale(product_id=MUG, variant_id=BLUE, amount=150_000, currency="JPY", ends_at=ends))
    assert [(one.amount, one.was_amount, one.sale_ends_at) for one in told] == [(150_000, 180_000, ends)]
    assert not any(isinstance(one, PriceChanged) for one in told)
    (shown,) = [one for one in stage.one(Product, MUG).variants if one.id == BLUE]
    assert (shown.price, shown.was_price, shown.sale_ends_at) == (900, None, None)
    assert amounts_in(stage, "JPY", 6) == [220_000]


def test_a_quote_is_in_the_currency_that_is_asked_for_or_refused_with_each_line_that_has_none(
    stage: ProductsStage,
) -> None:
    set_price(stage, 200_000, "JPY")
    answer = quote(stage, "JPY", "blue")
    assert isinstance(answer, LinesQuoted)
    assert (answer.currency, answer.lines[0].unit_amount, answer.lines[0].currency) == ("JPY", 200_000, "JPY")
    (version,) = in_currency(stage.all(Price), "JPY")
    assert answer.lines[0].price_id == version.id
    own = quote(stage, "", "blue", "red")
    assert isinstance(own, LinesQuoted)
    assert (own.currency, [line.unit_amount for line in own.lines]) == ("EUR", [1_250, 1_500])
    assert quote(stage, "JPY", "blue", "red") == unpriced(2)


def test_a_price_that_is_ended_is_sold_and_planned_no_more_until_it_is_set_anew(stage: ProductsStage) -> None:
    set_price(stage, 200_000, "JPY")
    at = stage.clock.now() + timedelta(days=1)
    set_price(stage, 190_000, "JPY", at)
    end = EndPrice(product_id=MUG, variant_id=BLUE, currency="JPY")
    with pytest.raises(NoSuchProduct):
        stage.send(end, actor=AS_STRANGER)
    (told,) = stage.send(end, actor=AS_SELLER)
    assert isinstance(told, CurrencyPriceChanged)
    assert (told.currency, told.amount, told.price_id) == ("JPY", None, None)
    assert stage.send(end, actor=AS_SELLER) == []
    assert quote(stage, "JPY", "blue") == unpriced(1)
    stage.clock.time = at
    assert stage.send(ApplyPrice(product_id=MUG, variant_id=BLUE, effective_from=at, currency="JPY")) == []
    assert sold_at(stage, "JPY") is None
    set_price(stage, 195_000, "JPY")
    assert (sold_at(stage, "JPY"), amounts_in(stage, "JPY", 5)) == (195_000, [195_000])
    with pytest.raises(OwnCurrencyStays):
        stage.send(EndPrice(product_id=MUG, variant_id=BLUE, currency="EUR"))


def test_a_variant_is_priced_in_so_many_currencies_and_no_more(stage: ProductsStage) -> None:
    others = [one for one in sorted(_TWO_DECIMALS) if one != "EUR"]
    for currency in others[: CURRENCIES_MAX - 1]:
        set_price(stage, 100, currency)
    with pytest.raises(TooManyCurrencies):
        set_price(stage, 100, others[CURRENCIES_MAX - 1])
    set_price(stage, 101, others[0])
    assert sold_at(stage, others[0]) == 101
