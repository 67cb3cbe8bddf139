"""What a context has planned to be told again and again."""

from __future__ import annotations

from datetime import datetime, timedelta

from argosy.engine.due import recurring_timer
from argosy.engine.store import Fence
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context
from argosy.platform.sql_store import SqlStore
from argosy.shared_kernel.codec import encode


def plan_missing(context: Context, store: SqlStore, now: datetime, fence: Fence | None) -> list[str]:
    """Plans the recurring commands of a context that are not planned, and gives their wire names."""
    planned = store.recurring()
    work = UnitOfWork(store, now, fence=fence)
    for every in context.schedule:
        if every.send.wire_name not in planned:
            due = recurring_timer(
                every.send.wire_name,
                getattr(every.send, every.send.key_field),
                encode(every.send).decode(),
                now + timedelta(seconds=every.first_after),
            )
            work.changes.due[due.id] = due
    work.commit()
    return sorted(due.name for due in work.changes.due.values())
