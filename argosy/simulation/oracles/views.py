"""Views at rest: what a rebuild of the same logs makes, and what their sources say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from argosy.domains.checkout.domain.session import CheckoutSession
from argosy.domains.inventory.domain.stock import StockItem
from argosy.domains.orders.domain.order import Order
from argosy.engine.consumer import Consumer
from argosy.read_models.cart_summary.projector import CartSummary
from argosy.read_models.catalogue.projector import StockUnitLevel
from argosy.read_models.checkout_progress.projector import CheckoutProgress
from argosy.read_models.order_history.projector import OrderSummary
from argosy.simulation.contexts import Part
from argosy.simulation.facts import Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.violation import Violation
from argosy.simulation.scheduler import SimulatedClock
from argosy.simulation.shop import ALL_GOODS
from argosy.simulation.store import SimulatedStore

REBUILT_IN = 4
"""One seed in so many makes its views anew and compares every row."""


def views(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    yield from _as_their_sources(place)
    for number, part in enumerate(part for part in place.parts.values() if part.is_view):
        if (place.seed + number) % REBUILT_IN == 0:
            yield from _as_rebuilt(place, part)


_FROM_THE_FIRST = {goods.stock_unit_id for goods in ALL_GOODS}


def _as_their_sources(place: Marketplace) -> Iterator[Violation]:
    shown_orders = place.parts["order_history"].store.rows.get(OrderSummary, {})
    for order in place.store("orders").all(Order):
        shown = shown_orders.get(order.id)
        if not isinstance(shown, OrderSummary) or (shown.status, shown.total_amount) != (
            order.status,
            order.total_amount,
        ):
            yield Violation("I38", f"order {order.id}", f"is {order.status}, and is not shown so")
    shown_checkouts = place.parts["checkout_progress"].store.rows.get(CheckoutProgress, {})
    for session in place.store("checkout").all(CheckoutSession):
        progress = shown_checkouts.get(session.id)
        if not isinstance(progress, CheckoutProgress) or progress.status != session.status:
            yield Violation("I38", f"checkout {session.id}", f"is {session.status}, and is not shown so")
    levels = place.parts["catalogue"].store.rows.get(StockUnitLevel, {})
    left: Counter[str] = Counter()
    for item in place.store("inventory").all(StockItem):
        left[item.stock_unit_id] += item.promisable
    for unit_id, available in left.items():
        level = levels.get(unit_id)
        if level is None and not available and unit_id not in _FROM_THE_FIRST:
            continue  # Of what was listed and never bought in nothing was told.
        if not isinstance(level, StockUnitLevel) or min(level.available, 11) != min(available, 11):
            what = f"has {available} left, and is shown with {level.available if level else 0}"  # type: ignore[attr-defined]
            yield Violation("I38", f"stock unit {unit_id}", what)


def _as_rebuilt(place: Marketplace, part: Part) -> Iterator[Violation]:
    """A second reading from the beginning, in one go. Titles and prices in carts are copies of their day."""
    again = SimulatedStore(part.label, (), place.scheduler, place.faults)
    logs = {label: other.store.log for label, other in place.parts.items() if not other.is_view}
    consumer = Consumer(part.participant, again, logs, SimulatedClock(place.scheduler), subscription=part.label)
    while consumer.step():
        pass
    for kind in sorted({*again.rows, *part.store.rows}, key=lambda kind: kind.__name__):
        live, made = part.store.rows.get(kind, {}), again.rows.get(kind, {})
        for id in sorted(live.keys() | made.keys()):
            here, there = live.get(id), made.get(id)
            if here is None or there is None:
                yield Violation("I38", f"{kind.__name__} {id}", "is not in both" if here is None else "is not rebuilt")
            elif isinstance(here, CartSummary) and isinstance(there, CartSummary):
                if here.facts != there.facts:
                    yield Violation("I38", f"{kind.__name__} {id}", "differs from its rebuild")
            elif {**here.__dict__, "version": 0} != {**there.__dict__, "version": 0}:
                yield Violation("I38", f"{kind.__name__} {id}", "differs from its rebuild")
