"""Decisions a second about one hot SKU: 10,000 checkouts ask for one piece each of 1,000.

    python -m benchmarks.hot_sku

The saga's own command, one from each flow, lies in checkout's log; inventory's own subscription works them off, as its
worker does. Exactly 1,000 pieces are held, 1,000 flows hear so and all others hear that there is too little.
"""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from argosy.contracts.inventory import ReceiveStock, ReserveStock, StockLine
from argosy.engine.work import Cause, UnitOfWork
from argosy.shared_kernel.ids import Id, named_id
from benchmarks.place import marketplace
from benchmarks.results import parser, tell

IN_A_COMMIT = 256


def ask(place: Any, unit: Id, flows: int) -> None:
    """A ReserveStock from each of so many flows, in checkout's log."""
    ids = place.ids
    for first in range(0, flows, IN_A_COMMIT):
        work = UnitOfWork(place.stores["checkout"], place.clock.now())
        for _ in range(min(IN_A_COMMIT, flows - first)):
            flow = ids.new()
            work.begin(Cause(flow, flow, ids))
            work.announce(
                ReserveStock(
                    flow_id=flow,
                    reservation_id=named_id("reservation", flow),
                    expires_at=work.now + timedelta(minutes=15),
                    lines=(StockLine(order_id=ids.new(), stock_unit_id=unit, quantity=1),),
                )
            )
            work.keep()
        work.commit()


def decide(place: Any, worker: Any, name: str, flows: int, stock: int) -> dict[str, float]:
    """One run, with its own SKU."""
    from benchmarks.reference import send

    unit = named_id("bench", "hot", name)
    send(place, "inventory", [ReceiveStock(stock_unit_id=unit, quantity=stock, reference_id=name)])
    worker.drain()
    head = place.stores["inventory"].log.head().id
    ask(place, unit, flows)
    gc.collect()
    gc.freeze()
    gc.disable()
    started = time.perf_counter()
    worker.drain(600)
    seconds = time.perf_counter() - started
    gc.enable()
    return {"per_second": flows / seconds, **_counts(place, unit, head, flows, stock)}


def _counts(place: Any, unit: Id, head: int, flows: int, stock: int) -> dict[str, float]:
    """What was decided, from the answers and from the shelves; not what was asked is an error."""
    dialect = place.stores["inventory"].dialect
    answers = Counter(
        row[0] for row in dialect.query("SELECT event_type FROM inventory_outbox_events WHERE id > ?", (head,))
    )
    held, short = answers["inventory.StockReserved"], answers["inventory.StockShort"]
    [(reserved, available)] = dialect.query(
        f"SELECT reserved, available_quantity FROM stock_items WHERE {dialect.selected('stock_unit_id', 'uuid')} = ?",
        (unit,),
    )
    assert (held, short) == (stock, flows - stock), f"{held} held and {short} refused of {flows} for {stock}"
    assert (reserved, available) == (stock, 0), f"{reserved} reserved and {available} left of {stock}"
    return {"decisions": flows, "held": held, "refused": short}


def main(arguments: Sequence[str] | None = None) -> None:
    made = parser(__doc__)
    made.add_argument("--flows", type=int, default=10_000)
    made.add_argument("--stock", type=int, default=1_000)
    made.add_argument("--runs", type=int, default=0, help="(5; 1 with --quick)")
    options = made.parse_args(arguments)
    with marketplace() as place:
        from argosy.platform.worker import Worker

        worker = Worker(place, ["inventory"])
        decide(place, worker, f"warm-{time.time()}", options.stock // 2, options.stock // 2)
        results = [
            decide(place, worker, f"{number}-{time.time()}", options.flows, options.stock)
            for number in range(options.runs or (1 if options.quick else 5))
        ]
        worker.close()
    tell(options, results)


if __name__ == "__main__":
    main()
