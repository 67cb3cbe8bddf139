"""What waits parked, as an operator sees it and sends it on its way again.

A redrive only says that it is time: the worker that holds the subscription tries the first message of each key, and
those behind it, in the order of their positions, as it does by itself when their time comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from argosy.engine.store import Parked, VersionConflict
from argosy.engine.work import Cause, UnitOfWork
from argosy.platform.context import Subscription
from argosy.platform.operators import Operator
from argosy.platform.runtime import Runtime

REDRIVEN = "parked:"


def redriven(subscription: str) -> str:
    """What the bell tells of a subscription whose parked messages are to be tried now."""
    return REDRIVEN + subscription


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """The first parked message of a key, and how many wait behind it."""

    subscription: str
    source: str
    key: str
    message: str
    message_id: str
    position: tuple[int, int, int]
    told_at: datetime
    tries: int
    next_try: datetime
    error: str
    followers: int


class NothingParked(Exception):
    """There is no such subscription, or nothing of this kind waits in it; the text is one clear line."""


def parked(runtime: Runtime, subscription: str = "") -> list[Waiting]:
    """What waits, of one subscription or of all, in the order in which it was told."""
    return [_shown(waiting) for one in _meant(runtime, subscription) for waiting in _by_key(one)]


def redrive(runtime: Runtime, subscription: str, key: str = "") -> int:
    """Have what is parked, or what of it has this key, tried now; how many messages wait for that."""
    now, moved = runtime.clock.now(), 0
    meant = _meant(runtime, subscription)
    for one in meant:
        moved += one.store.redrive(one.name, key, now)
    if not moved:
        raise NothingParked(f"nothing is parked in {subscription}" + (f" under the key {key}" if key else ""))
    runtime.bell.ring(redriven(one.name) for one in meant)
    return moved


def drop(runtime: Runtime, subscription: str, message_id: str, operator: Operator) -> Parked:
    """Never apply this parked message; those of its key that wait behind it go on. Who did it and why stands in the
    context's own log, in the commit that did it. A view is not to be left with a gap: it is rebuilt."""
    for one in _meant(runtime, subscription):
        found = next((p for p in one.store.parked(one.name) if p.record.message_id == message_id), None)
        if found is None:
            continue
        if not one.store.outbox:
            raise NothingParked(f"{one.name} is a view, which would never know what it missed: `argosy rebuild` it")
        id = runtime.ids.new()
        work = UnitOfWork(one.store, runtime.clock.now())
        work.begin(Cause(id, found.record.correlation_id, runtime.ids))
        details = {"message": found.record.wire_name, "subscription": one.name, "error": found.error}
        work.announce(operator.acted(message_id, "parked message dropped", **details))
        work.keep()
        work.changes.unparked.append(found)
        try:
            work.commit()
        except VersionConflict:
            raise NothingParked(f"{message_id} has just been tried: look again") from None
        runtime.ring(work.changes)
        runtime.bell.ring({redriven(one.name)})
        return found
    raise NothingParked(f"no message {message_id} is parked in {subscription}")


def _meant(runtime: Runtime, name: str) -> list[Subscription]:
    """The subscription of this name; a view's is found by the name of the view as well."""
    known = [one for context in runtime.contexts.values() for one in context.subscriptions(runtime)]
    if not name:
        return known
    meant = [one for one in known if name in (one.name, one.name.partition("@")[0])]
    if not meant:
        names = ", ".join(sorted(one.name for one in known))
        raise NothingParked(f"there is no subscription {name}; there are {names}")
    return meant


def _by_key(subscription: Subscription) -> Iterator[list[Parked]]:
    waiting: dict[tuple[str, str], list[Parked]] = {}
    for one in subscription.store.parked(subscription.name):
        waiting.setdefault((one.source, one.record.key), []).append(one)
    return iter(waiting.values())


def _shown(waiting: list[Parked]) -> Waiting:
    first = waiting[0]
    return Waiting(
        subscription=first.subscription,
        source=first.source,
        key=first.record.key,
        message=first.record.wire_name,
        message_id=first.record.message_id,
        position=first.record.position,
        told_at=first.record.created_at,
        tries=first.tries,
        next_try=first.next_try,
        error=first.error,
        followers=len(waiting) - 1,
    )
