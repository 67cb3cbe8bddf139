"""What things cost, when, and in which quote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.contracts.products import (
    ApplyPrice,
    ArchiveProduct,
    LinesQuoted,
    PriceChanged,
    PublishProduct,
    QuotedLine,
    QuoteLines,
    SetPrice,
    UnpublishProduct,
    WantedLine,
)
from argosy.domains.products.application.pricing import NoSuchVariant, NotAnInstant
from argosy.domains.products.domain.offer import Offer
from argosy.domains.products.domain.price import (
    AMOUNT_MAX,
    FirstPriceStartsNow,
    Price,
    PriceInThePast,
    add_version,
    price_at,
)
from argosy.domains.products.domain.product import Product
from argosy.shared_kernel.codec import decode
from argosy.shared_kernel.errors import DomainError, Several
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Message, Refused
from tests.domains.products.stage import MUG, SELLER, STRANGER, ProductsStage, variant
from tests.support import an_id

BLUE, RED = an_id("blue"), an_id("red")
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def stage() -> ProductsStage:
    stage = ProductsStage()
    stage.publish(variant("blue"), variant("red", 1_300))
    return stage


def set_price(stage: ProductsStage, amount: int, at: datetime | None = None, **more: Any) -> list[Message]:
    return stage.send(
        SetPrice(
            **{"product_id": MUG, "variant_id": BLUE, "amount": amount, "currency": "EUR", "effective_from": at, **more}
        )
    )


def ring(stage: ProductsStage, id: str) -> list[Message]:
    """Have a planned message handled."""
    due = stage.due()[f"price:{id}"]
    del stage.store.due_rows[due.id]
    return stage.send(decode(due.name, due.version, due.payload))


def test_a_quote_prices_every_line(stage: ProductsStage) -> None:
    answer = stage.quote((MUG, BLUE, 2), (MUG, RED, 1000))
    prices = {price.variant_id: price.id for price in stage.all(Price)}
    assert answer == LinesQuoted(
        flow_id=an_id("flow"),
        currency="EUR",
        lines=tuple(
            QuotedLine(
                line_no=line_no,
                product_id=MUG,
                variant_id=an_id(name),
                seller_id=SELLER,
                sku=name,
                title="A mug",
                quantity=quantity,
                unit_amount=amount,
                currency="EUR",
                price_id=prices[an_id(name)],
                stock_unit_id=an_id(name),
                units_each=1,
                weight_grams=300,
                volume_mm3=720_000,
                category="kitchen",
                tax_category="standard",
            )
            for line_no, name, quantity, amount in ((1, "blue", 2, 1_250), (2, "red", 1000, 1_300))
        ),
    )
    assert stage.undeclared_loads == 0


def test_a_quote_writes_nothing_but_its_answer(stage: ProductsStage) -> None:
    before = [(offer.id, offer.version) for offer in stage.all(Offer)]
    first, second = stage.quote((MUG, BLUE, 1)), stage.quote((MUG, BLUE, 1))
    assert first == second
    assert [(offer.id, offer.version) for offer in stage.all(Offer)] == before


def test_a_quote_is_refused_with_every_line_that_cannot_be_sold(stage: ProductsStage) -> None:
    stage.publish(variant("dollar", currency="USD"), product_id=an_id("dollar mug"), sku="dollar mug")
    stage.create(variant("draft"), product_id=an_id("draft mug"), sku="draft mug")
    answer = stage.quote(
        (MUG, an_id("nothing"), 1),
        (MUG, BLUE, 1),
        (an_id("draft mug"), an_id("draft"), 1),
        (an_id("dollar mug"), an_id("dollar"), 1),
        (an_id("other"), RED, 1),
        (MUG, RED, 0),
        (MUG, RED, 1001),
        (MUG, Id("no id"), 1),
        (MUG, RED, True),
    )
    assert answer == Refused(
        flow_id=an_id("flow"),
        command="products.QuoteLines",
        code="lines_not_for_sale",
        details={
            "lines": [
                {"line_no": 1, "code": "not_on_sale"},
                {"line_no": 3, "code": "not_on_sale"},
                {"line_no": 4, "code": "no_price_in_currency"},
                {"line_no": 5, "code": "not_on_sale"},
                {"line_no": 6, "code": "quantity_out_of_range"},
                {"line_no": 7, "code": "quantity_out_of_range"},
                {"line_no": 8, "code": "not_on_sale"},
                {"line_no": 9, "code": "quantity_out_of_range"},
            ]
        },
    )
    assert stage.undeclared_loads == 0


@pytest.mark.parametrize(
    ("numbers", "code"),
    [
        ([], "nothing_to_quote"),
        ([1, 2, 1], "line_numbers_repeat"),
        (list(range(201)), "too_many_lines"),
    ],
)
def test_what_is_no_request_for_a_quote_is_refused(stage: ProductsStage, numbers: list[int], code: str) -> None:
    lines = tuple(WantedLine(line_no=number, product_id=MUG, variant_id=BLUE, quantity=1) for number in numbers)
    (answer,) = stage.send(QuoteLines(flow_id=an_id("flow"), lines=lines))
    assert isinstance(answer, Refused)
    assert answer.code == code


def test_one_variant_may_be_on_two_lines(stage: ProductsStage) -> None:
    assert [line.quantity for line in stage.quote((MUG, BLUE, 1), (MUG, BLUE, 2)).lines] == [1, 2]


@pytest.mark.parametrize("command", [UnpublishProduct(product_id=MUG), ArchiveProduct(product_id=MUG)])
def test_what_is_off_sale_is_not_quoted(stage: ProductsStage, command: Message) -> None:
    stage.send(command)
    assert stage.quote((MUG, BLUE, 1)).details == {"lines": [{"line_no": 1, "code": "not_on_sale"}]}


def test_a_new_price_is_in_force_at_once(stage: ProductsStage) -> None:
    old = stage.quote((MUG, BLUE, 1)).lines[0].price_id
    stage.clock.tick(hours=1)
    told = set_price(stage, 999)
    new = stage.result
    assert told == [
        PriceChanged(
            product_id=MUG, variant_id=BLUE, price_id=new, amount=999, currency="EUR", effective_from=stage.clock.now()
        )
    ]
    assert (stage.one(Price, old).amount, stage.one(Price, old).effective_to) == (1_250, stage.clock.now())
    line = stage.quote((MUG, BLUE, 1)).lines[0]
    assert (line.unit_amount, line.price_id) == (999, new)
    copied = stage.one(Product, MUG).variant(BLUE)
    assert copied is not None
    assert copied.price == 999
    assert stage.due() == {}
    assert stage.undeclared_loads == 0


def test_the_price_that_is_in_force_is_not_set_again(stage: ProductsStage) -> None:
    stage.clock.tick(hours=1)
    commits = stage.store.commits
    assert set_price(stage, 1_250) == []
    assert stage.result == stage.one(Offer, BLUE).price_id
    assert stage.store.commits == commits


def test_a_planned_price_comes_into_force_when_its_time_has_come(stage: ProductsStage) -> None:
    at = stage.clock.now() + timedelta(days=1)
    assert set_price(stage, 999, at) == []
    planned = stage.result
    set_price(stage, 999, at)
    assert stage.result == planned
    assert stage.due()[f"price:{planned}"].due_at == at
    assert stage.quote((MUG, BLUE, 1)).lines[0].unit_amount == 1_250
    stage.clock.time = at
    (told,) = ring(stage, planned)
    assert isinstance(told, PriceChanged)
    assert (told.price_id, told.amount, told.effective_from) == (planned, 999, at)
    assert stage.quote((MUG, BLUE, 1)).lines[0].price_id == planned
    assert stage.send(ApplyPrice(product_id=MUG, variant_id=BLUE, effective_from=at)) == []
    assert stage.undeclared_loads == 0


def test_a_planned_price_that_was_overtaken_does_not_come(stage: ProductsStage) -> None:
    at = stage.clock.now() + timedelta(days=1)
    set_price(stage, 999, at)
    first = stage.result
    set_price(stage, 888, at)
    second = stage.result
    stage.clock.time = at + timedelta(minutes=5)
    (told,) = ring(stage, first)
    assert isinstance(told, PriceChanged)
    assert told.price_id == second
    assert ring(stage, second) == []
    assert stage.one(Price, first).effective_to == at
    assert stage.quote((MUG, BLUE, 1)).lines[0].unit_amount == 888


def test_a_price_set_now_leaves_the_plan_standing(stage: ProductsStage) -> None:
    at = stage.clock.now() + timedelta(days=1)
    set_price(stage, 999, at)
    planned = stage.result
    stage.clock.tick(hours=1)
    set_price(stage, 1_100)
    assert stage.one(Price, stage.result).effective_to == at
    stage.clock.time = at
    ring(stage, planned)
    assert stage.quote((MUG, BLUE, 1)).lines[0].unit_amount == 999


def test_a_plan_comes_into_force_though_the_clock_was_set_back(stage: ProductsStage) -> None:
    at = stage.clock.now() + timedelta(days=1)
    set_price(stage, 999, at)
    stage.clock.time = at - timedelta(seconds=1)
    ring(stage, stage.result)
    assert stage.one(Offer, BLUE).unit_amount == 999


def test_no_planned_price_comes_to_an_archived_product(stage: ProductsStage) -> None:
    at = stage.clock.now() + timedelta(days=1)
    set_price(stage, 999, at)
    planned = stage.result
    stage.send(ArchiveProduct(product_id=MUG))
    stage.clock.time = at
    assert ring(stage, planned) == []
    assert stage.one(Offer, BLUE).unit_amount == 1_250
    assert stage.send(ApplyPrice(product_id=an_id("nothing"), variant_id=BLUE, effective_from=at)) == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"amount": 0}, DomainError),
        ({"amount": -1}, DomainError),
        ({"amount": AMOUNT_MAX + 1}, DomainError),
        ({"amount": 0, "currency": "XXX"}, Several),
        ({"variant_id": an_id("nothing")}, NoSuchVariant),
        ({"variant_id": "no id"}, NoSuchVariant),
        ({"effective_from": START - timedelta(seconds=1)}, PriceInThePast),
        ({"effective_from": datetime(2026, 2, 1)}, NotAnInstant),  # noqa: DTZ001
    ],
)
def test_a_price_that_cannot_be_changes_nothing(
    stage: ProductsStage,
    change: dict[str, Any],
    error: type[DomainError],
) -> None:
    commits = stage.store.commits
    with pytest.raises(error):
        set_price(stage, **{"amount": 999, **change})
    assert stage.store.commits == commits
    assert stage.due() == {}


def test_the_first_price_of_a_draft_starts_at_once() -> None:
    stage = ProductsStage()
    stage.create(variant("blue", 0))
    assert stage.all(Price) == []
    with pytest.raises(FirstPriceStartsNow):
        set_price(stage, 999, stage.clock.now() + timedelta(days=1))
    set_price(stage, 999, currency="USD")
    stage.send(PublishProduct(product_id=MUG))
    assert stage.quote((MUG, BLUE, 1)).currency == "USD"


def test_a_strangers_variant_is_no_variant_of_mine(stage: ProductsStage) -> None:
    stage.publish(variant("theirs"), product_id=an_id("theirs"), seller_id=STRANGER)
    with pytest.raises(NoSuchVariant):
        set_price(stage, 1, variant_id=an_id("theirs"))
    assert stage.one(Offer, an_id("theirs")).unit_amount == 1_250


changes = st.lists(
    st.tuples(
        st.integers(0, 5).map(lambda hours: timedelta(hours=hours)),
        st.integers(0, 8).map(lambda hours: timedelta(hours=hours)),
        st.sampled_from([100, 200, 300]),
    ),
    min_size=1,
    max_size=12,
)


@given(changes)
def test_at_every_instant_exactly_one_price_is_in_force(plan: list[tuple[timedelta, timedelta, int]]) -> None:
    now = START
    versions = [_version(0, 50, START)]
    for number, (wait, ahead, amount) in enumerate(plan, 1):
        now += wait
        past = {
            START + timedelta(minutes=30 * step): _id_at(versions, START + timedelta(minutes=30 * step))
            for step in range(300)
            if START + timedelta(minutes=30 * step) < now
        }
        new = _version(number, amount, now + ahead)
        counts = add_version(versions, new, now)
        assert counts.amount == amount
        if counts is new:
            versions.append(new)
        assert price_at(versions, now + ahead) is counts
        # What was in force stays written as it was.
        assert all(_id_at(versions, instant) == id for instant, id in past.items())
        for step in range(300):
            instant = START + timedelta(minutes=30 * step)
            assert sum(version.is_in_force(instant) for version in versions) == 1
    assert price_at(versions, START - timedelta(seconds=1)) is None


def _version(number: int, amount: int, at: datetime) -> Price:
    return Price(
        id=an_id(str(number)), product_id=MUG, variant_id=BLUE, base_price=amount, currency="EUR", effective_from=at
    )


def _id_at(versions: list[Price], instant: datetime) -> Id:
    price = price_at(versions, instant)
    assert price is not None
    return price.id


@settings(max_examples=50, deadline=None)
@given(changes)
def test_offer_and_variant_always_copy_the_price_in_force(plan: list[tuple[timedelta, timedelta, int]]) -> None:
    stage = ProductsStage()
    stage.publish()
    for wait, ahead, amount in plan:
        stage.clock.time += wait
        for due in sorted(stage.due().values(), key=lambda due: due.due_at):
            if due.due_at <= stage.clock.now():
                ring(stage, due.id.removeprefix("price:"))
        set_price(stage, amount, stage.clock.now() + ahead)
        price = price_at(stage.all(Price), stage.clock.now())
        offer, copied = stage.one(Offer, BLUE), stage.one(Product, MUG).variant(BLUE)
        assert price is not None
        assert copied is not None
        assert (offer.price_id, offer.unit_amount, offer.currency) == (price.id, price.amount, price.currency)
        assert (copied.price, copied.currency) == (price.amount, price.currency)
    assert stage.undeclared_loads == 0
