"""Orders at rest: sums that add up, prices that were asked, histories that are paths, one purchase for each wish."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from argosy.domains.checkout.domain.quote import Snapshot, hash_of
from argosy.domains.checkout.domain.session import CheckoutDetail
from argosy.domains.orders.domain.order import Order, OrderItem, StatusChange
from argosy.domains.orders.domain.order_status import NOTHING, is_legal
from argosy.domains.orders.domain.purchase import Purchase
from argosy.simulation.facts import Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.discounts import discounts
from argosy.simulation.oracles.violation import Violation
from argosy.simulation.scheduler import microseconds
from argosy.simulation.shop import CURRENCY, SELLER_OF, TAXES

_SNAPSHOT = msgspec.json.Decoder(Snapshot)
_RATES = {(rule.country, rule.region, rule.category): rule for rule in TAXES}


def orders(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    store = place.store("orders")
    items: dict[str, list[OrderItem]] = {}
    for order_id, item in store.parts(Order, "items"):
        items.setdefault(order_id, []).append(item)
    yield from _sums(place, items)
    yield from _lines(place, facts, items)
    yield from _frozen(place, items)
    yield from _histories(place)
    yield from _once(place)
    yield from discounts(place, facts, items)
    yield from _as_shown(place, facts)


def _sums(place: Marketplace, items: dict[str, list[OrderItem]]) -> Iterator[Violation]:
    store = place.store("orders")
    purchases: Counter[str] = Counter()
    for order in store.all(Order):
        lines = items.get(order.id, [])
        total = sum(item.total_amount + item.shipping_amount + item.shipping_tax_on_top for item in lines)
        if not lines or order.total_amount != total:
            yield Violation("I21", f"order {order.id}", f"costs {order.total_amount}, its lines make {total}")
        purchases[order.purchase_id] += order.total_amount
    for purchase in store.all(Purchase):
        if purchase.total_amount != purchases[purchase.id]:
            what = f"costs {purchase.total_amount}, its orders make {purchases[purchase.id]}"
            yield Violation("I21", f"purchase {purchase.id}", what)


def _lines(place: Marketplace, facts: Facts, items: dict[str, list[OrderItem]]) -> Iterator[Violation]:
    """Each line by what its seller asked, what the state takes, and what was taken off."""
    for order in place.store("orders").all(Order):
        at = microseconds(order.created_at) + place.clocks_differ
        for item in items.get(order.id, ()):
            where = f"order {order.id} line {item.line_no}"
            goods = item.quantity * item.price_snapshot - item.discount_amount
            if item.total_amount != goods + item.tax_on_top or item.discount_amount < 0 or goods < 0:
                yield Violation("I21", where, f"costs {item.total_amount}; its parts make {goods + item.tax_on_top}")
            if item.price_snapshot not in _asked(facts, order, item, at):
                yield Violation("I21", where, f"is sold at {item.price_snapshot}, which its seller never asked")
            if SELLER_OF[item.variant_id] != order.seller_id:
                yield Violation("I25", where, f"is not of seller {order.seller_id}")
            wrong = _wrong_tax(order, item, goods)
            if wrong:
                yield Violation("I21", where, wrong)


def _asked(facts: Facts, order: Order, item: OrderItem, at: int) -> set[int | None]:
    """What its seller has asked for it so far, in the currency of the order."""
    if order.currency == CURRENCY:
        return {amount for since, amount in facts.prices[item.variant_id] if since <= at}
    return {one.amount for one in facts.abroad.get(item.variant_id, ()) if one.since <= at}


def _wrong_tax(order: Order, item: OrderItem, goods: int) -> str:
    """Worked out from the rate, to less than one minor unit."""
    country, region = order.address.country, order.address.region
    rule = _RATES.get((country, region, "standard")) or _RATES.get((country, "", "standard"))
    if rule is None:
        return "" if item.tax_amount == 0 else f"is taxed {item.tax_amount} where nothing is taxed"
    part = 10_000 + rule.basis_points if rule.is_inclusive else 10_000
    if abs(item.tax_amount * part - goods * rule.basis_points) >= part:
        return f"is taxed {item.tax_amount} of {goods} at {rule.basis_points}"
    if item.tax_on_top != (0 if rule.is_inclusive else item.tax_amount):
        return f"is {item.tax_on_top} dearer by a tax of {item.tax_amount}"
    return ""


def _frozen(place: Marketplace, items: dict[str, list[OrderItem]]) -> Iterator[Violation]:
    details = place.store("checkout").rows.get(CheckoutDetail, {})
    for purchase in place.store("orders").all(Purchase):
        detail = details.get(purchase.flow_id)
        if not isinstance(detail, CheckoutDetail) or not purchase.order_count:
            continue
        if not hash_of(detail.snapshot.encode()) == detail.snapshot_hash == purchase.snapshot_hash:
            yield Violation("I21", f"purchase {purchase.id}", "is not what was frozen under its hash")
            continue
        snapshot = _SNAPSHOT.decode(detail.snapshot)
        frozen = {
            (draft.order_id, line.line_no, line.quantity, line.unit_amount, line.discount_amount, line.total_amount)
            for draft in snapshot.orders
            for line in draft.lines
        }
        sold = {
            (draft.order_id, item.line_no, item.quantity, item.price_snapshot, item.discount_amount, item.total_amount)
            for draft in snapshot.orders
            for item in items.get(draft.order_id, ())
        }
        if sold != frozen or snapshot.total_amount != purchase.total_amount:
            yield Violation("I21", f"purchase {purchase.id}", "its orders are not what was quoted and frozen")


def _as_shown(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    """Nobody pays another total than they were shown."""
    bought: dict[tuple[str, str], Purchase] = {
        (purchase.buyer_id, purchase.client_request_id): purchase
        for purchase in place.store("orders").all(Purchase)
        if purchase.buyer_id is not None
    }
    for key, wish in facts.purchases.items():
        shown, purchase = wish.command.expected_total, bought.get(key)
        if shown is not None and purchase is not None and purchase.total_amount != shown:
            what = f"costs {purchase.total_amount}; its buyer was shown {shown}"
            yield Violation("I21", f"purchase {purchase.id}", what)


def _histories(place: Marketplace) -> Iterator[Violation]:
    store = place.store("orders")
    paths: dict[str, list[StatusChange]] = {}
    for order_id, step in store.parts(Order, "history"):
        paths.setdefault(order_id, []).append(step)
    for order in store.all(Order):
        here = NOTHING
        for step in paths.pop(order.id, []):
            if step.from_status != here or not is_legal(order.order_type, here, step.to_status):
                what = f"went from {step.from_status or 'nothing'} to {step.to_status}, standing at {here or 'nothing'}"
                yield Violation("I23", f"order {order.id}", what)
            here = step.to_status
        if here != order.status:
            yield Violation("I23", f"order {order.id}", f"is {order.status}, its history ends at {here or 'nothing'}")
    for order_id in paths:
        yield Violation("I23", f"order {order_id}", "has a history and is not there")


def _once(place: Marketplace) -> Iterator[Violation]:
    store = place.store("orders")
    flows = Counter(purchase.flow_id for purchase in store.all(Purchase))
    wishes = Counter(
        (purchase.buyer_id, purchase.client_request_id)
        for purchase in store.all(Purchase)
        if purchase.buyer_id is not None
    )
    for flow_id, times in flows.items():
        if times > 1:
            yield Violation("I24", f"checkout {flow_id}", f"has {times} purchases")
    for wish, times in wishes.items():
        if times > 1:
            yield Violation("I24", f"buyer {wish[0]}", f"has {times} purchases for {wish[1]}")
    placed = Counter(order.purchase_id for order in store.all(Order))
    for purchase in store.all(Purchase):
        if placed[purchase.id] != purchase.order_count:
            what = f"has {placed[purchase.id]} orders of {purchase.order_count}"
            yield Violation("I24", f"purchase {purchase.id}", what)
