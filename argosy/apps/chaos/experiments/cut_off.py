"""The wires to PostgreSQL, Redis and Kafka: slow, cut both ways or one way, and whole again for everybody but those who
were connected."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from argosy.apps.chaos import goods
from argosy.apps.chaos.experiment import WIRES, Experiment
from argosy.apps.chaos.load import API, HOST
from argosy.apps.chaos.scene import Scene, within
from argosy.apps.chaos.services import DATABASES, LIMITS, MESSAGES
from argosy.apps.cli.http_client import Client
from argosy.shared_kernel.codec import encode

SLOW_MILLISECONDS = 25
NOTICED_SECONDS = 13.0
"""An operating system tells who is connected after 11 s (databases.py); whoever asks may wait a little longer."""
LIMITS_NOTICED_SECONDS = 5.0
GOES_ON_SECONDS = 20.0
BROKER_GOES_ON_SECONDS = 45.0
PATIENCE_SECONDS = 30.0
IN_HAND = 10
"""So many checkouts more than those under way may have had all of their messages when the broker went."""


def wires_cut(scene: Scene) -> None:
    """One after the other, each mended before the next; then all connections are forgotten at once."""
    scene.web()
    scene.worker()
    with scene.buying():
        if not within(lambda: scene.completed() > 0, scene.calm_seconds):
            scene.wrong.append("nothing was sold over wires that are whole")
            return
        _slow(scene, 0.1 * scene.seconds)
        databases, messages = scene.wires[DATABASES], scene.wires[MESSAGES]
        _no_databases(scene, "cut", databases.cut, max(0.3 * scene.seconds, NOTICED_SECONDS + 1.0))
        _no_databases(scene, "cut one way", databases.cut_outward, 0.2 * scene.seconds)
        _no_limits(scene)
        _no_messages(scene, 0.2 * scene.seconds)
        for name, wire in scene.wires.items():
            scene.injected[f"connections to {name} forgotten"] = wire.forget()
        _goes_on(scene, "all connections were forgotten", BROKER_GOES_ON_SECONDS)
        if messages.forget() < 1:
            scene.wrong.append("nobody speaks over the broker's wire: nothing was put to the test")


def _slow(scene: Scene, seconds: float) -> None:
    wire = scene.wires[DATABASES]
    wire.slowness_seconds = SLOW_MILLISECONDS / 1_000
    scene.injected["wires slow"] += 1
    before, done = scene.accepted(), scene.completed()
    scene.wait(seconds)
    wire.slowness_seconds = 0.0
    if scene.accepted() == before:
        scene.wrong.append(f"nothing was accepted with databases {SLOW_MILLISECONDS} ms away")
    if not within(lambda: scene.completed() > done, GOES_ON_SECONDS):
        scene.wrong.append(f"nothing was completed with databases {SLOW_MILLISECONDS} ms away")


def _no_databases(scene: Scene, how: str, cut: Callable[[], None], seconds: float) -> None:
    """Whoever needs them is told in time, and who needs none is served; then all goes on."""
    cut()
    scene.injected[f"wires {how}"] += 1
    # What was under way was answered before the wire was cut, or will not be.
    scene.wait(0.5)
    before = scene.accepted()
    with _asking(scene) as asked:
        scene.wait(seconds)
        if scene.accepted() > before:
            scene.wrong.append(f"{scene.accepted() - before} were accepted with the wire to databases {how}")
        scene.wires[DATABASES].mend()
        _goes_on(scene, f"the wire to databases was {how}", GOES_ON_SECONDS)
    slowest = max((took for _, took in asked), default=0.0)
    told = [status for status, took in asked if status == 503]
    scene.measured[f"slowest answer with the wire {how}, s"] = round(slowest, 1)
    if slowest > NOTICED_SECONDS:
        scene.wrong.append(f"wire {how}: somebody waited for an answer for {slowest:.1f} s")
    if not told and seconds > NOTICED_SECONDS:
        scene.wrong.append(f"wire {how}: nobody was told to come back, but {sorted({status for status, _ in asked})}")
    if strange := {status for status, _ in asked} - {200, 503}:
        scene.wrong.append(f"wire {how}: answers were {sorted(strange)}")


@contextmanager
def _asking(scene: Scene) -> Iterator[list[tuple[int, float]]]:
    """Somebody who asks for their cart again and again; how each was answered (0: not at all), and after how long."""
    asked: list[tuple[int, float]] = []
    is_over = threading.Event()

    def ask() -> None:
        client = Client(HOST, scene.port, PATIENCE_SECONDS)
        client.authorization = scene.tokens[0]
        while not is_over.wait(0.2):
            began = time.monotonic()
            try:
                status = client.send("GET", f"{API}/carts/mine").status
            except OSError:
                status = 0
            asked.append((status, time.monotonic() - began))
        client.close()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield asked
    finally:
        is_over.set()
        thread.join(2 * PATIENCE_SECONDS)


def _no_limits(scene: Scene) -> None:
    """Nobody signs in who cannot be counted, and is told so; whoever is in goes on."""
    wire = scene.wires[LIMITS]
    wire.cut()
    scene.injected["wires to limits cut"] += 1
    before, began = scene.accepted(), time.monotonic()
    status = _sign_in(scene)
    scene.measured["seconds until a sign-in was told, without limits"] = took = round(time.monotonic() - began, 1)
    if status != 503 or took > LIMITS_NOTICED_SECONDS:
        scene.wrong.append(f"without limits a sign-in was answered {status} after {took:.1f} s")
    if not within(lambda: scene.accepted() > before, GOES_ON_SECONDS):
        scene.wrong.append("buyers who are signed in could not go on without limits")
    wire.mend()
    if not within(lambda: _sign_in(scene) == 201, GOES_ON_SECONDS):
        scene.wrong.append(f"nobody was let in within {GOES_ON_SECONDS:.0f} s of the mended wire to limits")


def _sign_in(scene: Scene) -> int:
    client = Client(HOST, scene.port, PATIENCE_SECONDS)
    try:
        body = encode({"email": goods.email(0), "password": goods.PASSWORD})
        return client.send("POST", f"{API}/sessions", body).status
    except OSError:
        return 0
    finally:
        client.close()


def _no_messages(scene: Scene, seconds: float) -> None:
    """Orders are taken, and worked off when the broker can be heard again."""
    wire, in_hand = scene.wires[MESSAGES], scene.under_way() + IN_HAND
    wire.cut()
    scene.injected["wires to the broker cut"] += 1
    before, done = scene.accepted(), scene.completed()
    scene.wait(seconds)
    taken, sold = scene.accepted() - before, scene.completed() - done
    scene.measured["accepted without the broker"] = taken
    if not taken:
        scene.wrong.append("nothing was accepted while the wire to the broker was cut")
    if sold > in_hand:
        scene.wrong.append(f"{sold} checkouts were completed without the broker: messages go another way")
    wire.mend()
    _goes_on(scene, "the wire to the broker was cut", BROKER_GOES_ON_SECONDS)


def _goes_on(scene: Scene, after: str, seconds: float) -> None:
    """Orders are taken and worked off again."""
    accepted, done, began = scene.accepted(), scene.completed(), time.monotonic()
    if not within(lambda: scene.accepted() > accepted and scene.completed() > done, seconds):
        scene.wrong.append(
            f"{scene.accepted() - accepted} accepted and {scene.completed() - done} completed within {seconds:.0f} s, "
            f"after {after}"
        )
    scene.measured[f"seconds until all went on after {after}"] = round(time.monotonic() - began, 1)


EXPERIMENTS = (
    Experiment(
        name="wires-cut",
        level="L3",
        proves="R06, databases, limits and broker",
        target="the wires between us and PostgreSQL, Redis and Kafka",
        failure="each is slow, loses all packets, both ways or one, and forgets whoever is connected, telling nobody",
        expected="whoever waits is told within seconds, orders wait for the broker, and all goes on by itself",
        rollback="a thread or a worker that waits for ever, or a message that is lost",
        owner="Platform",
        invariants=("I28", "I29", "I30", "I33"),
        inject=wires_cut,
        needs=WIRES,
        seconds=40,
    ),
)
