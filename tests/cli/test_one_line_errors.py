"""Whatever goes wrong on the command line is one clear line and an exit status, never a traceback."""

from __future__ import annotations

import gzip
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from argosy.apps.cli.main import main
from argosy.engine.store import StoreUnavailable
from tests.cli.olist import ITEMS, PRODUCTS, change_line, copy_of_fixture, failure, failures
from tests.marketplace import Marketplace

Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nonsense"], "invalid choice: 'nonsense'"),
        (["import"], "required: KIND"),
        (["import", "olist"], "required: DIR"),
        (["import", "olist", "/nowhere"], "/nowhere is not a folder"),
        (["import", "products", "/nowhere.csv"], "/nowhere.csv:1: no such file"),
        (["import", "products", "x.csv", "--map", "title"], "write TARGET=COLUMN"),
        (["import", "products", "x.csv", "--map", "title=a", "--map", "title=b"], "title is mapped twice"),
        (["import", "products", "x.csv", "--currency", "XXX"], "no such currency"),
        (["import", "products", "x.csv", "--stock", "-1"], "--stock: a number from 0"),
        (["replay", "olist", "/nowhere"], "/nowhere is not a folder"),
        (["replay", "olist", ".", "--buyers", "0"], "not a whole number from 1"),
        (["replay", "olist", ".", "--limit", "1_000"], "not a whole number from 1"),
        (["replay", "olist", ".", "--run", "a b"], "--run: a name"),
        (["replay", "olist", ".", "--direct", "--url", "http://x"], "give one of them"),
        (["worker", "--contexts", "checkout,nowhere"], "there is no nowhere; there are accounts"),
        (["rebuild", "nothing"], "there is no view nothing"),
        (["messages", "nowhere"], "there is no context nowhere"),
        (["messages", ""], "there is no context ; there are accounts"),
        (["web", "--port", "65535"], "is no port"),
        (["web", "--port", "http"], "is no port"),
        (["web", "--threads", "0"], "0 is not a whole number from 1 to 256"),
        (["web", "--host", "x" * 300], "cannot listen on x"),
        (["worker", "--contexts", ""], "there is no ; there are accounts"),
        (["audit", "--limit", "9" * 30], "not a whole number from 1 to 10,000"),
        (["sagas", "--recent", "-1"], "not a whole number from 1 to 1,000"),
        (["import", "products", "x.csv", "--rejects", "./x.csv"], "this is the file itself"),
        (["import", "taxes", "x.csv", "--rejects", "x.csv"], "this is the file itself"),
        (["reconcile", "x.csv", "--rejects", "x.csv"], "this is the file itself"),
    ],
)
def test_a_wrong_request_is_one_line(
    arguments: list[str],
    told: str,
    capsys: Captured,
    marketplace: Marketplace,
) -> None:
    assert told in failure(capsys, *arguments)


def test_every_missing_file_is_a_line_of_its_own(tmp_path: Path, capsys: Captured) -> None:
    lines = failures(capsys, "import", "olist", tmp_path)
    assert len(lines) == 4
    assert all("there is no such file, plain or .gz" in line for line in lines)


@pytest.mark.parametrize(
    ("name", "line", "change", "told"),
    [
        (ITEMS, 2, ("58.9", "58.999"), "price is '58.999' and not an amount of BRL"),
        (ITEMS, 2, ("58.9", "0"), "a price of 0 cannot be sold"),
        (ITEMS, 3, ("17.87", "-1"), "freight_value is '-1' and not an amount of BRL"),
        (ITEMS, 3, ("17.87", "17.87,9"), "8 fields in place of 7"),
        (ITEMS, 5, (",1,", ",2,"), "stands here a second time"),
        (ITEMS, 4, ("03a9c0de", "99a9c0de"), "is not in olist_products_dataset.csv"),
        (ITEMS, 4, ("015e11e4", "995e11e4"), "is not in olist_sellers_dataset.csv"),
        (ITEMS, 1, ("price", "cost"), "no column price; there are order_id, "),
        (PRODUCTS, 3, ("1000.0", "heavy"), "product_weight_g is 'heavy' and not a number"),
        (PRODUCTS, 3, ("02a9c0de", "01a9c0de"), "stands here a second time"),
    ],
)
def test_a_malformed_file_is_named_with_its_line(
    name: str,
    line: int,
    change: tuple[str, str],
    told: str,
    tmp_path: Path,
    capsys: Captured,
) -> None:
    folder = copy_of_fixture(tmp_path)
    change_line(folder / name, line, *change)
    said = failure(capsys, "import", "olist", folder)
    assert f"{folder / name}:{line}: " in said
    assert told in said


def test_a_packed_file_that_breaks_off_is_one_line(tmp_path: Path, capsys: Captured) -> None:
    folder = copy_of_fixture(tmp_path)
    packed = gzip.compress((folder / ITEMS).read_bytes())
    (folder / ITEMS).unlink()
    (folder / f"{ITEMS}.gz").write_bytes(packed[:-30])
    assert f"{ITEMS}.gz:" in failure(capsys, "import", "olist", folder)


def test_text_that_is_not_utf8_is_one_line(tmp_path: Path, capsys: Captured) -> None:
    folder = copy_of_fixture(tmp_path)
    path = folder / PRODUCTS
    path.write_bytes(path.read_bytes().replace(b"brinquedos", b"brinqued\xf3s"))
    assert "not UTF-8 text" in failure(capsys, "import", "olist", folder)


def test_an_unknown_map_lists_the_columns(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "goods.csv"
    path.write_text("name,cost\nLamp,5\n", encoding="utf-8")
    assert failure(capsys, "import", "products", path, "--map", "title=nom") == (
        "--map: the file has no column nom; its columns are name, cost"
    )
    assert "say which column holds title and price" in failure(capsys, "import", "products", path)


def test_a_shop_that_is_not_there_is_one_line(tmp_path: Path, capsys: Captured) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        assert "nobody answers" in failure(capsys, "replay", "olist", copy_of_fixture(tmp_path), "--url", url)


def test_a_port_in_use_is_one_line(capsys: Captured) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = failure(capsys, "up", "--port", taken.getsockname()[1])
    assert "address already in use; choose another with --port" in said


def test_a_folder_that_cannot_be_is_one_line(
    tmp_path: Path,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("ARGOSY_VAR", str(tmp_path / "file"))
    assert "in the way of the folder" in failure(capsys, "migrate")
    monkeypatch.setenv("ARGOSY_VAR", "/proc/argosy")
    assert "/proc/argosy" in failure(capsys, "up", "--port", 8999)


def test_a_disk_without_room_is_one_line(
    tmp_path: Path,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ARGOSY_VAR", str(tmp_path))
    monkeypatch.setattr("argosy.apps.cli.project.ROOM_NEEDED_BYTES", 2**80)
    assert f"the disk of {tmp_path} is full" in failure(capsys, "migrate")


def test_a_marketplace_that_is_not_there_yet_says_what_to_do(
    tmp_path: Path,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ARGOSY_VAR", str(tmp_path))
    assert "run `argosy migrate` or `argosy up` first" in failure(capsys, "worker")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_database_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "orders_db.sqlite3").write_bytes(b"half a database, written by nobody we know" * 99)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ARGOSY_POSTGRES")}
    told = subprocess.run(
        [sys.executable, "-m", "argosy.apps.cli.main", "migrate"],
        capture_output=True,
        text=True,
        check=False,
        env={**environment, "ARGOSY_VAR": str(tmp_path)},
    )
    assert told.returncode == 1
    assert told.stderr == f"argosy: the database {tmp_path}/orders_db.sqlite3 cannot be used: file is not a database\n"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RuntimeError("two\nlines"), "unforeseen: RuntimeError: two (ARGOSY_DEBUG=1 shows where)"),
        (OSError(28, "No space left on device"), "no room is left on the disk: "),
        (StoreUnavailable("no such table: orders"), "run `argosy migrate`"),
        (KeyboardInterrupt(), "stopped"),
    ],
)
def test_a_fault_that_nobody_foresaw_is_one_line_too(
    error: BaseException,
    told: str,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*arguments: object) -> None:
        raise error

    monkeypatch.setattr("argosy.apps.cli.migrate.migrate", fail)
    monkeypatch.delenv("ARGOSY_DEBUG", raising=False)
    assert main(["migrate"]) == (130 if isinstance(error, KeyboardInterrupt) else 1)
    [line] = capsys.readouterr().err.splitlines()
    assert told in line
