"""Messages: told with their state, in unbroken sequence, heard in time, by everyone, once (I28 to I32, I35, I36)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from argosy.apps.doctor.archives import Gathered, gathered
from argosy.apps.doctor.check import Check, Violation, all_of
from argosy.apps.doctor.databases import Databases, Row, side_by_side
from argosy.apps.doctor.views import REBUILD
from argosy.engine.due import RECURRING
from argosy.engine.log import LANES, START, Position, Record
from argosy.platform.context import Context
from argosy.shared_kernel.messages import MESSAGES

LAG_SECONDS = 60
PLAN = "plan "

_RECORD = msgspec.json.Decoder(Record)


class Hearing(NamedTuple):
    """One subscription and one source of it: `label` has the cursors, `reached` where each lane stands."""

    name: str
    label: str
    source: str
    wire_names: tuple[str, ...]
    reached: Mapping[int, Position]

    def reached_sql(self) -> str:
        """Where the lane of a row of the source's log (`o`) stands, to be compared with the row's own position."""
        at = [self.reached.get(lane, START) for lane in range(LANES)]
        parts = [[position[part] for position in at] for part in range(3)]
        return ", ".join(
            str(part[0])
            if len(set(part)) == 1
            else f"CASE o.lane {' '.join(f'WHEN {lane} THEN {value}' for lane, value in enumerate(part))} END"
            for part in parts
        )

    def names(self) -> str:
        return ", ".join(f"'{name}'" for name in self.wire_names)


def in_time(databases: Databases) -> Iterator[Violation]:
    """Cursors are read first: what lies behind them is only older by then."""
    for heard in _hearings(databases):
        outbox = databases.runtime.contexts[heard.source].outbox
        xid = databases.xid(heard.source, "o.xid")
        for lane, waiting, oldest in databases.stream(
            heard.source,
            f"SELECT o.lane, count(*), min(o.created_at) FROM {outbox} o WHERE o.event_type IN ({heard.names()}) AND "
            f"(o.epoch, {xid}, o.id) > ({heard.reached_sql()}) AND o.created_at < ? GROUP BY o.lane",
            databases.ago(heard.source, LAG_SECONDS),
        ):
            yield Violation(
                f"{heard.name} lane {lane} of {heard.source}",
                f"has {waiting} messages to hear, the oldest told at {oldest}",
                cure=f"{REBUILD}{heard.name.partition('@')[0]}" if "@" in heard.name else "",
            )


def planned(databases: Databases) -> Iterator[Violation]:
    """What is told again and again is planned, once a worker has had the context."""
    for context in _telling(databases):
        prefix = context.table_prefix
        rows = databases.stream(context.label, f"SELECT DISTINCT name FROM {prefix}_due WHERE cause_id = ?", RECURRING)
        known = {name for (name,) in rows}
        had = databases.value(context.label, f"SELECT count(*) FROM {prefix}_leases WHERE name = ?", context.label)
        for every in context.schedule if had else ():
            if every.send.wire_name not in known:
                yield Violation(
                    f"{prefix}_due of {every.send.wire_name}",
                    f"is not planned; it is told every {every.seconds} s",
                    cure=f"{PLAN}{context.label}",
                )


def within_its_source(databases: Databases) -> Iterator[Violation]:
    """Cursors are read first: a log only grows."""
    for context in databases.runtime.contexts.values():
        prefix = context.table_prefix
        for subscription, source, lane, *at in list(
            databases.stream(
                context.label,
                f"SELECT subscription, source, lane, epoch, xid, position, high_epoch, high_xid, "
                f"high_position FROM {prefix}_cursors",
            )
        ):
            where = f"{prefix}_cursors {subscription} {source} {lane}"
            now, high = Position(*at[:3]), Position(*at[3:])
            # A reactor that is new to an empty log begins at that log's first life, before its first message.
            head = max(_head(databases, source), Position(1, 0, 0))
            if max(now, high) > head:
                yield Violation(where, f"stands at {tuple(max(now, high))}, its source ends at {tuple(head)}")


def answered(databases: Databases) -> Iterator[Violation]:
    """Each command behind a cursor has its answer in the log of its context, is parked there, or has a payment that
    will answer. What a context writes is in one snapshot with its cursors."""
    for heard in _hearings(databases):
        commands = tuple(
            name
            for name in heard.wire_names
            if name.startswith(f"{heard.label}.") and MESSAGES[name].key_field == "flow_id"
        )
        if commands:
            look = _unpaid if heard.label == "payments" else _unanswered
            yield from look(databases, heard._replace(wire_names=commands))


def _unanswered(databases: Databases, heard: Hearing) -> Iterator[Violation]:
    context = databases.runtime.contexts[heard.label]
    caused = databases.binary(heard.label, "cause_id")
    answers = databases.stream(
        heard.label,
        f"SELECT {caused} AS cause, min(event_type) FROM {context.outbox} WHERE {{only:cause_id}} GROUP BY 1 "
        f"ORDER BY 1",
    )
    parked = {record.message_id for _, record in _parked(databases, context)}
    with gathered(databases, heard.label) as archive:
        earlier = archive.stream("SELECT DISTINCT cause_id FROM log ORDER BY 1") if archive else ()
        behind = _behind(databases, heard, "o.message_id")
        for message_id, (commands, answer, archived) in side_by_side(behind, answers, earlier):
            if commands and not answer and not archived and message_id not in parked:
                yield _lost(heard, message_id, commands[0][1], message_id)


def _unpaid(databases: Databases, heard: Hearing) -> Iterator[Violation]:
    """Payments answer when their gateway has, with another cause: until then the flow has its payment, or an order that
    is called off its refund."""
    context = databases.runtime.contexts[heard.label]
    intents = databases.stream(
        heard.label,
        "SELECT flow_id, count(*) FROM (SELECT flow_id FROM payment_intents WHERE {only:flow_id} UNION ALL "
        "SELECT flow_id FROM refunds WHERE {only:flow_id}) known GROUP BY flow_id ORDER BY flow_id",
    )
    parked = {record.message_id for _, record in _parked(databases, context)}
    key = databases.binary(heard.source, "o.aggregate_id")
    with gathered(databases, heard.label) as archive:
        for flow_id, (commands, paid) in side_by_side(_behind(databases, heard, key), intents):
            for _, name, _, message_id in [] if paid else commands:
                told = "WHERE cause_id = ? LIMIT 1"
                refused = [
                    *databases.stream(heard.label, f"SELECT 1 FROM {context.outbox} {told}", message_id),
                    *(archive.stream(f"SELECT 1 FROM log {told}", message_id) if archive else ()),
                ]
                if message_id not in parked and not refused:
                    yield _lost(heard, message_id, name, flow_id)


def _behind(databases: Databases, heard: Hearing, key: str) -> Iterator[Row]:
    """Messages behind a cursor, sorted by a key that comes first."""
    outbox = databases.runtime.contexts[heard.source].outbox
    narrowed = "o.message_id" if key == "o.message_id" else "o.aggregate_id"
    return databases.stream(
        heard.source,
        f"SELECT {key} AS sorted, o.event_type, o.aggregate_id, o.message_id FROM {outbox} o WHERE o.event_type IN "
        f"({heard.names()}) AND (o.epoch, {databases.xid(heard.source, 'o.xid')}, o.id) <= ({heard.reached_sql()}) AND "
        f"{{only:{narrowed}}} ORDER BY 1",
    )


def _lost(heard: Hearing, message_id: str, name: str, key: str) -> Violation:
    return Violation(
        f"{heard.source}'s log {message_id}",
        f"({name}) is behind {heard.name}'s cursor, and was neither answered nor parked",
        key,
    )


def applied_once(databases: Databases) -> Iterator[Violation]:
    """A message's id is made of its cause, its subscription and its ordinal."""
    for context in _telling(databases):
        for id, times in databases.stream(
            context.label, f"SELECT message_id, count(*) FROM {context.outbox} GROUP BY message_id HAVING count(*) > 1"
        ):
            yield Violation(f"{context.outbox} {id}", f"is there {times} times")
    for context in _telling(databases):
        parked = {record.message_id: (row, record) for row, record in _parked(databases, context)}
        marks = ", ".join("?" for _ in parked)
        for (id,) in (
            databases.stream(
                context.label, f"SELECT DISTINCT cause_id FROM {context.outbox} WHERE cause_id IN ({marks})", *parked
            )
            if parked
            else ()
        ):
            row, record = parked[id]
            yield Violation(row, f"{record.wire_name} {id} is parked, and was applied")


def unbroken(databases: Databases) -> Iterator[Violation]:
    for context in _telling(databases):
        with gathered(databases, context.label) as archive:
            if archive is not None:
                yield from _unbroken_since_archived(databases, context, archive)
                continue
        for id, told, distinct, last in databases.stream(
            context.label,
            f"SELECT aggregate_id, count(*), count(DISTINCT sequence), max(sequence) FROM {context.outbox} WHERE "
            f"sequence > 0 GROUP BY aggregate_id HAVING count(*) <> max(sequence) OR count(DISTINCT sequence) <> "
            f"max(sequence)",
        ):
            yield Violation(
                f"{context.outbox} of {id}", f"has {told} events, {distinct} different, up to number {last}"
            )


def _unbroken_since_archived(databases: Databases, context: Context, archive: Gathered) -> Iterator[Violation]:
    """The archive's numbers come first, and the table's go on from there."""
    counted = "count(*), count(DISTINCT sequence), min(sequence), max(sequence)"
    told = "WHERE sequence > 0 GROUP BY 1 ORDER BY 1"
    earlier = archive.stream(f"SELECT aggregate_id, {counted} FROM log {told}")
    key = databases.binary(context.label, "aggregate_id")
    later = databases.stream(context.label, f"SELECT {key} AS aggregate, {counted} FROM {context.outbox} {told}")
    for id, parts in side_by_side(earlier, later):
        next_number = 1
        for _, events, distinct, first, last in (row for part in parts for row in part):
            if first != next_number or events != distinct or last != first + events - 1:
                yield Violation(
                    f"{context.outbox} of {id}", f"has {events} events, {distinct} different, number {first} to {last}"
                )
                break
            next_number = last + 1


def told_with_state(databases: Databases) -> Iterator[Violation]:
    """An aggregate counts the events that it told; the log has as many. Tables may share ids: one of them tells."""
    for context in _telling(databases):
        with gathered(databases, context.label) as archive:
            yield from _told_with_state(databases, context, archive)


def _told_with_state(databases: Databases, context: Context, archive: Gathered | None) -> Iterator[Violation]:
    tables = [rows.row._meta.db_table for rows in context.rows()]
    told = f"SELECT aggregate_id, max(sequence) AS last FROM {context.outbox} WHERE sequence > 0 GROUP BY aggregate_id"
    if archive is not None:
        yield from _told_since_archived(databases, context, archive, tables)
        return
    for table in tables:
        for id, counted, last in databases.stream(
            context.label,
            f"SELECT a.id, a.sequence, coalesce(o.last, 0) FROM {table} a LEFT JOIN ({told}) o ON "
            f"o.aggregate_id = CAST(a.id AS text) WHERE a.sequence > 0 AND a.sequence <> coalesce(o.last, 0)",
        ):
            yield Violation(f"{table} {id}", f"has told {counted} events, its log has {last}")
    telling = (
        " UNION ALL ".join(f"SELECT CAST(id AS text) AS id FROM {table} WHERE sequence > 0" for table in tables)
        or "SELECT '' AS id"
    )
    for id, last in databases.stream(
        context.label,
        f"SELECT o.aggregate_id, o.last FROM ({told}) o LEFT JOIN ({telling}) a ON a.id = o.aggregate_id "
        f"WHERE a.id IS NULL",
    ):
        yield Violation(f"{context.outbox} of {id}", f"has {last} events of a state that told none")


def _told_since_archived(
    databases: Databases, context: Context, archive: Gathered, tables: list[str]
) -> Iterator[Violation]:
    label, last_told = context.label, "max(sequence) AS last"
    where = "WHERE sequence > 0 GROUP BY 1 ORDER BY 1"
    key, own = databases.binary(label, "aggregate_id"), databases.binary(label, "id")
    streams = [
        archive.stream(f"SELECT aggregate_id, {last_told} FROM log {where}"),
        databases.stream(label, f"SELECT {key} AS aggregate, {last_told} FROM {context.outbox} {where}"),
        *(
            databases.stream(label, f"SELECT {own} AS own, sequence FROM {table} WHERE sequence > 0 ORDER BY 1")
            for table in tables
        ),
    ]
    for id, (earlier, later, *states) in side_by_side(*streams):
        last = max((row[1] for row in (*earlier, *later)), default=0)
        for table, state in zip(tables, states, strict=True):
            for _, counted in state:
                if counted != last:
                    yield Violation(f"{table} {id}", f"has told {counted} events, its log has {last}")
        if last and not any(states):
            yield Violation(f"{context.outbox} of {id}", f"has {last} events of a state that told none")


def fenced(databases: Databases) -> Iterator[Violation]:
    """Every taking of a lease raises its token, and is an attempt."""
    for context in _telling(databases):
        prefix = context.table_prefix
        for id, attempts, token in databases.stream(
            context.label,
            f"SELECT id, attempts, token FROM {prefix}_due WHERE token < attempts OR "
            f"(lease_until IS NOT NULL AND token < 1)",
        ):
            yield Violation(f"{prefix}_due {id}", f"was taken {attempts} times under token {token}")
        for name, holder, token in databases.stream(
            context.label, f"SELECT name, holder, token FROM {prefix}_leases WHERE token < 1"
        ):
            yield Violation(f"{prefix}_leases {name}", f"is held by {holder} under token {token}")


def one_answer_per_key(databases: Databases) -> Iterator[Violation]:
    for context in databases.runtime.contexts.values():
        table = f"{context.table_prefix}_idempotency_keys"
        for actor, route, key, rows, fingerprints in databases.stream(
            context.label,
            f"SELECT actor, route, key, count(*), count(DISTINCT fingerprint) FROM {table} GROUP "
            f"BY actor, route, key HAVING count(*) > 1",
        ):
            yield Violation(
                f"{table} {key} of {actor or 'nobody'} at {route}", f"has {rows} answers to {fingerprints} requests"
            )
        for id, status in databases.stream(
            context.label, f"SELECT id, status FROM {table} WHERE fingerprint = '' OR status NOT BETWEEN 200 AND 299"
        ):
            yield Violation(f"{table} {id}", f"keeps an answer of status {status}, and refusals are not kept")


def _telling(databases: Databases) -> list[Context]:
    return [context for context in databases.runtime.contexts.values() if context.outbox]


def _hearings(databases: Databases) -> Iterator[Hearing]:
    for context in databases.runtime.contexts.values():
        for name, participant, _ in context.subscriptions(databases.runtime):
            reached: dict[str, dict[int, Position]] = {}
            for source, lane, *at in databases.stream(
                context.label,
                f"SELECT source, lane, epoch, xid, position, high_epoch, high_xid, high_position "
                f"FROM {context.table_prefix}_cursors WHERE subscription = ?",
                name,
            ):
                now = Position(*at[:3])
                reached.setdefault(source, {})[lane] = now if participant.is_projector else max(now, Position(*at[3:]))
            for source, wire_names in participant.wire_names().items():
                if source in databases.runtime.logs:
                    yield Hearing(name, context.label, source, tuple(sorted(wire_names)), reached.get(source, {}))


def _head(databases: Databases, source: str) -> Position:
    outbox = databases.runtime.contexts[source].outbox
    xid = databases.xid(source, "xid")
    order = "epoch DESC, xid DESC, id DESC" if databases.is_postgres(source) else "id DESC"
    rows = list(databases.stream(source, f"SELECT epoch, {xid}, id FROM {outbox} ORDER BY {order} LIMIT 1"))
    return Position(*rows[0]) if rows else START


def _parked(databases: Databases, context: Context) -> Iterator[tuple[str, Record]]:
    table = f"{context.table_prefix}_parked"
    for id, record in databases.stream(context.label, f"SELECT id, record FROM {table} ORDER BY id"):
        yield f"{table} {id}", _RECORD.decode(record)


CHECKS = (
    Check(
        "I28",
        f"every subscription is within {LAG_SECONDS} s of its sources, and recurring commands are planned",
        all_of(in_time, planned),
        spans=True,
    ),
    Check(
        "I29",
        "no message was lost: cursors stay within their sources, and commands behind them were answered",
        all_of(within_its_source, answered),
        spans=True,
    ),
    Check("I30", "no message was applied twice, none both applied and parked", applied_once),
    Check("I31", "every aggregate's events are numbered 1 to n", unbroken),
    Check("I32", "a state and the events that it told are there together", told_with_state),
    Check("I35", "every taking of due work raised its token", fenced),
    Check("I36", "a key has one request and one answer", one_answer_per_key),
)
