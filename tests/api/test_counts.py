"""Counts that come as files: uploaded by a seller, or written into a folder by a warehouse's own system."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from argosy.contracts.inventory_counts import AskWarehouses
from argosy.domains.inventory.application import count_runs
from argosy.domains.inventory.domain import count_run
from tests.api.shop import Shop, assert_problem
from tests.doctor.planting import violated
from tests.marketplace import Marketplace

HEADER = "warehouse,sku,counted"


def uploaded(shop: Shop, *rows: str, header: str = HEADER, token: str = "", key: str = "") -> Any:
    raw = "\n".join((header, *rows)).encode()
    sent = {"Idempotency-Key": key} if key else {}
    token = token or shop.seller
    return shop.client.post(
        "/api/v1/stock-counts", raw, content_type="text/csv", headers={"Authorization": f"Bearer {token}", **sent}
    )


def count_of(shop: Shop, answer: Any, token: str = "") -> dict[str, Any]:
    assert answer.status_code == 202, answer.content
    shop.drain()
    found = shop.call("GET", answer.headers["Location"].removeprefix("/api/v1/"), token=token or shop.seller)
    assert found.status == 200, found
    shown: dict[str, Any] = found.json
    return shown


def on_hand(shop: Shop) -> dict[str, int]:
    rows = shop.place.rows("inventory", "SELECT sku, total_quantity FROM stock_items WHERE sku <> ''")
    return dict(rows)  # type: ignore[arg-type]


def test_what_was_counted_is_what_is_there_and_what_is_of_nothing_is_told(shop: Shop) -> None:
    shop.product("vase", 900)
    done = count_of(shop, uploaded(shop, "main,lamp,48", "main,vase,3", "main,unknown,1", "main,lamp,x", "main,lamp,7"))
    assert (done["status"], done["source"], done["lines"], done["done"], done["differing"]) == (
        "DONE",
        "upload",
        2,
        2,
        2,
    )
    assert (done["rejected"], [one["line"] for one in done["rejects"]]) == (3, [4, 5, 6])
    assert on_hand(shop) == {"lamp": 48, "vase": 3}
    (listed,) = shop.call("GET", "stock-counts?status=DONE", token=shop.seller).json["items"]
    assert listed == done
    assert violated(shop.place) == {}


def test_a_count_below_what_is_promised_opens_a_shortage(shop: Shop) -> None:
    assert shop.bought(lines=[shop.line(quantity=40)])["status"] == "COMPLETED"
    count_of(shop, uploaded(shop, "main,lamp,30"))
    (short,) = shop.call("GET", "stock?only=short", token=shop.seller).json["items"]
    assert (short["on_hand"], short["allocated"], short["missing"]) == (30, 40, 10)


def test_the_same_upload_with_its_key_counts_once_and_without_one_anew(shop: Shop) -> None:
    first = uploaded(shop, "main,lamp,40", key="monday")
    count_of(shop, first)
    receipt = {"quantity": 5, "reference_id": "later"}
    assert shop.call("POST", f"stock/{shop.variant_id}/receipts", receipt, token=shop.seller).status == 201
    assert uploaded(shop, "main,lamp,40", key="monday").json() == first.json()
    shop.drain()
    assert on_hand(shop) == {"lamp": 45}, "what came in since is not counted away again"
    count_of(shop, uploaded(shop, "main,lamp,40"))
    assert on_hand(shop) == {"lamp": 40}


def test_long_keys_that_begin_alike_are_two_counts(shop: Shop) -> None:
    for pieces in (40, 30):
        count_of(shop, uploaded(shop, f"main,lamp,{pieces}", key="k" * 120 + str(pieces)))
        assert on_hand(shop) == {"lamp": pieces}


def test_sellers_count_their_own_and_see_their_own(shop: Shop) -> None:
    other = shop.person()
    store = shop.call("POST", "stores", {"store_name": "Other"}, token=other)
    assert store.status == 201
    shop.product("rug", 900, token=other)
    mine = shop.place.rows("inventory", "SELECT DISTINCT seller_id FROM stock_items WHERE sku = 'lamp'")[0][0]
    theirs = uploaded(shop, f"main,lamp,1,{mine}", "main,rug,4,", header=f"{HEADER},seller", token=other)
    done = count_of(shop, theirs, other)
    assert (done["lines"], done["rejected"]) == (1, 1)
    assert on_hand(shop) == {"lamp": 50, "rug": 4}
    path = f"stock-counts/{done['count_id']}"
    assert_problem(shop.call("GET", path, token=shop.seller), 404, "not_found")
    assert shop.call("GET", "stock-counts", token=shop.seller).json["items"] == []
    assert shop.call("GET", path, token=shop.staff()).json == done


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 422, "invalid_request"),
        (b"sku,counted\nlamp,1", 422, "invalid_request"),
        (b"warehouse,sku,counted\n", 422, "nothing_in_the_file"),
        (b"warehouse,sku,counted\nmain,nothing,1", 422, "nothing_in_the_file"),
        (b"warehouse,sku,counted\n\xff\xfe", 422, "invalid_request"),
        (b'warehouse,sku,counted\nmain,"lamp,1', 422, "invalid_request"),
        (b"warehouse,sku,counted\nmain,lamp,1\x00", 422, "nothing_in_the_file"),
    ],
)
def test_what_is_no_count_is_refused_and_changes_nothing(shop: Shop, raw: bytes, status: int, code: str) -> None:
    before = shop.written()
    answer = shop.client.post(
        "/api/v1/stock-counts", raw, content_type="text/csv", headers={"Authorization": f"Bearer {shop.seller}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert shop.written() == before


def test_a_long_count_is_worked_off_in_parts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count_runs, "PART_LINES", 1)
    for sku in ("vase", "rug"):
        shop.product(sku, 900)
    done = count_of(shop, uploaded(shop, "main,lamp,50", "main,vase,2", "main,rug,3"))
    assert (done["status"], done["lines"], done["done"], done["differing"]) == ("DONE", 3, 3, 2)
    assert shop.place.rows("inventory", "SELECT count(*) FROM stock_count_parts") == [(0,)]
    assert on_hand(shop) == {"lamp": 50, "vase": 2, "rug": 3}


# A warehouse's own system.


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ARGOSY_COUNTS_FOLDER", str(tmp_path))
    return tmp_path


@pytest.fixture
def shop(marketplace: Marketplace) -> Shop:
    return Shop(marketplace)


def written(folder: Path, name: str, *rows: str, seconds_ago: float = 60) -> None:
    path = folder / name
    path.write_text("\n".join((HEADER, *rows)) + "\n")
    os.utime(path, (time.time() - seconds_ago, time.time() - seconds_ago))


def look(shop: Shop) -> None:
    shop.place.do("inventory", AskWarehouses())
    shop.drain()


def test_each_file_is_taken_once_the_oldest_first_and_half_of_one_never(folder: Path, shop: Shop) -> None:
    written(folder, "second.csv", "main,lamp,20", seconds_ago=60)
    written(folder, "first.csv", "main,lamp,10", seconds_ago=90)
    written(folder, "half.csv", "main,lamp,1", seconds_ago=0)
    written(folder, ".hidden.csv", "main,lamp,1")
    written(folder, "notes.txt", "main,lamp,1")
    look(shop)
    assert on_hand(shop) == {"lamp": 10}
    look(shop)
    assert on_hand(shop) == {"lamp": 20}
    receipt = {"quantity": 5, "reference_id": "later"}
    assert shop.call("POST", f"stock/{shop.variant_id}/receipts", receipt, token=shop.seller).status == 201
    look(shop)
    assert on_hand(shop) == {"lamp": 25}, "both were taken"
    written(folder, "first.csv", "main,lamp,10", seconds_ago=40)
    look(shop)
    assert on_hand(shop) == {"lamp": 10}, "a file that is written anew is a new count"
    sources = [one["source"] for one in shop.call("GET", "stock-counts", token=shop.staff()).json["items"]]
    assert sources == ["first.csv", "second.csv", "first.csv"]
    assert shop.call("GET", "stock-counts", token=shop.seller).json["items"] == []
    assert violated(shop.place) == {}


def test_a_file_that_is_none_is_taken_as_failed_and_holds_up_nothing(folder: Path, shop: Shop) -> None:
    (folder / "bad.csv").write_bytes(b"\xff\xfe\x00")
    os.utime(folder / "bad.csv", (time.time() - 90, time.time() - 90))
    written(folder, "good.csv", "main,lamp,9")
    look(shop)
    (failed,) = shop.call("GET", "stock-counts", token=shop.staff()).json["items"]
    assert (failed["status"], failed["source"]) == ("FAILED", "bad.csv")
    assert failed["failure"].startswith("not UTF-8 text")
    look(shop)
    assert on_hand(shop) == {"lamp": 9}


def test_a_file_that_may_not_be_read_holds_up_nothing(
    folder: Path, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(folder, "locked.csv", "main,lamp,1", seconds_ago=90)
    written(folder, "good.csv", "main,lamp,9")
    read = Path.read_bytes

    def read_bytes(path: Path) -> bytes:
        if path.name == "locked.csv":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    look(shop)
    assert on_hand(shop) == {"lamp": 9}
    monkeypatch.undo()
    monkeypatch.setenv("ARGOSY_COUNTS_FOLDER", str(folder))
    look(shop)
    assert on_hand(shop) == {"lamp": 1}, "it is taken once it may be read"


def test_where_no_folder_is_named_nothing_is_asked(shop: Shop) -> None:
    look(shop)
    assert shop.place.rows("inventory", "SELECT count(*) FROM inventory_due WHERE name = 'warehouse'") == [(0,)]


def test_so_many_lines_are_the_most(monkeypatch: pytest.MonkeyPatch, shop: Shop) -> None:
    from argosy.domains.inventory.adapters.outbound.gateways import count_files

    monkeypatch.setattr(count_files, "RUN_LINES_MAX", 1)
    answer = uploaded(shop, "main,lamp,1", "main,lamp,2")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert count_run.RUN_LINES_MAX == 20_000
