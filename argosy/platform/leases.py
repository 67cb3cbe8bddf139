"""Which contexts this worker may work off: one lease per context, in the context's own database.

A worker that dies loses its leases after LEASE_SECONDS (at once to another of the same machine, which sees that the
process is gone), and another that has the context among its own takes over. A worker that was only asleep finds its
token outdated at its next commit: the database refuses it, not its own memory.

Where there is a roster, it says whose turn each context is. A worker hands over what is another's turn, and takes what
is its own as soon as it is free; what somebody else should have taken and has not, it takes after PATIENCE_SECONDS.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from argosy.engine.store import Fence, Store, StoreUnavailable, VersionConflict
from argosy.platform.roster import Roster
from argosy.shared_kernel.clock import Clock

LEASE_SECONDS = 8
KEEP_EVERY_SECONDS = 2
PATIENCE_SECONDS = 3
KEPT_BACK_SECONDS = 60
_HOST_LETTERS_MAX = 40


def holder_name(unique: str) -> str:
    """This process, so that others on its machine can see whether it lives; at most 100 letters."""
    return f"{_machine()}:{os.getpid()}:{unique.replace('-', '')[-12:]}"


def is_dead(holder: str) -> bool:
    """Whether a holder was a process of this machine that is no more. Of other machines' nothing is known."""
    machine, _, rest = holder.partition(":")
    process = rest.partition(":")[0]
    return machine == _machine() and process.isdigit() and not Path(f"/proc/{process}").exists()


def _machine() -> str:
    """Where process ids are those that we see: containers may share a host's name, and number processes apart."""
    with contextlib.suppress(OSError):
        return f"{socket.gethostname()[:_HOST_LETTERS_MAX]}/{os.stat('/proc/self/ns/pid').st_ino}"
    return socket.gethostname()[:_HOST_LETTERS_MAX]


class Leases:
    """The leases of one worker. `stores` are where they are kept, by the context's label."""

    def __init__(self, stores: Mapping[str, Store], clock: Clock, holder: str, roster: Roster | None = None) -> None:
        self.stores = stores
        self.clock = clock
        self.holder = holder
        self.roster = roster
        self.given_back: Callable[[], None] = lambda: None
        """Called when there may be something for others to take."""
        self._held: dict[str, Fence] = {}
        self._left: set[str] = set()
        self._turns: dict[str, str] = {}
        self._look_at: dict[str, float] = {}
        self._kept_back: dict[str, float] = {}

    @property
    def held(self) -> tuple[str, ...]:
        return tuple(label for label in self.stores if label in self._held)

    def fence(self, label: str) -> Fence | None:
        """What writes for this context must carry; None while somebody else has it."""
        return self._held.get(label)

    def look(self, elapsed: float) -> bool:
        """Take what is free and hand over what is another's turn; whether anything changed hands. `elapsed` counts
        seconds."""
        self._look_at_roster(elapsed)
        changed = has_given = False
        for label, store in self.stores.items():
            if label in self._left:
                continue
            is_mine = self._is_my_turn(label, elapsed)
            if label in self._held and not is_mine:
                self._give_back(label)
                changed = has_given = True
            elif elapsed >= self._look_at.get(label, 0.0):
                is_waiting = label not in self._held and is_mine
                self._look_at[label] = elapsed if is_waiting else elapsed + KEEP_EVERY_SECONDS
                with contextlib.suppress(StoreUnavailable):
                    changed |= self._look_at_lease(label, store, elapsed)
        if has_given:
            self.given_back()
        return changed

    def _look_at_roster(self, elapsed: float) -> None:
        """Learn whose turn it is. Where the roster is away, all keep what they have."""
        if self.roster is None:
            return
        with contextlib.suppress(StoreUnavailable, VersionConflict):
            turns = self.roster.look(self.stores.keys() - self._left, elapsed)
            if turns != self._turns:
                self._turns = turns
                self._kept_back.clear()
                self._look_at = {
                    label: 0.0 if self._is_my_turn(label, elapsed) else elapsed + PATIENCE_SECONDS
                    for label in self.stores
                }

    def _is_my_turn(self, label: str, elapsed: float) -> bool:
        return self._turns.get(label, self.holder) == self.holder or elapsed < self._kept_back.get(label, 0.0)

    def doubt(self, label: str) -> None:
        """A write was refused: look at this lease again at once."""
        self._look_at[label] = 0.0

    def has_others(self, label: str) -> bool:
        """Whether somebody else is ready for this context."""
        return self.roster is not None and label in self.roster.others

    def leave(self, label: str) -> None:
        """Leave a context to others for as long as this process lives."""
        self._left.add(label)
        self._give_back(label)
        self.given_back()

    def give_back(self) -> None:
        """Let others take over without waiting."""
        if self.roster is not None:
            with contextlib.suppress(StoreUnavailable):
                self.roster.leave()
        for label in list(self._held):
            self._give_back(label)
        self.given_back()

    def _give_back(self, label: str) -> None:
        fence = self._held.pop(label, None)
        if fence is not None:
            with contextlib.suppress(StoreUnavailable):
                self.stores[label].keep_lease(fence, self.clock.now() - timedelta(seconds=1))

    def _look_at_lease(self, label: str, store: Store, elapsed: float) -> bool:
        now = self.clock.now()
        until = now + timedelta(seconds=LEASE_SECONDS)
        held = self._held.get(label)
        if held is not None:
            if store.keep_lease(held, until):
                return False
            del self._held[label]
            return True
        if self._is_my_turn(label, elapsed):
            taken = store.take_lease(label, self.holder, now, until, is_dead)
        else:
            taken = store.take_lease(label, self.holder, now - timedelta(seconds=PATIENCE_SECONDS), until)
        if taken is not None:
            self._held[label] = taken
            self._kept_back[label] = elapsed + KEPT_BACK_SECONDS
        return taken is not None
