"""Marketplaces of a benchmark's own, gone afterwards: a temporary folder, and databases on PostgreSQL where
ARGOSY_POSTGRES names a server. The marketplace in ARGOSY_VAR is not touched."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.results import two_cores

if TYPE_CHECKING:
    from argosy.platform.runtime import Runtime


@contextmanager
def marketplace(gateway_ms: int = 0) -> Iterator[Runtime]:
    """A fresh one with the reference catalogue; once in a process."""
    with folder() as var:
        yield open_marketplace(var, gateway_ms)


@contextmanager
def folder() -> Iterator[Path]:
    """Where one lives: this process and its children keep to two cores and to databases of their own."""
    two_cores()
    var = Path(tempfile.mkdtemp(prefix="argosy-bench-"))
    os.environ["ARGOSY_POSTGRES_PREFIX"] = f"bench_{os.getpid()}_"
    try:
        yield var
    finally:
        if os.environ.get("ARGOSY_POSTGRES"):
            _drop_databases()
        shutil.rmtree(var, ignore_errors=True)


def open_marketplace(var: Path, gateway_ms: int = 0) -> Runtime:
    """The one in a folder; made, with what the reference basket needs, where there is none."""
    os.environ["ARGOSY_VAR"] = str(var)
    os.environ["ARGOSY_TEST_GATEWAY_LATENCY_MS"] = str(gateway_ms)
    from argosy.apps.cli.migrate import migrate
    from argosy.platform.runtime import runtime
    from benchmarks.reference import seed

    is_new = migrate() > 0
    if is_new:
        seed(runtime())
    return runtime()


def completed(place: Runtime) -> int:
    """How many checkouts are completed."""
    store = place.stores["checkout"]
    [(count,)] = store.dialect.query("SELECT count(*) FROM checkout_sessions WHERE status = 'COMPLETED'")
    return int(count)


def _drop_databases() -> None:
    import psycopg
    from django.conf import settings
    from django.db import connections

    connections.close_all()
    server = settings.DATABASES["default"]
    with psycopg.connect(
        host=server["HOST"],
        port=server["PORT"],
        user=server["USER"],
        password=server["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    ) as connection:
        for database in settings.DATABASES.values():
            name = psycopg.sql.Identifier(database["NAME"])
            connection.execute(psycopg.sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
