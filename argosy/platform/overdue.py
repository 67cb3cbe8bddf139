"""Due work that waits for somebody, counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from argosy.engine.store import CALL, TIMER
from argosy.platform.engine_tables import EngineTables


class Overdue(NamedTuple):
    """Calls that are due and not answered, by what they ask; and how late the most overdue timer is."""

    calls: Mapping[str, int]
    timers_late_seconds: float


def overdue(store: EngineTables, now: datetime) -> Overdue:
    """What is due by now in one database."""
    rows = store.dialect.query(
        f"SELECT kind, name, count(*), min(due_at) FROM {store.prefix}_due WHERE due_at <= ? GROUP BY kind, name",
        (store.dialect.instant(now),),
    )
    late = [(now - store.dialect.to_instant(row[3])).total_seconds() for row in rows if row[0] == TIMER]
    return Overdue({row[1]: row[2] for row in rows if row[0] == CALL}, max(late, default=0.0))
