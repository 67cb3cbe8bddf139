"""Currencies: everything about a purchase is in the one that its buyer meant, at prices that its sellers asked in it.

Money of one currency never counts in another: of each, balances, books and the gateway's own are laid beside each other
by the oracles of credit, of the ledger and of money.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from argosy.contracts.products import LinesQuoted
from argosy.domains.checkout.domain.session import CheckoutSession
from argosy.domains.orders.domain.order import Order
from argosy.domains.orders.domain.order_status import CLOSED, DELIVERED, PAID, SHIPPED
from argosy.domains.orders.domain.purchase import Purchase
from argosy.domains.payments.domain.ledger import Ledger
from argosy.domains.payments.domain.payment import NO_CURRENCY, PaymentIntent
from argosy.domains.payments.domain.refund import Refund
from argosy.domains.products.domain.offer import Offer
from argosy.engine.store import Changes
from argosy.read_models.order_history.projector import OrderSummary, SellerDashboard
from argosy.simulation.facts import Asked, Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.credit import captures_of
from argosy.simulation.oracles.violation import Violation
from argosy.simulation.scheduler import SECOND
from argosy.simulation.shop import CURRENCY, SECOND_CURRENCY
from argosy.simulation.store import SimulatedStore

ASLEEP = 60 * SECOND
"""Longer than a worker sleeps in the middle of a unit of work."""


class _Shown(msgspec.Struct):
    currency: str


_READ = msgspec.json.Decoder(_Shown)


class Abroad:
    """At every quote: nothing is priced in the second currency but what is sold in it just then, and at that price."""

    def __init__(self, place: Marketplace, facts: Facts) -> None:
        self.place = place
        self.facts = facts

    def watch(self, store: SimulatedStore, changes: Changes) -> None:
        for record in changes.records:
            if record.wire_name == LinesQuoted.wire_name and record.message.currency == SECOND_CURRENCY:
                self.place.jobs.counts["quoted in another currency"] += 1
                for line in record.message.lines:
                    self._look(line)

    def _look(self, line: Any) -> None:
        now = self.place.scheduler.time
        asked = self.facts.abroad.get(line.variant_id, [])
        counts = {one.amount for one in asked if one.until is None or one.until + ASLEEP >= now}
        if line.currency != SECOND_CURRENCY or line.unit_amount not in counts:
            what = f"was priced at {line.unit_amount} {line.currency}; {counts} is asked for it in {SECOND_CURRENCY}"
            self.place.broken("I70", f"offer {line.variant_id}", what)


def currencies(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    if not facts.abroad:
        return
    meant = _meant(place, facts)
    yield from _purchases(place, meant)
    yield from _payments(place, meant)
    yield from _offers(place, facts)


def _meant(place: Marketplace, facts: Facts) -> dict[str, str]:
    """By checkout: the currency that its buyer named, or saw it priced in."""
    found: dict[str, str] = {}
    for purchase in facts.purchases.values():
        for checkout_id in purchase.answered:
            found[checkout_id] = purchase.currency or CURRENCY
    for session in place.store("checkout").all(CheckoutSession):
        found.setdefault(session.id, CURRENCY)
    return found


def _purchases(place: Marketplace, meant: dict[str, str]) -> Iterator[Violation]:
    for session in place.store("checkout").all(CheckoutSession):
        if session.currency not in ("", meant[session.id]):
            yield Violation("I22", f"checkout {session.id}", f"is in {session.currency}, meant in {meant[session.id]}")
    flows: dict[str, str] = {}
    earned: Counter[tuple[str, str]] = Counter()
    for purchase in place.store("orders").all(Purchase):
        flows[purchase.id] = purchase.flow_id
        if purchase.order_count and purchase.currency != meant[purchase.flow_id]:
            what = f"is in {purchase.currency}, meant in {meant[purchase.flow_id]}"
            yield Violation("I22", f"purchase {purchase.id}", what)
    shown = place.parts["order_history"].store.rows.get(OrderSummary, {})
    for order in place.store("orders").all(Order):
        currency, row = meant[flows[order.purchase_id]], shown.get(order.id)
        place.jobs.counts["sold in another currency"] += currency != CURRENCY and not order.is_called_off
        if order.currency != currency:
            yield Violation("I22", f"order {order.id}", f"is in {order.currency}, meant in {currency}")
        if isinstance(row, OrderSummary) and _READ.decode(row.body).currency != currency:
            yield Violation("I38", f"order {order.id}", f"is not shown in {currency}, as it was meant")
        if order.status in (PAID, DELIVERED, SHIPPED, CLOSED):
            earned[order.seller_id, currency] += order.total_amount
    for seller in place.parts["order_history"].store.all(SellerDashboard):
        shown_as = Counter({seller.currency: seller.revenue, **seller.other_revenue})
        for currency in (CURRENCY, SECOND_CURRENCY):
            if shown_as[currency] != earned[seller.id, currency]:
                what = f"is shown {shown_as[currency]} {currency}, and has earned {earned[seller.id, currency]}"
                yield Violation("I38", f"seller {seller.id}", what)


def _payments(place: Marketplace, meant: dict[str, str]) -> Iterator[Violation]:
    """Payments and refunds, and what of them is in the books and was asked of the gateway."""
    store, due = place.store("payments"), dict[str, str]()
    flows = {str(purchase.id): str(purchase.flow_id) for purchase in place.store("orders").all(Purchase)}
    for intent in store.all(PaymentIntent):
        flow_id = intent.flow_id if intent.flow_id in meant else flows.get(str(intent.purchase_id), "")
        currency = due[intent.id] = meant.get(flow_id, CURRENCY)
        due |= dict.fromkeys(captures_of(intent), currency)
        if intent.currency not in (currency, NO_CURRENCY):
            yield Violation("I22", f"payment {intent.id}", f"is in {intent.currency}, meant in {currency}")
    for refund in store.all(Refund):
        currency = due[refund.id] = due[refund.payment_intent_id]
        if refund.currency != currency:
            yield Violation("I22", f"refund {refund.id}", f"is in {refund.currency}, meant in {currency}")
    for _, entry in store.parts(Ledger, "entries"):
        if due.get(entry.transaction_id, entry.currency) != entry.currency:
            what = f"books {entry.currency} for {entry.kind} in {due[entry.transaction_id]}"
            yield Violation("I08", f"ledger transaction {entry.transaction_id}", what)


def _offers(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    """At rest each thing costs abroad what its seller asked for last, or is not sold there."""
    for offer in place.store("products").all(Offer):
        *_, last = facts.abroad.get(offer.id, [Asked(None, 0)])
        charged = offer.price_in(SECOND_CURRENCY)
        if (charged.amount if charged is not None else None) != last.amount:
            what = f"costs {charged} in {SECOND_CURRENCY}; its seller asked for {last.amount}"
            yield Violation("I70", f"offer {offer.id}", what)
        if offer.currency != CURRENCY:
            yield Violation("I70", f"offer {offer.id}", f"has become one in {offer.currency}")
