"""A whole marketplace for a test: every context on its real database, worked off in this process when told to.

Tests over many databases use real commits. On SQLite each test gets fresh copies of files that were migrated once a
run; with ARGOSY_POSTGRES set, the same tests run on PostgreSQL and what they touched is emptied after each. With
ARGOSY_TRANSPORT=kafka and ARGOSY_KAFKA set, their messages go over that broker, each test's through topics of its own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from django.conf import settings
from django.db import connections

from argosy.engine.work import SYSTEM, Actor
from argosy.platform.runtime import Runtime, runtime
from argosy.platform.worker import Worker
from argosy.shared_kernel.messages import Command

_WRITTEN_TO = """
SELECT DISTINCT c.relname FROM pg_class c
LEFT JOIN pg_depend d ON d.refobjid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
LEFT JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
AND c.relname NOT LIKE 'django_%' AND c.relname NOT LIKE 'auth_%'
AND (pg_relation_size(c.oid) > 0 OR pg_sequence_last_value(s.oid) IS NOT NULL)
"""


class Marketplace:
    """`do` runs a command from outside, `drain` works everything off, timers that are due included."""

    def __init__(self) -> None:
        self.runtime: Runtime = runtime()
        self._worker: Worker | None = None
        name_topics()

    def do(self, label: str, command: Command, actor: Actor = SYSTEM) -> Any:
        return self.runtime.outside(label).run(command, actor)

    @property
    def worker(self) -> Worker:
        if self._worker is None:
            self._worker = Worker(self.runtime, self.runtime.contexts)
        return self._worker

    def drain(self, seconds: float = 30.0) -> None:
        self.worker.drain(seconds)

    def rows(self, label: str, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """What one context's database holds; `?` marks parameters."""
        from argosy.platform.runtime import dialect_of

        return dialect_of(self.runtime.contexts[label].alias).query(sql, parameters)

    def close(self) -> None:
        if self._worker is not None:
            self._worker.close()
        self._worker = None
        remove_topics(self.runtime)


def is_over_kafka() -> bool:
    return os.environ.get("ARGOSY_TRANSPORT") == "kafka"


def name_topics() -> None:
    """Databases begin anew with each test, and so must the topics."""
    if is_over_kafka():
        os.environ["ARGOSY_KAFKA_PREFIX"] = f"test-{uuid4().hex[:10]}."
        os.environ.setdefault("ARGOSY_KAFKA_PARTITIONS", "2")


def remove_topics(place: Runtime) -> None:
    if is_over_kafka():
        from argosy.platform.kafka.cluster import Cluster
        from argosy.platform.kafka.settings import kafka_settings

        Cluster(kafka_settings(os.environ)).remove_topics(list(place.stores))


def migrate_all() -> None:
    """Every database with its own apps, as `argosy migrate` does it: Django's own command goes through all apps for
    each of the databases, and takes eleven times as long."""
    from argosy.apps.cli.migrate import apply, unapplied

    Path(settings.VAR).mkdir(parents=True, exist_ok=True)
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        _create_postgres_databases()
    for alias, names in unapplied().items():
        apply(alias, names)
    connections.close_all()


def pristine(template: Path) -> Iterator[None]:
    """Databases as migrated, before and after; nothing is remembered of those before."""
    from argosy.apps.storefront.stores import forget_stores
    from argosy.read_models.slots import forget_live_slots

    connections.close_all()
    forget_live_slots()
    forget_stores()
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        _copy_fresh(template)
    yield
    connections.close_all()
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        _truncate()
        # The test gateway's book is a file all the same.
        for path in Path(settings.VAR).glob("*.sqlite3*"):
            if path.suffix != ".lock":
                path.unlink()


def _copy_fresh(template: Path) -> None:
    var = Path(settings.VAR)
    if not template.exists():
        template.mkdir()
        for path in var.glob("*.sqlite3"):
            shutil.copy(path, template)
    for path in var.glob("*.sqlite3*"):
        if path.suffix != ".lock":  # Whoever holds it open must go on sharing it with whoever opens it anew.
            path.unlink()
    for path in template.glob("*.sqlite3"):
        shutil.copy(path, var)


def _create_postgres_databases() -> None:
    import psycopg

    from argosy.apps.cli.migrate import set_for_role

    server_of = settings.DATABASES["default"]
    with psycopg.connect(
        host=server_of["HOST"],
        port=server_of["PORT"],
        user=server_of["USER"],
        password=server_of["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    ) as server:
        known = {row[0] for row in server.execute("SELECT datname FROM pg_database")}
        for database in settings.DATABASES.values():
            if database["NAME"] not in known:
                server.execute(f'CREATE DATABASE "{database["NAME"]}"')
            set_for_role(server, database["NAME"], database["ROLE_SETTINGS"])


def _truncate() -> None:
    """TRUNCATE passes the triggers that refuse DELETE; only tables that were written to are emptied, for each of them
    costs several files: one without a page, whose numbers were never drawn, is as it was made."""
    for alias in connections:
        with connections[alias].cursor() as cursor:
            cursor.execute(_WRITTEN_TO)
            tables = [f'"{row[0]}"' for row in cursor.fetchall()]
            if tables:
                cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY")


class Rows(NamedTuple):
    """What one database of PostgreSQL holds: its tables as COPY has them, and how far numbers were drawn."""

    tables: list[tuple[str, bytes]]
    drawn: list[tuple[str, int]]


def kept_rows() -> dict[str, Rows]:
    """By alias; of what was written to, and nothing where databases are files."""
    if not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        return {}
    kept = {}
    for alias in connections:
        with connections[alias].cursor() as cursor:
            cursor.execute(_WRITTEN_TO)
            tables = []
            for (table,) in cursor.fetchall():
                with cursor.copy(f'COPY "{table}" TO STDOUT (FORMAT binary)') as rows:
                    tables.append((table, b"".join(rows)))
            cursor.execute("SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL")
            kept[alias] = Rows(tables, cursor.fetchall())
    return kept


def put_back(kept: Mapping[str, Rows]) -> None:
    """Into empty tables, past every trigger."""
    for alias, rows in kept.items():
        with connections[alias].cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            for table, held in rows.tables:
                with cursor.copy(f'COPY "{table}" FROM STDIN (FORMAT binary)') as into:
                    into.write(held)
            for sequence, last in rows.drawn:
                cursor.execute("SELECT setval(%s, %s)", [f'"{sequence}"', last])
    connections.close_all()
