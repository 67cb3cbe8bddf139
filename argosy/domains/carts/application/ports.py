"""What carts need from outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from argosy.shared_kernel.ids import Id


class Randomness(Protocol):
    """Bytes that nobody can guess."""

    def random_bytes(self, count: int) -> bytes: ...


class OldCarts(Protocol):
    """Finds what nobody touched, at most `limit` of them, the longest untouched first."""

    def guests(self, until: datetime, limit: int) -> Sequence[Id]:
        """Guests' carts that were last touched by then."""
        ...

    def idle(self, until: datetime, limit: int) -> Sequence[Id]:
        """Buyers' carts with lines that were last touched by then, and of which it was not told yet."""
        ...
