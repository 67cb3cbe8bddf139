"""Statements of one PostgreSQL connection, prepared once each and run through libpq itself: a cursor costs several
times what a small statement does."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap, Buffer, Loader, Transformer
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.types.string import TextLoader

from argosy.platform.arrays import Binary
from argosy.platform.dialects import ConstraintBroken

PREPARED_MAX = 300

Row = tuple[Any, ...]


class _InstantLoader(Loader):
    """Rows that were written together hold the same instants."""

    def load(self, data: Buffer) -> datetime:
        return _instant(bytes(data))


@lru_cache(4096)
def _instant(text: bytes) -> datetime:
    return datetime.fromisoformat(text.decode()).astimezone(UTC)


ADAPTERS = AdaptersMap(psycopg.adapters)
ADAPTERS.register_loader("timestamptz", _InstantLoader)
ADAPTERS.register_loader("jsonb", TextLoader)
ADAPTERS.register_loader("json", TextLoader)


class _Adapters:
    """How rows are read, whatever else uses the connection."""

    adapters = ADAPTERS
    connection = None


class Prepared:
    """Runs statements; `$1` marks parameters. Errors are psycopg's own."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self._pgconn = connection.pgconn
        self._results = Transformer(_Adapters())
        self._names: OrderedDict[str, bytes] = OrderedDict()
        self._count = 0

    def run(self, sql: str, parameters: Sequence[bytes | None]) -> list[Row]:
        """Rows of one statement, which is a transaction of its own unless one is open."""
        pgconn = self._pgconn
        name = self._names.get(sql)
        if name is None:
            name = self._prepare(sql)
        else:
            self._names.move_to_end(sql)
        if not self.connection.autocommit and pgconn.transaction_status == TransactionStatus.IDLE:
            self.script("BEGIN")
        formats = [int(type(one) is Binary) for one in parameters]
        return self._rows(pgconn.exec_prepared(name, parameters, formats))  # type: ignore[arg-type]

    def _rows(self, result: PGresult) -> list[Row]:
        if result.status == ExecStatus.TUPLES_OK:
            self._results.set_pgresult(result)
            return self._results.load_rows(0, result.ntuples, tuple)
        if result.status == ExecStatus.COMMAND_OK:
            return []
        raise self._error(result)

    def script(self, sql: str) -> None:
        """Statements without parameters or rows."""
        result = self._pgconn.exec_(sql.encode())
        if result.status != ExecStatus.COMMAND_OK:
            raise self._error(result)

    def _error(self, result: PGresult) -> psycopg.Error:
        """What the server says; or that it is gone, which it cannot say."""
        if self._pgconn.status != ConnStatus.OK:
            return psycopg.OperationalError(result.get_error_message())
        return psycopg.errors.error_from_result(result)

    def _prepare(self, sql: str) -> bytes:
        """Forgets the one that was longest out of use, where there are too many."""
        if len(self._names) >= PREPARED_MAX:
            _, last = self._names.popitem(last=False)
            self._pgconn.exec_(b"DEALLOCATE " + last)
        self._count += 1
        name = b"argosy_%d" % self._count
        result = self._pgconn.prepare(name, sql.encode())
        if result.status != ExecStatus.COMMAND_OK:
            raise self._error(result)
        self._names[sql] = name
        return name


class Unprepared(Prepared):
    """Sends each statement whole, so that it may meet any session: behind a pooler of transactions a prepared one may
    be another session's."""

    def run(self, sql: str, parameters: Sequence[bytes | None]) -> list[Row]:
        pgconn = self._pgconn
        if not self.connection.autocommit and pgconn.transaction_status == TransactionStatus.IDLE:
            self.script("BEGIN")
        formats = [int(type(one) is Binary) for one in parameters]
        return self._rows(pgconn.exec_params(sql.encode(), parameters, param_formats=formats))  # type: ignore[arg-type]


def parameter(value: Any) -> bytes | None:
    """A value as the server reads it."""
    if type(value) is str:
        if "\0" in value:
            raise ConstraintBroken("a text cannot hold a NUL character")
        return value.encode()
    if value is None:
        return None
    if type(value) is int:
        return b"%d" % value
    if type(value) is bool:
        return b"t" if value else b"f"
    if isinstance(value, datetime):
        return value.isoformat().encode()
    if isinstance(value, bytes):
        return value
    return str(value).encode()
