"""What integrations needs of the outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Randomness(Protocol):
    """Bytes that nobody can guess."""

    def random_bytes(self, count: int) -> bytes: ...


class Seals(Protocol):
    """What only this marketplace's secret does."""

    def seal(self, secret: bytes) -> str:
        """What may be kept in place of the secret."""
        ...


class Addresses(Protocol):
    """Where news may be delivered."""

    def fault(self, url: str) -> str:
        """The code of why not there; empty where they may."""
        ...


@dataclass(frozen=True)
class Ports:
    """All of them, and whether the feed is kept."""

    randomness: Randomness
    seals: Seals
    addresses: Addresses
    has_feed: bool
