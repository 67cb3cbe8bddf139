"""Every context has the same shape, so that a reader of one has read them all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import PROJECT

RINGS = ("domain", "application", "adapters")
FILES = ("context.py", "README.md")


def misshapen_contexts(domains: Path) -> Iterator[str]:
    for context in subfolders(domains):
        for ring in RINGS:
            if not (context / ring / "__init__.py").is_file():
                yield f"{context.name}: has no {ring}/ (an empty ring stays, and context.py says why it is empty)"
        for name in FILES:
            if not (context / name).is_file() or not (context / name).read_text(encoding="utf-8").strip():
                yield f"{context.name}: has no {name}"
        if not (context / "__init__.py").is_file():
            yield f"{context.name}: has no __init__.py"


def folders_without_init(package: Path) -> Iterator[str]:
    """Without __init__.py a folder is invisible to import-linter, and its rules with it."""
    for folder in sorted({path.parent for path in package.rglob("*.py")}):
        if not (folder / "__init__.py").is_file():
            yield f"{folder.relative_to(package.parent)}: has no __init__.py"


def subfolders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and path.name != "__pycache__")


def test_every_context_has_the_same_shape() -> None:
    assert list(misshapen_contexts(PROJECT / "argosy" / "domains")) == []


def test_every_package_can_be_seen() -> None:
    assert list(folders_without_init(PROJECT / "argosy")) == []


@pytest.fixture
def domains(tmp_path: Path) -> Path:
    """A well-formed context."""
    context = tmp_path / "domains" / "orders"
    for ring in RINGS:
        (context / ring).mkdir(parents=True)
        (context / ring / "__init__.py").touch()
    (context / "__init__.py").touch()
    (context / "__pycache__").mkdir()
    (context / "context.py").write_text('"""Orders."""\n')
    (context / "README.md").write_text("# Orders\n")
    return tmp_path / "domains"


def test_a_well_formed_context_passes(domains: Path) -> None:
    assert list(misshapen_contexts(domains)) == []


MISSING = [
    "domain/__init__.py",
    "application/__init__.py",
    "adapters/__init__.py",
    "context.py",
    "README.md",
    "__init__.py",
]


@pytest.mark.parametrize("missing", MISSING)
def test_a_missing_part_is_named(domains: Path, missing: str) -> None:
    (domains / "orders" / missing).unlink()
    (complaint,) = misshapen_contexts(domains)
    assert complaint.startswith("orders: has no ")


def test_an_empty_readme_is_no_readme(domains: Path) -> None:
    (domains / "orders" / "README.md").write_text("\n")
    assert list(misshapen_contexts(domains)) == ["orders: has no README.md"]


def test_a_folder_without_init_is_named(tmp_path: Path) -> None:
    (tmp_path / "argosy" / "engine").mkdir(parents=True)
    (tmp_path / "argosy" / "__init__.py").touch()
    (tmp_path / "argosy" / "engine" / "batch.py").touch()
    assert list(folders_without_init(tmp_path / "argosy")) == ["argosy/engine: has no __init__.py"]
