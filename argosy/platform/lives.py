"""A log's lives: after its database was restored, or lost and made anew, what is told comes after every reader, and
nobody works on under a lease of the life before."""

from __future__ import annotations

from argosy.engine.store import StoreUnavailable
from argosy.platform.archiving import LEASE as ARCHIVE_LEASE
from argosy.platform.dialects import Field, Write
from argosy.platform.runtime import Runtime

_LEASE = (Field("name", "text"), Field("holder", "text"), Field("token", "bigint"), Field("expires_at", "timestamptz"))
_AHEAD = 1_000_000
"""More than a lease changes hands in the life of a database: a token of the life before is never given out again."""


def begin_again(runtime: Runtime, label: str, beyond: int = 0) -> int:
    """Begin a life of this log that no reader has ever seen: its epoch, which is beyond that of every cursor in any
    database that is there to ask. The leases in its database are nobody's from now on."""
    log, seen = runtime.stores[label].log, beyond
    for context in runtime.contexts.values():
        store = runtime.stores.get(context.label) or context.subscriptions(runtime)[0].store
        [(furthest,)] = store.dialect.query(
            f"SELECT coalesce(max(high_epoch), 0) FROM {context.table_prefix}_cursors WHERE source = ?", (label,)
        )
        seen = max(seen, furthest)
    _free_leases(runtime, label)
    epoch = log.raise_epoch(beyond=seen)
    log.told.forget()
    return epoch


def present_life(runtime: Runtime, label: str) -> int:
    """The epoch of the database that is there; 0 where none is, or none that can be read."""
    try:
        return runtime.stores[label].log.epoch()
    except StoreUnavailable:
        return 0


def _free_leases(runtime: Runtime, label: str) -> None:
    """A worker that holds one finds its token outdated with its next commit, and reads anew where things stand."""
    store = runtime.stores[label]
    long_ago = store.dialect.instant(runtime.clock.now().replace(year=2000, month=1, day=1))
    tokens = dict.fromkeys((label, ARCHIVE_LEASE), 0)
    tokens.update(store.dialect.query(f"SELECT name, token FROM {store.prefix}_leases WHERE name NOT LIKE '%/%'"))
    rows = [(name, "", token + _AHEAD, long_ago) for name, token in sorted(tokens.items())]
    store.dialect.commit([Write("upsert", f"{store.prefix}_leases", _LEASE, rows, _LEASE[:1])])
