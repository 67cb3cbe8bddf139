"""Every context's README says its states, and its own tests walk the table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.sources import PROJECT
from tests.architecture.test_context_shape import subfolders

DOMAINS = PROJECT / "argosy" / "domains"
CONTEXTS = [folder.name for folder in subfolders(DOMAINS)]
TABLE = re.compile(r"^\|(?: \w+ \|)? from \| to \| by \|$", re.MULTILINE)


def has_moves(readme: str) -> bool:
    return TABLE.search(readme) is not None


def readers_of(readme: str, tests: Path) -> list[str]:
    return [path.name for path in sorted(tests.glob("test_*.py")) if readme in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("context", CONTEXTS)
def test_the_readme_says_its_states(context: str) -> None:
    readme = (DOMAINS / context / "README.md").read_text(encoding="utf-8")
    assert re.search(r"^## States", readme, re.MULTILINE), f"{context}: the README has no section on states"


@pytest.mark.parametrize("context", CONTEXTS)
def test_a_table_of_moves_is_walked_by_the_contexts_own_tests(context: str) -> None:
    if has_moves((DOMAINS / context / "README.md").read_text(encoding="utf-8")):
        assert readers_of("README.md", PROJECT / "tests" / "domains" / context), (
            f"{context}: no test of tests/domains/{context} reads the table of its README"
        )


def test_tables_of_moves_are_recognised() -> None:
    assert has_moves("## States\n\n| from | to | by |\n|---|---|---|\n")
    assert has_moves("| thing | from | to | by |\n")
    assert not has_moves("| law | guarded by |\n")
