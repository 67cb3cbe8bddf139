"""Campaigns of coupons over HTTP: asked for once, listed page by page, used once, nobody else's."""

from __future__ import annotations

from tests.api.shop import Shop, assert_problem, nobodys

SPRING = {"name": "Spring", "count": 5, "basis_points": 1_000, "prefix": "spring"}


def test_codes_are_made_once_per_key_listed_by_pages_and_used_once(shop: Shop) -> None:
    made = shop.call("POST", "coupon-campaigns", SPRING, token=shop.seller, Idempotency_Key="spring")
    assert made.status == 201, made
    again = shop.call("POST", "coupon-campaigns", SPRING, token=shop.seller, Idempotency_Key="spring")
    assert (again.status, again.json) == (201, made.json)
    path = made.headers["location"].removeprefix("/api/v1/")
    assert shop.call("GET", path, token=shop.seller).json["made"] == 0
    shop.drain()
    shown = shop.call("GET", path, token=shop.seller).json
    assert (shown["made"], shown["count"], shown["prefix"]) == (5, 5, "SPRING")
    codes: list[str] = []
    following = f"{path}/coupons?limit=2"
    while following:
        page = shop.call("GET", following, token=shop.seller)
        assert page.status == 200 and len(page.json["items"]) <= 2, page
        codes += [one["code"] for one in page.json["items"]]
        following = (page.json["next"] or "").removeprefix("/api/v1/")
    assert len(set(codes)) == 5
    log = shop.place.rows("promotions", "SELECT payload FROM coupons_outbox_events")
    assert not any(code in str(log) for code in codes)
    ended = shop.bought(coupons=[codes[0].lower()])
    assert (ended["status"], ended["total_amount"]) == ("COMPLETED", 2_749)
    used = shop.call("GET", f"{path}/coupons?limit=1", token=shop.seller).json["items"][0]
    assert (used["code"], used["uses_consumed"]) == (codes[0], 1)
    another = shop.bought("again", coupons=[codes[0]])
    assert another["failure"]["details"]["codes"] == [{"code": codes[0], "reason": "used_up"}]


def test_a_campaign_that_cannot_be_read_is_refused_whole(shop: Shop) -> None:
    bad = {**SPRING, "count": 0, "prefix": "no good", "terms": {"amount": 5}}
    refused = shop.call("POST", "coupon-campaigns", bad, token=shop.seller)
    assert (refused.status, refused.json["code"]) == (422, "several")
    assert len(refused.json["faults"]) >= 3, refused
    assert shop.place.rows("promotions", "SELECT count(*) FROM coupon_campaigns") == [(0,)]


def test_a_stranger_sees_a_campaign_like_one_that_does_not_exist(shop: Shop) -> None:
    made = shop.call("POST", "coupon-campaigns", SPRING, token=shop.seller).json["id"]
    stranger, nothing = shop.person(), nobodys("campaign")
    shop.call("POST", "stores", {"store_name": "Other"}, token=stranger)
    for rest in ("", "/coupons"):
        seen = shop.call("GET", f"coupon-campaigns/{made}{rest}", token=stranger)
        unseen = shop.call("GET", f"coupon-campaigns/{nothing}{rest}", token=stranger)
        assert seen.status == unseen.status == 404
        assert seen.body.replace(made.encode(), b"") == unseen.body.replace(nothing.encode(), b"")
    assert_problem(shop.call("POST", "coupon-campaigns", SPRING, token=shop.buyer), 403, "sellers_only")
