"""Views: every document is what a rebuild of the same logs makes (I38)."""

from __future__ import annotations

from collections.abc import Iterator

from argosy.apps.doctor.check import Check, Violation
from argosy.apps.doctor.databases import CannotCheck, Databases
from argosy.read_models.rebuild import RebuildIsRunning, ViewIsBehind, compare
from argosy.read_models.views import VIEWS

REBUILD = "rebuild "


def as_rebuilt(databases: Databases) -> Iterator[Violation]:
    """Rebuilds each view beside the live one, and compares; waits by itself for what is on its way."""
    done = 0

    def read(messages: int, part: float) -> None:
        nonlocal done
        databases.read(max(0, messages - done))
        done = messages

    for view in VIEWS:
        done = 0
        try:
            differences = compare(databases.runtime, view.name, read)
        except RebuildIsRunning as busy:
            raise CannotCheck(f"{busy}; look again when that is done") from None
        except ViewIsBehind as behind:
            raise CannotCheck(f"{behind}; look again when it has caught up") from None
        for table, id, what in differences:
            yield Violation(f"{table} {id}", f"is {what}", cure=f"{REBUILD}{view.name}")


CHECKS = (Check("I38", "every view is what a rebuild of the logs makes", as_rebuilt),)
