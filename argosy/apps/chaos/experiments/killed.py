"""Processes that are killed: at random, in the middle of a batch, one context's alone, and all that carry messages."""

from __future__ import annotations

import time

from argosy.apps.chaos.experiment import Experiment
from argosy.apps.chaos.programs import Program
from argosy.apps.chaos.scene import Scene, within
from argosy.platform.crash_points import VARIABLE

DIES_WITHIN_SECONDS = 15.0
WORKED_OFF_SECONDS = 10.0
REPLAYED = 200


def at_random(scene: Scene) -> None:
    """Worker and web, each in turn, at moments that are drawn."""
    running: dict[str, Program] = {"web": scene.web(), "worker": scene.worker()}
    with scene.buying():
        until, turn = time.monotonic() + scene.seconds, 0
        while scene.goes_on(until) or turn < 2:
            scene.wait(scene.chance.uniform(1.0, 3.5))
            name = ("worker", "web")[turn % 2]
            turn += 1
            scene.kill(running[name])
            running[name] = scene.worker() if name == "worker" else scene.web()


def in_mid_batch(scene: Scene) -> None:
    """Each worker dies with some statements of a commit done."""
    scene.web()
    with scene.buying():
        until, rounds = time.monotonic() + scene.seconds, 0
        while scene.goes_on(until) or rounds < 2:
            rounds += 1
            works = scene.worker(environment={VARIABLE: f"commit.between_statements:{scene.chance.randint(20, 400)}"})
            give_up = time.monotonic() + DIES_WITHIN_SECONDS
            while works.is_alive and time.monotonic() < give_up:
                scene.wait(0.05)
            if works.is_alive:
                scene.wrong.append(f"a worker had no batch to die in within {DIES_WITHIN_SECONDS:.0f} s")
                return
            scene.programs.remove(works)
            works.kill()
            scene.injected["workers killed in mid-batch"] += 1


def orders_mid_payment(scene: Scene) -> None:
    """Orders' worker dies while money is taken, stays away, and hears everything again when it is back."""
    everybody = [label for label in scene.place.contexts if label != "orders"]
    scene.web()
    scene.worker(",".join(everybody))
    orders = scene.worker("orders")
    with scene.buying():
        until = time.monotonic() + scene.seconds
        while scene.goes_on(until) or not scene.injected["workers killed"]:
            scene.wait(2.0)
            scene.kill(orders)
            scene.wait(2.5)
            _hear_again(scene)
            orders = scene.worker("orders")


def _hear_again(scene: Scene) -> None:
    """Cursors of orders go back: what it was told is told to it again."""
    store = scene.place.stores["orders"]
    raw = store.dialect.raw()
    found = raw.execute(
        f"UPDATE {store.prefix}_cursors SET position = max(position - {REPLAYED}, 0) WHERE subscription = 'orders'"
    )
    scene.injected["lanes told again"] += found.rowcount


def bus(scene: Scene) -> None:
    """Nothing carries messages: no worker lives. Orders are taken all the same, and worked off when one is back."""
    scene.web()
    works = scene.worker()
    with scene.buying():
        scene.wait(1.5)
        scene.kill(works)
        before = scene.accepted()
        scene.wait(max(scene.seconds - 4.0, 3.0))
        taken = scene.accepted() - before
        scene.measured["accepted while nothing carried messages"] = taken
        if not taken:
            scene.wrong.append("nothing was accepted while no worker lived")
        done = scene.completed()
        works = scene.worker()
        if not within(lambda: scene.completed() > done, WORKED_OFF_SECONDS):
            scene.wrong.append(f"nothing was worked off within {WORKED_OFF_SECONDS:.0f} s of a worker's return")


EXPERIMENTS = (
    Experiment(
        name="random-kills",
        level="L1",
        proves="R01",
        target="worker and web",
        failure="SIGKILL of each in turn, at moments that are drawn",
        expected="requests cut off are sent again and answered once; another process goes on from the databases",
        rollback="an answer other than 2xx, 503 or a cut, or two answers to one key",
        owner="Platform",
        invariants=("I20", "I24", "I29", "I30"),
        inject=at_random,
        seconds=20,
        is_short=True,
        short_seconds=6,
    ),
    Experiment(
        name="killed-mid-batch",
        level="L1",
        proves="R07",
        target="worker",
        failure="ended by the kernel, as when memory runs out, between two statements of a commit",
        expected="the batch is rolled back and worked off again, with one effect",
        rollback="an effect without its message, or a message without its effect",
        owner="Platform",
        invariants=("I30", "I31", "I32"),
        inject=in_mid_batch,
    ),
    Experiment(
        name="orders-killed-mid-payment",
        level="L2",
        proves="scenario 1",
        target="orders",
        failure="its worker is killed while payments capture, stays away, and then hears its messages again",
        expected="the capture stands, the order follows by the message, nobody is charged twice",
        rollback="a second charge, or a capture whose order does not follow",
        owner="Money + Orders",
        invariants=("I17", "I18", "I20", "I30"),
        inject=orders_mid_payment,
        is_short=True,
        short_seconds=4,
    ),
    Experiment(
        name="bus-outage",
        level="L3",
        proves="scenario 4",
        target="everything that carries messages",
        failure="no worker lives while orders are placed",
        expected="orders are accepted and kept in the outboxes; they are worked off when a worker is back",
        rollback="an order is refused or lost",
        owner="Platform",
        invariants=("I28", "I29", "I33"),
        inject=bus,
        is_short=True,
        short_seconds=7,
    ),
)
