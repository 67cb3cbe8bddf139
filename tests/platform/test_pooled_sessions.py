"""Behind a pooler of transactions nothing is left in a session, and nothing is looked for there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connections

from argosy.apps.cli.migrate import set_for_role
from argosy.engine.store import StoreUnavailable
from argosy.platform.databases import CONNECTION_LIMITS, POOLED, SERVER_SETTINGS, PoolingIsUnusable, databases
from argosy.platform.postgres import PostgresDialect
from tests.marketplace import Marketplace

SERVER = {"ARGOSY_POSTGRES": "postgresql://argosy@pooler:6432"}
ALIAS = "inventory"


def test_what_a_session_cannot_keep_is_set_for_the_role(tmp_path: Path) -> None:
    made = databases(tmp_path, {**SERVER, POOLED: "transaction"})
    assert made["orders"]["ROLE_SETTINGS"] == SERVER_SETTINGS
    assert made["search"]["ROLE_SETTINGS"] == {**SERVER_SETTINGS, "synchronous_commit": "off"}
    assert all(one["DISABLE_SERVER_SIDE_CURSORS"] and one["OPTIONS"] == CONNECTION_LIMITS for one in made.values())


@pytest.mark.parametrize("how", ["", "session"])
def test_where_sessions_are_kept_they_are_set_as_they_begin(tmp_path: Path, how: str) -> None:
    made = databases(tmp_path, {**SERVER, POOLED: how})
    assert all(one["ROLE_SETTINGS"] == {} and not one["DISABLE_SERVER_SIDE_CURSORS"] for one in made.values())
    assert made["search"]["OPTIONS"] == {**CONNECTION_LIMITS, "options": "-c synchronous_commit=off"}


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({POOLED: "statement"}, "ARGOSY_POSTGRES_POOLED=statement: there are session and transaction"),
        ({POOLED: "transaction", "ARGOSY_BELL": "postgres"}, "listens in a session, which ARGOSY_POSTGRES_POOLED"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(environment: dict[str, str], said: str) -> None:
    with pytest.raises(PoolingIsUnusable, match=said):
        databases(Path(), {**SERVER, **environment})
    done = subprocess.run(
        [sys.executable, "-m", "argosy.apps.cli.main", "doctor"],
        env={**os.environ, **SERVER, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.fixture
def pooled(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostgresDialect]:
    """A database that is taken to be behind a pooler; its role has set nothing yet."""
    dialect = marketplace.runtime.stores[ALIAS].dialect
    assert isinstance(dialect, PostgresDialect)
    connections[ALIAS].close()
    monkeypatch.setitem(connections[ALIAS].settings_dict, "ROLE_SETTINGS", SERVER_SETTINGS)
    yield dialect
    connections[ALIAS].close()
    with server() as session:
        session.execute(f'ALTER ROLE CURRENT_USER IN DATABASE "{name()}" RESET ALL')


def name() -> str:
    return str(connections[ALIAS].settings_dict["NAME"])


def server() -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(urlsplit(os.environ["ARGOSY_POSTGRES"])._replace(path="/postgres").geturl(), autocommit=True)


on_postgres = pytest.mark.skipif(
    "ARGOSY_POSTGRES" not in os.environ or POOLED in os.environ, reason="about a server without a pooler"
)


@on_postgres
def test_nobody_works_in_a_session_that_lacks_the_roles_settings(pooled: PostgresDialect) -> None:
    with pytest.raises(StoreUnavailable, match="inventory: its role has not set lock_timeout, jit, plan_cache_mode"):
        pooled.query("SELECT 1")


@on_postgres
def test_a_session_is_left_as_it_was_found(pooled: PostgresDialect) -> None:
    with server() as session:
        set_for_role(session, name(), SERVER_SETTINGS)
    for number in range(3):
        assert pooled.query("SELECT ?::int + 1", (number,)) == [(number + 1,)]
    assert pooled.query("SELECT count(*) FROM pg_prepared_statements") == [(0,)]
    assert pooled.query("SELECT count(*) FROM pg_settings WHERE source = 'session' AND name <> 'TimeZone'") == [(0,)]
    assert pooled.query("SELECT current_setting('lock_timeout'), current_setting('enable_seqscan')") == [("2s", "off")]
