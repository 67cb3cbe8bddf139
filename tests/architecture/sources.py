"""The project's Python files as the checks of this folder see them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

PROJECT = Path(__file__).resolve().parents[2]
OURS = ("argosy", "config", "tests", "benchmarks")


@dataclass(frozen=True)
class Source:
    """One Python file; `path` is relative to the project."""

    path: PurePosixPath
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=str(self.path))

    def classes(self) -> Iterator[ast.ClassDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def sources(project: Path = PROJECT, folders: tuple[str, ...] = OURS) -> list[Source]:
    """Every Python file that people write: migrations are generated, and their names and lengths are Django's."""
    paths = sorted(path for folder in folders for path in (project / folder).rglob("*.py"))
    relative = ((path, PurePosixPath(path.relative_to(project).as_posix())) for path in paths)
    return [Source(name, path.read_text(encoding="utf-8")) for path, name in relative if "migrations" not in name.parts]


def written(path: str, text: str) -> Source:
    """A file that exists only in a test, to see a check fail."""
    return Source(PurePosixPath(path), text)
