"""A stage for one context in memory: its real services on the real unit of work, messages in, messages out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from argosy.engine.batch import Delivery, run
from argosy.engine.memory import MemoryStore
from argosy.engine.participant import Participant, handlers_of
from argosy.engine.work import SYSTEM, Actor, Cause, UnitOfWork
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.codec import decode
from argosy.shared_kernel.ids import DerivedIds, Id, named_id
from argosy.shared_kernel.messages import Message

A = TypeVar("A", bound=Aggregate)


class FakeClock:
    """Time that moves only when told to."""

    def __init__(self, start: datetime | None = None) -> None:
        self.time = start or datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def tick(self, **delta: float) -> None:
        self.time += timedelta(**delta)


class CountingIds:
    """Ids 1, 2, 3 ... in canonical spelling."""

    def __init__(self) -> None:
        self.count = 0

    def new(self) -> Id:
        self.count += 1
        return Id(f"00000000-0000-7000-8000-{self.count:012x}")


def an_id(name: str) -> Id:
    """A readable test's id: the same name gives the same id."""
    return named_id("test", name)


class Stage:
    """One context played alone.

    stage = Stage((Inventory,), lambda work: (Inventory(work, work.repository(StockItem)),))
    answers = stage.send(ReserveStock(...))
    """

    def __init__(
        self,
        services: Sequence[type],
        build: Callable[[UnitOfWork], Sequence[Any]],
        unique: Sequence[tuple[type[Aggregate], tuple[str, ...]]] = (),
    ) -> None:
        self.clock = FakeClock()
        self.store = MemoryStore("stage", unique)
        self.participant = Participant("stage", handlers_of(services), build)
        self.undeclared_loads = 0
        self.sent = 0
        self.result: Any = None

    def send(self, *messages: Message, actor: Actor = SYSTEM, told_at: datetime | None = None) -> list[Message]:
        """Handle messages in one unit of work; what was told. A refused outside command raises its refusal. `told_at`
        is by another's clock."""
        before = len(self.store.log.records)
        work = UnitOfWork(self.store, self.clock.now())
        work.actor = actor
        deliveries = []
        for message in messages:
            self.sent += 1
            cause = str(named_id("cause", str(self.sent)))
            deliveries.append(
                Delivery(message, Cause(cause, cause, DerivedIds(cause, self.clock.now(), "stage"), told_at))
            )
        run(self.participant, work, deliveries)
        for delivery in deliveries:
            if delivery.error is not None:
                raise delivery.error
            if delivery.refusal is not None and not delivery.message.key_field:
                raise delivery.refusal
        work.commit()
        self.undeclared_loads += work.undeclared_loads
        self.result = deliveries[-1].result if deliveries else None
        return [decode(record.wire_name, record.version, record.payload) for record in self.store.log.records[before:]]

    def all(self, kind: type[A]) -> list[A]:
        return [row.copy() for row in self.store.rows.get(kind, {}).values()]  # type: ignore[misc]

    def one(self, kind: type[A], id: str) -> A:
        return self.store.rows[kind][id].copy()  # type: ignore[return-value]

    def due(self) -> dict[str, Any]:
        """Planned timers and calls by id."""
        return dict(self.store.due_rows)
