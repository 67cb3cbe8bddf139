"""Runs experiments, each in a process and a folder of its own, one after the other, and sums up."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from argosy.apps.chaos.experiment import FAILED, PASSED, WAITING, Experiment, Outcome
from argosy.apps.chaos.one import TEMPLATE
from argosy.apps.cli.processes import PARENT

OVERHEAD_SECONDS = 240.0
"""So much longer than its harm an experiment may take: databases, calm and the judges are within."""

Say = Callable[[str], None]


def run_all(
    experiments: Sequence[Experiment],
    seconds_of: Callable[[Experiment], float],
    seed: int,
    say: Say,
    keep: bool = False,
) -> list[Outcome]:
    """What became of each; those that wait are listed too."""
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="argosy-chaos-goods-") as folder:
        for experiment in experiments:
            if experiment.waits_for:
                outcomes.append(Outcome(name=experiment.name, status=WAITING, reason=experiment.waits_for))
                continue
            say(f"{experiment.name}: {experiment.failure} ...")
            outcome = run_one(experiment, seconds_of(experiment), seed, Path(folder) / "goods", keep)
            say(told(outcome))
            outcomes.append(outcome)
    return outcomes


def run_one(
    experiment: Experiment,
    seconds: float,
    seed: int,
    template: Path | None = None,
    keep: bool = False,
) -> Outcome:
    """One experiment in a process of its own, which ends with this one."""
    command = [sys.executable, "-m", "argosy.apps.chaos.one", experiment.name]
    command += ["--seconds", str(seconds), "--seed", str(seed), *(["--keep"] if keep else [])]
    environment = {**os.environ, PARENT: str(os.getpid()), **({TEMPLATE: str(template)} if template else {})}
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=0,
    )
    try:
        said, complained = process.communicate(timeout=seconds + OVERHEAD_SECONDS)
    except subprocess.TimeoutExpired:
        process.terminate()
        said, complained = process.communicate()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    try:
        return msgspec.json.decode(said.strip().splitlines()[-1], type=Outcome)
    except (IndexError, msgspec.DecodeError):
        last = complained.decode(errors="replace").strip()[-500:]
        return Outcome(name=experiment.name, status=FAILED, faults=[f"it did not end: {last}"])


def is_sound(outcomes: Sequence[Outcome]) -> bool:
    """Whether nothing failed."""
    return all(outcome.status != FAILED for outcome in outcomes)


def told(outcome: Outcome) -> str:
    """An outcome in lines."""
    lines = [f"  {outcome.status} in {outcome.seconds:.0f} s" + (f": {outcome.reason}" if outcome.reason else "")]
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
