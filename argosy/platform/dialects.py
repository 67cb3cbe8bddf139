"""The two databases: how each takes many rows in one statement, and what its errors mean.

SQLite: `executemany` inside BEGIN IMMEDIATE, under the file's lock. PostgreSQL: one statement for a whole unit of
work, a chain of data-modifying CTEs with one JSON parameter each, so that a commit is one round trip; a compare that
fails divides by zero, which aborts it.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import psycopg
from django.db import InterfaceError, OperationalError, connections

from argosy.engine.store import Contended, StoreUnavailable, VersionConflict
from argosy.platform.crash_points import reached
from argosy.platform.locks import WAIT_SECONDS, FileLock, LockTimeout
from argosy.shared_kernel.codec import encode


class ConstraintBroken(Exception):
    """A constraint of the database forbids what a message asks for."""


class Field(NamedTuple):
    """A column and the type that its values are cast to on PostgreSQL."""

    name: str
    type: str


class Write(NamedTuple):
    """One statement over many rows. `verb` is insert, upsert, ensure (an insert unless it is there), update, delete, or
    check (rows that must be there).

    Rows hold the values of `columns`, then those of `keys`. Updates and deletes must hit as many rows as are given
    when `is_compared`. An upsert conflicts on `keys`, which are among `columns` and not repeated; it counts up what is
    to be `raised`, whatever the row says.
    """

    verb: str
    table: str
    columns: tuple[Field, ...]
    rows: Sequence[Sequence[Any]]
    keys: tuple[Field, ...] = ()
    is_compared: bool = False
    raised: Field | None = None

    @property
    def shape(self) -> tuple[Any, ...]:
        """What the statement's text depends on."""
        return self.verb, self.table, self.columns, self.keys, self.is_compared, self.raised

    @property
    def on_conflict(self) -> str:
        """What an upsert or ensure does with a row that is there."""
        keys = ", ".join(key.name for key in self.keys)
        if self.verb == "ensure":
            return f"ON CONFLICT ({keys}) DO NOTHING"
        changed = ", ".join(
            f"{c.name} = {self.table}.{c.name} + 1" if c == self.raised else f"{c.name} = excluded.{c.name}"
            for c in self.columns
            if c not in self.keys
        )
        return f"ON CONFLICT ({keys}) DO UPDATE SET {changed}"


class Statistics:
    """What a process has asked of its databases: counted for benchmarks and tests."""

    queries = 0
    commits = 0
    rows_written = 0
    watcher: Any = None
    """Called with (alias, sql) where a test wants to see every statement."""


class SqliteDialect:
    """One SQLite file, through Django's connection of this thread."""

    vendor = "sqlite"

    def __init__(self, alias: str, path: str) -> None:
        self.alias = alias
        self.lock = FileLock(path + ".lock")
        self._statements: dict[Any, str] = {}

    def raw(self) -> sqlite3.Connection:
        wrapper = connections[self.alias]
        try:
            wrapper.ensure_connection()
        except OperationalError as error:
            raise StoreUnavailable(str(error)) from error
        connection: sqlite3.Connection = wrapper.connection
        return connection

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of one statement; `?` marks parameters."""
        Statistics.queries += 1
        if Statistics.watcher:
            Statistics.watcher(self.alias, sql)
        try:
            return self.raw().execute(sql, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            raise _unavailable_or(error) from error

    def among(self, column: Field, values: Sequence[Any]) -> tuple[str, Any]:
        """A condition that the column's value is one of these, and its parameter."""
        return f"{column.name} IN (SELECT value FROM json_each(?))", encode(list(values)).decode()

    def commit(self, writes: Sequence[Write]) -> float:
        """Write all or nothing; for how many seconds nobody else could write."""
        raw = self.raw()
        statements = [(write, self._sql(write)) for write in writes]
        reached("commit.before_begin")
        try:
            with self.lock.held():
                raw.execute("BEGIN IMMEDIATE")
                began = time.perf_counter()
                reached("commit.begun")
                try:
                    for write, sql in statements:
                        self._run(raw, write, sql)
                        reached("commit.between_statements")
                    reached("commit.before_commit")
                    raw.execute("COMMIT")
                    reached("commit.done")
                    held_seconds = time.perf_counter() - began
                except BaseException:
                    if raw.in_transaction:
                        raw.execute("ROLLBACK")
                    raise
        except LockTimeout as error:
            raise StoreUnavailable(f"{self.alias} is busy: no turn to write within 2 s") from error
        except sqlite3.IntegrityError as error:
            if "UNIQUE" in str(error):
                raise VersionConflict(str(error)) from error
            raise ConstraintBroken(str(error)) from error
        except sqlite3.DatabaseError as error:
            raise _unavailable_or(error) from error
        Statistics.commits += 1
        return held_seconds

    def _run(self, raw: sqlite3.Connection, write: Write, sql: str) -> None:
        Statistics.queries += 1
        Statistics.rows_written += 0 if write.verb == "check" else len(write.rows)
        if Statistics.watcher:
            Statistics.watcher(self.alias, sql)
        if write.verb == "check":
            hit = raw.execute(sql, (encode(write.rows).decode(),)).fetchone()[0]
        else:
            hit = raw.executemany(sql, write.rows).rowcount
        if write.is_compared and hit != len(write.rows):
            raise VersionConflict(f"{write.table}: {hit} of {len(write.rows)} rows were as expected")

    def _sql(self, write: Write) -> str:
        sql = self._statements.get(write.shape)
        if sql is None:
            sql = self._statements[write.shape] = self._compose(write)
        return sql

    @staticmethod
    def _compose(write: Write) -> str:
        where = " AND ".join(f"{key.name} = ?" for key in write.keys)
        names = ", ".join(column.name for column in write.columns)
        if write.verb == "update":
            return f"UPDATE {write.table} SET {', '.join(f'{c.name} = ?' for c in write.columns)} WHERE {where}"
        if write.verb == "delete":
            return f"DELETE FROM {write.table} WHERE {where}"
        if write.verb == "check":
            there = " AND ".join(f"t.{key.name} = j.value ->> {index}" for index, key in enumerate(write.keys))
            return f"SELECT count(*) FROM json_each(?) j CROSS JOIN {write.table} t ON {there}"
        marks = ", ".join("?" for _ in write.columns)
        insert = f"INSERT INTO {write.table} ({names}) VALUES ({marks})"
        if write.verb == "insert":
            return insert
        return f"{insert} {write.on_conflict}"

    @staticmethod
    @lru_cache(4096)
    def instant(value: datetime) -> Any:
        """As Django writes it: UTC without an offset."""
        return str(value)[:-6] if value.tzinfo is UTC else str(value.astimezone(UTC))[:-6]

    @staticmethod
    def to_instant(value: Any) -> datetime:
        return datetime.fromisoformat(value + "+00:00")

    @staticmethod
    def json(value: Any) -> str:
        return encode(value).decode()

    @staticmethod
    def json_text(text: str) -> str:
        """JSON text that is ready to be stored."""
        return text

    @staticmethod
    def selected(name: str, type: str) -> str:
        return name


class PostgresDialect:
    """One PostgreSQL database, through Django's connection of this thread."""

    vendor = "postgresql"

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.connected: list[Callable[[], None]] = []
        """Called once for every connection that is seen for the first time."""
        self._statements: dict[Any, str] = {}
        self._seen = threading.local()

    def raw(self) -> psycopg.Connection[Any]:
        wrapper = connections[self.alias]
        try:
            wrapper.ensure_connection()
        except (OperationalError, InterfaceError) as error:
            raise StoreUnavailable(f"{self.alias}: {error}") from error
        connection: psycopg.Connection[Any] = wrapper.connection
        if getattr(self._seen, "connection", None) is not connection:
            self._seen.connection = connection
            try:
                self._execute(f"SET lock_timeout = '{int(WAIT_SECONDS * 1000)}ms'", ())
                for look in self.connected:
                    look()
            except BaseException:
                self._seen.connection = None
                raise
        return connection

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of one statement; `?` marks parameters."""
        Statistics.queries += 1
        if Statistics.watcher:
            Statistics.watcher(self.alias, sql)
        return self._execute(sql.replace("?", "%s"), parameters)

    def among(self, column: Field, values: Sequence[Any]) -> tuple[str, Any]:
        """A condition that the column's value is one of these, and its parameter."""
        literal = "{" + encode(list(values)).decode()[1:-1] + "}"
        return f"{column.name} = ANY(?::{column.type}[])", literal

    def commit(self, writes: Sequence[Write]) -> float:
        """Write all or nothing; nobody else is kept from writing."""
        writes = [write for write in writes if write.rows]
        if not writes:
            return 0.0
        shape = tuple(write.shape for write in writes)
        sql = self._statements.get(shape)
        if sql is None:
            sql = self._statements[shape] = _compose_postgres(writes)
        parameters: list[Any] = [encode(write.rows).decode() for write in writes]
        parameters += [len(write.rows) for write in writes if write.is_compared]
        Statistics.queries += 1
        Statistics.commits += 1
        Statistics.rows_written += sum(len(write.rows) for write in writes if write.verb != "check")
        if Statistics.watcher:
            Statistics.watcher(self.alias, sql)
        reached("commit.before_begin")
        self._execute(sql, parameters)
        reached("commit.done")
        return 0.0

    def _execute(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        raw = self.raw()
        try:
            cursor = psycopg.Cursor(raw)
            cursor.execute(sql, parameters, prepare=True)
            return cursor.fetchall() if cursor.description else []
        except (
            psycopg.errors.UniqueViolation,
            psycopg.errors.DivisionByZero,
            psycopg.errors.SerializationFailure,
            psycopg.errors.DeadlockDetected,
            psycopg.errors.CardinalityViolation,
        ) as error:
            raise VersionConflict(str(error)) from error
        except psycopg.errors.IntegrityError as error:
            raise ConstraintBroken(str(error)) from error
        except psycopg.errors.LockNotAvailable as error:
            raise Contended(f"{self.alias}: {error}") from error
        except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError) as error:
            # InternalError: a server that is read-only after a failover, or whose data are damaged.
            if raw.closed or raw.broken or isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
                connections[self.alias].close()
            raise StoreUnavailable(f"{self.alias}: {error}") from error

    @staticmethod
    def instant(value: datetime) -> Any:
        return value

    @staticmethod
    def to_instant(value: Any) -> datetime:
        made: datetime = value
        return made

    @staticmethod
    def json(value: Any) -> Any:
        return value

    @staticmethod
    def json_text(text: str) -> msgspec.Raw:
        return msgspec.Raw(text.encode())

    @staticmethod
    def selected(name: str, type: str) -> str:
        return f"{name}::text" if type in ("uuid", "jsonb") else name


def _unavailable_or(error: sqlite3.DatabaseError) -> Exception:
    """A file that is away, locked, full or damaged is nobody's fault; anything else is what it is."""
    is_away = isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError
    return StoreUnavailable(str(error)) if is_away else error


def _compose_postgres(writes: Sequence[Write]) -> str:
    """One statement that does all writes, and divides by zero unless every compared one hit as many rows as given."""
    parts = [f"w{index} AS ({_one_postgres(write)})" for index, write in enumerate(writes)]
    checks = [
        f"1 / (CASE WHEN (SELECT count(*) FROM w{index}) = %s THEN 1 ELSE 0 END)"
        for index, write in enumerate(writes)
        if write.is_compared
    ]
    return f"WITH {', '.join(parts)} SELECT {', '.join(checks) or '1'}"


def _one_postgres(write: Write) -> str:
    fields = write.columns if write.verb in ("upsert", "ensure") else write.columns + write.keys
    values = ", ".join(_cast(index, field) for index, field in enumerate(fields))
    source = "json_array_elements(%s::json) WITH ORDINALITY AS e(v, n)"
    names = ", ".join(column.name for column in write.columns)
    if write.verb == "insert":
        return f"INSERT INTO {write.table} ({names}) SELECT {values} FROM {source} ORDER BY e.n RETURNING 1"
    if write.verb in ("upsert", "ensure"):
        return (
            f"INSERT INTO {write.table} ({names}) SELECT {values} FROM {source} ORDER BY e.n "
            f"{write.on_conflict} RETURNING 1"
        )
    aliases = ", ".join(f"{_cast(index, field)} AS f{index}" for index, field in enumerate(fields))
    offset = len(write.columns)
    where = " AND ".join(f"t.{key.name} = r.f{offset + index}" for index, key in enumerate(write.keys))
    if write.verb == "check":
        return f"SELECT 1 FROM {write.table} t JOIN (SELECT {aliases} FROM {source}) r ON {where} FOR SHARE OF t"
    if write.verb == "delete":
        return f"DELETE FROM {write.table} t USING (SELECT {aliases} FROM {source}) r WHERE {where} RETURNING 1"
    changed = ", ".join(f"{column.name} = r.f{index}" for index, column in enumerate(write.columns))
    return f"UPDATE {write.table} t SET {changed} FROM (SELECT {aliases} FROM {source}) r WHERE {where} RETURNING 1"


def _cast(index: int, field: Field) -> str:
    if field.type == "jsonb":
        return f"(e.v -> {index})::jsonb"
    if field.type == "text":
        return f"e.v ->> {index}"
    return f"(e.v ->> {index})::{field.type}"
