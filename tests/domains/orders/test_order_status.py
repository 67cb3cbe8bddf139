"""The table of legal moves, as the README shows it and as orders obey it."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

import argosy.domains.orders
from argosy.domains.orders.domain.order import Occasion, Order, OrderCannotGoThere
from argosy.domains.orders.domain.order_number import order_number
from argosy.domains.orders.domain.order_status import MOVES, NOTHING, ORDER_TYPES, STATUSES
from argosy.shared_kernel.ids import named_id
from tests.domains.orders.purchases import ADDRESS
from tests.support import CountingIds, FakeClock, an_id

README = Path(argosy.domains.orders.__file__).with_name("README.md").read_text(encoding="utf-8")
TYPES_SHOWN = {ORDER_TYPES: "all", ("PREPAID",): "prepaid", ("CASH_ON_DELIVERY",): "cash on delivery"}


def an_order(order_type: str, status: str) -> Order:
    now = FakeClock().now()
    return Order(
        id=an_id("order"),
        purchase_id=an_id("purchase"),
        buyer_id=an_id("buyer"),
        seller_id=an_id("seller"),
        order_number="",
        status=status,
        order_type=order_type,
        currency="EUR",
        total_amount=1,
        address=ADDRESS,
        created_at=now,
        updated_at=now,
    )


def test_the_readme_shows_the_moves_of_the_domain() -> None:
    rows = [
        tuple(cell.strip() for cell in row.strip("|").split("|"))
        for row in README.splitlines()
        if re.match(r"\|[ A-Z]*\| [A-Z]+ \|", row)
    ]
    assert rows == [(move.from_status, move.to_status, TYPES_SHOWN[move.order_types], move.by) for move in MOVES]


@pytest.mark.parametrize("order_type", ORDER_TYPES)
def test_an_order_takes_exactly_the_moves_of_the_table(order_type: str) -> None:
    legal = {(move.from_status, move.to_status) for move in MOVES if order_type in move.order_types}
    occasion = Occasion(by="somebody", at=FakeClock().now(), new_id=CountingIds().new)
    for step in product((NOTHING, *STATUSES), STATUSES):
        order = an_order(order_type, step[0])
        if step in legal:
            order.move_to(step[1], "because", occasion)
            assert [
                (change.from_status, change.to_status, change.reason, change.changed_by) for change in order.history
            ] == [(*step, "because", "somebody")]
            assert order.status == step[1]
        else:
            with pytest.raises(OrderCannotGoThere):
                order.move_to(step[1], "because", occasion)
            assert (order.status, order.history) == (step[0], [])


@pytest.mark.parametrize("order_type", ORDER_TYPES)
def test_status_is_one_way(order_type: str) -> None:
    after: dict[str, set[str]] = {status: set() for status in (NOTHING, *STATUSES)}
    for _ in STATUSES:
        for move in MOVES:
            if order_type in move.order_types:
                after[move.from_status] |= {move.to_status} | after[move.to_status]
    assert all(status not in later for status, later in after.items())
    assert after["REFUNDED"] == after["CANCELLED"] == set()


def test_order_numbers_are_short_stable_and_never_misread() -> None:
    numbers = {order_number(named_id("order", str(index))) for index in range(20_000)}
    assert len(numbers) == 20_000
    assert all(re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}", number) for number in numbers)
    assert order_number(an_id("order")) == order_number(an_id("order"))


def test_order_numbers_of_neighbours_tell_nothing() -> None:
    ids = CountingIds()
    numbers = [order_number(ids.new()) for _ in range(100)]
    assert numbers != sorted(numbers)
    assert len({number[0] for number in numbers}) > 20
