"""Who asks, and who may: bearer tokens (RFC 6750) and permissions.

A token is looked up by the function that the setting TOKEN_LOOKUP names, and the answer kept for a few seconds in
each process, under a hash of the token, but no longer than until anything is withdrawn (withdrawn.py): a session that
was ended, and a right that was taken away, count for nothing at the next request. Where a marketplace has several
machines nothing is kept, and each request looks its token up.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.module_loading import import_string

from argosy.engine.work import Actor
from argosy.platform.problems import not_signed_in
from argosy.platform.runtime import runtime
from argosy.shared_kernel.errors import NotAllowed

CACHE_SECONDS = 5.0
CACHE_TOKENS_MAX = 20_000
TOKEN_LETTERS_MAX = 512

NOBODY = Actor()


class SellersOnly(NotAllowed):
    """Only sellers may do this: open a store first."""


class GuestsOnly(NotAllowed):
    """This is for who has bought as a guest: you have an account."""


class StaffOnly(NotAllowed):
    """Only staff may do this."""


class ScopeMissing(NotAllowed):
    """This key has no scope for that."""


class NotForApiKeys(NotAllowed):
    """Only a person who has signed in may do this, and no key."""


class RightMissing(NotAllowed):
    """This token acts for a store, and has no right to that."""


class Permission(NamedTuple):
    """Who may use an endpoint. Whose things they may touch is for the use case to say."""

    name: str
    allows: Callable[[Actor], bool]
    refusal: type[NotAllowed] | None = None

    def check(self, actor: Actor) -> None:
        if self.allows(actor):
            return
        if not actor.id or self.refusal is None:
            raise not_signed_in()
        raise self.refusal()


public = Permission("public", lambda actor: True)
buyer = Permission("buyer", lambda actor: bool(actor.id) and not actor.is_guest)
shopper = Permission("shopper", lambda actor: bool(actor.id))
"""Whoever has a cart and may buy: buyers, and guests who have not signed in."""
guest = Permission("guest", lambda actor: actor.is_guest, GuestsOnly)
OPEN_TO_GUESTS = (shopper, guest)
"""All else treats a guest as nobody."""
seller = Permission("seller", lambda actor: bool(actor.seller_id), SellersOnly)
merchant = Permission("merchant", lambda actor: bool(actor.seller_id) or actor.has("staff"), SellersOnly)
staff = Permission("staff", lambda actor: actor.has("staff"), StaffOnly)


def check_scope(actor: Actor, area: str, method: str) -> None:
    """Refuse a program what its key was not made for, and a member what they have no right to; whoever acts as
    themselves has no scopes. Where no key was ever made for an area,
    it is for people alone."""
    if not actor.scopes:
        return
    wanted = f"{area}:{'read' if method == 'GET' else 'write'}"
    if wanted in actor.scopes:
        return
    if actor.person:
        raise RightMissing(right=wanted)
    if area in settings.KEY_AREAS:
        raise ScopeMissing(scope=wanted)
    raise NotForApiKeys()


class Tokens:
    """Whom each token stands for, as looked up a moment ago."""

    def __init__(
        self,
        look_up: Callable[[str], Actor | None],
        stamp: Callable[[], Any] = lambda: None,
        seconds: float = CACHE_SECONDS,
    ) -> None:
        self._look_up = look_up
        self._stamp = stamp
        self._seconds = seconds
        self._known: dict[bytes, tuple[float, Any, Actor]] = {}

    def actor_of(self, header: str) -> Actor:
        """Who sends this Authorization header; NOBODY where it names nobody."""
        token = _token_in(header)
        if token is None:
            return NOBODY
        # Before the look: what is withdrawn meanwhile makes the answer an old one.
        key, stamp, now = _key(token), self._stamp(), time.monotonic()
        known = self._known.get(key)
        if known is not None and known[0] > now and known[1] == stamp:
            return known[2]
        actor = self._look_up(token)
        if actor is None:
            self._known.pop(key, None)
            return NOBODY
        if len(self._known) >= CACHE_TOKENS_MAX:
            self._known.clear()
        if self._seconds:
            self._known[key] = (now + self._seconds, stamp, actor)
        return actor

    def remembered(self, header: str) -> Actor | None:
        """The same, where it was asked a moment ago; None where one would have to look."""
        token = _token_in(header)
        known = None if token is None else self._known.get(_key(token))
        return known[2] if known is not None and known[0] > time.monotonic() else None

    def forget(self, header: str) -> None:
        """Look this one up anew at its next request."""
        token = _token_in(header)
        if token is not None:
            self._known.pop(_key(token), None)

    def forget_all(self) -> None:
        self._known.clear()


@cache
def tokens() -> Tokens:
    """This process's memory of tokens."""
    place = runtime()
    seconds = CACHE_SECONDS if place.far_bell is None else 0.0
    return Tokens(import_string(settings.TOKEN_LOOKUP), place.withdrawn.stamp, seconds)


def _token_in(header: str) -> str | None:
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > TOKEN_LETTERS_MAX or not token.isascii():
        return None
    return token


def _key(token: str) -> bytes:
    return blake2b(token.encode(), digest_size=16).digest()
