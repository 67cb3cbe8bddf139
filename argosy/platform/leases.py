"""Which contexts this worker may work off: one lease per context, in the context's own database.

A worker that dies loses its leases after LEASE_SECONDS (at once to another of the same machine, which sees that the
process is gone), and another that has the context among its own takes over. A worker that was only asleep finds its
token outdated at its next commit: the database refuses it, not its own memory.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from argosy.engine.store import Fence, Store, StoreUnavailable
from argosy.shared_kernel.clock import Clock

LEASE_SECONDS = 8
KEEP_EVERY_SECONDS = 2


def holder_name(unique: str) -> str:
    """This process, so that others on its machine can see whether it lives."""
    return f"{socket.gethostname()}:{os.getpid()}:{unique}"


def is_dead(holder: str) -> bool:
    """Whether a holder was a process of this machine that is no more. Of other machines' nothing is known."""
    host, _, rest = holder.partition(":")
    process = rest.partition(":")[0]
    return host == socket.gethostname() and process.isdigit() and not Path(f"/proc/{process}").exists()


class Leases:
    """The leases of one worker. `stores` are where they are kept, by the context's label."""

    def __init__(self, stores: Mapping[str, Store], clock: Clock, holder: str) -> None:
        self.stores = stores
        self.clock = clock
        self.holder = holder
        self._held: dict[str, Fence] = {}
        self._left: set[str] = set()
        self._kept_until: dict[str, float] = {}

    def fence(self, label: str) -> Fence | None:
        """What writes for this context must carry; None while somebody else has it."""
        return self._held.get(label)

    def look(self, elapsed: float) -> bool:
        """Take what is free and keep what is held; whether anything changed hands. `elapsed` counts seconds."""
        changed = False
        for label, store in self.stores.items():
            held = self._held.get(label)
            is_kept = held is not None and elapsed < self._kept_until.get(label, 0.0)
            if is_kept or label in self._left:
                continue
            try:
                changed |= self._look_at(label, store, held)
            except StoreUnavailable:
                continue
            self._kept_until[label] = elapsed + KEEP_EVERY_SECONDS
        return changed

    def doubt(self, label: str) -> None:
        """A write was refused: look at this lease again at once."""
        self._kept_until[label] = 0.0

    def leave(self, label: str) -> None:
        """Leave a context to others for as long as this process lives."""
        self._left.add(label)
        self._give_back(label)

    def give_back(self) -> None:
        """Let others take over without waiting."""
        for label in list(self._held):
            self._give_back(label)

    def _give_back(self, label: str) -> None:
        fence = self._held.pop(label, None)
        if fence is not None:
            with contextlib.suppress(StoreUnavailable):
                self.stores[label].keep_lease(fence, self.clock.now() - timedelta(seconds=1))

    def _look_at(self, label: str, store: Store, held: Fence | None) -> bool:
        now = self.clock.now()
        until = now + timedelta(seconds=LEASE_SECONDS)
        if held is not None:
            if store.keep_lease(held, until):
                return False
            del self._held[label]
            return True
        taken = store.take_lease(label, self.holder, now, until, is_dead)
        if taken is not None:
            self._held[label] = taken
        return taken is not None
