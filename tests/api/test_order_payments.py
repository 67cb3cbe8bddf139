"""What was paid for an order and what went back, over HTTP: its buyer's, its seller's own share, nobody else's."""

from __future__ import annotations

import pytest

from argosy.contracts.payments import RefundPayment
from argosy.shared_kernel.ids import Id
from tests.api.shop import Shop, nobodys
from tests.api.test_cancelling import second_seller
from tests.api.test_endpoints import everyone
from tests.marketplace import Marketplace


@pytest.fixture
def shop(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("ARGOSY_TEST_GATEWAY_LATENCY_MS", "0")
    return Shop(marketplace)


def test_a_buyer_sees_what_was_paid_in_which_way_and_what_came_back_when(shop: Shop) -> None:
    (order_id,) = shop.bought()["order_ids"]
    path = f"orders/{order_id}/payments"
    told = shop.call("GET", path, token=shop.buyer).json
    [(payment_id, total)] = shop.place.rows("orders", "SELECT payment_id, total_amount FROM orders")
    assert (told["total_amount"], told["paid_amount"], told["refunded_amount"]) == (total, total, 0)
    assert (told["currency"], told["payment_method"], told["refunds"]) == ("EUR", "card", [])
    assert told["payment"] == {"payment_id": str(payment_id), "amount": total, "credit_amount": 0}
    assert told["paid_at"] and told["share"] is None
    refund = RefundPayment(
        flow_id=nobodys("flow"), payment_id=Id(str(payment_id)), refund_id=nobodys("refund"), amount=700
    )
    shop.place.do("payments", refund)
    on_its_way = shop.call("GET", path, token=shop.buyer).json
    assert (on_its_way["refunded_amount"], on_its_way["refunding_amount"]) == (0, 700)
    assert on_its_way["refunds"][0]["done_at"] is None
    shop.drain()
    told = shop.call("GET", path, token=shop.buyer).json
    assert (told["refunded_amount"], told["refunding_amount"]) == (700, 0)
    (back,) = told["refunds"]
    assert (back["refund_id"], back["amount"], back["is_done"]) == (nobodys("refund"), 700, True)
    assert back["done_at"] >= back["asked_at"]


def test_a_seller_sees_their_own_share_and_no_more_of_the_purchase(shop: Shop) -> None:
    ended = shop.bought(lines=[shop.line(), second_seller(shop)])
    mine = shop.call("GET", "stores/mine", token=shop.seller).json["seller_id"]
    sold = {str(seller): str(id) for id, seller in shop.place.rows("orders", "SELECT id, seller_id FROM orders")}
    assert len(ended["order_ids"]) == len(sold) == 2
    told = shop.call("GET", f"orders/{sold.pop(mine)}/payments", token=shop.seller).json
    share = told["share"]
    assert share["seller_id"] == mine and told["payment"] is None
    assert told["paid_amount"] == share["goods_amount"] + share["shipping_amount"] + share["tax_amount"]
    assert share["commission_amount"] == 125
    (other,) = sold.values()
    assert shop.call("GET", f"orders/{other}/payments", token=shop.seller).status == 404
    staff = shop.call("GET", f"orders/{other}/payments", token=shop.staff()).json
    assert staff["share"]["order_id"] == other and staff["payment"]["amount"] > staff["paid_amount"]


def test_what_is_not_theirs_is_answered_as_what_is_not_there(shop: Shop) -> None:
    (order_id,) = shop.bought()["order_ids"]
    people = everyone(shop)
    other = shop.person()
    for token in (other, people["guest"]):
        theirs = shop.call("GET", f"orders/{order_id}/payments", token=token)
        nothing = shop.call("GET", f"orders/{nobodys('order')}/payments", token=token)
        assert (theirs.status, theirs.body) == (nothing.status, nothing.body) == (404, nothing.body)
    assert shop.call("GET", f"orders/{order_id}/payments").status == 401


def test_an_order_that_awaits_its_money_has_none(shop: Shop) -> None:
    """Cash at the door: nothing is taken before."""
    ended = shop.bought(payment_method="cash_on_delivery")
    (order_id,) = ended["order_ids"]
    told = shop.call("GET", f"orders/{order_id}/payments", token=shop.buyer).json
    assert (told["paid_at"], told["paid_amount"], told["payment"], told["refunds"]) == (None, 0, None, [])
    assert told["payment_method"] == "cash_on_delivery"
