"""All figures of docs/performance.md, measured on this machine and laid beside their goals.

    python -m benchmarks.run [--quick] [--only engine,http] [--markdown] [--json]

Each benchmark runs in processes of its own; a figure is the median of its runs. Before each, the load average of the
last minute and the time of a fixed loop are noted: where they differ, the runs do not compare. PostgreSQL is measured
where ARGOSY_POSTGRES names a server; the rest is measured on SQLite all the same. A quick run only shows that
everything works: its figures are no measurements.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.goals import GOALS, JOBS, Goal, Job
from benchmarks.results import Result, calibration, load_average, parser, two_cores

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
SYNCS = 50


def measure(job: Job, *, is_quick: bool, runs: int) -> list[Result]:
    """All runs of one benchmark; empty where it failed, which it says itself."""
    arguments = list(job.arguments)
    if is_quick:
        arguments += ["--quick"]
    elif runs and not job.runs_itself:
        arguments += ["--runs", str(runs)]
    environment = dict(os.environ)
    if not job.is_on_postgres:
        environment.pop("ARGOSY_POSTGRES", None)
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{job.module}", *arguments, "--json"],
        cwd=ROOT,
        check=False,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    said = done.stdout.strip().splitlines()
    if not said:
        return []
    if done.returncode:
        print(f"{job.name}: ended with status {done.returncode}", file=sys.stderr, flush=True)
    found: list[Result] = json.loads(said[-1])
    return found


def machine() -> dict[str, float]:
    """How calm it is now, and how fast."""
    return {"load": load_average(), "loop_seconds": calibration(), "sync_ms": _sync_milliseconds()}


def _sync_milliseconds() -> float:
    """The median time until a page is safely on disk: every commit waits for one."""
    took = []
    with tempfile.TemporaryFile() as probe:
        for _ in range(SYNCS):
            probe.write(b"\0" * 4_096)
            probe.flush()
            began = time.perf_counter()
            os.fdatasync(probe.fileno())
            took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def measure_all(names: Sequence[str], *, is_quick: bool, runs: int) -> dict[str, dict[str, Any]]:
    """By job: the machine before it, and its runs."""
    found: dict[str, dict[str, Any]] = {}
    for number, name in enumerate(names, 1):
        job = JOBS[name]
        if job.is_on_postgres and not os.environ.get("ARGOSY_POSTGRES"):
            print(f"[{number}/{len(names)}] {name}: not measured, ARGOSY_POSTGRES names no server", file=sys.stderr)
            continue
        before = machine()
        print(
            f"[{number}/{len(names)}] {name}: load {before['load']:.1f}, loop {before['loop_seconds']:.2f} s, "
            f"sync {before['sync_ms']:.2f} ms",
            file=sys.stderr,
            flush=True,
        )
        began = time.monotonic()
        results = measure(job, is_quick=is_quick, runs=runs)
        found[name] = {**before, "seconds": time.monotonic() - began, "command": job.command, "runs": results}
    return found


def value_of(goal: Goal, found: Mapping[str, Mapping[str, Any]]) -> float | None:
    """The median of the runs; of what must be exact, the value that is furthest off."""
    runs = [run[goal.field] for run in found.get(goal.job, {}).get("runs", ()) if goal.field in run]
    if not runs:
        return None
    if goal.sign == "=":
        return float(max(runs, key=lambda value: abs(value - goal.required)))
    return float(statistics.median(runs))


def cells(goal: Goal, found: Mapping[str, Mapping[str, Any]], *, is_quick: bool = False) -> list[str]:
    """What, required, goal, measured, and how the machine was."""
    value, job = value_of(goal, found), found.get(goal.job, {})
    bound = (
        f"{goal.sign} {_number(goal.required)} {goal.unit}".strip() if goal.required or goal.sign != ">=" else "told"
    )
    shown = "" if value is None else _number(value)
    if value is not None and not is_quick and not goal.is_met(value):
        shown += " **missed**"
    calm = f"{job['load']:.1f} / {job['loop_seconds']:.2f} s / {job['sync_ms']:.2f} ms" if value is not None else ""
    return [goal.what, bound, "" if goal.goal is None else _number(goal.goal), shown, calm]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:,.1f}"


def print_table(found: Mapping[str, Mapping[str, Any]], *, is_quick: bool) -> None:
    rows = [
        ["", "required", "goal", "measured", "load / loop / sync"],
        *(cells(goal, found, is_quick=is_quick) for goal in GOALS if goal.job in found),
    ]
    widths = [max(len(row[index]) for row in rows) for index in range(5)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def markdown(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The table of docs/performance.md; a figure that was not measured has an empty column."""
    lines = [
        "| figure | required | goal | measured | load / loop / sync before | command |",
        "|---|---|---|---|---|---|",
    ]
    for goal in GOALS:
        lines.append(f"| {' | '.join(cells(goal, found))} | `{JOBS[goal.job].command}` |")
    if found:
        day = datetime.now(UTC).date().isoformat()
        lines += ["", f"Measured on {day}, {os.cpu_count()} cores, Python {sys.version.split()[0]}."]
    return "\n".join(lines)


def write_page(found: Mapping[str, Mapping[str, Any]], page: Path = PAGE) -> None:
    """Replace what stands between the two markers."""
    text = page.read_text()
    before, _, rest = text.partition(BEGIN)
    _, marker, after = rest.partition(END)
    assert marker, f"{page} has no {BEGIN} and {END}"
    page.write_text(f"{before}{BEGIN}\n\n{markdown(found)}\n\n{END}{after}")


def main(arguments: Sequence[str] | None = None) -> int:
    made = parser(__doc__)
    made.add_argument("--only", metavar="A,B", default="", help=f"some of: {', '.join(JOBS)}")
    made.add_argument("--runs", type=int, default=0, help="of each benchmark (each has its own default)")
    made.add_argument("--markdown", action="store_true", help="write the table of docs/performance.md")
    options = made.parse_args(arguments)
    names = [name.strip() for name in options.only.split(",")] if options.only else list(JOBS)
    unknown = [name for name in names if name not in JOBS]
    if unknown:
        made.error(f"--only: there is no {', '.join(unknown)}; there are {', '.join(JOBS)}")
    if options.markdown and options.quick:
        made.error("--markdown: a quick run measures nothing")
    two_cores()
    found = measure_all(names, is_quick=options.quick, runs=options.runs)
    if options.json:
        print(json.dumps({"is_quick": options.quick, "jobs": found}))
    else:
        print_table(found, is_quick=options.quick)
    if options.markdown:
        write_page(found)
    failed = [name for name, job in found.items() if not job["runs"]]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
