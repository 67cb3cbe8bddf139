"""Other ways in over HTTP: providers of OpenID Connect, passkeys, and another address. A provider is asked here, before
anything is decided; what it says goes on as a sealed ticket."""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import msgspec

from argosy.contracts.accounts import SignedIn
from argosy.contracts.accounts_email import ChangeEmail, ConfirmNewEmail, RevertEmail
from argosy.contracts.accounts_ways_in import (
    AddPasskey,
    BeginPasskey,
    IdentityProven,
    LinkIdentity,
    PasskeyAsked,
    PasskeyBegun,
    PasskeyProven,
    ProveIdentity,
    ProvePasskey,
    ProviderSignInBegun,
    RemovePasskey,
    SignInByIdentity,
    SignInByPasskey,
    UnlinkIdentity,
)
from argosy.domains.accounts.adapters.inbound import sign_in_limits as limits
from argosy.domains.accounts.adapters.outbound.gateways.providers import ProviderClient, providers_from
from argosy.domains.accounts.adapters.outbound.gateways.webauthn import WebAuthn, authenticators
from argosy.domains.accounts.adapters.outbound.way_in_queries import identities_of, passkeys_of
from argosy.domains.accounts.application.identities import identity_text
from argosy.domains.accounts.application.tickets import TICKET_LIFETIME, AtProvider, PasskeyChallenge, opened, sealed
from argosy.domains.accounts.domain.identity import IdentityNotProven, NoSuchProvider
from argosy.platform.auth import buyer, public
from argosy.platform.outbound import Outbound
from argosy.platform.pages import Page
from argosy.platform.randomness import SystemRandomness
from argosy.platform.rest import Asked, Made, get, post
from argosy.platform.seals import SecretSeals
from argosy.shared_kernel.bearer_tokens import TOKEN_BYTES, token_from
from argosy.shared_kernel.messages import Command


class ProviderOffered(msgspec.Struct, frozen=True):
    """A provider by which one can sign in here."""

    provider: str
    label: str


def sign_in_providers(asked: Asked) -> Page:
    """By which providers one can sign in here."""
    return Page(items=offered(), next=None)


def begin_provider_sign_in(asked: Asked) -> ProviderSignInBegun:
    """Begin to sign in by a provider, or to link one: another beginning each time."""
    return begun(asked.parameters["provider"])


def my_identities(asked: Asked) -> Page:
    """The providers by which you can sign in."""
    return Page(items=identities_of(asked.actor.id), next=None)


def begin_passkey_sign_in(asked: Asked) -> PasskeyAsked:
    """What a passkey is to sign, whoever's it is: another challenge each time."""
    return passkey_asked()


def my_passkeys(asked: Asked) -> Page:
    """Your passkeys."""
    return Page(items=passkeys_of(asked.actor.id), next=None)


def passkey_asked() -> PasskeyAsked:
    nonce, until = _chance(), datetime.now(UTC) + TICKET_LIFETIME
    ticket = sealed(SecretSeals(), PasskeyChallenge(nonce=nonce, until=until))
    return PasskeyAsked(ticket=ticket, challenge=nonce, rp_id=_webauthn().rp_id)


def are_passkeys_for_browsers() -> bool:
    """Whether the shop's own address is one that browsers make passkeys for."""
    return _webauthn().is_for_browsers


def _webauthn() -> WebAuthn:
    return authenticators(os.environ.get("ARGOSY_SHOP_URL", "http://127.0.0.1:8000"))


def offered() -> tuple[ProviderOffered, ...]:
    return tuple(ProviderOffered(one.name, one.label) for one in providers_from(os.environ).values())


def begun(provider: str) -> ProviderSignInBegun:
    client = _client(provider)
    until = datetime.now(UTC) + TICKET_LIFETIME
    ticket = AtProvider(provider=provider, state=_chance(), nonce=_chance(), verifier=_chance(), until=until)
    return ProviderSignInBegun(address=client.address(ticket), ticket=sealed(SecretSeals(), ticket))


def identity_of(sent: Mapping[str, Any]) -> str:
    """What a provider has said, looked at and sealed. `sent` has the fields of ProveIdentity."""
    client = _client(sent["provider"])
    ticket = opened(SecretSeals(), sent["ticket"], AtProvider, datetime.now(UTC))
    is_its = hmac.compare_digest(ticket.state.encode(), sent["state"].encode("utf-8", "surrogatepass"))
    if ticket.provider != sent["provider"] or not is_its:
        raise IdentityNotProven(provider=sent["provider"])
    limits.use_once(ticket.nonce)
    return identity_text(SecretSeals(), client.proven(ticket, sent["code"], sent.get("iss", "")))


def _client(provider: str) -> ProviderClient:
    known = providers_from(os.environ).get(provider)
    if known is None:
        raise NoSuchProvider(provider=provider[:40])
    return ProviderClient(known, Outbound.of(os.environ))


def _chance() -> str:
    return token_from(SystemRandomness().random_bytes(TOKEN_BYTES))


def _identity(asked: Asked) -> Mapping[str, Any]:
    return {"identity": identity_of(asked.sent)}


def _device(asked: Asked) -> Mapping[str, Any]:
    return {"device": asked.header("USER_AGENT")}


def _signing_in(asked: Asked, command: SignInByIdentity) -> AbstractContextManager[None]:
    return limits.identity_limited(asked.request, command)


def _proving(asked: Asked, command: Command) -> AbstractContextManager[None]:
    return limits.password_limited(asked.request, asked.actor.id)


def _signed(asked: Asked, command: AddPasskey | SignInByPasskey | ProvePasskey) -> AbstractContextManager[None]:
    return limits.passkey_limited(command.ticket)


def _moving(asked: Asked, command: ChangeEmail) -> AbstractContextManager[None]:
    return limits.email_limited(asked.request, asked.actor.id, command)


_own: dict[str, Any] = {"allow": buyer, "takes_key": False, "guard": _proving}

endpoints = [
    post("users/me/email", ChangeEmail, allow=buyer, status=202, takes_key=False, guard=_moving),
    post("email-changes/confirm", ConfirmNewEmail, allow=public, takes_key=False),
    post("email-changes/revert", RevertEmail, allow=public, takes_key=False),
    get("sign-in-providers", sign_in_providers, allow=public, answers=Page),
    get("sign-in-providers/{provider}/begin", begin_provider_sign_in, allow=public, answers=ProviderSignInBegun),
    post(
        "sign-in-providers/{provider}/prove",
        ProveIdentity,
        allow=public,
        answers=IdentityProven,
        takes_key=False,
        filled=("identity",),
        fill=_identity,
    ),
    post(
        "identity-sessions",
        SignInByIdentity,
        allow=public,
        status=201,
        answers=SignedIn,
        takes_key=False,
        guard=_signing_in,
        filled=("device",),
        fill=_device,
    ),
    get("users/me/identities", my_identities, allow=buyer, answers=Page),
    post("users/me/identities", LinkIdentity, status=201, answers=Made, **_own),
    post("users/me/identities/{identity_id}/unlink", UnlinkIdentity, **_own),
    get("passkeys/begin", begin_passkey_sign_in, allow=public, answers=PasskeyAsked),
    post("passkeys/prove", ProvePasskey, allow=public, answers=PasskeyProven, takes_key=False, guard=_signed),
    post(
        "passkey-sessions",
        SignInByPasskey,
        allow=public,
        status=201,
        answers=SignedIn,
        takes_key=False,
        guard=_signed,
        filled=("device",),
        fill=_device,
    ),
    get("users/me/passkeys", my_passkeys, allow=buyer, answers=Page),
    post("users/me/passkeys/begin", BeginPasskey, answers=PasskeyBegun, **_own),
    post("users/me/passkeys", AddPasskey, allow=buyer, status=201, answers=Made, takes_key=False, guard=_signed),
    post("users/me/passkeys/{passkey_id}/remove", RemovePasskey, **_own),
]
