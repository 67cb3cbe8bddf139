"""How many checkouts a second the engine completes, and what each costs in queries, commits, messages and rows.

    python -m benchmarks.engine --checkouts 2000 [--workers 2] [--latency 100]

Durable stores, all projections, due-work calls and timers; the test gateway answers at once unless --gateway-ms says
otherwise. Checkouts are started beforehand; the clock runs from the first batch until the last is completed.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

PARTS = (("checkout", "products", "promotions", "taxes", "shipping", "carts"),
         ("orders", "payments", "inventory", "search", "accounts"))


def prepare(var: Path, gateway_ms: int) -> Any:
    """A fresh marketplace with the reference catalogue."""
    os.environ["ARGOSY_VAR"] = str(var)
    os.environ["ARGOSY_TEST_GATEWAY_LATENCY_MS"] = str(gateway_ms)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from argosy.platform.runtime import runtime
    from benchmarks.reference import seed
    from tests.marketplace import migrate_all

    migrate_all()
    place = runtime()
    seed(place)
    return place


def completed(place: Any) -> int:
    store = place.stores["checkout"]
    [(count,)] = store.dialect.query("SELECT count(*) FROM checkout_sessions WHERE status = 'COMPLETED'")
    return int(count)


def drain_here(place: Any, checkouts: int, run_name: str) -> dict[str, float]:
    """One worker in this process, with counts."""
    import gc

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
        "checkouts": done, "per_second": done / seconds, "cpu_us": cpu / done * 1e6,
        "worker_thread_cpu_us": own / done * 1e6,
        "queries": (Statistics.queries - counted[0]) / done, "commits": (Statistics.commits - counted[1]) / done,
        "rows": (Statistics.rows_written - counted[2]) / done, "messages": messages / done,
        "undeclared_loads": sum(consumer.undeclared_loads for consumer in worker.consumers)
        + sum(calls.undeclared_loads for calls in worker.calls.values()),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    worker.pool.close()
    worker.listener.close()
    return result


def drain_split(place: Any, checkouts: int, run_name: str, workers: int) -> dict[str, float]:
    """Worker processes, split by context."""
    from benchmarks.reference import baskets, send

    before = completed(place)
    send(place, "checkout", list(islice(baskets(run_name, place.ids), checkouts)))
    parts = [",".join(part) for part in PARTS] if workers == 2 else [",".join(place.contexts)]
    started = time.perf_counter()
    processes = [subprocess.Popen([sys.executable, "-m", "benchmarks.engine", "--as-worker", part]) for part in parts]
    try:
        first = 0.0
        while (done := completed(place) - before) < checkouts:
            if done and not first:
                first = time.perf_counter()
            time.sleep(0.05)
            assert time.perf_counter() - started < 600, f"only {done} of {checkouts} completed"
        seconds = time.perf_counter() - started
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
    return {"checkouts": checkouts, "per_second": checkouts / seconds}


def one_at_a_time(place: Any, checkouts: int) -> dict[str, float]:
    """Milliseconds from start to completed, one checkout alone."""
    import gc

    from argosy.engine.work import SYSTEM
    from argosy.platform.worker import Worker
    from benchmarks.reference import baskets

    worker = Worker(place, place.contexts, pause_seconds=0)
    worker.drain()
    outside = place.outside("checkout")
    outside.committed = worker._committed_in("checkout")
    gc.collect()
    gc.freeze()
    gc.disable()
    times = []
    for command in islice(baskets(f"alone{time.time()}", place.ids), checkouts):
        started = time.perf_counter()
        outside.run(command, SYSTEM)
        target = completed(place)
        while True:
            if not worker.turn():
                if worker.pool.is_idle():
                    break
                worker.listener.wait(0.05)
        times.append((time.perf_counter() - started) * 1000)
        assert completed(place) >= target
    gc.enable()
    times.sort()
    return {"p50_ms": statistics.median(times), "p99_ms": times[int(len(times) * 0.99)], "min_ms": times[0]}


def as_worker(contexts: str) -> None:
    import signal

    import django

    django.setup()
    from argosy.platform.runtime import runtime
    from argosy.platform.worker import Worker

    worker = Worker(runtime(), contexts.split(","))
    worker.report = lambda line: print(line, file=sys.stderr)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    worker.run()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkouts", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=0, help="worker processes; 0 works in this one and counts")
    parser.add_argument("--latency", type=int, default=0, help="checkouts to play one at a time")
    parser.add_argument("--gateway-ms", type=int, default=0)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--as-worker", default="")
    options = parser.parse_args()
    if options.as_worker:
        return as_worker(options.as_worker)
    var = Path(tempfile.mkdtemp(prefix="argosy-bench-"))
    try:
        place = prepare(var, options.gateway_ms)
        for number in range(options.runs):
            name = f"run{number}-{time.time()}"
            if options.latency:
                result = one_at_a_time(place, options.latency)
            elif options.workers:
                result = drain_split(place, options.checkouts, name, options.workers)
            elif options.profile:
                import cProfile
                import pstats

                profile = cProfile.Profile()
                profile.enable()
                result = drain_here(place, options.checkouts, name)
                profile.disable()
                pstats.Stats(profile).sort_stats("tottime").print_stats(40)
            else:
                result = drain_here(place, options.checkouts, name)
            print("  ".join(f"{key}={value:,.1f}" for key, value in result.items()), flush=True)
    finally:
        shutil.rmtree(var, ignore_errors=True)


if __name__ == "__main__":
    main()
