"""How long a web write waits on SQLite while a worker in another process is never idle.

    python -m benchmarks.fairness

Commands from outside, as the web runs them: a line into a cart, and the start of a checkout. Measured first with no
worker, then beside one that works off a backlog without a pause.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import count, islice
from typing import Any

from argosy.contracts.carts import AddToCart
from argosy.engine.work import Actor
from benchmarks.place import completed, marketplace
from benchmarks.results import parser, percentile, tell
from benchmarks.workers import Workers

PAUSE_SECONDS = 0.005
LOOK_EVERY = 20
WRITES_ALONE = 400


class Web:
    """One thread of a web process: two kinds of commands in turn, with the time that each took."""

    def __init__(self, place: Any) -> None:
        from benchmarks.reference import baskets

        self.place = place
        self.milliseconds: dict[str, list[float]] = {"cart": [], "checkout": []}
        self._baskets = baskets(f"web{time.time()}", place.ids)

    def write(self) -> None:
        basket = next(self._baskets)
        actor, line = Actor(id=basket.buyer_id, roles=frozenset({"buyer"})), basket.lines[0]
        self._timed(
            "cart",
            "carts",
            AddToCart(product_id=line.product_id, variant_id=line.variant_id, quantity=line.quantity),
            actor,
        )
        self._timed("checkout", "checkout", basket, actor)

    def _timed(self, what: str, label: str, command: Any, actor: Actor) -> None:
        began = time.perf_counter()
        self.place.outside(label).run(command, actor)
        self.milliseconds[what].append((time.perf_counter() - began) * 1000)
        time.sleep(PAUSE_SECONDS)

    def result(self, suffix: str) -> dict[str, float]:
        """And begin anew."""
        together = self.milliseconds["cart"] + self.milliseconds["checkout"]
        found = {
            f"p50_ms{suffix}": percentile(together, 0.5),
            f"p99_ms{suffix}": percentile(together, 0.99),
            f"max_ms{suffix}": max(together),
            f"cart_p99_ms{suffix}": percentile(self.milliseconds["cart"], 0.99),
            f"checkout_p99_ms{suffix}": percentile(self.milliseconds["checkout"], 0.99),
        }
        self.milliseconds = {"cart": [], "checkout": []}
        return found


def measure(place: Any, backlog: int) -> dict[str, float]:
    from benchmarks.reference import baskets, send

    send(place, "checkout", list(islice(baskets(f"backlog{time.time()}", place.ids), backlog)))
    web = Web(place)
    for _ in range(min(WRITES_ALONE, backlog) // 2):
        web.write()
    alone = web.result("_alone")
    before = completed(place)
    with Workers([list(place.contexts)]) as crew:
        crew.go()
        for number in count():
            web.write()
            if number % LOOK_EVERY == 0:
                crew.check()
                if completed(place) - before >= backlog:
                    break
    writes = len(web.milliseconds["cart"]) * 2
    return {"writes": writes, **web.result(""), **alone}


def main(arguments: Sequence[str] | None = None) -> None:
    made = parser(__doc__)
    made.add_argument("--backlog", type=int, default=0, help="checkouts to be worked off meanwhile (8000)")
    made.add_argument("--runs", type=int, default=0, help="(3; 1 with --quick)")
    options = made.parse_args(arguments)
    with marketplace() as place:
        results = [
            measure(place, options.backlog or (500 if options.quick else 8_000))
            for _ in range(options.runs or (1 if options.quick else 3))
        ]
    tell(options, results)


if __name__ == "__main__":
    main()
