"""The pages of docs/ that are made from the code."""

from __future__ import annotations

from pathlib import Path

from argosy.apps.cli import messages
from argosy.apps.reference import context_map, errors, lists, tables


def pages(project: Path) -> dict[str, str]:
    """Each generated page by its path in the project, as it should read now."""
    return {
        "docs/messages.md": messages.page(messages.catalogue()),
        "docs/tables.md": tables.page(tables.blueprint_of(project)),
        "docs/context-map.md": context_map.page(),
        "docs/errors.md": errors.page(),
        "docs/lists.md": lists.page(),
    }
