"""The decision records can be found, and what they point at exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.sources import PROJECT

DECISIONS = PROJECT / "docs" / "decisions"
RECORDS = sorted(DECISIONS.glob("ADR-*.md"))
GUARD = re.compile(r"`((?:tests/)?[a-z_/]*test_[a-z_]+\.py)`")


def missing_guards(record: str, project: Path) -> list[str]:
    """Test files that a record's "Guarded by" names and that aren't there."""
    guarded = "".join(line for line in record.splitlines() if line.startswith("**Guarded by**"))
    named = [name if "/" in name else f"tests/architecture/{name}" for name in GUARD.findall(guarded)]
    return [name for name in named if not (project / name).is_file()]


def test_the_sixteen_founding_decisions_are_recorded() -> None:
    assert [record.name[4:7] for record in RECORDS][:16] == [f"{number:03d}" for number in range(16)]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_every_record_says_what_guards_it(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    assert text.startswith(f"# {record.name[:7]}: ")
    assert "**Guarded by** " in text
    assert missing_guards(text, PROJECT) == []


def test_a_guard_that_does_not_exist_is_found(tmp_path: Path) -> None:
    text = "# ADR-099: x\n\n**Guarded by** `test_gone.py` and `tests/engine/test_lost.py`.\n"
    assert missing_guards(text, tmp_path) == ["tests/architecture/test_gone.py", "tests/engine/test_lost.py"]
