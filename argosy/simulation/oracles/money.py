"""Payments at rest, beside the gateway's own book and beside what was bought with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from argosy.domains.checkout.domain.request import PAID_LATER
from argosy.domains.checkout.domain.session import COMPLETED, CheckoutSession
from argosy.domains.orders.domain.order import Order
from argosy.domains.orders.domain.order_status import CANCELLED, PREPAID
from argosy.domains.orders.domain.order_status import REFUNDED as ORDER_REFUNDED
from argosy.domains.payments.domain import refund as refunds
from argosy.domains.payments.domain.capture import TAKEN as TAKEN_PART
from argosy.domains.payments.domain.payment import (
    APPROVED,
    AUTHORIZE,
    BY_CREDIT,
    CAPTURE,
    CAPTURED,
    DECLINED,
    PARTIALLY_REFUNDED,
    REFUND,
    REFUNDED,
    RETURN,
    PaymentIntent,
)
from argosy.domains.payments.domain.receipt import BY_HAND
from argosy.domains.payments.domain.refund import Refund
from argosy.simulation.contexts import captures_by_order
from argosy.simulation.facts import Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.credit import parts_of, spent_of
from argosy.simulation.oracles.stock import LIVE
from argosy.simulation.oracles.violation import Violation

NO_GATEWAY = frozenset({*BY_HAND, BY_CREDIT})
"""What stands where a gateway would, and keeps no book."""

TAKEN = (CAPTURED, PARTIALLY_REFUNDED, REFUNDED)


def money(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    yield from _payments(place)
    yield from _orders_and_payments(place)
    yield from _books_agree(place)
    yield from _buyers_money(place, facts)
    yield from _by_hand(place, facts)
    yield from _order_by_order(place)


def _payments(place: Marketplace) -> Iterator[Violation]:
    store = place.store("payments")
    back: dict[str, Counter[str]] = {}
    for refund in store.all(Refund):
        back.setdefault(refund.payment_intent_id, Counter())[refund.status] += refund.amount
        if refund.is_open or refund.status == refunds.WAITING:
            yield Violation("I40", f"refund {refund.id}", f"is {refund.status} at rest")
    taken, held = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    yield from _told(place, taken, held)
    for intent in store.all(PaymentIntent):
        where = f"payment {intent.id}"
        captured = intent.captured_amount
        if intent.status in TAKEN:
            told = sum(taken[intent.id, reference] for reference in _references(intent))
            asked = captured - spent_of(intent)
            if not 0 <= asked == told <= held[intent.id, intent.authorization_reference] or not captured:
                yield Violation("I14", where, f"captured {captured}, the gateway handed over {told} of {asked}")
        elif captured:
            yield Violation("I14", where, f"is {intent.status} with {captured} captured")
        own = back.get(intent.id, Counter())
        if (intent.refunded_amount, intent.refunding_amount) != (own[refunds.SUCCEEDED], 0):
            what = (
                f"says {intent.refunded_amount} back and {intent.refunding_amount} on its way, its refunds {dict(own)}"
            )
            yield Violation("I15", where, what)
        if intent.pending:
            yield Violation("I40", where, f"waits for {intent.pending} at rest")


def _told(place: Marketplace, taken: Counter[tuple[str, str]], held: Counter[tuple[str, str]]) -> Iterator[Violation]:
    """What the gateway told us, by payment and the gateway's own id."""
    effects: Counter[tuple[str, str]] = Counter()
    for owner, told in place.store("payments").parts(PaymentIntent, "transactions"):
        if told.status == APPROVED:
            if told.type == CAPTURE:
                taken[owner, told.gateway_transaction_id] += told.amount
            elif told.type == AUTHORIZE:
                held[owner, told.gateway_transaction_id] += told.amount
            if told.type in (AUTHORIZE, CAPTURE):
                effects[owner, told.type] += 1
    intents = place.store("payments").rows.get(PaymentIntent, {})
    for (owner, operation), times in effects.items():
        intent = intents[owner]
        assert isinstance(intent, PaymentIntent)
        if times > (max(1, len(intent.captures)) if operation == CAPTURE else 1):
            yield Violation("I20", f"payment {owner}", f"notes {operation} {times} times")


def _references(intent: PaymentIntent) -> list[str]:
    """Under which ids of the gateway it was captured."""
    return [part.reference for part in intent.captures if part.status == TAKEN_PART] or [intent.capture_reference]


def _orders_and_payments(place: Marketplace) -> Iterator[Violation]:
    store = place.store("orders")
    intents = place.store("payments").rows.get(PaymentIntent, {})
    noted: Counter[tuple[str, str, str]] = Counter()
    for order_id, part in store.parts(Order, "payments"):
        noted[order_id, part.payment_id, part.status] += part.amount
    paid: dict[str, list[Order]] = {}
    for order in store.all(Order):
        if order.status not in LIVE or order.order_type != PREPAID:
            continue
        if order.payment_id is None:
            if order.total_amount:
                yield Violation("I17", f"order {order.id}", f"is paid without a payment: {order.total_amount}")
            continue
        paid.setdefault(order.payment_id, []).append(order)
        if noted[order.id, order.payment_id, "CAPTURED"] != order.total_amount:
            yield Violation("I17", f"order {order.id}", "did not note what its payment paid for it")
    for payment_id, orders in paid.items():
        intent = intents.get(payment_id)
        total = sum(order.total_amount for order in orders)
        total += sum(
            order.total_amount
            for order in store.all(Order)
            if order.payment_id == payment_id and order.status == ORDER_REFUNDED
        )
        captured = intent.captured_amount if isinstance(intent, PaymentIntent) else 0
        if captured != total:
            yield Violation("I17", f"payment {payment_id}", f"captured {captured} for live orders of {total}")
        if isinstance(intent, PaymentIntent) and any(order.currency != intent.currency for order in orders):
            yield Violation("I22", f"payment {payment_id}", "is in another currency than its orders")
    for id, intent in intents.items():
        assert isinstance(intent, PaymentIntent)
        if intent.captured_amount > intent.refunded_amount and id not in paid and not kept_by_gateway(place, id):
            what = f"captured {intent.captured_amount} for no live order, and {intent.refunded_amount} is paid back"
            yield Violation("I18", f"payment {id}", what)


def kept_by_gateway(place: Marketplace, payment_id: str) -> bool:
    """Whether the gateway would not pay back: then a person must see to it, and the flow says so."""
    lines = [place.gateway.book[key] for key in place.gateway.by_payment.get(payment_id, ())]
    return any(line.operation == REFUND and line.status == DECLINED for line in lines)


def _books_agree(place: Marketplace) -> Iterator[Violation]:
    """Money taken and given back, one to one by the gateway's own ids."""
    intents = place.store("payments").rows.get(PaymentIntent, {})
    theirs: Counter[tuple[str, str, str, int, str]] = Counter()
    logical: Counter[tuple[str, str]] = Counter()
    for line in place.gateway.book.values():
        if line.status == APPROVED:
            operation = line.key.split(":")[1]
            logical[line.payment_id, ":".join(line.key.split(":")[1:3])] += 1
            if operation in (CAPTURE, REFUND, RETURN):
                theirs[line.payment_id, operation, line.transaction_id, line.amount, line.currency] += 1
    ours = Counter(
        (owner, told.type, told.gateway_transaction_id, told.amount, told.currency)
        for owner, told in place.store("payments").parts(PaymentIntent, "transactions")
        if told.status == APPROVED
        and told.type in (CAPTURE, REFUND, RETURN)
        and told.amount  # What store credit pays wholly is asked of no gateway.
        and intents[owner].gateway not in NO_GATEWAY  # type: ignore[attr-defined]
    )
    for row in sorted((theirs - ours).keys()):
        yield Violation("I19", f"payment {row[0]}", f"the gateway has {row[1:]}; our books do not")
    for row in sorted((ours - theirs).keys()):
        yield Violation("I19", f"payment {row[0]}", f"our books have {row[1:]}; the gateway does not")
    for (payment_id, operation), times in sorted(logical.items()):
        if times > 1:
            yield Violation("I20", f"payment {payment_id}", f"the gateway did {operation} {times} times")


def _by_hand(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    """What was booked as transferred came to the bank, once and whole; what came and was booked is sold or given
    back."""
    orders = place.store("orders").rows.get(Order, {})
    for intent in place.store("payments").all(PaymentIntent):
        if intent.gateway not in BY_HAND:
            continue
        where, came, order = f"payment {intent.id}", facts.transfers.get(str(intent.order_id), 0), intent.order_id
        if intent.captured_amount != came:
            yield Violation("I19", where, f"has booked {intent.captured_amount}; {came} came to the bank")
        row = orders.get(str(order))
        due = came if isinstance(row, Order) and row.status in LIVE else 0
        if intent.captured_amount - intent.refunded_amount != due:
            what = f"keeps {intent.captured_amount - intent.refunded_amount} for an order that {due} is due for"
            yield Violation("I18", where, what)


def _buyers_money(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    """What each buyer is really poorer by: the price of what was sold to them and stands, and nothing else."""
    parts = parts_of(place, facts)
    standing: Counter[str] = Counter()
    for order in place.store("orders").all(Order):
        standing[order.purchase_id] += 0 if order.is_called_off else order.total_amount
    for session in place.store("checkout").all(CheckoutSession):
        kept = {currency: amount for currency, amount in place.gateway.kept(session.payment_id).items() if amount}
        due: dict[str, int] = {}
        if session.needs_payment:
            stands = standing[session.purchase_id] if session.status == COMPLETED else 0
            total = parts.get((session.buyer_id, session.id), (0, stands))[1]
            due = {session.currency: total} if total else {}
        where = f"checkout {session.id}"
        if session.payment_method in PAID_LATER and place.gateway.by_payment.get(session.payment_id):
            yield Violation("I17", where, f"is paid by {session.payment_method}; the gateway was asked for its money")
        if kept != due and not kept_by_gateway(place, session.payment_id):
            yield Violation("I19", where, f"is {session.status}; its buyer is poorer by {kept}, and should be by {due}")
        if any(place.gateway.holds(id) for id in (*session.payments_failed, session.payment_id)):
            yield Violation("I19", where, f"is {session.status}; the gateway still holds its buyer's money")
        if any(place.gateway.kept(id) for id in session.payments_failed if id != session.payment_id):
            yield Violation("I19", where, "has paid by an attempt that had failed")


def _order_by_order(place: Marketplace) -> Iterator[Violation]:
    """Of a purchase of several orders the gateway has taken each apart where the operator wants that, by its own book;
    elsewhere all at once. What store credit pays is taken off the first of them."""
    is_apart = captures_by_order(place.faults)
    totals: dict[str, Counter[int]] = {}
    for order in place.store("orders").all(Order):
        if order.status != CANCELLED and order.total_amount:
            totals.setdefault(order.purchase_id, Counter())[order.total_amount] += 1
    for session in place.store("checkout").all(CheckoutSession):
        if session.status != COMPLETED or not session.needs_payment:
            continue
        lines = [place.gateway.book[key] for key in place.gateway.by_payment.get(session.payment_id, ())]
        taken = Counter(line.amount for line in lines if (line.operation, line.status) == (CAPTURE, APPROVED))
        orders = totals.get(session.purchase_id, Counter())
        by_credit = sum(orders.elements()) - sum(taken.elements())
        if taken.total() > 1:
            place.faults.count("captured by order")
        if not is_apart:
            is_right = taken.total() <= 1
        else:
            is_right = (taken - orders).total() <= bool(by_credit) and (by_credit > 0 or taken == orders)
        if not is_right:
            what = f"was captured as {sorted(taken.elements())}, its orders cost {sorted(orders.elements())}"
            yield Violation("I14", f"checkout {session.id}", what)
