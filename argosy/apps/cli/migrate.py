"""`argosy migrate`: one database per context, created or brought up to date."""

from __future__ import annotations

import argparse
import fcntl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from argosy.apps.cli.console import Failed, count, progress, say
from argosy.apps.cli.project import is_postgres, make_var, prepare

HELP = """\
Creates the folder of databases and one database per context, or brings them up to date. Running it again changes
nothing and takes no time. Stop workers and web before you update a marketplace that is in use.
"""
EPILOG = """\
examples:
  argosy migrate                            databases in ./var
  ARGOSY_VAR=/srv/argosy argosy migrate     databases in /srv/argosy
  ARGOSY_POSTGRES=postgresql://argosy:secret@db:5432 argosy migrate
"""


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=HELP, epilog=EPILOG)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    began = time.monotonic()
    steps = migrate()
    took = f"{time.monotonic() - began:.1f} s"
    say(f"{count(steps, 'migration')} applied in {took}" if steps else f"the databases are up to date ({took})")


def migrate() -> int:
    """Every context's own tables in its own database; how many steps that took."""
    var = make_var()
    prepare()
    from argosy.platform.runtime import runtime
    from argosy.platform.sqlite_files import creating
    from argosy.platform.subscriptions import fix_starts

    with _alone(var), creating():
        if is_postgres():
            _create_postgres_databases()
        todo = unapplied()
        steps = sum(len(names) for names in todo.values())
        with progress("making databases", steps) as step:
            for alias, names in todo.items():
                apply(alias, names)
                step(len(names))
        _begin_logs()
        fix_starts(runtime())
    return steps


@contextmanager
def _alone(var: Path) -> Iterator[None]:
    """One migration of a folder at a time; a second one waits and finds nothing to do."""
    with (var / "migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def unapplied() -> dict[str, list[tuple[str, str]]]:
    """By alias, the migrations of its own apps that its database has not seen."""
    from django.db import DatabaseError, connections
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.recorder import MigrationRecorder

    from argosy.platform.router import alias_of

    known = MigrationLoader(None).disk_migrations
    todo: dict[str, list[tuple[str, str]]] = {}
    for alias in connections:
        try:
            applied = MigrationRecorder(connections[alias]).applied_migrations()
        except DatabaseError as error:
            raise Failed(f"{_where(alias)} cannot be used: {_first_line(error)}") from None
        own = [key for key in known if alias_of(key[0]) == alias]
        missing = [key for key in own if key not in applied]
        ahead = [key for key in applied if alias_of(key[0]) == alias and key not in known and key[0] in _labels()]
        if ahead:
            raise Failed(
                f"{_where(alias)} was written by a newer version of this program: it knows "
                f"{'.'.join(sorted(ahead)[-1])}"
            )
        if missing:
            todo[alias] = missing
    return todo


def _labels() -> set[str]:
    from django.apps import apps

    return set(apps.app_configs)


def apply(alias: str, names: list[tuple[str, str]]) -> None:
    """These, of one database."""
    from django.db import DatabaseError, connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections[alias])
    labels = {label for label, _ in names}
    leaves = [leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] in labels]
    try:
        executor.migrate(leaves)
    except DatabaseError as error:
        raise Failed(f"{_where(alias)} could not be migrated: {_first_line(error)}") from None


def _begin_logs() -> None:
    """Each log's first life, noted once with the system that it lives on."""
    from django.apps import apps
    from django.db import connections

    from argosy.platform.context import Context

    for context in apps.get_app_configs():
        if not isinstance(context, Context) or not context.outbox:
            continue
        with connections[context.alias].cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {context.table_prefix}_log_epochs")
            if cursor.fetchone() is None:
                cursor.execute(
                    f"INSERT INTO {context.table_prefix}_log_epochs (epoch, first_id, system) VALUES (1, 1, %s) "
                    f"ON CONFLICT DO NOTHING",
                    [_system(cursor)],
                )


def _system(cursor: Any) -> str:
    """What tells this database from a restored or moved one, where it can be told."""
    import psycopg
    from django.db import ProgrammingError

    from argosy.platform.sql_log import SYSTEM_SQL

    if not is_postgres():
        return "sqlite"
    try:
        cursor.execute(SYSTEM_SQL)
        return str(cursor.fetchone()[0] or "")
    except (ProgrammingError, psycopg.ProgrammingError):
        return ""


def _create_postgres_databases() -> None:
    """Those that are missing; and for the role what sessions cannot keep behind a pooler, before anybody is let in."""
    import psycopg
    from django.conf import settings

    servers: dict[tuple[str, ...], list[str]] = {}
    of_role: dict[str, dict[str, str]] = {}
    for one in settings.DATABASES.values():
        servers.setdefault(tuple(one[name] for name in ("HOST", "PORT", "USER", "PASSWORD")), []).append(one["NAME"])
        of_role[one["NAME"]] = one["ROLE_SETTINGS"]
    for (host, port, user, password), names in servers.items():
        try:
            with psycopg.connect(
                host=host,
                port=port,
                user=user,
                dbname="postgres",
                password=password,
                autocommit=True,
                connect_timeout=10,
            ) as connection:
                known = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
                missing = [name for name in names if name not in known]
                with progress("creating databases", len(missing)) as step:
                    for name in missing:
                        connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
                        step(1)
                for name in names:
                    set_for_role(connection, name, of_role[name])
        except psycopg.Error as error:
            raise Failed(f"PostgreSQL at {host}:{port or 5432}: {_first_line(error)}") from None


def set_for_role(server: Any, database: str, wanted: Mapping[str, str]) -> None:
    """What every session of this role in this database begins with."""
    from psycopg.sql import SQL, Identifier, Literal

    for name, value in wanted.items():
        server.execute(
            SQL("ALTER ROLE CURRENT_USER IN DATABASE {} SET {} = {}").format(
                Identifier(database), Identifier(name), Literal(value)
            )
        )


def _where(alias: str) -> str:
    from django.conf import settings

    return f"the database {settings.DATABASES[alias]['NAME']}"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
