"""What a log's archive holds, beside what is in its table, sorted as checks walk it.

Records are gathered in a temporary file, so that no archive is held in memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from argosy.apps.doctor.databases import CannotCheck, Databases, Row
from argosy.engine.log import Position, Record
from argosy.engine.segments import SegmentIsDamaged
from argosy.platform.segment_list import segment_of

_TABLE = "CREATE TABLE log (message_id TEXT, aggregate_id TEXT, event_type TEXT, cause_id TEXT, sequence INTEGER)"


class Gathered:
    """The archived records of one log."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def stream(self, sql: str, *parameters: str) -> Iterator[Row]:
        """Rows of a statement over `log`, sorted as Python sorts text."""
        with closing(self._connection.cursor()) as cursor:
            yield from cursor.execute(sql, parameters)


def records(databases: Databases, label: str) -> Iterator[Record]:
    """Everything that is archived and no more in the table, as this look sees both."""
    runtime = databases.runtime
    log = runtime.stores[label].log
    begins = _first(databases, label)
    for row in list(
        databases.stream(
            label,
            f"SELECT {log.segments.columns} FROM {log.segments.table} ORDER BY last_epoch, last_xid, last_id",
        )
    ):
        assert log.archive is not None
        try:
            held = log.archive.records(segment_of(row))
        except SegmentIsDamaged as damage:
            raise CannotCheck(str(damage)) from None
        databases.read(len(held))
        yield from (record for record in held if begins is None or record.position < begins)


@contextmanager
def gathered(databases: Databases, label: str) -> Iterator[Gathered | None]:
    """The archive of a log, or None where nothing was archived of it."""
    if not databases.value(label, f"SELECT count(*) FROM {databases.runtime.stores[label].log.segments.table}"):
        yield None
        return
    with closing(sqlite3.connect("")) as connection:
        connection.execute(_TABLE)
        connection.executemany(
            "INSERT INTO log VALUES (?, ?, ?, ?, ?)",
            ((r.message_id, r.key, r.wire_name, r.cause_id, r.sequence) for r in records(databases, label)),
        )
        yield Gathered(connection)


def _first(databases: Databases, label: str) -> Position | None:
    """Where the table begins."""
    context = databases.runtime.contexts[label]
    order = "epoch, xid, id" if databases.is_postgres(label) else "id"
    rows = databases.stream(
        label,
        f"SELECT epoch, {databases.xid(label, 'o.xid')}, id FROM {context.outbox} o ORDER BY {order} LIMIT 1",
    )
    return next((Position(*row) for row in rows), None)
