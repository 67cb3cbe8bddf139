"""What whoever pays for discounts reads of them: each coupon with its uses, each promotion with its units, each
campaign; page by page, and nobody else's."""

from __future__ import annotations

from typing import Any

from tests.api.shop import Shop, assert_problem, nobodys

FAR, FARTHER = "2998-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
TENTH = {"effect": "percentage", "basis_points": 1_000}


def made(shop: Shop, path: str, token: str, **body: Any) -> Any:
    answer = shop.call("POST", path, body, token=token)
    assert answer.status == 201, answer
    return answer


def pages(shop: Shop, path: str, token: str, name: str) -> list[Any]:
    """All pages of one thing each, of each thing one field."""
    found: list[Any] = []
    following = f"{path}{'&' if '?' in path else '?'}limit=1"
    while following:
        page = shop.call("GET", following, token=token)
        assert page.status == 200 and len(page.json["items"]) <= 1, page
        found += [one[name] for one in page.json["items"]]
        following = (page.json["next"] or "").removeprefix("/api/v1/")
    return found


def test_a_coupon_tells_who_pays_for_it_how_often_it_is_used_and_why_it_counts_no_more(shop: Shop) -> None:
    made(shop, "coupons", shop.seller, code="once", basis_points=1_000, max_uses=1)
    fresh = shop.call("GET", "coupons/once", token=shop.seller).json
    assert (fresh["code"], fresh["uses_consumed"], fresh["why_not"]) == ("ONCE", 0, "")
    assert shop.bought(coupons=["ONCE"])["total_amount"] == 2_749
    used = shop.call("GET", "coupons/ONCE", token=shop.seller).json
    assert (used["max_uses"], used["uses_reserved"], used["uses_consumed"]) == (1, 0, 1)
    assert (used["status"], used["why_not"]) == ("ACTIVE", "used_up")
    made(shop, "coupons", shop.seller, code="later", basis_points=1_000, valid_from=FAR)
    assert shop.call("GET", "coupons/LATER", token=shop.seller).json["why_not"] == "not_yet_valid"
    assert shop.call("POST", "coupons/ONCE/disable", token=shop.seller).status == 200
    assert shop.call("GET", "coupons/ONCE", token=shop.seller).json["why_not"] == "disabled"


def test_coupons_are_listed_by_their_codes_without_those_of_campaigns(shop: Shop) -> None:
    staff = shop.staff()
    seller_id = shop.call("GET", "stores/mine", token=shop.seller).json["seller_id"]
    for code in ("TEA", "ALL", "OFF"):
        made(shop, "coupons", shop.seller, code=code, basis_points=1_000)
    made(shop, "coupons", staff, code="WELCOME", basis_points=1_000)
    made(shop, "coupon-campaigns", shop.seller, name="Spring", count=2, basis_points=1_000)
    shop.call("POST", "coupons/OFF/disable", token=shop.seller)
    shop.drain()
    assert pages(shop, "coupons", shop.seller, "code") == ["ALL", "OFF", "TEA"]
    assert pages(shop, "coupons?status=ACTIVE", shop.seller, "code") == ["ALL", "TEA"]
    assert pages(shop, "coupons", staff, "code") == ["WELCOME"]
    assert pages(shop, f"coupons?seller_id={seller_id}", staff, "code") == ["ALL", "OFF", "TEA"]
    assert_problem(shop.call("GET", "coupons?status=GONE", token=staff), 422, "invalid_request")


def test_campaigns_are_listed_and_a_code_of_one_that_is_disabled_is_so(shop: Shop) -> None:
    first = made(shop, "coupon-campaigns", shop.seller, name="Spring", count=1, basis_points=1_000).json["id"]
    second = made(shop, "coupon-campaigns", shop.seller, name="Autumn", count=1, basis_points=1_000).json["id"]
    shop.drain()
    assert pages(shop, "coupon-campaigns", shop.seller, "campaign_id") == [second, first]
    code = shop.call("GET", f"coupon-campaigns/{first}/coupons", token=shop.seller).json["items"][0]["code"]
    shown = shop.call("GET", f"coupons/{code}", token=shop.seller).json
    assert (shown["campaign_id"], shown["status"], shown["why_not"]) == (first, "ACTIVE", "")
    shop.call("POST", f"coupon-campaigns/{first}/disable", token=shop.seller)
    assert pages(shop, "coupon-campaigns?status=ACTIVE", shop.seller, "campaign_id") == [second]
    shown = shop.call("GET", f"coupons/{code}", token=shop.seller).json
    assert (shown["status"], shown["why_not"]) == ("DISABLED", "disabled")


def test_promotions_tell_how_they_stand_and_how_much_of_them_is_had(shop: Shop) -> None:
    running = made(shop, "promotions", shop.seller, name="Deal", terms={**TENTH, "units_max": 5}, ends_at=FAR)
    planned = made(shop, "promotions", shop.seller, name="Later", terms=TENTH, starts_at=FAR, ends_at=FARTHER)
    assert running.headers["location"] == f"/api/v1/promotions/{running.json['id']}"
    assert pages(shop, "promotions", shop.seller, "state") == ["planned", "running"]
    assert shop.bought(lines=[shop.line(quantity=2)])["status"] == "COMPLETED"
    deal = shop.call("GET", f"promotions/{running.json['id']}", token=shop.seller).json
    assert (deal["state"], deal["terms"]["units_max"], deal["units_sold"]) == ("running", 5, 2)
    assert shop.call("POST", f"promotions/{planned.json['id']}/end", token=shop.seller).status == 200
    assert pages(shop, "promotions", shop.seller, "name") == ["Deal"]
    assert shop.call("GET", "promotions/active").status == 200, "an address of its own"
    assert pages(shop, "promotions", shop.staff(), "name") == []


def test_promotions_that_have_ended_are_listed_the_last_ended_first(shop: Shop) -> None:
    ids = [
        made(shop, "promotions", shop.seller, name=name, terms={**TENTH, "units_max": 2}, ends_at=FAR).json["id"]
        for name in ("One", "Two", "Three")
    ]
    for promotion_id in (ids[1], ids[0]):
        assert shop.call("POST", f"promotions/{promotion_id}/end", token=shop.seller).status == 200
    assert shop.bought(lines=[shop.line(quantity=2)])["status"] == "COMPLETED"
    ended = "promotions?state=ended"
    assert pages(shop, ended, shop.seller, "name") == ["Three", "One", "Two"]
    assert pages(shop, "promotions", shop.seller, "name") == []
    last = shop.call("GET", f"{ended}&limit=1", token=shop.seller).json
    assert "state=ended" in last["next"]
    [three] = last["items"]
    assert (three["promotion_id"], three["state"], three["units_sold"], three["terms"]["units_max"]) == (
        ids[2],
        "ended",
        2,
        2,
    ), "it ended with its last unit"
    assert three["created_at"] < three["ended_at"] < three["ends_at"]
    assert three["units_reserved"] == 0
    other = shop.person()
    shop.call("POST", "stores", {"store_name": "Other"}, token=other)
    seller_id = three["funded_by"]
    assert pages(shop, f"{ended}&seller_id={seller_id}", other, "name") == []
    assert pages(shop, f"{ended}&seller_id={seller_id}", shop.staff(), "name") == ["Three", "One", "Two"]
    assert_problem(shop.call("GET", "promotions?state=lost", token=shop.seller), 422, "invalid_request")


def test_staff_see_the_groups_that_they_put_buyers_in(shop: Shop) -> None:
    staff = shop.staff()
    buyer_id = shop.call("GET", "users/me", token=shop.buyer).json["user_id"]
    path = f"promotions/buyers/{buyer_id}/groups"
    assert shop.call("GET", path, token=staff).json == {"has_ordered": False, "groups": []}
    assert shop.call("PUT", path, {"groups": ["vip", "press"]}, token=staff).status == 200
    assert shop.bought()["status"] == "COMPLETED"
    assert shop.call("GET", path, token=staff).json == {"has_ordered": True, "groups": ["press", "vip"]}
    assert_problem(shop.call("GET", path, token=shop.buyer), 403, "staff_only")


def test_nobody_else_s_discounts_are_seen(shop: Shop) -> None:
    other = shop.person()
    shop.call("POST", "stores", {"store_name": "Other"}, token=other)
    seller_id = shop.call("GET", "stores/mine", token=shop.seller).json["seller_id"]
    made(shop, "coupons", shop.seller, code="MINE", basis_points=1_000)
    made(shop, "coupon-campaigns", shop.seller, name="Spring", count=1, basis_points=1_000)
    deal = made(shop, "promotions", shop.seller, name="Deal", terms=TENTH, ends_at=FAR).json["id"]
    for path in ("coupons", "coupon-campaigns", "promotions"):
        assert shop.call("GET", f"{path}?seller_id={seller_id}", token=other).json["items"] == []
        assert_problem(shop.call("GET", path, token=shop.buyer), 403, "sellers_only")
    for path, none in (("coupons/MINE", "coupons/NONE"), (f"promotions/{deal}", f"promotions/{nobodys('deal')}")):
        seen, unseen = (shop.call("GET", one, token=other) for one in (path, none))
        assert seen.status == unseen.status == 404
        assert seen.body.replace(path.encode(), none.encode()) == unseen.body
