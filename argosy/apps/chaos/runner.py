"""Runs experiments, each in a process and a folder of its own, two at a time where that does not spoil what they
measure, and sums up."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import msgspec

from argosy.apps.chaos.experiment import FAILED, PASSED, WAITING, Experiment, Outcome
from argosy.apps.chaos.one import TEMPLATE
from argosy.apps.cli.processes import PARENT

OVERHEAD_SECONDS = 240.0
"""So much longer than its harm an experiment may take: databases, calm and the judges are within."""
LOOK_SECONDS = 0.1

Say = Callable[[str], None]


def run_all(
    experiments: Sequence[Experiment],
    seconds_of: Callable[[Experiment], float],
    seed: int,
    say: Say,
    keep: bool = False,
    jobs: int = 1,
) -> list[Outcome]:
    """What became of each, in their order; those that wait are listed too. Up to `jobs` run side by side, the longest
    first, so that none is left alone at the end; those that want the machine for themselves come last."""
    outcomes = {
        one.name: Outcome(name=one.name, status=WAITING, reason=one.waits_for) for one in experiments if one.waits_for
    }
    to_run = sorted((one for one in experiments if not one.waits_for), key=lambda one: (one.is_alone, -seconds_of(one)))
    running: list[_Run] = []
    with tempfile.TemporaryDirectory(prefix="argosy-chaos-goods-") as folder:
        try:
            while to_run or running:
                while to_run and _has_room(to_run[0], running, jobs):
                    experiment = to_run.pop(0)
                    say(f"{experiment.name}: {experiment.failure} ...")
                    running.append(_Run(experiment, seconds_of(experiment), seed, Path(folder) / "goods", keep))
                time.sleep(LOOK_SECONDS)
                for one in [one for one in running if one.has_ended]:
                    running.remove(one)
                    outcomes[one.experiment.name] = outcome = one.outcome()
                    say(told(outcome))
        finally:
            for one in running:
                one.end()
    return [outcomes[one.name] for one in experiments]


def _has_room(experiment: Experiment, running: Sequence[_Run], jobs: int) -> bool:
    return not running or (len(running) < jobs and not experiment.is_alone)


def run_one(
    experiment: Experiment, seconds: float, seed: int, template: Path | None = None, keep: bool = False
) -> Outcome:
    """One experiment in a process of its own, which ends with this one."""
    run = _Run(experiment, seconds, seed, template, keep)
    try:
        while not run.has_ended:
            time.sleep(LOOK_SECONDS)
        return run.outcome()
    finally:
        run.end()


class _Run:
    """An experiment under way."""

    def __init__(self, experiment: Experiment, seconds: float, seed: int, template: Path | None, keep: bool) -> None:
        self.experiment = experiment
        command = [sys.executable, "-m", "argosy.apps.chaos.one", experiment.name]
        command += ["--seconds", str(seconds), "--seed", str(seed), *(["--keep"] if keep else [])]
        environment = {**os.environ, PARENT: str(os.getpid()), **({TEMPLATE: str(template)} if template else {})}
        self._give_up = time.monotonic() + seconds + OVERHEAD_SECONDS
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `outcome`
        self._complained: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `outcome`
        self._process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=self._complained,
            process_group=0,
        )

    @property
    def has_ended(self) -> bool:
        if self._process.poll() is None and time.monotonic() > self._give_up:
            self.end()
        return self._process.poll() is not None

    def end(self) -> None:
        """At once, if it goes on still."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()

    def outcome(self) -> Outcome:
        """Of one that has ended."""
        said, complained = _whole(self._said), _whole(self._complained)
        try:
            return msgspec.json.decode(said.strip().splitlines()[-1], type=Outcome)
        except (IndexError, msgspec.DecodeError):
            last = complained.decode(errors="replace").strip()[-500:]
            return Outcome(name=self.experiment.name, status=FAILED, faults=[f"it did not end: {last}"])


def _whole(file: IO[bytes]) -> bytes:
    with file:
        file.seek(0)
        return file.read()


def is_sound(outcomes: Sequence[Outcome]) -> bool:
    """Whether nothing failed."""
    return all(outcome.status != FAILED for outcome in outcomes)


def told(outcome: Outcome) -> str:
    """An outcome in lines."""
    lines = [
        f"{outcome.name}: {outcome.status} in {outcome.seconds:.0f} s"
        + (f": {outcome.reason}" if outcome.reason else "")
    ]
    for title, values in (("injected", outcome.injected), ("seen", outcome.seen), ("measured", outcome.measured)):
        if values:
            lines.append(f"  {title}: " + ", ".join(f"{name} {value:g}" for name, value in values.items() if value))
    if outcome.seconds_to_calm is not None:
        lines.append(f"  calm after {outcome.seconds_to_calm:.1f} s")
    lines += [f"  FAULT {fault}" for fault in outcome.faults]
    return "\n".join(lines)


def table(outcomes: Sequence[Outcome]) -> str:
    """The summary, as Markdown: what was injected, how often, what was seen, time to calm, verdict."""
    rows = [("experiment", "injected", "accepted", "told to come back", "cut off", "5xx", "to calm", "verdict")]
    for one in outcomes:
        seen = one.seen
        ran = one.status in (PASSED, FAILED)
        rows.append(
            (
                one.name,
                ", ".join(f"{count} {what}" for what, count in one.injected.items()) if ran else "",
                str(seen.get("accepted", 0)) if ran else "",
                str(seen.get("told to come back", 0)) if ran else "",
                str(seen.get("cut off", 0)) if ran else "",
                str(seen.get("5xx", 0)) if ran else "",
                "" if one.seconds_to_calm is None else f"{one.seconds_to_calm:.1f} s",
                one.status if ran else f"{one.status}: {one.reason}",
            )
        )
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    drawn = [
        "| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    drawn.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(drawn)
