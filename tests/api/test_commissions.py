"""Commission over HTTP: staff set it, sellers see theirs, and the next sale pays it."""

from __future__ import annotations

import msgspec
import pytest

from argosy.domains.payments.adapters.outbound import commissions
from argosy.domains.payments.adapters.outbound.models import CommissionRuleRow
from tests.api.shop import Shop, assert_problem
from tests.api.test_endpoints import everyone
from tests.marketplace import Marketplace


@pytest.fixture
def shop(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("ARGOSY_TEST_GATEWAY_LATENCY_MS", "0")
    commissions.forget()
    return Shop(marketplace)


def test_staff_set_it_sellers_see_it_and_the_next_sale_pays_it(shop: Shop) -> None:
    clerk = everyone(shop)["staff"]
    made = shop.call("POST", "commissions", {"basis_points": 1_000, "category": "home"}, token=clerk)
    assert made.status == 201, made
    (listed,) = shop.call("GET", "commissions", token=clerk).json["items"]
    assert (listed["rule_id"], listed["basis_points"]) == (made.json["id"], 1_000)
    mine = shop.call("GET", "stores/mine/commission", token=shop.seller).json
    assert mine == {"basis_points": 500, "by_category": {}}
    CommissionRuleRow.objects.update(effective_from="2020-01-01T00:00:00Z")
    commissions.forget()
    mine = shop.call("GET", "stores/mine/commission", token=shop.seller).json
    assert mine == {"basis_points": 500, "by_category": {"home": 1_000}}
    assert shop.bought()["status"] == "COMPLETED"
    [(text,)] = shop.place.rows("payments", "SELECT CAST(shares AS text) FROM payment_intents")
    (share,) = msgspec.json.decode(text)
    assert (share["goods_amount"], share["commission_amount"]) == (2_500, 250)
    assert share["commission_parts"][0]["rule_id"] == made.json["id"]
    commissions.forget()


def test_nobody_else_sets_it_and_all_faults_are_told_at_once(shop: Shop) -> None:
    clerk = everyone(shop)["staff"]
    for token in (shop.buyer, shop.seller):
        assert_problem(shop.call("POST", "commissions", {"basis_points": 0}, token=token), 403, "staff_only")
        assert_problem(shop.call("GET", "commissions", token=token), 403, "staff_only")
    assert_problem(shop.call("GET", "stores/mine/commission", token=shop.buyer), 403, "sellers_only")
    sent = {"basis_points": 99_999, "category": "\n", "effective_from": "2020-01-01T00:00:00Z"}
    problem = assert_problem(shop.call("POST", "commissions", sent, token=clerk), 422, "several")
    assert [fault["field"] for fault in problem["faults"]] == ["basis_points", "category", "effective_from"]
    for wrong in (-1, 1.5, "10", True, None, 2**63):
        assert shop.call("POST", "commissions", {"basis_points": wrong}, token=clerk).status == 422
    assert CommissionRuleRow.objects.count() == 0
