"""What PostgreSQL is given is what it keeps, and what it says is understood, without a driver's cursor in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest
from django.db import connections, transaction

from argosy.engine.store import StoreUnavailable, VersionConflict
from argosy.platform import prepared
from argosy.platform.dialects import ConstraintBroken, Field, Write
from argosy.platform.postgres import PostgresDialect
from tests.marketplace import Marketplace
from tests.support import an_id

pytestmark = pytest.mark.postgres

TEXTS = [
    "plain",
    "",
    "NULL",
    "null",
    'quoted "twice" \\ and \\n',
    "line\nend\ttab\rreturn\x01\x7f",
    "{a,b}",
    " spaces ",
    "naïve 東京 🛒",
    "100% $1 ?",
    None,
]
MOMENTS = [
    datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC),
    datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=-3))),
]


@pytest.fixture
def dialect(marketplace: Marketplace) -> Iterator[PostgresDialect]:
    made = marketplace.runtime.stores["inventory"].dialect
    assert isinstance(made, PostgresDialect)
    made.query("DROP TABLE IF EXISTS things")
    made.query("CREATE TABLE things (id uuid, name text, at timestamptz, said jsonb, many bigint, is_so boolean)")
    yield made
    made.query("DROP TABLE things")


def things(column: str, type: str, values: list[Any]) -> Write:
    columns = (Field("many", "bigint"), Field(column, type))
    return Write("insert", "things", columns, list(enumerate(values)))


def stored(dialect: PostgresDialect, column: str) -> list[Any]:
    return [row[0] for row in dialect.query(f"SELECT {column} FROM things ORDER BY many")]


def test_texts_come_back_as_they_were_given(dialect: PostgresDialect) -> None:
    dialect.commit([things("name", "text", TEXTS)])
    assert stored(dialect, "name") == TEXTS
    assert dialect.query("SELECT many FROM things WHERE name = ?", (TEXTS[5],)) == [(5,)]
    condition, parameter = dialect.among(Field("name", "text"), [TEXTS[4], TEXTS[5], "nobody"])
    assert dialect.query(f"SELECT many FROM things WHERE {condition} ORDER BY many", (parameter,)) == [(4,), (5,)]


@pytest.mark.parametrize("values", [MOMENTS, [*MOMENTS, None]])
def test_instants_come_back_to_the_microsecond(dialect: PostgresDialect, values: list[Any]) -> None:
    dialect.commit([things("at", "timestamptz", values)])
    assert stored(dialect, "at") == values
    assert {at.tzinfo for at in stored(dialect, "at") if at} == {UTC}
    assert dialect.query("SELECT many FROM things WHERE at = ?", (MOMENTS[2],)) == [(2,)]


@pytest.mark.parametrize("extra", [[], [None]])
def test_ids_and_truths_come_back(dialect: PostgresDialect, extra: list[None]) -> None:
    ids = [an_id("one"), an_id("two"), *extra]
    dialect.commit([things("id", "uuid", ids)])
    assert stored(dialect, "id::text") == ids
    condition, parameter = dialect.among(Field("id", "uuid"), [ids[1]])
    assert dialect.query(f"SELECT many FROM things WHERE {condition}", (parameter,)) == [(1,)]
    condition, parameter = dialect.among(Field("id", "uuid"), [])
    assert dialect.query(f"SELECT many FROM things WHERE {condition}", (parameter,)) == []
    dialect.query("DELETE FROM things")
    dialect.commit([things("is_so", "boolean", [True, False, *extra])])
    assert stored(dialect, "is_so") == [True, False, *extra]


def test_documents_come_back(dialect: PostgresDialect) -> None:
    documents = [{"a": TEXTS}, [1, None], "text", dialect.json_text('{"line":"\\n","quote":"\\""}')]
    dialect.commit([things("said", "jsonb", documents)])
    assert stored(dialect, "said ->> 'line'")[3] == "\n"
    assert stored(dialect, "said -> 'a' ->> 4")[0] == TEXTS[4]
    assert stored(dialect, "said::text")[1:3] == ["[1, null]", '"text"']


@pytest.mark.parametrize("id", ["no id", "0" * 31, an_id("one") + "0", "zz" * 16])
def test_what_is_no_id_is_refused_and_not_read_otherwise(dialect: PostgresDialect, id: str) -> None:
    with pytest.raises(psycopg.DataError):
        dialect.commit([things("id", "uuid", [an_id("one"), id])])
    assert dialect.query("SELECT count(*) FROM things") == [(0,)]


def test_a_text_with_a_nul_is_refused_and_not_cut(dialect: PostgresDialect) -> None:
    with pytest.raises(ConstraintBroken):
        dialect.commit([things("name", "text", ["before\0after"])])
    with pytest.raises(ConstraintBroken):
        dialect.query("SELECT many FROM things WHERE name = ?", ("before\0after",))


def test_the_server_says_what_was_wrong(dialect: PostgresDialect) -> None:
    dialect.query("ALTER TABLE things ADD CONSTRAINT once UNIQUE (name)")
    dialect.query("ALTER TABLE things ADD CONSTRAINT small CHECK (many < 5)")
    with pytest.raises(VersionConflict, match="once"):
        dialect.commit([things("name", "text", ["same", "same"])])
    with pytest.raises(ConstraintBroken, match="small"):
        dialect.commit([things("name", "text", TEXTS)])
    gone = Write("delete", "things", (), [("nobody",)], (Field("name", "text"),), True)
    with pytest.raises(VersionConflict):
        dialect.commit([things("name", "text", ["one"]), gone])
    assert dialect.query("SELECT count(*) FROM things") == [(0,)]


def test_a_connection_that_was_cut_is_replaced(dialect: PostgresDialect) -> None:
    [(process,)] = dialect.query("SELECT pg_backend_pid()")
    settings = connections["inventory"].get_connection_params()
    where = {key: settings[key] for key in ("dbname", "user", "host", "port") if key in settings}
    with psycopg.connect(**where, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 2000)", (process,))
    with pytest.raises(StoreUnavailable):
        dialect.query("SELECT pg_backend_pid()")
    assert dialect.query("SELECT pg_backend_pid()") != [(process,)]
    dialect.commit([things("name", "text", ["after"])])
    assert stored(dialect, "name") == ["after"]


def test_what_is_asked_while_a_commit_is_under_way_comes_after_it(dialect: PostgresDialect) -> None:
    finish = dialect.send([things("name", "text", ["x" * 1_000] * 4_000)])
    assert dialect.query("SELECT count(*) FROM things") == [(4_000,)]
    again = dialect.send([things("name", "text", ["y"])])
    assert dialect.query("SELECT count(*) FROM things") == [(4_001,)]
    assert (finish().held_seconds, again().held_seconds) == (0.0, 0.0)


def test_what_django_asks_while_a_commit_is_under_way_comes_after_it(dialect: PostgresDialect) -> None:
    """As a use case that looks for old rows by Django's own means, beside another subscription of its database."""
    finish = dialect.send([things("name", "text", ["x" * 1_000] * 4_000)])
    with connections["inventory"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM things")
        assert cursor.fetchone() == (4_000,)
    again = dialect.send([things("name", "text", ["y"])])
    with transaction.atomic(using="inventory"):
        assert dialect.query("SELECT count(*) FROM things") == [(4_001,)]
    assert (finish().held_seconds, again().held_seconds) == (0.0, 0.0)


def test_a_commit_that_was_refused_while_nobody_looked_says_so_to_who_asks(dialect: PostgresDialect) -> None:
    missing = Write("update", "things", (Field("name", "text"),), [("new", 99)], (Field("many", "bigint"),), True)
    finish = dialect.send([things("name", "text", ["undone"]), missing])
    assert stored(dialect, "name") == [], "asked in between, and nobody else's refusal"
    with pytest.raises(VersionConflict):
        finish()
    dialect.commit([things("name", "text", ["after"])])
    assert stored(dialect, "name") == ["after"]


def test_a_connection_that_is_cut_under_a_commit_is_told_to_who_asks_and_replaced(dialect: PostgresDialect) -> None:
    [(process,)] = dialect.query("SELECT pg_backend_pid()")
    settings = connections["inventory"].get_connection_params()
    where = {key: settings[key] for key in ("dbname", "user", "host", "port") if key in settings}
    dialect.commit([things("name", "text", ["kept"])])
    with psycopg.connect(**where) as other:
        other.execute("LOCK TABLE things")
        finish = dialect.send([things("name", "text", ["lost"])])
        other.execute("SELECT pg_terminate_backend(%s, 2000)", (process,))
    with pytest.raises(StoreUnavailable):
        finish()
    assert stored(dialect, "name") == ["kept"]


def test_no_more_statements_stay_prepared_than_allowed(
    dialect: PostgresDialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections["inventory"].close()
    monkeypatch.setattr(prepared, "PREPARED_MAX", 5)
    for number in (*range(20), 3, 19, 3):
        assert dialect.query(f"SELECT {number} + ?::int", (1,)) == [(number + 1,)]
    [(count,)] = dialect.query("SELECT count(*) FROM pg_prepared_statements")
    assert count == 5


def test_a_transaction_of_django_holds_what_is_written_in_it(dialect: PostgresDialect) -> None:
    with transaction.atomic(using="inventory"):
        dialect.commit([things("name", "text", ["never"])])
        assert stored(dialect, "name") == ["never"]
        transaction.set_rollback(True, using="inventory")
    assert stored(dialect, "name") == []
