"""One flow's story: how each step stands, what is waited for, and every message of it in the order of its telling."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from argosy.engine.store import CALL, TIMER
from argosy.platform.counted import CountedStore
from argosy.platform.dialects import Field
from argosy.platform.engine_tables import EngineTables
from argosy.platform.flows import Watched, open_ids
from argosy.platform.operators import Operator
from argosy.platform.runtime import Runtime
from argosy.shared_kernel.messages import Command, OperatorActed, StaffActed
from argosy.shared_kernel.saga import ASKED, UNDOING, Flow

MARGIN = timedelta(minutes=1)
LASTS = timedelta(days=2)
"""How long after its beginning a flow's messages are looked for."""
TOLD_MAX = 1_000
ACTS = {OperatorActed.wire_name, StaffActed.wire_name}
"""Somebody stepped in."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a flow."""

    at: datetime
    context: str
    message: str
    message_id: str
    cause_id: str
    details: dict[str, str] = {}


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a flow waits for: an answer, a call to the outside, a parked message, or a time."""

    for_: str = msgspec.field(name="for")
    until: datetime | None = None
    note: str = ""


class Stands(msgspec.Struct, frozen=True, kw_only=True):
    """A flow in one line."""

    saga: str
    id: str
    began: datetime
    standing: str
    failure: str
    deadline: datetime | None


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A flow in full. `steps` are those that were asked, in the saga's order."""

    flow: Stands
    steps: dict[str, str]
    waits: list[Waits]
    told: list[Line]


class NoSuchFlow(Exception):
    """There is no flow of this id, or what was asked of it cannot be; the text is one clear line."""


def open_ones(runtime: Runtime, limit: int = 50) -> list[Stands]:
    """Flows that have not ended, those first that are due first."""
    found = []
    for _, store, flow in _sagas(runtime):
        ids = open_ids(store, flow, limit)
        places = {id: place for place, id in enumerate(ids)}
        flows = sorted(store.load(flow.state, "id", ids), key=lambda one: places[one.id])
        found += [_stands(flow, one) for one in flows]
    return found[:limit]


def recent_ones(runtime: Runtime, limit: int = 20) -> list[Stands]:
    """The flows that began last, open or ended: ids are made in the order of time."""
    found = []
    for _, store, flow in _sagas(runtime):
        table, column = store.table_of(flow.state)
        rows = store.dialect.query(
            f"SELECT {store.dialect.selected(column['id'], 'uuid')} FROM {table} ORDER BY {column['id']} DESC LIMIT ?",
            (limit,),
        )
        states = store.load(flow.state, "id", [row[0] for row in rows])
        found += [_stands(flow, one) for one in sorted(states, key=lambda one: one.id, reverse=True)]
    return found[:limit]


def story(runtime: Runtime, id: str) -> Story:
    """Everything that is known of one flow."""
    label, _, flow, state = _found(runtime, id)
    began: datetime = getattr(state, flow.began)
    told = sorted(_told(runtime, label, id, began), key=lambda line: line.at)
    return Story(
        flow=_stands(flow, state),
        steps=dict(state.steps),
        waits=[*_answers(flow, state), *_due(runtime, id, {line.message_id for line in told}), *_parked(runtime, id)],
        told=told,
    )


def step_in(runtime: Runtime, id: str, kind: str, operator: Operator) -> Any:
    """Have a flow asked again (`retry`) or undone (`compensate`); what its context answers. A refusal changes nothing
    and leaves no trace."""
    label, _, flow, state = _found(runtime, id)
    command = {"retry": flow.retry, "compensate": flow.compensate}[kind]
    made: Command = command(**{command.key_field: state.id})
    details = {"saga": flow.name, "standing": _standing(state)}
    return runtime.outside(label).run(
        made, operator.actor, also=(operator.acted(state.id, f"flow: {kind}", **details),)
    )


def _sagas(runtime: Runtime) -> Iterator[tuple[str, CountedStore, Watched]]:
    for label, context in runtime.contexts.items():
        for flow in context.flows:
            yield label, runtime.stores[label], flow


def _found(runtime: Runtime, id: str) -> tuple[str, CountedStore, Watched, Flow]:
    for label, store, flow in _sagas(runtime):
        for state in store.load(flow.state, "id", [id]):
            return label, store, flow, state
    raise NoSuchFlow(f"there is no flow {id}")


def _standing(state: Flow) -> str:
    return state.outcome or "GOING"


def _stands(flow: Watched, state: Flow) -> Stands:
    return Stands(
        saga=flow.name,
        id=state.id,
        began=getattr(state, flow.began),
        standing=_standing(state),
        failure=state.failure,
        deadline=None if state.is_over else state.deadline,
    )


def _answers(flow: Watched, state: Flow) -> Iterator[Waits]:
    """Answers that have not come: by the deadline, where the flow goes on."""
    for stage in flow.saga.stages:
        for step in stage:
            standing = state.steps.get(step.name)
            if standing == ASKED and not state.outcome:
                yield Waits(for_=f"{step.name}: an answer to {step.asks.wire_name}", until=state.deadline)
            elif standing == UNDOING and step.undoes is not None:
                yield Waits(for_=f"{step.name}: an answer to {step.undoes.wire_name}")


def _due(runtime: Runtime, id: str, causes: set[str]) -> Iterator[Waits]:
    """Timers of the flow, and calls to the outside that its messages have caused."""
    for label, store in runtime.stores.items():
        for kind, name, due_at, attempts in _due_rows(store, id, causes):
            if kind == CALL:
                yield Waits(for_=f"{label} calls {name}", until=due_at, note=f"{attempts} tries so far")
            elif kind == TIMER:
                yield Waits(for_=f"{label} tells {name}", until=due_at)


def _due_rows(store: EngineTables, id: str, causes: set[str]) -> Iterator[tuple[str, str, datetime, int]]:
    condition, parameter = store.dialect.among(Field("cause_id", "text"), sorted(causes) or [id])
    rows = store.dialect.query(
        f"SELECT kind, name, due_at, attempts FROM {store.prefix}_due WHERE key = ? OR {condition} ORDER BY due_at",
        (id, parameter),
    )
    for kind, name, due_at, attempts in rows:
        yield kind, name, store.dialect.to_instant(due_at), attempts


def _parked(runtime: Runtime, id: str) -> Iterator[Waits]:
    for context in runtime.contexts.values():
        for one in context.subscriptions(runtime):
            for parked in one.store.parked(one.name):
                if parked.record.key == id:
                    yield Waits(
                        for_=f"{one.name} to apply {parked.record.wire_name} {parked.record.message_id}, parked",
                        until=parked.next_try,
                        note=parked.error,
                    )


def _told(runtime: Runtime, label: str, id: str, began: datetime) -> list[Line]:
    """From the logs: what has the flow's key, in its own, and all that was caused by the same requests, in any."""
    own = runtime.stores[label]
    correlations = {row[5] for row in _rows(own, began, "aggregate_id = ?", (id,))}
    found = []
    for context, store in runtime.stores.items():
        condition, parameter = store.dialect.among(Field("correlation_id", "text"), sorted(correlations) or [id])
        for at, wire_name, message_id, cause_id, payload, _ in _rows(
            store, began, f"(aggregate_id = ? OR {condition})", (id, parameter)
        ):
            details = _audit(payload) if wire_name in ACTS else {}
            found.append(
                Line(
                    at=at, context=context, message=wire_name, message_id=message_id, cause_id=cause_id, details=details
                )
            )
    return found


def _audit(payload: Any) -> dict[str, str]:
    known = msgspec.json.decode(payload) if isinstance(payload, str) else payload
    return {name: str(known[name]) for name in ("what", "operator", "reason")}


def _rows(store: EngineTables, began: datetime, condition: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Rows of a log that were told while a flow may have gone on. Positions grow with time, so its beginning is found
    by halving; nothing is read of the log before it."""
    dialect, table = store.dialect, store.outbox
    first = _first_since(store, began - MARGIN)
    rows = dialect.query(
        f"SELECT created_at, event_type, {dialect.selected('message_id', 'uuid')}, cause_id, "
        f"{dialect.selected('payload', 'jsonb')}, correlation_id FROM {table} "
        f"WHERE id >= ? AND created_at < ? AND {condition} ORDER BY id LIMIT {TOLD_MAX}",
        (first, dialect.instant(began + LASTS), *parameters),
    )
    return [(dialect.to_instant(row[0]), *row[1:]) for row in rows]


def _first_since(store: EngineTables, since: datetime) -> int:
    """The first id of a log that was told at or after a time."""
    dialect, table = store.dialect, store.outbox
    [(low, high)] = dialect.query(f"SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM {table}")
    while low < high:
        middle = (low + high) // 2
        row = dialect.query(f"SELECT id, created_at FROM {table} WHERE id >= ? ORDER BY id LIMIT 1", (middle,))
        if row and dialect.to_instant(row[0][1]) < since:
            low = row[0][0] + 1
        else:
            high = middle
    return int(low)
