"""What benchmarks say: a line per run for people, JSON for programs; and how calm the machine was."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Mapping, Sequence

Result = Mapping[str, float]

CALIBRATION_LOOPS = 3_000_000


def parser(description: str | None) -> argparse.ArgumentParser:
    """Arguments that every benchmark takes."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--quick", action="store_true", help="a short run, to see that it works")
    made.add_argument("--json", action="store_true", help="the results as JSON, one array")
    return made


def tell(options: argparse.Namespace, runs: Sequence[Result]) -> None:
    """All runs at once, as asked for."""
    if options.json:
        print(json.dumps(runs), flush=True)
        return
    for result in runs:
        print("  ".join(f"{key}={value:,.1f}" for key, value in result.items()), flush=True)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def calibration() -> float:
    """Seconds of processor time for a fixed loop: a machine that is shared or throttled takes longer."""
    began, number = time.process_time(), 0
    for step in range(CALIBRATION_LOOPS):
        number = (number * 31 + step) & 0xFFFF_FFFF
    return time.process_time() - began


def load_average() -> float:
    """How many processes wanted a processor in the last minute."""
    return os.getloadavg()[0]


def two_cores() -> None:
    """The figures are for two cores: this process and its children keep to two, where there are more."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 2:
        os.sched_setaffinity(0, cores[:2])
