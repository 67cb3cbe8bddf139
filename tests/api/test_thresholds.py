"""Registration thresholds over HTTP: staff set them, orders count also from before, and sellers see how they stand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connections

from argosy.contracts.taxes_thresholds import ReviewThresholds
from argosy.platform.pages import cursor
from argosy.platform.runtime import dialect_of
from tests.api.shop import Shop, assert_problem, nobodys
from tests.api.test_taxes import seller_of, staff

__all__ = ["staff"]
SAID = {"name": "Portugal", "currency": "EUR", "amount": 6_000, "places": [{"country": "PT"}]}
YEAR = str(datetime.now(UTC).year)


def watched(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the operator has thresholds watched."""
    monkeypatch.setenv("ARGOSY_TAX_THRESHOLDS", "yes")
    shop.place.close()  # A worker knows what it hears from its beginning.
    shop.drain()


def reviewed(shop: Shop) -> list[Any]:
    """Everybody is looked through, and what is told of it."""
    due = dialect_of("taxes").instant(shop.place.runtime.clock.now())
    with connections["taxes"].cursor() as statement:
        statement.execute("UPDATE taxes_due SET due_at = %s WHERE name = %s", [due, ReviewThresholds.wire_name])
    shop.drain()
    found = shop.place.rows(
        "taxes",
        "SELECT event_type FROM taxes_outbox_events WHERE event_type IN "
        "('taxes.TaxThresholdNeared', 'taxes.TaxThresholdCrossed') ORDER BY id",
    )
    return [name for (name,) in found]


def test_what_was_sold_before_counts_and_who_crosses_is_told_and_shown(
    shop: Shop, staff: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.bought("before")
    made = shop.call("PUT", "taxes/thresholds/PT", SAID, token=staff)
    assert made.status == 200
    shown = shop.call("GET", "taxes/thresholds/PT", token=staff).json
    assert (shown["threshold_id"], shown["limit"]["amount"], shown["is_watched"]) == (made.json["id"], 6_000, False)
    watched(shop, monkeypatch)
    assert shop.call("GET", "taxes/thresholds/PT", token=staff).json["is_watched"]
    seller_id = seller_of(shop, shop.seller)
    path = f"taxes/sellers/{seller_id}/thresholds"
    assert reviewed(shop) == []
    (stands,) = shop.call("GET", path, token=shop.seller).json["items"]
    assert (stands["level"], stands["percent"], stands["amount"], stands["sales"]) == ("below", 49, 2_999, 1)
    shop.bought("second")
    assert reviewed(shop) == ["taxes.TaxThresholdNeared"], "5,998 of 6,000"
    shop.bought("third")
    assert reviewed(shop) == ["taxes.TaxThresholdNeared", "taxes.TaxThresholdCrossed"]
    assert reviewed(shop) == ["taxes.TaxThresholdNeared", "taxes.TaxThresholdCrossed"], "once"
    mine = shop.call("GET", path, token=shop.seller)
    (stands,) = mine.json["items"]
    assert (stands["level"], stands["period"], stands["amount"], stands["currency"]) == ("crossed", YEAR, 8_997, "EUR")
    assert [place["country"] for place in stands["unregistered"]] == ["PT"]
    profile = {"country": "ES", "registrations": [{"country": "PT"}]}
    shop.call("PUT", f"taxes/sellers/{seller_id}", profile, token=shop.seller)
    reviewed(shop)
    assert shop.call("GET", path, token=shop.seller).json["items"][0]["unregistered"] == []


def test_the_feed_tells_a_seller_of_the_threshold_and_nobody_else(
    shop: Shop, staff: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGOSY_EVENT_FEED", "yes")
    shop.call("PUT", "taxes/thresholds/PT", SAID, token=staff)
    watched(shop, monkeypatch)
    for name in ("first", "second", "third"):
        shop.bought(name)
        reviewed(shop)
    path = "events?types=tax.threshold_neared,tax.threshold_crossed"
    neared, crossed = shop.call("GET", path, token=shop.seller).json["events"]
    assert (neared["type"], crossed["type"]) == ("tax.threshold_neared", "tax.threshold_crossed")
    assert (crossed["data"]["code"], crossed["data"]["amount"], crossed["data"]["currency"]) == ("PT", 8_997, "EUR")
    assert [place["country"] for place in crossed["data"]["places"]] == ["PT"]
    reviewed(shop)
    assert len(shop.call("GET", path, token=staff).json["events"]) == 2, "once a period"
    other = shop.person()
    shop.call("POST", "stores", {"store_name": "Outra"}, token=other)
    assert shop.call("GET", path, token=other).json["events"] == []


def test_staff_find_sellers_by_level_threshold_and_name(
    shop: Shop, staff: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched(shop, monkeypatch)
    shop.bought()
    for code, amount in (("HIGH", 1_000_000), ("LOW", 1)):
        shop.call("PUT", f"taxes/thresholds/{code}", {**SAID, "amount": amount}, token=staff)
    reviewed(shop)
    seller_id = seller_of(shop, shop.seller)

    def codes(query: str) -> list[str]:
        page = shop.call("GET", f"taxes/standings?{query}", token=staff)
        assert page.status == 200, page
        return sorted(one["code"] for one in page.json["items"])

    assert codes("") == ["HIGH", "LOW"]
    assert codes("level=crossed") == ["LOW"]
    assert codes("code=HIGH") == ["HIGH"]
    assert codes(f"seller_id={seller_id}&level=below") == ["HIGH"]
    assert codes(f"seller_id={nobodys('seller')}") == []
    first = shop.call("GET", f"taxes/standings?limit=1&seller_id={seller_id}", token=staff).json
    second = shop.call("GET", first["next"].removeprefix("/api/v1/"), token=staff).json
    assert sorted(one["code"] for one in first["items"] + second["items"]) == ["HIGH", "LOW"]
    assert second["next"] is None
    page = shop.call("GET", "taxes/thresholds?limit=1", token=staff).json
    assert [one["code"] for one in page["items"]] == ["HIGH"]
    rest = shop.call("GET", page["next"].removeprefix("/api/v1/"), token=staff).json
    assert ([one["code"] for one in rest["items"]], rest["next"]) == (["LOW"], None)
    for query in ("seller_id=x", "level=high", f"after={cursor('x')}", f"seller_id={nobodys('s')}%0A", "code=%00"):
        assert_problem(shop.call("GET", f"taxes/standings?{query}", token=staff), 422, "invalid_request")
    assert_problem(shop.call("GET", f"taxes/thresholds?after={cursor(1)}", token=staff), 422, "invalid_request")


def test_strangers_learn_nothing(shop: Shop, staff: str, monkeypatch: pytest.MonkeyPatch) -> None:
    watched(shop, monkeypatch)
    shop.call("PUT", "taxes/thresholds/PT", {**SAID, "amount": 1}, token=staff)
    shop.bought()
    reviewed(shop)
    rival = shop.person()
    shop.call("POST", "stores", {"store_name": "Rival"}, token=rival)
    seller_id = seller_of(shop, shop.seller)
    theirs = shop.call("GET", f"taxes/sellers/{seller_id}/thresholds", token=rival)
    nobody = shop.call("GET", f"taxes/sellers/{nobodys('seller')}/thresholds", token=rival)
    assert (theirs.status, theirs.body) == (nobody.status, nobody.body)
    assert theirs.status == 404
    assert shop.call("GET", f"taxes/sellers/{seller_id}/thresholds", token=staff).json["items"]
    before = shop.written()
    for token in (rival, shop.buyer):
        for path in ("taxes/thresholds", "taxes/thresholds/PT", "taxes/standings"):
            assert_problem(shop.call("GET", path, token=token), 403, "staff_only")
        assert_problem(shop.call("PUT", "taxes/thresholds/PT", SAID, token=token), 403, "staff_only")
        assert_problem(shop.call("POST", "taxes/thresholds/PT/end", {}, token=token), 403, "staff_only")
    assert shop.written() == before


def test_all_that_is_wrong_with_a_threshold_is_told_at_once(shop: Shop, staff: str) -> None:
    before = shop.written()
    wrong = {
        "name": "",
        "currency": "EURO",
        "amount": 0,
        "places": [{"country": "x"}],
        "period": "ever",
        "zones": ["E"],
    }
    bad = shop.call("PUT", "taxes/thresholds/pt", wrong, token=staff)
    assert [fault["code"] for fault in assert_problem(bad, 422, "several")["faults"]] == [
        "threshold_not_readable",
        "unknown_currency",
        "threshold_out_of_bounds",
        "terms_not_readable",
        "places_not_readable",
    ]
    for value in ("1_000", 1.5, True, 2**63, "NaN", -1):
        assert shop.call("PUT", "taxes/thresholds/PT", {**SAID, "amount": value}, token=staff).status == 422
    unknown = shop.call("PUT", "taxes/thresholds/PT", {**SAID, "zones": ["EU"]}, token=staff)
    assert_problem(unknown, 422, "zone_unknown")
    assert_problem(shop.call("POST", "taxes/thresholds/PT/end", {}, token=staff), 404, "no_such_threshold")
    assert_problem(shop.call("GET", "taxes/thresholds/PT", token=staff), 404, "not_found")
    assert shop.written() == before
    assert shop.call("PUT", "taxes/thresholds/PT", SAID, token=staff).status == 200
    assert shop.call("POST", "taxes/thresholds/PT/end", {}, token=staff).status == 200
    assert shop.call("GET", "taxes/thresholds/PT", token=staff).json["limit"] is None
