"""What one checkout costs when 1,000 checkouts are in the tables, and when 100,000 are; and the worker's memory then.

    python -m benchmarks.growth [--to 20000]

One worker process fills a marketplace on SQLite up to 100,000 checkouts. A copy of its files is kept from when there
were 1,000. At the end new processes take turns: some checkouts on the small one, some on the large one, so that a
machine that is slower now than before slows both. Costs are the worker thread's processor time and rows written.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from benchmarks.place import folder, open_marketplace
from benchmarks.results import parser, tell

FROM = 1_000
CHUNK = 2_500


def fill(var: Path, checkouts: int, chunk: int) -> dict[str, float]:
    """Work off so many more checkouts, as one worker without a pause, a chunk at a time: the last chunk's cost."""
    from argosy.platform.dialects import Statistics
    from benchmarks.reference import baskets, send

    place = open_marketplace(var)
    from argosy.platform.worker import Worker

    worker = Worker(place, place.contexts)
    worker.report = lambda line: print(line, file=sys.stderr)
    worker.drain(600)
    source = baskets(f"fill{time.time()}", place.ids)
    gc.collect()
    gc.freeze()
    gc.disable()
    result: dict[str, float] = {}
    done = 0
    while done < checkouts:
        many = min(chunk, checkouts - done)
        send(place, "checkout", list(islice(source, many)))
        rows, used = Statistics.rows_written, time.thread_time()
        worker.drain(600)
        result = {"cpu_us": (time.thread_time() - used) / many * 1e6, "rows": (Statistics.rows_written - rows) / many}
        done += many
        print(f"{done:,} of {checkouts:,}: {result['cpu_us']:,.0f} us, {result['rows']:.1f} rows", file=sys.stderr)
    worker.pool.close()
    worker.listener.close()
    return {**result, "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _in_a_process(var: Path, checkouts: int, chunk: int = CHUNK) -> dict[str, float]:
    """`fill` in a process of its own, because a process knows one marketplace."""
    said = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks.growth",
            "--fill",
            str(var),
            "--checkouts",
            str(checkouts),
            "--chunk",
            str(chunk),
        ],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    result: dict[str, float] = json.loads(said)
    return result


def measure(var: Path, until: int, probes: int, probe: int) -> dict[str, float]:
    full, small, copy = var / "full", var / "small", var / "copy"
    _in_a_process(full, FROM)
    shutil.copytree(full, small, ignore=shutil.ignore_patterns("doorbell"))
    filled = _in_a_process(full, until - FROM)
    first: list[dict[str, float]] = []
    last: list[dict[str, float]] = []
    for _ in range(probes):
        shutil.copytree(small, copy, ignore=shutil.ignore_patterns("doorbell"))
        first.append(_in_a_process(copy, probe, probe))
        last.append(_in_a_process(full, probe, probe))
        shutil.rmtree(copy)
    cost = {
        name: statistics.median(result["cpu_us"] for result in results)
        for name, results in (("first", first), ("last", last))
    }
    return {
        "checkouts": until,
        "first_cpu_us": cost["first"],
        "last_cpu_us": cost["last"],
        "growth_percent": (cost["last"] / cost["first"] - 1) * 100,
        "first_rows": first[0]["rows"],
        "last_rows": last[0]["rows"],
        "memory_mb": filled["memory_mb"],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    made = parser(__doc__)
    made.add_argument(
        "--to", type=int, default=0, help="checkouts in the tables at the end (100000; 3000 with --quick)"
    )
    made.add_argument("--fill", type=Path, help=argparse.SUPPRESS)
    made.add_argument("--checkouts", type=int, default=0, help=argparse.SUPPRESS)
    made.add_argument("--chunk", type=int, default=CHUNK, help=argparse.SUPPRESS)
    options = made.parse_args(arguments)
    if options.fill:
        print(json.dumps(fill(options.fill, options.checkouts, options.chunk)))
        return
    until = options.to or (3_000 if options.quick else 100_000)
    with folder() as var:
        tell(options, [measure(var, until, 1 if options.quick else 5, 300 if options.quick else 1_000)])


if __name__ == "__main__":
    main()
