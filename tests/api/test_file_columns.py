"""Other currencies, sales, languages, long texts and options come out of a store and go into another one."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.api.shop import Shop
from tests.api.test_imports import counts, exported, imported, lines, mine, written

KINDS = {"csv": "text/csv", "jsonl": "application/jsonl"}


def at(shop: Shop, **later: int) -> str:
    """From when the test began, to the second: the same however often it is asked."""
    began = shop.__dict__.setdefault("began", shop.place.runtime.clock.now().replace(microsecond=0))
    moment = began + timedelta(**later)
    return moment.isoformat().replace("+00:00", "Z")


def shirt(shop: Shop) -> dict[str, Any]:
    """Whatever a file can say of a product."""
    return {
        "sku": "shirt",
        "title": "A shirt",
        "description": "Cotton.",
        "category": "clothes",
        "status": "published",
        "locale": "en",
        "story": "<p>Sewn by <strong>hand</strong>,\n twice.</p>",
        "options": [{"name": "size", "values": ["S", "M"]}, {"name": "colour", "values": ["red", 'b"l|u,e']}],
        "texts": [
            {"locale": "de", "title": "Ein Hemd", "words": [{"word": "red", "said": "rot"}]},
            {"locale": "pt-BR", "title": "Camisa", "description": "Linhas\n\ne mais", "story": "<p>Bom</p>"},
        ],
        "variants": [
            {
                "sku": f"shirt-{size}",
                "amount": 2_000,
                "currency": "EUR",
                "attributes": [{"name": "size", "value": size}, {"name": "colour", "value": "red"}],
            }
            for size in ("S", "M")
        ],
        "prices": [
            {
                "sku": "shirt-S",
                "currency": "EUR",
                "amount": 2_000,
                "sales": [{"amount": 1_500, "ends_at": at(shop, days=9)}],
            },
            {"sku": "shirt-S", "currency": "JPY", "amount": 3_000},
            {
                "sku": "shirt-M",
                "currency": "USD",
                "amount": 2_500,
                "sales": [
                    {"amount": 2_100, "starts_at": at(shop, days=3), "ends_at": at(shop, days=5)},
                    {"amount": 1_999, "starts_at": at(shop, days=6), "ends_at": at(shop, days=8)},
                ],
            },
        ],
    }


def sorted_file(raw: bytes) -> list[Any]:
    return sorted((json.loads(line) for line in raw.splitlines()), key=lambda one: str(one["sku"]))


@pytest.mark.parametrize("kind", list(KINDS))
def test_all_of_it_goes_into_an_empty_store_and_comes_out_the_same(shop: Shop, kind: str) -> None:
    told = imported(shop, lines(shirt(shop)))
    assert counts(told) == ("DONE", 1, 1, 0, 0, 0), told["refusals"]
    shop.drain()
    (small, _) = mine(shop)["shirt"]["variants"]
    assert small["amount"] == 1_500, "the sale has begun"
    first = exported(shop, "jsonl")[0]
    (seen,) = [one for one in sorted_file(first) if one["sku"] == "shirt"]
    assert {name: seen[name] for name in ("locale", "story", "options", "texts")} == {
        name: shirt(shop)[name] for name in ("locale", "story", "options", "texts")
    }
    assert seen["prices"] == shirt(shop)["prices"]
    before = written(shop)
    (file,) = exported(shop, kind)
    assert counts(imported(shop, file, kind=KINDS[kind])) == ("DONE", 2, 0, 0, 2, 0), "nothing to change where it is"
    assert written(shop) == before
    other = shop.person()
    assert shop.call("POST", "stores", {"store_name": "Other"}, token=other).status == 201
    assert counts(imported(shop, file, kind=KINDS[kind], token=other)) == ("DONE", 2, 2, 0, 0, 0)
    shop.drain()
    assert sorted_file(exported(shop, "jsonl", token=other)[0]) == sorted_file(first)


def test_what_a_file_says_of_them_is_changed_and_the_rest_stays(shop: Shop) -> None:
    assert imported(shop, lines(shirt(shop)))["made"] == 1
    later = {
        "sku": "shirt",
        "story": "",
        "texts": [{"locale": "de", "title": "Das Hemd"}],
        "prices": [{"sku": "shirt-S", "currency": "JPY", "amount": 3_300}],
    }
    assert counts(imported(shop, lines(later))) == ("DONE", 1, 0, 1, 0, 0)
    assert counts(imported(shop, lines(later))) == ("DONE", 1, 0, 0, 1, 0)
    (seen,) = [one for one in sorted_file(exported(shop, "jsonl")[0]) if one["sku"] == "shirt"]
    assert "story" not in seen
    assert [one["title"] for one in seen["texts"]] == ["Das Hemd", "Camisa"]
    yen = [one for one in seen["prices"] if one["currency"] == "JPY"]
    assert yen == [{"sku": "shirt-S", "currency": "JPY", "amount": 3_300}]
    assert [one["currency"] for one in seen["prices"]] == ["EUR", "JPY", "USD"]


def test_cells_that_say_nothing_readable_are_refused_with_line_and_column(shop: Shop) -> None:
    head = "sku,title,category,variant_sku,price,currency,price:USD,sale:USD,options,words:de\n"
    rows = (
        "a,A,home,a,9,EUR,1.999,,,",
        "b,B,home,b,9,EUR,9,8 since tomorrow,,",
        "c,C,home,c,9,EUR,9,8 until tomorrow,,",
        "d,D,home,d,9,EUR,,,size: S M,",
        'e,E,home,e,9,EUR,,,"[{""name"": ""size"", ""values"": [""S""]}]",',
        "f,F,home,f,9,EUR,,,,[1]",
        f"g,G,home,g,9,EUR,9,9.50 until {at(shop, days=3)},,",
        f"h,H,home,h,9,EUR,9,8 until {at(shop, days=-3)},,",
    )
    before = len(mine(shop))
    told = imported(shop, (head + "\n".join(rows) + "\n").encode(), kind="text/csv")
    assert counts(told) == ("DONE", 8, 1, 0, 0, 7)
    assert [(one["line"], one["code"], one["fields"]) for one in told["refusals"]] == [
        (2, "not_valid", ["price:USD"]),
        (3, "not_valid", ["sale:USD"]),
        (4, "invalid_request", ["prices[0].sales[0].ends_at"]),
        (5, "not_valid", ["options"]),
        (6, "options_do_not_fit", []),
        (7, "invalid_request", ["texts[0].words[0]"]),
        (8, "sale_lowers_nothing", []),
    ]
    assert len(mine(shop)) == before + 1, "a sale that is over says nothing, and what is refused leaves no half"
    stray = {"sku": "h", "prices": [{"sku": "other", "currency": "EUR", "amount": 5}]}
    (refused,) = imported(shop, lines(stray))["refusals"]
    assert (refused["code"], refused["fields"]) == ("no_such_variant", ["prices"])
