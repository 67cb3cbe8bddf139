"""The unit of work: one context, one transaction, reads first and writes last."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from argosy.engine.kept import Kept
from argosy.engine.log import START, Record, lane_of
from argosy.engine.reads import By
from argosy.engine.store import CALL, TIMER, Changes, Due, Fence, Store
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.codec import encode
from argosy.shared_kernel.ids import Id, IdSource
from argosy.shared_kernel.messages import Event, Message

A = TypeVar("A", bound=Aggregate)


class Cause(msgspec.Struct, gc=False):
    """What is being handled: its id, and the ids of everything that follows from it. `told_at` is when it was told,
    for messages that come from a log."""

    id: str
    correlation_id: str
    ids: IdSource
    told_at: datetime | None = None


class _Entry:
    """An aggregate in the identity map: as it is, what it held when it was loaded (None: untouched, or made here), and
    what it held before the message that is being handled."""

    __slots__ = ("aggregate", "earlier", "id", "is_from_memory", "is_gone", "is_new", "kind", "original", "turn")

    def __init__(self, kind: type[Aggregate], aggregate: Aggregate, *, is_new: bool, turn: int = 0) -> None:
        self.kind = kind
        self.id: str = aggregate.id
        self.aggregate = aggregate
        self.is_new = is_new
        self.is_gone = self.is_from_memory = False
        self.original: dict[str, Any] | None = None
        self.earlier: dict[str, Any] | None = None
        self.turn = turn


_UNKNOWN = object()


GUEST = "guest"


class Actor(msgspec.Struct, frozen=True):
    """Who asks from outside. An id of "" is somebody who has not signed in. A program has `scopes`, a person none. A
    member of a store's team has them, too: `person` is who they are when they do not act for the store."""

    id: str = ""
    roles: frozenset[str] = frozenset()
    session_id: str = ""
    seller_id: str = ""
    scopes: frozenset[str] = frozenset()
    person: str = ""

    def has(self, role: str) -> bool:
        return role in self.roles

    @property
    def is_guest(self) -> bool:
        """Somebody who has not signed in and has a cart all the same: nothing else is theirs."""
        return GUEST in self.roles


SYSTEM = Actor(id="system", roles=frozenset({"system"}))


class CallLeases(Protocol):
    """Who makes a context's calls."""

    def lease(self, call: Due, taken: int) -> None:
        """Take a call for oneself as it is written, where it can be made at once; `taken` are those that the same unit
        of work has taken before it."""
        ...


class UnitOfWork:
    """What a use case may touch. Nothing is written before `commit`; a message that is refused leaves no trace.

    Services use `now`, `actor`, `new_id`, `announce`, `later`, `never_mind`, `call` and repositories; the rest is the
    engine's.
    """

    def __init__(
        self,
        store: Store,
        now: datetime,
        kept: Kept | None = None,
        fence: Fence | None = None,
        calls: CallLeases | None = None,
    ) -> None:
        self.store = store
        self.kept = kept
        self.calls = calls
        self.now = now
        self.actor = SYSTEM
        self.changes = Changes(fence=fence)
        self.undeclared_loads = 0
        self._cause: Cause | None = None
        self._map: dict[type[Aggregate], dict[str, _Entry | None]] = {}
        self._found: dict[type[Aggregate], dict[str, dict[Any, list[str]]]] = {}
        self._turn = 0
        self._opened: list[_Entry] = []
        """What any message has touched, for the flush; `_touched`, what this one has."""
        self._touched: list[_Entry] = []
        self._announced: list[Message] = []
        self._planned: list[Callable[[], None]] = []
        self._deleted: list[tuple[type[Aggregate], str]] = []
        self._last_call: dict[str, datetime] = {}
        self._calls_taken = 0
        self._standings: dict[tuple[str, str], tuple[Aggregate, Event, Cause]] = {}

    # What services use.

    def new_id(self) -> Id:
        """An id that a re-run of the same cause makes again."""
        assert self._cause is not None
        return self._cause.ids.new()

    @property
    def told_at(self) -> datetime:
        """When the message that is being handled was told: a replay finds the same time again, unlike `now`."""
        cause = self._cause
        return self.now if cause is None or cause.told_at is None else cause.told_at

    def announce(self, *messages: Message) -> None:
        """Tell events and ask commands of other contexts; they leave with the state."""
        self._announced.extend(messages)

    def later(self, name: str, on: str, at: datetime, message: Message) -> None:
        """Have `message` told in this context's own log at a time. The same (name, on) moves it."""
        cause = self._cause
        assert cause is not None
        due = Due(
            id=f"{name}:{on}",
            kind=TIMER,
            name=message.wire_name,
            key=_key_of(message) or on,
            due_at=at,
            payload=encode(message).decode(),
            version=message.schema_version,
            correlation_id=cause.correlation_id,
            cause_id=cause.id,
        )
        self._planned.append(lambda: self._set_due(due))

    def never_mind(self, name: str, on: str) -> None:
        """Take back what `later` planned."""
        self._planned.append(lambda: self._cancel_due(f"{name}:{on}"))

    def call(self, name: str, key: str, request: msgspec.Struct, *, at: datetime | None = None, id: str = "") -> None:
        """Have the outside asked, after this unit of work: the gateway registered as `name`, in order per key. Its
        answer comes back as a command of this context. `id` makes the operation one, however often it is asked: while
        it waits or runs, asking again changes nothing."""
        cause = self._cause
        assert cause is not None
        due = Due(
            id=f"call:{name}:{id or self.new_id()}",
            kind=CALL,
            name=name,
            key=key,
            due_at=at or self.now,
            payload=encode(request).decode(),
            correlation_id=cause.correlation_id,
            cause_id=cause.id,
        )
        self._planned.append(lambda: self._set_call(due))

    def repository(self, kind: type[A]) -> Repository[A]:
        return Repository(self, kind)

    def once_kept(self, plan: Callable[[], None]) -> None:
        """Called when the message that is being handled has gone well."""
        self._planned.append(plan)

    # What the engine uses: one message at a time.

    def begin(self, cause: Cause) -> None:
        self._cause = cause
        self._turn += 1
        self._touched = []
        self._announced = []
        if self._planned or self._deleted:
            self._planned = []
            self._deleted = []

    def keep(self) -> None:
        """The message went well: its news and plans join the unit of work."""
        cause = self._cause
        assert cause is not None
        records = self.changes.records
        for entry in self._touched:
            aggregate = entry.aggregate
            for event in aggregate.take_news():
                if event.is_latest_only:
                    self._standings[event.wire_name, aggregate.id] = (aggregate, event, cause)
                    continue
                aggregate.sequence += 1
                records.append(self._record(event, cause, aggregate.sequence))
        for message in self._announced:
            records.append(self._record(message, cause, 0))
        for plan in self._planned:
            plan()
        for kind, id in self._deleted:
            gone = self._map[kind][id]
            if gone is not None:
                self._forget(gone)
                if not gone.is_new:
                    if gone.original is not None:
                        gone.aggregate.restore(gone.original)
                    self.changes.deletes.setdefault(kind, []).append(gone.aggregate)

    def drop(self) -> None:
        """The message was refused: what it touched is as before, what it said was not said."""
        for entry in self._touched:
            if entry.earlier is None:
                self._forget(entry)
            else:
                entry.aggregate.restore(entry.earlier)
        assert self._cause is not None
        self.begin(self._cause)

    def prefetch(self, kind: type[Aggregate], wanted: Iterable[Any]) -> None:
        """Load by id, or `by` a column, all that is not here yet, one statement per column."""
        columns: dict[str, dict[Any, None]] = {}
        known = self._map.setdefault(kind, {})
        found = self._found.get(kind, {})
        for want in wanted:
            if isinstance(want, By):
                if want.value not in found.get(want.column, ()):
                    columns.setdefault(want.column, {})[want.value] = None
            elif want not in known:
                columns.setdefault("id", {})[want] = None
        for column, values in columns.items():
            self._load(kind, column, list(values))

    @property
    def has_effects(self) -> bool:
        """Whether a commit would write anything."""
        return bool(self.changes or self._standings) or any(
            not entry.is_gone and (entry.original is None or entry.aggregate.__dict__ != entry.original)
            for entry in self._opened
        )

    def commit(self) -> None:
        changes = self._gathered()
        if changes:
            self.store.commit(changes)
        if self.kept is not None:
            self._keep_for_next(self.kept)

    def send(self) -> Callable[[], None]:
        """As `commit`, but whoever calls it goes on with something else until it asks what became of it, by calling
        what is returned, once; nobody touches what this unit of work has touched before that."""
        changes = self._gathered()
        finish = self.store.send(changes) if changes else None

        def finished() -> None:
            if finish is not None:
                finish()
            if self.kept is not None:
                self._keep_for_next(self.kept)

        return finished

    def _gathered(self) -> Changes:
        """Everything that is to be written."""
        changes = self.changes
        for aggregate, event, cause in self._standings.values():
            aggregate.sequence += 1
            changes.records.append(self._record(event, cause, aggregate.sequence))
        self._standings = {}
        for entry in self._opened:
            if entry.is_gone:
                continue
            aggregate, original = entry.aggregate, entry.original
            if original is None:
                aggregate.version = 1
                changes.inserts.setdefault(entry.kind, []).append(aggregate)
            elif aggregate.__dict__ != original:
                aggregate.version = original["version"] + 1
                changes.updates.setdefault(entry.kind, []).append((aggregate, original))
            elif entry.is_from_memory:
                changes.verified.setdefault(entry.kind, []).append(aggregate)
        return changes

    # The identity map.

    def find(self, kind: type[A], id: str) -> A | None:
        known = self._map.get(kind)
        entry: Any = _UNKNOWN if known is None else known.get(id, _UNKNOWN)
        if entry is _UNKNOWN:
            self.undeclared_loads += 1
            self._load(kind, "id", [id])
            entry = self._map[kind][id]
        if entry is None:
            return None
        if entry.turn != self._turn:
            self._touch(entry)
        found: A = entry.aggregate
        return found

    def find_by(self, kind: type[A], column: str, value: Any) -> list[A]:
        ids = self._found.get(kind, {}).get(column, {}).get(value)
        if ids is None:
            self.undeclared_loads += 1
            self._load(kind, column, [value])
            ids = self._found[kind][column][value]
        found: list[A] = []
        for id in ids:
            entry = self._map[kind].get(id)
            if entry is not None:
                if entry.turn != self._turn:
                    self._touch(entry)
                found.append(entry.aggregate)  # type: ignore[arg-type]
        return found

    def add(self, kind: type[A], aggregate: A) -> None:
        known = self._map.setdefault(kind, {})
        assert known.get(aggregate.id) is None, f"{kind.__name__} {aggregate.id} is there already"
        entry = known[aggregate.id] = _Entry(kind, aggregate, is_new=True, turn=self._turn)
        self._opened.append(entry)
        self._touched.append(entry)
        for column, values in self._found.get(kind, {}).items():
            ids = values.get(getattr(aggregate, column))
            if ids is not None:
                ids.append(aggregate.id)

    def remove(self, kind: type[A], aggregate: A) -> None:
        self._deleted.append((kind, aggregate.id))

    def _touch(self, entry: _Entry) -> None:
        entry.turn = self._turn
        entry.earlier = state = entry.aggregate.state()
        self._touched.append(entry)
        if entry.original is None and not entry.is_new:
            entry.original = state
            self._opened.append(entry)

    def _load(self, kind: type[Aggregate], column: str, values: list[Any]) -> None:
        known = self._map.setdefault(kind, {})
        missing = values
        if kind.is_kept and self.kept is not None and column == "id":
            for aggregate in self.kept.take(kind, values):
                entry = known[aggregate.id] = _Entry(kind, aggregate, is_new=False)
                entry.is_from_memory = True
            missing = [value for value in values if value not in known]
        if missing:
            for aggregate in self.store.load(kind, column, missing):
                if aggregate.id not in known:
                    known[aggregate.id] = _Entry(kind, aggregate, is_new=False)
        if column == "id":
            for value in missing:
                known.setdefault(value, None)
            return
        found = self._found.setdefault(kind, {}).setdefault(column, {})
        for value in values:
            found[value] = []
        wanted = set(values)
        for known_entry in known.values():
            if known_entry is not None and getattr(known_entry.aggregate, column) in wanted:
                found[getattr(known_entry.aggregate, column)].append(known_entry.id)

    def _keep_for_next(self, kept: Kept) -> None:
        for kind, entries in self._map.items():
            if kind.is_kept:
                aggregates = [entry.aggregate for entry in entries.values() if entry is not None]
                self.store.settle(kind, aggregates)
                kept.put(kind, aggregates)

    def _forget(self, entry: _Entry) -> None:
        entry.is_gone = True
        self._map[entry.kind][entry.id] = None
        for column, values in self._found.get(entry.kind, {}).items():
            ids = values.get(getattr(entry.aggregate, column), [])
            if entry.id in ids:
                ids.remove(entry.id)

    # Outgoing.

    def _record(self, message: Message, cause: Cause, sequence: int) -> Record:
        key = getattr(message, message.key_field) if message.key_field else ""
        assert key, f"{message.wire_name} declares no key and cannot be told"
        return Record(
            cause.ids.new(),
            message.wire_name,
            message.schema_version,
            key,
            lane_of(key),
            sequence,
            encode(message).decode(),
            cause.correlation_id,
            cause.id,
            getattr(message, message.subject_field) if message.subject_field else "",
            self.now,
            START,
            message,
        )

    def _set_due(self, due: Due) -> None:
        self.changes.cancelled.discard(due.id)
        self.changes.due[due.id] = due

    def _set_call(self, due: Due) -> None:
        """Behind the calls of its key that this unit of work asks for already: their times are their order."""
        if due.id in self.changes.due:
            return
        before = self._last_call.get(due.key)
        if before is not None and due.due_at <= before:
            due.due_at = before + timedelta(microseconds=1)
        elif before is None and self.calls is not None and due.due_at <= self.now:
            self.calls.lease(due, self._calls_taken)
            self._calls_taken += due.token
        self._last_call[due.key] = due.due_at
        self._set_due(due)

    def _cancel_due(self, id: str) -> None:
        self.changes.due.pop(id, None)
        self.changes.cancelled.add(id)


class Repository(Generic[A]):
    """All aggregates of one kind, as a use case sees them: on the unit of work's identity map."""

    __slots__ = ("kind", "work")

    def __init__(self, work: UnitOfWork, kind: type[A]) -> None:
        self.work = work
        self.kind = kind

    def find(self, id: str) -> A | None:
        """The aggregate, or None where there is none."""
        return self.work.find(self.kind, id)

    def get(self, id: str) -> A:
        """An aggregate that must be there: its absence is a bug, not a refusal."""
        found = self.find(id)
        assert found is not None, f"no {self.kind.__name__} {id}"
        return found

    def find_by(self, column: str, value: Any) -> A | None:
        """The one aggregate with this value in a column that is unique and never changes."""
        found = self.all_by(column, value)
        assert len(found) <= 1, f"{self.kind.__name__}.{column} is not unique"
        return found[0] if found else None

    def all_by(self, column: str, value: Any) -> list[A]:
        """Every aggregate with this value in a column that never changes."""
        return self.work.find_by(self.kind, column, value)

    def add(self, aggregate: A) -> None:
        """Keep a new aggregate."""
        self.work.add(self.kind, aggregate)

    def remove(self, aggregate: A) -> None:
        """Forget an aggregate for good."""
        self.work.remove(self.kind, aggregate)


def _key_of(message: Message) -> str:
    return getattr(message, message.key_field) if message.key_field else ""
