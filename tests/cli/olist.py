"""The fixture in the Olist format, and ways to break a copy of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from argosy.apps.cli.main import main

FIXTURE = Path(__file__).parent.parent / "fixtures" / "olist"
ITEMS = "olist_order_items_dataset.csv"
PRODUCTS = "olist_products_dataset.csv"


def copy_of_fixture(folder: Path) -> Path:
    return Path(shutil.copytree(FIXTURE, folder / "olist"))


def change_line(path: Path, number: int, old: str, new: str) -> None:
    """Replace text in one line, counted from 1."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    assert old in lines[number - 1]
    lines[number - 1] = lines[number - 1].replace(old, new)
    path.write_text("".join(lines), encoding="utf-8")


def failure(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line that a command that fails says."""
    lines = failures(capsys, *arguments)
    assert len(lines) == 1, lines
    return lines[0]


def failures(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[str]:
    """Everything that a command that fails says: lines of its own, and no traceback."""
    capsys.readouterr()
    try:
        status = main([str(argument) for argument in arguments])
    except SystemExit as end:
        status = int(end.code or 0)
    lines = capsys.readouterr().err.splitlines()
    assert status in (1, 2), lines
    assert all(line.startswith("argosy: ") for line in lines), lines
    return [line.removeprefix("argosy: ") for line in lines]


def success(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """What a command that succeeds prints."""
    capsys.readouterr()
    status = main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    assert status == 0, told.err
    return told.out
