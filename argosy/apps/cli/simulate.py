"""`argosy simulate`: thirty days of buying in a second, while everything goes wrong that can."""

from __future__ import annotations

import argparse
import time
from typing import Any

from argosy.apps.cli.console import Failed, complain, count, progress, say

VIOLATED = 1
SEED_MAX = 2**31

HELP = """\
Runs the real contexts, sagas, engine and views in one process on virtual time: storage, transport, gateway, clocks and
people are simulated, and the seed decides every interleaving and every fault. Afterwards everything must come to rest,
and every invariant hold. The same seed gives the same bytes. The exit status is 0 where all hold, 1 where one does not.
"""
EPILOG = """\
examples:
  argosy simulate --seed 7                  one run
  argosy simulate --seeds 1-1000 --jobs 2   many
  argosy simulate --seed 7 --trace          the story of one purchase of it
  argosy simulate --seed 7 --shrink         where it fails: the smallest run that still does
"""


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=HELP, epilog=EPILOG)
    which = command.add_mutually_exclusive_group()
    which.add_argument("--seed", metavar="N", type=_seed, default=1, help="which run (default: 1)")
    which.add_argument("--seeds", metavar="FIRST-LAST", type=_seeds, help="many runs")
    command.add_argument("--jobs", metavar="N", type=_jobs, default=1, help="processes for --seeds (default: 1)")
    command.add_argument("--json", action="store_true", help="for programs")
    command.add_argument(
        "--trace",
        metavar="CHECKOUT",
        nargs="?",
        const="",
        help="tell a purchase's story: by number, id, or the longest",
    )
    command.add_argument("--shrink", action="store_true", help="look for fewer actors and faults that still fail")
    command.add_argument("--buyers", metavar="N,N", type=_numbers, help="only these buyers (from 0)")
    command.add_argument("--rushes", metavar="N,N", type=_numbers, help="only these rushes (from 0)")
    command.add_argument("--without", metavar="FAULT,FAULT", type=_faults, help="leave these faults out")
    command.add_argument("--only-faults", metavar="FAULT,FAULT", type=_faults, help="leave all others out")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.seeds is not None:
        if options.trace is not None or options.shrink or options.buyers or options.rushes:
            raise Failed("--trace, --shrink, --buyers and --rushes are for one seed")
        return _run_many(options)
    from argosy.simulation.report import as_json, lines_of
    from argosy.simulation.run import simulate

    plan = _plan(options)
    if options.trace is not None:
        return _tell(plan, options.trace)
    began = time.process_time()
    outcome = simulate(plan)
    complain(f"seed {plan.seed} took {time.process_time() - began:.2f} s of CPU")
    if options.shrink:
        return _shrink(outcome, is_json=options.json)
    if options.json:
        say(as_json(outcome))
    else:
        for line in lines_of(outcome):
            say(line)
    return 0 if outcome.is_sound else VIOLATED


def _run_many(options: argparse.Namespace) -> int:
    from argosy.simulation.report import Summary
    from argosy.simulation.seeds import outcomes_of

    summary = Summary()
    began = time.monotonic()
    with progress("seeds", len(options.seeds)) as step:
        for outcome in outcomes_of(options.seeds, options.jobs, _without(options)):
            summary.add(outcome)
            if not outcome.is_sound:
                complain(f"seed {outcome.plan.seed} breaks {outcome.violations[0]}")
            step(1)
    seconds = time.monotonic() - began
    complain(f"{count(summary.seeds, 'seed')} took {seconds:.1f} s on {count(options.jobs, 'process', 'processes')}")
    if options.json:
        say(summary.as_json())
    else:
        for line in summary.lines():
            say(line)
    return VIOLATED if summary.failed else 0


def _tell(plan: Any, which: str) -> int:
    from argosy.simulation.tracing import NoSuchPurchase, story_of

    try:
        lines = story_of(plan, which)
    except NoSuchPurchase as unknown:
        raise Failed(str(unknown)) from None
    for line in lines:
        say(line)
    return 0


def _shrink(outcome: Any, *, is_json: bool) -> int:
    from argosy.simulation.report import as_json, lines_of
    from argosy.simulation.shrink import Shrinking

    if outcome.is_sound:
        say(f"seed {outcome.plan.seed} breaks nothing: there is nothing to shrink")
        return 0
    shrinking = Shrinking(outcome)
    smallest = shrinking.shrink()
    if is_json:
        say(as_json(smallest))
    else:
        plan = smallest.plan
        say(f"{shrinking.tried} runs; {len(plan.buyers)} buyers in {len(plan.rushes)} rushes still break it")
        for line in lines_of(smallest):
            say(line)
    return VIOLATED


def _plan(options: argparse.Namespace) -> Any:
    from argosy.simulation.run import BUYERS, RUSHES, Plan

    buyers = options.buyers if options.buyers is not None else range(BUYERS)
    rushes = options.rushes if options.rushes is not None else range(RUSHES)
    for name, numbers, most in (("buyers", buyers, BUYERS), ("rushes", rushes, RUSHES)):
        if any(number >= most for number in numbers):
            raise Failed(f"--{name} are numbered 0 to {most - 1}")
    return Plan(options.seed, tuple(buyers), tuple(rushes), _without(options))


def _without(options: argparse.Namespace) -> tuple[str, ...]:
    from argosy.simulation.faults import KINDS

    if options.only_faults is not None:
        return tuple(kind for kind in KINDS if kind not in options.only_faults)
    return options.without or ()


def _seed(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > SEED_MAX:
        raise argparse.ArgumentTypeError(f"a seed is a number from 0 to {SEED_MAX}, not {text[:40]!r}")
    return int(text)


def _seeds(text: str) -> range:
    first, dash, last = text.partition("-")
    try:
        found = range(_seed(first), _seed(last if dash else first) + 1)
    except argparse.ArgumentTypeError:
        found = range(0)
    if not found:
        raise argparse.ArgumentTypeError(f"seeds are a range such as 1-1000, not {text[:40]!r}")
    return found


def _jobs(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError(f"jobs are from 1 to 64, not {text[:40]!r}")
    return int(text)


def _numbers(text: str) -> tuple[int, ...]:
    words = text.split(",")
    if not all(word.isascii() and word.isdigit() for word in words):
        raise argparse.ArgumentTypeError(f"numbers with commas between, not {text[:40]!r}")
    return tuple(sorted({int(word) for word in words}))


def _faults(text: str) -> tuple[str, ...]:
    from argosy.simulation.faults import KINDS

    words = tuple(filter(None, (word.strip() for word in text.split(","))))
    unknown = [word for word in words if word not in KINDS]
    if unknown:
        raise argparse.ArgumentTypeError(f"there is no fault {unknown[0][:40]!r}; there are: {', '.join(KINDS)}")
    return words
