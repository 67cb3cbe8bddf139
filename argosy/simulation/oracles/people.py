"""People at rest: of those who asked to be forgotten nothing is left but their ids, unless they are owed something."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from argosy.contracts.accounts import PersonErased
from argosy.contracts.orders import Address
from argosy.domains.accounts.domain.guest import Guest
from argosy.domains.accounts.domain.guest_purchase import GuestClaim
from argosy.domains.accounts.domain.session import Session
from argosy.domains.accounts.domain.user import ERASED, HELD, User
from argosy.domains.checkout.domain.session import CheckoutDetail, CheckoutSession
from argosy.domains.orders.domain.order import Order
from argosy.domains.orders.domain.purchase import Purchase
from argosy.engine.people import blanked, tells_of
from argosy.read_models.order_history.projector import OrderSummary
from argosy.simulation.facts import Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.violation import Violation


class _Shown(msgspec.Struct):
    """The part of a document that is about a person."""

    address: msgspec.Raw


def people(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    accounts = place.store("accounts")
    erased: set[str] = set()
    for id in facts.forgotten:
        user = accounts.rows.get(User, {}).get(id)
        if not isinstance(user, User):
            continue  # They were never registered: nobody answered them in time.
        if user.status == ERASED:
            erased.add(id)
            yield from _account(user)
        elif user.erasure != HELD:
            yield Violation("I41", f"user {id}", f"asked to be forgotten, and is {user.status} ({user.erasure})")
        elif not _is_owed_something(place, id):
            yield Violation("I41", f"user {id}", "is held back, and no order of theirs was ever open")
    erased |= {guest.id for guest in accounts.all(Guest) if not guest.is_there}
    told = {record.key for record in accounts.log.records if record.wire_name == PersonErased.wire_name}
    for id in sorted(erased ^ told):
        yield Violation("I41", f"user {id}", "was erased, and nobody was told" if id in erased else "was told erased")
    for session in accounts.all(Session):
        if session.user_id in erased:
            yield Violation("I41", f"session {session.id}", f"is one of {session.user_id}, who was erased")
    if erased:
        yield from _logs(place, erased)
        yield from _documents(place, erased)


def _account(user: User) -> Iterator[Violation]:
    profile = user.profile
    kept = (user.password_hash, profile.first_name, profile.last_name, profile.phone, *profile.addresses)
    if any(kept) or not user.email.endswith("@erased.invalid"):
        yield Violation("I41", f"user {user.id}", "was erased, and their account still says who they were")


def _is_owed_something(place: Marketplace, user_id: str) -> bool:
    """Asked when it was decided; an order that was open then may be closed by now."""
    claims = place.store("accounts").all(GuestClaim)
    buyers = {user_id, *(str(claim.guest_id) for claim in claims if claim.user_id == user_id)}
    purchases = {one.id for one in place.store("orders").all(Purchase) if one.buyer_id in buyers}
    return any(order.purchase_id in purchases for order in place.store("orders").all(Order))


def _logs(place: Marketplace, erased: set[str]) -> Iterator[Violation]:
    for label, part in place.parts.items():
        for record in part.store.log.records:
            if tells_of(record, erased):
                what = f"({record.wire_name}) still tells of {record.subject}, who was erased"
                yield Violation("I41", f"{label}'s log {record.message_id}", what)
        for parked in part.store.parked_everywhere():
            if tells_of(parked.record, erased):
                what = f"({parked.record.wire_name}) still tells of {parked.record.subject}, who was erased"
                yield Violation("I41", f"{label}'s parked {parked.record.message_id}", what)


def _documents(place: Marketplace, erased: set[str]) -> Iterator[Violation]:
    for row in place.parts["order_history"].store.all(OrderSummary):
        if row.buyer_id in erased and not _is_blank(row.body):
            yield Violation("I41", f"order {row.id}", f"is shown with the address of {row.buyer_id}, who was erased")
    details = place.store("checkout").rows.get(CheckoutDetail, {})
    for session in place.store("checkout").all(CheckoutSession):
        detail = details.get(session.id) if session.buyer_id in erased else None
        if isinstance(detail, CheckoutDetail) and detail.request and not _is_blank(detail.request):
            yield Violation("I41", f"checkout {session.id}", "keeps the address of its buyer, who was erased")


def _is_blank(text: str) -> bool:
    address = bytes(msgspec.json.decode(text, type=_Shown).address).decode()
    return blanked(Address, address) == address
