"""What accounts needs of the outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from argosy.domains.accounts.domain.address import Formats
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
    """What only this marketplace's secret does: `token` makes the same of a seed each time, and nobody else can."""

    def token(self, seed: bytes) -> str: ...

    def seal(self, secret: bytes) -> str:
        """What may be kept in place of the secret."""
        ...

    def open(self, sealed: str) -> bytes | None:
        """The secret; None where another marketplace's secret has sealed it."""
        ...


class Codes(Protocol):
    """Codes of an authenticator (TOTP, RFC 6238)."""

    def is_code(self, secret: bytes, at_seconds: int, code: str) -> bool: ...

    def shown(self, secret: bytes, email: str) -> tuple[str, str]:
        """The secret as text, and as an otpauth address."""
        ...


@dataclass(frozen=True)
class Ports:
    """All of them, and what the operator has decided."""

    passwords: Passwords
    randomness: Randomness
    seals: Seals
    codes: Codes
    formats: Formats
    policy: Policy = field(default_factory=Policy)
