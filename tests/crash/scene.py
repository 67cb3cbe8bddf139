"""A marketplace whose processes die: reference baskets bought over HTTP, workers and webs ended by SIGKILL."""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from argosy.apps.cli.processes import free_ports
from argosy.platform.runtime import Runtime
from benchmarks.reference import baskets as baskets_of
from benchmarks.reference import seed as seed_goods
from benchmarks.reference import send
from tests.crash import books
from tests.crash.buyers import PASSWORD, Buyers
from tests.crash.processes import Program, Web, worker

WORKER_POINTS = {
    "timer.told": (1, 1),
    "commit.before_begin": (1, 25),
    "commit.begun": (1, 25),
    "commit.between_statements": (1, 75),
    "commit.before_commit": (1, 25),
    "commit.done": (1, 25),
    "worker.before_ring": (1, 20),
    "call.leased": (1, 2),
    "call.answered": (1, 10),
    "call.collected": (1, 2),
}
"""Where a worker dies, and between the how-manieth times it surely comes there while it works off ten baskets. Timers
come first: a fresh marketplace has some that are due at once."""
WEB_POINTS = {
    "request.key_is_new": (1, 10),
    "request.decided": (1, 10),
    "commit.before_begin": (1, 10),
    "commit.begun": (1, 10),
    "commit.between_statements": (1, 30),
    "commit.before_commit": (1, 10),
    "commit.done": (1, 10),
    "request.committed": (1, 10),
    "request.before_answer": (1, 10),
}


def fresh() -> Runtime:
    """A marketplace of its own in a new folder, for a program that is no test."""
    os.environ["ARGOSY_VAR"] = tempfile.mkdtemp(prefix="argosy-crash-")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from argosy.platform.runtime import runtime
    from tests.marketplace import migrate_all

    migrate_all()
    return runtime()


@dataclass
class Scene:
    """Reference goods, registered buyers, and what was asked for so far."""

    place: Runtime
    buyers: Buyers = field(init=False)
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        seed_goods(self.place)
        self.buyers = Buyers(free_ports()[0], self.place.ids)
        self.buyers.tokens = [_registered(number) for number in range(5)]

    def die(self, worker_at: str, web_at: str = "", baskets: int = 10) -> None:
        """A worker and a web die at these points ("name:n") while new baskets come and old ones come again."""
        name = f"{worker_at}-{web_at}-{len(self.requests)}"
        self.send(f"{name}-direct", baskets)
        with worker(worker_at) as works:
            if web_at:
                fresh = self.buyers.baskets(name, baskets)
                self.requests += fresh
                with Web(web_at, self.buyers.port) as serves:
                    serves.wait_until_ready()
                    with self.buyers.pressing_once([*fresh, *self.requests[-2 * baskets : -baskets]]):
                        serves.wait_until_dead_at(web_at.partition(":")[0])
            works.wait_until_dead_at(worker_at.partition(":")[0])

    def send(self, name: str, baskets: int) -> None:
        """Baskets that are bought by the calling process."""
        commands = list(islice(baskets_of(name, self.place.ids), baskets))
        send(self.place, "checkout", list(commands))
        self.buyers.told.update({command.client_request_id: command.checkout_id for command in commands})

    def verdict(self, seconds: float = 120.0) -> list[str]:
        """Everybody presses until answered; processes that live; calm; and what is then wrong in the books."""
        with worker() as works, Web("", self.buyers.port) as serves:
            serves.wait_until_ready()
            for part in (self.requests[first : first + 20] for first in range(0, len(self.requests), 20)):
                self.buyers.press_until_told(part)
            books.wait_until_calm(self.place, seconds)
            found = self.faults()
            for process in (works, serves):
                if process.process.poll() is not None:
                    found.append(f"a process ended by itself: {process.text}")
        return found

    def faults(self) -> list[str]:
        told = self.buyers.told
        unheard = [key for key, _ in self.requests if key not in told]
        return [
            *self.buyers.strange,
            *(f"{key} was never answered" for key in unheard),
            *books.faults(self.place, list(told.values())),
        ]

    def kill_at_random(
        self,
        seconds: float,
        pauses: tuple[float, float],
        seed: int,
        say: Callable[[str], None] = lambda line: None,
        buyers: int = 6,
    ) -> Counts:
        """Under load, worker and web are killed and started again, each after a pause drawn between `pauses`."""
        counts, chance, end = Counts(), random.Random(seed), time.monotonic() + seconds
        processes: dict[str, Program] = {}
        kills: dict[str, float] = {}

        def start(name: str) -> None:
            processes[name] = program = worker() if name == "worker" else Web("", self.buyers.port)
            if isinstance(program, Web):
                program.wait_until_ready()
            kills[name] = time.monotonic() + chance.uniform(*pauses)

        start("web")
        load = Load(self, buyers)
        try:
            start("worker")
            while time.monotonic() < end or 0 in counts.kills.values():
                for name in [name for name, at in kills.items() if time.monotonic() >= at]:
                    ended = processes.pop(name)
                    assert ended.process.poll() is None, f"the {name} ended by itself:\n{ended.text}"
                    ended.kill()
                    counts.kills[name] += 1
                    say(
                        f"{seconds - (end - time.monotonic()):6.1f} s  killed the {name}, "
                        f"{len(self.buyers.told)} checkouts started, {self.buyers.failed_requests} requests lost"
                    )
                    start(name)
                time.sleep(0.02)
        finally:
            load.stop()
            for process in processes.values():
                process.kill()
        return counts


@dataclass
class Counts:
    kills: dict[str, int] = field(default_factory=lambda: {"worker": 0, "web": 0})


class Load:
    """Threads that buy one reference basket after the other, each until it is answered."""

    def __init__(self, scene: Scene, count: int, pause_seconds: float = 0.1) -> None:
        self._scene = scene
        self._pause_seconds = pause_seconds
        self._is_stopping = threading.Event()
        self._threads = [threading.Thread(target=self._buy, args=(number,), daemon=True) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def _buy(self, number: int) -> None:
        buyers, round = self._scene.buyers, 0
        while not self._is_stopping.is_set():
            round += 1
            for request in buyers.baskets(f"load{number}-{round}-{time.time()}", 20):
                self._scene.requests.append(request)
                while not self._is_stopping.is_set() and not buyers.press(*request):
                    time.sleep(0.05)
                if self._is_stopping.wait(self._pause_seconds):
                    return

    def stop(self) -> None:
        self._is_stopping.set()
        for thread in self._threads:
            thread.join(30)


def points(some: dict[str, tuple[int, int]], chance: random.Random) -> list[str]:
    """Each point once, at a time that is drawn; in order."""
    return [f"{name}:{chance.randint(*between)}" for name, between in some.items()]


def _registered(number: int) -> str:
    """A new buyer's token."""
    from django.test import Client

    client, credentials = Client(), json.dumps({"email": f"buyer{number}@example.com", "password": PASSWORD})
    for path in ("users", "sessions"):
        answer = client.post(f"/api/v1/{path}", credentials, content_type="application/json")
        assert answer.status_code == 201, answer.content
    return str(answer.json()["token"])


def note(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def told(found: Sequence[str]) -> int:
    """Say the verdict; the exit status."""
    for fault in found[:50]:
        note(f"FAULT  {fault}")
    note("the books agree" if not found else f"{len(found)} faults")
    return 1 if found else 0


def folder() -> Path:
    return Path(os.environ["ARGOSY_VAR"])
