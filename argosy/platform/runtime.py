"""One process's marketplace: every context with its store and log, ready for commands from outside."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache, partial
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections

from argosy.engine.log import Log
from argosy.engine.outside import Outside
from argosy.engine.segments import Archive, SegmentFiles
from argosy.engine.store import Changes
from argosy.observability import metrics
from argosy.observability.about import also_about
from argosy.platform.context import Context
from argosy.platform.counted import CountedStore
from argosy.platform.crash_points import reached
from argosy.platform.doorbell import Bell
from argosy.platform.engine_tables import Dialect
from argosy.platform.far_bell import far_bell
from argosy.platform.postgres import PostgresDialect
from argosy.platform.rows import Mapped, Rows
from argosy.platform.server_clock import ServerClock, server_time
from argosy.platform.sqlite import SqliteDialect
from argosy.platform.storage.chosen import ARCHIVE, storage
from argosy.platform.storage.segments import StoredSegments
from argosy.platform.system import SystemClock, TimeOrderedIds
from argosy.platform.withdrawn import Withdrawn
from argosy.shared_kernel.clock import Clock


class Runtime:
    """Made once per process; its stores use the calling thread's database connections."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.clock: Clock = _clock()
        self.ids = TimeOrderedIds()
        self.far_bell = far_bell(var, os.environ, settings.DATABASES)
        self.withdrawn = Withdrawn(var / "withdrawn")
        self.bell = Bell(var / "doorbell", self.far_bell)
        self.contexts: dict[str, Context] = {
            config.label: config for config in apps.get_app_configs() if isinstance(config, Context)
        }
        self.stores = {
            label: self.store(context, context.rows()) for label, context in self.contexts.items() if context.outbox
        }
        self.segments: SegmentFiles = StoredSegments(lambda: storage(ARCHIVE))
        for label, store in self.stores.items():
            store.log.archive = Archive(store.log.segments, self.segments, label)
        self.logs: dict[str, Log] = {label: store.log for label, store in self.stores.items()}
        self._outsides = {label: self._outside(label) for label in self.stores}

    def store(self, context: Context, rows: Iterable[Rows]) -> CountedStore:
        return CountedStore(
            context.label,
            dialect_of(context.alias),
            [Mapped(row) for row in rows],
            context.table_prefix,
            context.outbox,
        )

    def outside(self, label: str) -> Outside:
        """Where commands from outside for a context are run."""
        return self._outsides[label]

    def ring(self, changes: Changes) -> None:
        """Wake those who have news; called after a commit, never inside."""
        reached("request.committed")
        if changes.records:
            first = changes.records[0]
            also_about(correlation_id=first.correlation_id, causation_id=first.cause_id)
        self.bell.ring({record.wire_name for record in changes.records} | {due.kind for due in changes.due.values()})

    def _outside(self, label: str) -> Outside:
        outside = Outside(self.contexts[label].participant, self.stores[label], self.clock, self.ids)
        outside.committed = partial(self._committed, label)
        return outside

    def _committed(self, label: str, changes: Changes) -> None:
        self.look_for_withdrawals(label, changes)
        self.ring(changes)

    def look_for_withdrawals(self, label: str, changes: Changes) -> None:
        """Have every process forget whom tokens stand for, where this commit of a context took anything away."""
        if self.contexts[label].withdraws(changes):
            self.withdrawn.tell()


def _clock() -> Clock:
    """Machines that share a server share its clock; files are one machine's own."""
    dialect = dialect_of("default")
    return ServerClock(server_time(dialect.query)) if dialect.vendor == "postgresql" else SystemClock()


@cache
def dialect_of(alias: str) -> Dialect:
    """One per database and process: its lock and its statements are shared by all who write there."""
    wrapper: Any = connections[alias]
    if wrapper.vendor == "postgresql":
        return PostgresDialect(alias)
    dialect = SqliteDialect(alias, str(wrapper.settings_dict["NAME"]))
    dialect.lock.waited = metrics.LOCK_WAIT_SECONDS.labels(alias).observe
    return dialect


@cache
def runtime() -> Runtime:
    """This process's marketplace."""
    return Runtime(Path(settings.VAR))
