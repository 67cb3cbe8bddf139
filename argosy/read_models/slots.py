"""Which of a view's two slots readers look at, and which generation of its subscription writes it."""

from __future__ import annotations

import time
from functools import cache
from typing import NamedTuple

from argosy.platform.engine_tables import Dialect
from argosy.platform.runtime import dialect_of
from argosy.read_models.repositories import kept_of
from argosy.shared_kernel.aggregate import Aggregate

ALIAS = "search"
CACHED_SECONDS = 1.0


class Standing(NamedTuple):
    """A view that was never rebuilt has no row in `view_versions` and stands like this."""

    slot: str = "a"
    generation: int = 1

    @property
    def next(self) -> Standing:
        return Standing("b" if self.slot == "a" else "a", self.generation + 1)


_cached: dict[str, Standing] = {}
_cached_until = 0.0
_tables: dict[tuple[str, type[Aggregate]], str] = {}


def standings(dialect: Dialect) -> dict[str, Standing]:
    """How the views stand now, where they were ever rebuilt."""
    return {
        view: Standing(slot, generation)
        for view, slot, generation in dialect.query("SELECT view, live_slot, generation FROM view_versions")
    }


@cache
def search() -> Dialect:
    """The database of views, through this thread's connection."""
    return dialect_of(ALIAS)


def live_table(view: str, kind: type[Aggregate]) -> str:
    """The table that holds these rows for readers, at most a second behind a swap."""
    global _cached, _cached_until  # noqa: PLW0603
    now = time.monotonic()
    if now >= _cached_until:
        _cached = standings(search())
        _cached_until = now + CACHED_SECONDS
    return table_in(_cached.get(view, Standing()).slot, kind)


def forget_live_slots() -> None:
    """Look again at the next read: for tests, which replace databases under a running process."""
    global _cached_until  # noqa: PLW0603
    _cached_until = 0.0


def table_in(slot: str, kind: type[Aggregate]) -> str:
    known = _tables.get((slot, kind))
    if known is None:
        known = _tables[slot, kind] = getattr(kept_of(kind).slots, slot)._meta.db_table
    return known
