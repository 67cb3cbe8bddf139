"""One simulated marketplace: databases, processes, a gateway and the people in it, on one virtual time."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from random import Random

from argosy.engine.store import Changes
from argosy.simulation.contexts import parts_of
from argosy.simulation.doors import Letterbox
from argosy.simulation.faults import Faults
from argosy.simulation.feed_keeping import FeedKeeping
from argosy.simulation.gateway import SimulatedGateway
from argosy.simulation.ids import NumberedIds
from argosy.simulation.imports import Files
from argosy.simulation.integrations import integrations_of
from argosy.simulation.jobs import Jobs
from argosy.simulation.processes import LEASE, POLL, Bell, Web, Worker
from argosy.simulation.receivers import Receivers
from argosy.simulation.scheduler import MINUTE, SECOND, Scheduler
from argosy.simulation.store import SimulatedStore

WORKERS, WEBS = 2, 2
SKEW_MAX = 10 * MINUTE


class Marketplace:
    """Everything that one seed brings about. Its workers share out the contexts among themselves."""

    def __init__(self, seed: int, without: Collection[str] = ()) -> None:
        self.seed = seed
        self.random = Random(f"{seed}:marketplace")
        self.scheduler = Scheduler(seed)
        self.faults = Faults(seed, without)
        self.gateway = SimulatedGateway(self.scheduler, self.faults)
        self.receivers = Receivers(self.scheduler, self.faults)
        self.parts = parts_of(self.scheduler, self.faults, self.gateway)
        self.feed = FeedKeeping(self.faults)
        self.parts |= integrations_of(self.scheduler, self.faults, self.receivers, self.feed)
        self.letterbox = Letterbox()
        self.letterbox.put_into(self.parts, self.faults)
        self.files = Files(self.faults)
        self.files.put_into(self.parts)
        self.bell = Bell(self.parts, self.scheduler, self.faults)
        self.files.ring = partial(self.bell.ring, "products")
        self.workers = [self._worker(number) for number in range(WORKERS)]
        self.webs = [self._web(number) for number in range(WEBS)]
        self.ids = NumberedIds(self.scheduler, 0xFFF)
        self.holder: dict[str, Worker] = {}
        self.broken: Callable[[str, str, str], None] = lambda id, where, what: None
        """Told of what may not be: (invariant, where, what)."""
        self.jobs = Jobs(self)
        self.gateway.moved = self.jobs.money_moved

    def store(self, label: str) -> SimulatedStore:
        return self.parts[label].store

    @property
    def clocks_differ(self) -> int:
        """How far any process's clock is off, in microseconds."""
        clocks = [worker.clock for worker in self.workers] + [web.clock for web in self.webs]
        return max(abs(clock.skew) for clock in clocks)

    def is_behind(self, since: int) -> bool:
        """Whether somebody was kept from news lately, or waits parked: then times are not to be kept."""
        recently = self.scheduler.time - since
        return any(worker.was_late_until > recently for worker in self.workers) or any(
            part.store.parked_everywhere() for part in self.parts.values()
        )

    def open(self) -> None:
        """Start every process; from now on anything may go wrong."""
        for worker in self.workers:
            worker.start()
        for number, label in enumerate(self.parts):
            self._give(label, self.workers[number % WORKERS])

    def let_faults_happen(self, *, interleaving: float) -> None:
        self.scheduler.interleaving = interleaving
        names = {worker.name for worker in self.workers}
        for part in self.parts.values():
            part.store.has_faults = True
            part.store.pausing = lambda: self.scheduler.is_alone and self.scheduler.running in names
            part.store.pause = self._pause
            part.store.unheard = partial(self._poll_for, part.label)

    def end_faults(self) -> None:
        """Nothing goes wrong any more, and what sleeps wakes up."""
        self.faults.is_over = True
        self.scheduler.interleaving = 0.0
        for worker in self.workers:
            worker.asleep_until = 0

    def close(self) -> None:
        """Let go of everything that was written. Otherwise a run is one knot, which the collector of garbage alone can
        undo, and that takes three times as long."""
        for worker in self.workers:
            worker.close()
        for part in self.parts.values():
            part.store.close()
        self.gateway.book.clear()
        self.gateway.by_payment.clear()
        self.holder.clear()

    # Who works off what.

    def has_begun(self, worker: Worker) -> None:
        """A worker is (again) there: what nobody works off is its own."""
        for label, holder in list(self.holder.items()):
            if holder is worker or not self._is_at_work(holder):
                self._give(label, worker)

    def has_stopped(self, worker: Worker) -> None:
        """A worker is gone or asleep: when its leases have run out, another takes them."""
        after = LEASE + self.random.randrange(2 * SECOND)
        self.scheduler.after(after, "leases", self._take_over)

    def move(self, label: str) -> None:
        """An operator gives a context to another worker, whatever its holder is at."""
        others = [worker for worker in self.workers if worker is not self.holder[label] and self._is_at_work(worker)]
        if others:
            self._give(label, others[0])

    def _poll_for(self, label: str, changes: Changes) -> None:
        """Every worker looks at everything each second; simulated where there is something to be found."""
        self.scheduler.after(POLL, "polls", lambda: self.bell.ring(label, changes))

    def _running(self) -> Worker | None:
        return next((worker for worker in self.workers if worker.name == self.scheduler.running), None)

    def _pause(self) -> None:
        """Whoever is in the middle of a unit of work sleeps there until another has the lease, and then goes on."""
        worker = self._running()
        assert worker is not None
        length = LEASE + 3 * SECOND + self.random.randrange(30 * SECOND)
        worker.sleep(self.scheduler.time + length)
        self.scheduler.pause(length)

    def _take_over(self) -> None:
        for label, holder in list(self.holder.items()):
            if not self._is_at_work(holder):
                for worker in self.workers:
                    if self._is_at_work(worker):
                        self._give(label, worker)
                        break

    def _give(self, label: str, worker: Worker) -> None:
        self.holder[label] = worker
        worker.soon(lambda: self._take(label, worker))

    def _take(self, label: str, worker: Worker) -> None:
        if self.holder[label] is worker:
            worker.take_lease(label)

    def _is_at_work(self, worker: Worker) -> bool:
        return worker.is_alive and worker.asleep_until <= self.scheduler.time

    # Schedules.

    def look_at_schedule(self, label: str) -> None:
        """Some of the many times at which a context's recurring commands are told; most of them find nothing."""
        worker = self.holder[label]
        if worker.is_alive:
            worker.sweep(label)

    # Making it.

    def _skew(self) -> int:
        if not self.faults.strikes("clock wrong"):
            return 0
        far = self.faults.between("clock wrong", SECOND, SKEW_MAX)
        return far if self.faults.stream("clock wrong").random() < 0.5 else -far

    def _worker(self, number: int) -> Worker:
        is_broker = self.random.random() < 0.5
        worker = Worker(f"worker {number + 1}", self.parts, self.bell, self._skew(), is_broker=is_broker)
        worker.fleet = self
        worker.pace = self.random.choice((30_000, 150_000, 400_000, 900_000))
        worker.batch_max = self.random.choice((256, 256, 256, 256, 256, 256, 16, 3))
        self.bell.workers.append(worker)
        return worker

    def _web(self, number: int) -> Web:
        ids = NumberedIds(self.scheduler, number + 1)
        return Web(f"web {number + 1}", self.parts, self.bell, self._skew(), ids)
