"""Nothing without an owner: every context and every shared package stands in docs/owners.md with a promise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.architecture.sources import PROJECT

LEVELS = {"critical", "high", "medium", "low"}


def rows(page: str) -> dict[str, list[str]]:
    """The first word of each row of the page's tables, with the other cells."""
    found = {}
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 4 and cells[0] not in {"context", "shared", "---"}:
            found[cells[0].split()[0]] = cells[1:]
    return found


def unowned(names: Iterable[str], page: str) -> Iterator[str]:
    table = rows(page)
    for name in names:
        if name not in table:
            yield f"{name}: not in docs/owners.md"
    for name, (level, owner, promise) in table.items():
        if level.split(" ")[0] not in LEVELS or not owner or not promise:
            yield f"{name}: needs a criticality, an owner and a promise"


def packages(folder: Path) -> list[str]:
    return sorted(path.parent.name for path in folder.glob("*/__init__.py"))


def test_every_context_has_an_owner() -> None:
    argosy = PROJECT / "argosy"
    shared = [name for name in packages(argosy) if name != "domains"]
    page = (PROJECT / "docs" / "owners.md").read_text(encoding="utf-8")
    assert list(unowned([*shared, *packages(argosy / "domains")], page)) == []


def test_a_context_without_owner_is_found() -> None:
    page = (
        "| context | criticality | owner | promise |\n|---|---|---|---|\n| orders | critical | Orders | none lost |\n"
    )
    assert list(unowned(["orders"], page)) == []
    assert list(unowned(["orders", "gifts"], page)) == ["gifts: not in docs/owners.md"]
    silent = page.replace("none lost", "")
    assert list(unowned(["orders"], silent)) == ["orders: needs a criticality, an owner and a promise"]
