"""The engine's own tables of a context's database: cursors, parked messages, due work, leases and answered keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from argosy.engine.due import RECURRING
from argosy.engine.log import START, Position, Record
from argosy.engine.store import (
    CALL,
    TIMER,
    Changes,
    Cursor,
    CursorMove,
    Due,
    Fence,
    IdempotencyKey,
    Parked,
    VersionConflict,
)
from argosy.platform.blanking import blanking
from argosy.platform.crash_points import reached
from argosy.platform.dialects import Field, Write
from argosy.platform.postgres import PostgresDialect
from argosy.platform.sql_log import SqlLog
from argosy.platform.sqlite import SqliteDialect
from argosy.shared_kernel.codec import decoder, encode

Dialect = SqliteDialect | PostgresDialect

_CURSOR_KEYS = (Field("subscription", "text"), Field("source", "text"), Field("lane", "bigint"))
_CURSOR_WAS = (Field("epoch", "bigint"), Field("xid", "bigint"), Field("position", "bigint"))
_CURSOR_HIGH = (Field("high_epoch", "bigint"), Field("high_xid", "bigint"), Field("high_position", "bigint"))
_DUE = (
    Field("id", "text"),
    Field("kind", "text"),
    Field("name", "text"),
    Field("key", "text"),
    Field("due_at", "timestamptz"),
    Field("payload", "text"),
    Field("correlation_id", "text"),
    Field("cause_id", "text"),
    Field("version", "bigint"),
    Field("attempts", "bigint"),
    Field("lease_until", "timestamptz"),
    Field("token", "bigint"),
)
_DUE_ID, _DUE_TOKEN = Field("id", "text"), Field("token", "bigint")
_LEASE_KEYS = (Field("name", "text"), _DUE_TOKEN)
_PARKED_KEYS = (Field("subscription", "text"), Field("source", "text"), *_CURSOR_WAS)
_PARKED_NOW = (Field("tries", "bigint"), Field("next_try", "timestamptz"), Field("error", "text"))
_PARKED = (*_PARKED_KEYS, Field("key", "text"), Field("record", "text"), *_PARKED_NOW)
_HANDLED = (Field("name", "text"), Field("wire_names", "jsonb"))
_KEY = (
    Field("actor", "text"),
    Field("route", "text"),
    Field("key", "text"),
    Field("fingerprint", "text"),
    Field("status", "bigint"),
    Field("answer", "text"),
    Field("created_at", "timestamptz"),
)


class EngineTables:
    """What the engine keeps beside a context's aggregates; `prefix` begins the names of its tables."""

    def __init__(self, dialect: Dialect, prefix: str, outbox: str) -> None:
        self.dialect = dialect
        self.prefix = prefix
        self.outbox = outbox
        self.log = SqlLog(dialect, outbox, prefix)

    def engine_writes(self, changes: Changes) -> list[Write]:
        """Everything of a unit of work that is no aggregate; the lease that it is written under is checked first."""
        writes = []
        if changes.fence is not None:
            lease, token = changes.fence
            writes.append(Write("check", f"{self.prefix}_leases", (), [(lease, token)], _LEASE_KEYS, True))
        writes += [*self.log.writes(changes.records), *self._due_writes(changes), *self._cursor_writes(changes.cursors)]
        instant = self.dialect.instant
        if changes.unparked or changes.parked:
            writes += self._parked_writes(changes)
        if changes.erased:
            writes += blanking(self.dialect, self.outbox, self.prefix, changes.erased)
        if changes.handled:
            handled = [(name, self.dialect.json(known)) for name, known in changes.handled.items()]
            writes.append(Write("upsert", f"{self.prefix}_subscriptions", _HANDLED, handled, _HANDLED[:1]))
        if changes.idempotency_key is not None:
            key = changes.idempotency_key
            writes.append(
                Write(
                    "insert",
                    f"{self.prefix}_idempotency_keys",
                    _KEY,
                    [(key.actor, key.route, key.key, key.fingerprint, key.status, key.answer, instant(key.created_at))],
                )
            )
        return writes

    def _parked_writes(self, changes: Changes) -> list[Write]:
        """What is taken out must be there. What goes on waiting must be as it was seen: no try of a rival is counted
        over, and what an operator has moved meanwhile stays where they put it."""
        table, instant = f"{self.prefix}_parked", self.dialect.instant
        seen = {(p.subscription, p.source, *p.record.position): p for p in changes.unparked}
        new, again = [], []
        for p in changes.parked:
            where = (p.subscription, p.source, *p.record.position)
            was = seen.pop(where, None)
            now = (p.tries, instant(p.next_try), p.error)
            if was is None:
                new.append((*where, p.record.key, encode(p.record).decode(), *now))
            else:
                again.append((*now, *where, was.tries, instant(was.next_try)))
        writes = []
        if seen:
            writes.append(Write("delete", table, (), list(seen), _PARKED_KEYS, True))
        if again:
            writes.append(Write("update", table, _PARKED_NOW, again, (*_PARKED_KEYS, *_PARKED_NOW[:2]), True))
        if new:
            writes.append(Write("upsert", table, _PARKED, new, _PARKED_KEYS))
        return writes

    def _due_writes(self, changes: Changes) -> list[Write]:
        table, instant = f"{self.prefix}_due", self.dialect.instant
        writes = []
        if changes.finished:
            writes.append(Write("delete", table, (), changes.finished, (_DUE_ID, _DUE_TOKEN), True))
        if changes.cancelled:
            writes.append(Write("delete", table, (), [(id,) for id in changes.cancelled], (_DUE_ID,)))
        finished = dict(changes.finished)
        for kind, verb in ((TIMER, "upsert"), (CALL, "ask")):
            rows = [
                (
                    d.id,
                    d.kind,
                    d.name,
                    d.key,
                    instant(d.due_at),
                    d.payload,
                    d.correlation_id,
                    d.cause_id,
                    d.version,
                    d.attempts,
                    None if d.lease_until is None else instant(d.lease_until),
                    finished.get(d.id, d.token),
                )
                for d in changes.due.values()
                if d.kind == kind
            ]
            if rows:
                writes.append(Write(verb, table, _DUE, rows, (_DUE_ID,), raised=_DUE_TOKEN))
        return writes

    def _cursor_writes(self, moves: list[CursorMove]) -> list[Write]:
        table = f"{self.prefix}_cursors"
        writes = []
        new = [(m.subscription, m.source, m.lane, *m.now, *m.high) for m in moves if m.was == START]
        moved = [(*m.now, *m.high, m.subscription, m.source, m.lane, *m.was) for m in moves if m.was != START]
        if new:
            writes.append(Write("insert", table, (*_CURSOR_KEYS, *_CURSOR_WAS, *_CURSOR_HIGH), new))
        if moved:
            writes.append(
                Write("update", table, (*_CURSOR_WAS, *_CURSOR_HIGH), moved, (*_CURSOR_KEYS, *_CURSOR_WAS), True)
            )
        return writes

    def cursors(self, subscription: str) -> dict[tuple[str, int], Cursor]:
        rows = self.dialect.query(
            f"SELECT source, lane, epoch, xid, position, high_epoch, high_xid, high_position "
            f"FROM {self.prefix}_cursors WHERE subscription = ?",
            (subscription,),
        )
        return {(row[0], row[1]): Cursor(Position(*row[2:5]), Position(*row[5:8])) for row in rows}

    def parked(self, subscription: str) -> list[Parked]:
        rows = self.dialect.query(
            f"SELECT source, record, tries, next_try, error FROM {self.prefix}_parked WHERE subscription = ? "
            f"ORDER BY epoch, xid, position",
            (subscription,),
        )
        read = decoder(Record)
        return [
            Parked(subscription, source, read.decode(record), tries, self.dialect.to_instant(next_try), error)
            for source, record, tries, next_try, error in rows
        ]

    def redrive(self, subscription: str, key: str, now: datetime) -> int:
        """Let what is parked be tried now: all of it, or what has this key. How many messages wait for their turn; its
        consumer does the rest."""
        waiting = [p for p in self.parked(subscription) if key in ("", p.record.key)]
        at = self.dialect.instant(now)
        rows = [(at, p.subscription, p.source, *p.record.position) for p in waiting if p.next_try > now]
        if rows:
            self.dialect.commit([Write("update", f"{self.prefix}_parked", _PARKED_NOW[1:2], rows, _PARKED_KEYS)])
        return len(waiting)

    def handled(self, subscription: str) -> dict[str, int]:
        rows = self.dialect.query(
            f"SELECT {self.dialect.selected('wire_names', 'jsonb')} FROM {self.prefix}_subscriptions WHERE name = ?",
            (subscription,),
        )
        return decoder(dict[str, int]).decode(rows[0][0]) if rows else {}

    def due(self, kind: str, until: datetime, limit: int) -> list[Due]:
        at = self.dialect.instant(until)
        columns = ", ".join(field.name for field in _DUE)
        ready = f"{self.prefix}_due WHERE kind = ? AND due_at <= ?"
        if kind == CALL:
            rows = self.dialect.query(
                f"SELECT {columns} FROM (SELECT {columns}, row_number() OVER (PARTITION BY key ORDER BY due_at, id) "
                f"AS place FROM {ready}) AS calls WHERE place = 1 AND (lease_until IS NULL OR lease_until <= ?) "
                f"ORDER BY due_at, id LIMIT ?",
                (kind, at, at, limit),
            )
        else:
            rows = self.dialect.query(f"SELECT {columns} FROM {ready} ORDER BY due_at, id LIMIT ?", (kind, at, limit))
        turn = self.dialect.to_instant
        return [
            Due(
                id=row[0],
                kind=row[1],
                name=row[2],
                key=row[3],
                due_at=turn(row[4]),
                payload=row[5],
                correlation_id=row[6],
                cause_id=row[7],
                version=row[8],
                attempts=row[9],
                lease_until=None if row[10] is None else turn(row[10]),
                token=row[11],
            )
            for row in rows
        ]

    def recurring(self) -> set[str]:
        """Wire names of the recurring commands whose next telling is planned."""
        rows = self.dialect.query(f"SELECT DISTINCT name FROM {self.prefix}_due WHERE cause_id = ?", (RECURRING,))
        return {row[0] for row in rows}

    def next_due(self) -> datetime | None:
        [(free, leased)] = self.dialect.query(
            f"SELECT (SELECT min(due_at) FROM {self.prefix}_due WHERE lease_until IS NULL), "
            f"(SELECT min(lease_until) FROM {self.prefix}_due WHERE lease_until IS NOT NULL)"
        )
        times = [self.dialect.to_instant(value) for value in (free, leased) if value is not None]
        return min(times) if times else None

    def lease(self, work: Sequence[Due], until: datetime) -> list[Due]:
        taken = [
            msgspec.structs.replace(due, token=due.token + 1, attempts=due.attempts + 1, lease_until=until)
            for due in work
        ]
        write = self._lease_write(taken, work)
        try:
            self.dialect.commit([write])
        except VersionConflict:
            return [] if len(work) == 1 else [one for due in work for one in self.lease([due], until)]
        reached("call.leased")
        return taken

    def _lease_write(self, taken: Sequence[Due], before: Sequence[Due]) -> Write:
        instant = self.dialect.instant
        rows = [
            (due.token, due.attempts, None if due.lease_until is None else instant(due.lease_until), due.id, was.token)
            for due, was in zip(taken, before, strict=True)
        ]
        columns = (_DUE_TOKEN, Field("attempts", "bigint"), Field("lease_until", "timestamptz"))
        return Write("update", f"{self.prefix}_due", columns, rows, (_DUE_ID, _DUE_TOKEN), True)

    def release(self, work: Due, until: datetime) -> None:
        try:
            self.dialect.commit([self._lease_write([msgspec.structs.replace(work, lease_until=until)], [work])])
        except VersionConflict:
            return

    def take_lease(
        self,
        name: str,
        holder: str,
        now: datetime,
        until: datetime,
        is_dead: Callable[[str], bool] = lambda holder: False,
    ) -> Fence | None:
        rows = self.dialect.query(f"SELECT holder, token, expires_at FROM {self.prefix}_leases WHERE name = ?", (name,))
        held_by = rows[0][0] if rows else ""
        if held_by not in ("", holder) and self.dialect.to_instant(rows[0][2]) > now and not is_dead(held_by):
            return None
        token = rows[0][1] + 1 if rows else 1
        instant = self.dialect.instant(until)
        columns = (Field("holder", "text"), _DUE_TOKEN, Field("expires_at", "timestamptz"))
        table = f"{self.prefix}_leases"
        write = (
            Write("update", table, columns, [(holder, token, instant, name, token - 1)], _LEASE_KEYS, True)
            if rows
            else Write("insert", table, (*columns, Field("name", "text")), [(holder, token, instant, name)])
        )
        try:
            self.dialect.commit([write])
        except VersionConflict:
            return None
        return Fence(name, token)

    def keep_lease(self, fence: Fence, until: datetime) -> bool:
        row = (self.dialect.instant(until), fence.lease, fence.token)
        try:
            self.dialect.commit(
                [
                    Write(
                        "update",
                        f"{self.prefix}_leases",
                        (Field("expires_at", "timestamptz"),),
                        [row],
                        _LEASE_KEYS,
                        True,
                    )
                ]
            )
        except VersionConflict:
            return False
        return True

    def answer(self, actor: str, route: str, key: str) -> IdempotencyKey | None:
        rows = self.dialect.query(
            f"SELECT fingerprint, status, answer, created_at FROM {self.prefix}_idempotency_keys "
            f"WHERE actor = ? AND route = ? AND key = ?",
            (actor, route, key),
        )
        if not rows:
            reached("request.key_is_new")
            return None
        fingerprint, status, answer, created_at = rows[0]
        return IdempotencyKey(actor, route, key, fingerprint, status, answer, self.dialect.to_instant(created_at))
