"""A context's log in its outbox table."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import Any

import psycopg

from argosy.engine.log import START, Log, Page, Position, Record
from argosy.engine.segments import Archive
from argosy.engine.store import StoreUnavailable
from argosy.platform.arrays import array
from argosy.platform.dialects import Field, Write
from argosy.platform.postgres import PostgresDialect
from argosy.platform.segment_list import SqlSegmentList
from argosy.platform.sqlite import SqliteDialect
from argosy.platform.told import Told, ToldAtOnce, merged

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


_LIVES = "_argosy_lives"
"""The attribute of a connection under which a log's lives go with it."""
_EPOCH = (Field("epoch", "bigint"), Field("first_id", "bigint"), Field("system", "text"))
SYSTEM_SQL = (
    "SELECT CASE WHEN NOT pg_is_in_recovery() THEN (SELECT system_identifier::text FROM pg_control_system()) || '/' || "
    "left(pg_walfile_name(pg_current_wal_lsn()), 8) END"
)
"""What tells a PostgreSQL server from a restored or promoted one: its identifier and timeline. The timeline is that of
the log that is being written: the control file learns of a promotion only with the next checkpoint."""

_RUNNING = (
    "running AS MATERIALIZED (SELECT CASE WHEN pg_snapshot_xmin(s) = pg_snapshot_xmax(s) THEN pg_snapshot_xmax(s) "
    "ELSE coalesce((SELECT x FROM pg_snapshot_xip(s) x WHERE NOT EXISTS (SELECT 1 FROM pg_stat_get_activity(NULL) a "
    "WHERE a.backend_xid = x::xid AND a.datid <> (SELECT d.oid FROM pg_database d "
    "WHERE d.datname = current_database())) "
    "ORDER BY x LIMIT 1), pg_snapshot_xmax(s)) END AS xid FROM pg_current_snapshot() s)"
)
"""The oldest transaction that runs and may still tell something in this database, or the first that has yet to begin.
A snapshot knows the transactions of all databases of its server: one is passed over only where its session is seen to
work in another database. The sessions are looked at after the snapshot, so that whoever ends in between counts."""

logger = logging.getLogger(__name__)


class SqlLog:
    """Reads committed rows in the order of their positions.

    SQLite has one writer at a time and never reuses an id (AUTOINCREMENT), so id order is commit order. On PostgreSQL
    a smaller id may commit later: rows are read in (xid, id) order, and only those whose transaction is older than
    every running one of this database, so nothing can appear before a cursor. What a reader knows to be `told` stands
    among them by its position, and is not sent.
    """

    def __init__(self, dialect: SqliteDialect | PostgresDialect, table: str, prefix: str) -> None:
        self.dialect = dialect
        self.table = table
        self.epochs = f"{prefix}_log_epochs"
        self.segments = SqlSegmentList(dialect, f"{prefix}_log_segments")
        self.archive: Archive | None = None
        """Where what is no longer in the table is read from; nothing was archived where there is none."""
        self.told = Told()
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

    def place(self, records: Sequence[Record], last_id: int, last: Position) -> None:
        """Note where these have come to stand, the last one at this id and the others before it."""
        if last > START:
            self.told.add(records, last)
            return
        epoch = self._at(0, last_id).epoch
        for id, record in enumerate(records, last_id - len(records) + 1):
            record.position = Position(epoch, 0, id)

    def read(self, after: Position, wire_names: Collection[str], limit: int, told: Sequence[ToldAtOnce] = ()) -> Page:
        """From the table, or from its archived segments and then the table. Both are asked in one statement how far
        is archived: rows that vanish under a reader are seen to be in the archive."""
        names = list(wire_names)
        found: list[Record] = []
        while True:
            page = (
                self._read_postgres(after, names, limit - len(found), told)
                if self.dialect.vendor == "postgresql"
                else self._read_sqlite(after, names, limit - len(found))
            )
            if page is not None:
                return page if not found else Page(found + page.records, page.scanned_to, page.is_whole)
            if self.archive is None:
                raise StoreUnavailable(f"{self.table} is archived up to beyond {tuple(after)}, and nobody said where")
            archived, after = self.archive.read(after, wire_names, limit - len(found))
            found += archived
            if len(found) == limit:
                return Page(found, after)

    def _read_sqlite(self, after: Position, names: list[str], limit: int) -> Page | None:
        """None where something behind `after` is archived."""
        condition, parameter = self.dialect.among(Field("o.event_type", "text"), names)
        first = self._first_after(after)
        (head, archived, *_), *rows = self.dialect.query(
            f"SELECT coalesce(max(id), 0), coalesce((SELECT max(last_id) FROM {self.segments.table}), 0)"
            f"{', NULL' * 12} FROM {self.table} UNION ALL SELECT * FROM (SELECT {self._columns} FROM {self.table} o "
            f"WHERE o.id > ? AND {condition} ORDER BY o.id LIMIT ?)",
            (first, parameter, limit),
        )
        if first < archived:
            return None
        if head <= first:
            return Page([], max(after, self._at(0, head)))
        records = [self._record(row) for row in rows]
        if len(records) == limit:
            return Page(records, records[-1].position)
        return Page(records, max(self._at(0, head), records[-1].position if records else START))

    def all(self, after: Position, up_to: Position, limit: int) -> list[Record]:
        """What the table holds between two positions, whatever it says, in order."""
        return [self._record(row) for row in self._between(self._columns, after, up_to, limit)]

    def ids(self, after: Position, up_to: Position, limit: int, condition: str = "1 = 1") -> list[int]:
        """Of rows between two positions that meet a condition."""
        return [row[0] for row in self._between("o.id", after, up_to, limit, condition)]

    def _between(
        self, columns: str, after: Position, up_to: Position, limit: int, condition: str = "1 = 1"
    ) -> list[tuple[Any, ...]]:
        if self.dialect.vendor == "postgresql":
            place, order = "(?, ?::text::xid8, ?)", "o.epoch, o.xid, o.id"
            behind = f"(o.epoch, o.xid, o.id) > {place}"
            parameters = [after.epoch, str(after.xid), after.id, up_to.epoch, str(up_to.xid), up_to.id, limit]
        else:
            place, order, behind = "(?, ?, ?)", "o.id", "o.id > ?"
            parameters = [self._first_after(after), *up_to, limit]
        return self.dialect.query(
            f"SELECT {columns} FROM {self.table} o WHERE {behind} AND (o.epoch, o.xid, o.id) <= {place} "
            f"AND {condition} ORDER BY {order} LIMIT ?",
            parameters,
        )

    def head(self) -> Position:
        if self.dialect.vendor == "postgresql":
            rows = self.dialect.query(
                f"WITH {_RUNNING} SELECT o.epoch, o.xid::text::bigint, o.id FROM {self.table} o "
                f"WHERE {self._visible('o')} "
                f"ORDER BY o.epoch DESC, o.xid DESC, o.id DESC LIMIT 1"
            )
            last = Position(*rows[0]) if rows else START
        else:
            [(id,)] = self.dialect.query(f"SELECT coalesce(max(id), 0) FROM {self.table}")
            last = self._at(0, id) if id else START
        epoch, first = self._epochs()[-1]
        return max(last, Position(epoch, 0, first - 1))

    def epoch(self) -> int:
        """The present life of this log, as its database was found on the connection that is written through next."""
        return self._epochs()[-1][0]

    def _epochs(self) -> list[tuple[int, int]]:
        """Each life of this log with the first id that was told in it. What is known of them goes with the connection:
        a database that was put in the place of another is seen through a connection of its own, never through one to
        the other, so that nobody goes on in a life that is over."""
        raw: Any = self.dialect.raw()
        known: list[tuple[int, int]] | None = getattr(raw, _LIVES, None)
        if known is None:
            rows = self.dialect.query(f"SELECT epoch, first_id FROM {self.epochs} ORDER BY epoch")
            known = [(row[0], row[1]) for row in rows] or [(1, 1)]
            setattr(raw, _LIVES, known)
        return known

    def raise_epoch(self, system: str = "", beyond: int = 0) -> int:
        """Begin a new life of this log, after its database was restored, moved or failed over: what is told from now on
        comes after every cursor, also after one that has read more than is left of the life before. Its number is
        higher than every life's of this log, and than `beyond`. Other connections to the same database learn of it only
        when they are made anew: whoever calls this sees to that (restoring.py)."""
        setattr(self.dialect.raw(), _LIVES, None)
        epoch = max(self.epoch(), beyond) + 1
        [(last,)] = self.dialect.query(f"SELECT coalesce(max(id), 0) FROM {self.table}")
        rows = [(1, 1, system), (epoch, last + 1, system)]
        self.dialect.commit([Write("ensure", self.epochs, _EPOCH, rows, _EPOCH[:1])])
        setattr(self.dialect.raw(), _LIVES, None)
        return self.epoch()

    def _look_at_system(self) -> None:
        """On each new connection: another server, or another timeline of the same one, is another life of this log.
        A user who may not ask is spared it; then `raise_epoch` is an operator's to call."""
        self.told.forget()
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
        return f"({alias}.epoch < {self.epoch()} OR {alias}.xid < (SELECT r.xid FROM running r))"

    def _read_postgres(self, after: Position, names: list[str], limit: int, told: Sequence[ToldAtOnce]) -> Page | None:
        """What is `told` behind `after` is taken from there and not sent."""
        condition, parameter = self.dialect.among(Field("o.event_type", "text"), names)
        told = [one for one in told if one.records[0].position > after]
        rows = self.dialect.query(
            f"WITH {_RUNNING}, head AS (SELECT h.epoch, h.xid, h.id FROM {self.table} h WHERE {self._visible('h')} "
            f"ORDER BY h.epoch DESC, h.xid DESC, h.id DESC LIMIT 1), "
            f"archived AS (SELECT a.last_epoch, a.last_xid, a.last_id FROM {self.segments.table} a "
            f"ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT 1) "
            f"SELECT a.last_epoch, a.last_xid, a.last_id, NOT EXISTS ("
            f"SELECT 1 FROM {self.table} b WHERE b.epoch = {self.epoch()} AND "
            f"b.xid >= (SELECT r.xid FROM running r)), h.epoch, h.xid::text::bigint, h.id, {self._columns} "
            f"FROM (SELECT 1) one LEFT JOIN archived a ON true LEFT JOIN head h ON true LEFT JOIN LATERAL ("
            f"SELECT * FROM {self.table} o WHERE (o.epoch, o.xid, o.id) > (?, ?::text::xid8, ?) "
            f"AND (o.epoch, o.xid, o.id) <= (h.epoch, h.xid, h.id) AND {condition} "
            f"AND NOT o.xid = ANY(?::xid8[]) ORDER BY o.epoch, o.xid, o.id LIMIT ?) o ON true "
            f"ORDER BY o.epoch, o.xid, o.id",
            (after.epoch, str(after.xid), after.id, parameter, array("xid8", [one.xid for one in told]), limit),
        )
        is_whole, *head = rows[0][3:7]
        if rows[0][0] is not None and after < Position(*rows[0][:3]):
            return None
        if head[0] is None:
            return Page([], after, is_whole)
        records = [self._record(row[7:]) for row in rows if row[-1] is not None]
        records = merged(records, told, names, Position(*head), limit)
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


class ToldHereLog:
    """A log of PostgreSQL for a reader of the process that tells much of it: that is not read from the server."""

    def __init__(self, log: SqlLog) -> None:
        self.log = log

    def read(self, after: Position, wire_names: Collection[str], limit: int) -> Page:
        return self.log.read(after, wire_names, limit, self.log.told.behind(after))

    def head(self) -> Position:
        return self.log.head()


def worker_log(log: Log) -> Log:
    """How a worker reads a log of which it tells much itself."""
    return ToldHereLog(log) if isinstance(log, SqlLog) and log.dialect.vendor == "postgresql" else log
