"""Any product file: good rows go in once, the others are set aside with their line and the reason."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.cli.olist import failure, success
from tests.marketplace import Marketplace

ROWS = (
    "id,name,cost,maker,text",
    "1,Clay lamp,12.5,Hestia,Burns oil",
    '2,"Rope,\nof hemp",4,,',
    "3,,7,Hestia,no title",
    "4,Free thing,0,,",
    "5,Odd thing,1e3,,",
    "1,Clay lamp again,12.5,Hestia,",
    "6,Short row",
    "7,Bell,3.999,,",
    "8,Bell with \x07,3,,",
    "9,Cup,8,Hestia,",
)
ARGUMENTS = (
    "--map",
    "title=name",
    "--map",
    "price=cost",
    "--map",
    "sku=id",
    "--map",
    "brand=maker",
    "--map",
    "description=text",
    "--currency",
    "EUR",
)
Captured = pytest.CaptureFixture[str]


def a_file(folder: Path) -> Path:
    path = folder / "goods.csv"
    path.write_text("\n".join(ROWS) + "\n", encoding="utf-8")
    return path


def test_good_rows_go_in_and_the_others_are_told_with_line_and_reason(
    tmp_path: Path,
    marketplace: Marketplace,
    capsys: Captured,
) -> None:
    path = a_file(tmp_path)
    told = success(capsys, "import", "products", path, *ARGUMENTS)
    assert "imported 3 products, 3 of them new" in told
    assert f"7 rows could not go in: see {path}.rejects.csv" in told
    with Path(f"{path}.rejects.csv").open(encoding="utf-8", newline="") as text:
        header, *rejects = csv.reader(text)
    assert header == ["line", "reason", "id", "name", "cost", "maker", "text"]
    assert [(row[0], row[1]) for row in rejects] == [
        ("5", "title is empty"),
        ("6", "price is not above 0"),
        ("7", "price '1e3' is not an amount of EUR"),
        ("8", "the same SKU 1 is on line 2"),
        ("9", "2 fields in place of 5"),
        ("10", "price '3.999' is not an amount of EUR"),
        ("11", "This field holds control characters or characters that do not exist. field title"),
    ]
    assert marketplace.rows("products", "SELECT title, status FROM products ORDER BY title") == [
        ("Clay lamp", "PUBLISHED"),
        ("Cup", "PUBLISHED"),
        ("Rope, of hemp", "PUBLISHED"),
    ]
    assert marketplace.rows("products", "SELECT sum(price) FROM product_variants") == [(2_450,)]


def test_running_it_again_changes_nothing(tmp_path: Path, marketplace: Marketplace, capsys: Captured) -> None:
    path = a_file(tmp_path)
    success(capsys, "import", "products", path, *ARGUMENTS)
    rejects = Path(f"{path}.rejects.csv").read_bytes()
    before = [
        marketplace.rows(label, f"SELECT count(*) FROM {label}_outbox_events")
        for label in ("accounts", "products", "inventory")
    ]
    assert "nothing has changed: 3 products" in success(capsys, "import", "products", path, *ARGUMENTS)
    assert Path(f"{path}.rejects.csv").read_bytes() == rejects
    assert before == [
        marketplace.rows(label, f"SELECT count(*) FROM {label}_outbox_events")
        for label in ("accounts", "products", "inventory")
    ]


def test_a_file_of_which_nothing_goes_in_fails(tmp_path: Path, marketplace: Marketplace, capsys: Captured) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("title,price\nLamp,free\n", encoding="utf-8")
    assert "none of 1 row could go in" in failure(capsys, "import", "products", path)
    assert marketplace.rows("products", "SELECT count(*) FROM products") == [(0,)]


def test_columns_that_bear_known_names_need_no_map(
    tmp_path: Path,
    marketplace: Marketplace,
    capsys: Captured,
) -> None:
    path = tmp_path / "plain.csv"
    path.write_text("title,price,stock,seller\nLamp,5.25,7,Ana\nLamp,5.25,7,Ben\n", encoding="utf-8")
    assert "imported 2 products, 2 of them new" in success(capsys, "import", "products", path)
    assert marketplace.rows("accounts", "SELECT count(*) FROM seller_stores") == [(2,)]
    assert marketplace.rows("inventory", "SELECT sum(change) FROM stock_movements") == [(14,)]
