"""Many seeds, on as many processes as asked for."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context

from argosy.simulation.run import Outcome, Plan, simulate

COLLECT_EVERY = 5
AHEAD = 4
_runs = 0


def outcomes_of(seeds: Iterable[int], jobs: int, without: tuple[str, ...] = ()) -> Iterator[Outcome]:
    """Outcomes in the order of the seeds."""
    plans = (Plan(seed, without=without) for seed in seeds)
    if jobs == 1:
        yield from map(_simulate, plans)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("fork"), initializer=_prepare) as pool:
        waiting = [pool.submit(_simulate, plan) for plan in islice(plans, AHEAD * jobs)]
        while waiting:
            outcome = waiting.pop(0).result()
            waiting += [pool.submit(_simulate, plan) for plan in islice(plans, 1)]
            yield outcome


def _prepare() -> None:
    """Garbage is collected between runs alone, and not looked for in what was there before them."""
    gc.collect()
    gc.freeze()
    gc.disable()


def _simulate(plan: Plan) -> Outcome:
    global _runs  # noqa: PLW0603 - counted per process
    _runs += 1
    outcome = simulate(plan, with_digest=False)
    if _runs % COLLECT_EVERY == 0:
        gc.collect()
    return outcome
