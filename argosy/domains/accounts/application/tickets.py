"""Tickets: what a sign-in in steps needs to know between them, sealed, and kept by who began it and not by us."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from argosy.domains.accounts.application.ports import Seals
from argosy.domains.accounts.domain.identity import TicketNotValid

TICKET_LIFETIME = timedelta(minutes=10)
_LETTERS_MAX = 8_000


class Ticket(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """`nonce` makes each one another, and is what can be used once."""

    nonce: str
    until: datetime


class AtProvider(Ticket, frozen=True, kw_only=True):
    """A browser was sent to a provider. The provider's answer must hold `state`, its token `nonce`, and its code is
    exchanged with `verifier` alone (PKCE)."""

    provider: str
    state: str
    verifier: str


class ProvenIdentity(Ticket, frozen=True, kw_only=True):
    """A provider has said who somebody is, and we have believed it."""

    provider: str
    issuer: str
    subject: str
    email: str
    is_email_verified: bool


class PasskeyChallenge(Ticket, frozen=True, kw_only=True):
    """`nonce` is what an authenticator is to sign: to add a passkey for this person, or where there is none to sign
    somebody in."""

    user_id: str = ""


class PasskeyProof(Ticket, frozen=True, kw_only=True):
    """A passkey has signed what it was asked."""

    passkey_id: str


T = TypeVar("T", bound=Ticket)


def sealed(seals: Seals, ticket: Ticket) -> str:
    return seals.seal(msgspec.json.encode(ticket))


def opened(seals: Seals, text: str, kind: type[T], now: datetime) -> T:
    """The ticket, if it is one of ours for this and now; whatever is wrong with it is told alike."""
    raw = seals.open(text) if len(text) <= _LETTERS_MAX and text.isascii() else None
    try:
        ticket = msgspec.json.decode(raw or b"", type=kind)
    except msgspec.DecodeError:
        raise TicketNotValid() from None
    if now >= ticket.until:
        raise TicketNotValid()
    return ticket
