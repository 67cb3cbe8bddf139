"""What staff do stands in the log of the context that they do it to, in the commit that does it. Generated from the
table of operations: one that staff may use and that leaves nothing of who did it is found."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argosy.platform.rest import Endpoint
from tests.api.scene import FAR, Scene, table
from tests.api.shop import Answer, Shop
from tests.api.strangers import provider, scene

__all__ = ["provider", "scene"]

MAKING: dict[str, Any] = {
    "AddCategory": {"code": "kitchen", "name": "Kitchen"},
    "SetTaxRule": {"country": "ES", "basis_points": 2_100, "is_inclusive": True},
    "SetTaxTerms": {"country": "ES"},
    "SetCommission": {"basis_points": 900},
    "IssueGiftCards": {"amount": 500, "currency": "EUR", "reason": "spring"},
    "GenerateCoupons": {"name": "Autumn", "count": 2, "basis_points": 500},
    "CreateCoupon": {"code": "AUTUMN", "basis_points": 500},
    "CreatePromotion": {"name": "Deal", "terms": {"effect": "percentage", "basis_points": 100}, "ends_at": FAR},
    "OpenWarehouse": {"code": "central", "name": "Central", "country": "PT"},
    "SetShippingRate": {"method": "express", "currency": "EUR", "base_amount": 999},
    "SetDeliveryPolicy": {"handling_days": 2},
    "CreateApiKey": {"name": "robot", "scopes": ["taxes:read"]},
    "RegisterWebhook": {"url": "https://erp.example/"},
}
"""What staff send where a path names nothing."""

CHANGES_NOTHING = {
    "PreviewTax": "changes nothing",
    "SimulatePromotion": "changes nothing",
    "ApproveSeller": "no store waits for it: test_sellers.py",
    "RejectSeller": "no store waits for it: test_sellers.py",
    "ReinstateSeller": "no store is suspended: test_sellers.py",
    "UnblockUser": "nobody is blocked: test_accounts.py",
    "RecordMoney": "no order waits for a transfer: test_money_by_hand.py",
    "ReconcileStock": "nothing was counted: test_stock.py",
    "AssignBuyerGroups": "of no group, and in no group",
    "ChangeWebhook": "a store's own",
    "RemoveWebhook": "a store's own",
    "RotateWebhookSecret": "a store's own",
    "RedeliverEvent": "a store's own",
    "AddImage": "a picture: test_pictures.py",
    "ChangeWarehouse": "a store's own, by its name",
    "RemoveCollection": "a store's own, by its name",
    "SetPrices": "of none: test_currencies.py",
    "AdjustStocks": "of none: test_stock.py",
    "DisableCoupons": "of none: test_campaigns.py",
    "SendCount": "a file: test_counts.py",
    "FetchImage": "of what is archived: test_image_fetches.py",
    "ResumeImport": "of one that is not parked: test_parked_imports.py",
    "GrantRole": "had already",
    "LinkStock": "linked already",
    "ArrangeImages": "of no pictures",
    "PublishProduct": "published already",
    "MoveCategory": "stands there already",
    "SetCategoryAttributes": "of none",
    "SetStockRules": "the same",
    "SetSellerTaxes": "the same",
    "AddVariant": "a product without options has one: test_catalogue.py",
    "SetOptions": "of which its variant has none: test_catalogue.py",
    "CombineOptions": "of which there are none: test_catalogue.py",
    "SetSale": "for longer than a year: test_catalogue.py",
    "ChangeDelivery": "of an order that was paid: test_cancelling.py",
}


def acted(shop: Shop, label: str) -> list[dict[str, Any]]:
    log = shop.place.runtime.stores[label].log.table
    rows = shop.place.rows(label, f"SELECT payload FROM {log} WHERE event_type = 'messages.StaffActed' ORDER BY id")
    return [json.loads(row[0]) if isinstance(row[0], str) else row[0] for row in rows]


def told_by(shop: Shop, label: str) -> int:
    return int(shop.place.rows(label, f"SELECT count(*) FROM {shop.place.runtime.stores[label].log.table}")[0][0])


def for_staff() -> list[tuple[str, Endpoint]]:
    """Commands of people with rights over others; those that end somebody last."""
    found = [
        (label, one)
        for label, one in table()
        if one.command is not None and (one.allow.name in ("staff", "merchant") or one.is_for_staff_too)
    ]
    assert len(found) > 60
    return sorted(found, key=lambda one: one[1].name in ("SuspendSeller", "BlockUser", "EraseSomebody"))


def done(scene: Scene, endpoint: Endpoint) -> Answer:
    if endpoint.name in MAKING:
        return scene.shop.call(endpoint.method, endpoint.path, MAKING[endpoint.name], token=scene.boss)
    return scene.ask(endpoint, scene.things_of(endpoint, scene.theirs), scene.boss)


@pytest.mark.slow
def test_everything_that_staff_change_says_who_did_it(scene: Scene) -> None:
    shop = scene.shop
    boss = shop.call("GET", "users/me", token=scene.boss).json["user_id"]
    silent, idle = [], []
    for label, endpoint in for_staff():
        before, known = told_by(shop, label), len(acted(shop, label))
        answer = done(scene, endpoint)
        if told_by(shop, label) == before:
            if endpoint.name not in CHANGES_NOTHING:
                idle.append(f"{endpoint.route}: {answer}")
            continue
        new = acted(shop, label)[known:]
        if [(one["operator"], one["what"]) for one in new] != [(boss, endpoint.name)]:
            silent.append(f"{endpoint.route}: {new}")
    assert not silent, "\n".join(silent)
    assert not idle, "\n".join(idle)


def test_staff_who_sell_are_named_all_the_same(shop: Shop) -> None:
    """Who has a store of their own acts as staff on everybody else's."""
    boss = shop.staff()
    assert shop.call("POST", "stores", {"store_name": "Ours"}, token=boss).status == 201
    assert shop.call("PATCH", f"products/{shop.product_id}", {"title": "Other"}, token=boss).status == 204
    assert [one["what"] for one in acted(shop, "products")] == ["UpdateProduct"]


def test_staff_who_call_an_order_off_are_named_and_its_buyer_is_not(shop: Shop) -> None:
    boss = shop.staff()
    for number, token in (("one", boss), ("two", shop.buyer)):
        order_id = shop.bought(number)["order_ids"][0]
        body = {"reason": "asked for by telephone"}
        assert shop.call("POST", f"orders/{order_id}/cancel", body, token=token).status == 202
    [told] = acted(shop, "orders")
    assert (told["what"], told["reason"]) == ("CancelOrder", "asked for by telephone")


def listed(shop: Shop, token: str, query: str = "") -> list[dict[str, Any]]:
    answer = shop.call("GET", f"audit?{query}", token=token)
    assert answer.status == 200, answer
    found: list[dict[str, Any]] = answer.json["items"]
    return found


def test_staff_see_who_did_what_by_each_filter_and_page_by_page(shop: Shop) -> None:
    boss = shop.staff()
    boss_id = shop.call("GET", "users/me", token=boss).json["user_id"]
    eve = shop.person("eve@example.com")
    eve_id = shop.call("GET", "users/me", token=eve).json["user_id"]
    for what in ("block", "unblock"):
        assert shop.call("POST", f"users/{eve_id}/{what}", {"reason": "Eve stole"}, token=boss).status == 204
    assert shop.call("PATCH", f"products/{shop.product_id}", {"title": "Other"}, token=boss).status == 204
    assert listed(shop, boss) == []
    shop.drain()
    assert [one["what"] for one in listed(shop, boss)] == ["UpdateProduct", "UnblockUser", "BlockUser"]
    first, *_ = listed(shop, boss)
    assert (first["operator"], first["about"], first["context"], first["acted_as"]) == (
        boss_id,
        shop.product_id,
        "products",
        "staff",
    )
    for query, found in (
        (f"about={eve_id}", ["UnblockUser", "BlockUser"]),
        ("what=BlockUser", ["BlockUser"]),
        ("context=products", ["UpdateProduct"]),
        (f"operator={boss_id}&what=UnblockUser", ["UnblockUser"]),
        (f"operator={eve_id}", []),
        ("acted_as=member", []),
        ("since=2999-01-01T00:00:00Z", []),
        ("until=2000-01-01T00:00:00Z", []),
        ("since=2000-01-01T00:00:00Z&until=2999-01-01T00:00:00Z", ["UpdateProduct", "UnblockUser", "BlockUser"]),
    ):
        assert [one["what"] for one in listed(shop, boss, query)] == found, query
    pages, path = [], "audit?limit=1&acted_as=staff&since=2000-01-01T00:00:00Z"
    while path:
        page = shop.call("GET", path, token=boss).json
        pages += [one["what"] for one in page["items"]]
        path = (page["next"] or "").removeprefix("/api/v1/")
    assert pages == ["UpdateProduct", "UnblockUser", "BlockUser"]
    assert shop.call("GET", "audit", token=shop.seller).json["code"] == "staff_only"


def test_what_staff_said_of_somebody_is_forgotten_with_them(shop: Shop) -> None:
    boss = shop.staff()
    eve = shop.person("eve@example.com")
    eve_id = shop.call("GET", "users/me", token=eve).json["user_id"]
    order_id = shop.bought(token=eve)["order_ids"][0]
    body = {"reason": "Eve said so"}
    assert shop.call("POST", f"orders/{order_id}/cancel", body, token=boss).status == 202
    for what in ("block", "unblock"):
        assert shop.call("POST", f"users/{eve_id}/{what}", {"reason": "Eve stole"}, token=boss).status == 204
    shop.drain()
    assert {one["reason"] for one in listed(shop, boss)} == {"Eve said so", "Eve stole"}
    assert shop.call("DELETE", f"users/{eve_id}", token=boss).status == 202
    shop.drain()
    from argosy.contracts.accounts import TellErasure
    from argosy.shared_kernel.ids import Id

    shop.place.do("accounts", TellErasure(user_id=Id(eve_id)))
    shop.drain()
    assert {one["reason"] for one in listed(shop, boss)} == {""}
    for context in ("accounts", "orders"):
        assert "Eve s" not in str([one["reason"] for one in acted(shop, context)])


def test_the_command_line_shows_it_too(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    from argosy.apps.cli.main import main

    boss = shop.staff()
    assert shop.call("PATCH", f"products/{shop.product_id}", {"title": "Other"}, token=boss).status == 204
    shop.drain()
    assert main(["audit", "--what", "UpdateProduct"]) in (0, None)
    assert f"UpdateProduct {shop.product_id} by " in capsys.readouterr().out
    main(["audit", "--what", "BlockUser"])
    assert "nothing of that kind was done" in capsys.readouterr().out
