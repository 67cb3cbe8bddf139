"""Whole journeys over HTTP for goods that two promotions take something off, beside those for goods without any.

    python -m benchmarks.promoted

As benchmarks.http, in turns on one marketplace: every journey has tax and a coupon, and every other turn buys goods
that two promotions are for, which both apply.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from argosy.contracts.promotions import CreatePromotion, PromotionTerms
from benchmarks.http import Buyer, reference_lines, run, sign_ins
from benchmarks.place import marketplace
from benchmarks.results import parser, tell
from benchmarks.shop import Shop, register


def promote(place: Any) -> None:
    """Two of the platform's promotions, for the goods at even places."""
    from benchmarks.reference import PRODUCTS_PER_SELLER, SELLERS, product_id, send

    ids = tuple(product_id(seller, place) for seller in SELLERS for place in range(0, PRODUCTS_PER_SELLER, 2))
    ends_at = datetime.now(UTC) + timedelta(days=1)
    terms = (
        PromotionTerms(effect="percentage", basis_points=500, product_ids=ids),
        PromotionTerms(effect="percentage", basis_points=300, product_ids=ids, priority=1),
    )
    commands = [CreatePromotion(name=f"No. {n}", terms=one, ends_at=ends_at) for n, one in enumerate(terms)]
    send(place, "promotions", list(commands))


def promoted_lines(number: int) -> tuple[dict[str, Any], ...]:
    return reference_lines(number * 2)


def plain_lines(number: int) -> tuple[dict[str, Any], ...]:
    return reference_lines(number * 2 + 1)


def in_turns(crowd: Sequence[Buyer], journeys: int, turns: int) -> dict[str, float]:
    rates: dict[str, list[float]] = {"plain": [], "promoted": []}
    for turn in range(turns):
        for name, lines_of in (("plain", plain_lines), ("promoted", promoted_lines)):
            for buyer in crowd:
                buyer.lines_of = lines_of
            rates[name].append(run(crowd, journeys, f"{name}-{turn}-{time.time()}")["per_second"])
    plain, promoted = statistics.median(rates["plain"]), statistics.median(rates["promoted"])
    return {"per_second": plain, "per_second_promoted": promoted, "slower_percent": (plain / promoted - 1) * 100}


def main(arguments: Sequence[str] | None = None) -> None:
    made = parser(__doc__)
    made.add_argument("--buyers", type=int, default=32)
    made.add_argument("--journeys", type=int, default=0, help="of each buyer in a turn (15; 2 with --quick)")
    made.add_argument("--turns", type=int, default=0, help="of each kind (5; 1 with --quick)")
    options = made.parse_args(arguments)
    threading.stack_size(256 * 1024)
    with marketplace() as place:
        register(place, options.buyers)
        promote(place)
        with Shop() as shop:
            crowd = [Buyer(shop.server, number) for number in range(options.buyers)]
            sign_ins(crowd)
            journeys, turns = (
                options.journeys or (2 if options.quick else 15),
                options.turns or (1 if options.quick else 5),
            )
            result = in_turns(crowd, journeys, turns)
            for buyer in crowd:
                buyer.close()
    tell(options, [result])


if __name__ == "__main__":
    main()
