"""Many commands from outside at once: a unit of work for a few hundred of them, in place of one for each."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from argosy.engine.batch import Delivery, run
from argosy.engine.store import Changes, StoreUnavailable, VersionConflict
from argosy.engine.work import SYSTEM, Actor, Cause, UnitOfWork
from argosy.platform.runtime import Runtime
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.messages import Command

BATCH = 256
TRIES_MAX = 5
PAUSE_SECONDS = 1.0


class Bulk:
    """Sends commands to the use cases of one context. Each is refused or done by itself; a batch is written whole.

    `made` counts new aggregates by the name of their class, `changed` those that were there and are different now.
    """

    def __init__(self, runtime: Runtime, label: str, actor: Actor = SYSTEM) -> None:
        self.runtime = runtime
        self.label = label
        self.actor = actor
        self.made: Counter[str] = Counter()
        self.changed: Counter[str] = Counter()

    @property
    def is_unchanged(self) -> bool:
        return not self.made and not self.changed

    def send(
        self,
        commands: Iterable[Command],
        done: Callable[[int], None] = lambda count: None,
    ) -> list[DomainError | None]:
        """What each command was refused for, or None; `done` is told how many were written, batch by batch."""
        refusals: list[DomainError | None] = []
        waiting = iter(commands)
        while batch := list(islice(waiting, BATCH)):
            refusals += [delivery.refusal for delivery in self._write(batch)]
            done(len(batch))
        return refusals

    def send_all(self, commands: Iterable[Command], done: Callable[[int], None] = lambda count: None) -> None:
        """For commands that nobody may refuse: the first refusal is raised."""
        for refusal in self.send(commands, done):
            if refusal is not None:
                raise refusal

    def _write(self, commands: Sequence[Command]) -> list[Delivery]:
        for attempt in range(1, TRIES_MAX + 1):
            deliveries, work = self._handled(commands)
            try:
                work.commit()
            except VersionConflict:
                if attempt == TRIES_MAX:
                    raise
                continue
            except StoreUnavailable:
                if attempt == TRIES_MAX:
                    raise
                time.sleep(PAUSE_SECONDS)
                continue
            self._note(work.changes)
            self.runtime.ring(work.changes)
            return deliveries
        raise AssertionError("unreachable")

    def _handled(self, commands: Sequence[Command]) -> tuple[list[Delivery], UnitOfWork]:
        work = UnitOfWork(self.runtime.stores[self.label], self.runtime.clock.now())
        work.actor = self.actor
        ids = self.runtime.ids
        causes = [ids.new() for _ in commands]
        deliveries = [
            Delivery(message=command, cause=Cause(cause, cause, ids))
            for command, cause in zip(commands, causes, strict=True)
        ]
        run(self.runtime.contexts[self.label].participant, work, deliveries)
        for delivery in deliveries:
            if delivery.error is not None:
                raise delivery.error
        return deliveries, work

    def _note(self, changes: Changes) -> None:
        for kind, aggregates in changes.inserts.items():
            self.made[kind.__name__] += len(aggregates)
        for kind, pairs in changes.updates.items():
            self.changed[kind.__name__] += len(pairs)
