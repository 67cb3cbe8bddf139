"""Whether a marketplace has come to rest: every flow has ended, every message is applied, no call is open."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from argosy.engine.log import Position
from argosy.engine.store import CALL, StoreUnavailable
from argosy.platform.runtime import Runtime, dialect_of

ENDED = ("COMPLETED", "FAILED", "EXPIRED", "ABORTED")
LOOK_SECONDS = 0.1


class NotCalm(Exception):
    """It did not come to rest within its bound; the text says what still moves."""


def wait_until_calm(place: Runtime, seconds: float) -> float:
    """Until nothing moves; how long that took."""
    began = time.monotonic()
    while open_ends := list(unfinished(place)):
        if time.monotonic() - began > seconds:
            raise NotCalm(f"not calm after {seconds:.0f} s: {'; '.join(open_ends[:5])}")
        time.sleep(LOOK_SECONDS)
    return time.monotonic() - began


def unfinished(place: Runtime) -> Iterator[str]:
    """What still moves, in words. Cheap things first."""
    try:
        yield from _unfinished(place)
    except StoreUnavailable as away:
        yield f"a database is away: {away}"


def _unfinished(place: Runtime) -> Iterator[str]:
    [(going,)] = rows(
        place,
        "checkout",
        "SELECT count(*) FROM checkout_sessions WHERE status NOT IN ('COMPLETED', 'FAILED', 'EXPIRED', 'ABORTED') "
        "OR outcome IN ('UNDOING', 'STUCK')",
    )
    if going:
        yield f"{going} checkouts are going on"
        return
    for label, store in place.stores.items():
        [(calls,)] = rows(place, label, f"SELECT count(*) FROM {store.prefix}_due WHERE kind = ?", CALL)
        if calls:
            yield f"{label}: {calls} calls are open"
    yield from unread(place)


def unread(place: Runtime) -> Iterator[str]:
    """I28, I29: each subscription has come to the last message of its lane that concerns it. A reactor whose cursor was
    put back goes by the furthest that it ever got, and moves with the next message of the lane."""
    for context in place.contexts.values():
        for name, participant, store in context.subscriptions(place):
            cursors = store.cursors(name)
            for source, names in participant.wire_names().items():
                if source not in place.stores:
                    continue
                marks = ", ".join("?" for _ in names)
                last = rows(
                    place,
                    source,
                    f"SELECT lane, max(id) FROM {place.stores[source].outbox} "
                    f"WHERE event_type IN ({marks}) GROUP BY lane",
                    *names,
                )
                for lane, head in last:
                    cursor = cursors.get((source, lane))
                    position = cursor.position if cursor else Position(0, 0, 0)
                    if cursor and not participant.is_projector:
                        position = max(position, cursor.high)
                    if position.id < head:
                        yield f"{name} stands at {position.id} of {head} in lane {lane} of {source}"


def parked(place: Runtime) -> Iterator[str]:
    """I40: what failed and waits."""
    for context in place.contexts.values():
        for name, _, store in context.subscriptions(place):
            for one in store.parked(name):
                yield f"{name} has parked {one.record.wire_name} {one.record.message_id}: {one.error}"


def rows(place: Runtime, label: str, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """What a context's database holds; ids as text."""
    found = dialect_of(place.contexts[label].alias).query(sql, parameters)
    return [tuple(str(value) if type(value) is UUID else value for value in row) for row in found]
