"""Whole journeys over HTTP: web, worker and this load generator on the same two cores.

    python -m benchmarks.http [--gateway-ms 50]

Buyers whose sessions are open already add two lines of two sellers to their cart, check out and wait until the
purchase is PAID, again and again. Sign-ins are measured apart, before.
"""

from __future__ import annotations

import gc
import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from argosy.shared_kernel.codec import encode
from benchmarks.place import marketplace
from benchmarks.results import parser, percentile, tell
from benchmarks.shop import Shop, Shopper, purchase, register, together

WARM_UP = 2


class Buyer(Shopper):
    """A shopper who buys the reference basket as often as told."""

    def __init__(self, server: tuple[str, int], number: int) -> None:
        super().__init__(server, number)
        self.number = number
        self.seconds: list[float] = []
        self.lines_of = reference_lines

    def journeys(self, run_name: str, times: int) -> None:
        for turn in range(times):
            lines = self.lines_of(self.number * 1_009 + turn)
            bodies = [encode(line) for line in lines]
            request = purchase(lines, f"{run_name}-{turn}", _coupons())
            began = time.perf_counter()
            self._journey(bodies, request)
            self.seconds.append(time.perf_counter() - began)

    def _journey(self, lines: Sequence[bytes], request: bytes) -> None:
        for line in lines:
            reply = self.send("POST", "/carts/mine/lines", line)
            assert reply.status == 200, reply.body
        reply = self.send("POST", "/checkouts", request)
        assert reply.status == 202, reply.body
        progress = self.settled(reply)
        assert progress["status"] == "COMPLETED", progress


def reference_lines(number: int) -> tuple[dict[str, Any], ...]:
    """Two lines of two sellers, of goods that differ by the number."""
    from benchmarks.reference import PRODUCTS_PER_SELLER, SELLERS, product_id, variant_id

    place = number % PRODUCTS_PER_SELLER
    return tuple(
        {"product_id": product_id(seller, place), "variant_id": variant_id(seller, place), "quantity": 1}
        for seller in SELLERS
    )


def _coupons() -> tuple[str, ...]:
    from benchmarks.reference import COUPON

    return (COUPON,)


def sign_ins(crowd: Sequence[Buyer]) -> dict[str, float]:
    """Every one signs in, all at once."""
    began = time.perf_counter()
    together(crowd, lambda buyer: buyer.sign_in())
    return {"sign_ins_per_second": len(crowd) / (time.perf_counter() - began)}


def run(crowd: Sequence[Buyer], times: int, run_name: str) -> dict[str, float]:
    """All buyers at once, each so many journeys; the first ones are to warm up."""
    together(crowd, lambda buyer: buyer.journeys(f"{run_name}-warm", WARM_UP))
    for buyer in crowd:
        buyer.seconds.clear()
        buyer.statuses.clear()
    gc.collect()
    gc.freeze()
    gc.disable()
    used, began = time.process_time(), time.perf_counter()
    together(crowd, lambda buyer: buyer.journeys(run_name, times))
    seconds, used = time.perf_counter() - began, time.process_time() - used
    gc.enable()
    took = [second for buyer in crowd for second in buyer.seconds]
    statuses: Counter[int] = sum((buyer.statuses for buyer in crowd), Counter())
    return {
        "journeys": len(took),
        "per_second": len(took) / seconds,
        "p50_ms": percentile(took, 0.5) * 1000,
        "p99_ms": percentile(took, 0.99) * 1000,
        "generator_percent": used / seconds * 100,
        "answers_5xx": sum(many for status, many in statuses.items() if status >= 500),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    made = parser(__doc__)
    made.add_argument("--buyers", type=int, default=32)
    made.add_argument("--journeys", type=int, default=0, help="of each buyer in a run (40; 3 with --quick)")
    made.add_argument("--runs", type=int, default=0, help="(3; 1 with --quick)")
    made.add_argument("--gateway-ms", type=int, default=0, help="how long the test gateway takes for an answer (0)")
    options = made.parse_args(arguments)
    threading.stack_size(256 * 1024)
    with marketplace() as place:
        register(place, options.buyers)
        with Shop(options.gateway_ms) as shop:
            crowd = [Buyer(shop.server, number) for number in range(options.buyers)]
            signed_in = sign_ins(crowd)
            results = [
                {**run(crowd, options.journeys or (3 if options.quick else 40), f"{number}-{time.time()}"), **signed_in}
                for number in range(options.runs or (1 if options.quick else 3))
            ]
            for buyer in crowd:
                buyer.close()
    tell(options, results)


if __name__ == "__main__":
    main()
