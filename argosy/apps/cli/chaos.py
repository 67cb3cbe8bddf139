"""`argosy chaos`: does harm to a marketplace of its own, and proves that everything holds afterwards."""

from __future__ import annotations

import argparse
import time
from typing import Any

import msgspec

from argosy.apps.cli.console import Failed, complain, count, say

HELP = """\
Runs experiments against real processes on this machine: a marketplace of its own in a temporary folder, buyers who go
on all the time, and the harm that the experiment is about. When it is mended and everything has come to rest, each
accepted checkout, the gateway's own book and every invariant of `argosy doctor` are looked at. The marketplace in
ARGOSY_VAR is not touched. The exit status is 0 where nothing failed; what is not installed is skipped in one line.
"""
EPILOG = """\
examples:
  argosy chaos --list                       every experiment in its template
  argosy chaos random-kills                 one of them
  argosy chaos last-piece --minutes 5       for longer
  argosy chaos all                          all of them (the aim is 15 minutes)
  argosy chaos all --short                  a selection, in about 2 minutes
"""
UNIT_SECONDS = 60.0
JOBS = 2
"""They wait most of the time: for calm, for what is to come back."""


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=HELP, epilog=EPILOG)
    command.add_argument("names", metavar="NAME", nargs="*", help="experiments, or all")
    command.add_argument("--list", action="store_true", help="show the experiments and run none")
    command.add_argument("--minutes", type=_minutes, default=0.0, metavar="M", help="how long each does its harm")
    command.add_argument("--short", action="store_true", help="of all, the short selection")
    command.add_argument("--seed", type=int, default=1, help="of what is drawn by chance (1)")
    command.add_argument("--jobs", type=_jobs, default=JOBS, metavar="N", help=f"experiments side by side ({JOBS})")
    command.add_argument("--keep", action="store_true", help="keep the folder of what fails")
    command.add_argument("--json", action="store_true", help="the outcomes for programs")
    command.set_defaults(run=run)


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes <= 24 * 60:
        raise argparse.ArgumentTypeError(f"{text} is no number of minutes, more than 0 and at most a day")
    return minutes


def _jobs(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 16:
        raise argparse.ArgumentTypeError(f"{text} is no number of experiments, 1 to 16")
    return int(text)


def run(options: argparse.Namespace) -> int:
    from argosy.apps.chaos.catalogue import ALL, NoSuchExperiment, chosen

    if not options.names and not options.list:
        raise Failed("name an experiment, or all; `argosy chaos --list` shows them")
    try:
        experiments = chosen(options.names or [ALL], options.short)
    except NoSuchExperiment as reason:
        raise Failed(str(reason)) from None
    if options.list:
        _show(experiments, options.json)
        return 0
    from argosy.apps.chaos.runner import is_sound, run_all, table
    from argosy.apps.cli.processes import ended_by_signals

    began = time.monotonic()

    def seconds_of(experiment: Any) -> float:
        if options.minutes:
            return float(options.minutes * UNIT_SECONDS)
        return float(experiment.short_seconds if options.short else experiment.seconds)

    with ended_by_signals():
        say_it = _quiet if options.json else say
        outcomes = run_all(experiments, seconds_of, options.seed, say_it, options.keep, options.jobs)
    if options.json:
        say(msgspec.json.encode({"outcomes": outcomes, "sound": is_sound(outcomes)}).decode())
    else:
        say()
        say(table(outcomes))
        say(f"{count(len(outcomes), 'experiment')} in {time.monotonic() - began:.0f} s")
    failed = [outcome.name for outcome in outcomes if outcome.status == "FAILED"]
    if failed:
        complain(f"failed: {', '.join(failed)}")
    return 0 if is_sound(outcomes) else 1


def _quiet(line: str) -> None:
    """Programs read the outcomes alone."""


def _show(experiments: Any, is_json: bool) -> None:
    from argosy.apps.chaos.experiment import LEVELS

    if is_json:
        say(msgspec.json.encode([_template(experiment) for experiment in experiments]).decode())
        return
    for experiment in experiments:
        say(f"{experiment.name}  ({experiment.level}, {LEVELS[experiment.level]}; {experiment.proves})")
        for field, value in list(_template(experiment).items())[3:]:
            if value:
                say(f"  {field:<18} {value}")


def _template(experiment: Any) -> dict[str, str]:
    return {
        "name": experiment.name,
        "level": experiment.level,
        "proves": experiment.proves,
        "target": experiment.target,
        "failure type": experiment.failure,
        "expected behaviour": experiment.expected,
        "rollback criteria": experiment.rollback,
        "owner": experiment.owner,
        "invariants": " ".join(experiment.invariants),
        "needs": experiment.needs,
        "waits for": experiment.waits_for,
    }
