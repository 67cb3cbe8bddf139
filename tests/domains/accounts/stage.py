"""Accounts on a stage: the real services, passwords that are quick, and chance that can be foretold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from argosy.contracts.accounts import RegisterUser
from argosy.domains.accounts.adapters.outbound.gateways.address_formats import CountryFormats
from argosy.domains.accounts.adapters.outbound.gateways.clock_codes import ClockCodes
from argosy.domains.accounts.application.letters import LETTERS, LetterRequest
from argosy.domains.accounts.application.ports import Ports
from argosy.domains.accounts.context import SERVICES, build
from argosy.domains.accounts.domain.policy import Policy
from argosy.domains.accounts.domain.proof import Proof
from argosy.domains.accounts.domain.seller_store import Store
from argosy.domains.accounts.domain.session import Session
from argosy.domains.accounts.domain.user import User
from argosy.engine.store import CALL, TIMER
from argosy.engine.work import Actor, UnitOfWork
from argosy.platform.rich_text import clean
from argosy.shared_kernel.codec import decode
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Message
from tests.support import Stage


class PlainPasswords:
    """Remembers what was verified, so that a test can count."""

    dummy = "plain$nobody"

    def __init__(self) -> None:
        self.verified: list[tuple[str, str]] = []

    def hash(self, password: str) -> str:
        return f"plain${password}"

    def verify(self, encoded: str, password: str) -> bool:
        self.verified.append((encoded, password))
        return encoded == f"plain${password}"

    def understands(self, encoded: str) -> bool:
        return encoded.startswith("plain$")


class CountedChance:
    """Bytes 1, 1, 1 ..., then 2, 2, 2 ..."""

    def __init__(self) -> None:
        self.count = 0

    def random_bytes(self, count: int) -> bytes:
        self.count += 1
        return bytes([self.count]) * count


class PlainSeals:
    """Tokens that can be foretold."""

    def token(self, seed: bytes) -> str:
        return f"sealed-{seed.hex()}"

    def seal(self, secret: bytes) -> str:
        return f"box:{secret[::-1].hex()}"

    def open(self, sealed: str) -> bytes:
        return bytes.fromhex(sealed.removeprefix("box:"))[::-1]


class AccountsStage(Stage):
    """`passwords` counts what is verified."""

    def __init__(self) -> None:
        self.passwords = PlainPasswords()
        self.chance = CountedChance()
        self.policy = Policy()
        super().__init__(
            SERVICES,
            self._build,
            unique=(
                (User, ("email",)),
                (Store, ("user_id",)),
                (Session, ("token_hash",)),
                (Proof, ("token_hash",)),
            ),
        )

    def _build(self, work: UnitOfWork) -> Sequence[Any]:
        return build(
            work,
            Ports(
                self.passwords,
                self.chance,
                PlainSeals(),
                ClockCodes(),
                CountryFormats(),
                self.policy,
                clean=clean,
            ),
        )

    def tell_due(self) -> list[Message]:
        """Timers that are due are told and worked off; what came of them."""
        told: list[Message] = []
        for due in [one for one in self.due().values() if one.kind == TIMER and one.due_at <= self.clock.now()]:
            self.store.due_rows.pop(due.id)
            told += self.send(decode(due.name, due.version, due.payload))
        return told

    def letters(self) -> list[LetterRequest]:
        """Letters that wait to be sent, in order."""
        calls = [due for due in self.due().values() if due.kind == CALL and due.name == LETTERS]
        return [
            msgspec.json.decode(due.payload, type=LetterRequest) for due in sorted(calls, key=lambda due: due.due_at)
        ]

    def last_token(self) -> str:
        """What the last letter that was written carries."""
        return PlainSeals().token(bytes.fromhex(self.letters()[-1].seed))

    def register(self, email: str = "ana@example.com", password: str = "correct horse", **more: Any) -> Id:
        """An account opened by the system; its id."""
        self.send(RegisterUser(email=email, password=password, **more))
        return Id(self.result)


def signed_in(user_id: str, *roles: str, session_id: str = "") -> Actor:
    return Actor(id=user_id, roles=frozenset(roles or ("buyer",)), session_id=session_id)
