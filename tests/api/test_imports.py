"""Many products at once: files go in piece by piece, come out again, and change nothing when they go in once more."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from argosy.domains.products.adapters.inbound import product_files, transfers
from argosy.domains.products.adapters.outbound import transferring
from argosy.domains.products.domain import transfer
from argosy.platform.storage.chosen import TRANSFERS, storage
from tests.api.shop import Answer, Shop, assert_problem, nobodys
from tests.api.test_image_fetches import Elsewhere, elsewhere
from tests.api.test_pictures import encoded, send

__all__ = ["elsewhere"]
MUG: dict[str, Any] = {
    "sku": "mug",
    "title": "A mug",
    "description": "Holds coffee,\nand tea.",
    "category": "kitchen",
    "status": "published",
    "attributes": [{"name": "material", "value": "clay"}],
    "variants": [
        {
            "sku": f"mug-{colour}",
            "amount": amount,
            "currency": "EUR",
            "weight_grams": 300,
            "attributes": [{"name": "colour", "value": colour}],
        }
        for colour, amount in (("blue", 1_250), ("red", 1_300))
    ],
}
PLATE: dict[str, Any] = {
    "sku": "plate",
    "title": 'A "plate"',
    "category": "kitchen",
    "variants": [{"sku": "plate", "amount": 900, "currency": "EUR"}],
}

BOWL = PLATE | {"sku": "bowl", "variants": [{"sku": "bowl", "amount": 500, "currency": "EUR"}]}


def lines(*products: Any) -> bytes:
    return b"".join((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in products)


def many(count: int, **more: Any) -> bytes:
    return lines(
        *(
            PLATE | {"sku": f"p{number}", "variants": [{**PLATE["variants"][0], "sku": f"p{number}"}]} | more
            for number in range(count)
        )
    )


def post(shop: Shop, raw: bytes, *, kind: str = "application/jsonl", query: str = "", token: str = "") -> Answer:
    headers = {"Authorization": f"Bearer {token or shop.seller}"}
    path = f"/api/v1/stores/mine/imports{query}"
    return Answer(shop.client.generic("POST", path, raw, content_type=kind, headers=headers))


def seen(shop: Shop, answer: Answer, *, token: str = "") -> Any:
    return shop.call("GET", answer.headers["location"].removeprefix("/api/v1/"), token=token or shop.seller).json


def imported(shop: Shop, raw: bytes, *, kind: str = "application/jsonl", query: str = "", token: str = "") -> Any:
    """What an import has come to."""
    posted = post(shop, raw, kind=kind, query=query, token=token)
    assert posted.status == 202, posted
    shop.drain()
    return seen(shop, posted, token=token)


def counts(told: Any) -> tuple[Any, ...]:
    return tuple(told[name] for name in ("status", "rows_read", "made", "changed", "unchanged", "refused"))


def exported(shop: Shop, kind: str, *, token: str = "") -> list[bytes]:
    """The files of an export."""
    token = token or shop.seller
    posted = shop.call("POST", "stores/mine/exports", {"format": kind}, token=token)
    assert posted.status == 202, posted
    shop.drain()
    told = seen(shop, posted, token=token)
    assert told["status"] == "DONE"
    files = [shop.call("GET", file.removeprefix("/api/v1/"), token=token) for file in told["files"]]
    assert {file.headers["content-type"].partition(";")[0] for file in files} == {
        "text/csv" if kind == "csv" else "application/jsonl"
    }
    return [file.body for file in files]


def mine(shop: Shop, *, token: str = "") -> dict[str, Any]:
    items = shop.call("GET", "stores/mine/products?limit=100", token=token or shop.seller).json["items"]
    return {item["sku"]: item for item in items}


def written(shop: Shop) -> list[tuple[Any, ...]]:
    """What stands of products in every table that an import could change, but for the import itself."""
    tables = "products product_variants product_pricing product_offers product_attributes product_images product_slugs"
    return [
        (table, shop.place.rows("products", f"SELECT * FROM {table} ORDER BY id"))
        for table in (*tables.split(), "products_outbox_events")
    ]


def test_a_file_becomes_products_on_sale_and_the_same_again_changes_nothing(shop: Shop) -> None:
    posted = post(shop, lines(MUG, PLATE))
    running = seen(shop, posted)
    assert (running["status"], running["rows"], running["rows_read"]) == ("RUNNING", 2, 0)
    shop.drain()
    assert counts(seen(shop, posted)) == ("DONE", 2, 2, 0, 0, 0)
    shop.drain()  # What an import tells is heard by ringing, which a drain that waits for the import does not hear.
    made = mine(shop)
    assert (made["mug"]["status"], made["plate"]["status"]) == ("PUBLISHED", "DRAFT")
    assert [one["amount"] for one in made["mug"]["variants"]] == [1_250, 1_300]
    assert shop.call("GET", f"products/{made['mug']['product_id']}").status == 200
    before = written(shop)
    again = post(shop, lines(MUG, PLATE))
    assert again.json == posted.json
    shop.drain()
    assert counts(seen(shop, again)) == ("DONE", 2, 0, 0, 2, 0)
    assert counts(imported(shop, lines(PLATE, MUG))) == ("DONE", 2, 0, 0, 2, 0)
    assert written(shop) == before


def test_what_a_file_says_otherwise_is_changed_and_the_rest_stays(shop: Shop) -> None:
    imported(shop, lines(MUG, PLATE))
    blue = {**MUG["variants"][0], "amount": 1_100}
    green = {**blue, "sku": "mug-green", "attributes": [{"name": "colour", "value": "green"}]}
    told = imported(shop, lines({"sku": "mug", "title": "The mug", "variants": [blue, green]}, {"sku": "plate"}))
    assert counts(told) == ("DONE", 2, 0, 1, 1, 0)
    mug = mine(shop)["mug"]
    assert (mug["title"], mug["description"], mug["status"]) == ("The mug", "Holds coffee,\nand tea.", "PUBLISHED")
    assert {one["sku"]: one["amount"] for one in mug["variants"]} == {
        "mug-blue": 1_100,
        "mug-red": 1_300,
        "mug-green": 1_100,
    }
    dollars = lines({"sku": "mug", "variants": [blue | {"amount": 1_500, "currency": "USD"}]})
    assert counts(imported(shop, dollars)) == ("DONE", 1, 0, 1, 0, 0), "a price beside its own"
    assert counts(imported(shop, dollars)) == ("DONE", 1, 0, 0, 1, 0)
    assert counts(imported(shop, lines({"sku": "mug", "status": "draft"}))) == ("DONE", 1, 0, 1, 0, 0)
    assert mine(shop)["mug"]["status"] == "DRAFT"


def test_what_cannot_go_in_is_told_with_line_and_reason_and_leaves_no_half(shop: Shop) -> None:
    imported(shop, lines(MUG, BOWL))
    before = written(shop)
    told = imported(
        shop,
        lines(
            b"",
            b"{not json",
            PLATE | {"sku": ""},
            PLATE | {"sku": "no-category", "category": "", "status": "published"},
            PLATE | {"sku": "money", "variants": [{**PLATE["variants"][0], "amount": -1}]},
            PLATE | {"sku": "kind", "variants": [{**PLATE["variants"][0], "amount": "9"}]},
            PLATE | {"sku": "card", "title": "4242 4242 4242 4242"},
            PLATE | {"sku": "gone", "status": "sold"},
            PLATE | {"sku": "own", "images": ["/media/00/x.webp"]},
            PLATE | {"sku": "inner", "images": ["http://10.0.0.1/a.jpg"]},
            MUG | {"attributes": [{"name": "material", "value": "glass"}], "tax_category": "reduced"},
            {"sku": "bowl", "title": "Changed", "variants": [{"sku": "bowl", "amount": 5, "currency": "XXX"}]},
            b'{"sku": "twice", "sku": "twice"}',
        ),
    )
    assert counts(told) == ("DONE", 12, 0, 0, 0, 12)
    assert written(shop) == before
    refused = {one["line"]: (one["sku"], one["code"], one["fields"]) for one in told["refusals"]}
    assert refused == {
        2: ("", "malformed_json", []),
        3: ("", "text_is_missing", ["sku"]),
        4: ("no-category", "product_not_ready", ["category"]),
        5: ("money", "number_out_of_range", ["amount"]),
        6: ("", "invalid_request", ["variants[0].amount"]),
        7: ("", "card_number_refused", ["title"]),
        8: ("gone", "not_a_status", ["status"]),
        9: ("own", "no_such_image", ["images"]),
        10: ("inner", "picture_not_fetchable", ["url"]),
        11: ("mug", "fixed_once_made", ["attributes", "tax_category"]),
        12: ("bowl", "unknown_currency", []),
        13: ("", "duplicate_json_keys", ["sku"]),
    }
    assert all(one["detail"] for one in told["refusals"])
    listed = shop.call("GET", "stores/mine/imports", token=shop.seller).json["items"]
    assert [(one["refused"], one["refusals"]) for one in listed] == [(12, []), (0, [])]


@pytest.mark.parametrize("piece", [1, 50])
def test_of_a_sku_that_a_file_has_twice_the_first_counts(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    """Otherwise each of two products with one SKU would change what the other has made, whenever the file comes."""
    monkeypatch.setattr(transferring, "PIECE_ROWS", piece)
    raw = lines(MUG, PLATE, MUG | {"title": "Another mug"})
    told = imported(shop, raw)
    assert counts(told) == ("DONE", 3, 2, 0, 0, 1)
    [refusal] = told["refusals"]
    assert (refusal["line"], refusal["sku"], refusal["code"], refusal["fields"]) == (3, "mug", "sku_repeats", ["sku"])
    assert "line 1" in refusal["detail"]
    assert mine(shop)["mug"]["title"] == "A mug"
    assert counts(imported(shop, raw)) == ("DONE", 3, 0, 0, 2, 1)
    table = b"sku,title,category,price,currency\r\na,A,home,1.00,EUR\r\nb,B,home,1.00,EUR\r\na,C,home,1.00,EUR\r\n"
    assert counts(imported(shop, table, kind="text/csv")) == ("DONE", 3, 2, 0, 0, 1)


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_an_export_tells_what_is_left_and_no_import_takes_it(shop: Shop, kind: str) -> None:
    imported(shop, lines(MUG))
    shop.bought(lines=[shop.line(quantity=2)])
    shop.tell_stock()
    [raw] = exported(shop, kind)
    if kind == "csv":
        rows = list(csv.DictReader(io.StringIO(raw.decode(), newline="")))
        assert {row["variant_sku"]: row["available"] for row in rows} == {"lamp": "48", "mug-blue": "0", "mug-red": "0"}
        more = raw.replace(b",48\r\n", b",999\r\n")
    else:
        told = {one["sku"]: one["stock"] for one in map(json.loads, raw.splitlines())}
        assert told["lamp"] == [{"sku": "lamp", "available": 48}]
        assert told["mug"] == [{"sku": f"mug-{colour}", "available": 0} for colour in ("blue", "red")]
        more = raw.replace(b'"available":48', b'"available":999')
    assert more != raw
    stock = "SELECT * FROM stock_items ORDER BY id"
    before = written(shop), shop.place.rows("inventory", stock)
    media = "text/csv" if kind == "csv" else "application/jsonl"
    for content in (raw, more):
        assert counts(imported(shop, content, kind=media)) == ("DONE", 2, 0, 0, 2, 0)
    assert (written(shop), shop.place.rows("inventory", stock)) == before


def test_a_dry_run_tells_the_same_and_changes_nothing(shop: Shop) -> None:
    imported(shop, lines(MUG, BOWL))
    before = written(shop)
    raw = lines(PLATE, BOWL, MUG | {"title": "Other"}, PLATE | {"sku": ""})
    dry = imported(shop, raw, query="?dry_run=true")
    assert (dry["dry_run"], counts(dry)) == (True, ("DONE", 4, 1, 1, 1, 1))
    assert written(shop) == before
    real = imported(shop, raw)
    assert (real["dry_run"], counts(real), real["refusals"]) == (False, counts(dry), dry["refusals"])
    assert real["import_id"] != dry["import_id"]


@pytest.mark.parametrize("at", [1, 2, 3])
def test_an_import_that_dies_goes_on_where_it_stood_and_counts_every_row_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    monkeypatch.setattr(transferring, "PIECE_ROWS", 4)
    left = [at]

    class Dies(BaseException):
        pass

    def dying(point: str) -> None:
        left[0] -= point == "import.piece"
        if left[0] == 0 and point == "import.piece":
            raise Dies

    posted = post(shop, many(14))
    monkeypatch.setattr(transferring, "reached", dying)
    request = transferring.TransferRequest(posted.json["id"])
    with pytest.raises(Dies):
        transferring.import_pieces(request, 1, "call")
    running = seen(shop, posted)
    assert (running["status"], running["rows_read"], running["made"]) == ("RUNNING", 4 * at, 4 * at)
    shop.drain()
    assert counts(seen(shop, posted)) == ("DONE", 14, 14, 0, 0, 0)
    assert len(mine(shop)) == 15


def test_a_piece_that_somebody_else_has_done_is_not_done_twice(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transferring, "PIECE_ROWS", 4)
    posted = post(shop, many(9))
    one, other = (transferring._Importer(shop.place.runtime, posted.json["id"]) for _ in range(2))
    row = transferring.import_row(posted.json["id"])
    assert row is not None
    piece, is_last, fault = one._piece(row)
    assert other.step()
    one._commit(row, piece, is_last, fault)
    told = seen(shop, posted)
    assert (told["rows_read"], told["made"], told["unchanged"]) == (4, 4, 0)
    while one.step():
        other.step()
    assert counts(seen(shop, posted)) == ("DONE", 9, 9, 0, 0, 0)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_what_comes_out_goes_in_again_unchanged_and_makes_the_same_elsewhere(
    shop: Shop, elsewhere: Elsewhere, kind: str
) -> None:
    goods = MUG | {"images": [elsewhere.picture("/mug.jpg", encoded())]}
    odd = PLATE | {
        "sku": "odd",
        "description": '=1+1; "quotes", commas\n\nand lines',
        "variants": [],
        "attributes": [{"name": "size", "value": "10 cm"}, {"name": "size", "value": "12 cm"}],
    }
    old = PLATE | {"sku": "old", "description": "of a typewriter\rwhose lines end so", "variants": []}
    yen = PLATE | {"sku": "yen", "variants": [{"sku": "yen", "amount": 1_900, "currency": "JPY", "units_each": 6}]}
    assert imported(shop, lines(goods, odd, old, yen))["made"] == 4
    send(shop, encoded(60, 60))
    shop.drain()
    files = exported(shop, kind)
    before = written(shop)
    mime = "text/csv" if kind == "csv" else "application/jsonl"
    assert [counts(imported(shop, file, kind=mime)) for file in files] == [("DONE", 5, 0, 0, 5, 0)]
    assert written(shop) == before
    other = shop.person()
    assert shop.call("POST", "stores", {"store_name": "Other"}, token=other).status == 201
    without_pictures = [{**one, "images": []} for one in map(json.loads, exported(shop, "jsonl")[0].splitlines())]
    assert imported(shop, lines(*without_pictures), token=other)["made"] == 5
    assert {sku: item["status"] for sku, item in mine(shop, token=other).items()} == {
        sku: item["status"] for sku, item in mine(shop).items()
    }
    again = [json.loads(line) for line in exported(shop, "jsonl", token=other)[0].splitlines()]
    assert sorted(again, key=lambda one: str(one["sku"])) == sorted(without_pictures, key=lambda one: str(one["sku"]))


def test_csv_has_a_line_per_variant_and_prices_as_people_write_them(shop: Shop) -> None:
    raw = (
        "sku,title,category,status,variant_sku,price,currency,variant:colour,weight_grams,attribute:material\n"
        "cup,A cup,kitchen,published,cup-1,12.50,EUR,blue,300,clay\n"
        "cup,,,,cup-2,1300,JPY,red,,\n"
        "\n"
        "bowl,A bowl,kitchen,,bowl,9.999,EUR,,,\n"
        "pan,A pan,kitchen,,pan,9,EUR,,many,\n"
        "lid,A lid,kitchen\n"
        '"pot","A ""pot""\nto cook",kitchen,,,7,EUR,,,\n'
    )
    told = imported(shop, raw.encode(), kind="text/csv; charset=utf-8")
    assert counts(told) == ("DONE", 5, 0, 0, 0, 5)
    assert [(one["line"], one["sku"], one["code"], one["fields"]) for one in told["refusals"]] == [
        (2, "cup", "product_not_ready", ["one_currency"]),
        (5, "bowl", "not_valid", ["variants.0.price"]),
        (6, "pan", "not_valid", ["variants.0.weight_grams"]),
        (7, "lid", "not_valid", []),
        (8, "pot", "text_has_controls", ["title"]),
    ]
    good = raw.replace("1300,JPY", "13,EUR").replace("\nto cook", "")
    assert counts(imported(shop, good.encode(), kind="text/csv"))[2:] == (2, 0, 0, 3)
    cup = mine(shop)["cup"]
    assert [(one["sku"], one["amount"], one["currency"]) for one in cup["variants"]] == [
        ("cup-1", 1_250, "EUR"),
        ("cup-2", 1_300, "EUR"),
    ]
    (file,) = exported(shop, "csv")
    rows = [row for row in csv.DictReader(io.StringIO(file.decode())) if row["sku"] == "cup"]
    assert [(row["variant_sku"], row["price"], row["attribute:material"]) for row in rows] == [
        ("cup-1", "12.50", "clay"),
        ("cup-2", "13.00", ""),
    ]


def test_files_that_are_none_are_refused_at_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shop.written()
    for raw, kind, status, code in (
        (b"", "text/csv", 422, "file_is_empty"),
        (b"sku,title\n", "text/csv", 422, "file_is_empty"),
        (b"\n\n", "application/jsonl", 422, "file_is_empty"),
        (b"title\nx\n", "text/csv", 422, "file_not_readable"),
        (b'sku\n"never closed\n', "text/csv", 422, "file_not_readable"),
        (b"sku\n\xff\n", "text/csv", 422, "file_not_readable"),
        (b"{}", "application/json", 415, "not_such_a_file"),
        (b"x" * (product_files.BYTES_MAX + 1), "text/csv", 413, "body_too_large"),
    ):
        assert_problem(post(shop, raw, kind=kind), status, code)
    assert_problem(post(shop, lines(PLATE), query="?dry_run=perhaps"), 422, "invalid_request")
    monkeypatch.setattr(transfers, "ROWS_MAX", 2)
    assert_problem(post(shop, many(3)), 422, "too_many_rows")
    assert shop.written() == before
    assert shop.place.rows("products", "SELECT id FROM product_imports") == []
    assert_problem(shop.call("POST", "stores/mine/exports", {"format": "xml"}, token=shop.seller), 422, "not_a_format")


def test_imports_wait_for_their_turn_and_old_ones_make_room(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "KEPT_MAX", 4)
    monkeypatch.setattr("argosy.domains.products.application.transfers.KEPT_MAX", 4)
    first = [post(shop, many(1, title=f"Title {number}")).json["id"] for number in range(3)]
    assert_problem(post(shop, many(1, title="One more")), 409, "too_many_transfers")
    assert post(shop, many(1, title="Title 0")).json["id"] == first[0]
    shop.drain()
    for number in range(3, 6):
        imported(shop, many(1, title=f"Title {number}"))
    listed = [one["import_id"] for one in shop.call("GET", "stores/mine/imports", token=shop.seller).json["items"]]
    assert len(listed) == 4
    assert not set(first[:2]) & set(listed)
    kept = {id for id in {*first, *listed} if storage(TRANSFERS).names(f"imports/{id}")}
    assert kept == set(listed)
    before = {*storage(TRANSFERS).names("exports")}
    for _ in range(6):
        exported(shop, "jsonl")
    assert len(shop.call("GET", "stores/mine/exports", token=shop.seller).json["items"]) == 4
    assert len({*storage(TRANSFERS).names("exports")} - before) == 4


def test_a_large_export_comes_in_several_files(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transferring, "PART_PRODUCTS", 3)
    imported(shop, many(5))
    files = exported(shop, "jsonl")
    assert [len(file.splitlines()) for file in files] == [3, 3]
    skus = {json.loads(line)["sku"] for file in files for line in file.splitlines()}
    assert skus == {"lamp", *(f"p{number}" for number in range(5))}


def test_strangers_members_and_keys_have_what_is_theirs(shop: Shop) -> None:
    posted = post(shop, lines(MUG))
    made = shop.call("POST", "stores/mine/exports", {}, token=shop.seller)
    shop.drain()
    other = shop.person()
    assert shop.call("POST", "stores", {"store_name": "Other"}, token=other).status == 201
    export = made.json["id"]
    for path in (
        f"stores/mine/imports/{posted.json['id']}",
        f"stores/mine/exports/{export}",
        f"stores/mine/exports/{export}/files/0",
        f"stores/mine/imports/{nobodys('import')}",
        f"stores/mine/exports/{nobodys('export')}/files/0",
    ):
        assert_problem(shop.call("GET", path, token=other), 404, "not_found")
    for path in (f"stores/mine/exports/{export}/files/1", f"stores/mine/exports/{export}/files/..%2F0"):
        assert shop.call("GET", path, token=shop.seller).status == 404
    assert shop.call("GET", "stores/mine/imports", token=other).json["items"] == []
    assert_problem(post(shop, lines(MUG), token=shop.buyer), 403, "sellers_only")
    # Both have a mug of their own now.
    assert counts(imported(shop, lines(MUG), token=other)) == ("DONE", 1, 1, 0, 0, 0)
    keys = {
        scope: shop.call("POST", "api-keys", {"name": scope, "scopes": [scope]}, token=shop.seller).json["key"]
        for scope in ("products:read", "products:write", "orders:write")
    }
    assert post(shop, lines(PLATE), token=keys["products:write"]).status == 202
    for scope in ("products:read", "orders:write"):
        assert_problem(post(shop, lines(PLATE), token=keys[scope]), 403, "scope_missing")
    assert shop.call("GET", f"stores/mine/exports/{export}/files/0", token=keys["products:read"]).status == 200
    shop.drain()
    assert "plate" in mine(shop)
