"""A context's database as the engine's Store, the same code on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

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
from argosy.platform.crash_points import reached
from argosy.platform.dialects import Field, PostgresDialect, SqliteDialect, Write
from argosy.platform.rows import Column, Mapped, MappedPart, Table
from argosy.platform.sql_log import SqlLog
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.codec import decoder, encode

A = TypeVar("A", bound=Aggregate)
Dialect = SqliteDialect | PostgresDialect
Turn = Callable[[Any], Any]

_CURSOR_KEYS = (Field("subscription", "text"), Field("source", "text"), Field("lane", "bigint"))
_CURSOR_WAS = (Field("epoch", "bigint"), Field("xid", "bigint"), Field("position", "bigint"))
_CURSOR_HIGH = (Field("high_epoch", "bigint"), Field("high_xid", "bigint"), Field("high_position", "bigint"))
_DUE = (Field("id", "text"), Field("kind", "text"), Field("name", "text"), Field("key", "text"),
        Field("due_at", "timestamptz"), Field("payload", "text"), Field("correlation_id", "text"),
        Field("cause_id", "text"), Field("version", "bigint"), Field("attempts", "bigint"),
        Field("lease_until", "timestamptz"), Field("token", "bigint"))
_ID = (Field("id", "uuid"),)
_DUE_ID, _DUE_TOKEN = Field("id", "text"), Field("token", "bigint")
_LEASE_KEYS = (Field("name", "text"), _DUE_TOKEN)
_PARKED_KEYS = (Field("subscription", "text"), Field("source", "text"), *_CURSOR_WAS)
_PARKED = (*_PARKED_KEYS, Field("key", "text"), Field("record", "text"), Field("tries", "bigint"),
           Field("next_try", "timestamptz"), Field("error", "text"))
_HANDLED = (Field("name", "text"), Field("wire_names", "jsonb"))
_KEY = (Field("actor", "text"), Field("route", "text"), Field("key", "text"), Field("fingerprint", "text"),
        Field("status", "bigint"), Field("answer", "text"), Field("created_at", "timestamptz"))


class _Layout:
    """One table's statements and turns, worked out once."""

    def __init__(self, dialect: Dialect, table: Table) -> None:
        self.table = table
        self.fields = tuple(Field(column.name, column.type) for column in table.columns)
        self.selected = ", ".join(dialect.selected(column.name, column.type) for column in table.columns)
        self.dumps = [(index, _dump(dialect, column)) for index, column in enumerate(table.columns)
                      if column.is_json or column.is_instant]
        self.loads = [(index, _load(dialect, column)) for index, column in enumerate(table.columns)
                      if column.is_json or column.is_instant or (column.is_boolean and dialect.vendor == "sqlite")]
        self.dump_at = dict(self.dumps)
        self.index = {column.attribute: index for index, column in enumerate(table.columns)}

    def values(self, thing: Any) -> list[Any]:
        values = list(self.table.values(thing))
        for index, dump in self.dumps:
            if values[index] is not None:
                values[index] = dump(values[index])
        return values

    def state(self, row: Sequence[Any]) -> dict[str, Any]:
        values = list(row)
        for index, load in self.loads:
            if values[index] is not None:
                values[index] = load(values[index])
        return dict(zip(self.table.attributes, values, strict=True))


class SqlStore:
    """One context's database."""

    def __init__(self, context: str, dialect: Dialect, mappings: Iterable[Mapped], prefix: str, outbox: str) -> None:
        self.context = context
        self.dialect = dialect
        self.prefix = prefix
        self.outbox = outbox
        self.log = SqlLog(dialect, outbox, f"{prefix}_log_epochs")
        self._mapped = {mapping.kind: mapping for mapping in mappings}
        self._layouts: dict[Table, _Layout] = {}

    # Aggregates.

    def load(self, kind: type[A], column: str, values: Collection[Any]) -> list[A]:
        if not values:
            return []
        mapped = self._mapped[kind]
        layout = self._layout(mapped.table)
        where = Field(mapped.column_of[column], layout.fields[layout.index[column]].type)
        made = [mapped.table.make(layout.state(row)) for row in self._select(layout, where, list(values))]
        for part in mapped.parts:
            self._load_part(part, made)
        return made

    def _load_part(self, part: MappedPart, owners: list[Any]) -> None:
        by_id: dict[str, list[Any]] = {}
        for owner in owners:
            by_id[owner.id] = owner.__dict__[part.attribute] = []
        if part.is_log or not owners:
            return
        layout = self._layout(part.table)
        condition, parameter = self.dialect.among(Field(part.owner, "uuid"), list(by_id))
        owner_column = self.dialect.selected(part.owner, "uuid")
        rows = self.dialect.query(
            f"SELECT {owner_column}, {layout.selected} FROM {part.table.name} WHERE {condition} "
            f"ORDER BY {self._order(part)}", (parameter,))
        for row in rows:
            by_id[row[0]].append(part.table.make(layout.state(row[1:])))

    @staticmethod
    def _order(part: MappedPart) -> str:
        """By line number where there is one, else by id: a list comes back in one order."""
        names = [column.name for column in part.table.columns]
        return "line_no" if "line_no" in names else "id"

    def _select(self, layout: _Layout, where: Field, values: list[Any]) -> list[tuple[Any, ...]]:
        condition, parameter = self.dialect.among(where, values)
        return self.dialect.query(f"SELECT {layout.selected} FROM {layout.table.name} WHERE {condition}", (parameter,))

    def _layout(self, table: Table) -> _Layout:
        layout = self._layouts.get(table)
        if layout is None:
            layout = self._layouts[table] = _Layout(self.dialect, table)
        return layout

    # Writing.

    def commit(self, changes: Changes) -> None:
        writes = [*self._aggregate_writes(changes), *self._engine_writes(changes)]
        for kind, aggregates in changes.verified.items():
            mapped = self._mapped[kind]
            rows = [(aggregate.id, aggregate.version) for aggregate in aggregates]
            writes.insert(0, Write("check", mapped.table.name, (), rows, self._compare_keys(mapped), True))
        if changes.fence is not None:
            lease, token = changes.fence
            writes.insert(0, Write("check", f"{self.prefix}_leases", (), [(lease, token)], _LEASE_KEYS, True))
        changes.held_seconds = self.dialect.commit(writes)

    def settle(self, kind: type[Aggregate], aggregate: Aggregate) -> None:
        for part in self._mapped[kind].parts:
            if part.is_log:
                aggregate.__dict__[part.attribute] = []

    def _aggregate_writes(self, changes: Changes) -> list[Write]:
        writes: list[Write] = []
        for kind in {**changes.inserts, **changes.updates, **changes.deletes}:
            mapped = self._mapped[kind]
            pairs = changes.updates.get(kind, [])
            inserted, deleted = changes.inserts.get(kind, []), changes.deletes.get(kind, [])
            if deleted:
                rows = [(aggregate.id, aggregate.version) for aggregate in deleted]
                writes.append(Write("delete", mapped.table.name, (), rows, self._compare_keys(mapped), True))
            if pairs:
                writes.append(self._update(mapped, pairs))
            if inserted:
                writes.append(self._insert(mapped, inserted))
            for part in mapped.parts:
                writes += self._part_writes(part, inserted, pairs, deleted)
        return writes

    def _insert(self, mapped: Mapped, aggregates: list[Aggregate]) -> Write:
        layout = self._layout(mapped.table)
        rows = [layout.values(aggregate) for aggregate in aggregates]
        for column, function in mapped.copies:
            dump = _dump(self.dialect, column)
            for row, aggregate in zip(rows, aggregates, strict=True):
                row.append(dump(function(aggregate)))
        fields = layout.fields + tuple(Field(column.name, column.type) for column, _ in mapped.copies)
        return Write("insert", mapped.table.name, fields, rows)

    def _update(self, mapped: Mapped, pairs: list[tuple[Aggregate, Aggregate]]) -> Write:
        """Only the columns that changed in some row of this batch."""
        layout = self._layout(mapped.table)
        changed = [index for index, name in enumerate(mapped.table.attributes)
                   if any(now.__dict__[name] is not then.__dict__[name] for now, then in pairs) and name != "id"]
        copies = [(_dump(self.dialect, column), function) for column, function in mapped.copies]
        rows = []
        for now, then in pairs:
            state = now.__dict__
            row = []
            for index in changed:
                value = state[mapped.table.attributes[index]]
                dump = layout.dump_at.get(index)
                row.append(dump(value) if dump is not None and value is not None else value)
            row += [dump(function(now)) for dump, function in copies]
            row += (now.id, then.version)
            rows.append(row)
        fields = tuple(layout.fields[index] for index in changed)
        fields += tuple(Field(column.name, column.type) for column, _ in mapped.copies)
        return Write("update", mapped.table.name, fields, rows, self._compare_keys(mapped), True)

    @staticmethod
    def _compare_keys(mapped: Mapped) -> tuple[Field, Field]:
        return Field(mapped.column_of["id"], "uuid"), Field(mapped.column_of["version"], "bigint")

    def _part_writes(
        self, part: MappedPart, inserted: list[Aggregate], pairs: list[tuple[Aggregate, Aggregate]],
        deleted: list[Aggregate],
    ) -> list[Write]:
        fresh: list[tuple[Any, Any]] = []
        changed: list[tuple[Any, Any, Any]] = []
        gone: list[Any] = []
        for owner in inserted:
            fresh += [(owner, thing) for thing in owner.__dict__[part.attribute]]
        for now, then in pairs:
            mine, before = now.__dict__[part.attribute], then.__dict__[part.attribute]
            if mine == before:
                continue
            known = {thing.id: thing for thing in before}
            for thing in mine:
                earlier = known.pop(thing.id, None)
                if earlier is None:
                    fresh.append((now, thing))
                elif earlier != thing:
                    changed.append((now, thing, earlier))
            gone += known
        for owner in deleted:
            gone += [thing.id for thing in owner.__dict__[part.attribute]]
        return self._part_statements(part, fresh, changed, gone)

    def _part_statements(
        self, part: MappedPart, fresh: list[tuple[Any, Any]], changed: list[tuple[Any, Any, Any]], gone: list[Any],
    ) -> list[Write]:
        layout = self._layout(part.table)
        writes = []
        if gone:
            writes.append(Write("delete", part.table.name, (), [(id,) for id in gone], _ID, True))
        if changed:
            writes.append(self._part_update(part, layout, changed))
        if fresh:
            dumps = [(_dump(self.dialect, column), function) for column, function in part.copies]
            rows = [[*layout.values(thing), owner.id, *(dump(function(owner, thing)) for dump, function in dumps)]
                    for owner, thing in fresh]
            fields = (*layout.fields, Field(part.owner, "uuid"), *(Field(c.name, c.type) for c, _ in part.copies))
            writes.append(Write("insert", part.table.name, fields, rows))
        return writes

    def _part_update(self, part: MappedPart, layout: _Layout, changed: list[tuple[Any, Any, Any]]) -> Write:
        """Only the columns that changed in some part of this batch, and the copies."""
        names = part.table.attributes
        columns = [index for index, name in enumerate(names)
                   if any(getattr(now, name) != getattr(then, name) for _, now, then in changed)]
        dumps = [(_dump(self.dialect, column), function) for column, function in part.copies]
        rows = []
        for owner, now, _ in changed:
            values = layout.values(now)
            rows.append([*(values[index] for index in columns),
                         *(dump(function(owner, now)) for dump, function in dumps), now.id])
        fields = (*(layout.fields[index] for index in columns), *(Field(c.name, c.type) for c, _ in part.copies))
        return Write("update", part.table.name, fields, rows, _ID, True)

    # The engine's own tables.

    def _engine_writes(self, changes: Changes) -> list[Write]:
        writes = [*self.log.writes(changes.records), *self._due_writes(changes), *self._cursor_writes(changes.cursors)]
        instant = self.dialect.instant
        if changes.unparked:
            again = {(p.subscription, p.source, p.record.position) for p in changes.parked}
            rows = [(p.subscription, p.source, *p.record.position) for p in changes.unparked
                    if (p.subscription, p.source, p.record.position) not in again]
            if rows:
                writes.append(Write("delete", f"{self.prefix}_parked", (), rows, _PARKED_KEYS, True))
        if changes.parked:
            parked = [(p.subscription, p.source, *p.record.position, p.record.key, encode(p.record).decode(), p.tries,
                       instant(p.next_try), p.error) for p in changes.parked]
            writes.append(Write("upsert", f"{self.prefix}_parked", _PARKED, parked, _PARKED_KEYS))
        if changes.handled:
            handled = [(name, self.dialect.json(known)) for name, known in changes.handled.items()]
            writes.append(Write("upsert", f"{self.prefix}_subscriptions", _HANDLED, handled, _HANDLED[:1]))
        if changes.idempotency_key is not None:
            key = changes.idempotency_key
            writes.append(Write("insert", f"{self.prefix}_idempotency_keys", _KEY, [(
                key.actor, key.route, key.key, key.fingerprint, key.status, key.answer, instant(key.created_at))]))
        return writes

    def _due_writes(self, changes: Changes) -> list[Write]:
        table, instant = f"{self.prefix}_due", self.dialect.instant
        writes = []
        if changes.finished:
            writes.append(Write("delete", table, (), changes.finished, (_DUE_ID, _DUE_TOKEN), True))
        if changes.cancelled:
            writes.append(Write("delete", table, (), [(id,) for id in changes.cancelled], (_DUE_ID,)))
        finished = dict(changes.finished)
        for kind, verb in ((TIMER, "upsert"), (CALL, "ensure")):
            rows = [(d.id, d.kind, d.name, d.key, instant(d.due_at), d.payload, d.correlation_id, d.cause_id,
                     d.version, d.attempts, None if d.lease_until is None else instant(d.lease_until),
                     finished.get(d.id, d.token)) for d in changes.due.values() if d.kind == kind]
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
            writes.append(Write("update", table, (*_CURSOR_WAS, *_CURSOR_HIGH), moved,
                                (*_CURSOR_KEYS, *_CURSOR_WAS), True))
        return writes

    def cursors(self, subscription: str) -> dict[tuple[str, int], Cursor]:
        rows = self.dialect.query(
            f"SELECT source, lane, epoch, xid, position, high_epoch, high_xid, high_position "
            f"FROM {self.prefix}_cursors WHERE subscription = ?", (subscription,))
        return {(row[0], row[1]): Cursor(Position(*row[2:5]), Position(*row[5:8])) for row in rows}

    def parked(self, subscription: str) -> list[Parked]:
        rows = self.dialect.query(
            f"SELECT source, record, tries, next_try, error FROM {self.prefix}_parked WHERE subscription = ? "
            f"ORDER BY epoch, xid, position", (subscription,))
        read = decoder(Record)
        return [Parked(subscription, source, read.decode(record), tries, self.dialect.to_instant(next_try), error)
                for source, record, tries, next_try, error in rows]

    def handled(self, subscription: str) -> dict[str, int]:
        rows = self.dialect.query(
            f"SELECT {self.dialect.selected('wire_names', 'jsonb')} FROM {self.prefix}_subscriptions WHERE name = ?",
            (subscription,))
        return decoder(dict[str, int]).decode(rows[0][0]) if rows else {}

    def due(self, kind: str, until: datetime, limit: int) -> list[Due]:
        at = self.dialect.instant(until)
        columns = ", ".join(field.name for field in _DUE)
        ready = f"{self.prefix}_due WHERE kind = ? AND due_at <= ?"
        if kind == CALL:
            rows = self.dialect.query(
                f"SELECT {columns} FROM (SELECT {columns}, row_number() OVER (PARTITION BY key ORDER BY due_at, id) "
                f"AS place FROM {ready}) AS calls WHERE place = 1 AND (lease_until IS NULL OR lease_until <= ?) "
                f"ORDER BY due_at, id LIMIT ?", (kind, at, at, limit))
        else:
            rows = self.dialect.query(f"SELECT {columns} FROM {ready} ORDER BY due_at, id LIMIT ?", (kind, at, limit))
        turn = self.dialect.to_instant
        return [Due(id=row[0], kind=row[1], name=row[2], key=row[3], due_at=turn(row[4]), payload=row[5],
                    correlation_id=row[6], cause_id=row[7], version=row[8], attempts=row[9],
                    lease_until=None if row[10] is None else turn(row[10]), token=row[11]) for row in rows]

    def recurring(self) -> set[str]:
        """Wire names of the recurring commands whose next telling is planned."""
        rows = self.dialect.query(f"SELECT DISTINCT name FROM {self.prefix}_due WHERE cause_id = ?", (RECURRING,))
        return {row[0] for row in rows}

    def next_due(self) -> datetime | None:
        [(free, leased)] = self.dialect.query(
            f"SELECT (SELECT min(due_at) FROM {self.prefix}_due WHERE lease_until IS NULL), "
            f"(SELECT min(lease_until) FROM {self.prefix}_due WHERE lease_until IS NOT NULL)")
        times = [self.dialect.to_instant(value) for value in (free, leased) if value is not None]
        return min(times) if times else None

    def lease(self, work: Sequence[Due], until: datetime) -> list[Due]:
        taken = [msgspec.structs.replace(due, token=due.token + 1, attempts=due.attempts + 1, lease_until=until)
                 for due in work]
        write = self._lease_write(taken, work)
        try:
            self.dialect.commit([write])
        except VersionConflict:
            return [] if len(work) == 1 else [one for due in work for one in self.lease([due], until)]
        reached("call.leased")
        return taken

    def _lease_write(self, taken: Sequence[Due], before: Sequence[Due]) -> Write:
        instant = self.dialect.instant
        rows = [(due.token, due.attempts, None if due.lease_until is None else instant(due.lease_until),
                 due.id, was.token) for due, was in zip(taken, before, strict=True)]
        columns = (_DUE_TOKEN, Field("attempts", "bigint"), Field("lease_until", "timestamptz"))
        return Write("update", f"{self.prefix}_due", columns, rows, (_DUE_ID, _DUE_TOKEN), True)

    def release(self, work: Due, until: datetime) -> None:
        try:
            self.dialect.commit([self._lease_write([msgspec.structs.replace(work, lease_until=until)], [work])])
        except VersionConflict:
            return

    def take_lease(
        self, name: str, holder: str, now: datetime, until: datetime,
        is_dead: Callable[[str], bool] = lambda holder: False,
    ) -> Fence | None:
        rows = self.dialect.query(
            f"SELECT holder, token, expires_at FROM {self.prefix}_leases WHERE name = ?", (name,))
        held_by = rows[0][0] if rows else ""
        if held_by not in ("", holder) and self.dialect.to_instant(rows[0][2]) > now and not is_dead(held_by):
            return None
        token = rows[0][1] + 1 if rows else 1
        instant = self.dialect.instant(until)
        columns = (Field("holder", "text"), _DUE_TOKEN, Field("expires_at", "timestamptz"))
        table = f"{self.prefix}_leases"
        write = (Write("update", table, columns, [(holder, token, instant, name, token - 1)], _LEASE_KEYS, True) if rows
                 else Write("insert", table, (*columns, Field("name", "text")), [(holder, token, instant, name)]))
        try:
            self.dialect.commit([write])
        except VersionConflict:
            return None
        return Fence(name, token)

    def keep_lease(self, fence: Fence, until: datetime) -> bool:
        row = (self.dialect.instant(until), fence.lease, fence.token)
        try:
            self.dialect.commit([Write("update", f"{self.prefix}_leases", (Field("expires_at", "timestamptz"),), [row],
                                       _LEASE_KEYS, True)])
        except VersionConflict:
            return False
        return True

    def answer(self, actor: str, route: str, key: str) -> IdempotencyKey | None:
        rows = self.dialect.query(
            f"SELECT fingerprint, status, answer, created_at FROM {self.prefix}_idempotency_keys "
            f"WHERE actor = ? AND route = ? AND key = ?", (actor, route, key))
        if not rows:
            reached("request.key_is_new")
            return None
        fingerprint, status, answer, created_at = rows[0]
        return IdempotencyKey(actor, route, key, fingerprint, status, answer, self.dialect.to_instant(created_at))


def _dump(dialect: Dialect, column: Column) -> Turn:
    if column.is_json:
        return dialect.json
    if column.is_instant:
        return lambda value: None if value is None else dialect.instant(value)
    return _same


def _load(dialect: Dialect, column: Column) -> Turn:
    if column.is_json:
        return column.decode or _same
    if column.is_instant:
        return dialect.to_instant
    return bool if column.is_boolean else _same


def _same(value: Any) -> Any:
    return value
