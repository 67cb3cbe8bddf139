"""SQLite: statements over up to 64 rows inside BEGIN IMMEDIATE, under the file's lock."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from itertools import chain
from typing import Any

import msgspec
from django.db import OperationalError, connections

from argosy.engine.store import StoreUnavailable, VersionConflict
from argosy.platform.crash_points import reached
from argosy.platform.dialects import Committed, ConstraintBroken, Field, Statistics, Write
from argosy.platform.locks import FileLock, LockTimeout
from argosy.platform.sqlite_files import FileConnection
from argosy.shared_kernel.codec import encode

_ROWS = msgspec.json.Decoder(list[tuple[Any, ...]])
_AT_ONCE = (64, 16, 4, 1)
"""Rows in one statement: a few sizes, so that each statement is prepared once."""

# The driver looks for an adapter of every value that is no text or number, and where it finds none it goes on looking
# elsewhere: that costs as much as storing a text. These two make of the value what it is stored as, without a step of
# the interpreter.
sqlite3.register_adapter(bool, int)
sqlite3.register_adapter(type(None), dict[None, None]().get)


class SqliteDialect:
    """One SQLite file, through Django's connection of this thread."""

    vendor = "sqlite"
    works_elsewhere = False

    def __init__(self, alias: str, path: str) -> None:
        self.alias = alias
        self.lock = FileLock(path + ".lock")
        self._statements: dict[Any, str] = {}
        self._here = threading.local()

    def raw(self) -> FileConnection:
        wrapper: Any = getattr(self._here, "wrapper", None)
        if wrapper is None:
            wrapper = self._here.wrapper = connections[self.alias]
        try:
            wrapper.ensure_connection()
        except OperationalError as error:
            raise StoreUnavailable(str(error)) from error
        connection: FileConnection = wrapper.connection
        self._expect_in_place(connection)
        return connection

    def _expect_in_place(self, connection: FileConnection) -> None:
        if not connection.is_in_place():
            connections[self.alias].close()
            raise StoreUnavailable(f"{self.alias}: its file was moved away or replaced")

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of one statement; `?` marks parameters."""
        Statistics.queries += 1
        if Statistics.watcher:
            Statistics.watcher(self.alias, sql)
        try:
            return self.raw().execute(sql, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            raise _unavailable_or(error) from error

    def query_at_once(self, sql: str, parameters: Sequence[Any], columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """As `query`, for a page of rows of text and numbers, in whatever order: they come in one row, since each row
        of its own has this thread wait behind all others for its turn of the interpreter."""
        [(rows,)] = self.query(f"SELECT json_group_array(json_array({', '.join(columns)})) FROM ({sql})", parameters)
        return _ROWS.decode(rows)

    def among(self, column: Field, values: Sequence[Any]) -> tuple[str, Any]:
        """A condition that the column's value is one of these, and its parameter."""
        return f"{column.name} IN (SELECT value FROM json_each(?))", encode(list(values)).decode()

    def is_wanted(self) -> bool:
        """Whether somebody else waits to write."""
        return self.lock.is_wanted()

    def send(self, writes: Sequence[Write]) -> Callable[[], Committed]:
        """A commit that waits until somebody asks for it: this process does the work itself."""
        return partial(self.commit, writes)

    def commit(self, writes: Sequence[Write]) -> Committed:
        """Write all or nothing."""
        raw = self.raw()
        last_id = 0
        begun: list[str] = []
        reached("commit.before_begin")
        try:
            with self.lock.held():
                # Whoever replaces the file holds this lock: it may have happened while we waited for our turn.
                self._expect_in_place(raw)
                raw.execute("BEGIN IMMEDIATE")
                try:
                    began = time.perf_counter()
                    reached("commit.begun")
                    for write in writes:
                        begun += self._run(raw, write)
                        if write.verb == "tell":
                            [last_id] = raw.execute("SELECT last_insert_rowid()").fetchone()
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
        return Committed(held_seconds, last_id, begun=frozenset(begun))

    def _run(self, raw: sqlite3.Connection, write: Write) -> list[str]:
        """Do it; the ids of calls that it leased."""
        Statistics.queries += 1
        Statistics.rows_written += 0 if write.verb == "check" else len(write.rows)
        hit = taken = 0
        rows, begun = write.rows, []
        if write.verb == "check":
            hit = raw.execute(self._sql(write, 1), (encode(rows).decode(),)).fetchone()[0]
            taken = len(rows)
        for size in _AT_ONCE:
            while len(rows) - taken >= size:
                values = list(chain.from_iterable(rows[taken : taken + size]))
                done = raw.execute(self._sql(write, size), values)
                hit += done.rowcount
                taken += size
                if write.verb == "ask":
                    begun += [id for id, lease in done if lease is not None]
        if write.is_compared and hit != len(rows):
            raise VersionConflict(f"{write.table}: {hit} of {len(rows)} rows were as expected")
        return begun

    def _sql(self, write: Write, size: int) -> str:
        """The statement over so many rows."""
        known = (write.shape, size)
        sql = self._statements.get(known)
        if sql is None:
            sql = self._statements[known] = _compose(write, size)
        if Statistics.watcher:
            Statistics.watcher(self.alias, sql)
        return sql

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


def _compose(write: Write, size: int) -> str:
    """A statement over `size` rows, given as one list of values. Rows meet the table's by an index on the keys."""
    table = write.table
    if write.verb == "check":
        there = " AND ".join(f"t.{key.name} = j.value ->> {index}" for index, key in enumerate(write.keys))
        return f"SELECT count(*) FROM json_each(?) j CROSS JOIN {table} t ON {there}"
    if write.verb in ("update", "delete"):
        row = f"({', '.join('?' for _ in write.columns + write.keys)})"
        rows = f"(VALUES {', '.join([row] * size)}) AS v"
        places = enumerate(write.keys, len(write.columns) + 1)
        same = " AND ".join(f"{table}.{key.name} = v.column{place}" for place, key in places)
        if write.verb == "delete":
            return f"DELETE FROM {table} WHERE rowid IN (SELECT {table}.rowid FROM {rows} CROSS JOIN {table} ON {same})"
        changed = ", ".join(f"{column.name} = v.column{place}" for place, column in enumerate(write.columns, 1))
        return f"UPDATE {table} SET {changed} FROM {rows} WHERE {same}"
    row = f"({', '.join('?' for _ in write.columns)})"
    names = ", ".join(column.name for column in write.columns)
    values = f"VALUES {', '.join([row] * size)}"
    if write.verb == "ask":
        given = write.asked(lambda index: f"v.column{index + 1}")
        return (
            f"INSERT INTO {table} ({names}) SELECT {given} FROM ({values}) AS v WHERE true {write.on_conflict} "
            f"RETURNING id, lease_until"
        )
    insert = f"INSERT INTO {table} ({names}) {values}"
    return insert if write.verb in ("insert", "tell") else f"{insert} {write.on_conflict}"


def _unavailable_or(error: sqlite3.DatabaseError) -> Exception:
    """A file that is away, locked, full or damaged is nobody's fault; anything else is what it is."""
    is_away = isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError
    return StoreUnavailable(str(error)) if is_away else error
