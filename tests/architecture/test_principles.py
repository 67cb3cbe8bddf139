"""Every law names a test that guards it, and that test exists; what is unguarded says what it waits for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import PROJECT

PAGE = PROJECT / "docs" / "principles.md"
ROW = re.compile(r"^\| (?!-)(.+?) \| (.+?) \|$", re.MULTILINE)
GUARD = re.compile(r"`([a-z_/]+\.py)::(test_\w+)`")


def guarded(page: str) -> list[tuple[str, str]]:
    """Laws and their guards, the headings of tables left out."""
    text = page.partition("\n## Waiting")[0]
    return [(law, guard) for law, guard in ROW.findall(text) if guard != "guarded by" and set(guard) != {"-"}]


def lapses(page: str, tests: Path) -> Iterator[str]:
    for law, guard in guarded(page):
        found = GUARD.findall(guard)
        if not found:
            yield f"{law}: names no test"
        for path, name in found:
            file = tests / path
            if not file.is_file() or f"\ndef {name}(" not in file.read_text(encoding="utf-8"):
                yield f"{law}: there is no {path}::{name}"


def test_every_law_is_guarded_by_a_test_that_exists() -> None:
    assert list(lapses(PAGE.read_text(encoding="utf-8"), PROJECT / "tests")) == []


def test_what_waits_says_for_what() -> None:
    waiting = PAGE.read_text(encoding="utf-8").partition("\n## Waiting")[2]
    rows = [row for row in ROW.findall(waiting) if row[1] != "waits for" and set(row[1]) != {"-"}]
    assert rows and all(law and reason for law, reason in rows)


def test_a_lapse_is_found(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("\ndef test_there() -> None: ...\n")
    page = (
        "| law | guarded by |\n|---|---|\n| One | `test_a.py::test_there` |\n| Two | `test_a.py::test_gone` |\n"
        "| Three | `test_b.py::test_there` |\n| Four | somebody |\n\n## Waiting\n\n| Five | time |\n"
    )
    assert list(lapses(page, tmp_path)) == [
        "Two: there is no test_a.py::test_gone",
        "Three: there is no test_b.py::test_there",
        "Four: names no test",
    ]
