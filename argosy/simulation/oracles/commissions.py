"""Commission: of each sale what counted when it was made, by what the operator was told counts, and never anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from argosy.domains.orders.domain.order import Order
from argosy.domains.payments.application.parts import all_shares
from argosy.domains.payments.domain.payment import PaymentIntent
from argosy.domains.payments.domain.shares import PaidShare
from argosy.engine.store import Changes
from argosy.simulation.facts import Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.violation import Violation
from argosy.simulation.scheduler import SECOND
from argosy.simulation.shop import CATEGORY_OF
from argosy.simulation.store import SimulatedStore

DEFAULT = 500
ASLEEP = 60 * SECOND
"""Longer than a worker sleeps in the middle of a unit of work."""


class Sales:
    """Notes when each payment was shared out, and what the platform took of each order then."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def watch(self, store: SimulatedStore, changes: Changes) -> None:
        now, noted = store.scheduler.time, self.facts.sold
        intents: list[Any] = [*changes.inserts.get(PaymentIntent, ())]
        intents += [intent for intent, _ in changes.updates.get(PaymentIntent, ())]
        for intent in intents:
            shares = all_shares(intent)
            if shares and intent.id not in noted:
                noted[intent.id] = now, {one.order_id: one.commission_amount for one in shares}


def commissions(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    goods: dict[str, Counter[str]] = {}
    for order_id, item in place.store("orders").parts(Order, "items"):
        goods.setdefault(order_id, Counter())[CATEGORY_OF[item.variant_id]] += item.total_amount - item.tax_amount
    slack = ASLEEP if place.faults.rates["worker paused"] else SECOND
    for intent in place.store("payments").all(PaymentIntent):
        if not intent.captured_amount:
            continue
        at, noted = facts.sold[intent.id]
        moments = _moments(facts, at - place.clocks_differ - slack, at + place.clocks_differ)
        for one in intent.shares:
            where = f"payment {intent.id} order {one.order_id}"
            if one.commission_amount != noted[one.order_id]:
                what = f"takes a commission of {one.commission_amount}; it was {noted[one.order_id]} when it was sold"
                yield Violation("I13", where, what)
            parts = goods.get(one.order_id, Counter())
            if parts.total() != one.goods_amount:
                yield Violation("I13", where, f"shares out goods of {one.goods_amount}; {parts.total()} were sold")
            elif not any(_is_right(one, parts, facts, moment) for moment in moments):
                what = f"takes a commission of {one.commission_amount} on {dict(parts)}, which never counted"
                yield Violation("I13", where, what)


def _moments(facts: Facts, begin: int, end: int) -> list[int]:
    """The times between two at which something else may count than before."""
    return [begin, *(rule.since for rule in facts.commissions if begin < rule.since <= end)]


def _is_right(one: PaidShare, parts: Counter[str], facts: Facts, at: int) -> bool:
    """To half a minor unit for each category."""
    exact = sum(amount * _rate(facts, one.seller_id, category, at) for category, amount in parts.items())
    return abs(one.commission_amount * 10_000 - exact) <= 5_000 * len(parts)


def _rate(facts: Facts, seller_id: str, category: str, at: int) -> int:
    """Who is named goes before what, what before all; of two alike the later."""
    best: tuple[int, int, int] | None = None
    rate = DEFAULT
    for rule in facts.commissions:
        if rule.since <= at and rule.seller_id in (None, seller_id) and rule.category in ("", category):
            rank = (rule.seller_id is not None, rule.category != "", rule.since)
            if best is None or rank >= best:
                best, rate = rank, rule.basis_points
    return rate
