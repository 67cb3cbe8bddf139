"""What the engine asks of one context's database, and what one unit of work hands over to it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec

from argosy.engine.log import Log, Position, Record
from argosy.shared_kernel.aggregate import Aggregate

A = TypeVar("A", bound=Aggregate)

TIMER, CALL = "timer", "call"


class VersionConflict(Exception):
    """Somebody else wrote first: nothing was written; read again and redo."""


class StoreUnavailable(Exception):
    """The database cannot be reached, is locked for too long, or has no room: nothing is known to be written. Never
    counted as a try of the message that was being handled."""


class Contended(StoreUnavailable):
    """Others held what was to be written for longer than a caller may be kept waiting: nothing was written."""


class Due(msgspec.Struct, gc=False):
    """Work that is due at a time: a timer (its message is told in its context's log) or a call to the outside.

    `id` is the business key of the work: setting a timer again moves it, and asking for a call again that is still
    there changes nothing. `token` only grows while there is work of this id: it fences a call's runner, and whoever
    would tell a timer that was moved meanwhile. A call is not to be taken before `lease_until`; one that is written
    with a lease belongs to who wrote it, unless it is new behind another call of its key: then it waits, without.
    """

    id: str
    kind: str
    name: str
    key: str
    due_at: datetime
    payload: str
    correlation_id: str
    cause_id: str
    version: int = 1
    attempts: int = 0
    lease_until: datetime | None = None
    token: int = 0


class Cursor(msgspec.Struct, gc=False):
    """How far a subscription has applied one lane of a source, and the furthest that it ever got."""

    position: Position
    high: Position


class CursorMove(msgspec.Struct, gc=False, frozen=True):
    subscription: str
    source: str
    lane: int
    was: Position
    now: Position
    high: Position


class Parked(msgspec.Struct, gc=False):
    """A message that failed alone, or that waits behind one of its key."""

    subscription: str
    source: str
    record: Record
    tries: int
    next_try: datetime
    error: str


class Fence(NamedTuple):
    """The lease under which something is written: a token that is no longer the lease's is a conflict."""

    lease: str
    token: int


class IdempotencyKey(msgspec.Struct, gc=False):
    """The stored answer to one keyed command from outside."""

    actor: str
    route: str
    key: str
    fingerprint: str
    status: int
    answer: str
    created_at: datetime


@dataclass
class Changes:
    """Everything that one unit of work writes, in one transaction."""

    inserts: dict[type[Aggregate], list[Aggregate]] = field(default_factory=dict)
    updates: dict[type[Aggregate], list[tuple[Aggregate, dict[str, Any]]]] = field(default_factory=dict)
    """Each as (now, what it held when it was loaded); written where the stored version is the loaded one, which `now`
    exceeds by one."""
    deletes: dict[type[Aggregate], list[Aggregate]] = field(default_factory=dict)
    verified: dict[type[Aggregate], list[Aggregate]] = field(default_factory=dict)
    """Looked at in a worker's memory and not changed: their stored versions must still be theirs."""
    records: list[Record] = field(default_factory=list)
    due: dict[str, Due] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    finished: list[tuple[str, int]] = field(default_factory=list)
    """(id, token) of due work that this unit of work ends; a token that is not the stored one is a conflict."""
    cursors: list[CursorMove] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    unparked: list[Parked] = field(default_factory=list)
    handled: dict[str, dict[str, int]] = field(default_factory=dict)
    """By subscription, the messages and versions that its newest worker knows."""
    erased: list[str] = field(default_factory=list)
    """People about whom the log, and what is parked, say nothing any more: the one change that a log row ever sees."""
    idempotency_key: IdempotencyKey | None = None
    fence: Fence | None = None
    held_seconds: float = 0.0
    """Told by the store: how long it kept other writers out to write this."""
    begun: frozenset[str] = frozenset()
    """Told by the store: ids of the calls that were written under a lease, and are to be made now."""

    def __bool__(self) -> bool:
        parts = (
            self.inserts,
            self.updates,
            self.deletes,
            self.verified,
            self.records,
            self.due,
            self.cancelled,
            self.finished,
            self.cursors,
            self.parked,
            self.unparked,
            self.handled,
            self.erased,
        )
        return any(parts) or self.idempotency_key is not None


class Store(Protocol):
    """One context's database. Reads see committed state; `commit` writes all or nothing."""

    context: str

    @property
    def log(self) -> Log: ...

    def load(self, kind: type[A], column: str, values: Collection[Any]) -> list[A]:
        """The aggregates whose `column` is among the values, whole, in no promised order."""
        ...

    def commit(self, changes: Changes) -> None:
        """Write everything, or raise VersionConflict or StoreUnavailable and write nothing."""
        ...

    def send(self, changes: Changes) -> Callable[[], None]:
        """Have `commit` under way; what is returned waits for it, and raises what it would raise. Whatever else is
        asked of this store by the same thread meanwhile comes after it."""
        ...

    def settle(self, kind: type[Aggregate], aggregates: Collection[Aggregate]) -> None:
        """Make written aggregates what a load would give: their append-only parts are empty again."""
        ...

    def cursors(self, subscription: str) -> dict[tuple[str, int], Cursor]: ...

    def parked(self, subscription: str) -> list[Parked]: ...

    def handled(self, subscription: str) -> dict[str, int]:
        """The messages that any worker of this subscription ever knew, and in which version."""
        ...

    def due(self, kind: str, until: datetime, limit: int) -> list[Due]:
        """Work due by `until`, oldest first. Of calls only the oldest of each key, where nobody holds it and it does
        not wait for its next try: those behind it wait for it."""
        ...

    def next_due(self) -> datetime | None:
        """When the next due work is due, or its lease ends."""
        ...

    def lease(self, work: Sequence[Due], until: datetime) -> list[Due]:
        """Take calls for oneself: raises the token; those that a rival took first are left out."""
        ...

    def release(self, work: Due, until: datetime) -> None:
        """Give a leased call back, to be tried again at `until`, if the lease is still ours. It keeps its place: later
        calls of its key wait behind it."""
        ...

    def take_lease(
        self,
        name: str,
        holder: str,
        now: datetime,
        until: datetime,
        is_dead: Callable[[str], bool] = ...,
    ) -> Fence | None:
        """The lease, if nobody else holds it alive; its token is higher than any before. A holder that is known to be
        dead is not waited for."""
        ...

    def keep_lease(self, fence: Fence, until: datetime) -> bool:
        """Hold on to a lease; False when somebody else has taken it."""
        ...

    def answer(self, actor: str, route: str, key: str) -> IdempotencyKey | None:
        """What was answered to a keyed command, if it was."""
        ...
