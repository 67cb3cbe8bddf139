"""What is common to the two databases: a statement over many rows, what its faults mean, and what was asked in all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from argosy.engine.log import START, Position


class ConstraintBroken(Exception):
    """A constraint of the database forbids what a message asks for."""


class Field(NamedTuple):
    """A column and the type that its values are cast to on PostgreSQL."""

    name: str
    type: str


class Write(NamedTuple):
    """One statement over many rows. `verb` is insert, tell (an insert into a log), upsert, ensure (an insert unless it
    is there), ask (an ensure of calls: one behind another of its key is not leased), update, delete, or check (rows
    that must be there).

    Rows hold the values of `columns`, then those of `keys`. Updates and deletes must hit as many rows as are given
    when `is_compared`. An upsert conflicts on `keys`, which are among `columns` and not repeated; it counts up what is
    to be `raised`, whatever the row says.
    """

    verb: str
    table: str
    columns: tuple[Field, ...]
    rows: Sequence[Sequence[Any]]
    keys: tuple[Field, ...] = ()
    is_compared: bool = False
    raised: Field | None = None

    @property
    def shape(self) -> tuple[Any, ...]:
        """What the statement's text depends on."""
        return self.verb, self.table, self.columns, self.keys, self.is_compared, self.raised

    @property
    def on_conflict(self) -> str:
        """What an upsert or ensure does with a row that is there."""
        keys = ", ".join(key.name for key in self.keys)
        if self.verb in ("ensure", "ask"):
            return f"ON CONFLICT ({keys}) DO NOTHING"
        changed = ", ".join(
            f"{c.name} = {self.table}.{c.name} + 1" if c == self.raised else f"{c.name} = excluded.{c.name}"
            for c in self.columns
            if c not in self.keys
        )
        return f"ON CONFLICT ({keys}) DO UPDATE SET {changed}"

    def asked(self, value: Callable[[int], str]) -> str:
        """What is inserted of each column of calls that are asked for, where `value` gives what was given: no lease and
        no attempt behind another call of the key."""
        names = [column.name for column in self.columns]
        waits = f"EXISTS (SELECT 1 FROM {self.table} o WHERE o.kind = 'call' AND o.key = {value(names.index('key'))})"
        blank = {"attempts": "0", "lease_until": "NULL"}
        return ", ".join(
            f"CASE WHEN {waits} THEN {blank[name]} ELSE {value(index)} END" if name in blank else value(index)
            for index, name in enumerate(names)
        )


class Committed(NamedTuple):
    """What a commit has learned: for how many seconds nobody else could write, and the id of the last row that was
    told, where those before it have the ids before it (0: not known); on PostgreSQL its whole position. And the ids of
    the calls that were written under a lease."""

    held_seconds: float = 0.0
    last_id: int = 0
    last: Position = START
    begun: frozenset[str] = frozenset()


class Statistics:
    """What a process has asked of its databases: counted for benchmarks and tests."""

    queries = 0
    commits = 0
    rows_written = 0
    watcher: Any = None
    """Called with (alias, sql) where a test wants to see every statement."""
