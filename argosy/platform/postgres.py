"""PostgreSQL: one statement for a whole unit of work, a chain of data-modifying CTEs with one JSON parameter each, so
that a commit is one round trip; a compare that fails divides by zero, which aborts it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from django.db import InterfaceError, OperationalError, connections

from argosy.engine.store import Contended, StoreUnavailable, VersionConflict
from argosy.platform.crash_points import reached
from argosy.platform.dialects import Committed, ConstraintBroken, Field, Statistics, Write
from argosy.platform.locks import WAIT_SECONDS
from argosy.shared_kernel.codec import encode


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

    @staticmethod
    def is_wanted() -> bool:
        """Whether somebody else waits to write: writers do not wait for each other here."""
        return False

    def commit(self, writes: Sequence[Write]) -> Committed:
        """Write all or nothing; nobody else is kept from writing."""
        writes = [write for write in writes if write.rows]
        if not writes:
            return Committed()
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
        return Committed()

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
    if write.verb in ("insert", "tell"):
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
