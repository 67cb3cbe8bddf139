"""A marketplace of an experiment's own: real processes, buyers who go on, and what was done to them."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from argosy.apps.chaos import goods, programs
from argosy.apps.chaos.calm import ENDED, NotCalm, rows, wait_until_calm
from argosy.apps.chaos.cluster import Cluster
from argosy.apps.chaos.conditions import GATEWAY_WAY
from argosy.apps.chaos.load import Load, Make, everyday
from argosy.apps.chaos.pooler import Pooler
from argosy.apps.chaos.programs import Program, wait_until_live
from argosy.apps.chaos.wires import Wire
from argosy.apps.cli.http_client import Client
from argosy.apps.cli.processes import free_ports
from argosy.apps.cli.services import Kafka
from argosy.contracts.accounts import SignIn
from argosy.engine.work import SYSTEM
from argosy.platform.runtime import Runtime

CALM = "ARGOSY_CHAOS_CALM_SECONDS"
"""How long coming to rest may take, where it is another time than usual."""
CALM_SECONDS = 90.0
BUYERS = 4


class Scene:
    """What an experiment has in its hands. `wrong` is for facts of its own; `injected` and `measured` are told."""

    def __init__(self, place: Runtime, seconds: float, seed: int = 1) -> None:
        self.place = place
        self.seconds = seconds
        self.chance = random.Random(seed)
        self.var = Path(os.environ["ARGOSY_VAR"])
        self.port = free_ports()[0]
        self.injected: Counter[str] = Counter()
        self.measured: dict[str, float] = {}
        self.wrong: list[str] = []
        self.given_back: dict[str, int] = {}
        """By payment, what went back of a sale that stands."""
        self.calm_seconds = float(os.environ.get(CALM, CALM_SECONDS))
        self.programs: list[Program] = []
        self.cluster: Cluster | None = None
        self.pooler: Pooler | None = None
        self.broker: Kafka | None = None
        self.wires: Mapping[str, Wire] = {}
        self.tokens = self._sign_in()
        self.load = Load(self.port, self.tokens)

    def _sign_in(self) -> list[str]:
        outside = self.place.outside("accounts")
        return [
            outside.run(SignIn(email=goods.email(number), password=goods.PASSWORD), SYSTEM).token
            for number in range(goods.BUYERS)
        ]

    # Processes.

    def worker(
        self, contexts: str = "", environment: dict[str, str] | None = None, folder: Path | None = None
    ) -> Program:
        """A worker that listens; or that has ended already, where it was told to die. `folder`: of another version."""
        program = self._keep(programs.worker(contexts, environment, folder))
        ear = self.var / "doorbell" / f"worker-{program.process.pid}.sock"
        within(lambda: ear.exists() or not program.is_alive, programs.READY_SECONDS)
        return program

    def web(self, port: int = 0, environment: dict[str, str] | None = None, folder: Path | None = None) -> Program:
        """The web, answering; another one at another port."""
        program = self._keep(programs.web(port or self.port, environment, folder))
        wait_until_live(program, port or self.port)
        return program

    def _keep(self, program: Program) -> Program:
        self.programs.append(program)
        return program

    def kill(self, program: Program) -> None:
        """SIGKILL, as the machine would."""
        self.check_alive(program)
        program.kill()
        self.programs.remove(program)
        self.injected[f"{program.name}s killed"] += 1

    def check_alive(self, program: Program) -> None:
        """One that has ended by itself is a fault."""
        if not program.is_alive:
            self.wrong.append(f"a {program.name} ended by itself: {program.text[-500:]}")

    def end_all(self) -> None:
        for program in self.programs:
            program.kill()
        self.programs = []

    # Buyers.

    @contextmanager
    def buying(self, buyers: int = BUYERS, make: Make = everyday) -> Iterator[Load]:
        """Buyers who go on all the time."""
        self.load.make = make
        self.load.start(buyers)
        try:
            yield self.load
        finally:
            self.load.stop()

    def wait(self, seconds: float) -> None:
        """Time passes, unless something has gone wrong already: then the harm ends at once."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up and not self.is_over:
            time.sleep(min(0.05, max(give_up - time.monotonic(), 0)))

    def goes_on(self, until: float) -> bool:
        """Whether there is still time for more harm, and nothing has gone wrong."""
        return time.monotonic() < until and not self.is_over

    @property
    def is_over(self) -> bool:
        """Whether something has gone wrong that no experiment means to do: an answer that must never be, or a process
        that has ended by itself."""
        return bool(self.load.tally.strange) or any(not program.is_alive for program in self.programs)

    def accepted(self) -> int:
        return self.load.tally.counts["accepted"]

    def work_once(self, client: Client) -> None:
        """One purchase from beginning to end: everything runs."""
        first = self.load.purchase(payment_source="tok_approve", coupons=[goods.COUPON])
        self.load.press(client, first)
        if not within(lambda: self.completed() > 0, self.calm_seconds):
            self.wrong.append("the first purchase of all did not complete")

    def completed(self) -> int:
        [(done,)] = rows(self.place, "checkout", "SELECT count(*) FROM checkout_sessions WHERE status = 'COMPLETED'")
        return int(done)

    def under_way(self) -> int:
        """Checkouts that have begun and not ended."""
        marks = ", ".join(f"'{status}'" for status in ENDED)
        [(going,)] = rows(
            self.place, "checkout", f"SELECT count(*) FROM checkout_sessions WHERE status NOT IN ({marks})"
        )
        return int(going)

    # The world.

    def gateway_way(self, delay_milliseconds: float, loss: float) -> None:
        """How the way to the gateway is from now on."""
        way = Path(os.environ[GATEWAY_WAY])
        fresh = way.with_suffix(".new")
        fresh.write_text(f"{delay_milliseconds} {loss}")
        fresh.rename(way)

    # The end.

    def come_to_rest(self) -> float | None:
        """Whole processes, everybody answered, and nothing moves; how long that took from now on."""
        began = time.monotonic()
        alive = {program.name for program in self.programs}
        if "web" not in alive:
            self.web()
        if "worker" not in alive:
            self.worker()
        for program in self.programs:
            self.check_alive(program)
        if not all(program.is_alive for program in self.programs):
            return None
        self.load.settle(self.calm_seconds)
        try:
            wait_until_calm(self.place, self.calm_seconds)
        except NotCalm as reason:
            self.wrong.append(str(reason))
            return None
        return time.monotonic() - began

    def faults(self) -> list[str]:
        """Everything that does not hold, now that nothing moves."""
        from argosy.apps.chaos import judge

        return [*self.wrong, *self.load.tally.strange, *judge.faults(self.place, self.load.purchases, self.given_back)]


def within(is_so: Callable[[], bool], seconds: float) -> bool:
    """Wait until it is so; whether it came to be within its time."""
    give_up = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.02)
    return True
