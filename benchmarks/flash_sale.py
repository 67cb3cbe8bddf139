"""A flash sale over HTTP: stock of 50, and 300 buyers press pay at the same moment.

    python -m benchmarks.flash_sale

Exactly 50 purchases are paid, everybody else is clearly refused, nothing answers 5xx, and nobody is charged without an
order: counted from the answers of the API, from the databases, and from the gateway's own book.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from argosy.shared_kernel.codec import encode
from benchmarks.place import marketplace
from benchmarks.results import parser, percentile, tell
from benchmarks.shop import Shop, Shopper, purchase, register, together


class Hunter(Shopper):
    """Wants one piece, and remembers what became of it."""

    progress: dict[str, Any]
    seconds: float

    def press_pay(self, request: bytes) -> None:
        began = time.perf_counter()
        reply = self.send("POST", "/checkouts", request)
        assert reply.status == 202, f"{reply.status}: {reply.body!r}"
        self.progress = self.settled(reply)
        self.seconds = time.perf_counter() - began

    def paid_orders(self) -> int:
        """As the API shows them to the buyer."""
        if self.progress["status"] != "COMPLETED":
            return 0
        orders = [json.loads(self.send("GET", f"/orders/{id}").body) for id in self.progress["order_ids"]]
        return sum(order["status"] == "PAID" for order in orders)


def sell(place: Any, crowd: Sequence[Hunter], name: str, stock: int) -> dict[str, float]:
    """One sale."""
    from benchmarks.reference import scarce

    line = scarce(place, name, stock)
    for hunter in crowd:
        hunter.statuses.clear()
        reply = hunter.send(
            "POST",
            "/carts/mine/lines",
            encode({"product_id": line.product_id, "variant_id": line.variant_id, "quantity": 1}),
        )
        assert reply.status == 200, reply.body
    request = purchase((line,), name)
    began = time.perf_counter()
    together(crowd, lambda hunter: hunter.press_pay(request))
    seconds = time.perf_counter() - began
    failures = Counter(
        (hunter.progress.get("failure") or {}).get("code") for hunter in crowd if hunter.progress["status"] == "FAILED"
    )
    statuses: Counter[int] = sum((hunter.statuses for hunter in crowd), Counter())
    return {
        "buyers": len(crowd),
        "stock": stock,
        "paid": sum(hunter.paid_orders() for hunter in crowd),
        "refused": sum(many for code, many in failures.items() if code),
        **books(place, line.variant_id, crowd),
        "answers_5xx": sum(many for status, many in statuses.items() if status >= 500),
        "seconds": seconds,
        "p99_ms": percentile([hunter.seconds for hunter in crowd], 0.99) * 1000,
        **{f"refused_{code}": many for code, many in failures.items()},
    }


def books(place: Any, unit: str, crowd: Sequence[Hunter]) -> dict[str, float]:
    """What the databases and the gateway's own book say of this sale."""
    from argosy.domains.payments.adapters.outbound.gateways.registry import book_path
    from argosy.domains.payments.adapters.outbound.gateways.test import TestGateway
    from argosy.domains.payments.domain.payment import APPROVED, CAPTURE

    flows = {hunter.progress["checkout_id"]: hunter.progress["status"] for hunter in crowd}
    stores = place.stores
    uuid = stores["orders"].dialect.selected
    paid = {
        row[0]
        for row in stores["orders"].dialect.query(
            f"SELECT {uuid('p.flow_id', 'uuid')} FROM orders o JOIN purchases p ON p.id = o.purchase_id "
            f"WHERE o.status = 'PAID'"
        )
        if row[0] in flows
    }
    flow_of = dict(
        stores["payments"].dialect.query(f"SELECT {uuid('id', 'uuid')}, {uuid('flow_id', 'uuid')} FROM payment_intents")
    )
    gateway = TestGateway(book_path())
    charged = [
        flow_of.get(line.payment_id, "")
        for line in gateway.operations()
        if line.operation == CAPTURE and line.status == APPROVED
    ]
    gateway.close()
    charged = [flow for flow in charged if flow in flows or not flow]
    [(reserved, allocated)] = stores["inventory"].dialect.query(
        f"SELECT reserved, allocated FROM stock_items WHERE {uuid('stock_unit_id', 'uuid')} = ?", (unit,)
    )
    return {
        "paid_in_books": len(paid),
        "charged": len(charged),
        "allocated": allocated,
        "still_reserved": reserved,
        "charged_without_order": sum(flow not in paid for flow in charged),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    made = parser(__doc__)
    made.add_argument("--buyers", type=int, default=0, help="(300; 60 with --quick)")
    made.add_argument("--stock", type=int, default=0, help="(50; 10 with --quick)")
    made.add_argument("--runs", type=int, default=0, help="(3; 1 with --quick)")
    made.add_argument("--gateway-ms", type=int, default=50, help="how long the test gateway takes for an answer (50)")
    options = made.parse_args(arguments)
    buyers, stock = options.buyers or (60 if options.quick else 300), options.stock or (10 if options.quick else 50)
    threading.stack_size(256 * 1024)
    with marketplace() as place:
        register(place, buyers)
        with Shop(options.gateway_ms) as shop:
            crowd = [Hunter(shop.server, number) for number in range(buyers)]
            together(crowd, lambda hunter: hunter.sign_in())
            results = [
                sell(place, crowd, f"{number}-{time.time()}", stock)
                for number in range(options.runs or (1 if options.quick else 3))
            ]
            for hunter in crowd:
                hunter.close()
    tell(options, results)
    for result in results:
        assert result["paid"] == result["paid_in_books"] == result["allocated"] == result["charged"] == stock, result
        assert result["refused"] == buyers - stock, result
        assert not result["answers_5xx"] and not result["charged_without_order"], result


if __name__ == "__main__":
    main()
