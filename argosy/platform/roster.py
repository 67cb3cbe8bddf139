"""Which workers there are, for which contexts each is ready, and whose turn each context is.

Every worker enters itself, a row for each context that it can work off, among the leases of one database that all know,
and reads the others there. From the same rows all of them work out the same shares: as even as can be, and nearly all
contexts stay where they are when a worker comes or goes. Shares only say who should hold a lease. Who may write is
decided by the lease and its token alone, so workers that see different rows for a moment do no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b

from argosy.platform.dialects import Field, Write
from argosy.platform.engine_tables import EngineTables
from argosy.shared_kernel.clock import Clock

ENTERED_SECONDS = 8
ENTER_EVERY_SECONDS = 2
FORGOTTEN_SECONDS = 60
_NAME = (Field("name", "text"),)
_ENTRY = (*_NAME, Field("holder", "text"), Field("token", "bigint"), Field("expires_at", "timestamptz"))


class Roster:
    """One worker's entry, and its view of all. `store` is where the entries are kept, the same for all workers."""

    def __init__(self, store: EngineTables, clock: Clock, holder: str, is_dead: Callable[[str], bool]) -> None:
        self.store = store
        self.clock = clock
        self.holder = holder
        self._is_dead = is_dead
        self._table = f"{store.prefix}_leases"
        self._entered: frozenset[str] = frozenset()
        self._enter_at = 0.0
        self.others: frozenset[str] = frozenset()
        """Contexts for which somebody else was ready at the last look."""

    def look(self, labels: Collection[str], elapsed: float) -> dict[str, str]:
        """Enter for these contexts and say whose turn each is, by context. `elapsed` counts seconds."""
        now = self.clock.now()
        wanted = frozenset(labels)
        if wanted != self._entered or elapsed >= self._enter_at:
            self._enter(wanted, now)
            self._enter_at = elapsed + ENTER_EVERY_SECONDS
        ready: dict[str, set[str]] = {self.holder: set(wanted)} if wanted else {}
        forgotten: list[tuple[str]] = []
        for name, holder, instant in self.store.dialect.query(
            f"SELECT name, holder, expires_at FROM {self._table} WHERE name LIKE '%/%'"
        ):
            until = self.store.dialect.to_instant(instant)
            if until > now and not self._is_dead(holder):
                ready.setdefault(holder, set()).add(name.partition("/")[0])
            elif until < now - timedelta(seconds=FORGOTTEN_SECONDS):
                forgotten.append((name,))
        if forgotten:
            self.store.dialect.commit([Write("delete", self._table, (), forgotten, _NAME)])
        self.others = frozenset(label for holder, some in ready.items() if holder != self.holder for label in some)
        return shares(ready)

    def leave(self) -> None:
        """Be there no more."""
        self._enter(frozenset(), self.clock.now())

    def _enter(self, wanted: frozenset[str], now: datetime) -> None:
        writes = []
        if wanted:
            until = self.store.dialect.instant(now + timedelta(seconds=ENTERED_SECONDS))
            rows = [(self._name(label), self.holder, 1, until) for label in sorted(wanted)]
            writes.append(Write("upsert", self._table, _ENTRY, rows, _NAME))
        gone = [(self._name(label),) for label in sorted(self._entered - wanted)]
        if gone:
            writes.append(Write("delete", self._table, (), gone, _NAME))
        self.store.dialect.commit(writes)
        self._entered = wanted

    def _name(self, label: str) -> str:
        return f"{label}/{self.holder.rpartition(':')[2]}"


def shares(ready: Mapping[str, Collection[str]]) -> dict[str, str]:
    """Whose turn each context is, given the contexts for which each worker is ready.

    Each worker gets as many as any other, or one more, as far as what they are ready for allows. A context goes to the
    worker with the highest hash of both names that has room: few move when a worker comes or goes.
    """
    workers = sorted(ready, key=lambda worker: _weight("", worker))
    able: dict[str, list[str]] = {}
    for worker in workers:
        for label in ready[worker]:
            able.setdefault(label, []).append(worker)
    least, more = divmod(len(able), max(len(workers), 1))
    room = {worker: least + (place < more) for place, worker in enumerate(workers)}
    turns: dict[str, str] = {}
    for label in sorted(able, key=lambda label: (len(able[label]), label)):
        # Nobody may have room left, where some are ready for a few contexts only: then who has the fewest too many.
        best = max(able[label], key=lambda worker: (min(room[worker], 1), _weight(label, worker)))
        room[best] -= 1
        turns[label] = best
    return turns


def _weight(label: str, worker: str) -> bytes:
    return blake2b(f"{label} {worker}".encode(), digest_size=8).digest()
