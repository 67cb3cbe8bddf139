"""Flows, as those who watch over them see them: what a context declares of its sagas, how long their steps take, and
which have not ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from argosy.engine.log import Record
from argosy.engine.store import TIMER, Changes
from argosy.observability import metrics
from argosy.platform.dialects import Field
from argosy.shared_kernel.messages import Command, Refused
from argosy.shared_kernel.saga import STUCK, UNDOING, Flow, Saga

if TYPE_CHECKING:
    from argosy.platform.counted import CountedStore
    from argosy.platform.engine_tables import EngineTables

SAMPLED_FROM = 32
SAMPLED_LANES = 2
"""Of batches larger than that, only flows of so many lanes (of sixteen) are timed: durations are what they are in any
sample, and timing all of them would cost a hundredth of each message."""
ASKED_MAX = 50_000
OPEN_MAX = 5_000


@dataclass(frozen=True)
class Watched:
    """A context's saga, for those who watch over it: its name, the aggregate that it is kept as, the field that says
    when it began, the timers of which every open flow has one (their key is the flow), and the commands by which an
    operator has it asked again or undone."""

    name: str
    saga: type[Saga[Any]]
    state: type[Flow]
    began: str
    timers: tuple[type[Command], ...]
    retry: type[Command]
    compensate: type[Command]


class Open(NamedTuple):
    """How many flows of a saga have not ended, by how they stand, and when the oldest of them began."""

    going: int = 0
    undoing: int = 0
    stuck: int = 0
    late: int = 0
    oldest: datetime | None = None


class FlowTimes:
    """How long steps take from question to answer, as the subscriptions of one worker see both go by."""

    def __init__(self, flows: Sequence[Watched]) -> None:
        self._asks: dict[str, tuple[str, str]] = {}
        self._answers: dict[str, tuple[str, str, str]] = {}
        for flow in flows:
            self._asks.update({name: (flow.name, step) for name, step in flow.saga.questions().items()})
            for name, (step, answer) in flow.saga.answers().items():
                self._answers[name] = (flow.name, step, answer)
        self._asked: dict[tuple[str, str], datetime] = {}
        self._children: dict[tuple[str, str, str], Any] = {}

    def look(self, handled: Sequence[tuple[str, Record]], told: Sequence[Record] = ()) -> None:
        """Take note of the questions and answers among what was handled, and of questions just told."""
        lanes = SAMPLED_LANES if len(handled) > SAMPLED_FROM else 16
        for _, record in handled:
            if record.lane < lanes:
                self._note(record)
        for record in told:
            if record.lane < lanes and record.wire_name in self._asks:
                self._note(record)

    def _note(self, record: Record) -> None:
        asked = self._asks.get(record.wire_name)
        if asked is not None:
            if len(self._asked) >= ASKED_MAX:
                self._asked.clear()
            self._asked.setdefault((record.key, asked[1]), record.created_at)
            return
        answered = self._answers.get(record.wire_name) or self._refused(record)
        if answered is not None:
            at = self._asked.pop((record.key, answered[1]), None)
            if at is not None:
                child = self._children.get(answered) or self._child(answered)
                child.observe((record.created_at - at).total_seconds())

    def _refused(self, record: Record) -> tuple[str, str, str] | None:
        if not isinstance(record.message, Refused):
            return None
        asked = self._asks.get(record.message.command)
        return (*asked, "no") if asked else None

    def _child(self, labels: tuple[str, str, str]) -> Any:
        child = self._children[labels] = metrics.SAGA_STEP_SECONDS.labels(*labels)
        return child


def note_ended(flow: Watched, changes: Changes, now: datetime) -> None:
    """Time the flows that ended with this commit."""
    for state, before in changes.updates.get(flow.state, ()):
        if state.outcome != before["outcome"] and state.is_over:  # type: ignore[attr-defined]
            seconds = (now - getattr(state, flow.began)).total_seconds()
            metrics.SAGA_SECONDS.labels(flow.name, state.outcome.lower()).observe(seconds)  # type: ignore[attr-defined]


def open_ids(store: EngineTables, flow: Watched, limit: int = OPEN_MAX) -> list[str]:
    """Flows that have not ended, those first whose timer is due first: each has a timer."""
    names = [timer.wire_name for timer in flow.timers]
    condition, parameter = store.dialect.among(Field("name", "text"), names)
    rows = store.dialect.query(
        f"SELECT key FROM {store.prefix}_due WHERE kind = '{TIMER}' AND {condition} ORDER BY due_at LIMIT ?",
        (parameter, limit),
    )
    return list(dict.fromkeys(row[0] for row in rows))


def open_flows(store: CountedStore, flow: Watched, now: datetime) -> Open:
    """How those stand that have not ended, at most OPEN_MAX of them."""
    table, column = store.table_of(flow.state)
    dialect, outcome = store.dialect, column["outcome"]
    condition, parameter = dialect.among(Field(column["id"], "uuid"), open_ids(store, flow))
    rows = dialect.query(
        f"SELECT {outcome}, count(*), min({column[flow.began]}), "
        f"sum(CASE WHEN {column['deadline']} < ? THEN 1 ELSE 0 END) FROM {table} WHERE {condition} GROUP BY {outcome}",
        (dialect.instant(now), parameter),
    )
    counts = {row[0]: row[1] for row in rows}
    oldest = [dialect.to_instant(row[2]) for row in rows if row[0] in ("", UNDOING, STUCK)]
    return Open(
        going=counts.get("", 0),
        undoing=counts.get(UNDOING, 0),
        stuck=counts.get(STUCK, 0),
        late=sum(row[3] or 0 for row in rows if row[0] == ""),
        oldest=min(oldest, default=None),
    )
