"""The statements that blank what a database's log, and what is parked there, say about people."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from argosy.engine.log import START, Record
from argosy.engine.people import blanked_payload, blanked_record, tells_of
from argosy.platform.dialects import Field, Write
from argosy.platform.postgres import PostgresDialect
from argosy.platform.sqlite import SqliteDialect
from argosy.shared_kernel.codec import decoder, encode

_NEVER = datetime.min.replace(tzinfo=UTC)
_ID = (Field("id", "bigint"),)
_PAYLOAD = (Field("payload", "jsonb"),)
_RECORD = (Field("record", "text"),)


def blanking(
    dialect: SqliteDialect | PostgresDialect, outbox: str, parked: str, people: Collection[str]
) -> Iterator[Write]:
    """All of it for these people. Their rows are found by looking through the log once: an index on subjects would be
    paid for by every order, and people are erased seldom."""
    if outbox:
        rows = []
        for id, record in _told_about(dialect, outbox, people):
            payload = blanked_payload(record)
            if payload != record.payload:
                rows.append((dialect.json_text(payload), id))
        if rows:
            yield Write("update", outbox, _PAYLOAD, rows, _ID, True)
    waiting = [
        (encode(blanked_record(record)).decode(), id)
        for id, record in parked_records(dialect, parked)
        if tells_of(record, people)
    ]
    if waiting:
        yield Write("update", parked, _RECORD, waiting, _ID)


def parked_records(dialect: SqliteDialect | PostgresDialect, table: str) -> Iterator[tuple[int, Record]]:
    """Everything that is parked in a database."""
    read = decoder(Record).decode
    for id, text in dialect.query(f"SELECT id, record FROM {table}"):
        yield id, read(text)


def _told_about(
    dialect: SqliteDialect | PostgresDialect, outbox: str, people: Collection[str]
) -> Iterator[tuple[int, Record]]:
    condition, parameter = dialect.among(Field("subject", "text"), list(people))
    rows = dialect.query(
        f"SELECT id, event_type, schema_version, {dialect.selected('payload', 'jsonb')}, subject FROM {outbox} "
        f"WHERE {condition}",
        (parameter,),
    )
    for id, wire_name, version, payload, subject in rows:
        # Of a record no more is needed than what it says, and about whom.
        yield id, Record("", wire_name, version, "", 0, 0, payload, "", "", subject, _NEVER, START)
