"""The list of a log's archived segments, in the database of the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from argosy.engine.log import Position
from argosy.engine.segments import Segment
from argosy.platform.dialects import Field, Write
from argosy.platform.postgres import PostgresDialect
from argosy.platform.sqlite import SqliteDialect
from argosy.shared_kernel.codec import decoder

_LAST = (Field("last_epoch", "bigint"), Field("last_xid", "bigint"), Field("last_id", "bigint"))
_REVISION = Field("revision", "bigint")
_ROW = (
    Field("first_epoch", "bigint"),
    Field("first_xid", "bigint"),
    Field("first_id", "bigint"),
    *_LAST,
    Field("record_count", "bigint"),
    Field("wire_names", "jsonb"),
    Field("has_subjects", "boolean"),
    Field("digest", "text"),
    _REVISION,
)


class SqlSegmentList:
    """Rows of `<prefix>_log_segments`, one per segment."""

    def __init__(self, dialect: SqliteDialect | PostgresDialect, table: str) -> None:
        self.dialect = dialect
        self.table = table
        self.columns = ", ".join(dialect.selected(field.name, field.type) for field in _ROW)

    def after(self, position: Position, limit: int) -> list[Segment]:
        rows = self.dialect.query(
            f"SELECT {self.columns} FROM {self.table} WHERE (last_epoch, last_xid, last_id) > (?, ?, ?) "
            f"ORDER BY last_epoch, last_xid, last_id LIMIT ?",
            (*position, limit),
        )
        return [segment_of(row) for row in rows]

    def ending(self, position: Position) -> Segment | None:
        rows = self.dialect.query(
            f"SELECT {self.columns} FROM {self.table} WHERE (last_epoch, last_xid, last_id) = (?, ?, ?)", position
        )
        return segment_of(rows[0]) if rows else None

    def last(self) -> Segment | None:
        """The one behind which the table begins."""
        order = ", ".join(f"{field.name} DESC" for field in _LAST)
        rows = self.dialect.query(f"SELECT {self.columns} FROM {self.table} ORDER BY {order} LIMIT 1")
        return segment_of(rows[0]) if rows else None

    def added(self, segment: Segment) -> Write:
        """What lists it; it stands behind all others, or the commit is a conflict."""
        return Write("insert", self.table, _ROW, [self._row(segment)])

    def replaced(self, now: Segment, revision: int) -> Write:
        """What lists a rewritten segment in place of the revision that it was made from."""
        changed = (*now.first, *now.last, now.rows, self.dialect.json(list(now.wire_names)), now.has_subjects)
        row = (*changed, now.digest, now.revision, *now.last, revision)
        return Write("update", self.table, _ROW, [row], (*_LAST, _REVISION), True)

    def _row(self, segment: Segment) -> Sequence[Any]:
        names = self.dialect.json(list(segment.wire_names))
        place = (*segment.first, *segment.last)
        return (*place, segment.rows, names, segment.has_subjects, segment.digest, segment.revision)


def segment_of(row: Sequence[Any]) -> Segment:
    """A row of the list."""
    return Segment(
        first=Position(*row[0:3]),
        last=Position(*row[3:6]),
        rows=row[6],
        wire_names=tuple(decoder(list[str]).decode(row[7])),
        has_subjects=bool(row[8]),
        digest=row[9],
        revision=row[10],
    )
