"""What a check is: a sentence that must hold, and a look that gives the rows that break it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from argosy.apps.doctor.databases import Databases


class Violation(NamedTuple):
    """A row that breaks an invariant. The same row has the same name at each look; `key` is how a second look finds
    it, the value of the column that the check's queries mark with {only:...}. `cure` names what heals it, where
    anything may without a person (healing.py)."""

    row: str
    what: str
    key: str = ""
    cure: str = ""


Look = Callable[[Databases], Iterator[Violation]]


@dataclass(frozen=True)
class Check:
    """One invariant. A check that `spans` databases, or reads one while it changes, is looked at again: what is only
    on its way has arrived by then. One that waits for a context that is not there yet says which, and looks at
    nothing."""

    id: str
    promise: str
    look: Look | None = None
    spans: bool = False
    waits_for: str = ""


def all_of(*looks: Look) -> Look:
    """One look after the other."""

    def look(databases: Databases) -> Iterator[Violation]:
        for one in looks:
            yield from one(databases)

    return look


def in_order(checks: Iterable[Check]) -> list[Check]:
    """By their numbers; a number is used once."""
    found = sorted(checks, key=lambda check: check.id)
    assert len({check.id for check in found}) == len(found), "two checks have one id"
    return found
