"""A worker that sleeps longer than its lease, and wakes up when another has taken over."""

from __future__ import annotations

import signal
import time

from argosy.apps.chaos.calm import rows
from argosy.apps.chaos.experiment import Experiment
from argosy.apps.chaos.programs import Program
from argosy.apps.chaos.scene import Scene, within
from argosy.platform.crash_points import SIGNAL, VARIABLE

TAKEN_OVER_SECONDS = 10.0
PATIENCE_SECONDS = 20.0
STOPS_AT = "call.collected"
SLEEPS = "payments"


def asleep(scene: Scene) -> None:
    """It stops itself when the gateway has answered and nothing of that is written; another takes its context over; it
    wakes and writes."""
    scene.web()
    sleeper = scene.worker(SLEEPS, {VARIABLE: f"{STOPS_AT}:{scene.chance.randint(10, 40)}", SIGNAL: "STOP"})
    if not within(lambda: _held_by(scene, sleeper), PATIENCE_SECONDS):
        scene.wrong.append("the first worker did not begin")
        return
    rival = scene.worker()
    with scene.buying():
        if not within(lambda: f"stops at {STOPS_AT}" in sleeper.text, PATIENCE_SECONDS):
            scene.wrong.append("the worker did not fall asleep")
            return
        began = time.monotonic()
        scene.injected["workers put to sleep"] += 1
        if not within(lambda: _held_by(scene, rival), PATIENCE_SECONDS):
            scene.wrong.append(f"nobody took over within {PATIENCE_SECONDS:.0f} s")
        taken = time.monotonic() - began
        scene.measured["seconds until another took over"] = round(taken, 1)
        if taken > TAKEN_OVER_SECONDS:
            scene.wrong.append(f"another took over after {taken:.1f} s, not within {TAKEN_OVER_SECONDS:.0f} s")
        before = scene.accepted()
        scene.wait(max(scene.seconds - taken, 2.0))
        if scene.accepted() == before:
            scene.wrong.append("nothing was accepted while it slept")
        sleeper.signal(signal.SIGCONT)
        scene.wait(3.0)
    refused = sleeper.text.count("_leases: 0 of 1 rows were as expected")
    scene.measured["writes of the sleeper refused by its lease"] = refused
    if not refused:
        scene.wrong.append("what the sleeper wrote under its old lease was not refused for that")
    scene.check_alive(sleeper)


def _held_by(scene: Scene, program: Program) -> bool:
    """Whether the context's lease is this process's."""
    prefix = scene.place.stores[SLEEPS].prefix
    held = rows(scene.place, SLEEPS, f"SELECT holder FROM {prefix}_leases WHERE name = ?", SLEEPS)
    return bool(held) and held[0][0].split(":")[1] == str(program.process.pid)


EXPERIMENTS = (
    Experiment(
        name="asleep-worker",
        level="L1",
        proves="R02",
        target="the worker of payments",
        failure="SIGSTOP for longer than its lease, with answers of the gateway that are not written; then SIGCONT",
        expected="another takes its context over within 10 s; what the sleeper writes is refused by the database",
        rollback="a write under an old lease is accepted",
        owner="Platform",
        invariants=("I30", "I35"),
        inject=asleep,
        seconds=12,
        is_short=True,
        short_seconds=10,
    ),
)
