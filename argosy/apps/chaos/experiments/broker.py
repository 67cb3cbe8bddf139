"""The broker is away while orders are placed, and has forgotten everything when it is back."""

from __future__ import annotations

import shutil
import time

from argosy.apps.chaos.experiment import BROKER, Experiment
from argosy.apps.chaos.scene import Scene, within
from argosy.apps.cli.services import Kafka

GOES_ON_SECONDS = 60.0
SETTLES_SECONDS = 1.5
PAUSE_SECONDS = 0.4
"""Of each buyer: not so many that the web has more under way than it takes."""
IN_HAND = 10
"""So many checkouts more than those under way may have had all of their messages when the broker went."""


def broker_down(scene: Scene) -> None:
    """It stops, and comes back as it was; then it stops again, is wiped, and comes back empty."""
    broker = scene.broker
    assert broker is not None
    scene.web()
    scene.worker()
    scene.load.pause_seconds = PAUSE_SECONDS
    with scene.buying():
        if not within(lambda: scene.completed() > 0, scene.calm_seconds):
            scene.wrong.append("nothing was sold over the broker")
            return
        for what in ("stopped", "wiped"):
            _away(scene, broker, what)


def _away(scene: Scene, broker: Kafka, what: str) -> None:
    """It goes for half of the time; orders are taken meanwhile, and worked off when it is back."""
    in_hand = scene.under_way() + IN_HAND
    broker.stop()
    scene.injected[f"brokers {what}"] += 1
    scene.wait(SETTLES_SECONDS)
    before, done = scene.accepted(), scene.completed()
    scene.wait(max(scene.seconds / 2 - SETTLES_SECONDS, 2.0))
    taken, sold = scene.accepted() - before, scene.completed() - done
    scene.measured[f"accepted while it was {what}"] = taken
    if not taken:
        scene.wrong.append(f"nothing was accepted while the broker was {what}")
    if sold > in_hand:
        scene.wrong.append(f"{sold} checkouts were completed while the broker was {what}: messages go another way")
    if what == "wiped":
        shutil.rmtree(broker.folder / "data")
    broker.start()
    began, done = time.monotonic(), scene.completed()
    if not within(lambda: scene.completed() > done, GOES_ON_SECONDS):
        scene.wrong.append(f"nothing was worked off within {GOES_ON_SECONDS:.0f} s of the {what} broker's return")
    scene.measured[f"seconds from its return until work went on, {what}"] = round(time.monotonic() - began, 1)
    if not within(lambda: scene.under_way() <= taken // 2 + IN_HAND, scene.calm_seconds):
        scene.wrong.append(f"{scene.under_way()} checkouts still wait {scene.calm_seconds:.0f} s after it was {what}")


EXPERIMENTS = (
    Experiment(
        name="broker-down",
        level="L3",
        proves="R04",
        target="the broker that carries messages (Kafka)",
        failure="stopped while orders are placed; then stopped again, wiped, and started empty",
        expected="orders are accepted, outboxes wait and drain; after a wipe all that was not heard is sent again",
        rollback="a message is lost or applied twice",
        owner="Platform",
        invariants=("I28", "I29", "I30"),
        inject=broker_down,
        needs=BROKER,
        seconds=16,
    ),
)
