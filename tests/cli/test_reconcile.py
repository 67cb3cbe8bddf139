"""A warehouse's counts: differences are told, applied once and only when asked, and bad rows set aside."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.api.shop import Shop
from tests.cli.olist import failure, success
from tests.doctor.planting import violated
from tests.marketplace import Marketplace

Captured = pytest.CaptureFixture[str]
HELD = "SELECT warehouse, sku, total_quantity, missing FROM stock_items ORDER BY warehouse, sku"
MOVES = "SELECT change, reason, reference_id FROM stock_movements WHERE reason = 'count'"


@pytest.fixture
def shop(marketplace: Marketplace) -> Shop:
    """50 lamps in `main`, 7 in `porto`; no vases."""
    shop = Shop(marketplace)
    shop.product("vase", 900)
    porto = {"code": "porto", "name": "Porto", "country": "PT"}
    assert shop.call("POST", "warehouses", porto, token=shop.seller).status == 201
    receipt = {"quantity": 7, "reference_id": "r", "warehouse": "porto"}
    assert shop.call("POST", f"stock/{shop.variant_id}/receipts", receipt, token=shop.seller).status == 201
    return shop


def a_file(folder: Path, *rows: str) -> Path:
    path = folder / "counts.csv"
    path.write_text("\n".join(("warehouse,sku,counted", *rows)) + "\n", encoding="utf-8")
    return path


def test_differences_are_listed_and_nothing_is_changed(tmp_path: Path, shop: Shop, capsys: Captured) -> None:
    before = shop.written()
    told = success(capsys, "reconcile", a_file(tmp_path, "main,lamp,50", "porto,lamp,5", "main,vase,3"))
    assert "main vase: 0 here, 3 counted (+3)" in told
    assert "porto lamp: 7 here, 5 counted (-2)" in told
    assert "3 counts, 2 differences; nothing was changed" in told
    assert shop.written() == before


def test_differences_are_applied_once_with_their_reason(tmp_path: Path, shop: Shop, capsys: Captured) -> None:
    path = a_file(tmp_path, "main,lamp,49", "porto,lamp,5", "main,vase,3")
    assert "needs --reason" in failure(capsys, "reconcile", path, "--apply")
    told = success(capsys, "reconcile", path, "--apply", "--reason", "count of July")
    assert "3 differences; 3 stock items corrected" in told
    assert shop.place.rows("inventory", HELD) == [
        ("main", "lamp", 49, 0),
        ("main", "vase", 3, 0),
        ("porto", "lamp", 5, 0),
    ]
    moved = shop.place.rows("inventory", MOVES)
    assert sorted(change for change, _, _ in moved) == [-2, -1, 3]
    assert all(reference.startswith("count of July ") for _, _, reference in moved)
    written = shop.written()
    assert "0 differences; 0 stock items corrected" in success(
        capsys, "reconcile", path, "--apply", "--reason", "count of July"
    )
    receipt = {"quantity": 1, "reference_id": "later"}
    shop.call("POST", f"stock/{shop.variant_id}/receipts", receipt, token=shop.seller)
    written = shop.written()
    told = success(capsys, "reconcile", path, "--apply", "--reason", "count of July")
    assert "1 difference; 0 stock items corrected" in told, "what came in since is not counted away again"
    assert shop.written() == written
    shop.drain()
    assert violated(shop.place) == {}


def test_a_count_below_what_is_promised_opens_a_shortage(tmp_path: Path, shop: Shop, capsys: Captured) -> None:
    assert shop.bought(lines=[shop.line(quantity=57)])["status"] == "COMPLETED"
    told = success(capsys, "reconcile", a_file(tmp_path, "porto,lamp,4"), "--apply", "--reason", "count")
    assert "porto lamp: 7 here, 4 counted (-3); 3 of 7 promised are missing" in told
    assert ("porto", "lamp", 4, 3) in shop.place.rows("inventory", HELD)
    shop.drain()
    assert violated(shop.place) == {}


def test_rows_of_nothing_here_are_set_aside_with_line_and_reason(tmp_path: Path, shop: Shop, capsys: Captured) -> None:
    other = shop.person()
    shop.call("POST", "stores", {"store_name": "Other"}, token=other)
    shop.product("vase", 900, token=other)
    rows = ("main,lamp,x", "main,lamp", ",lamp,1", "moon,lamp,1", "main,cup,1", "main,vase,1", "main,lamp,50")
    told = success(capsys, "reconcile", a_file(tmp_path, *rows, "main,lamp,51"))
    assert "5 counts, 0 differences" in told
    with (tmp_path / "counts.csv.rejects.csv").open(encoding="utf-8", newline="") as text:
        _, *rejects = csv.reader(text)
    assert [(row[0], row[1]) for row in rejects] == [
        ("2", "counted 'x' is not a whole number from 0 to 1,000,000,000"),
        ("3", "2 fields in place of 3"),
        ("4", "warehouse is empty or cannot be printed"),
        ("5", "there is no stock of SKU lamp in moon"),
        ("6", "there is no stock of SKU cup in main"),
        ("7", "SKU vase is of several sellers in main: name the seller"),
        ("9", "the same SKU in the same warehouse is on line 8"),
    ]
    (seller_id,) = {
        row[0] for row in shop.place.rows("inventory", "SELECT seller_id FROM stock_items WHERE sku = 'lamp'")
    }
    told = success(capsys, "reconcile", a_file(tmp_path, "main,vase,1"), "--seller", str(seller_id))
    assert "main vase: 0 here, 1 counted (+1)" in told
    assert "columns warehouse, sku, counted" in failure(capsys, "reconcile", _headless(tmp_path))


def _headless(folder: Path) -> Path:
    path = folder / "headless.csv"
    path.write_text("main,lamp,5\n", encoding="utf-8")
    return path
