"""Discounts at rest: each took off what was promised of what the ones before it left, for whom it was promised, and
not more often than promised. Worked out anew from what the makers of the rules asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from argosy.domains.orders.domain.order import DiscountSnapshot, Order, OrderItem
from argosy.domains.orders.domain.purchase import Purchase
from argosy.domains.promotions.domain.promotion import FREE_DELIVERY, Promotion
from argosy.domains.promotions.domain.redemption import RELEASED, RESERVED, Redemption
from argosy.simulation.facts import Facts, Rule
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.violation import Violation
from argosy.simulation.scheduler import HOUR, microseconds
from argosy.simulation.shop import GOLD, GOLD_BUYERS, PLATFORM, WELCOME

NEWS = 12 * HOUR
"""Longer than anybody is kept from the news that somebody has ordered."""

Items = dict[str, list[OrderItem]]


class Bought(NamedTuple):
    """One purchase, with the lines of all its orders and the seller of each."""

    purchase: Purchase
    lines: list[tuple[Order, OrderItem]]

    @property
    def currency(self) -> str:
        return self.lines[0][0].currency

    def by_rule(self) -> dict[str, Counter[int]]:
        """What each rule, by its code or name, took off each line."""
        found: dict[str, Counter[int]] = {}
        for _, item in self.lines:
            for part in item.product_snapshot.discount_parts:
                found.setdefault(_rule_of(part), Counter())[item.line_no] += part.amount
        return found


def discounts(place: Marketplace, facts: Facts, items: Items) -> Iterator[Violation]:
    uses: dict[str, list[Redemption]] = {}
    for use in place.store("promotions").all(Redemption):
        if use.coupon_id is not None:
            uses.setdefault(use.flow_id, []).append(use)
    lines: dict[str, list[tuple[Order, OrderItem]]] = {}
    for order in place.store("orders").all(Order):
        lines.setdefault(order.purchase_id, []).extend([(order, item) for item in items.get(order.id, ())])
    for purchase in place.store("orders").all(Purchase):
        if purchase.order_count:
            bought = Bought(purchase, lines.get(purchase.id, []))
            if any(item.discount_amount or item.product_snapshot.delivery_parts for _, item in bought.lines):
                yield from _as_noted(bought, uses.get(purchase.flow_id, []), facts)
                yield from _as_promised(bought, uses.get(purchase.flow_id, []), facts)
            yield from _as_named(bought, facts)
    yield from _to_whom(place, lines)
    yield from _units(place, facts)


def _rule_of(part: DiscountSnapshot) -> str:
    return part.code or part.explanation.partition(":")[0]


def _as_noted(bought: Bought, uses: list[Redemption], facts: Facts) -> Iterator[Violation]:
    """A line is cheaper by the sum of its parts, and what a use took off stands with the use."""
    for _, item in bought.lines:
        parts = sum(part.amount for part in item.product_snapshot.discount_parts)
        if parts != item.discount_amount:
            what = f"is {item.discount_amount} cheaper, its parts say {parts}"
            yield Violation("I21", f"checkout {bought.purchase.flow_id} line {item.line_no}", what)
    taken, noted = Counter[str](), Counter[str]()
    for name, of_lines in bought.by_rule().items():
        taken[name] = of_lines.total()
    for use in uses:
        noted[use.code or facts.deals[use.coupon_id or ""]] += use.discount_amount
    for name in sorted(taken.keys() | noted.keys()):
        rule = facts.rule(name)
        is_limited = rule is not None and (not rule.is_promotion or rule.terms.is_first_order or rule.units_max)
        if is_limited and taken[name] != noted[name]:
            what = f"{name} took {taken[name]} off, its use says {noted[name]}"
            yield Violation("I21", f"checkout {bought.purchase.flow_id}", what)


def _as_promised(bought: Bought, uses: list[Redemption], facts: Facts) -> Iterator[Violation]:
    """Rule by rule in the order of levels: item and store discounts of sellers, their coupons, selected coupons, the
    platform's coupons, its promotions. The total of each to half a minor unit."""
    where = f"checkout {bought.purchase.flow_id}"
    left = {item.line_no: item.quantity * item.price_snapshot for _, item in bought.lines}
    taken = bought.by_rule()
    pieces = {facts.deals.get(use.coupon_id or "", use.code): use.quantity for use in uses}
    for name in sorted(taken, key=lambda name: (_level(facts.rule(name)), name)):
        rule = facts.rule(name)
        if rule is None:
            yield Violation("I21", where, f"{name} took something off, and nobody made such a rule")
            continue
        if not rule.counts_in(bought.currency):
            yield Violation("I21", where, f"{name} took something off a purchase in {bought.currency}")
        matching = [item for order, item in bought.lines if _is_for(rule, order, item)]
        base = sum(left[item.line_no] for item in matching)
        counted = base
        if rule.units_max:
            counted, drawn = 0, pieces.get(name, 0)
            for item in sorted(matching, key=lambda item: item.line_no):
                counted += left[item.line_no] * min(drawn, item.quantity) // item.quantity
                drawn -= min(drawn, item.quantity)
        exact = counted * rule.basis_points
        if rule.terms.amount:
            exact = min(rule.terms.amount, counted) * 10_000
        if rule.terms.cap_amount:
            exact = min(exact, rule.terms.cap_amount * 10_000)
        total = taken[name].total()
        if abs(total * 10_000 - exact) > 5_000 or base < rule.terms.min_amount:
            yield Violation("I21", where, f"{name} took {total} off where {exact / 10_000} was promised of {base}")
        for number, amount in taken[name].items():
            left[number] -= amount
        if set(taken[name]) - {item.line_no for item in matching} or min(left.values()) < 0:
            yield Violation("I21", where, f"{name} took something off other goods than it is for")


def _as_named(bought: Bought, facts: Facts) -> Iterator[Violation]:
    """Nobody buys with a code that takes nothing off: either it counts, or the purchase is not made. And what is free
    to bring for everybody costs nobody anything."""
    purchase, taken = bought.purchase, bought.by_rule()
    wish = facts.purchases.get((str(purchase.buyer_id), purchase.client_request_id))
    left = {item.line_no: item.quantity * item.price_snapshot - item.discount_amount for _, item in bought.lines}
    for code in wish.command.coupons if wish is not None else ():
        if code not in taken and any(left.values()):
            yield Violation("I21", f"checkout {purchase.flow_id}", f"{code} was named and took nothing off")
    for name, rule in facts.rules.items():
        if not rule.is_promotion or rule.effect != FREE_DELIVERY:
            continue
        if not rule.counts_in(bought.currency):
            if any(_rule_of(part) == name for _, item in bought.lines for part in item.product_snapshot.delivery_parts):
                what = f"{name} brings for nothing what is sold in {bought.currency}"
                yield Violation("I21", f"checkout {purchase.flow_id}", what)
            continue
        # It is decided by what promotions of sellers left, before any coupon: without either, by the prices.
        matching = [item for order, item in bought.lines if _is_for(rule, order, item)]
        reached = sum(item.quantity * item.price_snapshot for item in matching)
        for item in matching:
            is_free = any(_rule_of(part) == name for part in item.product_snapshot.delivery_parts)
            if is_free and (item.shipping_amount or reached < rule.terms.min_amount):
                what = f"pays {item.shipping_amount} for delivery that is free from {rule.terms.min_amount}"
                yield Violation("I21", f"checkout {purchase.flow_id} line {item.line_no}", what)
            if not is_free and not taken and reached >= rule.terms.min_amount and item.shipping_amount:
                what = f"pays {item.shipping_amount} for delivery; {reached} of goods make it free"
                yield Violation("I21", f"checkout {purchase.flow_id} line {item.line_no}", what)


def _to_whom(place: Marketplace, lines: dict[str, list[tuple[Order, OrderItem]]]) -> Iterator[Violation]:
    """A first order is had once and by who has not ordered; what is for a group, by those who are in it."""
    ordered: dict[str, int] = {}
    for order in sorted(place.store("orders").all(Order), key=lambda order: order.created_at):
        stood = order.status not in ("CREATED", "CANCELLED") or order.pay_by is not None
        at = microseconds(order.created_at)
        for _, item in lines[order.purchase_id]:
            names = {_rule_of(part) for part in item.product_snapshot.discount_parts}
            before = ordered.get(order.buyer_id)
            if WELCOME in names and before is not None and before + NEWS + 2 * place.clocks_differ < at:
                yield Violation("I27", f"order {order.id}", f"is cheaper as a first order of {order.buyer_id}")
            if GOLD in names and order.buyer_id not in GOLD_BUYERS:
                yield Violation("I21", f"order {order.id}", f"is cheaper for {GOLD}; its buyer is not one of them")
        if stood:
            ordered.setdefault(order.buyer_id, at)


def _units(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    """Live uses of promotions, beside what their makers allow and beside the promotions' own counters."""
    store = place.store("promotions")
    sold, held, had = Counter[str](), Counter[str](), Counter[tuple[str, str]]()
    for use in store.all(Redemption):
        if use.coupon_id in facts.deals and use.status != RELEASED:
            assert use.coupon_id is not None
            (held if use.status == RESERVED else sold)[use.coupon_id] += use.quantity
            had[use.coupon_id, str(use.user_id)] += 1
    for id, name in facts.deals.items():
        rule, row = facts.rules[name], store.rows.get(Promotion, {}).get(id)
        if 0 < rule.units_max < sold[id] + held[id]:
            yield Violation("I27", f"promotion {name}", f"has sold {sold[id] + held[id]} units of {rule.units_max}")
        if isinstance(row, Promotion) and (row.units_reserved, row.units_sold) != (held[id], sold[id]):
            what = f"counts {row.units_reserved} and {row.units_sold} units; its uses say {held[id]} and {sold[id]}"
            yield Violation("I27", f"promotion {name}", what)
        for (promotion_id, buyer_id), times in had.items():
            if promotion_id == id and rule.terms.is_first_order and times > 1:
                yield Violation("I27", f"promotion {name}", f"was had {times} times by {buyer_id}")


def _level(rule: Rule | None) -> int:
    if rule is None:
        return 9
    if rule.is_promotion:
        return 8 if rule.funded_by == PLATFORM else 0 if rule.terms.product_ids else 1
    if rule.funded_by != PLATFORM:
        return 2
    return 3 if rule.terms.product_ids else 4


def _is_for(rule: Rule, order: Order, item: OrderItem) -> bool:
    if rule.funded_by not in (PLATFORM, order.seller_id):
        return False
    return not rule.terms.product_ids or item.product_id in rule.terms.product_ids
