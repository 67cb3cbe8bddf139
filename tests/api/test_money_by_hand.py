"""A transfer that is awaited and comes: recorded by staff, booked, and the order is paid; over HTTP."""

from __future__ import annotations

import pytest

from argosy.contracts.orders import ConfirmOrders
from tests.api.shop import Shop, assert_problem, nobodys
from tests.api.test_endpoints import everyone
from tests.doctor.planting import violated
from tests.domains.orders.purchases import FLOW, ORDER_IDS, PURCHASE, draft, line, place
from tests.marketplace import Marketplace

ORDER_ID = ORDER_IDS[0]
MONEY = {"amount": 2_880, "currency": "EUR", "reference": "STMT-7"}


@pytest.fixture
def shop(marketplace: Marketplace) -> Shop:
    """With a purchase that waits for its transfer."""
    shop = Shop(marketplace)
    command = place(
        draft("anna", line(1, discount=100, on_top=380, shipping=500, shipping_on_top=100)), method="bank_transfer"
    )
    marketplace.do("orders", command)
    marketplace.do(
        "orders", ConfirmOrders(flow_id=FLOW, purchase_id=PURCHASE, order_ids=ORDER_IDS[:1], payment_id=None)
    )
    marketplace.drain()
    return shop


def status(shop: Shop) -> str:
    [(found,)] = shop.place.rows("orders", "SELECT status FROM orders WHERE id = ?", ORDER_ID)
    return str(found)


def test_a_transfer_pays_its_order_and_goes_back_when_it_is_called_off(shop: Shop) -> None:
    staff = everyone(shop)["staff"]
    assert status(shop) == "CONFIRMED"
    assert shop.call("POST", f"orders/{ORDER_ID}/money", MONEY, token=staff).status == 202
    shop.drain()
    assert status(shop) == "PAID"
    clearing = "SELECT balance FROM ledger_accounts WHERE name = 'clearing:bank'"
    assert shop.place.rows("payments", clearing) == [(2_880,)]
    assert_problem(shop.call("POST", f"orders/{ORDER_ID}/money", MONEY, token=staff), 409, "order_awaits_no_money")
    # Nothing of it was ever in stock here.
    assert set(violated(shop.place)) <= {"I06"}
    asked = shop.call("POST", f"orders/{ORDER_ID}/cancel", {"reason": "wrong size"}, token=staff)
    assert asked.status == 202 and asked.json["is_being_cancelled"]
    shop.drain()
    assert status(shop) == "REFUNDED"
    assert shop.place.rows("payments", clearing) == [(0,)]
    assert violated(shop.place) == {}


def test_what_is_not_the_orders_money_is_refused_with_all_faults(shop: Shop) -> None:
    people = everyone(shop)
    path = f"orders/{ORDER_ID}/money"
    for who in ("buyer", "seller"):
        assert_problem(shop.call("POST", path, MONEY, token=people[who]), 403, "staff_only")
    wrong = {"amount": 2_879, "currency": "USD", "reference": " "}
    problem = assert_problem(shop.call("POST", path, wrong, token=people["staff"]), 422, "several")
    assert [fault["field"] for fault in problem["faults"]] == ["amount", "reference"]
    for amount in (-1, 0, 1.5, "2880", True, None, 2**63):
        assert shop.call("POST", path, {**MONEY, "amount": amount}, token=people["staff"]).status == 422
    card = {**MONEY, "reference": "4242 4242 4242 4242"}
    assert_problem(shop.call("POST", path, card, token=people["staff"]), 422, "card_number_refused")
    unknown = shop.call("POST", f"orders/{nobodys('order')}/money", MONEY, token=people["staff"])
    assert_problem(unknown, 404, "no_such_order")
    assert status(shop) == "CONFIRMED"
