"""Store credit and gift cards at rest: what was given, spent and given back, by those who gave and spent it, beside the
balances and beside the books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from argosy.domains.accounts.domain.user import ERASED, User
from argosy.domains.checkout.domain.session import COMPLETED, CheckoutSession
from argosy.domains.orders.domain.order import Order
from argosy.domains.orders.domain.order_status import CANCELLED as ORDER_CANCELLED
from argosy.domains.orders.domain.order_status import REFUNDED as ORDER_REFUNDED
from argosy.domains.payments.domain import refund as refunds
from argosy.domains.payments.domain.capture import TAKEN
from argosy.domains.payments.domain.credit import FORFEITED, ISSUED, Credit, credit_id
from argosy.domains.payments.domain.gift_card import CANCELLED, EXPIRED, OPEN, REDEEMED, GiftCard, read_code
from argosy.domains.payments.domain.ledger import (
    CARD_ENDED,
    CARD_REDEEMED,
    CARDS_ISSUED,
    CREDIT_FORFEITED,
    CREDIT_HELD,
    CREDIT_ISSUED,
    CREDIT_RELEASED,
    CREDIT_RETURNED,
    GIFT_CARDS,
    GOODWILL,
    LedgerAccount,
    credit_held,
)
from argosy.domains.payments.domain.ledger import credit as credit_of
from argosy.domains.payments.domain.payment import PARTLY, RELEASED, PaymentIntent
from argosy.domains.payments.domain.refund import Refund
from argosy.shared_kernel.ids import Id, named_id
from argosy.simulation.facts import Facts, Purchase
from argosy.simulation.jobs import OF_CREDIT
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.violation import Violation
from argosy.simulation.scheduler import microseconds
from argosy.simulation.shop import CURRENCY


def credit(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    store = place.store("payments")
    for _, movement in store.parts(Credit, "movements"):
        if movement.kind in OF_CREDIT:
            place.jobs.counts[OF_CREDIT[movement.kind]] += 1
    books = {(row.name, row.currency): row.balance for row in store.all(LedgerAccount) if row.balance}
    yield from _balances(place, facts, books)
    at_home = {name: balance for (name, currency), balance in books.items() if currency == CURRENCY}
    yield from _cards(place, facts, at_home)


def _balances(place: Marketplace, facts: Facts, books: dict[tuple[str, str], int]) -> Iterator[Violation]:
    """Of each buyer in each currency: what was given in one is nothing in another."""
    store, due = place.store("payments"), Counter[tuple[str, str]]()
    for buyer_id, amount in facts.credit.items():
        due[buyer_id, CURRENCY] += amount
    for card in facts.cards.values():
        for buyer_id in card.redeemed_by:
            due[buyer_id, CURRENCY] += card.amount
    sessions = place.store("checkout").rows.get(CheckoutSession, {})
    for (buyer_id, checkout_id), taken in _taken(place, facts).items():
        session = sessions[Id(checkout_id)]
        assert isinstance(session, CheckoutSession)
        due[buyer_id, session.currency] -= taken
    moved: Counter[str] = Counter()
    for owner, movement in store.parts(Credit, "movements"):
        moved[owner] += movement.amount
    kept = {(str(row.buyer_id), row.currency): row for row in store.all(Credit)}
    erased = {user.id for user in place.store("accounts").all(User) if user.status == ERASED}
    for buyer_id, currency in sorted(due.keys() | kept.keys()):
        row, where = kept.get((buyer_id, currency)), f"credit of {buyer_id} in {currency}"
        has, held = (row.balance, row.held) if row is not None else (0, 0)
        if buyer_id in erased:
            due[buyer_id, currency] = 0  # Whoever is erased forfeits what is theirs.
        theirs = due[buyer_id, currency]
        if (has, held) != (theirs, 0):
            yield Violation("I60", where, f"is {has}, with {held} held; {theirs} are theirs by what they did")
        booked = books.get((credit_of(buyer_id), currency), 0), books.get((credit_held(buyer_id), currency), 0)
        if booked != (has, held) or moved[credit_id(buyer_id, currency)] != has:
            yield Violation("I60", where, f"is {has}, with {held} held; the books say {booked}")


def _taken(place: Marketplace, facts: Facts) -> dict[tuple[str, str], int]:
    """By buyer and checkout: what their purchases have taken of their credit, less what they gave."""
    return {key: spent for key, (spent, _) in parts_of(place, facts).items() if spent}


def parts_of(place: Marketplace, facts: Facts) -> dict[tuple[str, str], tuple[int, int]]:
    """By buyer and checkout: how much poorer in credit, and how much by a gateway, what they bought and called off has
    made them. Money goes back through a gateway first, unless it was asked for as credit."""
    sessions = place.store("checkout").rows.get(CheckoutSession, {})
    off: dict[str, Counter[bool]] = {}
    left_out: Counter[str] = Counter()
    # What stood for no order when payments were settled went back whole, by whom it had been taken.
    settled = {
        row.payment_intent_id
        for row in place.store("payments").all(Refund)
        if row.order_id is None and row.status == refunds.SUCCEEDED and row.amount
    }
    for order in place.store("orders").all(Order):
        if order.status == ORDER_CANCELLED:
            left_out[order.purchase_id] += order.total_amount
        elif order.status == ORDER_REFUNDED:
            is_credit = order.id in facts.to_credit and order.payment_id not in settled
            off.setdefault(order.purchase_id, Counter())[is_credit] += order.total_amount
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for (buyer_id, _), purchase in facts.purchases.items():
        session = sessions.get(purchase.answered[0]) if purchase.answered else None
        if not isinstance(session, CheckoutSession):
            continue
        back = off.get(session.purchase_id, Counter())
        # A checkout may hear that it has succeeded only after its buyer has called all of it off, for credit: it fails.
        if session.needs_payment and (session.status == COMPLETED or back[True]):
            # What was called off before its money was asked for is left out; credit pays first.
            total = session.total_amount - left_out[session.purchase_id]
            part = min(_meant(purchase, session), total)
            by_gateway = total - part
            through = min(by_gateway, back[False])
            found[buyer_id, session.id] = part - back[True] - back[False] + through, by_gateway - through
        elif session.status == COMPLETED:
            found[buyer_id, session.id] = -back[True], 0
        elif kept_for_good(place, session.payment_id):
            found[buyer_id, session.id] = min(_meant(purchase, session), session.total_amount), 0
    return found


def _meant(purchase: Purchase, session: CheckoutSession) -> int:
    """What the buyer wanted credit to pay at most, in the attempt that counted."""
    if session.payments_failed and purchase.credit_again is not None:
        return purchase.credit_again
    return purchase.command.credit_amount


def kept_for_good(place: Marketplace, payment_id: str) -> bool:
    """Whether a gateway has taken money for it and not given all of it back."""
    return any(place.gateway.kept(payment_id).values())


def _cards(place: Marketplace, facts: Facts, books: dict[str, int]) -> Iterator[Violation]:
    rows = {row.code_hash: row for row in place.store("payments").all(GiftCard)}
    redeemed = 0
    for code, card in facts.cards.items():
        row = rows.pop(str(read_code(code)), None)
        where = f"gift card {code}"
        if row is None or row.amount != card.amount:
            yield Violation("I60", where, "is not there as it was made")
            continue
        if len(card.redeemed_by) + card.is_cancelled > 1:
            yield Violation("I60", where, f"is {sorted(card.redeemed_by)}'s, cancelled: {card.is_cancelled}")
        meant = REDEEMED if card.redeemed_by else CANCELLED if card.is_cancelled else OPEN
        if meant == OPEN and card.expires_at is not None:
            meant = EXPIRED
        if row.status != meant or {row.redeemed_by} - {None} != card.redeemed_by:
            yield Violation("I60", where, f"is {row.status}, of {row.redeemed_by}; it should be {meant}")
        late = card.expires_at is not None and row.status == REDEEMED and row.ended_at is not None
        if late and microseconds(row.ended_at) > card.expires_at + 2 * place.clocks_differ:  # type: ignore[arg-type, operator]
            yield Violation("I60", where, "was redeemed when its time was over")
        redeemed += card.amount if row.status == REDEEMED else 0
    # Of whatever was never told to anybody nothing can have been redeemed.
    for row in rows.values():
        if row.status == REDEEMED:
            yield Violation("I60", f"gift card {row.id}", "was redeemed, and nobody was told its code")
    waiting = sum(row.amount for row in place.store("payments").all(GiftCard) if row.status == OPEN)
    given = facts.credit.total() + redeemed + waiting
    if (books.get(GIFT_CARDS, 0), books.get(GOODWILL, 0)) != (waiting, given):
        what = f"say {books.get(GIFT_CARDS, 0)} on cards of {books.get(GOODWILL, 0)} given; it is {waiting} of {given}"
        yield Violation("I60", "the books", what)


def captures_of(intent: PaymentIntent) -> list[Id]:
    """Under which ids its captures are booked: its own, or those of the parts that were taken."""
    if not intent.captured_amount:
        return []
    return [part.id for part in intent.captures if part.status == TAKEN] if intent.captures else [intent.id]


def spent_of(intent: PaymentIntent) -> int:
    """What store credit has paid of what was captured."""
    if not intent.captures:
        return intent.credit_amount
    return sum(part.credit_amount for part in intent.captures if part.status == TAKEN)


def causes(place: Marketplace) -> Iterator[tuple[str, str]]:
    """Why there is each ledger transaction about credit: its id and kind."""
    store = place.store("payments")
    for intent in store.all(PaymentIntent):
        if intent.credit_status:
            yield named_id("credit held", intent.id), CREDIT_HELD
        if intent.credit_status in (RELEASED, PARTLY):
            yield named_id("credit released", intent.id), CREDIT_RELEASED
    for refund in store.all(Refund):
        if refund.credit_amount and refund.status == refunds.SUCCEEDED:
            yield named_id("credit returned", refund.id), CREDIT_RETURNED
    for _, movement in store.parts(Credit, "movements"):
        if movement.kind == ISSUED:
            yield movement.reference_id, CREDIT_ISSUED
        elif movement.kind == FORFEITED:
            yield movement.reference_id, CREDIT_FORFEITED
    for card in store.all(GiftCard):
        yield card.batch_id, CARDS_ISSUED
        if card.status == REDEEMED:
            yield named_id("redeemed", card.id), CARD_REDEEMED
        elif card.status != OPEN:
            yield named_id("ended", card.id), CARD_ENDED
