"""Over HTTP: a purchase by transfer or in cash moves no money, and only what the shop offers is taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.api.shop import Shop, assert_problem
from tests.doctor.planting import violated
from tests.marketplace import Marketplace


@pytest.fixture
def cards_only(monkeypatch: pytest.MonkeyPatch, marketplace: Marketplace) -> Iterator[Shop]:
    monkeypatch.setenv("ARGOSY_PAYMENT_METHODS", "card")
    context = marketplace.runtime.contexts["checkout"]
    context.__dict__.pop("terms", None)
    yield Shop(marketplace)
    context.__dict__.pop("terms", None)


@pytest.mark.parametrize("method", ["bank_transfer", "cash_on_delivery"])
def test_what_is_paid_later_is_confirmed_with_its_stock_and_no_money_moves(shop: Shop, method: str) -> None:
    ended = shop.bought(payment_method=method)
    assert (ended["status"], "authorize" in ended["steps"], "capture" in ended["steps"]) == ("COMPLETED", False, False)
    order = shop.call("GET", f"orders/{ended['order_ids'][0]}", token=shop.buyer).json
    assert order["status"] == "CONFIRMED"
    assert (order["pay_by"] is not None) == (method == "bank_transfer")
    assert shop.place.rows("payments", "SELECT count(*) FROM payment_intents") == [(0,)]
    assert shop.place.rows("inventory", "SELECT status FROM reservations") == [("COMMITTED",)]
    assert violated(shop.place) == {}


def test_a_transfer_that_came_pays_and_one_that_never_comes_gives_the_stock_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff = shop.staff()
    paid, unpaid = (shop.bought(name, payment_method="bank_transfer") for name in ("paid", "unpaid"))
    money = {"amount": paid["total_amount"], "currency": paid["currency"], "reference": "STMT-1"}
    assert shop.call("POST", f"orders/{paid['order_ids'][0]}/money", money, token=staff).status == 202
    shop.drain()
    clock = shop.place.runtime.clock
    in_a_week = clock.now() + timedelta(days=7, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: in_a_week)
    shop.drain()
    statuses = [
        shop.call("GET", f"orders/{one['order_ids'][0]}", token=shop.buyer).json["status"] for one in (paid, unpaid)
    ]
    assert statuses == ["PAID", "CANCELLED"]
    assert shop.place.rows("inventory", "SELECT status FROM reservations ORDER BY status") == [
        ("COMMITTED",),
        ("RESTOCKED",),
    ]


def test_a_way_to_pay_that_is_not_offered_is_refused_with_those_that_are(cards_only: Shop) -> None:
    before = cards_only.written()
    body = cards_only.purchase("one", payment_method="bank_transfer")
    answer = cards_only.call("POST", "checkouts", body, token=cards_only.buyer)
    problem = assert_problem(answer, 422, "payment_method_unknown")
    assert problem["faults"][0]["known"] == ["card"]
    assert cards_only.written() == before
