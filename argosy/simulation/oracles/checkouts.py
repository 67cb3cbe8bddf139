"""Checkouts at rest: each has ended, what was given up is undone everywhere, and buyers were told the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from argosy.domains.accounts.domain.user import ERASED, User
from argosy.domains.carts.domain.cart import Cart
from argosy.domains.checkout.application.saga import CheckoutSaga
from argosy.domains.checkout.domain.request import BANK_TRANSFER
from argosy.domains.checkout.domain.session import ABORTED, COMPLETED, CheckoutSession
from argosy.domains.inventory.domain import reservation as reservations
from argosy.domains.orders.domain import order_status
from argosy.domains.orders.domain.order import Order
from argosy.domains.orders.domain.purchase import Purchase
from argosy.domains.payments.domain import payment as payments
from argosy.domains.payments.domain.payment import PaymentIntent
from argosy.domains.promotions.domain.coupon import Coupon
from argosy.domains.promotions.domain.redemption import CONSUMED, RELEASED, BuyerUse, Redemption
from argosy.shared_kernel.codec import decode
from argosy.shared_kernel.saga import COMPENSATED, DONE, FAILED, STUCK, UNDOING, UNDONE
from argosy.simulation.facts import Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.money import kept_by_gateway
from argosy.simulation.oracles.violation import Violation
from argosy.simulation.scheduler import microseconds

_STEPS = tuple(step for stage in CheckoutSaga.stages for step in stage)
_UNDO_OF = {step.undoes.wire_name: step.name for step in _STEPS if step.undoes is not None}
_CAN_BE_UNDONE = frozenset(_UNDO_OF.values())
_MAY_FAIL = frozenset(step.name for step in _STEPS if not step.must_succeed)


def checkouts(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    yield from _ended(place)
    yield from _undone_as_often_as_asked(place)
    yield from _left_nothing(place)
    yield from _called_off(place, facts)
    yield from _as_buyers_were_told(place, facts)
    yield from _coupons(place, facts)
    yield from _coupons_of_orders(place)
    yield from _carts(place)
    yield from _keys(place, facts)


def _ended(place: Marketplace) -> Iterator[Violation]:
    for session in place.store("checkout").all(CheckoutSession):
        where = f"checkout {session.id}"
        if session.outcome == STUCK and kept_by_gateway(place, session.payment_id):
            continue
        if not session.is_over:
            yield Violation("I33", where, f"is {session.status} ({session.outcome or 'going on'}) at rest")
            continue
        if session.outcome == COMPENSATED:
            wrong = [
                name for name, at in session.steps.items() if name in _CAN_BE_UNDONE and at not in (UNDONE, FAILED)
            ]
        else:
            wrong = [
                name for name, at in session.steps.items() if at != DONE and not (at == FAILED and name in _MAY_FAIL)
            ]
        if wrong:
            told = ", ".join(f"{name} {session.steps[name]}" for name in wrong)
            yield Violation("I34", where, f"is {session.outcome} with {told}")


def _undone_as_often_as_asked(place: Marketplace) -> Iterator[Violation]:
    """By the commands in the log, beside the steps that were noted."""
    store = place.store("checkout")
    asked = Counter(
        (record.key, _UNDO_OF[record.wire_name]) for record in store.log.records if record.wire_name in _UNDO_OF
    )
    noted = Counter(
        (owner, attempt.step_type)
        for owner, attempt in store.parts(CheckoutSession, "attempts")
        if attempt.status == UNDOING
    )
    for key in sorted(asked.keys() | noted.keys()):
        if asked[key] != noted[key]:
            what = f"undid {key[1]} {noted[key]} times, asked for it {asked[key]} times"
            yield Violation("I34", f"checkout {key[0]}", what)


def _left_nothing(place: Marketplace) -> Iterator[Violation]:
    """What a flow that was undone still holds at others, and what one that went through lacks."""
    sessions = {session.id: session for session in place.store("checkout").all(CheckoutSession) if session.is_over}
    flow_of = {purchase.id: purchase.flow_id for purchase in place.store("orders").all(Purchase)}
    intents = place.store("payments").all(PaymentIntent)
    held = [
        *((flow_of[o.purchase_id], "its order", o.status) for o in place.store("orders").all(Order)),
        *((r.flow_id, "its stock", r.status) for r in place.store("inventory").all(reservations.Reservation)),
        *((p.flow_id, "its payment", p.status) for p in intents if p.replaced_by is None),
    ]
    undone = {
        "its order": (order_status.CANCELLED, order_status.REFUNDED),
        "its stock": (reservations.RELEASED, reservations.EXPIRED, reservations.RESTOCKED),
        "its payment": (payments.VOIDED, payments.FAILED, payments.REFUNDED),
    }
    sold = {  # What was called off afterwards is looked at apart.
        "its order": (order_status.PAID, order_status.CONFIRMED, order_status.CANCELLED, order_status.REFUNDED),
        "its stock": (reservations.COMMITTED, reservations.RESTOCKED),
        "its payment": (payments.CAPTURED, payments.PARTIALLY_REFUNDED, payments.REFUNDED),
    }
    found: Counter[tuple[str, str]] = Counter()
    for flow_id, what, status in held:
        session = sessions.get(flow_id)
        if session is None:
            continue
        found[flow_id, what] += 1
        if status not in (undone if session.outcome == COMPENSATED else sold)[what]:
            yield Violation("I34", f"checkout {flow_id}", f"is {session.outcome}, and {what} is {status}")
    for intent in intents:
        if intent.replaced_by is not None and intent.status not in undone["its payment"]:
            yield Violation("I34", f"payment {intent.id}", f"was tried again, and is {intent.status}")
    for session in sessions.values():
        if session.outcome != COMPENSATED:
            needed = ["its order", "its stock"] + (["its payment"] if session.needs_payment else [])
            for what in needed:
                if not found[session.id, what]:
                    yield Violation("I34", f"checkout {session.id}", f"is {session.outcome} without {what}")


def _called_off(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    """Of what was sold, order by order: called off where somebody wanted it, or where no money came in time, and then
    nothing of it is held or kept any more; all else stands whole."""
    purchases = {one.flow_id: one for one in place.store("orders").all(Purchase)}
    of_purchase: dict[str, list[Order]] = {}
    for order in place.store("orders").all(Order):
        of_purchase.setdefault(order.purchase_id, []).append(order)
        if order.is_being_cancelled:
            yield Violation("I33", f"order {order.id}", "is still being called off at rest")
    allocated = {
        (reservation.flow_id, line.order_id)
        for reservation in place.store("inventory").all(reservations.Reservation)
        for line in reservation.lines
        if line.status == reservations.COMMITTED
    }
    intents = place.store("payments").rows.get(PaymentIntent, {})
    for session in place.store("checkout").all(CheckoutSession):
        purchase = purchases.get(session.id)
        if session.status != COMPLETED or purchase is None:
            continue
        is_by_transfer, back = purchase.payment_method == BANK_TRANSFER, 0
        for order in of_purchase.get(purchase.id, ()):
            where, is_off = f"order {order.id}", order.is_called_off
            was_asked = order.id in facts.asked_off
            if is_off and not was_asked and not is_by_transfer:
                yield Violation("I34", where, f"is {order.status}, and nobody called it off")
            elif is_off and not was_asked and order.id in facts.transfers and order.status == order_status.REFUNDED:
                yield Violation("I34", where, "was paid by transfer and is REFUNDED, and nobody called it off")
            elif not is_off and facts.asked_off.get(order.id) and not kept_by_gateway(place, str(order.payment_id)):
                yield Violation("I34", where, f"is {order.status}; somebody was told that it is called off")
            if is_by_transfer and not is_off and order.total_amount and order.id not in facts.transfers:
                yield Violation("I17", where, f"is {order.status}, and no money came for it")
            if is_off == ((session.id, order.id) in allocated):
                what = "and its goods are still sold to it" if is_off else "and nothing is sold to it"
                yield Violation("I05", where, f"is {order.status}, {what}")
            back += order.total_amount if order.status == order_status.REFUNDED else 0
        intent = intents.get(session.payment_id)
        if session.needs_payment and isinstance(intent, PaymentIntent) and intent.refunded_amount != back:
            what = f"has paid {intent.refunded_amount} back; orders of {back} were called off"
            yield Violation("I16", f"payment {intent.id}", what)


def _as_buyers_were_told(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    sessions = place.store("checkout").rows.get(CheckoutSession, {})
    for (buyer_id, request), purchase in facts.purchases.items():
        ids = set(purchase.answered)
        if len(ids) > 1:
            yield Violation("I24", f"buyer {buyer_id}", f"was told of {len(ids)} checkouts for {request}")
        for id in sorted(ids):
            session = sessions.get(id)
            if not isinstance(session, CheckoutSession) or session.buyer_id != buyer_id:
                yield Violation("I36", f"buyer {buyer_id}", f"was told of checkout {id}, which is not theirs")
            elif purchase.is_aborted and session.status != ABORTED:
                yield Violation("I36", f"checkout {id}", f"is {session.status}; its buyer was told that it is aborted")
        if not ids and not purchase.refused:
            yield Violation("I36", f"buyer {buyer_id}", f"was never answered for {request}")


def _coupons(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    """Uses counted from completed checkouts, beside the coupons' own counters and what their makers allow."""
    store = place.store("promotions")
    completed = {s.id: s for s in place.store("checkout").all(CheckoutSession) if s.status == COMPLETED}
    live: Counter[str] = Counter()
    by_buyer: Counter[tuple[str, str]] = Counter()
    paid_with: Counter[tuple[str, str]] = Counter()
    for use in store.all(Redemption):
        if use.status == RELEASED or use.coupon_id is None:
            continue
        live[use.coupon_id] += 1
        by_buyer[use.coupon_id, str(use.user_id)] += 1
        paid_with[use.flow_id, use.coupon_id] += 1
        session = completed.get(use.flow_id)
        if session is None:
            yield Violation("I27", f"use {use.id}", f"of {use.code} is {use.status}, and nothing was bought with it")
        elif use.status != CONSUMED and session.steps.get("consume") == DONE:
            yield Violation("I27", f"use {use.id}", f"of {use.code} is {use.status} after its purchase")
    for key, times in paid_with.items():
        if times > 1:
            yield Violation("I27", f"checkout {key[0]}", f"uses {key[1]} {times} times")
    for coupon in store.all(Coupon):
        limit, each = facts.coupons[coupon.code] if coupon.campaign_id is None else (1, 0)
        if live[coupon.id] != coupon.live_uses or 0 < limit < live[coupon.id]:
            what = f"counts {coupon.live_uses} uses of {limit}; there are {live[coupon.id]}"
            yield Violation("I27", f"coupon {coupon.code}", what)
        for (coupon_id, buyer_id), times in by_buyer.items():
            if coupon_id == coupon.id and 0 < each < times:
                yield Violation("I27", f"coupon {coupon.code}", f"was used {times} times by {buyer_id}")
    for counted in store.all(BuyerUse):
        if counted.uses != by_buyer[counted.coupon_id, counted.user_id]:
            yield Violation("I27", f"buyer {counted.user_id}", f"counts {counted.uses} uses of {counted.coupon_id}")


def _coupons_of_orders(place: Marketplace) -> Iterator[Violation]:
    """A use counts as long as anything stands that was bought with it."""
    completed = {s.id: s for s in place.store("checkout").all(CheckoutSession) if s.status == COMPLETED}
    stands = {order.purchase_id: False for order in place.store("orders").all(Order)}
    stands |= {order.purchase_id: True for order in place.store("orders").all(Order) if not order.is_called_off}
    for use in place.store("promotions").all(Redemption):
        session = completed.get(use.flow_id)
        if use.coupon_id is None or session is None or session.steps.get("consume") != DONE:
            continue
        if stands[session.purchase_id] == (use.status == RELEASED):
            what = f"is {use.status}; of its purchase {'some' if stands[session.purchase_id] else 'no'} order stands"
            yield Violation("I27", f"use {use.id} of {use.code}", what)


def _carts(place: Marketplace) -> Iterator[Violation]:
    """What was bought is not still meant to be: unless it was put in again afterwards."""
    bought: dict[tuple[str, str], int] = {}
    carts = place.store("carts")
    for record in place.store("checkout").log.records:
        if record.wire_name == "checkout.CheckoutCompleted":
            event: Any = decode(record.wire_name, record.version, record.payload)
            for variant_id in event.variant_ids:
                bought[event.buyer_id, variant_id] = microseconds(record.created_at)
    for cart in carts.all(Cart):
        for item in cart.items:
            at = bought.get((cart.user_id, item.variant_id))
            if at is not None and microseconds(item.added_at) + 2 * place.clocks_differ < at:
                yield Violation("I29", f"cart of {cart.user_id}", f"still holds {item.variant_id}, which was bought")


def _keys(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    """An answer that was given to a keyed request is the answer that is kept, until whoever asked is erased."""
    erased = {user.id for user in place.store("accounts").all(User) if user.status == ERASED}
    for (actor, route, key), body in facts.answers.items():
        kept = place.store(route.partition(".")[0]).answer(actor, route, key)
        if actor in erased:
            if kept is not None:
                yield Violation("I41", f"key {key}", f"of {actor}, who was erased, still has its answer")
        elif kept is None or kept.answer != body:
            yield Violation("I36", f"key {key}", f"of {actor} was answered with {body}, and that is not kept")
