"""Where new subscriptions begin: reactors with what is told from now on, projectors at the beginning."""

from __future__ import annotations

from collections.abc import Mapping

from argosy.engine.log import LANES, START, Log, Position
from argosy.engine.participant import Participant
from argosy.engine.store import Changes, CursorMove, Store
from argosy.platform.runtime import Runtime


def fix_starts(runtime: Runtime) -> int:
    """Begin each reactor that is new to a source at that log's present end, once; how many beginnings were fixed.

    A log that is empty has its end at its beginning: that is written too, so that a later run knows the subscription
    and skips nothing of what was told before its first worker came.
    """
    return sum(
        fix_start(name, participant, store, runtime.logs)
        for context in runtime.contexts.values()
        for name, participant, store in context.subscriptions(runtime)
    )


def fix_start(subscription: str, participant: Participant, store: Store, logs: Mapping[str, Log]) -> int:
    """The same for one subscription."""
    if participant.is_projector:
        return 0
    known = {source for source, _ in store.cursors(subscription)}
    new = [source for source in participant.wire_names() if source in logs and source not in known]
    moves = []
    for source in new:
        end = max(logs[source].head(), Position(1, 0, 0))
        moves += [CursorMove(subscription, source, lane, START, end, end) for lane in range(LANES)]
    if moves:
        store.commit(Changes(cursors=moves))
    return len(new)
