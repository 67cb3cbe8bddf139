"""What carts need from outside."""

from __future__ import annotations

from typing import Protocol


class Randomness(Protocol):
    """Bytes that nobody can guess."""

    def random_bytes(self, count: int) -> bytes: ...
