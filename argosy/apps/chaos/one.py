"""One experiment in a process and a folder of its own, which it leaves as they were.

    python -m argosy.apps.chaos.one NAME --seconds 12 [--seed 1] [--keep]

The last line that it writes is the outcome as JSON.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from argosy.apps.chaos.catalogue import EXPERIMENTS
from argosy.apps.chaos.cluster import Cluster, NotInstalled
from argosy.apps.chaos.conditions import GATEWAY_WAY
from argosy.apps.chaos.experiment import FAILED, PASSED, SKIPPED, Experiment, Outcome
from argosy.apps.chaos.services import VARIABLES, Services, services
from argosy.apps.cli.processes import end_with_parent, ended_by_signals

if TYPE_CHECKING:
    from argosy.platform.runtime import Runtime

GATEWAY_MILLISECONDS = 5
GATEWAY_LOSS = 0.02
TEMPLATE = "ARGOSY_CHAOS_TEMPLATE"
"""A name beside which the first experiments of a run leave their goods for the others: those in files, and those on a
server."""


class World(NamedTuple):
    """Databases with goods in them, and the services that an experiment is about."""

    place: Runtime
    services: Services


def main(arguments: list[str] | None = None) -> int:
    end_with_parent()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=sorted(EXPERIMENTS))
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="leave the folder where it fails")
    options = parser.parse_args(arguments)
    experiment = EXPERIMENTS[options.name]
    with ended_by_signals():
        outcome = conduct(experiment, options.seconds or experiment.seconds, options.seed, options.keep)
    sys.stdout.write(msgspec.json.encode(outcome).decode() + "\n")
    return 0 if outcome.status in (PASSED, SKIPPED) else 1


def conduct(experiment: Experiment, seconds: float, seed: int, keep: bool = False) -> Outcome:
    """Do the harm, mend it, and judge; once in a process."""
    began = time.monotonic()
    try:
        with _world(experiment, keep) as world:
            outcome = _conduct(experiment, world, seconds, seed)
            if outcome.status == FAILED and keep:
                outcome.reason = f"its folder is {os.environ['ARGOSY_VAR']}"
    except NotInstalled as reason:
        outcome = Outcome(name=experiment.name, status=SKIPPED, reason=str(reason))
    outcome.seconds = round(time.monotonic() - began, 1)
    return outcome


def _conduct(experiment: Experiment, world: World, seconds: float, seed: int) -> Outcome:
    from argosy.apps.chaos.scene import Scene

    assert experiment.inject is not None
    scene = Scene(world.place, seconds, seed)
    scene.cluster, scene.pooler, scene.broker, scene.wires, _ = world.services
    calm: float | None = None
    try:
        experiment.inject(scene)
        calm = scene.come_to_rest()
        faults = scene.faults()
    except Exception:  # noqa: BLE001 - an experiment that breaks off has failed, and the others go on
        faults = [*scene.wrong, f"broke off: {traceback.format_exc()[-1500:]}"]
    finally:
        scene.load.stop()
        scene.end_all()
    tally = scene.load.tally
    if tally.accepted_seconds:
        slow = sorted(tally.accepted_seconds)
        scene.measured["p99 of accepted, ms"] = round(slow[int(len(slow) * 0.99)] * 1000)
    return Outcome(
        name=experiment.name,
        status=FAILED if faults else PASSED,
        injected=dict(scene.injected),
        seen=dict(sorted(tally.counts.items())),
        measured=scene.measured,
        faults=faults,
        seconds_to_calm=None if calm is None else round(calm, 1),
    )


@contextmanager
def _world(experiment: Experiment, keep: bool) -> Iterator[World]:
    """Databases with goods in them; on a server of its own where the experiment is about one."""
    var = Path(tempfile.mkdtemp(prefix="argosy-chaos-"))
    os.environ["ARGOSY_VAR"] = str(var)
    os.environ[GATEWAY_WAY] = str(var / "gateway.way")
    # A few buyers stand for very many here, whose purchases all wait while something is broken.
    os.environ["ARGOSY_OPEN_HOLDS_MAX"] = "0"
    os.environ["ARGOSY_TEST_GATEWAY_LATENCY_MS"] = str(GATEWAY_MILLISECONDS)
    os.environ["ARGOSY_TEST_GATEWAY_LOSS"] = str(GATEWAY_LOSS)
    for name in VARIABLES:
        os.environ.pop(name, None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    try:
        with services(experiment.needs, var) as running:
            place = _with_goods(var, running)
            os.environ.update(running.wired)
            yield World(place, running)
    finally:
        if not keep:
            shutil.rmtree(var, ignore_errors=True)


def _with_goods(var: Path, running: Services) -> Runtime:
    """A marketplace where there is something to buy; copied from the one before, where there was one."""
    if TEMPLATE not in os.environ:
        return _made()
    template = Path(f"{os.environ[TEMPLATE]}-{'files' if running.cluster is None else 'cluster'}")
    with template.with_suffix(".lock").open("w") as turn:
        # Of those that begin side by side one makes it, and the others wait for it.
        flock(turn, LOCK_EX)
        if not template.is_dir():
            place = _made()
            _keep(template, var, running.cluster)
            return place
    return _copied(template, var, running)


def _made() -> Runtime:
    from argosy.apps.cli.migrate import migrate

    migrate()
    from argosy.apps.chaos.goods import seed
    from argosy.platform.runtime import runtime

    seed(runtime())
    return runtime()


def _keep(template: Path, var: Path, cluster: Cluster | None) -> None:
    """As things are now, for others; there as a whole, or not at all."""
    from django.db import connections

    connections.close_all()
    growing = template.with_suffix(".new")
    if cluster is None:
        shutil.copytree(var, growing)
    else:
        cluster.leave_a_copy(growing)
    growing.rename(template)


def _copied(template: Path, var: Path, running: Services) -> Runtime:
    from argosy.apps.cli.migrate import migrate
    from argosy.apps.cli.project import prepare

    if running.cluster is None:
        shutil.copytree(template, var, dirs_exist_ok=True)
    else:
        running.cluster.become(template)
    if running.pooler is None:
        prepare()
    else:
        # What a session is not to keep is set for its role.
        migrate()
    from argosy.platform.runtime import runtime

    return runtime()


if __name__ == "__main__":
    sys.exit(main())
