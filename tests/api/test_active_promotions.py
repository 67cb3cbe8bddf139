"""What runs now, over HTTP: by product, by seller, page by page; nothing that is planned, over or for a few."""

from __future__ import annotations

from typing import Any

from argosy.read_models.rebuild import rebuild
from argosy.read_models.slots import forget_live_slots
from tests.api.shop import Shop
from tests.api.test_endpoints import everyone

FAR = "2999-01-01T00:00:00Z"


def promote(shop: Shop, token: str, name: str, starts_at: str | None = None, **terms: Any) -> str:
    body = {"name": name, "terms": {"effect": "percentage", "basis_points": 100, **terms}, "ends_at": FAR}
    made = shop.call("POST", "promotions", {**body, "starts_at": starts_at}, token=token)
    assert made.status == 201, made
    id: str = made.json["id"]
    return id


def names(shop: Shop, **query: str) -> list[str]:
    """All pages of one thing each."""
    path = "promotions/active?limit=1" + "".join(f"&{name}={value}" for name, value in query.items())
    found: list[str] = []
    while path:
        page = shop.call("GET", path)
        assert page.status == 200 and len(page.json["items"]) <= 1, page
        found += [one["name"] for one in page.json["items"]]
        path = (page.json["next"] or "").removeprefix("/api/v1/")
    return sorted(found)


def test_what_runs_is_found_by_what_it_is_for(shop: Shop) -> None:
    staff = everyone(shop)["staff"]
    seller_id = shop.call("GET", "stores/mine", token=shop.seller).json["seller_id"]
    category = shop.call("GET", f"products/{shop.product_id}").json["category"]
    other = shop.product("chair", 100)
    promote(shop, staff, "everything")
    promote(shop, staff, "of its category", category=category)
    promote(shop, staff, "of another category", category="no such")
    promote(shop, staff, "secret", buyer_group="vip")
    promote(shop, shop.seller, "store")
    promote(shop, shop.seller, "later", starts_at="2998-01-01T00:00:00Z")
    promote(shop, shop.seller, "other", product_ids=[other])
    mine = promote(shop, shop.seller, "this", product_ids=[shop.product_id, other])
    shop.drain()
    expected = ["everything", "of its category", "store", "this"]
    assert names(shop, product_id=shop.product_id) == expected
    assert names(shop, seller_id=seller_id) == ["other", "store", "this"]
    assert names(shop) == ["everything", "of another category", "of its category"]
    assert names(shop, product_id="no-id") == names(shop, seller_id="no-id") == []
    rebuild(shop.place.runtime, "active_promotions", look_seconds=0)
    forget_live_slots()
    assert names(shop, product_id=shop.product_id) == expected
    assert shop.call("POST", f"promotions/{mine}/end", token=shop.seller).status == 200
    shop.drain()
    assert names(shop, product_id=shop.product_id) == expected[:3]
