"""How many checkouts a second the engine completes, and what each costs in queries, commits, messages and rows.

    python -m benchmarks.engine [--checkouts 2000] [--workers 2] [--latency 100]

Durable stores, all projections, due-work calls and timers; the test gateway answers at once unless --gateway-ms says
otherwise. Checkouts are started beforehand; the clock runs from the first batch until the last is completed.
"""

from __future__ import annotations

import gc
import resource
import statistics
import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.place import completed, folder, open_marketplace
from benchmarks.results import parser, percentile, tell
from benchmarks.workers import Workers, split

COMPLETED = "checkout.CheckoutCompleted"


def prepare(var: Path, gateway_ms: int) -> Any:
    """A fresh marketplace with the reference catalogue."""
    return open_marketplace(var, gateway_ms)


def drain_here(place: Any, checkouts: int, run_name: str) -> dict[str, float]:
    """One worker in this process, with counts."""
    from argosy.platform.dialects import Statistics
    from argosy.platform.worker import Worker
    from benchmarks.reference import baskets, send

    worker = Worker(place, place.contexts)
    worker.report = lambda line: print(line, file=sys.stderr)
    worker.drain()
    before = completed(place)
    send(place, "checkout", list(islice(baskets(run_name, place.ids), checkouts)))
    heads = {label: store.log.head().id for label, store in place.stores.items()}
    counted = (Statistics.queries, Statistics.commits, Statistics.rows_written)
    gc.collect()
    gc.freeze()
    gc.disable()
    cpu, own, started = time.process_time(), time.thread_time(), time.perf_counter()
    worker.drain(600)
    seconds, cpu, own = time.perf_counter() - started, time.process_time() - cpu, time.thread_time() - own
    gc.enable()
    done = completed(place) - before
    assert done == checkouts, f"{done} of {checkouts} completed"
    messages = sum(store.log.head().id - heads[label] for label, store in place.stores.items())
    result = {
        "checkouts": done,
        "per_second": done / seconds,
        "cpu_us": cpu / done * 1e6,
        "worker_thread_cpu_us": own / done * 1e6,
        "queries": (Statistics.queries - counted[0]) / done,
        "commits": (Statistics.commits - counted[1]) / done,
        "rows": (Statistics.rows_written - counted[2]) / done,
        "messages": messages / done,
        "undeclared_loads": sum(consumer.undeclared_loads for consumer in worker.consumers)
        + sum(calls.undeclared_loads for calls in worker.calls.values()),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    worker.close()
    return result


def drain_split(place: Any, checkouts: int, run_name: str, workers: int) -> dict[str, float]:
    """Worker processes, split by context. They are up and ready before the clock runs."""
    from benchmarks.reference import baskets, send

    before = completed(place)
    send(place, "checkout", list(islice(baskets(run_name, place.ids), checkouts)))
    with Workers(split(place.contexts, workers)) as crew:
        started = time.perf_counter()
        crew.go()
        while (done := completed(place) - before) < checkouts:
            time.sleep(0.05)
            crew.check()
            assert time.perf_counter() - started < 600, f"only {done} of {checkouts} completed"
        seconds = time.perf_counter() - started
    return {"checkouts": checkouts, "per_second": checkouts / seconds}


def one_at_a_time(place: Any, checkouts: int) -> dict[str, float]:
    """Milliseconds from the start to the commit that completes it, one checkout alone."""
    from argosy.engine.work import SYSTEM
    from argosy.platform.worker import Worker
    from benchmarks.reference import baskets

    worker = Worker(place, place.contexts)
    worker.drain()
    outside = place.outside("checkout")
    outside.committed = worker._committed_in("checkout")
    ends: list[float] = []
    _note_completions(worker, ends)
    gc.collect()
    gc.freeze()
    gc.disable()
    times = []
    for command in islice(baskets(f"alone{time.time()}", place.ids), checkouts):
        ends.clear()
        started = time.perf_counter()
        outside.run(command, SYSTEM)
        while worker.turn() or not worker.pool.is_idle():
            if not worker._ready:
                worker.listener.wait(0.0005)
        assert len(ends) == 1, f"{len(ends)} checkouts completed in place of one"
        times.append((ends[0] - started) * 1000)
    gc.enable()
    worker.close()
    return {"p50_ms": statistics.median(times), "p99_ms": percentile(times, 0.99), "min_ms": min(times)}


def _note_completions(worker: Any, ends: list[float]) -> None:
    """The moment of each commit that tells the end of a checkout."""
    for consumer in worker.consumers:
        if consumer.subscription == "checkout":
            ring = consumer.committed

            def committed(changes: Any, ring: Any = ring) -> None:
                ends.extend(time.perf_counter() for record in changes.records if record.wire_name == COMPLETED)
                ring(changes)

            consumer.committed = committed


def profiled(place: Any, checkouts: int, run_name: str) -> dict[str, float]:
    """As `drain_here`, with the functions that it spends its time in on standard error."""
    import cProfile
    import pstats

    profile = cProfile.Profile()
    result = profile.runcall(drain_here, place, checkouts, run_name)
    pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(40)
    return result


def main(arguments: Sequence[str] | None = None) -> None:
    made = parser(__doc__)
    made.add_argument("--checkouts", type=int, default=0, help="in a run (2000; 300 with --quick)")
    made.add_argument("--runs", type=int, default=0, help="(3; 1 with --quick)")
    made.add_argument(
        "--workers", type=int, choices=(0, 1, 2), default=0, help="worker processes; 0 works in this one and counts"
    )
    made.add_argument("--latency", type=int, default=0, help="checkouts to play one at a time")
    made.add_argument("--gateway-ms", type=int, default=0)
    made.add_argument("--profile", action="store_true")
    options = made.parse_args(arguments)
    checkouts = options.checkouts or (300 if options.quick else 2_000)
    results = []
    with folder() as var:
        place = prepare(var, options.gateway_ms)
        for number in range(options.runs or (1 if options.quick else 3)):
            name = f"run{number}-{time.time()}"
            if options.latency:
                results.append(one_at_a_time(place, options.latency))
            elif options.workers:
                results.append(drain_split(place, checkouts, name, options.workers))
            else:
                results.append((profiled if options.profile else drain_here)(place, checkouts, name))
    tell(options, results)


if __name__ == "__main__":
    main()
