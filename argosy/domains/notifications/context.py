"""Notifications: a courtesy to people, never a guarantee; nothing else may wait for one or fail with one.

Only its tables exist yet, so that every database stands where it will stand. `domain/` and `application/` are empty:
it listens to nothing, is asked nothing, and sends nothing.
"""

from __future__ import annotations

from typing import Any

from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context


class NotificationsContext(Context):
    name = "argosy.domains.notifications.adapters.outbound"
    label = "notifications"
    database = "notifications_db"
    criticality = "low"
    services = ()

    def build(self, work: UnitOfWork) -> tuple[object, ...]:
        return ()

    def rows(self) -> tuple[Any, ...]:
        return ()
