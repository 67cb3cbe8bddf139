"""Guests: visitors who have not signed in and have a cart all the same.

A guest is made of their token alone. Their id is named after the token's fingerprint, and leads nobody back to it: the
token itself is kept nowhere, so whoever reads the database opens no guest's cart.
"""

from __future__ import annotations

import re

from argosy.shared_kernel.bearer_tokens import fingerprint, token_from
from argosy.shared_kernel.errors import Invalid, RuleBroken
from argosy.shared_kernel.ids import Id, named_id

GUEST_BEGINS = "argosy_guest_"
_TOKEN = re.compile(GUEST_BEGINS + r"[A-Za-z0-9_-]{43}")


class NotAGuestToken(Invalid):
    """A guest's token begins with argosy_guest_ and is as it was given out."""


class GuestCartIsMerged(RuleBroken):
    """This cart went into its buyer's: sign in to find it there, or begin another."""


def guest_token_from(chance: bytes) -> str:
    """A token as its guest sends it."""
    return GUEST_BEGINS + token_from(chance)


def is_guest_token(text: str) -> bool:
    return _TOKEN.fullmatch(text) is not None


def guest_id_of(token: str) -> Id:
    """Whose cart the bearer of this token has."""
    return named_id("guest", fingerprint(token))
