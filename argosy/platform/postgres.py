"""PostgreSQL: one statement for a whole unit of work, a chain of data-modifying CTEs with one array parameter for each
column, so that a commit is one round trip; a compare that fails divides by zero, which aborts it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
import psycopg
from django.db import InterfaceError, OperationalError, connections
from msgspec.json import decode
from psycopg.pq import TransactionStatus

from argosy.engine.log import Position
from argosy.engine.store import Contended, StoreUnavailable, VersionConflict
from argosy.platform.arrays import array
from argosy.platform.crash_points import reached
from argosy.platform.databases import PEER_LIMITS, SERVER_SETTINGS
from argosy.platform.dialects import Committed, ConstraintBroken, Field, Statistics, Write
from argosy.platform.prepared import PREPARED, Prepared, Unprepared, parameter

_SETTINGS = "SELECT " + ", ".join(
    f"set_config('{name}', '{value}', false)" for name, value in {**SERVER_SETTINGS, **PEER_LIMITS}.items()
)


class PostgresDialect:
    """One PostgreSQL database, through Django's connection of this thread."""

    vendor = "postgresql"
    works_elsewhere = True
    """Whether somebody else does the work, so that this process may do something meanwhile."""

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
            # Another thread may have used it before: what it has prepared there stays prepared.
            self._seen.prepared = getattr(connection, PREPARED, None)
            if self._seen.prepared is None:
                self._seen.prepared = (Unprepared if self._of_role else Prepared)(connection)
                try:
                    self._set_up()
                except BaseException:
                    self._seen.connection = None
                    raise
                setattr(connection, PREPARED, self._seen.prepared)
        return connection

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of one statement; `?` marks parameters."""
        Statistics.queries += 1
        if Statistics.watcher:
            Statistics.watcher(self.alias, sql)
        return self._execute(_numbered(sql), [parameter(value) for value in parameters])

    def query_at_once(self, sql: str, parameters: Sequence[Any], columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """As `query`: here all rows of a page come at once."""
        return self.query(sql, parameters)

    def among(self, column: Field, values: Sequence[Any]) -> tuple[str, Any]:
        """A condition that the column's value is one of these, and its parameter."""
        return f"{column.name} = ANY(?::{column.type}[])", array(column.type, list(values))

    @staticmethod
    def is_wanted() -> bool:
        """Whether somebody else waits to write: writers do not wait for each other here."""
        return False

    def commit(self, writes: Sequence[Write]) -> Committed:
        """Write all or nothing; nobody else is kept from writing."""
        return self.send(writes)()

    def send(self, writes: Sequence[Write]) -> Callable[[], Committed]:
        """A commit that the server works on until somebody asks what has become of it."""
        writes = [write for write in writes if write.rows]
        if not writes:
            return Committed
        shape = tuple(write.shape for write in writes)
        sql = self._statements.get(shape)
        if sql is None:
            sql = self._statements[shape] = _compose_postgres(writes)
        parameters: list[bytes | None] = []
        for write in writes:
            types = [field.type for field in _fields(write)]
            parameters += map(array, types, zip(*write.rows, strict=True))
            if write.is_compared:
                parameters.append(b"%d" % len(write.rows))
        Statistics.queries += 1
        Statistics.commits += 1
        Statistics.rows_written += sum(len(write.rows) for write in writes if write.verb != "check")
        if Statistics.watcher:
            Statistics.watcher(self.alias, sql)
        reached("commit.before_begin")
        with self._meant():
            sent = self._seen.prepared.send(sql, parameters)

        def finished() -> Committed:
            with self._meant():
                [row] = sent.rows()
            reached("commit.done")
            committed = self._told(writes, row)
            if any(write.verb == "ask" for write in writes) and row[-1] is not None:
                return committed._replace(begun=frozenset(decode(row[-1])))
            return committed

        return finished

    def _told(self, writes: Sequence[Write], row: Sequence[Any]) -> Committed:
        """Where the log's rows have come to stand, if one behind the other and for good."""
        count = sum(len(write.rows) for write in writes if write.verb == "tell")
        is_done = self._seen.connection.info.transaction_status == TransactionStatus.IDLE
        if not count or not is_done or row[1] - row[0] + 1 != count:
            return Committed()
        last_id, epoch, xid = row[1:4]
        return Committed(0.0, last_id, Position(epoch, xid, last_id))

    def _execute(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._meant():
            return self._seen.prepared.run(sql, parameters)  # type: ignore[no-any-return]

    @contextmanager
    def _meant(self) -> Iterator[None]:
        """What goes wrong, as the engine calls it. This thread's connection is there inside of it."""
        raw = self.raw()
        try:
            yield
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

    def _set_up(self) -> None:
        """What holds for every statement of a connection, and who wants to look at it first."""
        if self._of_role:
            self._check_role()
        else:
            self._execute(_SETTINGS, ())
        for look in self.connected:
            look()

    @property
    def _of_role(self) -> dict[str, str]:
        """What the role must have set, where sessions are pooled and keep nothing."""
        found: dict[str, str] = connections[self.alias].settings_dict.get("ROLE_SETTINGS") or {}
        return found

    def _check_role(self) -> None:
        """A session without its role's settings would wait for ever, and read whole tables: nobody works on it."""
        wanted = self._of_role
        [found] = self._execute("SELECT " + ", ".join(f"current_setting('{name}')" for name in wanted), ())
        lacking = [name for name, value in zip(wanted, found, strict=True) if value != wanted[name]]
        if lacking:
            raise StoreUnavailable(
                f"{self.alias}: its role has not set {', '.join(lacking)}: "
                "run `argosy migrate`, then RECONNECT on the pooler's console"
            )

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


@lru_cache(2_000)
def _numbered(sql: str) -> str:
    """The statement with numbered parameters in place of question marks."""
    first, *others = sql.split("?")
    return first + "".join(f"${index}{part}" for index, part in enumerate(others, 1))


def _fields(write: Write) -> tuple[Field, ...]:
    return write.columns if write.verb in ("upsert", "ensure", "ask") else write.columns + write.keys


def _compose_postgres(writes: Sequence[Write]) -> str:
    """One statement that does all writes, and divides by zero unless every compared one hit as many rows as given. It
    answers where the rows of a log have come to stand and, last, which calls are leased."""
    parts: list[str] = []
    results: list[str] = []
    leased: list[str] = []
    first = 1
    for index, write in enumerate(writes):
        parts.append(f"w{index} AS ({_one_postgres(write, first)})")
        first += len(_fields(write))
        if write.verb == "tell":
            ids = f"(SELECT min(id) FROM w{index}), (SELECT max(id) FROM w{index}), (SELECT min(epoch) FROM w{index})"
            results = [ids, "pg_current_xact_id()::text::bigint", *results]
        if write.verb == "ask":
            leased.append(f"(SELECT json_agg(id)::text FROM w{index} WHERE lease_until IS NOT NULL)")
        if write.is_compared:
            results.append(f"1 / (CASE WHEN (SELECT count(*) FROM w{index}) = ${first}::bigint THEN 1 ELSE 0 END)")
            first += 1
    return f"WITH {', '.join(parts)} SELECT {', '.join(results + leased) or '1'}"


def _one_postgres(write: Write, first: int) -> str:
    fields = _fields(write)
    values = ", ".join(f"unnest(${first + index}::{field.type}[]) AS f{index}" for index, field in enumerate(fields))
    names = ", ".join(column.name for column in write.columns)
    if write.verb in ("insert", "tell"):
        returned = "id, epoch" if write.verb == "tell" else "1"
        return f"INSERT INTO {write.table} ({names}) SELECT {values} RETURNING {returned}"
    if write.verb == "ask":
        given = write.asked(lambda index: f"r.f{index}")
        return (
            f"INSERT INTO {write.table} ({names}) SELECT {given} FROM (SELECT {values}) r {write.on_conflict} "
            f"RETURNING id, lease_until"
        )
    if write.verb in ("upsert", "ensure"):
        return f"INSERT INTO {write.table} ({names}) SELECT {values} {write.on_conflict} RETURNING 1"
    offset = len(write.columns)
    where = " AND ".join(f"t.{key.name} = r.f{offset + index}" for index, key in enumerate(write.keys))
    if write.verb == "check":
        return f"SELECT 1 FROM {write.table} t JOIN (SELECT {values}) r ON {where} FOR SHARE OF t"
    if write.verb == "delete":
        return f"DELETE FROM {write.table} t USING (SELECT {values}) r WHERE {where} RETURNING 1"
    changed = ", ".join(f"{column.name} = r.f{index}" for index, column in enumerate(write.columns))
    return f"UPDATE {write.table} t SET {changed} FROM (SELECT {values}) r WHERE {where} RETURNING 1"
