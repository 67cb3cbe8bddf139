"""The statements that blank what a database says about people: in its log, in what is parked and in what is due; what
is kept to answer their repeated requests is deleted."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from argosy.engine.log import START, Record
from argosy.engine.people import blanked_payload, blanked_record, blanked_timer, names_about_people, tells_of
from argosy.engine.store import TIMER, Due
from argosy.platform.dialects import Field, Write
from argosy.platform.postgres import PostgresDialect
from argosy.platform.sqlite import SqliteDialect
from argosy.shared_kernel.codec import decoder, encode

_NEVER = datetime.min.replace(tzinfo=UTC)
_ID = (Field("id", "bigint"),)
_PAYLOAD = (Field("payload", "jsonb"),)
_RECORD = (Field("record", "text"),)
_TIMER = (Field("payload", "text"),)
_TIMER_KEYS = (Field("id", "text"), Field("token", "bigint"))
_ACTOR = (Field("actor", "text"),)


def blanking(
    dialect: SqliteDialect | PostgresDialect, outbox: str, prefix: str, people: Collection[str]
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
    parked = f"{prefix}_parked"
    waiting = [
        (encode(blanked_record(record)).decode(), id)
        for id, record in parked_records(dialect, parked)
        if tells_of(record, people)
    ]
    if waiting:
        yield Write("update", parked, _RECORD, waiting, _ID)
    timers = [
        (payload, timer.id, timer.token)
        for timer in timers_about_people(dialect, f"{prefix}_due")
        if (payload := blanked_timer(timer, people)) != timer.payload
    ]
    if timers:
        yield Write("update", f"{prefix}_due", _TIMER, timers, _TIMER_KEYS)
    answers = [(actor,) for actor in sorted(people)]
    yield Write("delete", f"{prefix}_idempotency_keys", (), answers, _ACTOR)


def parked_records(dialect: SqliteDialect | PostgresDialect, table: str) -> Iterator[tuple[int, Record]]:
    """Everything that is parked in a database."""
    read = decoder(Record).decode
    for id, text in dialect.query(f"SELECT id, record FROM {table}"):
        yield id, read(text)


def timers_about_people(dialect: SqliteDialect | PostgresDialect, table: str) -> Iterator[Due]:
    """Those that are to tell a message which says something about somebody."""
    condition, parameter = dialect.among(Field("name", "text"), names_about_people())
    for id, name, version, payload, token in dialect.query(
        f"SELECT id, name, version, payload, token FROM {table} WHERE kind = ? AND {condition}", (TIMER, parameter)
    ):
        yield Due(id, TIMER, name, "", _NEVER, payload, "", "", version, token=token)


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
