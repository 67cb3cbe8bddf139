"""What accounts needs of the outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Protocol

from argosy.contracts.accounts_ways_in import AddPasskey, ProvePasskey, SignInByPasskey
from argosy.domains.accounts.domain.address import Formats
from argosy.domains.accounts.domain.passkey import Created
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


class Authenticators(Protocol):
    """What passkeys are asked, and whether what they answer is that (WebAuthn)."""

    @property
    def rp_id(self) -> str: ...

    @property
    def algorithms(self) -> tuple[int, ...]: ...

    def handle_of(self, user_id: str) -> str:
        """How an authenticator knows a person: it says nothing of who they are."""
        ...

    def created(self, answer: AddPasskey, challenge: bytes) -> Created | None: ...

    def signed(self, answer: SignInByPasskey | ProvePasskey, challenge: bytes, public_key: str) -> int | None:
        """How often the passkey has signed by now, as it says; None where it has not signed this."""
        ...


class NoAuthenticators:
    """Where there are no browsers: nothing is ever a passkey's answer."""

    rp_id = ""
    algorithms: tuple[int, ...] = ()

    def handle_of(self, user_id: str) -> str:
        return user_id

    def created(self, answer: AddPasskey, challenge: bytes) -> Created | None:
        return None

    def signed(self, answer: SignInByPasskey | ProvePasskey, challenge: bytes, public_key: str) -> int | None:
        return None


class MailRefused(Exception):
    """Whoever carries letters will never take this one; the text says why, without the address."""


class Mail(Protocol):
    """Where letters go: a channel. It may be asked by several threads at once."""

    def send(self, to: str, subject: str, text: str) -> None:
        """One letter to one address, whole once this returns. Raises MailRefused for good, and anything else for now:
        then it is asked again."""
        ...


class RichText(Protocol):
    """Makes HTML safe to show."""

    def __call__(self, html: str) -> str:
        """The same without anything but plain elements; the same again for what is clean."""
        ...


def no_html(html: str) -> str:
    """Where nobody knows HTML: all of it is text."""
    return escape(html)


@dataclass(frozen=True)
class Ports:
    """All of them, and what the operator has decided."""

    passwords: Passwords
    randomness: Randomness
    seals: Seals
    codes: Codes
    formats: Formats
    policy: Policy = field(default_factory=Policy)
    authenticators: Authenticators = field(default_factory=NoAuthenticators)
    clean: RichText = no_html
