"""A context's log in its outbox table."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import Any

import psycopg

from argosy.engine.log import START, Page, Position, Record
from argosy.platform.dialects import Field, Write
from argosy.platform.postgres import PostgresDialect
from argosy.platform.sqlite import SqliteDialect

_WRITTEN = (
    Field("epoch", "bigint"),
    Field("message_id", "uuid"),
    Field("aggregate_id", "text"),
    Field("event_type", "text"),
    Field("schema_version", "bigint"),
    Field("lane", "bigint"),
    Field("sequence", "bigint"),
    Field("payload", "jsonb"),
    Field("correlation_id", "text"),
    Field("cause_id", "text"),
    Field("subject", "text"),
    Field("created_at", "timestamptz"),
)


_EPOCH = (Field("epoch", "bigint"), Field("first_id", "bigint"), Field("system", "text"))
SYSTEM_SQL = (
    "SELECT CASE WHEN NOT pg_is_in_recovery() THEN (SELECT system_identifier::text FROM pg_control_system()) || '/' || "
    "left(pg_walfile_name(pg_current_wal_lsn()), 8) END"
)
"""What tells a PostgreSQL server from a restored or promoted one: its identifier and timeline. The timeline is that of
the log that is being written: the control file learns of a promotion only with the next checkpoint."""

logger = logging.getLogger(__name__)


class SqlLog:
    """Reads committed rows in the order of their positions.

    SQLite has one writer at a time and never reuses an id (AUTOINCREMENT), so id order is commit order. On PostgreSQL
    a smaller id may commit later: rows are read in (xid, id) order, and only those whose transaction is older than
    every running one, so nothing can appear before a cursor.
    """

    def __init__(self, dialect: SqliteDialect | PostgresDialect, table: str, epochs: str) -> None:
        self.dialect = dialect
        self.table = table
        self.epochs = epochs
        self._known_epochs: list[tuple[int, int]] = []
        if table and isinstance(dialect, PostgresDialect):
            dialect.connected.append(self._look_at_system)
        columns = [
            "message_id",
            "event_type",
            "schema_version",
            "aggregate_id",
            "lane",
            "sequence",
            "payload",
            "correlation_id",
            "cause_id",
            "subject",
            "created_at",
            "epoch",
            "xid",
            "id",
        ]
        types = {"message_id": "uuid", "payload": "jsonb"}
        self._columns = ", ".join(
            "o.xid::text::bigint"
            if name == "xid" and dialect.vendor == "postgresql"
            else dialect.selected(f"o.{name}", types.get(name, ""))
            for name in columns
        )

    def writes(self, records: Sequence[Record]) -> list[Write]:
        if not records:
            return []
        instant, raw = self.dialect.instant, self.dialect.json_text
        epoch = self.epoch()
        times: dict[Any, Any] = {}
        rows = []
        for r in records:
            at = times.get(r.created_at)
            if at is None:
                at = times[r.created_at] = instant(r.created_at)
            rows.append(
                (
                    epoch,
                    r.message_id,
                    r.key,
                    r.wire_name,
                    r.version,
                    r.lane,
                    r.sequence,
                    raw(r.payload),
                    r.correlation_id,
                    r.cause_id,
                    r.subject,
                    at,
                )
            )
        return [Write("tell", self.table, _WRITTEN, rows)]

    def place(self, records: Sequence[Record], last_id: int) -> None:
        """Note where these have come to stand, the last one at this id and the others before it."""
        epoch = self._at(0, last_id).epoch
        for id, record in enumerate(records, last_id - len(records) + 1):
            record.position = Position(epoch, 0, id)

    def read(self, after: Position, wire_names: Collection[str], limit: int) -> Page:
        names = list(wire_names)
        if self.dialect.vendor == "postgresql":
            return self._read_postgres(after, names, limit)
        [(head,)] = self.dialect.query(f"SELECT coalesce(max(id), 0) FROM {self.table}")
        first = self._first_after(after)
        if head <= first:
            return Page([], max(after, self._at(0, head)))
        condition, parameter = self.dialect.among(Field("o.event_type", "text"), names)
        rows = self.dialect.query(
            f"SELECT {self._columns} FROM {self.table} o WHERE o.id > ? AND {condition} ORDER BY o.id LIMIT ?",
            (first, parameter, limit),
        )
        records = [self._record(row) for row in rows]
        if len(records) == limit:
            return Page(records, records[-1].position)
        return Page(records, max(self._at(0, head), records[-1].position if records else START))

    def head(self) -> Position:
        if self.dialect.vendor == "postgresql":
            rows = self.dialect.query(
                f"SELECT o.epoch, o.xid::text::bigint, o.id FROM {self.table} o WHERE {self._visible('o')} "
                f"ORDER BY o.epoch DESC, o.xid DESC, o.id DESC LIMIT 1"
            )
            last = Position(*rows[0]) if rows else START
        else:
            [(id,)] = self.dialect.query(f"SELECT coalesce(max(id), 0) FROM {self.table}")
            last = self._at(0, id) if id else START
        epoch, first = self._epochs()[-1]
        return max(last, Position(epoch, 0, first - 1))

    def epoch(self) -> int:
        """The present life of this log, as its server was found on the connection that is written through next."""
        self.dialect.raw()
        return self._epochs()[-1][0]

    def _epochs(self) -> list[tuple[int, int]]:
        """Each life of this log with the first id that was told in it."""
        if not self._known_epochs:
            rows = self.dialect.query(f"SELECT epoch, first_id FROM {self.epochs} ORDER BY epoch")
            self._known_epochs = [(row[0], row[1]) for row in rows] or [(1, 1)]
        return self._known_epochs

    def raise_epoch(self, system: str = "") -> int:
        """Begin a new life of this log, after its database was restored, moved or failed over: what is told from now on
        comes after every cursor, also after one that has read more than is left of the life before."""
        self._known_epochs = []
        epoch = self.epoch()
        [(last,)] = self.dialect.query(f"SELECT coalesce(max(id), 0) FROM {self.table}")
        rows = [(1, 1, system), (epoch + 1, last + 1, system)]
        self.dialect.commit([Write("ensure", self.epochs, _EPOCH, rows, _EPOCH[:1])])
        self._known_epochs = []
        return self.epoch()

    def _look_at_system(self) -> None:
        """On each new connection: another server, or another timeline of the same one, is another life of this log.
        A user who may not ask is spared it; then `raise_epoch` is an operator's to call."""
        self._known_epochs = []
        try:
            [(system,)] = self.dialect.query(SYSTEM_SQL)
            rows = self.dialect.query(f"SELECT system FROM {self.epochs} ORDER BY epoch DESC LIMIT 1")
        except psycopg.ProgrammingError as error:
            logger.info("%s: cannot tell whether its server has changed: %s", self.table, error)
            return
        if system and rows and rows[0][0] not in ("", system):
            epoch = self.raise_epoch(system)
            logger.warning("%s: its server has changed; epoch %s begins", self.table, epoch)

    def _at(self, xid: int, id: int) -> Position:
        epochs = self._epochs()
        born = [epoch for epoch, first in epochs if first <= max(id, 1)]
        return Position(born[-1] if born else epochs[0][0], xid, id)

    def _first_after(self, after: Position) -> int:
        """The id behind which an older epoch's cursor goes on: never beyond the start of the next epoch."""
        later = [first for epoch, first in self._epochs() if epoch > after.epoch and after.epoch > 0]
        return min([after.id, *(first - 1 for first in later)])

    def _visible(self, alias: str) -> str:
        return f"({alias}.epoch < {self.epoch()} OR {alias}.xid < pg_snapshot_xmin(pg_current_snapshot()))"

    def _read_postgres(self, after: Position, names: list[str], limit: int) -> Page:
        condition, parameter = self.dialect.among(Field("o.event_type", "text"), names)
        rows = self.dialect.query(
            f"WITH head AS (SELECT h.epoch, h.xid, h.id FROM {self.table} h WHERE {self._visible('h')} "
            f"ORDER BY h.epoch DESC, h.xid DESC, h.id DESC LIMIT 1) "
            f"SELECT NOT EXISTS (SELECT 1 FROM {self.table} b WHERE b.epoch = {self.epoch()} AND "
            f"b.xid >= pg_snapshot_xmin(pg_current_snapshot())), h.epoch, h.xid::text::bigint, h.id, {self._columns} "
            f"FROM (SELECT 1) one LEFT JOIN head h ON true LEFT JOIN LATERAL ("
            f"SELECT * FROM {self.table} o WHERE (o.epoch, o.xid, o.id) > (?, ?::text::xid8, ?) "
            f"AND (o.epoch, o.xid, o.id) <= (h.epoch, h.xid, h.id) AND {condition} "
            f"ORDER BY o.epoch, o.xid, o.id LIMIT ?) o ON true ORDER BY o.epoch, o.xid, o.id",
            (after.epoch, str(after.xid), after.id, parameter, limit),
        )
        is_whole, *head = rows[0][:4]
        if head[0] is None:
            return Page([], after, is_whole)
        records = [self._record(row[4:]) for row in rows if row[-1] is not None]
        if len(records) == limit:
            return Page(records, records[-1].position, is_whole)
        return Page(records, max(Position(*head), after), is_whole)

    def _record(self, row: Sequence[Any]) -> Record:
        return Record(
            message_id=row[0],
            wire_name=row[1],
            version=row[2],
            key=row[3],
            lane=row[4],
            sequence=row[5],
            payload=row[6],
            correlation_id=row[7],
            cause_id=row[8],
            subject=row[9],
            created_at=self.dialect.to_instant(row[10]),
            position=Position(row[11], row[12], row[13]),
        )
