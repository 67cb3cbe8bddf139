"""How many purchases guests begin from one address.

A purchase that was begun holds stock, and inventory bounds how many one buyer has open; but anybody is as many guests
as they like, so that they are bound by where they come from as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest

from argosy.engine.work import Actor
from argosy.platform.limits import Limit, address_of, counted_as, limits, seconds
from argosy.shared_kernel.errors import TooMany

GUEST_CHECKOUTS = Limit(burst=20, every=90)
"""Twenty at once, and forty an hour."""


class TooManyGuestCheckouts(TooMany):
    """Many purchases were begun from here without an account just now. Sign in, or try again later."""


@contextmanager
def guests_limited(request: HttpRequest, actor: Actor) -> Iterator[None]:
    """Begin a purchase inside of this. What is refused was none; who has signed in is not counted here."""
    if not actor.is_guest:
        yield
        return
    wanted = [(counted_as("guest-checkouts", address_of(request)), GUEST_CHECKOUTS)]
    wait = limits().take(wanted)
    if wait:
        raise TooManyGuestCheckouts(retry_after=seconds(wait))
    try:
        yield
    except BaseException:
        limits().give_back(wanted)
        raise
