"""Statements of one PostgreSQL connection, prepared once each and run through libpq itself: a cursor costs several
times what a small statement does."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from select import POLLIN, POLLOUT, poll
from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap, Buffer, Loader, Transformer
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.types.string import TextLoader

from argosy.platform.arrays import Binary
from argosy.platform.dialects import ConstraintBroken

PREPARED_MAX = 300
PREPARED = "_argosy_prepared"
"""The attribute of a connection under which its prepared statements go with it from thread to thread."""

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
        self._sent: Sent | None = None

    def run(self, sql: str, parameters: Sequence[bytes | None]) -> list[Row]:
        """Rows of one statement, which is a transaction of its own unless one is open."""
        self._settle()
        return self._rows(self._pgconn.exec_prepared(self._named(sql), parameters, _formats(parameters)))  # type: ignore[arg-type]

    def send(self, sql: str, parameters: Sequence[bytes | None]) -> Sent:
        """The same without waiting for it. Whatever is run next waits first."""
        self._settle()
        self._pgconn.send_query_prepared(self._named(sql), parameters, _formats(parameters))  # type: ignore[arg-type]
        return self._under_way()

    def _under_way(self) -> Sent:
        self._sent = Sent(self)
        _flush(self._pgconn)
        return self._sent

    def receive(self) -> None:
        """Wait for what is under way, so that something else can be asked on this connection."""
        if self._sent is not None:
            self._sent.receive()

    def _settle(self) -> None:
        self.receive()
        if not self.connection.autocommit and self._pgconn.transaction_status == TransactionStatus.IDLE:
            self.script("BEGIN")

    def _named(self, sql: str) -> bytes:
        name = self._names.get(sql)
        if name is None:
            return self._prepare(sql)
        self._names.move_to_end(sql)
        return name

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
        self._settle()
        return self._rows(self._pgconn.exec_params(sql.encode(), parameters, param_formats=_formats(parameters)))  # type: ignore[arg-type]

    def send(self, sql: str, parameters: Sequence[bytes | None]) -> Sent:
        self._settle()
        self._pgconn.send_query_params(sql.encode(), parameters, param_formats=_formats(parameters))  # type: ignore[arg-type]
        return self._under_way()


class Sent:
    """A statement that the server works on."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self._result: PGresult | psycopg.Error | None = None

    def rows(self) -> list[Row]:
        """Its rows, or what was wrong with it."""
        result = self.receive()
        if isinstance(result, psycopg.Error):
            raise result
        return self._prepared._rows(result)

    def receive(self) -> PGresult | psycopg.Error:
        """Wait for the answer, which stays here until somebody asks for it."""
        if self._result is None:
            self._prepared._sent = None
            try:
                self._result = _answer(self._prepared._pgconn)
            except psycopg.Error as error:
                self._result = error
        return self._result


def _formats(parameters: Sequence[bytes | None]) -> list[int]:
    return [int(type(one) is Binary) for one in parameters]


def _flush(pgconn: PGconn) -> None:
    """All of the statement is the server's, so that it may begin: libpq itself would keep what the socket has no room
    for until it is asked again."""
    while pgconn.flush():
        if _wait(pgconn, POLLIN | POLLOUT) & POLLIN:
            pgconn.consume_input()


def _answer(pgconn: PGconn) -> PGresult:
    """What came of the one statement that is under way. Threads that make calls go on meanwhile: libpq's own waiting
    would keep the interpreter from them."""
    last: PGresult | None = None
    while True:
        while pgconn.is_busy():
            _wait(pgconn, POLLIN)
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            assert last is not None, "one statement was sent"
            return last
        last = result


def _wait(pgconn: PGconn, events: int) -> int:
    poller = poll()
    poller.register(pgconn.socket, events)
    [(_, seen)] = poller.poll()
    return seen


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
