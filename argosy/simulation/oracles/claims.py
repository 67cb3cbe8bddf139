"""Guests' purchases at rest: each is its guest's, and the account's whose address it was made at, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from argosy.contracts.orders import Address
from argosy.domains.accounts.domain.guest import Guest
from argosy.domains.accounts.domain.guest_purchase import GuestClaim, GuestPurchase
from argosy.domains.accounts.domain.user import ERASED, HELD, User
from argosy.domains.checkout.domain.session import COMPLETED, CheckoutSession
from argosy.domains.orders.domain.order import Order
from argosy.domains.orders.domain.purchase import Purchase
from argosy.read_models.order_history.projector import OrderSummary
from argosy.simulation.facts import Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.violation import Violation


class _Shown(msgspec.Struct):
    address: Address


_READ = msgspec.json.Decoder(_Shown)


def claims(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    if facts.bought_at:
        bought = {guest_id: list[str]() for guest_id, _ in facts.bought_at}
        for (guest_id, request), email in facts.bought_at.items():
            for checkout_id in set(facts.purchases[guest_id, request].answered):
                session = place.store("checkout").rows[CheckoutSession].get(checkout_id)  # type: ignore[call-overload]
                is_bought = isinstance(session, CheckoutSession) and session.status == COMPLETED
                yield from _claimed(place, facts, checkout_id, email if is_bought else "")
                yield from _kept(place, guest_id, checkout_id, email if is_bought else "")
                bought[guest_id] += [checkout_id] if is_bought else []
        for guest_id, checkouts in bought.items():
            yield from _guest(place, guest_id, len(checkouts))
        yield from _shown(place, set(bought))


def _claimed(place: Marketplace, facts: Facts, checkout_id: str, email: str) -> Iterator[Violation]:
    """Whose it is as well, in accounts and in orders; who left while it was bought need not have it."""
    user_id = facts.proven.get(email)
    may_be = {user_id, None} if user_id in facts.forgotten else {user_id}
    claim = place.store("accounts").rows.get(GuestClaim, {}).get(checkout_id)  # type: ignore[call-overload]
    said = claim.user_id if isinstance(claim, GuestClaim) else None
    if said not in may_be:
        yield Violation("I71", f"checkout {checkout_id}", f"at {email or 'no address'} is claimed by {said}")
    for purchase in [one for one in place.store("orders").all(Purchase) if one.flow_id == checkout_id]:
        orders = [one for one in place.store("orders").all(Order) if one.purchase_id == purchase.id]
        theirs = [purchase.claimed_by, *(one.claimed_by for one in orders)]
        if any(one != said for one in theirs):
            what = f"is {said}'s in accounts, and its purchase and orders are {theirs}"
            yield Violation("I71", f"checkout {checkout_id}", what)


def _kept(place: Marketplace, guest_id: str, checkout_id: str, email: str) -> Iterator[Violation]:
    """The address, as long as it may be claimed and no longer."""
    rows = place.store("accounts").rows
    kept, guest = rows.get(GuestPurchase, {}).get(checkout_id), rows.get(Guest, {}).get(guest_id)  # type: ignore[call-overload]
    is_there = isinstance(guest, Guest) and guest.is_there
    is_open = bool(email) and is_there and checkout_id not in rows.get(GuestClaim, {})
    if isinstance(kept, GuestPurchase) != is_open:
        what = "is not kept, and nobody has claimed it" if is_open else "is kept, and nobody will claim it"
        yield Violation("I71", f"address of checkout {checkout_id}", what)
    elif isinstance(kept, GuestPurchase) and kept.email != email:
        yield Violation("I71", f"address of checkout {checkout_id}", f"is {kept.email}; it was bought at {email}")


def _guest(place: Marketplace, guest_id: str, bought: int) -> Iterator[Violation]:
    """Is there as long as anybody is who has claimed from them, and counts what they have bought."""
    rows = place.store("accounts").rows
    guest = rows.get(Guest, {}).get(guest_id)  # type: ignore[call-overload]
    if not isinstance(guest, Guest):
        return
    claimants = {one.user_id for one in place.store("accounts").all(GuestClaim) if one.guest_id == guest_id}
    here = {id for id in claimants if _status(rows.get(User, {}).get(id)) != ERASED}
    if here and not guest.is_there:
        yield Violation("I41", f"guest {guest_id}", f"is forgotten, and {sorted(here)} had claimed from them")
    if claimants and not here and guest.is_there and guest.erasure != HELD:
        yield Violation("I41", f"guest {guest_id}", "is there, and all who had claimed from them are forgotten")
    if guest.is_there and guest.purchases != bought:
        yield Violation("I41", f"guest {guest_id}", f"counts {guest.purchases} purchases; they have bought {bought}")


def _status(user: object) -> str:
    return user.status if isinstance(user, User) else ""


def _shown(place: Marketplace, guests: set[str]) -> Iterator[Violation]:
    """To whom it is shown, and with its address as long as its guest is there."""
    rows, shown = place.store("accounts").rows, place.parts["order_history"].store.rows.get(OrderSummary, {})
    for order in place.store("orders").all(Order):
        row, guest = shown.get(order.id), rows.get(Guest, {}).get(order.buyer_id)  # type: ignore[call-overload]
        if order.buyer_id not in guests or not isinstance(row, OrderSummary):
            continue
        if row.claimed_by != order.claimed_by:
            yield Violation("I38", f"order {order.id}", f"is {order.claimed_by}'s, and shown to {row.claimed_by}")
        if isinstance(guest, Guest) and guest.is_there and _READ.decode(row.body).address != order.address:
            yield Violation("I38", f"order {order.id}", "is shown without the address that it goes to")
