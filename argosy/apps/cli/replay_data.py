"""Baskets to play, what became of each, and the sum of it beside the file's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from argosy.apps.cli.olist_catalogue import Line, lines_of, offers_of, seller_id_of
from argosy.apps.cli.olist_files import COUNTRY, CURRENCY, Olist
from argosy.contracts.checkout import CheckoutLine
from argosy.contracts.orders import Address
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.money import Money

PAID = frozenset(("PAID", "SHIPPED", "DELIVERED", "CLOSED"))

# Of an order, for each line: variant, quantity, price of a piece, freight of all.
SoldLine = tuple[str, int, int, int]


@dataclass(frozen=True, kw_only=True)
class Basket:
    """One purchase of the data set; `buyer` is the slot that plays it, in every run the same."""

    order_id: str
    request_id: str
    buyer: int
    lines: tuple[CheckoutLine, ...]
    address: Address
    expected: Mapping[Id, tuple[int, tuple[SoldLine, ...]]]
    """By seller: the total, and the lines."""

    @property
    def total(self) -> int:
        return sum(total for total, _ in self.expected.values())


@dataclass(kw_only=True)
class Played:
    """What became of a basket."""

    basket: Basket
    seconds: float = 0.0
    reason: str = ""
    checkout_id: str = ""
    order_ids: tuple[str, ...] = ()
    line_count: int = 0
    amounts: Counter[str] = field(default_factory=Counter)
    """By currency, from the orders themselves."""


def baskets_of(olist: Olist, buyers: int, run: str, limit: int | None) -> list[Basket]:
    """The data set's baskets, in the file's order."""
    found = []
    for number, (order_id, items) in enumerate(olist.baskets.items()):
        if limit is not None and number >= limit:
            break
        lines = lines_of(items)
        by_seller: dict[str, list[Line]] = {}
        sellers = {line.product_id: item.seller_id for item in items for line in lines_of([item])}
        for line in lines:
            by_seller.setdefault(sellers[line.product_id], []).append(line)
        place = olist.place(order_id)
        found.append(
            Basket(
                order_id=order_id,
                request_id=f"{run}-{order_id}" if run else order_id,
                buyer=number % buyers,
                lines=tuple(
                    CheckoutLine(
                        product_id=line.product_id,
                        variant_id=line.variant_id,
                        quantity=line.quantity,
                        shipping_method=line.method,
                    )
                    for line in lines
                ),
                address=Address(
                    recipient=f"Buyer {number % buyers}",
                    street="Rua do Comercio 1",
                    city=place.city,
                    postal_code=place.postal_code,
                    country=COUNTRY,
                    region=place.state,
                ),
                expected={seller_id_of(seller): _expected(own) for seller, own in by_seller.items()},
            )
        )
    return found


def last_listed(olist: Olist) -> Id:
    """The product that an import lists last: where it is in the shop, all are."""
    product_id, seller_id = list(offers_of(olist))[-1]
    return named_id("olist", "product", product_id, seller_id)


def _expected(lines: Sequence[Line]) -> tuple[int, tuple[SoldLine, ...]]:
    total = sum(line.quantity * (line.price + line.freight) for line in lines)
    return total, tuple(
        sorted((line.variant_id, line.quantity, line.price, line.quantity * line.freight) for line in lines)
    )


def check(played: Played, orders: Iterable[Mapping[str, Any]]) -> None:
    """Lay a purchase's order documents beside the file; what differs is the reason of its failure."""
    found = {order["seller_id"]: order for order in orders}
    expected = played.basket.expected
    for order in found.values():
        played.amounts[order["currency"]] += order["total_amount"]
        played.line_count += len(order["lines"])
    if found.keys() != expected.keys():
        played.reason = "orders of other sellers than in the file"
        return
    for seller_id, (total, lines) in expected.items():
        order = found[seller_id]
        sold = tuple(
            sorted(
                (line["variant_id"], line["quantity"], line["unit_amount"], line["shipping_amount"])
                for line in order["lines"]
            )
        )
        if order["status"] not in PAID:
            played.reason = f"order is {order['status']}"
        elif order["currency"] != CURRENCY or order["total_amount"] != total:
            played.reason = "money differs from the file"
        elif sold != lines:
            played.reason = "lines differ from the file"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A whole play. `loader_share` is how much of one core this program itself took."""

    played: Sequence[Played]
    seconds: float
    loader_share: float
    how: str

    @property
    def is_good(self) -> bool:
        return bool(self.played) and not any(one.reason for one in self.played)

    def summary(self) -> dict[str, Any]:
        """For programs: amounts in minor units, times in seconds."""
        paid = [one for one in self.played if not one.reason]
        times = sorted(one.seconds for one in paid)
        amounts: Counter[str] = Counter()
        for one in self.played:
            amounts.update(one.amounts)
        expected = {CURRENCY: sum(one.basket.total for one in self.played)}
        return {
            "ok": self.is_good,
            "how": self.how,
            "baskets": len(self.played),
            "paid": len(paid),
            "orders_per_basket": {
                str(orders): number for orders, number in sorted(Counter(len(one.order_ids) for one in paid).items())
            },
            "orders": sum(len(one.order_ids) for one in paid),
            "lines": sum(one.line_count for one in paid),
            "money": dict(amounts),
            "money_in_file": expected,
            "failures": dict(Counter(one.reason for one in self.played if one.reason).most_common()),
            "seconds": round(self.seconds, 3),
            "checkouts_per_second": round(len(paid) / max(self.seconds, 1e-9), 1),
            "journey_p50_seconds": round(_quantile(times, 0.50), 4),
            "journey_p99_seconds": round(_quantile(times, 0.99), 4),
            "loader_share_of_a_core": round(self.loader_share, 3),
        }

    def rows(self) -> list[tuple[str, str]]:
        """The same for people."""
        told = self.summary()
        rows = [("baskets", f"{told['baskets']:,}"), ("paid", f"{told['paid']:,}")]
        rows += [
            (f"  with {orders} order{'' if orders == '1' else 's'}", f"{number:,}")
            for orders, number in told["orders_per_basket"].items()
        ]
        rows += [("orders", f"{told['orders']:,}"), ("lines", f"{told['lines']:,}")]
        for currency in sorted({**told["money"], **told["money_in_file"]}):
            here, file = told["money"].get(currency, 0), told["money_in_file"].get(currency, 0)
            verdict = "to the cent" if here == file else f"{Money(here - file, currency)} apart"
            rows.append((f"money, {currency}", f"{Money(here, currency)} in orders"))
            rows.append(("", f"{Money(file, currency)} in the file: {verdict}"))
        rows += [(f"failed: {reason}", f"{number:,}") for reason, number in told["failures"].items()]
        rows += [
            ("time", f"{told['seconds']:.1f} s"),
            ("checkouts/s", f"{told['checkouts_per_second']:,}"),
            ("journey p50", f"{told['journey_p50_seconds'] * 1000:,.0f} ms"),
            ("journey p99", f"{told['journey_p99_seconds'] * 1000:,.0f} ms"),
            ("this program", f"{told['loader_share_of_a_core']:.0%} of a core"),
        ]
        return rows


def _quantile(ordered: Sequence[float], part: float) -> float:
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)] if ordered else 0.0
