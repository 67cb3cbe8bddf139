"""What accounts needs of the outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from argosy.domains.accounts.domain.policy import Policy


class Passwords(Protocol):
    """Slow, salted hashes of passwords. `dummy` is a well-formed hash of a password that nobody has."""

    @property
    def dummy(self) -> str: ...

    def hash(self, password: str) -> str: ...

    def verify(self, encoded: str, password: str) -> bool: ...

    def understands(self, encoded: str) -> bool: ...


class Randomness(Protocol):
    """Bytes that nobody can guess."""

    def random_bytes(self, count: int) -> bytes: ...


class Seals(Protocol):
    """What this marketplace's secret makes of a seed: the same token each time, and nobody else's."""

    def token(self, seed: bytes) -> str: ...


@dataclass(frozen=True)
class Ports:
    """All of them, and what the operator has decided."""

    passwords: Passwords
    randomness: Randomness
    seals: Seals
    policy: Policy = field(default_factory=Policy)
