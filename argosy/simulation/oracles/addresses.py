"""Where orders go at rest: where their buyers were told that they go, and nowhere else; and so it is shown."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from argosy.contracts.orders import Address
from argosy.domains.orders.domain.order import Order
from argosy.domains.orders.domain.purchase import Purchase
from argosy.read_models.order_history.projector import OrderSummary
from argosy.simulation.facts import Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.violation import Violation


class _Shown(msgspec.Struct):
    address: Address


_READ = msgspec.json.Decoder(_Shown)


def addresses(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    """What everybody else bought goes where they said."""
    purchases = place.store("orders").all(Purchase)
    wishes = {one.id: (str(one.buyer_id), one.client_request_id) for one in purchases}
    shown = place.parts["order_history"].store.rows.get(OrderSummary, {})
    for order in place.store("orders").all(Order):
        wish = facts.purchases.get(wishes[order.purchase_id])
        if wish is None or order.buyer_id in facts.forgotten:
            continue
        meant, moved = wish.command.address, facts.moved_to.get(order.id)
        streets = {meant.street} if moved is None else {moved.asked} if moved.is_told else {moved.asked, meant.street}
        goes = (order.address.country, order.address.region, order.address.city)
        if order.address.street not in streets or goes != (meant.country, meant.region, meant.city):
            what = f"goes to {order.address.street}; its buyer was told {sorted(streets)}"
            yield Violation("I21", f"order {order.id}", what)
        row = shown.get(order.id)
        if moved is not None and isinstance(row, OrderSummary) and _READ.decode(row.body).address != order.address:
            yield Violation("I38", f"order {order.id}", "goes elsewhere than is shown")
