"""Every context's database as one check reads it: a snapshot each, in streams that never hold a whole table.

A join over two databases is a walk along streams that are sorted by the same id (`side_by_side`). Within one database
the database joins, in one statement or one snapshot, so that nothing half-written is ever seen.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import psycopg
from django.db import Error as DatabaseError
from django.db import connections

from argosy.engine.store import StoreUnavailable
from argosy.platform.engine_tables import Dialect
from argosy.platform.runtime import Runtime, dialect_of
from argosy.shared_kernel.ids import is_id

PAGE = 1_000
Row = tuple[Any, ...]

_ONLY = re.compile(r"\{only:([\w.]+)\}")
_FAULTS = (StoreUnavailable, DatabaseError, sqlite3.Error, psycopg.Error)


class CannotCheck(Exception):
    """A database is not there, not up to date, or damaged; the text is one clear line."""


class Databases(AbstractContextManager["Databases"]):
    """The marketplace's databases for one look of one check. `only` narrows it to rows that were suspected before."""

    def __init__(
        self,
        runtime: Runtime,
        now: datetime,
        *,
        only: Collection[str] | None = None,
        read: Callable[[int], None] = lambda rows: None,
    ) -> None:
        self.runtime = runtime
        self.now = now
        self.only = only
        self.read = read
        self._open: dict[str, Dialect] = {}
        self._cursors = 0

    def __exit__(self, *_: object) -> None:
        for dialect in self._open.values():
            with suppress(*_FAULTS):
                dialect.query("ROLLBACK")
            if dialect.vendor == "sqlite":
                with suppress(*_FAULTS):
                    dialect.query("PRAGMA temp_store=MEMORY")
        self._open = {}

    def __enter__(self) -> Self:
        return self

    def stream(self, label: str, sql: str, *parameters: Any) -> Iterator[Row]:
        """Rows of one statement, a page in memory at a time; `?` marks parameters, `{only:column}` becomes the
        condition that narrows a second look. Ids come as text."""
        try:
            for page in self._pages(label, self._narrowed(sql), parameters):
                self.read(len(page))
                for row in page:
                    yield tuple(str(value) if type(value) is UUID else value for value in row)
        except _FAULTS as fault:
            raise CannotCheck(f"{label}'s database cannot be read: {_first_line(fault)}") from fault

    def value(self, label: str, sql: str, *parameters: Any) -> Any:
        """The one value of a statement that gives one."""
        [(value,)] = self.stream(label, sql, *parameters)
        return value

    def ago(self, label: str, seconds: float) -> Any:
        """A moment past, as this database compares it."""
        return self.dialect(label).instant(self.now - timedelta(seconds=seconds))

    def time(self, label: str, value: Any) -> datetime:
        return self.dialect(label).to_instant(value)

    def binary(self, label: str, column: str) -> str:
        """The column as text that is sorted by its bytes, as Python sorts."""
        if self.is_postgres(label):
            return f'CAST({column} AS text) COLLATE "C"'
        return f"CAST({column} AS text)"

    def is_postgres(self, label: str) -> bool:
        return self.dialect(label).vendor == "postgresql"

    def xid(self, label: str, column: str) -> str:
        return f"CAST(CAST({column} AS text) AS bigint)" if self.is_postgres(label) else column

    def dialect(self, label: str) -> Dialect:
        """The database of a context, in the one snapshot of this look."""
        known = self._open.get(label)
        if known is None:
            try:
                known = self._begin(label)
            except _FAULTS as fault:
                raise CannotCheck(f"{label}'s database is not there: {_first_line(fault)}") from fault
            self._open[label] = known
        return known

    def _begin(self, label: str) -> Dialect:
        dialect = dialect_of(self.runtime.contexts[label].alias)
        if dialect.vendor == "postgresql":
            dialect.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        else:
            # Sorting a large table goes to a file and not to memory.
            dialect.query("PRAGMA temp_store=FILE")
            dialect.query("BEGIN")
        return dialect

    def _pages(self, label: str, sql: str, parameters: tuple[Any, ...]) -> Iterator[list[Row]]:
        dialect = self.dialect(label)
        if dialect.vendor == "postgresql":
            self._cursors += 1
            raw: Any = dialect.raw()
            with psycopg.ServerCursor(raw, f"doctor_{self._cursors}") as cursor:
                cursor.execute(sql.replace("?", "%s"), parameters)
                while page := cursor.fetchmany(PAGE):
                    yield page
            return
        local = dialect.raw().execute(sql, parameters)
        while page := local.fetchmany(PAGE):
            yield page

    def _narrowed(self, sql: str) -> str:
        if self.only is None:
            return _ONLY.sub("1 = 1", sql)
        assert all(is_id(id) for id in self.only), "rows are looked at again by their ids"
        among = ", ".join(f"'{id}'" for id in self.only)
        return _ONLY.sub(lambda found: f"{found[1]} IN ({among})", sql)


def side_by_side(*streams: Iterable[Row]) -> Iterator[tuple[str, list[list[Row]]]]:
    """Each id that any stream has with the rows of every stream that begin with it, in order of ids. Streams are
    sorted by their first column; no more than one id's rows are held."""
    groups = [groupby(_ascending(stream), key=lambda row: str(row[0])) for stream in streams]
    heads: list[tuple[str, list[Row]] | None] = [_next(group) for group in groups]
    while any(head is not None for head in heads):
        id = min(head[0] for head in heads if head is not None)
        found = []
        for index, head in enumerate(heads):
            if head is not None and head[0] == id:
                found.append(head[1])
                heads[index] = _next(groups[index])
            else:
                found.append([])
        yield id, found


def missing_files(runtime: Runtime) -> list[str]:
    """SQLite files that are not there: opening one would make an empty database of it."""
    found = []
    for context in runtime.contexts.values():
        wrapper = connections[context.alias]
        path = Path(str(wrapper.settings_dict["NAME"]))
        if wrapper.vendor == "sqlite" and not path.is_file():
            found.append(f"{context.label}'s database {path} is not there: run `argosy migrate` first")
    return found


def _next(group: Any) -> tuple[str, list[Row]] | None:
    found = next(group, None)
    return None if found is None else (found[0], list(found[1]))


def _ascending(stream: Iterable[Row]) -> Iterator[Row]:
    last = ""
    for row in stream:
        assert last <= str(row[0]), f"a stream is not sorted: {row[0]} after {last}"
        last = str(row[0])
        yield row


def _first_line(fault: Exception) -> str:
    return str(fault).strip().partition("\n")[0] or type(fault).__name__
