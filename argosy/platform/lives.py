"""A log's lives: after its database was restored, or lost and made anew, what is told comes after every reader."""

from __future__ import annotations

from argosy.platform.runtime import Runtime


def begin_again(runtime: Runtime, label: str) -> int:
    """Begin a life of this log that no reader has ever seen: its epoch, which is beyond that of every cursor in any
    database that is there to ask."""
    log, seen = runtime.stores[label].log, 0
    for context in runtime.contexts.values():
        store = runtime.stores.get(context.label) or context.subscriptions(runtime)[0].store
        [(furthest,)] = store.dialect.query(
            f"SELECT coalesce(max(high_epoch), 0) FROM {context.table_prefix}_cursors WHERE source = ?", (label,)
        )
        seen = max(seen, furthest)
    epoch = log.raise_epoch()
    while epoch <= seen:
        epoch = log.raise_epoch()
    runtime.stores[label].log.told.forget()
    return epoch
